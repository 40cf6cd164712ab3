"""The register as CSV that Excel opens with Chinese right: a row a station, nested fields as JSON text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geo.io.cells import guarded
from geo.io.columns import NESTED, flat_values, null_fields, points_in
from geo.io.notices import ExportNotice
from geo.io.values import hours_cell, phone_cell
from geo.stations import FIELD_NAMES, Station

TAIL = ("lon", "lat", "datum", "null_fields", "notice", "attribution")
"""Columns after the fields: the location in the file's datum, which blanks are nulls, what the file is."""


def write_csv(path: Path, stations: Sequence[Station], notice: ExportNotice) -> None:
    """Write the register as CSV (UTF-8 with a byte order mark) to ``path``."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow([*FIELD_NAMES, *TAIL])
        for station, point in zip(stations, points_in(stations, notice.datum), strict=True):
            values = flat_values(station)
            lon, lat = point or (None, None)
            cells = [_cell(name, values[name]) for name in FIELD_NAMES]
            tail = [lon, lat, notice.datum.value, null_fields(station), notice.notice, notice.attribution]
            table.writerow([*cells, *tail])


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, str) and name not in NESTED:
        return text_cell(name, value)
    return value


def text_cell(name: str, text: str) -> str:
    """Return a text field as a cell of CSV or XLSX that reads back as it is."""
    match name:
        case "hours":
            return hours_cell(text)
        case "phone":
            return phone_cell(text)
        case _:
            return guarded(text)
