"""The import report as a workbook: the file's own rows with the bad cells coloured, and every list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from geo.io.cells import guarded, xlsx_escaped
from geo.io.read_csv import csv_rows
from geo.io.read_xlsx import sheet_grids
from geo.io.report import ImportReport, RowRef, shown
from geo.io.table import CellProblem, SourceTable
from geo.io.whole_file import saved_workbook, whole_file

FILLS = {"error": "FFFF9A94", "warning": "FFFFC76B", "note": "FFCFE3F7"}
"""Colours of bad cells: the row is not imported, the cell is not imported, to be known."""

_SEVERITY = ("note", "warning", "error")
_BOLD = Font(bold=True)
_CELL_CHARS = 1000
_HEADER_ROWS = 20

Grid = Iterable[Sequence[object]]
Places = Mapping[int, Mapping[str | None, list[CellProblem]]]


def write_report(path: Path, report: ImportReport, table: SourceTable, source: Path) -> None:
    """Write the report; the sheets after the lists are those of ``source``, bad cells coloured.

    A bad cell carries its problem as a comment; a problem of a whole row colours its first cell.

    Raises:
        OSError: the file cannot be written.
    """
    with whole_file(path) as beside, saved_workbook(beside) as book:
        _fill(book, report, table, source)


def _fill(book: Any, report: ImportReport, table: SourceTable, source: Path) -> None:
    _list_sheet(book, "概况", ("项目", "数量"), _overview(report))
    heads: tuple[str, ...] = ("程度", "工作表", "行", "列", "站点", "内容", "问题")
    _list_sheet(book, "问题", heads, map(_problem_row, report.problems))
    heads = ("站点", "名称", "行", "文件版本", "系统版本", "字段", "文件中", "系统中", "处理")
    _list_sheet(book, "冲突", heads, _conflict_rows(report))
    heads = ("原因", "行", "站点", "名称", "另一行", "另一站点", "另一名称", "相距（米）", "相似度")
    _list_sheet(book, "疑似重复", heads, _duplicate_rows(report))
    _list_sheet(book, "变更", ("类别", "行", "站点", "名称", "字段"), _ref_rows(report))
    by_sheet: dict[str | None, dict[int, dict[str | None, list[CellProblem]]]] = defaultdict(dict)
    for problem in report.problems:
        if problem.row is not None:
            by_sheet[problem.sheet].setdefault(problem.row, defaultdict(list))[problem.column].append(problem)
    # features are counted from 1 under a header of their own; a sheet's first row is row 1
    first = 0 if table.typed else 1
    for title, grid in _source_grids(source, table):
        _coloured_sheet(book, title or "原表", enumerate(grid, start=first), by_sheet.get(title, {}))


def _source_grids(source: Path, table: SourceTable) -> Iterator[tuple[str | None, Grid]]:
    if table.typed:
        names = list(dict.fromkeys(column.header for column in table.columns.values()))
        fields = {column.header: field for field, column in table.columns.items()}
        rows = {row.number: row for row in table.rows}
        grid = (
            [rows[number].values.get(fields[name]) if number in rows else None for name in names]
            for number in range(1, max(rows, default=0) + 1)
        )
        yield None, chain([names], grid)
    elif source.suffix.lower() in (".xlsx", ".xlsm"):
        yield from sheet_grids(source)
    else:
        yield None, csv_rows(source)


def _coloured_sheet(
    book: Any, title: str, grid: Iterable[tuple[int, Sequence[object]]], places: Places
) -> None:
    sheet = book.create_sheet(f"{title}（标色）"[:31])
    headers: dict[str, int] = {}
    for number, row in grid:
        cells = [_plain(cell) for cell in row]
        for index, cell in enumerate(row):
            text = " ".join(str(cell).split()) if isinstance(cell, str) else ""
            if text and number <= _HEADER_ROWS:
                headers.setdefault(text, index)
        if number in places:
            _colour(sheet, cells, places[number], headers)
        sheet.append(cells)


def _colour(
    sheet: Any,
    cells: list[Any],
    found: Mapping[str | None, list[CellProblem]],
    headers: Mapping[str, int],
) -> None:
    for column, problems in found.items():
        index = headers.get(column or "", 0)
        cells += [None] * (index + 1 - len(cells))
        held = cells[index]
        cell = held if isinstance(held, Cell) else WriteOnlyCell(sheet, value=held)
        worst = max((problem.severity for problem in problems), key=_SEVERITY.index)
        cell.fill = PatternFill("solid", start_color=FILLS[worst])
        before = f"{cell.comment.text}\n" if cell.comment else ""
        text = before + "\n".join(problem.message for problem in problems)
        cell.comment = Comment(xlsx_escaped(text[:_CELL_CHARS]), "import")
        cells[index] = cell


def _list_sheet(book: Any, title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    top = [WriteOnlyCell(sheet, value=head) for head in heads]
    for cell in top:
        cell.font = _BOLD
    sheet.append(top)
    for row in rows:
        sheet.append([_plain(cell) for cell in row])


def _plain(cell: object) -> object:
    """Return a value a cell can hold: text cut, guarded and escaped."""
    if cell is None or isinstance(cell, bool | int | float | datetime | date):
        return cell
    text = cell if isinstance(cell, str) else str(cell)
    return xlsx_escaped(guarded(text[:_CELL_CHARS])) if text else None


def _overview(report: ImportReport) -> Iterator[Sequence[object]]:
    yield ("文件", report.file)
    yield ("坐标系", report.datum)
    yield ("结果", report.verdict())
    if report.guard is not None:
        yield ("坐标系检查", report.guard.message())
    yield ("行数", report.rows)
    yield from report.counts().items()


def _problem_row(problem: CellProblem) -> Sequence[object]:
    return (
        problem.severity,
        problem.sheet,
        problem.row,
        problem.column or problem.field,
        problem.station,
        shown(problem.value),
        problem.message,
    )


def _conflict_rows(report: ImportReport) -> Iterator[Sequence[object]]:
    for one in report.conflicts:
        for name, ours, theirs in one.differences:
            versions = one.file_version, one.store_version
            values = name, shown(ours), shown(theirs), one.resolution
            yield (one.station_id, one.name, one.row, *versions, *values)


def _duplicate_rows(report: ImportReport) -> Iterator[Sequence[object]]:
    for pair in report.duplicates:
        here = pair.row, pair.station_id, pair.name
        there = pair.other_row, pair.other_id, pair.other_name
        yield (pair.reason, *here, *there, pair.distance_m, pair.similarity)


def _ref_rows(report: ImportReport) -> Iterator[Sequence[object]]:
    kinds: tuple[tuple[str, list[RowRef]], ...] = (
        ("新增", report.added),
        ("修改", report.changed),
        ("不变", report.unchanged),
        ("撤销", report.retired),
        ("移除示例", report.removed_illustrative),
        ("未导入", report.skipped),
        ("无坐标", report.without_location),
    )
    for kind, refs in kinds:
        for ref in refs:
            yield (kind, ref.row, ref.station_id, ref.name, "、".join(ref.fields))
