"""Which column means which field: headers in Chinese and English, by the editable ``data/headers.csv``."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from geo.clerk_amenities import amenity_of_word
from geo.data_files import data_path
from geo.io.table import CellProblem, Column

IGNORED = "(ignored)"
PRIVATE = "(private)"
FLAT_FIELDS: tuple[str, ...] = (
    "provenance.name",
    "provenance.location",
    "provenance.facts",
    "raw_coordinate.datum",
    "raw_coordinate.lon",
    "raw_coordinate.lat",
)
"""Parts of nested fields that stand in columns of their own in XLSX."""

_HEADER_ROWS = 20  # a clerk's title, subtitle and date line stand above the header
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_NOISE = re.compile(r"[\s*::_\-]+")


def normal_header(text: object) -> str:
    """Return a header in the form aliases are compared in.

    >>> normal_header(" 站点名称 *\\n（必填）")
    '站点名称(必填)'
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(text)).casefold())


@lru_cache(maxsize=1)
def header_aliases() -> dict[str, str]:
    """Return field by normalised header: the contract's names, their labels, and ``data/headers.csv``."""
    known: dict[str, str] = {}
    with data_path("headers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for alias in (*row["zh"].split("|"), *row["en"].split("|")):
                if alias.strip():
                    known[normal_header(alias)] = row["field"]
            if not row["field"].startswith("("):
                known[normal_header(row["field"])] = row["field"]
    with data_path("fields.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for alias in (row["field"], row["zh"], row["en"]):
                known.setdefault(normal_header(alias), row["field"])
    known.update({normal_header(name): name for name in FLAT_FIELDS})
    return known


def field_of(header: object) -> str | None:
    """Return the field a header means, ``amenity:CODE`` for a column of one amenity, None if unknown.

    >>> field_of("站点名称（必填）"), field_of("Opening hours"), field_of("微波炉"), field_of("天气")
    ('name', 'hours', 'amenity:microwave', None)
    """
    if header is None or not str(header).strip():
        return None
    full = normal_header(header)
    known = header_aliases()
    if full in known:
        return known[full]
    bare = _BRACKETS.sub("", full)
    if bare in known:
        return known[bare]
    code = amenity_of_word(bare)
    return f"amenity:{code}" if code else None


def find_header(grid: Sequence[Sequence[object]]) -> tuple[int, int, list[object]] | None:
    """Return (first row, last row, headers) of the header among the first rows of a sheet, 0-based.

    A header may take two rows (坐标 above 经度 and 纬度). None when no row holds two known headers, or one
    that names the station.
    """
    best: tuple[int, int, int, list[object]] | None = None
    for top in range(min(_HEADER_ROWS, len(grid))):
        for bottom in (top, top + 1):
            if bottom >= len(grid):
                continue
            headers = _joined(grid[top], grid[bottom]) if bottom > top else list(grid[top])
            fields = [found for found in map(field_of, headers) if found]
            distinct = len(set(fields) - {IGNORED, PRIVATE})
            names = bool({"name", "id"} & set(fields))
            if bottom > top and sum(cell not in (None, "") for cell in grid[bottom]) == 0:
                continue
            if names and (best is None or distinct > best[0]):
                best = (distinct, top, bottom, headers)
    return best[1:] if best else None


def _joined(above: Sequence[object], below: Sequence[object]) -> list[object]:
    width = max(len(above), len(below))
    upper = [*above, *[None] * (width - len(above))]
    lower = [*below, *[None] * (width - len(below))]
    return [down if down not in (None, "") else up for up, down in zip(upper, lower, strict=True)]


def map_headers(
    headers: Sequence[object], sheet: str | None, row: int | None
) -> tuple[dict[str, Column], list[CellProblem]]:
    """Return the understood columns by field, and a problem for every other header.

    Two columns of one field are an error of the file: nobody can say which of them holds.
    """
    columns: dict[str, Column] = {}
    problems: list[CellProblem] = []
    for index, header in enumerate(headers):
        if header is None or not str(header).strip():
            continue
        text = " ".join(str(header).split())
        found = field_of(header)
        if found is None:
            message = "unknown column; it is not imported (data/headers.csv lists the known headers)"
            problems.append(CellProblem("warning", message, sheet, row, text, None, text))
        elif found == PRIVATE:
            message = "managers' names and private numbers are never taken into the register"
            problems.append(CellProblem("note", message, sheet, row, text, None, text))
        elif found in columns:
            message = f"means {found}, as does column {columns[found].header!r}: keep one of them"
            problems.append(CellProblem("error", message, sheet, None, text, found, text))
        elif found != IGNORED:
            columns[found] = Column(index, text, found)
    if "lonlat" in columns and {"lon", "lat"} & columns.keys():
        message = "coordinates stand in this column and in columns of longitude or latitude: keep one form"
        header = columns["lonlat"].header
        problems.append(CellProblem("error", message, sheet, None, header, "lonlat", header))
    return columns, problems
