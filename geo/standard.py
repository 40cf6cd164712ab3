"""The service standard a question is asked under: how near, with what, when, for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from geo.amenities import parse_asked
from geo.demand import GROUPS
from geo.errors import InvalidParameterError
from geo.opening_hours import DEFAULT_TIMEZONE
from geo.time_windows import DAYS_BY_TYPE, WINDOWS, DayType
from geo.travel import TravelMode

DEFAULT_MINUTES = 15.0


@dataclass(frozen=True)
class Standard:
    """What counts as served.

    Attributes:
        minutes: travel time to the station, inclusive. With ``radius_m`` it must be None.
        radius_m: straight-line metres, inclusive: a separate figure, never named after minutes.
        mode: how the worker travels; only with ``minutes``.
        amenities: codes or groups, all of which must be available.
        window: one of T1..T7; with ``day`` (default weekday).
        day: ``weekday`` or ``weekend``; without a window it limits the week to those days.
        at: one instant (aware); excludes window and day.
        week: the Monday of the typical week looked at.
        group: one worker group; None is all.
        timezone: the zone windows, hours and days are read in.

    Raises:
        InvalidParameterError: a value is out of range or two exclude each other.

    >>> Standard(week=date(2026, 11, 23)).minutes
    15.0
    """

    week: date
    minutes: float | None = DEFAULT_MINUTES
    radius_m: float | None = None
    mode: TravelMode = TravelMode.WALK
    amenities: tuple[str, ...] = ()
    window: str | None = None
    day: DayType | None = None
    at: datetime | None = None
    group: str | None = None
    timezone: ZoneInfo = DEFAULT_TIMEZONE

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.radius_m is None):
            raise InvalidParameterError("radius_m", self.radius_m, "give either minutes or radius_m")
        for name, value, limit in (("minutes", self.minutes, 240.0), ("radius_m", self.radius_m, 50_000.0)):
            if value is not None and not 0 < value <= limit:
                raise InvalidParameterError(name, value, f"must be above 0 and at most {limit:g}")
        if parse_asked(self.amenities) != self.amenities:
            raise InvalidParameterError("amenities", self.amenities, "a name stands twice")
        for name, chosen, known in (
            ("window", self.window, WINDOWS),
            ("day", self.day, DAYS_BY_TYPE),
            ("group", self.group, GROUPS),
        ):
            if chosen is not None and chosen not in known:
                raise InvalidParameterError(name, chosen, f"must be one of {', '.join(known)}")
        if self.at is not None and (self.window is not None or self.day is not None):
            raise InvalidParameterError("at", self.at.isoformat(), "excludes window and day")
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidParameterError("at", self.at.isoformat(), "must be an aware instant")
        if self.week.weekday() != 0:
            raise InvalidParameterError("week", self.week.isoformat(), "must be a Monday")

    @property
    def local_at(self) -> datetime | None:
        """The instant asked for as wall-clock time in the zone, still aware."""
        return None if self.at is None else self.at.astimezone(self.timezone)

    @property
    def day_weights(self) -> tuple[float, float]:
        """Days of (weekday, weekend) the question weighs: 5 and 2 for the week, one where a day is meant."""
        if self.window is not None:
            return (1.0, 0.0) if (self.day or "weekday") == "weekday" else (0.0, 1.0)
        if self.day is not None:
            return (5.0, 0.0) if self.day == "weekday" else (0.0, 2.0)
        return (5.0, 2.0)
