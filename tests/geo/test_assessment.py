"""The one pipeline: every figure of the toy city worked out by hand."""

from __future__ import annotations

import re

import pytest

from geo.assessment import Assessment
from geo.rule_sets import rule_set
from toy_city import (
    A_TO_F_M,
    HOURS,
    NAMES,
    S1_AT,
    TOTAL,
    TOY,
    A,
    C,
    D,
    E,
    F,
    assessed,
    centre,
    figure,
    metres,
    metric,
    ratio,
)


@pytest.fixture(scope="module")
def toy() -> Assessment:
    return assessed(answered=(3, 4))


def test_the_city_is_as_drawn() -> None:
    assert 700 < A_TO_F_M < 1600
    assert metres(S1_AT, centre(A)) < 740 < metres(S1_AT, centre(F)) < 1000
    assert metres(centre(D), centre(E)) < 740
    for one, other in [("A", "B"), ("A", "C"), ("A", "D"), ("B", "C"), ("B", "D"), ("C", "D"), ("D", "F")]:
        assert metres(centre(NAMES[one]), centre(NAMES[other])) > 3000
    assert sum(HOURS.values()) == TOTAL


def test_coverage(toy: Assessment) -> None:
    # A is served 4 of the 14 quarter-hours: 245 x 4/14 = 70; B always: 360; C's hours are unknown: 350
    total = toy.coverage.total
    assert (total.demand, total.demand_covered) == pytest.approx((TOTAL, 430))
    assert total.share_if_unknown_open == pytest.approx(780 / TOTAL)
    streets = {code: (line.demand, line.demand_covered) for code, line in toy.coverage.by_street}
    assert streets["s1"] == pytest.approx((955, 430))
    assert streets["s2"] == (1015, 0)
    assert (toy.demand_basis, toy.demand_unit, toy.areas_basis, toy.travel_basis) == (
        "modelled", "weight", "示意", "estimate",
    )  # fmt: skip


def test_gaps(toy: Assessment) -> None:
    # unserved: D 525, C 350, F 280, E 210, A 175: 1,540 in all, of which 80 % is 1,232.
    # D + C + F = 1,155 is too little, with E 1,365 enough; D and E touch and are one area of 735
    found = [(gap.rank, gap.area.street_code, set(gap.area.cells), gap.unserved) for gap in toy.gaps]
    assert found == [(1, "s2", {D, E}, 735), (2, "s1", {C}, 350), (3, "s2", {F}, 280)]
    first, second, third = toy.gaps
    assert first.area.cells == (D, E)
    assert first.by_cause == {"unknown": 0, "lacks_service": 0, "closed": 735, "nothing_near": 0}
    assert second.by_cause == {"unknown": 350, "lacks_service": 0, "closed": 0, "nothing_near": 0}
    assert third.by_cause == {"unknown": 0, "lacks_service": 0, "closed": 0, "nothing_near": 280}
    assert [gap.main_cause for gap in toy.gaps] == ["closed", "unknown", "nothing_near"]
    assert first.by_window == (("T3", "weekday", 735.0),)
    assert first.by_group[0] == ("courier", 735.0)
    assert first.demand_by_group[0] == ("courier", 735.0)
    assert [amount for _, amount in first.by_group[1:]] == [0.0] * 5
    assert (first.demand, first.missing) == (735.0, ())
    # called by the nearest named place; the centre is weighted by unserved demand
    assert [gap.place for gap in toy.gaps] == ["示例桥", toy.gaps[1].place, "示例银行"]
    assert first.lon == pytest.approx((525 * centre(D)[0] + 210 * centre(E)[0]) / 735)
    nearest = min((metres(centre(D), s.location), s.id) for s in TOY if s.location and s.id != "S4")
    assert first.nearest is not None
    assert first.nearest.station_id == nearest[1]
    assert first.nearest.distance_m == pytest.approx(nearest[0])
    assert first.nearest.travel_min == pytest.approx(nearest[0] * 1.35 / 1.11 / 60)
    assert second.nearest is not None
    assert (second.nearest.station_id, second.nearest.distance_m) == ("S3", 0.0)


def test_improvements_follow_from_the_causes(toy: Assessment) -> None:
    assert [(a.gap_rank, a.kind, a.target, a.detail, a.gain) for a in toy.improvements] == [
        (1, "reopen", "S4", ("T3/weekday",), 735.0),
        (2, "verify", "S3", ("hours",), 350.0),
        (2, "map_and_sign", "S3", ("sign",), None),
        (3, "partner", "示例银行", (), 280.0),
    ]


