"""Instants as parameters: ISO 8601, local when naive, with the ``+`` a form turns into a space."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from geo.errors import InvalidParameterError

_FORM = re.compile(
    r"(?:(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)"
    r"|(\d{8})T(\d{4}(?:\d{2}(?:[.,]\d+)?)?))(Z|[ +-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_YEARS = range(2000, 2100)


def parse_instant(text: str, timezone: ZoneInfo) -> datetime:
    """Return the aware instant; a text without offset is wall-clock time of ``timezone``.

    Extended (``2026-11-23T08:00``) and basic form (``20261123T0800``), fractions of a second of any length
    (cut to microseconds), ``Z``, offsets with and without colon. A space before the offset reads as ``+``.

    Raises:
        InvalidParameterError: not an ISO 8601 date with time, or outside 2000-2099.

    >>> parse_instant("2026-11-23T08:00:00 08:00", ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-11-23T08:00:00+08:00'
    >>> parse_instant("20261123T000000.123456789Z", ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-11-23T08:00:00.123456+08:00'
    """
    match = _FORM.fullmatch(text)
    if match is None:
        message = "must be an ISO 8601 date and time, such as 2026-11-23T08:00 or 2026-11-23T08:00:00+08:00"
        raise InvalidParameterError("at", text[:64], message)
    day, clock, basic_day, basic_clock, offset = match.groups(default="")
    offset = offset.upper().replace(" ", "+")
    try:
        instant = datetime.fromisoformat(f"{day or basic_day}T{clock or basic_clock}{offset}")
    except ValueError as error:
        raise InvalidParameterError("at", text[:64], str(error)) from None
    if instant.year not in _YEARS:
        raise InvalidParameterError("at", text[:64], "must lie in the years 2000 to 2099")
    aware = instant.replace(tzinfo=timezone) if instant.tzinfo is None else instant
    return aware.astimezone(timezone)


def this_minute(now: datetime, timezone: ZoneInfo) -> datetime:
    """Return the minute ``now`` lies in: what ``at`` is when not given, so that an answer holds for it."""
    return now.astimezone(timezone).replace(second=0, microsecond=0)
