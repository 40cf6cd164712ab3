"""What a worker reads on a card: open, closing soon, closed or unknown, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from geo.opening_hours import OpeningHours

CLOSING_SOON = timedelta(minutes=30)
# How far ahead the next opening is looked for.
LOOK_AHEAD = timedelta(days=60)

State = Literal["open", "closing_soon", "closed", "unknown"]


@dataclass(frozen=True)
class OpenState:
    """State by the hours alone; a station's status (closed for repair ...) is the caller's to weigh.

    ``open_until`` is set while open, None when no end is in sight (24/7); ``opens_at`` is set while closed:
    the next instant it is *known* to open, None if there is none within ``LOOK_AHEAD``.
    """

    state: State
    open_until: datetime | None = None
    opens_at: datetime | None = None


def open_state(hours: OpeningHours, at: datetime) -> OpenState:
    """Return the state at an instant; ``closing_soon`` = known to be open for 30 minutes or less.

    Touching spans count as one. Opening that ends in an unknown stretch ends there. Times are naive for a
    naive ``at``, else in the zone of ``hours``.

    >>> hours = OpeningHours.parse("Mo-Fr 09:00-12:00,14:00-18:00")
    >>> open_state(hours, datetime(2026, 9, 30, 11, 30)).state
    'closing_soon'
    >>> open_state(hours, datetime(2026, 9, 30, 12)).opens_at
    datetime.datetime(2026, 9, 30, 14, 0)
    """
    is_open = hours.is_open(at)
    if is_open is None:
        return OpenState("unknown")
    if is_open:
        until = hours.next_change(at)
        soon = until is not None and until - _like(until, at) <= CLOSING_SOON
        return OpenState("closing_soon" if soon else "open", open_until=until)
    return OpenState("closed", opens_at=_next_opening(hours, at))


def _next_opening(hours: OpeningHours, at: datetime) -> datetime | None:
    change = hours.next_change(at)
    while change is not None and change - _like(change, at) <= LOOK_AHEAD:
        if hours.is_open(change):
            return change
        change = hours.next_change(change)
    return None


def _like(answer: datetime, asked: datetime) -> datetime:
    """Return ``asked`` in the zone of ``answer``, so that their difference is wall-clock time."""
    return asked if answer.tzinfo is None else asked.astimezone(answer.tzinfo)