def test_metric_1_stations(toy: Assessment) -> None:
    assert ratio(toy, 1, "operating") == (3, None)
    assert ratio(toy, 1, "operating_share") == (3, 5)
    assert figure(toy, 1, "status.trial").value == 1
    assert figure(toy, 1, "status.temporarily_closed").value == 1
    assert figure(toy, 1, "ownership.unknown").value == 3
    assert figure(toy, 1, "no_location").value == 0


def test_metric_2_compliance(toy: Assessment) -> None:
    # serving: S1, S2, S3, S5. 八有: S2 fails the appliances (its water is broken), S3 the sign; nothing else
    # of 4 x 8 is known. 六有: S2 fails the facilities (no water at all), S3 the sign; the layout (advised) is
    # known of all 4, nothing else of 4 x 6
    assert ratio(toy, 2, "xian-8.pass") == (0, 4)
    assert ratio(toy, 2, "xian-8.fail") == (2, 4)
    assert ratio(toy, 2, "xian-8.known") == (2, 32)
    assert ratio(toy, 2, "xian-8.fail.sign") == (1, 4)
    assert ratio(toy, 2, "acftu-6.fail") == (2, 4)
    assert ratio(toy, 2, "acftu-6.known") == (6, 24)
    # S1 and S3 stand alone, S2 and S5 50 m apart
    assert ratio(toy, 2, "acftu-6.fail.layout") == (2, 4)
    assert metric(toy, 2).headline.key == "xian-8.pass"
    assert {b.source for b in metric(toy, 2).benchmarks} == {
        rule_set(n).source for n in ("xian-8", "acftu-6")
    }


def test_metric_3_coverage(toy: Assessment) -> None:
    assert ratio(toy, 3, "walk") == pytest.approx((430, TOTAL))
    assert ratio(toy, 3, "if_unknown_open") == pytest.approx((780, TOTAL))
    # the radius adds F, 900 m from S1, for 4 of 14 quarter-hours: 280 x 4/14 = 80
    assert ratio(toy, 3, "radius") == pytest.approx((510, TOTAL))
    assert ratio(toy, 3, "group.courier") == pytest.approx((280, 1820))
    assert ratio(toy, 3, "group.sanitation") == pytest.approx((150, 150))
    assert figure(toy, 3, "group.driver").value is None
    assert figure(toy, 3, "group.driver").reason


def test_metric_4_twice(toy: Assessment) -> None:
    # S5 stands beside S2 for 7 of the 14 quarter-hours: 175 x 7/14
    assert ratio(toy, 4, "twice") == pytest.approx((87.5, TOTAL))


def test_metric_5_windows(toy: Assessment) -> None:
    # weekday midday: 102 couriers, of whom 14 x 4/14 + 10 are served
    assert ratio(toy, 5, "T3.weekday") == pytest.approx((14, 102))
    assert ratio(toy, 5, "midday_gap") == pytest.approx((88, 102))
    # nights: 10 sanitation workers for the three hours of T6, all served by S2
    assert ratio(toy, 5, "night_gap") == pytest.approx((0, 30))
    assert ratio(toy, 5, "T3.weekend") == pytest.approx((5, 5))
    assert figure(toy, 5, "T1.weekday").value is None
    assert len(metric(toy, 5).figures) == 2 + 14


def test_metric_6_services(toy: Assessment) -> None:
    # water: S1 for A (70), S5 for B on weekdays, 175 x 7/14 = 87.5; S2's is broken
    assert ratio(toy, 6, "water") == pytest.approx((157.5, TOTAL))
    assert ratio(toy, 6, "aed") == (0, TOTAL)
    assert [line.key for line in metric(toy, 6).figures] == [
        "water", "hot_meal", "seat", "toilet", "cooling", "charging", "aed",
    ]  # fmt: skip


