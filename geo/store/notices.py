"""Notices every worker sees: the heat banner, set by a keeper for a time."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from geo.errors import InvalidParameterError
from geo.heat import HEAT_STEPS_C, HeatNotice
from geo.store.model import NoticeRow
from geo.store.protocol import StationStore

_HEAT = "heat"


def set_heat(store: StationStore, level_c: int, until: datetime, keeper: str) -> HeatNotice:
    """Put a heat step in force until ``until`` (aware), in place of any other.

    Raises:
        InvalidParameterError: no such step, or an end that is past.
    """
    now = store.clock().astimezone(UTC)
    if level_c not in HEAT_STEPS_C:
        raise InvalidParameterError("level", level_c, f"must be one of {', '.join(map(str, HEAT_STEPS_C))}")
    if until <= now:
        raise InvalidParameterError("until", until.isoformat(), "must lie ahead")
    notice = HeatNotice(level_c, until.astimezone(UTC), keeper, now)
    values = {"level": level_c, "until": notice.until, "set_by": keeper, "set_at": now}
    with store.writing() as connection:
        connection.execute(delete(NoticeRow).where(NoticeRow.kind == _HEAT))
        connection.execute(insert(NoticeRow).values(kind=_HEAT, **values))
    return notice


def end_heat(store: StationStore) -> None:
    """End the heat step in force, if there is one."""
    with store.writing() as connection:
        connection.execute(delete(NoticeRow).where(NoticeRow.kind == _HEAT))


def heat_notice(store: StationStore, now: datetime) -> HeatNotice | None:
    """Return the heat step in force at ``now`` (aware), or None: it ends by itself."""
    table = NoticeRow.__table__
    query = select(table).where(table.c.kind == _HEAT, table.c.until > now.astimezone(UTC))
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else HeatNotice(row.level, row.until, row.set_by, row.set_at)
