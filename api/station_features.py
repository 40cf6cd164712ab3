"""Stations as features of the OGC API, and the properties they can be asked for by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from api.feature_table import FeatureTable
from geo.finder import FinderTable
from geo.stations import Station, station_to_feature

_TEXTS = ("id", "name", "street_code", "street", "address", "hours", "phone")
_NUMBERS = ("seats", "area_m2", "version")


def station_table(
    finder: FinderTable, earlier: tuple[FinderTable, FeatureTable] | None = None
) -> FeatureTable:
    """Lay out the stations of ``finder``, in its order; points of an ``earlier`` table are taken over."""
    stations = finder.stations

    def feature(row: int) -> dict[str, Any]:
        return station_to_feature(stations[row])

    def value(row: int, name: str) -> Any:
        return getattr(stations[row], name)

    # A finder keeps its index as long as all stations stay and none moves.
    if earlier is not None and earlier[0].index is finder.index:
        return earlier[1].with_properties(feature, value)
    return FeatureTable.of_points(finder.row_of, finder.lon, finder.lat, feature, value)


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
