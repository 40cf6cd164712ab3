"""Stations in doubt and masked notes: cases worked out by hand, and the rule by brute force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.report_rules import ReportKind, doubt, masked_note

START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Filed:
    created_at: datetime
    reporter_hash: str | None = "a"
    kind: ReportKind = "locked"
    status: str = "new"


def after(minutes: float = 0, days: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, days=days)


def test_two_people_half_an_hour_apart_put_a_station_in_doubt() -> None:
    reports = [Filed(after(0), "a"), Filed(after(30), "b", "no_water")]
    found = doubt(reports, after(31))
    assert found is not None
    assert (found.people, set(found.kinds)) == (2, {"locked", "no_water"})
    assert (found.last_at, found.until) == (after(30), after(30, 14))


@pytest.mark.parametrize(
    "reports",
    [
        [],
        [Filed(after(0), "a")],
        [Filed(after(0), "a"), Filed(after(29.9), "b")],  # too close
        [Filed(after(0), "a"), Filed(after(60), "a")],  # one sender
        [Filed(after(0), "a"), Filed(after(60), None)],  # a sender nobody knows
        [Filed(after(0), "a"), Filed(after(1, 14), "b")],  # more than 14 days apart
        [Filed(after(0), "a", status="rejected"), Filed(after(60), "b")],  # answered
        [Filed(after(0), "a", status="accepted"), Filed(after(60), "b")],
    ],
)
def test_less_does_not(reports: list[Filed]) -> None:
    assert doubt(reports, after(2, 14)) is None


def test_exactly_14_days_apart_counts_and_the_doubt_ends_14_days_after_the_second() -> None:
    reports = [Filed(after(0), "a"), Filed(after(0, 14), "b")]
    assert doubt(reports, after(0, 14)) is not None
    assert doubt(reports, after(-1, 28)) is not None
    assert doubt(reports, after(0, 28)) is None


def test_a_report_yet_to_come_does_not_count() -> None:
    reports = [Filed(after(0), "a"), Filed(after(60), "b")]
    assert doubt(reports, after(59)) is None
    assert doubt(reports, after(60)) is not None


def test_a_keepers_answer_to_one_of_two_ends_the_doubt() -> None:
    first, second = Filed(after(0), "a"), Filed(after(60), "b")
    answered = Filed(after(0), "a", status="rejected")
    assert doubt([first, second], after(90)) is not None
    assert doubt([answered, second], after(90)) is None


filed = st.builds(
    Filed,
    st.integers(0, 40 * 48).map(lambda halves: after(15 * halves)),
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["locked", "broken"]),
    st.sampled_from(["new", "new", "new", "rejected"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(filed, max_size=8), st.integers(0, 45).map(lambda days: after(0, days)))
def test_the_rule_is_what_every_pair_says(reports: list[Filed], now: datetime) -> None:
    pairs = [
        max(one.created_at, two.created_at)
        for one in reports
        for two in reports
        if one.status == two.status == "new"
        and one.reporter_hash is not None
        and two.reporter_hash is not None
        and one.reporter_hash != two.reporter_hash
        and timedelta(minutes=30) <= abs(one.created_at - two.created_at) <= timedelta(days=14)
        and max(one.created_at, two.created_at) <= now
    ]
    until = max(pairs) + timedelta(days=14) if pairs else None
    found = doubt(reports, now)
    assert (found is not None) == (until is not None and now < until)
    if found is not None:
        assert found.until == until


@pytest.mark.parametrize(
    "number",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 13800138000",
        "0086-138-0013-8000",
        "1 3 8 0 0 1 3 8 0 0 0",
        "１３８００１３８０００",
        "029-83521234",
        "02983521234",
        "(029) 8352 1234",
        "0917-3521234",
        "83521234",
        "400-123-4567",
    ],
)
def test_telephone_numbers_are_masked(number: str) -> None:
    masked = masked_note(f"找老王{number}开门")
    assert masked.startswith("找老王") and masked.endswith("开门") and "***" in masked
    assert not any(char.isdigit() for char in masked)


@pytest.mark.parametrize("text", ["12351 没人接", "8:30-12:00 锁着", "等了 10 分钟", "3 楼 302", "11月20日"])
def test_other_numbers_stay(text: str) -> None:
    assert masked_note(text) == text
