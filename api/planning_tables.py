"""The planner's answers as tables for files: shapes where a row has a place, numbers those of the JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from api.planning import Grounds
from api.planning_answers import Body, notice_of, travel_basis_of
from api.planning_parameters import By, echoed
from api.table_files import Sheet, TableFile
from geo.assessment import Assessment, hours_unit
from geo.assessment_columns import BASIS, Column, columns
from geo.assessment_tables import (
    actions_table,
    basis,
    compliance_table,
    coverage_table,
    gaps_table,
    metrics_table,
    station_matrix_table,
    street_matrix_table,
)
from geo.demand_cells import cell_numbers, cell_polygons
from geo.gap_details import Gap
from geo.io.notices import ATTRIBUTION, LICENCE
from geo.seat_accessibility import SeatAccess
from geo.service_matrix import station_matrix, street_matrix
from geo.standard import Standard
from geo.time_windows import WINDOWS

_ACCESS = (
    Column("demand", "在岗需求", "Demand on duty", "demand", "number"),
    Column("access", "可及性", "Access", "seats per demand; gravity: seats", "number"),
)
ACCESS_COLUMNS: dict[str, tuple[Column, ...]] = {
    "street": (Column("street_code", "街道代码", "Street code"), *_ACCESS, *BASIS),
    "cell": (
        Column("cell", "六边形格", "H3 cell"),
        Column("street_code", "街道代码", "Street code"),
        *_ACCESS,
        *BASIS,
    ),
}


def coverage_file(grounds: Grounds, found: Assessment) -> TableFile:
    """Return coverage in total, by street and by window; streets and the whole with their shapes."""
    return _file(grounds, found.standard, "coverage", _coverage(grounds, found))


def gaps_file(grounds: Grounds, found: Assessment, top: int | None) -> TableFile:
    """Return the gap areas with their polygons, and what to do about each."""
    actions = actions_table(found)
    if top is not None:
        actions = actions[actions["gap_rank"] <= top].reset_index(drop=True)
    sheets = (_gaps(found, top), _sheet("actions", "改进", actions))
    return _file(grounds, found.standard, "gaps", *sheets, top=top)


GAP_WINDOWS: tuple[Column, ...] = (
    Column("rank", "名次", "Rank", kind="count"),
    Column("window", "时段代码", "Window"),
    Column("hours", "时段", "Hours of the window"),
    Column("unserved_hours", "未服务（需求·小时）", "Unserved demand-hours", "unit", "number"),
    Column("unit", "单位", "Unit"),
)


def gap_file(grounds: Grounds, found: Assessment, gap: Gap, by_window: Mapping[str, float]) -> TableFile:
    """Return one gap: its figures and polygon, what to do about it, and when it is worst."""
    gaps, actions = gaps_table(found), actions_table(found)
    unit = hours_unit(found.demand_unit, True)
    windows = pd.DataFrame(
        {
            "rank": [gap.rank] * len(by_window),
            "window": pd.Series(list(by_window), dtype=object),
            "hours": pd.Series([WINDOWS[code].label for code in by_window], dtype=object),
            "unserved_hours": list(by_window.values()),
            "unit": pd.Series([unit] * len(by_window), dtype=object),
        }
    )
    sheets = (
        _sheet("gaps", "缺口", gaps[gaps["rank"] == gap.rank].reset_index(drop=True)),
        _sheet("actions", "改进", actions[actions["gap_rank"] == gap.rank].reset_index(drop=True)),
        Sheet("gap_windows", "时段", GAP_WINDOWS, windows),
    )
    return _file(grounds, found.standard, f"gap-{gap.rank}", *sheets, rank=gap.rank)


def assessment_file(grounds: Grounds, found: Assessment) -> TableFile:
    """Return the thirteen metrics, and the tables they are read from."""
    sheets = (
        _sheet("metrics", "指标", metrics_table(found)),
        _coverage(grounds, found),
        _gaps(found, None),
        _sheet("actions", "改进", actions_table(found)),
        _compliance(grounds, found, None),
    )
    return _file(grounds, found.standard, "assessment", *sheets)


def compliance_file(grounds: Grounds, found: Assessment, ruleset: str) -> TableFile:
    """Return one row a station and rule of one rule set, at the station's place."""
    sheet = _compliance(grounds, found, ruleset)
    parameters = {"ruleset": ruleset, "week": found.standard.week.isoformat()}
    return TableFile("compliance", (sheet,), _told(grounds, parameters), sources_of(grounds))


