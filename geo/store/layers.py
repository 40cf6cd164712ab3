"""What lies beside the stations in the store: coverage zones, areas, demand.

Each of the three is replaced as a whole and raises the register version, since analyses rest on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, delete, insert, select

from geo.store.counter import bump_version
from geo.store.model import AreaRow, DemandRow, LayerRow, StationRow, ZoneRow
from geo.store.protocol import StationStore


@dataclass(frozen=True)
class Zone:
    """The area within ``minutes`` of a station by ``mode``, and what it was computed from.

    ``standard`` holds the parameters of the computation; ``center_lon``, ``center_lat`` (WGS-84) and
    ``station_version`` the station as it was then.
    """

    station_id: str
    mode: str
    minutes: float
    polygon: Polygon | MultiPolygon
    standard: Mapping[str, Any]
    center_lon: float
    center_lat: float
    station_version: int
    computed_at: datetime


@dataclass(frozen=True)
class StoredZone:
    """A zone that says whether it is ``stale``: the station has moved or lost its location since."""

    zone: Zone
    stale: bool


@dataclass(frozen=True)
class StoredArea:
    """The district or a street area, in the order it was given."""

    code: str
    kind: str
    name: str
    properties: Mapping[str, Any]
    geometry: BaseGeometry


@dataclass(frozen=True)
class StoredDemand:
    """Demand of one worker group in one H3 cell, time window and day type."""

    cell: str
    group: str
    window: str
    day_type: str
    demand: float
    basis: str
    unit: str
    source: str | None = None


def replace_zones(
    store: StationStore, zones: Iterable[Zone], station_ids: Iterable[str] | None = None
) -> int:
    """Put ``zones`` in place of those of ``station_ids`` (None: of all) and return the register version.

    A zone of a station that has left the register meanwhile is not kept.
    """
    with store.writing() as connection:
        version = bump_version(connection)
        if station_ids is None:
            connection.execute(delete(ZoneRow))
        else:
            for station_id in station_ids:
                connection.execute(delete(ZoneRow).where(ZoneRow.station_id == station_id))
        present = set(connection.scalars(select(StationRow.id)))
        _insert(connection, ZoneRow, [_zone_values(zone) for zone in zones if zone.station_id in present])
    return version


def list_zones(store: StationStore) -> list[StoredZone]:
    """Return all zones by station, mode and minutes, each saying whether it is stale."""
    zones, stations = ZoneRow.__table__, StationRow.__table__
    query = (
        select(zones, stations.c.geom.label("point"))
        .join(stations, stations.c.id == zones.c.station_id)
        .order_by(zones.c.station_id, zones.c.mode, zones.c.minutes)
    )
    with store.reading() as connection:
        return [_stored_zone(row) for row in connection.execute(query)]


def layer_versions(store: StationStore) -> dict[str, tuple[int, Mapping[str, Any]]]:
    """Return for each imported layer (``areas``, ``demand``) the register version and details of it."""
    with store.reading() as connection:
        rows = connection.execute(select(LayerRow.__table__))
        return {row.name: (row.version, row.details) for row in rows}


def replace_areas(store: StationStore, areas: Iterable[StoredArea]) -> int:
    """Put ``areas`` in place of all stored ones and return the register version."""
    rows = [
        {
            "code": area.code,
            "kind": area.kind,
            "name": area.name,
            "position": position,
            "properties": dict(area.properties),
            "geom": area.geometry,
        }
        for position, area in enumerate(areas)
    ]
    return _replace_all(store, AreaRow, rows, {})


def list_areas(store: StationStore) -> list[StoredArea]:
    """Return the areas in the order they were given."""
    with store.reading() as connection:
        rows = connection.execute(select(AreaRow.__table__).order_by(AreaRow.position))
        return [StoredArea(row.code, row.kind, row.name, row.properties, row.geom) for row in rows]


def replace_demand(
    store: StationStore, demand: Iterable[StoredDemand], details: Mapping[str, Any] | None = None
) -> int:
    """Put ``demand`` in place of all stored rows and return the register version.

    ``details`` are kept beside the rows: what the table says of itself (areas basis, outside, notes).
    """
    rows = [
        {
            "cell": row.cell,
            "worker_group": row.group,
            "time_window": row.window,
            "day_type": row.day_type,
            "demand": row.demand,
            "basis": row.basis,
            "unit": row.unit,
            "source": row.source,
        }
        for row in demand
    ]
    return _replace_all(store, DemandRow, rows, details or {})


def list_demand(store: StationStore) -> list[StoredDemand]:
    """Return the demand rows by cell, group, window and day type."""
    table = DemandRow.__table__
    order = (table.c.cell, table.c.worker_group, table.c.time_window, table.c.day_type)
    with store.reading() as connection:
        return [StoredDemand(*row) for row in connection.execute(select(table).order_by(*order))]


def _replace_all(
    store: StationStore, form: Any, rows: list[dict[str, Any]], details: Mapping[str, Any]
) -> int:
    with store.writing() as connection:
        version = bump_version(connection)
        connection.execute(delete(form))
        _insert(connection, form, rows)
        connection.execute(delete(LayerRow).where(LayerRow.name == form.__tablename__))
        if rows:
            layer = {"name": form.__tablename__, "version": version, "details": dict(details)}
            connection.execute(insert(LayerRow), [layer])
    return version


def _insert(connection: Connection, form: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(form), rows)


def _zone_values(zone: Zone) -> dict[str, Any]:
    polygon = zone.polygon
    return {
        "station_id": zone.station_id,
        "mode": zone.mode,
        "minutes": zone.minutes,
        "geom": MultiPolygon([polygon]) if isinstance(polygon, Polygon) else polygon,
        "standard": dict(zone.standard),
        "center_lon": zone.center_lon,
        "center_lat": zone.center_lat,
        "station_version": zone.station_version,
        "computed_at": zone.computed_at,
    }


def _stored_zone(row: Any) -> StoredZone:
    parts = list(row.geom.geoms)
    zone = Zone(
        station_id=row.station_id,
        mode=row.mode,
        minutes=row.minutes,
        polygon=parts[0] if len(parts) == 1 else row.geom,
        standard=row.standard,
        center_lon=row.center_lon,
        center_lat=row.center_lat,
        station_version=row.station_version,
        computed_at=row.computed_at,
    )
    moved = row.point is None or (row.point.x, row.point.y) != (row.center_lon, row.center_lat)
    return StoredZone(zone, moved)
