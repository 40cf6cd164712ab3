"""All tables of a report: one workbook and one GeoPackage a later reader can do with alone."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import shapely

from api.planning import Grounds
from api.planning_answers import notice_of
from api.planning_tables import assessment_file, matrix_file
from api.table_files import Sheet, TableFile
from geo.assessment import Assessment
from geo.assessment_columns import BASIS, CAUSE_LABELS, NOTICE, Column, number_columns, text_columns
from geo.assessment_tables import assessment_basis
from geo.coverage import CAUSES
from geo.coverage_zones import zone_within
from geo.data_files import data_path
from geo.demand_cells import cell_numbers, cell_polygons
from geo.io.columns import flat_values, kind_of
from geo.standard import Standard
from geo.stations import FIELD_NAMES, Station
from geo.vocabulary import SERVING_STATUSES
from maps.sheet_map import cause_class, coverage_class

CELL_COLUMNS: tuple[Column, ...] = (
    *text_columns(("cell", "六边形格", "H3 cell"), ("street_code", "街道代码", "Street code")),
    *number_columns(
        ("lon", "中心经度", "Longitude of the centre", "degrees"),
        ("lat", "中心纬度", "Latitude of the centre", "degrees"),
        ("demand", "需求", "Demand", "demand"),
        ("covered", "覆盖的需求", "Demand covered", "demand"),
        ("covered_twice", "两站以上覆盖的需求", "Demand covered twice", "demand"),
        (
            "covered_if_unknown_open",
            "若未核实的都算开覆盖的需求",
            "Demand covered if unknown hours were open",
            "demand",
        ),
        *(
            (code, f"走不到：{CAUSE_LABELS[code][0]}", f"Unserved: {CAUSE_LABELS[code][1]}", "demand")
            for code in CAUSES
        ),
    ),
    *text_columns(
        ("coverage_class", "图 1 的分级", "Class on map 1"), ("cause_class", "图 2 的分级", "Class on map 2")
    ),
    *BASIS,
)
AREA_COLUMNS: tuple[Column, ...] = (
    *text_columns(("code", "代码", "Code"), ("name", "名称", "Name"), ("kind", "类别", "Kind")),
    Column("communities", "社区数", "Communities", "communities", "number"),
    *text_columns(
        ("areas_basis", "界线来源", "Basis of areas"),
        ("source", "来源", "Source"),
        ("licence", "许可", "Licence"),
        ("note", "说明", "Note"),
    ),
    NOTICE,
)
ZONE_COLUMNS: tuple[Column, ...] = (
    *text_columns(
        ("station_id", "站点编号", "Station"),
        ("name", "站点名称", "Name"),
        ("status", "状态", "Status"),
        ("mode", "出行方式", "Mode"),
    ),
    *number_columns(("minutes", "分钟", "Minutes", "minutes"), ("radius_m", "半径", "Radius", "metres")),
    Column("basis", "路程依据", "Basis of travel"),
    NOTICE,
)
PLACE_COLUMNS: tuple[Column, ...] = (
    Column("name", "地名", "Name"),
    Column("kind", "类别", "Kind"),
    NOTICE,
)


def report_tables(grounds: Grounds, found: Assessment, stations: Sequence[Station]) -> TableFile:
    """Return every table and layer of a report.

    Args:
        grounds: what the assessment stands on.
        found: the assessment the report tells of.
        stations: the register of the same version.
    """
    main = assessment_file(grounds, found)
    matrices = (
        matrix_file(grounds, found.standard, "station").sheets[0],
        matrix_file(grounds, found.standard, "street").sheets[0],
    )
    notice = notice_of(grounds)
    sheets = (
        *main.sheets,
        *matrices,
        station_sheet(stations, notice),
        _zones(stations, found.standard, notice),
        _cells(grounds, found),
        _areas(grounds, notice),
        _places(grounds, notice),
    )
    parameters = {**main.parameters, "assessed_on": found.assessed_on.isoformat()}
    return TableFile("report", sheets, parameters, main.sources)


def station_sheet(stations: Sequence[Station], notice: str | None) -> Sheet:
    """Return the register as a table at the stations' places; nested fields are JSON text."""
    with data_path("fields.csv").open(encoding="utf-8", newline="") as file:
        words = {row["field"]: (row["zh"], row["en"]) for row in csv.DictReader(file)}
    columns = tuple(
        Column(name, *words[name], kind="number" if kind_of(name) != "text" else "text")
        for name in FIELD_NAMES
    )
    values = [flat_values(station) for station in stations]
    data = {
        column.name: pd.Series(
            [row[column.name] for row in values],
            dtype="float64" if column.kind == "number" else "object",
        )
        for column in columns
    }
    data["notice"] = pd.Series([notice] * len(stations), dtype=object)
    points = [shapely.Point(one.location) if one.location else None for one in stations]
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))
    return Sheet("stations", "站点", (*columns, NOTICE), frame)


