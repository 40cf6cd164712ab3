"""The register as a file: GeoJSON, and CSV that Excel opens with Chinese right."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from geo.stations import FIELD_NAMES, ILLUSTRATIVE_NOTICE, Station, station_properties, station_to_feature

ATTRIBUTION = "© OpenStreetMap contributors (ODbL 1.0); GeoNames (CC BY 4.0)"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_geojson(path: Path, stations: Sequence[Station]) -> None:
    """Write the register as GeoJSON (RFC 7946)."""
    collection: dict[str, Any] = {"type": "FeatureCollection", "attribution": ATTRIBUTION}
    if _any_illustrative(stations):
        collection["notice"] = ILLUSTRATIVE_NOTICE
    collection["features"] = [station_to_feature(station) for station in stations]
    write_whole(path, orjson.dumps(collection))


def write_csv(path: Path, stations: Sequence[Station]) -> None:
    """Write the register as CSV (UTF-8 with BOM): a row a station, nested fields as JSON text.

    The columns ``notice`` and ``attribution`` stand in every row. Text that a spreadsheet would take for a
    formula stands behind one ``'``.
    """
    notice = ILLUSTRATIVE_NOTICE if _any_illustrative(stations) else ""
    rows = io.StringIO(newline="")
    table = csv.writer(rows)
    table.writerow([*FIELD_NAMES, "lon", "lat", "datum", "notice", "attribution"])
    for station in stations:
        properties = station_properties(station)
        lon, lat = station.location or (None, None)
        cells = [*(properties[name] for name in FIELD_NAMES), lon, lat, "wgs84", notice, ATTRIBUTION]
        table.writerow([_cell(value) for value in cells])
    write_whole(path, rows.getvalue().encode("utf-8-sig"))


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _any_illustrative(stations: Sequence[Station]) -> bool:
    return any("illustrative" in station.provenance.model_dump().values() for station in stations)


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file and rename, so that nobody ever sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
