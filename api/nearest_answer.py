"""The answer to "where is the nearest station": the same from the API and the command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from shapely.geometry import Point

from api.feature_table import FeatureTable, with_members
from api.item_pages import feature_collection
from geo.crs import Datum, convert_datum
from geo.finder import FoundStation, NearestAnswer


def to_wgs84(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    """Return a point given in ``datum`` as WGS-84 longitude and latitude."""
    if datum is Datum.WGS84:
        return lon, lat
    point = convert_datum(Point(lon, lat), datum, Datum.WGS84)
    return point.x, point.y


def encode_answer(
    found: NearestAnswer,
    table: FeatureTable,
    at: datetime,
    mode: str,
    notes: Mapping[str, object],
    *,
    reported: Collection[str] = (),
) -> bytes:
    """Return the answer as a FeatureCollection; ``table`` holds the stations, ``notes`` their credits.

    The worker's own position is not repeated. ``reported`` are the ids of stations in doubt (待核实).
    """
    features = [
        with_answer(
            table.encoded(table.row_of[one.station.id]),
            {**answer_members(one), **({"reported": True} if one.station.id in reported else {})},
        )
        for one in found.stations
    ]
    head = {
        "type": "FeatureCollection",
        "numberReturned": len(features),
        "at": at.isoformat(),
        "mode": mode,
        "left_out": found.left_out,
        **notes,
    }
    return feature_collection(head, features)


def answer_members(found: FoundStation) -> dict[str, Any]:
    """Return what the answer adds to a station's properties; metres and minutes to a thousandth."""
    return {
        "distance_m": round(found.distance_m, 3),
        "travel_min": round(found.travel_min, 3),
        "travel_basis": found.travel_basis,
        "open_state": found.open_state,
        "open_until": found.open_until,
        "opens_at": found.opens_at,
        "open_state_on_arrival": found.open_state_on_arrival,
    }


def with_answer(feature: bytes, members: Mapping[str, Any]) -> bytes:
    """Return an encoded feature with ``members`` at the end of its properties, which are its last member.

    >>> with_answer(b'{"type":"Feature","properties":{"id":"a"}}', {"k": 1})
    b'{"type":"Feature","properties":{"id":"a","k":1}}'
    """
    return with_members(feature[:-1], members) + b"}"