def matrix_file(grounds: Grounds, standard: Standard, by: By) -> TableFile:
    """Return the service matrix, stations or streets with their shapes."""
    on = _basis(grounds, standard)
    if by == "station":
        frame = station_matrix_table(station_matrix(grounds.stations, standard, grounds.demand), on)
        sheet = _sheet("station_matrix", "服务矩阵", _at(frame, "station_id", _station_points(grounds)))
    else:
        unit = hours_unit(grounds.demand.unit, standard.window is None and standard.at is None)
        rows = street_matrix(grounds.stations, grounds.demand, standard)
        frame = street_matrix_table(rows, on, unit)
        sheet = _sheet("street_matrix", "街道服务矩阵", _at(frame, "street_code", _street_shapes(grounds)))
    return _file(grounds, standard, "service-matrix", sheet, by=by)


def access_file(grounds: Grounds, found: SeatAccess, standard: Standard, parameters: Body) -> TableFile:
    """Return access to seats by street or by cell, with their shapes."""
    by = parameters["by"]
    on = _basis(grounds, standard)
    if by == "street":
        frame = _at(found.streets, "street_code", _street_shapes(grounds))
    else:
        shapes = cell_polygons(cell_numbers(found.cells["cell"]))
        frame = gpd.GeoDataFrame(found.cells, geometry=shapes, crs="EPSG:4326")
    frame = frame.assign(**{name: pd.Series([text] * len(frame), dtype=object) for name, text in on.items()})
    sheet = Sheet("accessibility", "可及性", ACCESS_COLUMNS[by], frame)
    return TableFile("accessibility", (sheet,), _told(grounds, parameters), sources_of(grounds))


def _coverage(grounds: Grounds, found: Assessment) -> Sheet:
    frame = coverage_table(found)
    shapes = _street_shapes(grounds)
    places = [
        grounds.areas.district.geometry if scope == "total" else shapes.get(code)
        for scope, code in zip(frame["scope"], frame["street_code"], strict=True)
    ]
    return _sheet("coverage", "覆盖", gpd.GeoDataFrame(frame, geometry=places, crs="EPSG:4326"))


def _gaps(found: Assessment, top: int | None) -> Sheet:
    return _sheet("gaps", "缺口", gaps_table(found)[:top])


def _compliance(grounds: Grounds, found: Assessment, ruleset: str | None) -> Sheet:
    frame = compliance_table(found)
    if ruleset is not None:
        frame = frame[frame["ruleset"] == ruleset].reset_index(drop=True)
    return _sheet("compliance", "合规", _at(frame, "station_id", _station_points(grounds)))


def _sheet(name: str, title: str, frame: pd.DataFrame) -> Sheet:
    return Sheet(name, title, columns(name), frame)


def _basis(grounds: Grounds, standard: Standard) -> dict[str, str | None]:
    illustrative = notice_of(grounds) is not None
    return basis(grounds.demand, standard, str(travel_basis_of(standard)), illustrative)


def _at(frame: pd.DataFrame, column: str, shapes: Mapping[Any, BaseGeometry | None]) -> gpd.GeoDataFrame:
    places = [shapes.get(key) for key in frame[column]]
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(places, crs="EPSG:4326", index=frame.index))


def _station_points(grounds: Grounds) -> dict[str, BaseGeometry | None]:
    return dict(zip(grounds.stations["id"], grounds.stations.geometry, strict=True))


def _street_shapes(grounds: Grounds) -> dict[str | None, BaseGeometry]:
    """Return the shape of each street by its code; of the whole area by None."""
    streets: dict[str | None, BaseGeometry] = {area.code: area.geometry for area in grounds.areas.streets}
    return streets | {None: grounds.areas.district.geometry}


def _file(grounds: Grounds, standard: Standard, name: str, *sheets: Sheet, **more: object) -> TableFile:
    parameters = {**echoed(standard), **more}
    return TableFile(name, sheets, _told(grounds, parameters), sources_of(grounds))


def _told(grounds: Grounds, parameters: Mapping[str, object]) -> dict[str, object]:
    return {**parameters, "register_version": grounds.version}


def sources_of(grounds: Grounds) -> dict[str, str]:
    """Return what every file says it rests on."""
    demand, district = grounds.demand, grounds.areas.district
    told = {
        "声明 notice": notice_of(grounds) or "",
        "需求来源 demand_basis": f"{demand.basis} ({demand.unit})",
        "需求说明 demand_notes": "\n".join(demand.notes),
        "范围外的需求 demand_outside": repr(demand.outside),
        "街道界线 areas_basis": demand.areas_basis,
        "街道界线来源 areas_source": f"{district.source} {district.licence} {district.note}".strip(),
        "坐标系 datum": "wgs84",
        "署名 attribution": ATTRIBUTION,
        "许可 licence": LICENCE,
    }
    return {name: text for name, text in told.items() if text}
