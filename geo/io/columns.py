"""The columns of tables and layers: field names in contract order, types, nested fields as JSON text."""

from __future__ import annotations

from typing import Any

import orjson

from geo.stations import Station, station_properties

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
