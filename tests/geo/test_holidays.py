"""The shipped holiday calendar: same as its script's output, right for known years, strict on bad files."""

from __future__ import annotations

import csv
import runpy
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from geo.data_files import data_path
from geo.errors import InvalidDataError
from geo.holidays import HolidayCalendar, read_holidays, shipped_holidays

ROOT = Path(__file__).resolve().parents[2]


def test_committed_file_is_the_scripts_output() -> None:
    script = runpy.run_path(str(ROOT / "data" / "scripts" / "build_holidays.py"))
    assert data_path("holidays.csv").read_bytes() == script["holidays_csv"]().encode()


def test_agrees_with_the_package_on_every_day_of_three_years() -> None:
    calendar = shipped_holidays()
    day = date(2024, 1, 1)
    while day <= date(2026, 12, 31):
        rests = chinese_calendar.is_holiday(day)
        by_calendar = calendar.is_holiday(day) or (day.weekday() >= 5 and not calendar.is_makeup_day(day))
        assert by_calendar == rests, day
        day += timedelta(days=1)


def test_2026_as_the_notice_of_the_state_council_has_it() -> None:
    calendar = shipped_holidays()
    spring_festival = [date(2026, 2, 15) + timedelta(days=step) for step in range(9)]
    national_day = [date(2026, 10, day) for day in range(1, 8)]
    assert all(calendar.is_holiday(day) for day in spring_festival + national_day)
    assert not calendar.is_holiday(date(2026, 2, 14))
    assert not calendar.is_holiday(date(2026, 10, 8))
    makeup_days = {day for day in calendar.makeup_days if day.year == 2026}
    assert makeup_days == {
        date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28),
        date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
    }  # fmt: skip


def test_file_has_the_four_columns_and_sorted_dates() -> None:
    with data_path("holidays.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["date", "name", "type", "source"]
    assert {row["type"] for row in rows} == {"holiday", "makeup"}
    assert all(row["name"] and row["source"] for row in rows)
    assert [row["date"] for row in rows] == sorted({row["date"] for row in rows})


def test_a_year_the_file_lacks_is_unknown_not_without_holidays() -> None:
    calendar = HolidayCalendar(frozenset({date(2026, 1, 1)}), frozenset(), frozenset({2026}))
    assert calendar.is_holiday(date(2026, 1, 2)) is False
    assert calendar.is_holiday(date(2027, 1, 1)) is None
    assert calendar.is_makeup_day(date(2027, 1, 2)) is None


def test_bad_lines_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "date,name,type,source\n2026-01-01,元旦,holiday,x\n2026-13-01,元旦,holiday,x\n"
        "2026-01-02,元旦,feast,x\n2026-01-01,元旦,makeup,x\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidDataError) as caught:
        read_holidays(path)
    assert [(problem.where, problem.field) for problem in caught.value.problems] == [
        ("mine.csv line 3", "date"), ("mine.csv line 4", "type"), ("mine.csv line 5", "date"),
    ]  # fmt: skip


def test_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("date,name,source\n2026-01-01,元旦,x\n", encoding="utf-8")
    with pytest.raises(InvalidDataError, match="field type"):
        read_holidays(path)
