"""What must hold of a register whatever happened to the programs that wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from geo.stations import Station
from geo.store.model import HistoryRow
from geo.store.opening import open_store


@dataclass(frozen=True)
class Register:
    """The stations by id, and each station's history rows, oldest first."""

    version: int
    stations: Mapping[str, Station]
    history: Mapping[str, list[Any]]


def whole_register(url: str) -> Register:
    """Open the store as any program would and return what it holds, having checked that it is whole.

    Station and amenities are compared, field by field, with what the history says was written last; the
    history of each station has no gap, and each change starts from where the one before it ended.
    """
    store = open_store(url)
    try:
        version, stations = store.read()
        with store.reading() as connection:
            table = HistoryRow.__table__
            rows = connection.execute(sa.select(table).order_by(table.c.sequence)).all()
            orphans = connection.execute(
                sa.text(
                    "SELECT count(*) FROM station_amenities WHERE station_id NOT IN (SELECT id FROM stations)"
                )
            ).scalar_one()
            if url.startswith("sqlite"):
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    finally:
        store.close()
    history: dict[str, list[Any]] = {}
    for row in rows:
        history.setdefault(row.station_id, []).append(row)
    present = {station.id: station for station in stations}
    assert orphans == 0
    assert set(present) <= set(history)
    assert max(row.register_version for row in rows) <= version
    for station_id, changes in history.items():
        first = changes[0].version
        assert [row.version for row in changes] == list(range(first, first + len(changes))), station_id
        assert changes[0].before is None
        for earlier, later in pairwise(changes):
            assert later.before == earlier.after, (station_id, later.version)
            assert later.register_version > earlier.register_version
        station = present.get(station_id)
        stored = None if station is None else station.model_dump(mode="json")
        assert stored == changes[-1].after, station_id
        assert station is None or station.version == changes[-1].version
    return Register(version, present, history)
