"""Counted workers at points or in H3 cells, from a CSV or Excel table."""

from __future__ import annotations

import zipfile
from pathlib import Path

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely

from geo.areas import Areas
from geo.crs import Datum, convert_datum
from geo.demand import Demand, in_both, source_note
from geo.demand_cells import DEFAULT_RESOLUTION, CellArray, cell_centres, cell_polygons
from geo.demand_columns import MAX_PROBLEMS, Presence, RowNames, counts_of, find_columns, read_numbers
from geo.demand_spread import CellGround, Shares
from geo.errors import InvalidDataError, InvalidParameterError, Problem

_ENCODINGS = ("utf-8-sig", "gb18030")
_ROWS = RowNames("row", 2)  # below the headers, as a spreadsheet counts


def import_table(
    path: Path,
    areas: Areas,
    *,
    datum: Datum | None = None,
    presence: Presence | None = None,
    resolution: int = DEFAULT_RESOLUTION,
) -> Demand:
    """Return the measured demand of a table with ``lon`` and ``lat``, or ``cell``, and counts.

    Headers go by the names of :data:`geo.demand_columns.HEADERS`. A point belongs to the cell it lies in. An
    H3 cell counts at its centre; one coarser than ``resolution`` is spread over its area. Without a column
    of counts every row is one worker.

    Args:
        path: ``.csv`` (UTF-8 or GB 18030) or ``.xlsx`` (first sheet).
        areas: the district and its streets.
        datum: of ``lon``, ``lat``; required where the table has them.
        presence: group, windows and day types for columns the table lacks; default: other, all, both.
        resolution: of the H3 cells, 8-11.

    Raises:
        InvalidDataError: unreadable, empty, columns missing, or rows at fault, each named.
        InvalidParameterError: no datum for coordinates; the resolution is not 8-11.
    """
    table = _read(path)
    counts = counts_of(table, presence or Presence(), _ROWS)
    columns = find_columns(table)
    ground = CellGround(areas, resolution)
    one_each = () if "count" in columns else (in_both("每行计一人。", "Each row counts one worker."),)
    if "cell" in columns:
        shares = _shares_of_cells(ground, table[columns["cell"]])
    elif {"lon", "lat"} <= columns.keys():
        shares = _shares_of_points(ground, table, columns, datum)
    else:
        names = " or ".join(("lon and lat", "cell"))
        raise InvalidDataError([Problem("header", None, None, ", ".join(table), f"no column {names}")])
    return ground.demand(shares, counts, (source_note(path.name), *one_each))


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".xlsx":
        try:
            table = pd.read_excel(path, dtype=str, keep_default_na=False)
        except (ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InvalidDataError([Problem("file", None, None, None, f"not Excel: {error}")]) from error
    else:
        table = _read_csv(path)
    return table.astype(object)


def _read_csv(path: Path) -> pd.DataFrame:
    for encoding in _ENCODINGS:
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding, low_memory=False)
        except UnicodeDecodeError:
            continue
        except pd.errors.EmptyDataError:
            raise InvalidDataError([Problem("file", None, None, None, "is empty")]) from None
        except pd.errors.ParserError as error:
            raise InvalidDataError([Problem("file", None, None, None, f"not CSV: {error}")]) from error
    raise InvalidDataError([Problem("file", None, None, None, "is neither UTF-8 nor GB 18030 text")])


def _shares_of_points(
    ground: CellGround, table: pd.DataFrame, columns: dict[str, str], datum: Datum | None
) -> Shares:
    if datum is None:
        raise InvalidParameterError("datum", None, "coordinates need one: wgs84, gcj02 or bd09")
    problems: list[Problem] = []
    lon = read_numbers(table[columns["lon"]], (-180, 180), _ROWS, problems)
    lat = read_numbers(table[columns["lat"]], (-90, 90), _ROWS, problems)
    if problems:
        raise InvalidDataError(problems)
    places = shapely.get_coordinates(convert_datum(shapely.points(lon, lat), datum, Datum.WGS84))
    return ground.of_points(places[:, 0], places[:, 1])


def _shares_of_cells(ground: CellGround, names: pd.Series) -> Shares:
    cells = _cell_numbers(names)
    level = np.array([h3.get_resolution(cell) for cell in cells.tolist()], dtype=np.intp)
    coarse = np.flatnonzero(level < ground.resolution)
    fine = np.flatnonzero(level >= ground.resolution)
    at_centre = ground.of_points(*cell_centres(cells[fine]))
    parts = [at_centre._replace(source=fine[at_centre.source])]
    if len(coarse):
        spread = ground.of_polygons(cell_polygons(cells[coarse]))
        parts.append(spread._replace(source=coarse[spread.source]))
    return Shares(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _cell_numbers(names: pd.Series) -> CellArray:
    cells = np.zeros(len(names), dtype=np.uint64)
    problems = []
    for row, name in enumerate(names.tolist()):
        text = str(name).strip().lower()
        number = int(text, 16) if text and all(digit in "0123456789abcdef" for digit in text[:17]) else 0
        if len(text) > 16 or not h3.is_valid_cell(number):
            problems.append(Problem(f"row {row + _ROWS.first}", None, str(names.name), name, "is no H3 cell"))
            if len(problems) >= MAX_PROBLEMS:
                break
        else:
            cells[row] = number
    if problems:
        raise InvalidDataError(problems)
    return cells
