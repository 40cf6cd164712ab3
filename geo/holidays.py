"""Public holidays and make-up working days of China, year by year, as the shipped file states them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from geo.data_files import data_path
from geo.errors import InvalidDataError, Problem

COLUMNS = ("date", "name", "type", "source")


@dataclass(frozen=True, eq=False)
class HolidayCalendar:
    """Which days are holidays (days off) and which weekend days are worked in exchange.

    ``years`` are the years the file speaks of: in any other year nothing is known, which is not the same
    as "no holiday". Calendars compare by identity, so they may key a cache.
    """

    holidays: frozenset[date]
    makeup_days: frozenset[date]
    years: frozenset[int]

    def covers(self, day: date) -> bool:
        """Return whether the calendar knows about the year of ``day``.

        >>> HolidayCalendar(frozenset(), frozenset(), frozenset({2026})).covers(date(2027, 1, 1))
        False
        """
        return day.year in self.years

    def is_holiday(self, day: date) -> bool | None:
        """Return True or False for a day of a covered year, None for a day of any other year."""
        return day in self.holidays if self.covers(day) else None

    def is_makeup_day(self, day: date) -> bool | None:
        """Return whether ``day`` is a weekend day worked in exchange; None in a year not covered."""
        return day in self.makeup_days if self.covers(day) else None

    def is_plain_week(self, monday: date) -> bool:
        """Return whether the seven days from ``monday`` hold no holiday and no make-up day.

        In years the calendar lacks only the dates fixed by law are known (1 January, 1-2 May,
        1-3 October); weeks that hold one of them are not plain either.
        """
        week = [monday + timedelta(days=offset) for offset in range(7)]
        return not any(
            day in self.holidays or day in self.makeup_days or (day.month, day.day) in _FIXED_BY_LAW
            for day in week
        )


# 全国年节及纪念日放假办法 (as revised 2024), the days with a solar date.
_FIXED_BY_LAW = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


def read_holidays(path: Path) -> HolidayCalendar:
    """Read a holiday file: columns date (ISO), name, type (``holiday`` or ``makeup``), source.

    Raises:
        InvalidDataError: with every bad line, a missing column, or a date given twice.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise InvalidDataError([Problem(path.name, None, missing[0], None, "column is missing")])
        rows = list(reader)
    days: dict[date, str] = {}
    problems: list[Problem] = []
    for line, row in enumerate(rows, start=2):
        where = f"{path.name} line {line}"
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            problems.append(Problem(where, None, "date", row["date"], "not a date like 2026-10-01"))
            continue
        if row["type"] not in ("holiday", "makeup"):
            problems.append(Problem(where, None, "type", row["type"], "must be holiday or makeup"))
        elif day in days:
            problems.append(Problem(where, None, "date", row["date"], "this date is given twice"))
        else:
            days[day] = row["type"]
    if problems:
        raise InvalidDataError(problems)
    return HolidayCalendar(
        holidays=frozenset(day for day, kind in days.items() if kind == "holiday"),
        makeup_days=frozenset(day for day, kind in days.items() if kind == "makeup"),
        years=frozenset(day.year for day in days),
    )


@lru_cache(maxsize=1)
def shipped_holidays() -> HolidayCalendar:
    """Return the calendar shipped with the product (``data/holidays.csv``), read once.

    >>> shipped_holidays().is_holiday(date(2026, 2, 17))
    True
    """
    return read_holidays(data_path("holidays.csv"))
