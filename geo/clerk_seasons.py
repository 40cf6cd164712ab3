"""Seasons in a clerk's hours: which days of the year they mean, and which days nobody spoke of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from geo.clerk_words import UnclearError

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What 夏季 and 冬季 are taken to mean where the text names no months: first and last (month, day).
CUSTOMARY = {"夏": ((5, 1), (9, 30)), "冬": ((10, 1), (4, 30))}
OTHER = {"夏": "冬", "冬": "夏"}

# Any leap year: seasons are sets of days of the year, 0-365.
_NEW_YEAR = date(2024, 1, 1)
_YEAR_DAYS = 366


def season_days(numbers: tuple[int, ...]) -> frozenset[int]:
    """Return the days of the year from (month, month) or (month, day, month, day), both ends included.

    Raises:
        UnclearError: no such date.

    >>> len(season_days((12, 1)))
    62
    """
    if len(numbers) == 2:
        start = (numbers[0], 1)
        end = (numbers[1], _month_end(numbers[1]))
    else:
        start, end = (numbers[0], numbers[1]), (numbers[2], numbers[3])
    first, last = _day_of_year(start), _day_of_year(end)
    return frozenset((first + step) % _YEAR_DAYS for step in range((last - first) % _YEAR_DAYS + 1))


def customary_days(season: str) -> frozenset[int]:
    """Return the days taken as 夏 or 冬 where a text names none."""
    start, end = CUSTOMARY[season]
    return season_days((*start, *end))


def unspoken_days(spoken: Iterable[frozenset[int]]) -> frozenset[int]:
    """Return the days in none of the seasons.

    Raises:
        UnclearError: two seasons share days.
    """
    rest = set(range(_YEAR_DAYS))
    for season in spoken:
        if not season <= rest:
            raise UnclearError(f"two seasons both hold {season_text(season - rest)}")
        rest -= season
    return frozenset(rest)


def season_text(days: frozenset[int]) -> str:
    """Return the opening_hours selector of a set of days: months where they are whole.

    >>> season_text(season_days((12, 1))), season_text(season_days((5, 1, 9, 15)))
    ('Dec-Jan', 'May 01-Sep 15')
    """
    starts = sorted(day for day in days if (day - 1) % _YEAR_DAYS not in days)
    return ",".join(_run_text(start, days) for start in starts)


def _run_text(start: int, days: frozenset[int]) -> str:
    last = start
    while (last + 1) % _YEAR_DAYS in days:
        last = (last + 1) % _YEAR_DAYS
    first_day, last_day = (_NEW_YEAR + timedelta(days=day) for day in (start, last))
    names = MONTHS[first_day.month - 1], MONTHS[last_day.month - 1]
    if first_day.day == 1 and last_day.day == _month_end(last_day.month):
        return names[0] if names[0] == names[1] else "-".join(names)
    return f"{names[0]} {first_day.day:02}-{names[1]} {last_day.day:02}"


def _month_end(month: int) -> int:
    return (date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _day_of_year(month_day: tuple[int, int]) -> int:
    try:
        return (date(_NEW_YEAR.year, *month_day) - _NEW_YEAR).days
    except ValueError:
        raise UnclearError(f"{month_day[0]}月{month_day[1]}日 is no date") from None