def test_metric_7_distance(toy: Assessment) -> None:
    serving = [row.location for row in TOY if row.id != "S4" and row.location]
    away = {name: min(metres(centre(NAMES[name]), at) for at in serving) for name in HOURS}
    assert (away["B"], away["C"], away["F"]) == pytest.approx((0, 0, 900), abs=1e-6)
    total = sum(HOURS[name] * away[name] for name in HOURS)
    assert ratio(toy, 7, "mean") == pytest.approx((total, TOTAL))
    assert ratio(toy, 7, "mean_min") == pytest.approx((total * 1.35 / 1.11 / 60, TOTAL))
    # 90 % of 1,970 is 1,773: all but D or E hold at most 1,760, so it is the farther of the two
    assert figure(toy, 7, "p90").value == pytest.approx(max(away["D"], away["E"]))
    assert figure(toy, 7, "p90_min").value == pytest.approx(max(away["D"], away["E"]) * 1.35 / 1.11 / 60)
    far = 525 * away["D"] + 210 * away["E"] + 280 * 900
    assert ratio(toy, 7, "street.s2") == pytest.approx((far, 1015))
    assert ratio(toy, 7, "street.s1") == pytest.approx((245 * away["A"], 955))
    streets = [line.key for line in metric(toy, 7).figures if line.key.startswith("street")]
    assert streets == ["street.s2", "street.s1"]
    # no station's record names a street here: the code stands for the name until the areas tell it
    assert figure(toy, 7, "street.s2").zh == "最远街道：s2"
    named = assessed(street_names={"s2": "二街"})
    assert figure(named, 7, "street.s2").zh == "最远街道：二街"
    assert figure(named, 7, "street.s2").en == "Farthest street: 二街"
    # seats in reach: 10 of S1 for A, 20 + 6 for B, 6 for C, none elsewhere; on duty on average 1,970/168
    assert ratio(toy, 7, "seats") == pytest.approx((42, TOTAL / 168))
    assert ratio(toy, 7, "seats_assumed") == (2, 4)


def test_metric_8_balance(toy: Assessment) -> None:
    # two streets, one with everything: 1 - 1/2
    assert figure(toy, 8, "gini_streets").value == pytest.approx(0.5)
    # Lorenz: D, E, F (1,015 of 1,970) hold none of the 42 seats; then C 6, A 10, B 26
    widths = [1015, 350, 245, 360]
    heights = [0, 0, 6, 16, 42]
    under = sum(w * (heights[n] + heights[n + 1]) for n, w in enumerate(widths)) / (TOTAL * 42)
    assert figure(toy, 8, "gini_demand").value == pytest.approx(1 - under)
    assert ratio(toy, 8, "gini_demand") == pytest.approx(((1 - under) / 2, 0.5))
    spread = figure(toy, 8, "p90_p10")
    assert (spread.value, spread.denominator) == (None, 0.0)
    assert spread.reason
    for key in ("road_class", "land_use"):
        assert figure(toy, 8, key).value is None
        assert figure(toy, 8, key).reason


def test_metrics_9_to_12_of_the_register(toy: Assessment) -> None:
    assert figure(toy, 9, "listed").value is None
    assert figure(toy, 9, "listed").reason
    assert ratio(toy, 9, "stated") == (0, 4)
    assert ratio(toy, 10, "24h") == (1, 4)
    assert ratio(toy, 10, "extended") == (0, 4)
    assert ratio(toy, 10, "known") == (3, 4)
    # 310 in the 31 days of October, 730 in the 365 of 2025
    assert ratio(toy, 11, "visits") == (1040, 396)
    assert ratio(toy, 11, "low.S2") == (730, 365)
    assert [line.key for line in metric(toy, 11).figures] == ["visits", "cost", "low.S2", "low.S1"]
    assert figure(toy, 11, "cost").value is None
    # facts: S1 hours, place, water; S2 hours, place, two waters; S3 place; S5 hours, place, water: 11, of
    # which S1's hours alone were confirmed since 25 August
    assert ratio(toy, 12, "fresh") == (1, 11)
    assert ratio(toy, 12, "answered") == (3, 4)
    assert {b.value for b in metric(toy, 10).benchmarks} == {0.065, 0.109, 0.15}
    assert {b.value for b in metric(toy, 11).benchmarks} == {12.4, 5.3}


def test_metric_13_improvements(toy: Assessment) -> None:
    assert figure(toy, 13, "actions").value == 4
    assert ratio(toy, 13, "answered") == (3, 3)
    gains = {f.key: (f.value, f.unit) for f in metric(toy, 13).figures if f.key.endswith(".gain")}
    assert gains == {
        "verify.gain": (350.0, "weight-hours"),
        "reopen.gain": (735.0, "weight-hours"),
        "partner.gain": (280.0, "weight-hours"),
    }


def test_every_metric_is_defined_in_both_languages(toy: Assessment) -> None:
    for one in toy.metrics:
        assert re.search("[一-鿿]", one.definition_zh)
        assert len(one.definition_en) > 30 and one.definition_en.endswith(".")
        assert not re.search("[\u2e80-\uffef]", one.definition_en)


def test_every_metric_is_there_with_unit_and_source(toy: Assessment) -> None:
    assert [m.number for m in toy.metrics] == list(range(1, 14))
    for one in toy.metrics:
        assert one.benchmarks
        assert all(b.source and b.zh and b.en for b in one.benchmarks)
        assert any(f.numerator is not None and f.denominator is not None for f in one.figures)
        for line in one.figures:
            assert line.unit
            assert (line.value is None) == (line.reason is not None)
