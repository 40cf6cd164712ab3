"""Opening hours: hand-worked cases of 2025-2027, what the package does wrong, and properties."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import opening_hours as package
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidDataError, InvalidParameterError
from geo.holidays import HolidayCalendar
from geo.open_state import OpenState, open_state
from geo.opening_hours import Interval, OpeningHours

XIAN = ZoneInfo("Asia/Shanghai")
OFFICE = "Mo-Fr 09:00-17:00; PH off"


def at(text: str) -> datetime:
    """Return a wall-clock time: ``at("2026-10-01 10:00")``."""
    return datetime.fromisoformat(text)


def is_open(text: str | None, when: str) -> bool | None:
    return OpeningHours.parse(text).is_open(at(when))


# 2026-09-28 is a Monday. National Day: Thu 1 Oct - Wed 7 Oct; Sat 10 Oct is worked. No holiday 9-31 Mar.
@pytest.mark.parametrize(
    ("text", "when", "expected"),
    [
        ("Mo-Fr 09:00-17:00", "2026-03-10 09:00", True),
        ("Mo-Fr 09:00-17:00", "2026-03-10 08:59", False),
        ("Mo-Fr 09:00-17:00", "2026-03-10 16:59:59", True),
        ("Mo-Fr 09:00-17:00", "2026-03-10 17:00", False),
        ("Mo-Fr 09:00-17:00", "2026-03-14 10:00", False),
        # lunch break
        ("08:00-12:00,14:30-17:30", "2026-03-10 13:00", False),
        ("08:00-12:00,14:30-17:30", "2026-03-10 14:30", True),
        ("08:00-18:00; 12:00-14:00 off", "2026-03-10 13:00", False),
        ("08:00-18:00; 12:00-14:00 off", "2026-03-10 14:00", True),
        # over midnight, three spellings
        ("22:00-06:00", "2026-03-10 03:00", True),
        ("22:00-06:00", "2026-03-10 06:00", False),
        ("22:00-26:00", "2026-03-10 01:59", True),
        ("22:00-26:00", "2026-03-10 02:00", False),
        ("20:00-24:00", "2026-03-10 23:59", True),
        ("20:00-24:00", "2026-03-11 00:00", False),
        ("Fr 22:00-02:00", "2026-03-14 01:00", True),
        ("Fr 22:00-02:00", "2026-03-13 01:00", False),
        # the night of Friday runs on although Saturday has its own rule (the package cuts it)
        ("Fr 22:00-02:00; Sa 10:00-18:00", "2026-03-14 01:00", True),
        # off is never 24 h
        ("off", "2026-03-10 12:00", False),
        ("closed", "2026-03-10 12:00", False),
        ("24/7 off", "2026-03-10 12:00", False),
        ("Mo-Fr 09:00-17:00; We off", "2026-03-11 10:00", False),
        ("24/7", "2026-03-10 03:00", True),
        ("24/7; PH off", "2026-10-03 12:00", False),
        # seasons, weeks, dates: 2026-03-10 is in ISO week 11, and the second Tuesday of March
        ("May-Sep 08:00-20:00; Oct-Apr 09:00-17:00", "2026-07-01 19:00", True),
        ("May-Sep 08:00-20:00; Oct-Apr 09:00-17:00", "2026-12-01 19:00", False),
        ("week 11 Tu 10:00-12:00", "2026-03-10 11:00", True),
        ("week 12 Tu 10:00-12:00", "2026-03-10 11:00", False),
        ("Tu[2] 10:00-12:00", "2026-03-10 11:00", True),
        ("Tu[1] 10:00-12:00", "2026-03-10 11:00", False),
        ("2026 Mar 10 10:00-12:00", "2026-03-10 11:00", True),
        ("2026 Mar 10 10:00-12:00", "2027-03-10 11:00", False),
        ("Mar Su[-1]-Oct Su[-1] 09:00-18:00", "2026-07-01 10:00", True),
        ("Mar Su[-1]-Oct Su[-1] 09:00-18:00", "2026-03-10 10:00", False),
        # a comma adds, a semicolon replaces
        ("Mo-Fr 08:00-12:00, We 14:00-18:00", "2026-03-11 09:00", True),
        ("Mo-Fr 08:00-12:00; We 14:00-18:00", "2026-03-11 09:00", False),
        # unknown
        (None, "2026-03-10 12:00", None),
        ("unknown", "2026-03-10 12:00", None),
        ("08:00-18:00 unknown", "2026-03-10 12:00", None),
        ("08:00-18:00 unknown", "2026-03-10 19:00", False),
        ("08:00-18:00, Mo-Su 12:00-13:00 unknown", "2026-03-10 12:30", None),
        ("08:00-18:00, Mo-Su 12:00-13:00 unknown", "2026-03-10 13:00", True),
        # a comment alone is unknown (the package says open); with "open" it is open
        ('"ask the guard"', "2026-03-10 12:00", None),
        ('08:00-18:00 "ask; guard, or || phone"', "2026-03-10 12:00", None),
        ('08:00-18:00 open "side door"', "2026-03-10 12:00", True),
        ('08:00-18:00 closed "repair"', "2026-03-10 12:00", False),
        # a fallback fills what the rules leave closed, minute by minute
        ('Mo-Fr 09:00-17:00 || "by phone"', "2026-03-10 12:00", True),
        ('Mo-Fr 09:00-17:00 || "by phone"', "2026-03-10 20:00", None),
        ('Mo-Fr 09:00-17:00 || "by phone"', "2026-03-14 12:00", None),
        # open end, points in time and the sun: the end is not known
        ("09:00+", "2026-03-10 10:00", None),
        ("09:00-12:00+", "2026-03-10 10:00", True),
        ("09:00-12:00+", "2026-03-10 13:00", None),
        ("10:00-16:00/30", "2026-03-10 10:15", None),
        ("sunrise-sunset", "2026-03-10 12:00", None),
    ],
)  # fmt: skip
def test_state(text: str | None, when: str, expected: bool | None) -> None:
    assert is_open(text, when) is expected


@pytest.mark.parametrize(
    ("text", "when", "expected"),
    [
        # every day of the festival, not only the first as in the package
        *((OFFICE, f"2026-10-{day:02} 10:00", False) for day in range(1, 8)),
        (OFFICE, "2026-09-30 10:00", True),
        (OFFICE, "2026-10-08 10:00", True),
        *((OFFICE, f"2026-02-{day} 10:00", False) for day in (16, 17, 18, 19, 20, 23)),
        (OFFICE, "2026-02-13 10:00", True),
        (OFFICE, "2026-02-24 10:00", True),
        (OFFICE, "2025-01-28 10:00", False),  # 除夕, a holiday since 2025
        (OFFICE, "2025-10-08 10:00", False),  # 2025 ran to the 8th
        # without PH, weekday rules hold on holidays as written
        ("Mo-Fr 09:00-17:00", "2026-10-01 10:00", True),
        # holiday hours, alone and beside weekdays; 3 and 4 Oct are Saturday and Sunday
        ("Mo-Fr 09:00-17:00; PH 10:00-12:00", "2026-10-01 09:30", False),
        ("Mo-Fr 09:00-17:00; PH 10:00-12:00", "2026-10-03 11:00", True),
        ("Sa,Su,PH 10:00-12:00", "2026-10-01 11:00", True),
        ("Sa,Su,PH 10:00-12:00", "2026-09-30 11:00", False),
        # PH Sa = holidays that fall on a Saturday (the package reads a comma)
        ("PH Sa 10:00-12:00", "2026-10-03 11:00", True),
        ("PH Sa 10:00-12:00", "2026-10-01 11:00", False),
        ("PH Sa 10:00-12:00", "2026-10-17 11:00", False),
        # the day before and after a holiday
        ("09:00-17:00; PH -1 day off", "2026-09-30 10:00", False),
        ("09:00-17:00; PH +1 day off", "2026-10-08 10:00", False),
        ("09:00-17:00; PH +1 day off", "2026-10-09 10:00", True),
        # in a season only
        ("09:00-17:00; Jan-Mar PH off", "2026-02-17 10:00", False),
        ("09:00-17:00; Jan-Mar PH off", "2026-10-01 10:00", True),
        # nights: a holiday's night runs on; nothing runs out of a day that is off
        ("PH 22:00-02:00", "2026-10-08 01:00", True),
        ("PH 22:00-02:00", "2026-10-01 01:00", False),
        ("22:00-06:00; PH off", "2026-10-08 03:00", False),
        ("22:00-06:00; PH off", "2026-10-08 23:00", True),
        ("22:00-06:00; PH off", "2026-10-01 03:00", False),
        # an explicit date beats the holiday before it
        ("09:00-17:00; PH off; 2026 Oct 05 10:00-12:00", "2026-10-05 11:00", True),
    ],
)
def test_public_holidays(text: str, when: str, expected: bool) -> None:
    assert is_open(text, when) is expected


MAKEUP = "2026-10-10"  # a Saturday, worked


@pytest.mark.parametrize(
    ("text", "clock", "expected"),
    [
        ("Mo-Fr 09:00-17:00", "10:00", None),
        (OFFICE, "10:00", None),
        ("Mo-Fr 09:00-17:00; Sa,Su off", "10:00", None),
        ("Sa,Su 09:00-17:00", "10:00", None),
        # closed on working days and on Saturdays alike
        ("Mo-Fr 09:00-17:00", "20:00", False),
        # as Saturday 09-12, as a working day 09-17: only the morning is sure
        ("Mo-Fr 09:00-17:00; Sa 09:00-12:00", "10:00", True),
        ("Mo-Fr 09:00-17:00; Sa 09:00-12:00", "15:00", None),
        # no weekday is spoken of
        ("09:00-17:00", "10:00", True),
        ("Mo-Su 09:00-17:00", "10:00", True),
        ("24/7", "10:00", True),
        ("09:00-17:00; PH off", "10:00", True),
        # the text says so
        ("Mo-Fr 09:00-17:00; 2026 Oct 10 09:00-12:00", "10:00", True),
        ("Mo-Fr 09:00-17:00; 2026 Oct 10 09:00-12:00", "15:00", False),
        ("Mo-Fr 09:00-17:00; 2026 Oct 10 off", "10:00", False),
        ('Mo-Fr 09:00-17:00 open "含调休上班日"', "10:00", True),
        ('Mo-Fr 09:00-17:00 "含调休上班日"', "10:00", True),
        ('Mo-Fr 09:00-17:00 "含调休上班日，请预约"', "10:00", None),
        # ... but not for which weekday it stands
        ('Mo 09:00-17:00 open "含调休上班日"', "10:00", None),
    ],
)
def test_makeup_days(text: str, clock: str, expected: bool | None) -> None:
    assert is_open(text, f"{MAKEUP} {clock}") is expected


def test_a_night_into_and_out_of_a_makeup_day() -> None:
    text = "Mo-Fr 22:00-02:00"
    assert is_open(text, "2026-10-10 01:00") is True  # Friday's night
    assert is_open(text, "2026-10-10 23:00") is None
    assert is_open(text, "2026-10-11 01:00") is None
    assert is_open(text, "2026-10-11 03:00") is False


@pytest.mark.parametrize(
    ("text", "when", "expected"),
    [
        (OFFICE, "2027-03-10 10:00", None),  # a Wednesday, a holiday for all we know
        (OFFICE, "2027-03-10 20:00", False),
        (OFFICE, "2027-03-13 10:00", False),  # Saturday
        ("Mo-Fr 09:00-17:00; PH 10:00-12:00", "2027-03-10 11:00", True),
        ("Mo-Fr 09:00-17:00; PH 10:00-12:00", "2027-03-10 14:00", None),
        ("PH 10:00-12:00", "2027-10-01 11:00", None),
        ("Mo-Fr 09:00-17:00", "2027-03-10 10:00", True),  # without PH all is known
        ("24/7; PH off", "2027-03-10 10:00", None),
        ("24/7; PH off", "2003-12-31 23:00", None),  # before the file begins
        ("09:00-17:00; SH off", "2026-03-10 10:00", None),  # school holidays: no calendar at all
        ("09:00-17:00; SH off", "2026-03-10 20:00", False),
    ],
)
def test_years_without_a_calendar_make_holiday_rules_unknown(
    text: str, when: str, expected: bool | None
) -> None:
    assert is_open(text, when) is expected


def test_what_the_package_does_alone_and_why_it_is_not_asked() -> None:
    """Pins the package's behaviour, so that a new version that changes it is noticed."""
    china = package.OpeningHours("24/7; PH off", country="CN")
    noon = [datetime.combine(date(2026, 10, day), time(12)) for day in range(1, 8)]
    assert [china.is_open(day) for day in noon] == [False, True, True, True, True, True, True]
    assert package.OpeningHours("Mo-Fr 09:00-17:00", country="CN").is_closed(at("2026-10-10 10:00"))
    assert package.OpeningHours("unknown").is_open(at("2026-03-10 12:00")) is False
    assert package.OpeningHours('"ask"').is_open(at("2026-03-10 12:00"))
    assert package.OpeningHours("   ").is_open(at("2026-03-10 12:00"))
    assert package.OpeningHours("SH 10:00-12:00").next_change(at("2026-03-10 12:00")) is None
    assert package.OpeningHours("24/7").next_change(at("2026-03-10 12:00")) is None
    with pytest.raises(TypeError, match="key"):
        package.OpeningHours("24/7").is_open(datetime(2026, 3, 10, tzinfo=UTC))


