"""Answers of the API: bytes with their media type, entity tag and caching rule."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from api.conditional import none_match

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA_JSON = "application/schema+json"
OPENAPI_JSON = "application/vnd.oai.openapi+json;version=3.1"


class GeoJson(Response):
    """Tells the API's description that a route answers GeoJSON."""

    media_type = GEOJSON


def answer(request: Request, body: bytes, tag: str, media_type: str = JSON) -> Response:
    """Return ``body``, or 304 when the client's copy is still good.

    Every answer is ``no-cache``: a copy may be kept but is asked about before each use, so none outlives a
    write or the next opening or closing of a door.
    """
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if none_match(request.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    return Response(body, 200, headers, media_type)


def plain(value: Any, media_type: str = JSON) -> Response:
    """Return a value that needs no entity tag."""
    return Response(orjson.dumps(value), 200, {"Cache-Control": "no-cache"}, media_type)


def link(href: str, rel: str, media_type: str = JSON, title: str | None = None) -> dict[str, str]:
    """Return a link object."""
    entry = {"href": href, "rel": rel, "type": media_type}
    return {**entry, "title": title} if title else entry
