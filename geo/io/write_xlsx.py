"""The register as a workbook for clerks: stations, their amenities, the service matrix, what fields mean.

The header cells hold the field names; a number format shows the Chinese name before them, so that people and
programs both read the header they know.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geo.amenities import catalogue
from geo.data_files import data_path
from geo.errors import InvalidDataError, Problem
from geo.io.cells import exact_cell, guarded, guarded_list, xlsx_escaped
from geo.io.columns import null_fields, points_in
from geo.io.details import DETAIL_SHEETS, DetailSheet
from geo.io.headers import FLAT_FIELDS
from geo.io.notices import ExportNotice
from geo.io.whole_file import saved_workbook
from geo.io.write_csv import TAIL, text_cell
from geo.service_matrix import StationRow, station_matrix
from geo.standard import Standard
from geo.stations import FIELD_NAMES, Station, station_properties, stations_to_frame
from geo.vocabulary import label

MAX_ROWS = 1_048_576
MAX_CELL_CHARS = 32_767
MATRIX_UP_TO = 20_000
"""Stations up to which the workbook holds the service matrix."""

_IN_SHEETS = ("honours", "amenities", "services", "visits", "photos", "on_map")
_FLAT = ("provenance", "raw_coordinate")
_TAIL_ZH = {
    "lon": "经度",
    "lat": "纬度",
    "datum": "坐标系",
    "null_fields": "空值字段",
    "notice": "示例声明",
    "attribution": "署名",
}
_PART_ZH = {
    "provenance.name": "来源类别：名称",
    "provenance.location": "来源类别：位置",
    "provenance.facts": "来源类别：内容",
    "raw_coordinate.datum": "原始坐标：坐标系",
    "raw_coordinate.lon": "原始坐标：经度",
    "raw_coordinate.lat": "原始坐标：纬度",
}
_WINDOW_ZH = {
    "open": "全时开放",
    "partly": "部分开放",
    "closed": "不开放",
    "unknown": "时间未知",
    "not_serving": "未运行",
}
_RULES = (
    ("空白单元格", "导入时保持原值不变"),
    ("清空", "导入时清空该字段"),
    ("文件中没有的站点", "导入时保留；加 --replace 则改为已撤销"),
    ("version 版本", "请勿修改：比系统旧且内容不同的行列为冲突，不会覆盖"),
    ("' 开头的单元格", "= + - @ 等开头的文字前加一个 '，导入时自动去掉"),
    ("null_fields 空值字段", "列出本行哪些空白表示“无”，以区别于“不改”"),
    ("坐标系", "改动坐标时须与本文件的坐标系一致"),
)
_OPEN_SHARE = (
    "开放时间占比",
    "开放时间占比",
    "Share of time open",
    "number",
    "服务矩阵：一周内确知开放的时间所占比例，0至1；开放时间未知的留空",
    "Service matrix: share of the week known to be open, 0-1; blank where hours are unknown",
)
_HEAD_FONT = Font(bold=True)
_HEAD_FILL = PatternFill("solid", start_color="FFDCE9F5")
_HEAD_ALIGN = Alignment(wrap_text=True, vertical="top")

Row = Sequence[object]


def write_xlsx(path: Path, stations: Sequence[Station], notice: ExportNotice, week: date) -> None:
    """Write the register as a workbook; the service matrix is that of the week that begins on ``week``.

    Raises:
        InvalidDataError: a text is longer than a cell of a spreadsheet can be, or there are too many rows.
    """
    if len(stations) >= MAX_ROWS:
        message = f"a sheet holds {MAX_ROWS - 1} stations; export as .csv or .gpkg"
        raise InvalidDataError([Problem("file", None, None, len(stations), message)])
    _refuse_long_aliases(stations)
    offers, *rest = DETAIL_SHEETS
    with saved_workbook(path) as book:
        _stations_sheet(book, stations, notice)
        _detail_sheet(book, offers, stations)
        _matrix_sheet(book, stations, week)
        for sheet in rest:
            _detail_sheet(book, sheet, stations)
        _fields_sheet(book)
        _about_sheet(book, stations, notice, week)


def _stations_sheet(book: Any, stations: Sequence[Station], notice: ExportNotice) -> None:
    columns = [*(_flat_names()), *TAIL]
    sheet = _sheet(book, "站点", [(name, _zh(name)) for name in columns], notice.notice)
    for station, point in zip(stations, points_in(stations, notice.datum), strict=True):
        values = station_properties(station)
        for name in _FLAT:
            parts = values[name] or {}
            values |= {f"{name}.{part}": value for part, value in parts.items()}
        lon, lat = point or (None, None)
        values |= {"lon": lon, "lat": lat, "datum": notice.datum.value, "null_fields": null_fields(station)}
        values |= {"notice": notice.notice, "attribution": notice.attribution}
        sheet.append([exact_cell(sheet, _cell(name, values.get(name))) for name in columns])


def _flat_names() -> Iterator[str]:
    """Yield the columns of the stations' sheet that are fields or flat parts of them, in contract order."""
    for name in FIELD_NAMES:
        if name in _FLAT:
            yield from (part for part in FLAT_FIELDS if part.startswith(f"{name}."))
        elif name not in _IN_SHEETS:
            yield name


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, list):
        value = guarded_list(tuple(value)) if value else None
    elif isinstance(value, str) and name in TAIL:
        value = value or None
    elif isinstance(value, str):
        value = text_cell(name, value)
    return xlsx_escaped(value) if isinstance(value, str) else value


