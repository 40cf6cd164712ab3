"""From the body of a write to a station: whole features, merge patches, and what is the server's."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request

from api.answers import GEOJSON, JSON
from api.conditional import require_match, strong_tag
from api.errors import ApiError
from geo.errors import InvalidDataError, Problem
from geo.stations import PRIVATE_LINE, Station, looks_private, station_from_feature, station_to_feature

MERGE_PATCH = "application/merge-patch+json"
FEATURE_TYPES = (GEOJSON, JSON)
_SERVERS_OWN = ("version", "updated_at")


async def read_body(request: Request, media_types: tuple[str, ...]) -> dict[str, Any]:
    """Return the JSON object sent.

    Raises:
        ApiError: 415 for another content type, 400 for anything but a JSON object.
    """
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if sent not in media_types:
        raise ApiError(415, f"send {' or '.join(media_types)}", {"Accept": ", ".join(media_types)})
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(body, dict):
        raise ApiError(400, "the body must be a JSON object")
    return body


def new_station_id() -> str:
    """Return an id no station has had: 60 random bits."""
    return f"s{secrets.token_hex(8)[:15]}"


def station_of(feature: Mapping[str, Any], station_id: str, before: Station | None = None) -> Station:
    """Return the station a feature describes; id, version and time of change in it are passed over.

    ``before``: the station as it stands, whose line of telephone may stay whatever it is.

    Raises:
        InvalidDataError: every problem found, each naming station, field and value; a mobile number as public
            line (not repeated).
    """
    properties = feature.get("properties")
    if isinstance(properties, Mapping):
        phone, known = properties.get("phone"), None if before is None else before.phone
        if isinstance(phone, str) and phone != known and looks_private(phone):
            raise InvalidDataError([Problem("body", station_id, "phone", None, PRIVATE_LINE)])
        kept = {name: value for name, value in properties.items() if name not in _SERVERS_OWN}
        feature = {**feature, "properties": {**kept, "id": station_id}}
    return station_from_feature({**feature, "id": station_id}, "body")


def patched_station(station: Station, patch: Mapping[str, Any]) -> Station:
    """Return ``station`` with a JSON merge patch (RFC 7396) applied to its feature.

    Null removes: a property that can be empty becomes so; for one that must have a value (``status``) it is
    a fault, never a silent default.

    Raises:
        InvalidDataError: the result breaks a rule.
        ApiError: 400, a member that features of stations don't have.
    """
    answers_own = {"links", "licence", "attribution", "notice"}
    unknown = set(patch) - {"type", "id", "geometry", "properties"} - answers_own
    if unknown:
        raise ApiError(400, f"{', '.join(sorted(unknown))[:100]}: not a member of a station's feature")
    feature = merged(station_to_feature(station), patch)
    changed = patch.get("properties")
    if isinstance(changed, Mapping):
        nulls = {name: None for name, value in changed.items() if value is None and not _may_be_left(name)}
        feature = {**feature, "properties": {**feature["properties"], **nulls}}
    if patch.get("geometry", feature) is None:
        feature = {**feature, "geometry": None}
    return station_of(feature, station.id, station)


def merged(target: Any, patch: Any) -> Any:
    """Return the JSON merge patch (RFC 7396) of ``patch`` onto ``target``.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": None}, "d": [3]})
    {'a': {'c': 2}, 'd': [3]}
    """
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def station_tag(station: Station) -> str:
    """Return the entity tag of a station, the same as its item's."""
    return strong_tag(station.version, orjson.dumps(station_to_feature(station)))


def check_match(request: Request, station: Station) -> None:
    """Check If-Match against ``station``.

    Raises:
        ApiError: 428 without the header, 412 when the client saw another version.
    """
    require_match(request.headers.get("if-match"), station_tag(station))


def _may_be_left(name: str) -> bool:
    """Return whether leaving the property out means that it is empty."""
    field = Station.model_fields.get(name)
    return field is None or field.default in ((), {})
