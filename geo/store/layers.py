"""What is imported beside the stations: areas and demand.

Each of the two is replaced as a whole and raises the register version, since analyses rest on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, insert, select

from geo.store.counter import bump_version
from geo.store.model import AreaRow, DemandRow, LayerRow
from geo.store.protocol import StationStore


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
        if rows:
            connection.execute(insert(form), rows)
        connection.execute(delete(LayerRow).where(LayerRow.name == form.__tablename__))
        if rows:
            layer = {"name": form.__tablename__, "version": version, "details": dict(details)}
            connection.execute(insert(LayerRow), [layer])
    return version
