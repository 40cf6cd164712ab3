"""The figures of one cell: what the map shows when it is pointed at, as the API gives it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import h3

from geo.assessment import Assessment, hours_unit
from geo.coverage import CAUSES
from geo.demand import Demand
from geo.scenario_difference import Difference
from maps.map_layers_coverage import nearest_minutes


def cell_answer(
    found: Assessment,
    demand: Demand,
    stations: gpd.GeoDataFrame,
    lon: float,
    lat: float,
    *,
    difference: Difference | None = None,
) -> dict[str, Any]:
    """Return the cell a WGS-84 point lies in, JSON-ready; ``cell`` is None where no demand lies.

    With a ``difference``, whose second side was assessed, also what becomes of the cell.
    """
    table = found.coverage.cells
    unit = hours_unit(found.demand_unit, found.coverage.is_hours)
    basis = {"unit": unit, "demand_basis": found.demand_basis, "travel_basis": found.travel_basis}
    nothing = {"cell": None, "lon": lon, "lat": lat, **basis}
    if table.empty:
        return nothing
    name = h3.latlng_to_cell(lat, lon, h3.get_resolution(str(table["cell"].iloc[0])))
    row = int(demand.cells["cell"].searchsorted(name))
    if row >= len(table) or table["cell"].iloc[row] != name or table["demand"].iloc[row] <= 0:
        return nothing
    line, place = table.iloc[row], demand.cells.iloc[row]
    need = float(line["demand"])
    at = demand.cells.iloc[row : row + 1]
    minutes = float(
        nearest_minutes(stations, at["lon"].to_numpy(), at["lat"].to_numpy(), found.standard.mode)[0]
    )
    return {
        "cell": name,
        "lon": float(place["lon"]),
        "lat": float(place["lat"]),
        "street_code": place["street_code"],
        "demand": need,
        "demand_covered": float(line["covered"]),
        "share": float(line["covered"]) / need,
        "share_if_unknown_open": float(line["covered_if_unknown_open"]) / need,
        "share_covered_twice": float(line["covered_twice"]) / need,
        "causes": {cause: float(line[cause]) for cause in CAUSES},
        "nearest_min": minutes if minutes != float("inf") else None,
        **({"difference": _change(difference, row, need)} if difference else {}),
        **basis,
    }


def _change(difference: Difference, row: int, need: float) -> dict[str, Any]:
    """Return what a cell had and has: demand covered, its share, and the class of the change."""
    line = difference.cells.iloc[row]
    before, after = float(line["before"]), float(line["after"])
    return {
        "demand_covered_before": before,
        "demand_covered_after": after,
        "share_before": before / need,
        "share_after": after / need,
        "change": str(line["change"]),
    }
