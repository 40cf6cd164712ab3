"""Imported areas and demand, kept in and read from the store as the core's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

import pandas as pd

from geo.areas import Area, AreaKind, Areas, shipped_areas
from geo.demand import Demand
from geo.demand_cells import cell_numbers, cell_table
from geo.store.layers import (
    StoredArea,
    StoredDemand,
    layer_versions,
    list_areas,
    list_demand,
    replace_areas,
    replace_demand,
)
from geo.store.protocol import StationStore

_OWN_COLUMNS = frozenset({"code", "kind", "name", "geometry"})


@dataclass(frozen=True)
class PlanningLayers:
    """What was imported; None where the shipped areas, or the model, are used.

    ``versions`` are the register versions of the two imports: while they stand, nothing needs reading again.
    """

    versions: tuple[int | None, int | None]
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
    """Put a demand table in place of the stored one and return the register version."""
    rows = [
        StoredDemand(
            row["cell"],
            row["group"],
            row["window"],
            row["day_type"],
            row["demand"],
            demand.basis,
            demand.unit,
        )
        for row in demand.rows.to_dict("records")
    ]
    details = {
        "basis": demand.basis,
        "areas_basis": demand.areas_basis,
        "outside": demand.outside,
        "notes": list(demand.notes),
        "cells": demand.cells["cell"].tolist(),
    }
    return replace_demand(store, rows, details)


def imported_areas(store: StationStore) -> tuple[int, Areas] | None:
    """Return the imported areas and the register version of their import; None where there are none."""
    present = layer_versions(store).get("areas")
    return (present[0], _areas(list_areas(store))) if present is not None else None


def read_planning_layers(store: StationStore, known: PlanningLayers | None = None) -> PlanningLayers:
    """Return the imported layers, those of ``known`` where they have not been replaced since.

    Raises:
        StoreUnavailableError: the store cannot be reached.
    """
    present = layer_versions(store)
    at_areas, at_demand = (present[name][0] if name in present else None for name in ("areas", "demand"))
    if known is not None and known.versions == (at_areas, at_demand):
        return known
    areas = _areas(list_areas(store)) if at_areas is not None else None
    demand = None
    if at_demand is not None:
        demand = _demand(list_demand(store), present["demand"][1], areas or shipped_areas())
    return PlanningLayers((at_areas, at_demand), areas, demand)


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


def _demand(rows: list[StoredDemand], details: Mapping[str, Any], areas: Areas) -> Demand:
    """Return the stored table; its cells get the streets of the areas as they are now."""
    return Demand(
        cells=cell_table(areas, cell_numbers(details["cells"])),
        rows=pd.DataFrame(
            {
                "cell": [row.cell for row in rows],
                "group": [row.group for row in rows],
                "window": [row.window for row in rows],
                "day_type": [row.day_type for row in rows],
                "demand": [row.demand for row in rows],
            }
        ),
        basis=details["basis"],
        areas_basis=areas.basis,
        outside=details["outside"],
        notes=tuple(details["notes"]),
    )