@pytest.mark.parametrize("when", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
def test_instants_at_the_ends_of_time_are_refused(when: datetime) -> None:
    with pytest.raises(InvalidParameterError, match="year"):
        open_state(OpeningHours.parse(OFFICE), when)


@pytest.mark.parametrize(
    "text", ["", "   ", "bad", "Mo-Fr 9:00—17:30", "Mo-Fr 25:00-26:00", "ph off", "10:00"]
)
def test_bad_text_names_text_and_field(text: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        OpeningHours.parse(text)
    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("hours", text)


@pytest.mark.parametrize("text", [5, 0, b"Mo-Fr 09:00-17:00", 9.5, ["24/7"], {}, True])
def test_what_is_no_text_is_refused_by_value(text: Any) -> None:
    with pytest.raises(InvalidParameterError, match="must be a text") as caught:
        OpeningHours.parse(text)
    assert (caught.value.name, caught.value.value) == ("hours", text)


def test_bad_text_names_the_column() -> None:
    with pytest.raises(InvalidDataError, match="column 7"):
        OpeningHours.parse("Mo-Fr 25:00-26:00")


def test_text_is_kept_as_given() -> None:
    text = "mo-fr 9:00-17:00;  PH  off".replace("  ", " ")
    assert OpeningHours.parse(text).text == text
    assert OpeningHours.parse(None).text is None


def test_aware_times_are_converted_to_the_stations_zone() -> None:
    hours = OpeningHours.parse("Mo-Fr 09:00-17:00")
    # 02:00 UTC = 10:00 in Xi'an; 22:00 on Monday in New York (EDT) = 10:00 on Tuesday
    assert hours.is_open(datetime(2026, 3, 10, 2, tzinfo=UTC)) is True
    assert hours.is_open(datetime(2026, 3, 9, 22, tzinfo=ZoneInfo("America/New_York"))) is True
    assert hours.is_open(datetime(2026, 3, 10, 10, tzinfo=UTC)) is False
    change = hours.next_change(datetime(2026, 3, 10, 2, tzinfo=UTC))
    assert change == datetime(2026, 3, 10, 17, tzinfo=XIAN)
    assert hours.next_change(at("2026-03-10 02:00")) == at("2026-03-10 09:00")
    elsewhere = OpeningHours.parse("Mo-Fr 09:00-17:00", timezone=ZoneInfo("Europe/Paris"))
    assert elsewhere.is_open(datetime(2026, 3, 10, 2, tzinfo=UTC)) is False


@pytest.mark.parametrize(
    ("text", "when", "expected"),
    [
        ("Mo-Fr 09:00-17:00", "2026-03-10 10:00", "2026-03-10 17:00"),
        ("Mo-Fr 09:00-17:00", "2026-03-13 17:00", "2026-03-16 09:00"),
        (OFFICE, "2026-09-30 17:00", "2026-10-08 09:00"),
        (OFFICE, "2026-10-09 17:00", "2026-10-10 09:00"),  # becomes unknown on the make-up day
        ("08:00-12:00,12:00-18:00", "2026-03-10 09:00", "2026-03-10 18:00"),  # touching spans are one
        ("20:00-24:00, 00:00-02:00", "2026-03-10 21:00", "2026-03-11 02:00"),
        ("24/7", "2026-03-10 10:00", None),
        ("off", "2026-03-10 10:00", None),
        (None, "2026-03-10 10:00", None),
        ("24/7; PH off", "2026-12-01 10:00", "2027-01-01 00:00"),  # from there on unknown
        ("2020 Mo-Fr 09:00-17:00", "2026-03-10 10:00", None),  # long past
    ],
)
def test_next_change(text: str | None, when: str, expected: str | None) -> None:
    answer = OpeningHours.parse(text).next_change(at(when))
    assert answer == (None if expected is None else at(expected))


def test_intervals_cover_the_range_and_touch() -> None:
    found = OpeningHours.parse(OFFICE).intervals(at("2026-10-08 12:00"), at("2026-10-10 18:30"))
    assert found == (
        Interval(at("2026-10-08 12:00"), at("2026-10-08 17:00"), True),
        Interval(at("2026-10-08 17:00"), at("2026-10-09 09:00"), False),
        Interval(at("2026-10-09 09:00"), at("2026-10-09 17:00"), True),
        Interval(at("2026-10-09 17:00"), at("2026-10-10 09:00"), False),
        Interval(at("2026-10-10 09:00"), at("2026-10-10 17:00"), None),
        Interval(at("2026-10-10 17:00"), at("2026-10-10 18:30"), False),
    )
    assert OpeningHours.parse(OFFICE).intervals(at("2026-10-08 12:00"), at("2026-10-08 12:00")) == ()


def test_week_bitmap_of_a_hand_counted_week() -> None:
    hours = OpeningHours.parse("Mo-Fr 08:00-12:00,14:00-18:00; Sa 09:00-12:00; PH off")
    plain = hours.week_bitmap(date(2026, 3, 9))
    assert plain.shape == (672,)
    assert int(plain.sum()) == 5 * 32 + 12
    assert not hours.week_unknown_bitmap(date(2026, 3, 9)).any()
    # 5-11 Oct: Mo-We holiday, Th and Fr open, Sa worked: 09-12 open either way, 08-09 and 14-18 unknown
    national_day = hours.week_bitmap(date(2026, 10, 5))
    assert int(national_day.sum()) == 2 * 32 + 12
    assert int(hours.week_unknown_bitmap(date(2026, 10, 5)).sum()) == 4 + 16
    assert not national_day[: 3 * 96].any()
    with pytest.raises(ValueError, match="read-only"):
        plain[0] = True


CLOCK = st.integers(0, 95).map(lambda quarter: quarter * 15)
SPAN = st.tuples(CLOCK, CLOCK).filter(lambda span: span[0] != span[1])
DAYS = st.sampled_from(["", "Mo-Fr ", "Sa,Su ", "We ", "Mo-Su ", "PH ", "Sa,Su,PH ", "Oct 01-07 ", "Fr-Mo "])
KIND = st.sampled_from(["", "", " off", " unknown", ' "ask"'])


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw an opening_hours text of one to three rules."""
    rules = []
    for _ in range(draw(st.integers(1, 3))):
        start, end = draw(SPAN)
        rules.append(f"{draw(DAYS)}{clock(start)}-{clock(end)}{draw(KIND)}")
    return draw(st.sampled_from(["; ", ", ", " || "])).join(rules)


MONDAYS = st.sampled_from([date(2026, 3, 9), date(2026, 2, 9), date(2026, 10, 5), date(2027, 1, 4)])


@settings(max_examples=60, deadline=None)
@given(texts(), MONDAYS)
def test_bitmap_equals_is_open_at_each_quarter(text: str, monday: date) -> None:
    hours = OpeningHours.parse(text)
    start = datetime.combine(monday, time())
    states = [hours.is_open(start + timedelta(minutes=15 * quarter)) for quarter in range(672)]
    assert hours.week_bitmap(monday).tolist() == [state is True for state in states]
    assert hours.week_unknown_bitmap(monday).tolist() == [state is None for state in states]


@settings(max_examples=60, deadline=None)
@given(texts(), MONDAYS, st.integers(0, 7 * 1440))
def test_next_change_and_intervals_agree_with_is_open(text: str, monday: date, minute: int) -> None:
    hours = OpeningHours.parse(text)
    start = datetime.combine(monday, time()) + timedelta(minutes=minute)
    found = hours.intervals(start, start + timedelta(days=3))
    assert (found[0].start, found[-1].end) == (start, start + timedelta(days=3))
    for one, following in itertools.pairwise(found):
        assert one.end == following.start
        assert one.is_open is not following.is_open
        assert hours.next_change(one.start) == one.end
    for one in found:
        assert hours.is_open(one.start) is one.is_open
        assert hours.is_open(one.end - timedelta(minutes=1)) is one.is_open


@settings(max_examples=60, deadline=None)
@given(SPAN, DAYS.filter(lambda days: "PH" not in days and "Oct" not in days))
def test_one_rule_without_holidays_is_what_the_package_says(span: tuple[int, int], days: str) -> None:
    text = f"{days}{clock(span[0])}-{clock(span[1])}"
    theirs = package.OpeningHours(text, auto_country=False)
    start = at("2026-03-09 00:00")
    expected = [theirs.is_open(start + timedelta(minutes=15 * quarter)) for quarter in range(672)]
    assert OpeningHours.parse(text).week_bitmap(start.date()).tolist() == expected


SELECTORS = st.sampled_from(
    ["", "Mo-Fr ", "Sa ", "Mo[1] ", "Tu[2] ", "Jan-Mar ", "2026 Mar 10 ", "Mar 08-Mar 12 ", "week 11 Mo,We "]
)
STRETCH = SPAN.map(sorted).map(lambda span: f"{clock(span[0])}-{clock(span[1])}")
DAY_RULE = st.builds("{}{}{}".format, SELECTORS, STRETCH, st.sampled_from(["", " off", " unknown"]))


@settings(max_examples=80, deadline=None)
@given(st.lists(DAY_RULE, min_size=2, max_size=4), st.sampled_from(["; ", ", "]))
def test_rules_within_the_day_combine_as_in_the_package(rules: list[str], separator: str) -> None:
    text = separator.join(rules)
    ours, theirs = OpeningHours.parse(text), package.OpeningHours(text, auto_country=False)
    for step in range(0, 8 * 48):
        when = at("2026-03-06 00:00") + timedelta(minutes=30 * step)
        assert ours.state(when) == str(theirs.state(when)[0]), when


@settings(max_examples=60, deadline=None)
@given(SPAN)
def test_over_midnight_is_symmetrical(span: tuple[int, int]) -> None:
    """A span and the span from its end to its start share no minute and fill the day."""
    forth = OpeningHours.parse(f"{clock(span[0])}-{clock(span[1])}").week_bitmap(date(2026, 3, 9))
    back = OpeningHours.parse(f"{clock(span[1])}-{clock(span[0])}").week_bitmap(date(2026, 3, 9))
    assert np.array_equal(forth, ~back)


@settings(max_examples=40, deadline=None)
@given(texts(), st.sampled_from(["off", "closed", "00:00-24:00 off", 'off "repair"']), MONDAYS)
def test_off_is_never_open(text: str, off: str, monday: date) -> None:
    for hours in (OpeningHours.parse(off), OpeningHours.parse(f"{text.replace(' || ', '; ')}; {off}")):
        assert not hours.week_bitmap(monday).any()
        assert not hours.week_unknown_bitmap(monday).any()


@settings(max_examples=40, deadline=None)
@given(texts(), st.sampled_from([date(2026, 2, 9), date(2026, 10, 5)]))
def test_knowing_less_never_makes_open_of_closed(text: str, monday: date) -> None:
    """Without a calendar a state may become unknown, and never the opposite, weekends worked aside."""
    bare = HolidayCalendar(frozenset(), frozenset(), frozenset())
    known, unsure = OpeningHours.parse(text), OpeningHours.parse(text, holidays=bare)
    days = slice(0, 5 * 96)  # make-up days are unknown only to those who know of them
    assert not (unsure.week_bitmap(monday) & ~known.week_bitmap(monday))[days].any()
    closed = ~unsure.week_bitmap(monday) & ~unsure.week_unknown_bitmap(monday)
    assert not (closed & known.week_bitmap(monday))[days].any()


@pytest.mark.parametrize(
    ("text", "when", "expected"),
    [
        ("09:00-17:00", "2026-03-10 16:29", OpenState("open", at("2026-03-10 17:00"))),
        ("09:00-17:00", "2026-03-10 16:30", OpenState("closing_soon", at("2026-03-10 17:00"))),
        ("09:00-12:00,12:00-17:00", "2026-03-10 11:45", OpenState("open", at("2026-03-10 17:00"))),
        ("20:00-24:00,00:00-02:00", "2026-03-10 23:45", OpenState("open", at("2026-03-11 02:00"))),
        ("24/7", "2026-03-10 23:45", OpenState("open")),
        (OFFICE, "2026-09-30 18:00", OpenState("closed", opens_at=at("2026-10-08 09:00"))),
        ("09:00-17:00", "2026-03-10 17:00", OpenState("closed", opens_at=at("2026-03-11 09:00"))),
        # on Saturday 10 Oct it may open; it is known to on Monday
        (OFFICE, "2026-10-09 18:00", OpenState("closed", opens_at=at("2026-10-12 09:00"))),
        ("off", "2026-03-10 12:00", OpenState("closed")),
        ("2099 Mo 09:00-17:00", "2026-03-10 12:00", OpenState("closed")),
        (None, "2026-03-10 12:00", OpenState("unknown")),
        (OFFICE, "2026-10-10 12:00", OpenState("unknown")),
        ("09:00-12:00, Mo-Su 12:00-18:00 unknown", "2026-03-10 11:45",
         OpenState("closing_soon", at("2026-03-10 12:00"))),
    ],
)  # fmt: skip
def test_open_state(text: str | None, when: str, expected: OpenState) -> None:
    assert open_state(OpeningHours.parse(text), at(when)) == expected


def test_open_state_of_an_aware_time_answers_in_the_stations_zone() -> None:
    # 08:35 UTC = 16:35 in Xi'an
    state = open_state(OpeningHours.parse("09:00-17:00"), datetime(2026, 3, 10, 8, 35, tzinfo=UTC))
    assert state == OpenState("closing_soon", datetime(2026, 3, 10, 17, tzinfo=XIAN))
    assert state.open_until is not None
    assert state.open_until.utcoffset() == timedelta(hours=8)
