"""What every reader makes of a file: rows of raw values by field, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

from geo.errors import Problem

Severity = Literal["error", "warning", "note"]


class Clear(Enum):
    """The type of ``CLEAR``, for annotations."""

    CLEAR = "清空"

    def __repr__(self) -> str:
        return self.value


CLEAR: Final = Clear.CLEAR
"""The value of a cell that says the field is to become null (or empty, where it cannot be null)."""
CLEAR_WORD = "清空"


@dataclass(frozen=True)
class CellProblem:
    """One thing to know about a cell, a row or the file.

    ``row`` is the row of the sheet (1 is the first line) or the feature's number; ``column`` the header as it
    stands in the file. An ``error`` keeps its row out, a ``warning`` its cell, a ``note`` only informs.
    """

    severity: Severity
    message: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    field: str | None = None
    value: object = None
    station: str | None = None

    @property
    def where(self) -> str:
        """The place in words: ``站点 row 12``."""
        parts = [self.sheet or "", f"row {self.row}" if self.row is not None else ""]
        return " ".join(part for part in parts if part) or "file"

    def as_problem(self) -> Problem:
        """Return it as the problem errors carry."""
        return Problem(self.where, self.station, self.column or self.field, self.value, self.message)


@dataclass(frozen=True)
class Column:
    """A column of the file that was understood: its place (0 is the first), header and field."""

    index: int
    header: str
    field: str


@dataclass(frozen=True)
class SourceRow:
    """One row: raw values by field. A field that is absent was blank; ``CLEAR`` was said to be emptied."""

    number: int
    values: Mapping[str, Any]


@dataclass
class SourceTable:
    """A file's rows, its understood columns by field, and what was wrong with file and headers.

    ``typed`` files (GeoJSON, GeoPackage, GeoParquet) carry JSON values and WGS-84 by their format; in the
    others every value is a cell someone may have typed. ``datum`` is the one the file itself names.
    """

    file: str
    typed: bool
    sheet: str | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    rows: list[SourceRow] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    datum: str | None = None

    def problem(
        self, severity: Severity, message: str, row: SourceRow | None, name: str | None, value: object = None
    ) -> CellProblem:
        """Return a problem of a cell of ``row`` (None: of the file) in the column of field ``name``."""
        column = self.columns.get(name or "")
        return CellProblem(
            severity,
            message,
            sheet=self.sheet,
            row=row.number if row else None,
            column=column.header if column else name,
            field=name,
            value=value,
            station=station_of(row.values) if row else None,
        )

    def errors(self) -> Iterator[CellProblem]:
        """Yield the faults that keep the whole file out."""
        return (problem for problem in self.problems if problem.severity == "error" and problem.row is None)


def station_of(values: Mapping[str, Any]) -> str | None:
    """Return what a row calls its station: its id, else its name."""
    known = next((values[key] for key in ("id", "name") if values.get(key) not in (None, "", CLEAR)), None)
    return None if known is None else str(known)[:80]


def with_stated_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """Return values without their None: a row that carries its version means null by it, another leaves.

    >>> with_stated_nulls({"name": "a", "phone": None})
    {'name': 'a'}
    >>> with_stated_nulls({"version": 2, "phone": None})
    {'version': 2, 'phone': 清空}
    """
    if values.get("version") in (None, CLEAR):
        return {name: value for name, value in values.items() if value is not None}
    return {name: CLEAR if value is None else value for name, value in values.items()}
