"""Imported areas and demand, kept in and read from the store as the core's own tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from geo.areas import Area, AreaKind, Areas, shipped_areas
from geo.demand import GROUPS, Demand
from geo.demand_cells import cell_numbers, cell_table
from geo.demand_rows import TEXT_COLUMNS, rows_of
from geo.store.layers import (
    DemandLayer,
    StoredArea,
    StoredDemand,
    demand_layer,
    demand_lines,
    layer_versions,
    list_areas,
    replace_areas,
    replace_demand,
)
from geo.store.packed_columns import pack_columns, unpack_columns
from geo.store.protocol import StationStore
from geo.time_windows import DAYS_BY_TYPE, WINDOWS

PERIODS = tuple(product(WINDOWS, DAYS_BY_TYPE))
_OWN_COLUMNS = frozenset({"code", "kind", "name", "geometry"})
_MOST_PACKED = 10_000_000  # rows: a hundred megabytes beside them; more are read row by row


@dataclass(frozen=True)
class PlanningLayers:
    """What was imported; None where the shipped areas, or the model, are used.

    ``versions`` are the store's uuid and the register versions of the two imports: while they stand, nothing
    needs reading again. A restored register has another uuid, whatever its versions.
    """

    versions: tuple[str, int | None, int | None]
    areas: Areas | None
    demand: Demand | None


def keep_areas(store: StationStore, areas: Areas) -> int:
    """Put imported areas in place of the stored ones and return the register version."""
    rows = [
        StoredArea(
            code=area.code,
            kind=area.kind,
            name=area.name,
            properties={
                field.name: getattr(area, field.name)
                for field in fields(area)
                if field.name not in _OWN_COLUMNS
            },
            geometry=area.geometry,
        )
        for area in (areas.district, *areas.streets)
    ]
    return replace_areas(store, rows)


def keep_demand(store: StationStore, demand: Demand) -> int:
    """Put a demand table in place of the stored one and return the register version.

    Rows are kept for whoever queries them; their columns beside them, in the same transaction, for reading.
    """
    columns = [demand.rows[name].tolist() for name in ("cell", "group", "window", "day_type", "demand")]
    rows = (
        StoredDemand(cell, group, window, day_type, amount, demand.basis, demand.unit)
        for cell, group, window, day_type, amount in zip(*columns, strict=True)
    )
    details = {
        "basis": demand.basis,
        "areas_basis": demand.areas_basis,
        "outside": demand.outside,
        "notes": list(demand.notes),
    }
    if len(demand.rows) <= _MOST_PACKED:
        details["columns"] = pack_columns(_columns(demand))
    else:
        details["cells"] = demand.cells["cell"].tolist()
    return replace_demand(store, rows, details)


def clear_demand(store: StationStore) -> int | None:
    """Take the kept demand out and return the register version; None where none was kept.

    The shipped model is worked out again from then on.
    """
    return replace_demand(store, ()) if "demand" in layer_versions(store) else None


def clear_areas(store: StationStore) -> int | None:
    """Take the imported areas out and return the register version; None where there were none.

    The shipped areas hold from then on; the stations' own streets stay as they are.
    """
    return replace_areas(store, ()) if "areas" in layer_versions(store) else None


def imported_areas(store: StationStore) -> tuple[int, Areas] | None:
    """Return the imported areas and the register version of their import; None where there are none."""
    present = layer_versions(store).get("areas")
    return (present, _areas(list_areas(store))) if present is not None else None


def read_planning_layers(store: StationStore, known: PlanningLayers | None = None) -> PlanningLayers:
    """Return the imported layers, those of ``known`` where they have not been replaced since.

    Raises:
        StoreUnavailableError: the store cannot be reached.
    """
    uuid = store.uuid()  # first: a register restored meanwhile is found out at the next look
    present = layer_versions(store)
    at_areas, at_demand = (present.get(name) for name in ("areas", "demand"))
    if known is not None and known.versions == (uuid, at_areas, at_demand):
        return known
    rows = list_areas(store) if at_areas is not None else []  # none where they were cleared meanwhile
    areas = _areas(rows) if rows else None
    layer = demand_layer(store) if at_demand is not None else None
    demand = _demand(store, layer, areas or shipped_areas()) if layer is not None else None
    return PlanningLayers((uuid, at_areas, layer.version if layer else None), areas, demand)


def _areas(rows: list[StoredArea]) -> Areas:
    areas = [
        Area(
            code=row.code,
            name=row.name,
            kind=cast(AreaKind, row.kind),
            geometry=row.geometry,
            **row.properties,
        )
        for row in rows
    ]
    streets = tuple(area for area in areas if area.kind == "street")
    return Areas(next(area for area in areas if area.kind == "district"), streets)


def _demand(store: StationStore, layer: DemandLayer, areas: Areas) -> Demand:
    """Return the stored table; its cells get the streets of the areas as they are now."""
    details = layer.details
    found = unpack_columns(details.get("columns", {}))
    if found:
        cells = cell_table(areas, found["cells"], (found["lon"], found["lat"]))
    else:
        cells = cell_table(areas, cell_numbers(details["cells"]))
    if not found or not _agree(found["demand"], layer):
        # a store written before columns were kept, or rows somebody changed in the database
        found = _read_rows(demand_lines(store, PERIODS), cells["cell"].tolist())
    return Demand(
        cells=cells,
        rows=rows_of(cells["cell"], found, found["demand"]),
        basis=details["basis"],
        areas_basis=areas.basis,
        outside=details["outside"],
        notes=tuple(details["notes"]),
    )


def _agree(amounts: npt.NDArray[np.float64], layer: DemandLayer) -> bool:
    """Say whether the columns are those of the rows; databases add up in an order of their own."""
    return len(amounts) == layer.rows and math.isclose(amounts.sum(), layer.amount, rel_tol=1e-9)


def _columns(demand: Demand) -> dict[str, npt.NDArray[Any]]:
    """Return a demand table as numbers: its cells, and its rows' cells and words by their places."""
    cells = demand.cells
    return {
        "cells": cell_numbers(cells["cell"]),
        "lon": cells["lon"].to_numpy(dtype=float),
        "lat": cells["lat"].to_numpy(dtype=float),
        "demand": demand.rows["demand"].to_numpy(dtype=float),
        "cell": demand.numbers["cell"].astype(np.int32),
        **{name: demand.numbers[name].astype(np.int8) for name in TEXT_COLUMNS},
    }


