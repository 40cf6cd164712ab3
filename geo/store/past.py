"""The register as it was: its versions, and the stations of one of them, read back from the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from geo.errors import NotFoundError
from geo.stations import Station, station_from_record
from geo.store.model import HistoryRow
from geo.store.protocol import StationStore


@dataclass(frozen=True)
class RegisterVersion:
    """One version of the register: when it was written, and how many changes it took."""

    version: int
    at: datetime
    changes: int


def register_versions(store: StationStore, most: int = 50) -> list[RegisterVersion]:
    """Return the latest versions of the register, newest first.

    Raises:
        StoreUnavailableError: the store is away.
    """
    table = HistoryRow.__table__
    version, at = table.c.register_version, func.max(table.c.at)
    asked = (
        select(version, at.label("at"), func.count().label("changes"))
        .group_by(version)
        .order_by(version.desc())
        .limit(most)
    )
    with store.reading() as connection:
        return [RegisterVersion(row[0], row.at, row.changes) for row in connection.execute(asked)]


def stations_at(store: StationStore, version: int) -> list[Station]:
    """Return the stations of a version of the register, ordered by id.

    Raises:
        NotFoundError: no such version.
        StoreUnavailableError: the store is away.
    """
    table = HistoryRow.__table__
    latest = (
        select(func.max(table.c.sequence).label("sequence"))
        .where(table.c.register_version <= version)
        .group_by(table.c.station_id)
        .subquery()
    )
    asked = select(table.c.station_id, table.c.after).join(latest, table.c.sequence == latest.c.sequence)
    with store.reading() as connection:
        known = select(func.count()).where(table.c.register_version == version)
        if not connection.execute(known).scalar_one():
            raise NotFoundError(f"version {version} of the register never was")
        rows = connection.execute(asked).all()
    found = [station_from_record(row.after, "history") for row in rows if row.after is not None]
    return sorted(found, key=lambda station: station.id)
