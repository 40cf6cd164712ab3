"""Query parameters of ``…/items``: box, page, time and property filters."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from api.feature_table import Box
from api.plain_numbers import is_decimal, is_whole
from geo.errors import InvalidParameterError

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?", re.ASCII | re.IGNORECASE
)
# Map software writes a number near zero with an exponent.
_DEGREES = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_OPEN_ENDS = ("", "..")


@dataclass(frozen=True)
class ItemsQuery:
    """A checked request for items. ``filters`` are property → value, all required; ``file`` is its form."""

    limit: int
    offset: int
    box: Box | None
    filters: Mapping[str, Any]
    file: str | None = None


def parse_items_query(
    pairs: Mapping[str, str],
    queryables: Mapping[str, Mapping[str, Any]],
    files: Collection[str] = (),
) -> ItemsQuery:
    """Read query parameters; ``queryables`` are the JSON schemas of the properties that may be asked for.

    A ``limit`` above ``MAX_LIMIT`` is capped. ``datetime`` is checked and then matches everything: the
    features have no time of their own. ``files`` are the forms of file there are: a file has no pages.

    Raises:
        InvalidParameterError: an unknown parameter or a bad value, named.
    """
    filters: dict[str, Any] = {}
    box: Box | None = None
    limit, offset, file = DEFAULT_LIMIT, 0, None
    for name, text in pairs.items():
        if name == "bbox":
            box = parse_bbox(text)
        elif name == "limit":
            limit = min(_whole(name, text, 1), MAX_LIMIT)
        elif name == "offset":
            offset = _whole(name, text, 0)
        elif name == "datetime":
            check_datetime(text)
        elif name in queryables:
            filters[name] = _typed(name, text, queryables[name])
        elif name != "f":
            raise InvalidParameterError(name[:64], text[:64], "unknown parameter")
        elif text in files:
            file = text
        elif text not in ("json", "geojson"):
            known = " or ".join(("json", "geojson", *files))
            raise InvalidParameterError("f", text[:64], f"must be {known}")
    for name in ("limit", "offset"):
        if file is not None and name in pairs:
            raise InvalidParameterError(name, pairs[name][:64], "a file has no pages: it holds every match")
    return ItemsQuery(limit, offset, box, filters, file)


def parse_bbox(text: str) -> Box:
    """Return (west, south, east, north) of a box of four numbers, or six with heights, which are ignored.

    >>> parse_bbox("170,-10,-170,10")
    (170.0, -10.0, -170.0, 10.0)
    """
    parts = text.split(",")
    if len(parts) not in (4, 6) or not all(map(_DEGREES.fullmatch, parts)):
        message = "must be four or six numbers separated by commas"
        raise InvalidParameterError("bbox", text[:100], message)
    numbers = [float(part) for part in parts]
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        message = "must be west,south,east,north in degrees, with south not above north"
        raise InvalidParameterError("bbox", text[:100], message)
    return west, south, east, north


def check_datetime(text: str) -> None:
    """Check an RFC 3339 instant, or an interval of two of which one may be open (``..``).

    Raises:
        InvalidParameterError: anything else.
    """
    ends = text.split("/")
    known = [_instant(end) for end in ends if len(ends) == 1 or end not in _OPEN_ENDS]
    if len(ends) > 2 or not known or (len(known) == 2 and known[0] > known[1]):
        message = "must be an instant, or an interval with an instant on at least one side, in order"
        raise InvalidParameterError("datetime", text[:100], message)


def _instant(text: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            if len(text) == 10:
                day = date.fromisoformat(text)
                return datetime(day.year, day.month, day.day, tzinfo=UTC)
            return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise InvalidParameterError("datetime", text[:100], str(error)) from None
    raise InvalidParameterError("datetime", text[:100], "must be an RFC 3339 date or time with its offset")


def _whole(name: str, text: str, least: int) -> int:
    if not is_whole(text) or int(text) < least:
        if name == "limit" and re.fullmatch(r"[0-9]{19,}", text):
            return MAX_LIMIT
        raise InvalidParameterError(name, text[:64], f"must be a whole number, {least} or more")
    return int(text)


def _typed(name: str, text: str, schema: Mapping[str, Any]) -> Any:
    if "enum" in schema and text not in schema["enum"]:
        raise InvalidParameterError(name, text[:64], f"must be one of {', '.join(schema['enum'])}")
    if schema["type"] == "boolean":
        if text not in ("true", "false"):
            raise InvalidParameterError(name, text[:64], "must be true or false")
        return text == "true"
    if schema["type"] in ("integer", "number"):
        if not is_decimal(text):
            raise InvalidParameterError(name, text[:64], "must be a decimal number")
        return float(text)
    return text