def _zones(stations: Sequence[Station], standard: Standard, notice: str | None) -> Sheet:
    """Return the zone of each station that serves: what the maps draw, one row a station."""
    serving = [one for one in stations if one.location is not None and one.status in SERVING_STATUSES]
    rows = [
        (
            one.id,
            one.name,
            one.status,
            str(standard.mode),
            standard.minutes,
            standard.radius_m,
            "estimate",
            notice,
        )
        for one in serving
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in ZONE_COLUMNS], dtype=object)
    frame = frame.astype({column.name: "float64" for column in ZONE_COLUMNS if column.kind == "number"})
    zones = [zone_within(*one.location, standard) for one in serving if one.location is not None]
    shapes = gpd.GeoSeries(zones, crs="EPSG:4326")
    return Sheet("coverage_zones", "服务圈", ZONE_COLUMNS, gpd.GeoDataFrame(frame, geometry=shapes))


def _cells(grounds: Grounds, found: Assessment) -> Sheet:
    cells, of_demand = found.coverage.cells, grounds.demand.cells
    data = {name: of_demand[name].to_numpy() for name in ("cell", "street_code", "lon", "lat")}
    for column in CELL_COLUMNS:
        if column.name in cells.columns and column.name not in data:
            data[column.name] = cells[column.name].to_numpy()
    data["coverage_class"] = coverage_class(cells, is_hours=found.coverage.is_hours)
    data["cause_class"] = cause_class(cells)
    on = assessment_basis(found)
    data |= {column.name: [on[column.name]] * len(cells) for column in BASIS}
    frame = pd.DataFrame({column.name: pd.Series(data[column.name]) for column in CELL_COLUMNS})
    frame = frame.astype({column.name: object for column in CELL_COLUMNS if column.kind == "text"})
    shapes = gpd.GeoSeries(cell_polygons(cell_numbers(frame["cell"].tolist())), crs="EPSG:4326")
    return Sheet("demand_cells", "需求格", CELL_COLUMNS, gpd.GeoDataFrame(frame, geometry=shapes))


def _areas(grounds: Grounds, notice: str | None) -> Sheet:
    frame = grounds.areas.to_frame()
    frame["communities"] = frame["communities"].astype("float64")
    frame["notice"] = pd.Series([notice] * len(frame), dtype=object)
    frame = frame[[*(column.name for column in AREA_COLUMNS), "geometry"]]
    return Sheet("areas", "区界与街道", AREA_COLUMNS, frame)


def _places(grounds: Grounds, notice: str | None) -> Sheet:
    places = grounds.places
    data = {name: places[name].astype(object).to_numpy() for name in ("name", "kind")}
    data["notice"] = pd.Series([notice] * len(places), dtype=object)
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(list(places.geometry), crs="EPSG:4326"))
    return Sheet("places", "地点", PLACE_COLUMNS, frame)
