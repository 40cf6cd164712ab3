"""The columns of tables and layers: field names in contract order, types, nested fields as JSON text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import shapely

from geo.crs import Datum, convert_datum
from geo.stations import FIELD_NAMES, LonLat, Station, station_properties

LAYER = "stations"
GEOMETRY = "geometry"
NESTED: tuple[str, ...] = (
    "aliases",
    "entry_method",
    "honours",
    "amenities",
    "services",
    "visits",
    "photos",
    "on_map",
    "provenance",
    "raw_coordinate",
)
WHOLE: tuple[str, ...] = ("seats", "version")
REAL: tuple[str, ...] = ("area_m2",)


def flat_values(station: Station) -> dict[str, Any]:
    """Return a station's values by field name: numbers and text, null as None, nested fields as JSON text."""
    values = station_properties(station)
    for name in NESTED:
        if values[name] is not None:
            values[name] = orjson.dumps(values[name]).decode()
    return values


def kind_of(name: str) -> str:
    """Return ``whole``, ``real`` or ``text``: how a field stands in a column.

    >>> kind_of("seats"), kind_of("area_m2"), kind_of("amenities")
    ('whole', 'real', 'text')
    """
    return "whole" if name in WHOLE else "real" if name in REAL else "text"


def null_fields(station: Station) -> str:
    """Return the names of the fields that are null, or empty lists and objects, for a table's own column.

    A blank cell leaves its field, so a table says apart which blanks are nulls.
    """
    names = [name for name in FIELD_NAMES if getattr(station, name) in (None, (), {})]
    return " ".join(names)


def points_in(stations: Sequence[Station], datum: Datum) -> list[LonLat | None]:
    """Return the stations' locations in ``datum``, None where there is none."""
    located = [station.location for station in stations if station.location is not None]
    if datum is not Datum.WGS84 and located:
        converted = convert_datum(shapely.points(np.array(located)), Datum.WGS84, datum)
        pairs = zip(shapely.get_x(converted).tolist(), shapely.get_y(converted).tolist(), strict=True)
        located = [LonLat(*pair) for pair in pairs]
    rest = iter(located)
    return [None if station.location is None else next(rest) for station in stations]