def _read_rows(
    stretches: Iterable[Sequence[tuple[Any, ...]]], cells: Sequence[str]
) -> dict[str, npt.NDArray[Any]]:
    """Return the rows of the database as numbers, the same columns as :func:`_columns` keeps of them."""
    row_of = {cell: row for row, cell in enumerate(cells)}
    number_of = {group: number for number, group in enumerate(GROUPS)}
    found = {name: [np.empty(0, dtype=np.int32)] for name in ("cell", "group", "period")}
    amounts = [np.empty(0)]
    for rows in stretches:
        cell, group, *sides = zip(*rows, strict=True)
        table = np.array(sides, dtype=np.float64).T
        line, period = np.nonzero(~np.isnan(table))
        found["cell"].append(_numbers(cell, row_of)[line])
        found["group"].append(_numbers(group, number_of)[line])
        found["period"].append(period.astype(np.int32))
        amounts.append(table[line, period])
    number = {name: np.concatenate(parts) for name, parts in found.items()}
    window, day = np.divmod(number["period"], len(DAYS_BY_TYPE))
    return {
        "cell": number["cell"],
        "group": number["group"],
        "window": window,
        "day_type": day,
        "demand": np.concatenate(amounts),
    }


def _numbers(names: Sequence[str], known: Mapping[str, int]) -> npt.NDArray[np.int32]:
    return np.fromiter((known[name] for name in names), dtype=np.int32, count=len(names))
