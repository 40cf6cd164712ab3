"""From the cells of a sheet to a source table: the header found, columns understood, rows by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from geo.crs import parse_datum
from geo.errors import InvalidParameterError
from geo.io.headers import find_header, map_headers
from geo.io.table import CLEAR, CLEAR_WORD, CellProblem, Column, SourceRow, SourceTable, with_stated_nulls

_LOOKED_AT = 30  # rows among which the header is looked for

Cells = Sequence[object]


def table_of_grid(
    file: str, sheet: str | None, grid: Iterable[Cells], notes: Collection[int] = ()
) -> SourceTable:
    """Return the source table of a sheet given row by row; ``notes`` are row numbers that hold no station.

    A sheet without a header that names stations gives a table with an error of the file.
    """
    table = SourceTable(file, typed=False, sheet=sheet)
    rows = iter(grid)
    first = list(islice(rows, _LOOKED_AT))
    header = find_header(first)
    if header is None:
        message = "no header found: one of the first rows must name the columns, among them 站点名称 (name)"
        table.problems.append(CellProblem("error", message, sheet))
        return table
    top, bottom, headers = header
    table.columns, table.problems = map_headers(headers, sheet, top + 1)
    body = _numbered(first[bottom + 1 :], rows, bottom + 2)
    columns = table.columns.values()
    rows_read = (_row(columns, number, cells) for number, cells in body if number not in notes)
    table.rows = [row for row in rows_read if row.values]
    name_datum(table)
    return table


def is_blank(cell: object) -> bool:
    """Return whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def name_datum(table: SourceTable) -> None:
    """Set the datum the rows of the table name, and add an error where they name several or none known."""
    cells = (row.values.get("datum", CLEAR) for row in table.rows)
    named = {str(cell).strip() for cell in cells if cell is not CLEAR}
    found: set[str] = set()
    for text in sorted(named):
        try:
            found.add(parse_datum(text).value)
        except InvalidParameterError as error:
            table.problems.append(table.problem("error", str(error), None, "datum", text))
    if len(found) > 1:
        message = f"rows name different datums: {', '.join(sorted(found))}"
        table.problems.append(table.problem("error", message, None, "datum"))
    elif found:
        table.datum = found.pop()


def _numbered(first: list[Cells], rest: Iterator[Cells], start: int) -> Iterator[tuple[int, Cells]]:
    number = start
    for row in first:
        yield number, row
        number += 1
    for row in rest:
        yield number, row
        number += 1


def _row(columns: Collection[Column], number: int, cells: Cells) -> SourceRow:
    values: dict[str, Any] = {}
    for column in columns:
        cell = cells[column.index] if column.index < len(cells) else None
        if not is_blank(cell):
            cleared = isinstance(cell, str) and cell.strip() == CLEAR_WORD
            values[column.field] = CLEAR if cleared else cell
    nulls = values.pop("null_fields", None)
    if isinstance(nulls, str):
        values = with_stated_nulls({**dict.fromkeys(nulls.split()), **values})
    return SourceRow(number, values)