def _refuse_long_aliases(stations: Sequence[Station]) -> None:
    """Refuse the one text that can outgrow a cell: every other is bounded far below by the record."""
    for station in stations:
        length = len(xlsx_escaped(guarded_list(station.aliases)))
        if length > MAX_CELL_CHARS:
            message = f"are {length} characters long; a cell of a spreadsheet holds {MAX_CELL_CHARS}"
            raise InvalidDataError([Problem("export", station.id, "aliases", None, message)])


def _detail_sheet(book: Any, kind: DetailSheet, stations: Sequence[Station]) -> None:
    """Write one detail sheet, and more (服务设施_2 …) where a sheet is full."""
    heads = [("id", "站点编号"), ("name", "站点名称")]
    heads += [(name, zh.partition("|")[0]) for name, zh, _ in kind.columns]
    names = [name for name, _, _ in kind.columns]
    sheet, number, held = _sheet(book, kind.title, heads), 1, 1
    for station in stations:
        for parts in kind.rows(station):
            if held >= MAX_ROWS:
                number, held = number + 1, 1
                sheet = _sheet(book, f"{kind.title}_{number}", heads)
            held += 1
            cells = [station.id, station.name, *(parts.get(name) for name in names)]
            sheet.append([exact_cell(sheet, _guarded(cell)) for cell in cells])


def _matrix_sheet(book: Any, stations: Sequence[Station], week: date) -> None:
    heads = [("", "站点编号"), ("", "站点名称"), ("", "街道"), ("", "本周开放"), ("", "开放时间占比")]
    heads += [("", kind.zh) for kind in catalogue().values()]
    sheet = _sheet(book, "服务矩阵", heads)
    if len(stations) > MATRIX_UP_TO:
        sheet.append([f"超过 {MATRIX_UP_TO} 个站点，本表从略：care-stations matrix"])
        return
    streets = {station.id: station.street for station in stations}
    for row in station_matrix(stations_to_frame(stations), Standard(week=week)):
        sheet.append([_text(cell) for cell in _matrix_row(row, streets[row.station_id])])


def _matrix_row(row: StationRow, street: str | None) -> Iterator[object]:
    share = None if row.open_share is None else round(row.open_share, 3)
    yield from (row.station_id, row.name, street, _WINDOW_ZH[row.window_state], share)
    for cell in row.cells:
        word = label("amenity_value", cell.value)
        yield f"{word} {cell.distance_m:g}米" if cell.distance_m is not None else word


def _fields_sheet(book: Any) -> None:
    sheet = _sheet(
        book, "字段说明", [("", word) for word in ("字段", "中文", "English", "类型", "说明", "Description")]
    )
    with data_path("fields.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    for row in rows:
        sheet.append([_text(cell) for cell in row])
    sheet.append([])
    sheet.append(_OPEN_SHARE)
    sheet.append([])
    sheet.append(["设施与服务代码"])
    for kind in catalogue().values():
        sheet.append([kind.code, kind.zh, kind.en, kind.kind])


def _about_sheet(book: Any, stations: Sequence[Station], notice: ExportNotice, week: date) -> None:
    sheet = _sheet(book, "参数与来源", [("", "项目"), ("", "内容")])
    located = sum(station.location is not None for station in stations)
    rows: list[Row] = [
        ("声明", notice.notice or "—"),
        ("坐标系 datum", notice.datum.value),
        ("导出时间", notice.exported_at.isoformat(timespec="seconds")),
        ("站点数", len(stations)),
        ("有坐标的站点数", located),
        ("服务矩阵所用的一周（周一）", week.isoformat()),
        ("署名 attribution", notice.attribution),
        ("许可 licence", notice.licence),
        *_RULES,
    ]
    for row in rows:
        sheet.append([_text(cell) for cell in row])


def _guarded(cell: object) -> object:
    return xlsx_escaped(guarded(cell)) if isinstance(cell, str) else cell


def _text(cell: object) -> object:
    return _guarded(cell) if cell else cell


def _sheet(book: Any, title: str, heads: Iterable[tuple[str, str]], notice: str = "") -> Any:
    """Start a sheet with its header row; (field name, Chinese), the name empty where there is only a word."""
    sheet = book.create_sheet(title)
    cells = list(heads)
    sheet.freeze_panes = "C2" if len(cells) > 3 else "A2"
    for number, (_, zh) in enumerate(cells, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, min(30, 2 * len(zh) + 10))
    if notice:
        sheet.oddHeader.center.text = notice
    sheet.append([_head(sheet, name, zh) for name, zh in cells])
    return sheet


def _head(sheet: Any, name: str, zh: str) -> Any:
    cell = WriteOnlyCell(sheet, value=name or zh)
    if name:
        shown = zh.replace('"', "")
        cell.number_format = f'General;General;General;"{shown} "@'
    cell.font, cell.fill, cell.alignment = _HEAD_FONT, _HEAD_FILL, _HEAD_ALIGN
    return cell


def _zh(name: str) -> str:
    return _TAIL_ZH.get(name) or _PART_ZH.get(name) or _field_names()[name]


def _field_names() -> dict[str, str]:
    with data_path("fields.csv").open(encoding="utf-8", newline="") as file:
        return {row["field"]: row["zh"] for row in csv.DictReader(file)}
