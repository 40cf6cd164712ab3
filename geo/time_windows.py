"""The seven windows of a working day, the 672 quarter-hours of a week, and the typical week.

Quarter-hour 0 is Monday 00:00-00:15 local time. A quarter-hour belongs to the calendar day, and so to the
day type, of its start; T7 (00:00-04:00) therefore belongs to the day that has just begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import InvalidParameterError
from geo.holidays import HolidayCalendar

DayType = Literal["weekday", "weekend"]

QUARTER_MIN = 15
QUARTERS_PER_DAY = 96
QUARTERS_PER_WEEK = 7 * QUARTERS_PER_DAY
# Days of the week by type, Monday 0; also the weights of a whole week (weekday x 5 + weekend x 2).
DAYS_BY_TYPE: dict[DayType, tuple[int, ...]] = {"weekday": (0, 1, 2, 3, 4), "weekend": (5, 6)}


@dataclass(frozen=True)
class TimeWindow:
    """A half-open stretch of the day, in minutes after midnight."""

    code: str
    start_min: int
    end_min: int

    @property
    def hours(self) -> float:
        """Length in hours.

        >>> WINDOWS["T3"].hours
        3.5
        """
        return (self.end_min - self.start_min) / 60

    @property
    def label(self) -> str:
        """Clock times as written on pages.

        >>> WINDOWS["T6"].label
        '21:00-24:00'
        """
        return "-".join(f"{m // 60:02}:{m % 60:02}" for m in (self.start_min, self.end_min))


WINDOWS: dict[str, TimeWindow] = {
    window.code: window
    for window in (
        TimeWindow("T1", 4 * 60, 7 * 60),
        TimeWindow("T2", 7 * 60, 11 * 60),
        TimeWindow("T3", 11 * 60, 14 * 60 + 30),
        TimeWindow("T4", 14 * 60 + 30, 17 * 60 + 30),
        TimeWindow("T5", 17 * 60 + 30, 21 * 60),
        TimeWindow("T6", 21 * 60, 24 * 60),
        TimeWindow("T7", 0, 4 * 60),
    )
}


def window_of(at: datetime) -> TimeWindow:
    """Return the window a local time lies in; each minute lies in exactly one.

    >>> window_of(datetime(2026, 9, 28, 14, 30)).code
    'T4'
    """
    minute = at.hour * 60 + at.minute
    return next(window for window in WINDOWS.values() if window.start_min <= minute < window.end_min)


def day_type(day: date) -> DayType:
    """Return ``weekday`` (Monday-Friday) or ``weekend``.

    >>> day_type(date(2026, 10, 10))
    'weekend'
    """
    return "weekday" if day.weekday() in DAYS_BY_TYPE["weekday"] else "weekend"


def quarter_of_week(at: datetime) -> int:
    """Return the quarter-hour of the week (0-671) a local time lies in.

    >>> quarter_of_week(datetime(2026, 9, 29, 0, 14))
    96
    """
    return at.weekday() * QUARTERS_PER_DAY + (at.hour * 60 + at.minute) // QUARTER_MIN


@lru_cache(maxsize=32)
def window_slots(window: str, day: DayType | None = None) -> NDArray[np.intp]:
    """Return the quarter-hours of the week in a window (``T1`` ... ``T7``), ascending, read-only.

    ``day`` keeps Monday-Friday or Saturday and Sunday; None keeps all seven days.

    Raises:
        InvalidParameterError: no such window or day type.

    >>> window_slots("T7", "weekend")[[0, 15, 16, 31]].tolist()
    [480, 495, 576, 591]
    """
    if window not in WINDOWS:
        raise InvalidParameterError("window", window, f"must be one of {', '.join(WINDOWS)}")
    if day is not None and day not in DAYS_BY_TYPE:
        raise InvalidParameterError("day", day, "must be weekday or weekend")
    days = np.array(range(7) if day is None else DAYS_BY_TYPE[day], dtype=np.intp)
    span = WINDOWS[window]
    quarters = np.arange(span.start_min // QUARTER_MIN, span.end_min // QUARTER_MIN, dtype=np.intp)
    slots = (days[:, np.newaxis] * QUARTERS_PER_DAY + quarters).ravel()
    slots.flags.writeable = False
    return slots


def typical_week(today: date, holidays: HolidayCalendar) -> date:
    """Return the first Monday on or after ``today`` whose week holds no holiday and no make-up day.

    In years the calendar lacks only holidays fixed by law to a date (1 January ...) are avoided.
    """
    monday = today + timedelta(days=-today.weekday() % 7)
    while not holidays.is_plain_week(monday):
        monday += timedelta(days=7)
    return monday


def parse_week(text: str) -> date:
    """Return the Monday a ``week`` parameter names.

    Raises:
        InvalidParameterError: not a date like 2026-11-23, or not a Monday.
    """
    try:
        monday = date.fromisoformat(text)
    except ValueError:
        raise InvalidParameterError("week", text, "must be a date like 2026-11-23") from None
    if monday.weekday() != 0:
        raise InvalidParameterError("week", text, "must be a Monday")
    return monday
