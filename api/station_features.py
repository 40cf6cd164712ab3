"""Stations as features of the OGC API, and the properties they can be asked for by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import shapely

from api.feature_table import FeatureTable
from geo.stations import Station, station_to_feature

_TEXTS = ("id", "name", "street_code", "street", "address", "hours", "phone")
_NUMBERS = ("seats", "area_m2", "version")


def station_table(
    stations: Sequence[Station], earlier: tuple[Sequence[Station], FeatureTable] | None = None
) -> FeatureTable:
    """Lay out stations, in their order; points of an ``earlier`` table and its stations are taken over."""

    def feature(row: int) -> dict[str, Any]:
        return station_to_feature(stations[row])

    def value(row: int, name: str) -> Any:
        return getattr(stations[row], name)

    before, table = earlier if earlier is not None else ((), None)
    if table is not None and len(before) == len(stations) and all(map(_at_one_place, before, stations)):
        return table.with_properties(feature, value)
    known = table.row_of if table is not None else {}
    points: list[shapely.Point | None] = []
    for station in stations:
        row = known.get(station.id)
        if table is not None and row is not None and _at_one_place(before[row], station):
            points.append(table.geometries[row])
        else:
            points.append(shapely.Point(station.location) if station.location else None)
    return FeatureTable.build([station.id for station in stations], points, feature, value)


def _at_one_place(station: Station, other: Station) -> bool:
    return station is other or (station.id == other.id and station.location == other.location)


def station_queryables() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON schema of each property stations can be filtered by.

    A property that holds a list (``entry_method``) matches when one of its entries is the value.
    """
    found: dict[str, dict[str, Any]] = {}
    hints = get_type_hints(Station)
    for name in Station.model_fields:
        words = _words(hints[name])
        if name in _TEXTS:
            found[name] = {"type": "string"}
        elif name in _NUMBERS:
            found[name] = {"type": "number"}
        elif words:
            found[name] = {"type": "string", "enum": list(words)}
    return found


def _words(hint: Any) -> tuple[str, ...]:
    """Return the words of a Literal, also inside ``| None`` and ``tuple[…]``."""
    if get_origin(hint) is Literal:
        return tuple(get_args(hint))
    return next((words for part in get_args(hint) if (words := _words(part))), ())
