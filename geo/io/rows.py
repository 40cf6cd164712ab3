"""From source rows to parsed rows: every cell in JSON-ready form, or a problem with its row and column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from geo.amenities import catalogue
from geo.io.coordinates import CoordinateError, check_in_china, parse_pair
from geo.io.table import CLEAR, CellProblem, Clear, Severity, SourceRow, SourceTable
from geo.io.values import OFFER_FIELDS, CellError, PrivateCellError, Reading, read_value

NEVER_EMPTY = ("id", "name", "kind", "status", "version")
"""Fields 清空 cannot empty."""
ROW_FIELDS = ("id", "name", "status", "version")
"""Fields without which nobody can say what the row means: unreadable, they keep the whole row out."""

_ASIDE = frozenset({"lon", "lat", "lonlat", "location", "datum", "null_fields", "updated_at", "offers"})

_REMARK = re.compile(
    r"(?:说明|备注|注意?|附注|填[表报](?:人|单位|日期|时间)|制表(?:人|单位|日期|时间)?|[审复]核人?|负责人|联系人"
    r"|联系(?:电话|方式)|电话|日期|截[至止].{0,20}|数据截[至止].{0,20}):.*|(?:合计|总计|小计|共计)(?:[:\d].*)?"
)
"""What stands below a clerk's table in the column of names, in half-width form and without spaces."""

Point = tuple[float, float]


@dataclass
class ParsedRow:
    """One row understood.

    ``values`` are JSON-ready by contract field, ``CLEAR`` where a field is to be emptied; absent fields are
    left alone. ``offers`` are amenity and service entries by code that add to what is known (``CLEAR`` takes
    one out). ``point`` is in the file's datum; ``CLEAR`` empties the location.
    """

    source: SourceRow
    values: dict[str, Any] = field(default_factory=dict)
    offers: dict[str, Any] = field(default_factory=dict)
    point: Point | Clear | None = None
    version: int | None = None
    refused: bool = False
    problems: list[CellProblem] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The row of the file."""
        return self.source.number

    def text(self, name: str) -> str | None:
        """Return a text the row states, None where it is blank or emptied."""
        value = self.values.get(name)
        return value if isinstance(value, str) and value.strip() else None


def parse_rows(table: SourceTable) -> Iterator[ParsedRow]:
    """Yield every row of the table understood; its problems stand in the row."""
    for source in table.rows:
        yield _parsed(table, source)


def _parsed(table: SourceTable, source: SourceRow) -> ParsedRow:
    row = ParsedRow(source)
    parts: dict[str, dict[str, Any]] = {}
    for name, raw in source.values.items():
        if name in _ASIDE:
            continue
        if raw is CLEAR:
            _clear(table, row, name)
            continue
        try:
            # a feature without its version was drawn by hand: its phone is as new as a clerk's
            exported = table.typed and not (name == "phone" and "version" not in source.values)
            reading = read_value(name, raw, typed=exported)
        except CellError as error:
            severe: Severity = "error" if name in ROW_FIELDS else "warning"
            shown = None if isinstance(error, PrivateCellError) else raw
            row.problems.append(table.problem(severe, str(error), source, name, shown))
            row.refused = row.refused or severe == "error"
            continue
        row.problems += [table.problem("note", note, source, name, raw) for note in reading.notes]
        row.problems += [table.problem("warning", part, source, name, raw) for part in reading.partial]
        _take(row, parts, name, reading)
    if not table.typed and _is_remark(row.text("name")):
        row.refused = True
        message = "looks like a remark or a sum beside the table, not like a station"
        row.problems.append(table.problem("error", message, source, "name", row.values["name"]))
    row.offers |= source.values.get("offers", {})
    _join_parts(table, row, parts)
    _point(table, row)
    return row


def _is_remark(name: str | None) -> bool:
    """Return whether a name is what clerks write under a table.

    >>> _is_remark("填表人：张三"), _is_remark("合 计"), _is_remark("合计路驿站")
    (True, True, False)
    """
    plain = unicodedata.normalize("NFKC", "".join((name or "").split()))
    return _REMARK.fullmatch(plain) is not None


def _take(row: ParsedRow, parts: dict[str, dict[str, Any]], name: str, reading: Reading) -> None:
    whole, _, part = name.partition(".")
    if reading.offers:
        row.offers |= reading.value
    elif part:
        parts.setdefault(whole, {})[part] = reading.value
    elif name == "version":
        row.version = reading.value
    else:
        row.values[name] = reading.value


def _clear(table: SourceTable, row: ParsedRow, name: str) -> None:
    if name in NEVER_EMPTY:
        message = "cannot be emptied"
        row.problems.append(table.problem("warning", message, row.source, name, "清空"))
    elif name.startswith("amenity:"):
        row.offers[name.removeprefix("amenity:")] = CLEAR
    elif "." not in name:
        row.values[name] = CLEAR


def _join_parts(table: SourceTable, row: ParsedRow, parts: dict[str, dict[str, Any]]) -> None:
    if "provenance" in parts:
        row.values["provenance"] = parts["provenance"]
    raw = parts.get("raw_coordinate")
    if raw is not None and raw.keys() == {"datum", "lon", "lat"}:
        row.values["raw_coordinate"] = raw
    elif raw is not None:
        missing = ", ".join(sorted({"datum", "lon", "lat"} - raw.keys()))
        name = f"raw_coordinate.{next(iter(raw))}"
        row.problems.append(table.problem("warning", f"lacks {missing}", row.source, name))


def _point(table: SourceTable, row: ParsedRow) -> None:
    """Read the coordinates: of the geometry, of two columns, or of one."""
    given = row.source.values
    if "location" in given:
        location = given["location"]
        row.point = location
        if location is not CLEAR:
            _in_china(table, row, "geometry", location)
    elif "lonlat" in given:
        if given["lonlat"] is CLEAR:
            row.point = CLEAR
            return
        try:
            row.point = parse_pair(given["lonlat"])
        except CoordinateError as error:
            row.problems.append(table.problem("warning", str(error), row.source, "lonlat", given["lonlat"]))
    elif "lon" in given or "lat" in given:
        _two_columns(table, row)


def _two_columns(table: SourceTable, row: ParsedRow) -> None:
    given = row.source.values
    if given.get("lon") is CLEAR and given.get("lat") is CLEAR:
        row.point = CLEAR
        return
    degrees: dict[str, float] = {}
    for name in ("lon", "lat"):
        if given.get(name) in (None, CLEAR):
            message = "blank, while the other coordinate is given"
            row.problems.append(table.problem("warning", message, row.source, name))
            continue
        try:
            degrees[name] = read_value(name, given[name], typed=table.typed).value
        except CellError as error:
            row.problems.append(table.problem("warning", str(error), row.source, name, given[name]))
    if len(degrees) == 2:
        row.point = (degrees["lon"], degrees["lat"])
        _in_china(table, row, "lon", row.point)


def _in_china(table: SourceTable, row: ParsedRow, name: str, point: Point) -> None:
    try:
        check_in_china(*point)
    except CoordinateError as error:
        row.problems.append(table.problem("warning", str(error), row.source, name, point))
        row.point = None


def offer_field(code: str) -> str:
    """Return the field an entry of ``code`` stands in: ``amenities`` or ``services``."""
    return OFFER_FIELDS[catalogue()[code].kind == "service"]
