"""Coverage zones in the store: written with their station, or in steps after a large change.

A write of up to `AT_ONCE` new or moved stations computes their zones in its own transaction. A larger one
only takes the old zones away; `build_zones` makes what is missing, a transaction for every `AT_ONCE`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from sqlalchemy import Connection, LargeBinary, Select, delete, func, select, type_coerce

from geo.coverage_zones import ZONE_MINUTES, zones_of
from geo.stations import LonLat, Station
from geo.store.counter import bump_version, lock_register
from geo.store.model import StationRow, ZoneRow
from geo.store.protocol import StationStore
from geo.store.station_rows import chunks, insert_rows, load_stations
from geo.store.zone import Zone, fits
from geo.travel import TravelMode

AT_ONCE = 2_000
"""Stations whose zones one transaction computes: about 2 ms and 7 KB each, 4 s for all."""

_FACTS = ("station_id", "mode", "minutes", "standard", "center_lon", "center_lat")
_EXPECTED = len(TravelMode) * len(ZONE_MINUTES)


def replace_zones(connection: Connection, stations: Sequence[Station], version: int, now: datetime) -> None:
    """Compute the zones of ``stations`` anew, in place of all they had, as of register ``version``."""
    remove_zones(connection, [station.id for station in stations])
    for chunk in chunks(stations):
        rows = [
            {
                "station_id": station.id,
                "mode": zone.mode,
                "minutes": zone.minutes,
                "geom": MultiPolygon([zone.polygon]) if isinstance(zone.polygon, Polygon) else zone.polygon,
                "standard": dict(zone.standard),
                "center_lon": station.location.lon,
                "center_lat": station.location.lat,
                "station_version": station.version,
                "computed_at": now,
                "register_version": version,
            }
            for station in chunk
            if station.location is not None
            for zone in zones_of(station)
        ]
        insert_rows(connection, ZoneRow, rows)


def remove_zones(connection: Connection, station_ids: Sequence[str]) -> None:
    """Take the zones of stations away."""
    for chunk in chunks(station_ids):
        connection.execute(delete(ZoneRow).where(ZoneRow.station_id.in_(chunk)))


def follow_stations(connection: Connection, moved: Sequence[Station], version: int, now: datetime) -> None:
    """Bring the zones of new and moved stations up to date, in the transaction that writes them.

    More than `AT_ONCE` are left without zones, to be built by `build_zones`.
    """
    if len(moved) <= AT_ONCE:
        replace_zones(connection, moved, version, now)
    else:
        remove_zones(connection, [station.id for station in moved])


def load_zones(connection: Connection, since: int | None = None) -> list[Zone]:
    """Return the zones written after register version ``since`` (None: all), by station, mode, minutes."""
    table = ZoneRow.__table__
    names = (*_FACTS, "station_version", "computed_at")
    geom = (
        func.ST_AsBinary(table.c.geom, "NDR", type_=LargeBinary())
        if connection.dialect.name == "postgresql"
        else type_coerce(table.c.geom, LargeBinary())
    )
    query: Select[Any] = select(*(table.c[name] for name in names), geom.label("wkb"))
    if since is not None:
        query = query.where(table.c.register_version > since)
    rows = connection.execute(query.order_by(table.c.station_id, table.c.mode, table.c.minutes)).all()
    shapes = shapely.from_wkb(np.array([row.wkb for row in rows], dtype=object))
    return [
        Zone(
            station_id=row.station_id,
            mode=row.mode,
            minutes=row.minutes,
            polygon=shape.geoms[0] if len(shape.geoms) == 1 else shape,
            standard=row.standard,
            center_lon=row.center_lon,
            center_lat=row.center_lat,
            station_version=row.station_version,
            computed_at=row.computed_at,
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]


def list_zones(store: StationStore) -> list[Zone]:
    """Return all zones by station, mode and minutes."""
    with store.reading() as connection:
        return load_zones(connection)


def by_station(zones: Iterable[Zone]) -> dict[str, tuple[Zone, ...]]:
    """Return zones by the id of their station, in the order given."""
    found: dict[str, list[Zone]] = defaultdict(list)
    for zone in zones:
        found[zone.station_id].append(zone)
    return {station_id: tuple(own) for station_id, own in found.items()}


def stations_due(connection: Connection, ids: Collection[str] | None = None) -> list[str]:
    """Return, of ``ids`` (None: of all), the stations whose zones are missing, too many or stale, by id."""
    table, stations = ZoneRow.__table__, StationRow.__table__
    places = select(stations.c.id, stations.c.geom).order_by(stations.c.id)
    facts = select(*(table.c[name] for name in _FACTS))
    if ids is not None:
        places, facts = places.where(stations.c.id.in_(ids)), facts.where(table.c.station_id.in_(ids))
    locations = {
        station_id: None if point is None else LonLat(point.x, point.y)
        for station_id, point in connection.execute(places)
    }
    sound = dict.fromkeys(locations, 0)
    wrong = set()
    for station_id, mode, _, standard, lon, lat in connection.execute(
        facts, execution_options={"yield_per": 5_000}
    ):
        if fits(locations[station_id], mode, standard, (lon, lat)):
            sound[station_id] += 1
        else:
            wrong.add(station_id)
    return [
        station_id
        for station_id, location in locations.items()
        if station_id in wrong or sound[station_id] != (0 if location is None else _EXPECTED)
    ]


def build_zones(store: StationStore, progress: Callable[[int, int], None] | None = None) -> int:
    """Compute every zone that is missing or stale and return for how many stations; safe to stop and resume.

    ``progress`` is told the stations done and those due in all, after each transaction.
    """
    with store.reading() as connection:
        due = stations_due(connection)
    done = 0
    for start in range(0, len(due), AT_ONCE):
        ids = due[start : start + AT_ONCE]
        with store.writing() as connection:
            lock_register(connection)
            still = stations_due(connection, ids)  # another process may have built them meanwhile
            if still:
                now = store.clock()
                replace_zones(connection, load_stations(connection, still), bump_version(connection), now)
        done += len(ids)
        if progress is not None:
            progress(done, len(due))
    return done
