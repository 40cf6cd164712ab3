"""A scenario as layers of a file: each change at its place, and what becomes of every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from api.compare_tables import CELLS
from api.planning import Grounds
from api.planning_answers import notice_of
from api.table_files import Sheet, TableFile
from geo.assessment_columns import BASIS, Column
from geo.demand_cells import cell_numbers, cell_polygons
from geo.scenario import Scenario
from geo.scenario_difference import Difference, Step
from geo.stations import Station
from maps.map_layers_scenario import ScenarioView

CHANGES: tuple[Column, ...] = (
    Column("change", "改动", "Change"),
    Column("station_id", "站点", "Station"),
    Column("name", "名称", "Name"),
    Column("before", "原来", "Before"),
    Column("after", "改为", "After"),
    Column("gain", "依次多覆盖的需求", "Demand covered added in order", "demand", "number"),
    BASIS[-1],
)


def with_scenario(
    file: TableFile, grounds: Grounds, plan: ScenarioView, gains: Sequence[Step] = ()
) -> TableFile:
    """Return a file with two layers more: what a scenario changes, and the difference it makes.

    Args:
        file: tables that stand on ``grounds``.
        plan: the comparison; its scenario is empty where two versions of the register are compared.
        gains: what each change adds, where that is known.
    """
    notice = notice_of(grounds)
    sheets = (
        *file.sheets,
        Sheet("scenario_changes", "方案改动", CHANGES, _changes(plan.scenario, plan.register, gains, notice)),
        Sheet("scenario_difference", "方案差异", CELLS, _difference(plan.difference, notice)),
    )
    return replace(file, sheets=sheets, parameters={**file.parameters, **plan.address})


def _changes(
    scenario: Scenario, stations: Sequence[Station], gains: Sequence[Step], notice: str | None
) -> gpd.GeoDataFrame:
    known = {one.id: one for one in stations}
    gained: dict[tuple[str, str], float] = {(step.change, step.station_id): step.gain for step in gains}
    told: list[tuple[str, str, str | None, str | None]] = [
        *(("ext", key, known[key].hours, hours) for key, hours in scenario.hours),
        *(("equip", key, _values(known[key], codes), ",".join(codes)) for key, codes in scenario.equipped),
        *(("shut", key, known[key].status, "retired") for key in scenario.closed),
    ]
    rows = [
        (change, key, known[key].name, before, after, gained.get((change, key)), notice)
        for change, key, before, after in told
    ]
    points: list[tuple[float, float] | None] = [known[key].location for _, key, _, _ in told]
    for number, site in enumerate(scenario.sites, start=1):
        key = f"new-{number}"
        rows.append(("new", key, site.name, None, site.hours, gained.get(("new", key)), notice))
        points.append((site.lon, site.lat))
    frame = pd.DataFrame(rows, columns=[column.name for column in CHANGES], dtype=object)
    shapes = [shapely.Point(at) if at else None for at in points]
    return gpd.GeoDataFrame(
        frame.astype({"gain": "float64"}), geometry=gpd.GeoSeries(shapes, crs="EPSG:4326", dtype="geometry")
    )


def _values(station: Station, codes: Sequence[str]) -> str:
    """Return what the register says of the codes, such as ``microwave: broken``."""
    held = {**station.amenities, **station.services}
    return ", ".join(f"{code}: {held[code].value if code in held else 'unknown'}" for code in codes)


def _difference(found: Difference, notice: str | None) -> gpd.GeoDataFrame:
    cells = found.cells.assign(notice=pd.Series([notice] * len(found.cells), dtype=object))
    shapes = gpd.GeoSeries(cell_polygons(cell_numbers(cells["cell"].tolist())), crs="EPSG:4326")
    return gpd.GeoDataFrame(cells, geometry=shapes)
