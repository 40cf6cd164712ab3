"""Reading XLSX: the sheet of stations found among a workbook's sheets, and the detail sheets beside it."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from geo.errors import InvalidDataError, Problem
from geo.io.cells import UNCALCULATED, xlsx_unescaped
from geo.io.details import DETAIL_SHEETS, OFFERS, ON_MAP, DetailRow, DetailSheet, read_details
from geo.io.formulas import Places, uncalculated
from geo.io.grids import is_blank, table_of_grid
from geo.io.headers import find_header
from geo.io.table import CLEAR, CellProblem, SourceRow, SourceTable

STATIONS_SHEET = "站点"
MAX_FILE_BYTES = 500_000_000

_MERGES_UP_TO_BYTES = 4_000_000  # merged cells are known only to the reader that holds the whole workbook
_OTHER_SHEETS = ("服务矩阵", "字段说明", "参数与来源")
_NOTE_WIDTH = 3  # a row merged over so many columns is a heading or a remark, not a station

Grid = Iterable[Sequence[object]]


def read_xlsx(path: Path) -> SourceTable:
    """Read the register in a workbook into one source table.

    The stations are the sheet 站点, else the first with a header that names stations (hidden ones last); of
    another such sheet is warned. Sheets 服务设施, 荣誉, 服务人次, 照片 and 上图 add to the rows of the same
    id (or name).

    Raises:
        InvalidDataError: not an XLSX file, damaged, locked by a password, or too large.
        OSError: the file cannot be opened.
    """
    with _workbook(path) as book:
        with path.open("rb") as file:
            bare = uncalculated(file)
        title = _stations_sheet(book)
        if title is None:
            message = "no sheet has a header that names stations (站点名称)"
            raise InvalidDataError([Problem("file", None, None, ", ".join(book.sheetnames), message)])
        cells, notes = _grid(book[title], bare.get(title, frozenset()))
        table = table_of_grid(path.name, title, cells, notes)
        _add_details(table, book, title, bare)
    return table


def sheet_grids(path: Path) -> Iterator[tuple[str, Grid]]:
    """Yield (title, rows) of every sheet, as the file has them."""
    with _workbook(path) as book:
        for sheet in book.worksheets:
            yield sheet.title, _plain_rows(sheet)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise _refused(f"is over {MAX_FILE_BYTES / 1e6:g} MB; such workbooks are not read")
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise _refused("is an old .xls file or locked by a password: save it as .xlsx without one")
        file.seek(0)
        with warnings.catch_warnings():
            # openpyxl warns of styles and checks it leaves aside; cells are all that is read here
            warnings.simplefilter("ignore", UserWarning)
            try:
                book = openpyxl.load_workbook(file, read_only=size > _MERGES_UP_TO_BYTES, data_only=True)
                yield book
            except (BadZipFile, InvalidFileException, KeyError, SyntaxError, EOFError) as error:
                raise _refused(f"is not a readable XLSX file: {error}") from error
        book.close()


def _stations_sheet(book: Any) -> str | None:
    titles: list[str] = [sheet.title for sheet in book.worksheets]
    if STATIONS_SHEET in titles:
        return STATIONS_SHEET
    aside = {*_OTHER_SHEETS, *(sheet.title for sheet in DETAIL_SHEETS)}
    for sheet in sorted(book.worksheets, key=lambda one: bool(one.sheet_state != "visible")):
        if sheet.title not in aside and _names_stations(sheet):
            return str(sheet.title)
    return titles[0] if len(titles) == 1 else None


def _names_stations(sheet: Any) -> bool:
    return find_header(list(_plain_rows(sheet, 30))) is not None


def _plain_rows(sheet: Any, limit: int | None = None, bare: Places = frozenset()) -> Iterator[list[object]]:
    """Yield the rows; the cells at ``bare`` are formulas without a value and say so."""
    bare_columns: dict[int, list[int]] = defaultdict(list)
    for number, column in bare:
        bare_columns[number].append(column)
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # other programs write a wrong size, and the rows beyond it would be lost
    for number, row in enumerate(sheet.iter_rows(values_only=True, max_row=limit), start=1):
        cells = [xlsx_unescaped(cell) if isinstance(cell, str) else cell for cell in row]
        for column in bare_columns.get(number, ()):
            cells[column - 1] = UNCALCULATED
        yield cells


def _grid(sheet: Any, bare: Places) -> tuple[Grid, set[int]]:
    """Return the rows with cells merged downwards filled in, and the numbers of heading or remark rows."""
    merged = getattr(sheet, "merged_cells", None)
    if merged is None or not merged.ranges:
        return _plain_rows(sheet, bare=bare), set()
    rows = list(_plain_rows(sheet, bare=bare))
    notes: set[int] = set()
    for span in merged.ranges:
        if span.max_col - span.min_col + 1 >= _NOTE_WIDTH:
            outside = rows[span.min_row - 1][: span.min_col - 1] + rows[span.min_row - 1][span.max_col :]
            if all(is_blank(cell) for cell in outside):
                notes.update(range(span.min_row, span.max_row + 1))
        elif span.min_col == span.max_col:
            value = rows[span.min_row - 1][span.min_col - 1]
            for number in range(span.min_row, span.max_row):
                rows[number][span.min_col - 1] = value
    return rows, notes


def _add_details(table: SourceTable, book: Any, stations: str, bare: Mapping[str, Places]) -> None:
    """Merge the detail sheets into the rows of the table."""
    by_id = {str(row.values["id"]).strip(): row for row in table.rows if "id" in row.values}
    by_name = {str(row.values["name"]).strip(): row for row in table.rows if "name" in row.values}
    known_titles = {STATIONS_SHEET, *_OTHER_SHEETS, stations}
    for sheet in book.worksheets:
        kind = next((one for one in DETAIL_SHEETS if sheet.title.split("_")[0] == one.title), None)
        if kind is None or sheet.title == stations:
            if sheet.title not in known_titles and sheet.max_row:
                table.problems.append(_left_aside(sheet, stations))
            continue
        rows, problems = read_details(
            kind, sheet.title, _plain_rows(sheet, bare=bare.get(sheet.title, frozenset()))
        )
        table.problems += problems
        for detail in rows:
            row = (by_name if detail.by_name else by_id).get(detail.station)
            if row is None:
                message = f"the sheet {stations} has no such station; the row is not imported"
                found = CellProblem("warning", message, sheet.title, detail.number, station=detail.station)
                table.problems.append(found)
            else:
                _merge(row, kind, detail)


def _left_aside(sheet: Any, stations: str) -> CellProblem:
    if sheet.sheet_state != "visible" or not _names_stations(sheet):
        return CellProblem("note", "this sheet is not imported", sheet.title)
    message = (
        f"this sheet names stations too and is not imported: only {stations} is; put them into one sheet"
    )
    return CellProblem("warning", message, sheet.title)


def _merge(row: SourceRow, kind: DetailSheet, detail: DetailRow) -> None:
    values: Any = row.values
    if kind is OFFERS:
        values.setdefault(OFFERS.field, {})[detail.entry["code"]] = detail.entry["entry"]
        return
    if values.get(kind.field, CLEAR) is CLEAR:
        values[kind.field] = {} if kind is ON_MAP else []
    if kind is ON_MAP:
        values[ON_MAP.field][detail.entry["platform"]] = detail.entry["entry"]
    else:
        values[kind.field].append(detail.entry)


def _refused(message: str) -> InvalidDataError:
    return InvalidDataError([Problem("file", None, None, None, message)])
