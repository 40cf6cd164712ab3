"""Figures and the metrics of the register and of access, by hand where the toy city has no case for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.access_metrics import percentile
from geo.metrics import Figure, Metric, share, share_of
from geo.register_metrics import (
    compliance_metric,
    freshness_metric,
    long_hours_metric,
    on_map_metric,
    station_counts,
    use_metric,
)
from geo.stations import Station, stations_to_frame

WEEK = date(2026, 11, 23)


def station(name: str, **fields: Any) -> Station:
    return Station.model_validate({"id": name, "name": name, **fields})


def line(metric: Metric, key: str) -> Figure:
    return next(figure for figure in metric.figures if figure.key == key)


def parts(metric: Metric, key: str) -> tuple[float | None, float | None]:
    return line(metric, key).numerator, line(metric, key).denominator


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_all_of_it_is_one_and_none_is_nought_in_whatever_order_it_was_summed(
    amounts: list[float], random: Any
) -> None:
    shuffled = random.sample(amounts, len(amounts))
    assert share_of(sum(shuffled), sum(amounts)) == 1.0
    assert share_of(sum(amounts) - sum(shuffled), sum(amounts)) == 0.0
    assert share_of(min(amounts), sum(amounts) + min(amounts)) == pytest.approx(
        min(amounts) / (sum(amounts) + min(amounts)), rel=1e-12
    )


def test_a_share_of_nothing_is_null_with_its_reason() -> None:
    empty = share("s", "占比", "share", 0, 0, why_not="没有")
    assert (empty.value, empty.reason, empty.denominator) == (None, "没有", 0.0)
    full = share("s", "占比", "share", 3, 4, why_not="没有")
    assert (full.value, full.reason, full.unit) == (0.75, None, "share")


def test_counts_by_every_word() -> None:
    frame = stations_to_frame(
        [
            station("1", ownership="union_built", host_type="bank", level="star_3", street="甲"),
            station("2", ownership="union_built", street="甲"),
            station("3", ownership="integrated", street=None),
            station("4", status="planned", ownership="integrated", street="甲"),
        ]
    )
    found = station_counts(frame)
    assert found.headline.value == 3
    keys = (
        "ownership.union_built",
        "ownership.integrated",
        "host_type.bank",
        "host_type.unknown",
        "level.star_3",
    )
    assert [line(found, key).value for key in keys] == [2, 1, 1, 2, 1]
    assert [line(found, key).value for key in ("street.甲", "street.未填")] == [2, 1]
    assert [line(found, key).value for key in ("status.operating", "status.planned")] == [3, 1]
    assert line(found, "no_location").value == 4


def test_on_the_map_and_pins() -> None:
    day = date(2026, 11, 1)
    frame = stations_to_frame(
        [
            station("1", on_map={"amap": {"id": "B1", "checked_on": day, "pin_error_m": 50}}),
            station(
                "2",
                on_map={"baidu": {"id": "B2", "pin_error_m": 51}, "amap": {"id": None, "checked_on": day}},
            ),
            station("3", on_map={"amap": {"id": None, "checked_on": day}}),
            station("4"),
            station("5", status="retired", on_map={"amap": {"id": "B5"}}),
        ]
    )
    found = on_map_metric(frame)
    assert parts(found, "listed") == (2, 4)
    assert parts(found, "stated") == (3, 4)
    assert parts(found, "pin") == (1, 2)
    assert found.benchmarks[0].value == 0.80


@pytest.mark.parametrize(
    ("hours", "kind"),
    [
        ("24/7", "24h"),
        ("Mo-Fr 08:00-20:00", "extended"),
        ("Mo-Fr 08:00-19:45", None),
        ("Mo-Th 06:00-22:00", None),  # long, but on four days only
        ("Mo-Su 08:00-20:00", "extended"),
    ],
)
def test_long_hours(hours: str, kind: str | None) -> None:
    found = long_hours_metric(stations_to_frame([station("1", hours=hours), station("2")]), WEEK)
    assert parts(found, "24h") == (float(kind == "24h"), 2)
    assert parts(found, "extended") == (float(kind == "extended"), 2)
    assert parts(found, "known") == (1, 2)


def test_use_counts_only_dated_visits() -> None:
    frame = stations_to_frame(
        [
            station(
                "1", visits=[{"period": "2024-02", "count": 58}, {"period": "开站以来", "count": 500_000}]
            ),
            station("2", visits=[{"period": "2024", "count": 732}]),
            station("3"),
        ]
    )
    found = use_metric(frame)
    # 2024 is a leap year: 29 days of February and 366 of the year
    assert parts(found, "visits") == (790, 395)
    assert line(found, "visits").value == 2.0
    assert line(found, "low.1").value == 2.0
    undated = use_metric(stations_to_frame([station("1", visits=[{"period": "2024-13", "count": 5}])]))
    assert (line(undated, "visits").value, line(undated, "visits").reason) == (None, "服务人次没有写明年或月")
    none = use_metric(stations_to_frame([station("1")]))
    assert line(none, "visits").reason == "登记表没有带时段的服务人次"


def test_fresh_facts_count_from_ninety_days_ago() -> None:
    fresh, stale = date(2026, 8, 25), date(2026, 8, 24)  # 90 and 91 days before the 23rd of November
    frame = stations_to_frame(
        [
            station("1", hours="24/7", hours_confirmed_on=fresh),
            station("2", hours="24/7", hours_confirmed_on=stale),
            station("3", location=(109.0, 34.3), location_checked_on=fresh),
            station(
                "4", amenities={"aed": {"value": "no", "checked_on": fresh}, "seat": {"value": "unknown"}}
            ),
            station("5", services={"legal": {"value": "yes"}}),
        ]
    )
    found = freshness_metric(frame, WEEK, None)
    assert parts(found, "fresh") == (3, 5)
    assert line(found, "answered").reason == "没有保存报错记录"
    assert line(freshness_metric(frame, WEEK, (0, 0)), "answered").reason == "还没有收到报错"
    assert parts(freshness_metric(frame, WEEK, (1, 2)), "answered") == (1, 2)


def test_an_empty_register_gives_nulls_with_reasons() -> None:
    frame = stations_to_frame([])
    found = [long_hours_metric(frame, WEEK), freshness_metric(frame, WEEK, None), compliance_metric([])]
    found += [on_map_metric(frame), use_metric(frame)]
    for metric in found:
        assert all(figure.value is None and figure.reason for figure in metric.figures)
    assert station_counts(frame).headline.value == 0


def test_percentile_by_hand() -> None:
    values, weights = np.array([30.0, 10.0, 20.0, 99.0]), np.array([1.0, 8.0, 1.0, 0.0])
    # a tenth each: 10 holds eight, 20 the ninth, 30 the last; 99 weighs nothing
    assert [percentile(values, weights, part) for part in (0.5, 0.8, 0.81, 0.9, 0.91, 1.0)] == [
        10,
        10,
        20,
        20,
        30,
        30,
    ]
    assert percentile(values, np.zeros(4), 0.9) is None


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=20), st.integers(1, 100)
)
def test_percentile_against_repeating_each_value(pairs: list[tuple[int, int]], part: int) -> None:
    repeated = sorted(value for value, weight in pairs for _ in range(weight))
    found = percentile(
        np.array([v for v, _ in pairs], dtype=float), np.array([w for _, w in pairs], dtype=float), part / 100
    )
    if not repeated:
        assert found is None
    else:
        # the smallest value at which the running count times 100 reaches part x all
        expected = next(v for n, v in enumerate(repeated, start=1) if n * 100 >= part * len(repeated))
        assert found == expected
