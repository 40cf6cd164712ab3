"""Worker demand and service gaps as files: every feature asked for, in the forms the planner's tasks have."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from api.feature_table import FeatureTable
from api.planning import Grounds
from api.planning_tables import sources_of
from api.table_files import Sheet, TableFile
from geo.assessment_columns import BASIS, Column, columns
from geo.coverage import DAY_TYPES
from geo.demand import GROUP_LABELS
from geo.time_windows import WINDOWS

FILE_COLLECTIONS = ("worker-demand", "service-gaps")
"""The collections that are results of analysis, and come as files too."""
FILES = ("csv", "xlsx", "gpkg", "parquet")
"""Their forms beside GeoJSON, which is the page of features."""

_DAYS = {"weekday": ("工作日", "weekday"), "weekend": ("周末", "weekend")}
_STREET = Column("street", "街道", "Street")


def collection_file(
    grounds: Grounds,
    collection_id: str,
    table: FeatureTable,
    rows: NDArray[np.intp],
    asked: Mapping[str, object],
) -> TableFile:
    """Return the chosen rows of a collection with their shapes; ``asked`` is what they were filtered by."""
    gaps = collection_id == "service-gaps"
    meaning = _gap_columns() if gaps else _demand_columns()
    properties = [table.feature(row)["properties"] for row in rows.tolist()]
    frame = pd.DataFrame(properties, columns=[column.name for column in meaning])
    # a column of nulls, or one without rows, has no type of its own
    kinds = {"count": "int64", "number": "float64", "text": "object"}
    frame = frame.astype({column.name: kinds[column.kind] for column in meaning})
    placed = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(table.geometries(rows), crs="EPSG:4326"))
    sheet = Sheet(collection_id.replace("-", "_"), "缺口" if gaps else "需求", meaning, placed)
    return TableFile(
        collection_id, (sheet,), {**asked, "register_version": grounds.version}, sources_of(grounds)
    )


def _demand_columns() -> tuple[Column, ...]:
    whose = {"demand": ("", "Demand")} | {
        f"demand_{group}": (zh, f"{en} demand") for group, (zh, en) in GROUP_LABELS.items()
    }
    windows = tuple(
        Column(
            f"{name}_{code}_{day}",
            f"{zh}{window.label} {_DAYS[day][0]}需求",
            f"{en} {window.label} {_DAYS[day][1]}",
            "demand",
            "number",
        )
        for name, (zh, en) in whose.items()
        for code, window in WINDOWS.items()
        for day in DAY_TYPES
    )
    groups = tuple(
        Column(f"demand_hours_{group}", f"{zh}一周需求·小时", f"{en}: demand-hours", "demand-hours", "number")
        for group, (zh, en) in GROUP_LABELS.items()
    )
    told = {"demand_basis", "demand_unit", "areas_basis", "notice"}
    return (
        Column("cell", "六边形格", "H3 cell"),
        Column("street_code", "街道代码", "Street code"),
        _STREET,
        Column("demand_hours", "一周需求·小时", "Demand-hours of a week", "demand-hours", "number"),
        *groups,
        *windows,
        *(column for column in BASIS if column.name in told),
    )


def _gap_columns() -> tuple[Column, ...]:
    return (*columns("gaps"), _STREET, Column("assessed_on", "判定日期", "Day it was judged on"))
