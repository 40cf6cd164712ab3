"""What is imported beside the stations: areas and demand.

Each of the two is replaced as a whole and raises the register version, since analyses rest on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from shapely.geometry.base import BaseGeometry
from sqlalchemy import and_, case, delete, func, insert, select

from geo.store.counter import bump_version
from geo.store.model import AreaRow, DemandRow, LayerRow
from geo.store.protocol import StationStore

_AT_ONCE = 20_000  # rows written or read together


@dataclass(frozen=True)
class StoredArea:
    """The district or a street area, in the order it was given."""

    code: str
    kind: str
    name: str
    properties: Mapping[str, Any]
    geometry: BaseGeometry


class StoredDemand(NamedTuple):
    """Demand of one worker group in one H3 cell, time window and day type."""

    cell: str
    group: str
    window: str
    day_type: str
    demand: float
    basis: str
    unit: str
    source: str | None = None


class DemandLayer(NamedTuple):
    """The imported demand: register version and details of its import, how many rows it has and their sum."""

    version: int
    details: Mapping[str, Any]
    rows: int
    amount: float


def layer_versions(store: StationStore) -> dict[str, int]:
    """Return for each imported layer (``areas``, ``demand``) the register version of its import."""
    with store.reading() as connection:
        rows = connection.execute(select(LayerRow.name, LayerRow.version))
        return {row.name: row.version for row in rows}


def demand_layer(store: StationStore) -> DemandLayer | None:
    """Return what is kept beside the demand rows, their number and their sum; None without demand."""
    with store.reading() as connection:
        asked = select(LayerRow.version, LayerRow.details).where(LayerRow.name == DemandRow.__tablename__)
        kept = connection.execute(asked).one_or_none()
        rows, amount = connection.execute(select(func.count(), func.sum(DemandRow.demand))).one()
        return None if kept is None else DemandLayer(kept.version, kept.details, rows, amount or 0.0)


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

    ``details`` are kept beside the rows: what the table says of itself, and its columns for reading at once.
    """
    rows = (
        {
            "cell": cell,
            "worker_group": group,
            "time_window": window,
            "day_type": day_type,
            "demand": amount,
            "basis": basis,
            "unit": unit,
            "source": source,
        }
        for cell, group, window, day_type, amount, basis, unit, source in demand
    )
    return _replace_all(store, DemandRow, rows, details or {})


def list_demand(store: StationStore) -> list[StoredDemand]:
    """Return the demand rows by cell, group, window and day type."""
    table = DemandRow.__table__
    order = (table.c.cell, table.c.worker_group, table.c.time_window, table.c.day_type)
    with store.reading() as connection:
        return [StoredDemand(*row) for row in connection.execute(select(table).order_by(*order))]


def demand_lines(
    store: StationStore, periods: Sequence[tuple[str, str]]
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield (cell, group, demand of each period) by cell and group, some thousands at a time.

    ``periods`` are (window, day type); demand is None where the table has no row. Millions of rows never lie
    in memory together, and the database lays a cell's side by side faster than we could.
    """
    table = DemandRow.__table__.c
    key = (table.cell, table.worker_group)
    sides = [
        func.max(case((and_(table.time_window == window, table.day_type == day), table.demand)))
        for window, day in periods
    ]
    asked = select(*key, *sides).group_by(*key).order_by(*key).execution_options(yield_per=_AT_ONCE)
    with store.reading() as connection:
        for rows in connection.execute(asked).partitions():
            yield [tuple(row) for row in rows]


def _replace_all(
    store: StationStore, form: Any, rows: Iterable[dict[str, Any]], details: Mapping[str, Any]
) -> int:
    waiting, any_row = iter(rows), False
    with store.writing() as connection:
        version = bump_version(connection)
        connection.execute(delete(form))
        while part := list(islice(waiting, _AT_ONCE)):
            connection.execute(insert(form), part)
            any_row = True
        connection.execute(delete(LayerRow).where(LayerRow.name == form.__tablename__))
        if any_row:
            layer = {"name": form.__tablename__, "version": version, "details": dict(details)}
            connection.execute(insert(LayerRow), [layer])
    return version
