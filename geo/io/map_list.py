"""The 上图 list: stations for a map platform, in its datum and its columns (``data/map_columns.csv``).

The platforms publish no common template, so the columns are data that can be edited.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from geo.amenities import catalogue, code_availability
from geo.crs import Datum
from geo.data_files import data_path
from geo.errors import InvalidParameterError
from geo.io.cells import guarded, xlsx_escaped
from geo.io.columns import points_in
from geo.io.notices import ATTRIBUTION, LICENCE
from geo.io.whole_file import saved_workbook, whole_file
from geo.stations import LonLat, Station
from geo.vocabulary import SERVING_STATUSES

PLATFORM_DATUMS = {"amap": Datum.GCJ02, "baidu": Datum.BD09, "tencent": Datum.GCJ02}
CATEGORY = "工会驿站"
ENDINGS = (".csv", ".xlsx")


@dataclass(frozen=True)
class MapListResult:
    """How many stations the list holds, and how many were left out why."""

    platform: str
    datum: Datum
    written: int
    illustrative: int
    without_location: int
    not_serving: int

    def line(self) -> str:
        """Return it in one line."""
        left = {
            "illustrative (示例站点不上图)": self.illustrative,
            "without location": self.without_location,
            "not operating": self.not_serving,
        }
        told = ", ".join(f"{count} {why}" for why, count in left.items() if count)
        return (
            f"{self.written} stations for {self.platform} in {self.datum.value}; left out: {told or 'none'}"
        )


def write_map_list(
    path: Path, stations: Sequence[Station], platform: str, exported_at: datetime
) -> MapListResult:
    """Write the list for ``platform`` (amap, baidu, tencent) as CSV or XLSX.

    Left out, and counted: stations whose name or place is illustrative, those without a location, and
    those not operating.

    Raises:
        InvalidParameterError: another platform or ending.
        OSError: the file cannot be written.
    """
    if platform not in PLATFORM_DATUMS:
        raise InvalidParameterError("for", platform, f"must be one of {', '.join(PLATFORM_DATUMS)}")
    if path.suffix.lower() not in ENDINGS:
        raise InvalidParameterError("FILE", path.name, f"must end in {' or '.join(ENDINGS)}")
    datum = PLATFORM_DATUMS[platform]
    real = [one for one in stations if "illustrative" not in (one.provenance.name, one.provenance.location)]
    located = [one for one in real if one.location is not None]
    listed = [one for one in located if one.status in SERVING_STATUSES]
    columns = _columns(platform)
    rows: list[list[Any]] = [
        [_cell(name, station, point, platform) for name, _ in columns]
        for station, point in zip(listed, points_in(listed, datum), strict=True)
    ]
    about = [
        ("坐标系 datum", datum.value),
        ("导出时间", exported_at.isoformat(timespec="seconds")),
        ("署名 attribution", ATTRIBUTION),
        ("许可 licence", LICENCE),
    ]
    heads = [header for _, header in columns]
    with whole_file(path) as beside:
        if path.suffix.lower() == ".csv":
            _write_csv(beside, heads, rows, datum)
        else:
            _write_xlsx(beside, heads, rows, about)
    return MapListResult(
        platform,
        datum,
        written=len(listed),
        illustrative=len(stations) - len(real),
        without_location=len(real) - len(located),
        not_serving=len(located) - len(listed),
    )


def _columns(platform: str) -> list[tuple[str, str]]:
    with data_path("map_columns.csv").open(encoding="utf-8", newline="") as file:
        return [(row["field"], row["header"]) for row in csv.DictReader(file) if row["platform"] == platform]


def _cell(name: str, station: Station, point: LonLat | None, platform: str) -> Any:
    listing = getattr(station.on_map, platform)
    value: Any
    match name:
        case "lon" | "lat":
            return round(getattr(point, name), 6)
        case "category":
            value = CATEGORY
        case "district":
            value = station.street
        case "map_id":
            value = listing.id if listing else None
        case "offers":
            value = "、".join(
                catalogue()[code].zh
                for code, entry in station.offers.items()
                if code_availability(code, entry) == "available"
            )
        case _:
            value = getattr(station, name)
    return guarded(value) if isinstance(value, str) and value else value


def _write_csv(path: Path, heads: list[str], rows: list[list[Any]], datum: Datum) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow([*heads, "坐标系", "署名"])
        table.writerows([*row, datum.value, ATTRIBUTION] for row in rows)


def _write_xlsx(path: Path, heads: list[str], rows: list[list[Any]], about: list[tuple[str, str]]) -> None:
    with saved_workbook(path) as book:
        sheet = book.create_sheet("上图名单")
        sheet.freeze_panes = "B2"
        sheet.append(heads)
        for row in rows:
            sheet.append([xlsx_escaped(cell) if isinstance(cell, str) else cell for cell in row])
        told = book.create_sheet("参数与来源")
        for pair in about:
            told.append(pair)
