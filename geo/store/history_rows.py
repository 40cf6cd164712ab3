"""The append-only history: writing its lines and reading them back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, select

from geo.errors import NotFoundError
from geo.stations import Station, station_from_record
from geo.store.model import HistoryRow
from geo.store.protocol import ChangeKind, HistoryEntry
from geo.store.station_rows import is_storable

_LAST_VERSION = 2**31 - 1  # what the column can count to; a larger number is no value for the databases


def history_values(
    station_id: str,
    version: int,
    *,
    register_version: int,
    kind: ChangeKind,
    actor: str,
    at: datetime,
    before: Station | None,
    after: Station | None,
) -> dict[str, Any]:
    """Return the row of one change."""
    return {
        "station_id": station_id,
        "version": version,
        "register_version": register_version,
        "kind": kind,
        "actor": actor,
        "at": at,
        "before": None if before is None else before.model_dump(mode="json"),
        "after": None if after is None else after.model_dump(mode="json"),
    }


def read_history(connection: Connection, station_id: str) -> list[HistoryEntry]:
    """Return the changes of one station, oldest first; empty for an id never known."""
    if not is_storable(station_id):
        return []
    table = HistoryRow.__table__
    rows = connection.execute(
        select(table).where(table.c.station_id == station_id).order_by(table.c.sequence)
    )
    return [
        HistoryEntry(
            sequence=row.sequence,
            station_id=row.station_id,
            version=row.version,
            kind=cast("ChangeKind", row.kind),
            actor=row.actor,
            at=row.at,
            before=_station(row.before, row.station_id),
            after=_station(row.after, row.station_id),
        )
        for row in rows
    ]


def station_at(connection: Connection, station_id: str, version: int | None) -> dict[str, Any]:
    """Return the record of a station as it was in ``version``.

    Raises:
        NotFoundError: no such version, or it is a deletion.
    """
    table = HistoryRow.__table__
    if (version is not None and version > _LAST_VERSION) or not is_storable(station_id):
        raise NotFoundError(f"station {station_id}: version {version} never was")
    row = connection.execute(
        select(table.c.after).where(table.c.station_id == station_id, table.c.version == version)
    ).first()
    if row is None:
        raise NotFoundError(f"station {station_id}: version {version} never was")
    if row.after is None:
        raise NotFoundError(f"station {station_id}: version {version} is a deletion")
    return cast("dict[str, Any]", row.after)


def _station(record: dict[str, Any] | None, station_id: str) -> Station | None:
    return None if record is None else station_from_record(record, f"history of {station_id}")
