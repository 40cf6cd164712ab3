"""Windows, quarter-hours and the typical week."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidParameterError
from geo.holidays import HolidayCalendar, shipped_holidays
from geo.time_windows import (
    WINDOWS,
    DayType,
    day_type,
    parse_week,
    quarter_of_week,
    typical_week,
    window_of,
    window_slots,
)

MONDAY = datetime.fromisoformat("2026-11-23")


def test_windows_are_those_of_the_contract() -> None:
    assert {code: window.label for code, window in WINDOWS.items()} == {
        "T1": "04:00-07:00", "T2": "07:00-11:00", "T3": "11:00-14:30", "T4": "14:30-17:30",
        "T5": "17:30-21:00", "T6": "21:00-24:00", "T7": "00:00-04:00",
    }  # fmt: skip
    assert sum(window.hours for window in WINDOWS.values()) == 24


@pytest.mark.parametrize("day", ["weekday", "weekend", None])
def test_windows_part_their_days_without_gap_or_overlap(day: DayType | None) -> None:
    slots = np.sort(np.concatenate([window_slots(code, day) for code in WINDOWS]))
    expected = {"weekday": np.arange(480), "weekend": np.arange(480, 672), None: np.arange(672)}[day]
    assert np.array_equal(slots, expected)


def test_slots_of_t4_on_monday_and_t7_on_saturday() -> None:
    # 14:30 = quarter 58, 17:30 = quarter 70 (excluded); Saturday begins at 5 x 96 = 480.
    assert window_slots("T4", "weekday")[:12].tolist() == list(range(58, 70))
    # The hours after Friday's midnight are Saturday's, so weekend.
    assert window_slots("T7", "weekend").tolist() == [*range(480, 496), *range(576, 592)]


@settings(max_examples=200)
@given(st.integers(0, 7 * 1440 - 1))
def test_every_minute_lies_in_the_slots_of_its_own_window_only(minute: int) -> None:
    at = MONDAY + timedelta(minutes=minute)
    quarter = quarter_of_week(at)
    assert quarter == minute // 15
    holding = [code for code in WINDOWS if quarter in window_slots(code, day_type(at.date()))]
    assert holding == [window_of(at).code]


def test_half_open_edges() -> None:
    edges = {(4, 0): "T1", (6, 59): "T1", (7, 0): "T2", (11, 0): "T3", (14, 29): "T3", (14, 30): "T4"}
    edges |= {(17, 30): "T5", (21, 0): "T6", (23, 59): "T6", (0, 0): "T7", (3, 59): "T7"}
    for (hour, minute), code in edges.items():
        assert window_of(MONDAY.replace(hour=hour, minute=minute)).code == code


def test_bad_names_are_refused_and_slots_cannot_be_changed() -> None:
    with pytest.raises(InvalidParameterError, match="window='T8'"):
        window_slots("T8")
    with pytest.raises(InvalidParameterError, match="day"):
        window_slots("T1", "sunday")  # type: ignore[arg-type]  # what a caller from outside may send
    with pytest.raises(ValueError, match="read-only"):
        window_slots("T1")[0] = 5


@pytest.mark.parametrize(
    ("today", "monday"),
    [
        (date(2026, 11, 22), date(2026, 11, 23)),  # a Sunday; an ordinary week follows
        (date(2026, 11, 23), date(2026, 11, 23)),  # a Monday is its own week
        # 14 Sep: 20 Sep worked; 21 Sep: Mid-autumn; 28 Sep: National Day; 5 Oct: holiday and 10 Oct worked
        (date(2026, 9, 9), date(2026, 10, 12)),
        # 9 Feb: 14 Feb worked, 15 Feb holiday; 16 and 23 Feb: Spring Festival, 28 Feb worked
        (date(2026, 2, 3), date(2026, 3, 2)),
        # 28 Dec 2026 runs into 1 January 2027, a holiday by law in a year the file lacks
        (date(2026, 12, 22), date(2027, 1, 4)),
    ],
)
def test_typical_week(today: date, monday: date) -> None:
    assert typical_week(today, shipped_holidays()) == monday


def test_typical_week_without_any_calendar_avoids_fixed_dates_only() -> None:
    nothing = HolidayCalendar(frozenset(), frozenset(), frozenset())
    assert typical_week(date(2026, 9, 28), nothing) == date(2026, 10, 5)


def test_parse_week() -> None:
    assert parse_week("2026-11-23") == date(2026, 11, 23)
    with pytest.raises(InvalidParameterError, match="Monday"):
        parse_week("2026-11-24")
    with pytest.raises(InvalidParameterError, match="date"):
        parse_week("next")
