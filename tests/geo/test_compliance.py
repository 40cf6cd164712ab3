"""Compliance by hand: every check of the schema passes, fails and stays unknown as the data page says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.compliance import Compliance, compliance
from geo.rule_sets import Rule, RuleSet, rule_set, shipped_rule_sets
from geo.stations import Station, stations_to_frame

WEEK = date(2026, 11, 23)
TODAY = date(2026, 11, 25)
GEOD = Geod(ellps="WGS84")


def station(name: str = "S1", **fields: object) -> Station:
    return Station.model_validate({"id": name, "name": name, **fields})


def rules(*checks: dict[str, Any], severity: str = "required", stars: list[int] | None = None) -> RuleSet:
    levels: list[int | None] = list(stars) if stars else [None] * len(checks)
    lines = tuple(
        Rule(f"r{n}", f"第{n}条", f"rule {n}", severity, check, level)
        for n, (check, level) in enumerate(zip(checks, levels, strict=True))
    )
    return RuleSet("t", "测试", "Test", "来源", "2026", "", lines)


def judged(chosen: RuleSet, *stations: Station) -> Compliance:
    return compliance(stations_to_frame(stations), chosen, TODAY, WEEK)


def verdict(check: dict[str, Any], **fields: object) -> str:
    return judged(rules(check), station(**fields)).stations[0].verdicts["r0"]


def seat(value: str, **more: object) -> dict[str, Any]:
    return {"amenities": {"seat": {"value": value, **more}}}


@pytest.mark.parametrize(
    ("check", "fields", "expected"),
    [
        ({"amenity": "seat"}, seat("yes"), "pass"),
        ({"amenity": "seat"}, seat("limited"), "pass"),
        ({"amenity": "seat"}, seat("broken"), "fail"),
        ({"amenity": "seat"}, seat("no"), "fail"),
        ({"amenity": "seat"}, seat("unknown"), "unknown"),
        ({"amenity": "seat"}, {}, "unknown"),
        ({"amenity": "seat", "values": ["no"]}, seat("no"), "pass"),
        ({"amenity": "seat", "values": ["no"]}, seat("yes"), "fail"),
        ({"amenity": "seat", "nearby_m": 300}, seat("nearby", distance_m=300), "pass"),
        ({"amenity": "seat", "nearby_m": 300}, seat("nearby", distance_m=301), "fail"),
        ({"amenity": "seat", "nearby_m": 300}, seat("nearby"), "unknown"),
        # without nearby_m a nearby one does not do, whatever coverage says of toilets
        ({"amenity": "toilet"}, {"amenities": {"toilet": {"value": "nearby", "distance_m": 9}}}, "fail"),
        ({"amenity": "seat", "unexpired": True}, seat("yes", expires_on=TODAY), "pass"),
        ({"amenity": "seat", "unexpired": True}, seat("yes", expires_on=date(2026, 11, 24)), "fail"),
        ({"amenity": "seat", "unexpired": True}, seat("yes"), "pass"),
        ({"service": "legal"}, {"services": {"legal": {"value": "yes"}}}, "pass"),
        ({"service": "legal"}, {"services": {"legal": {"value": "no"}}}, "fail"),
        ({"service": "legal"}, {}, "unknown"),
        ({"field": "sign_outside", "equals": "yes"}, {"sign_outside": "yes"}, "pass"),
        ({"field": "sign_outside", "equals": "yes"}, {"sign_outside": "no"}, "fail"),
        ({"field": "sign_outside", "equals": "yes"}, {}, "unknown"),
        ({"field": "host_type", "in": ["bank"]}, {"host_type": "bank"}, "pass"),
        ({"field": "host_type", "in": ["bank"]}, {"host_type": "post"}, "fail"),
        ({"field": "host_type", "in": ["bank"]}, {}, "unknown"),
        ({"field": "area_m2", "min": 12}, {"area_m2": 12}, "pass"),
        ({"field": "area_m2", "min": 12}, {"area_m2": 11.9}, "fail"),
        ({"field": "seats", "min": 1}, {"seats": 0}, "fail"),
        ({"field": "seats", "min": 1, "max": 3}, {"seats": 4}, "fail"),
        ({"field": "area_m2", "min": 12}, {}, "unknown"),
        ({"field": "opened_on", "fresh_days": 5}, {"opened_on": date(2026, 11, 20)}, "pass"),
        ({"field": "opened_on", "fresh_days": 5}, {"opened_on": date(2026, 11, 19)}, "fail"),
        ({"field": "opened_on", "fresh_days": 5}, {}, "unknown"),
        ({"open_in": {"windows": ["T3", "T4"], "days": 5}}, {"hours": "Mo-Fr 12:00-12:15"}, "pass"),
        ({"open_in": {"windows": ["T3", "T4"], "days": 5}}, {"hours": "Mo-Th 08:00-18:00"}, "fail"),
        # shut exactly at midday and in the afternoon: 11:00-17:30 lies in the break
        ({"open_in": {"windows": ["T3"], "days": 1}}, {"hours": "08:00-11:00,14:30-18:00"}, "fail"),
        ({"open_in": {"windows": ["T3"], "days": 1}}, {}, "unknown"),
    ],
)
def test_one_check(check: dict[str, Any], fields: dict[str, Any], expected: str) -> None:
    assert verdict(check, **fields) == expected


@pytest.mark.parametrize(
    ("listings", "expected"),
    [
        # (checked on, pin error) per platform; two are needed, checked within 10 days, off by 50 m at most
        ([(15, 50), (25, 0)], "pass"),
        ([(15, 50), (14, 0)], "unknown"),  # the second is stale; the third platform is not stated
        ([(15, 50), (15, 51), (15, 99)], "fail"),
        ([(15, 50), (None, 1), (15, 99)], "unknown"),
        ([], "unknown"),
    ],
)
def test_on_map(listings: list[tuple[int | None, float]], expected: str) -> None:
    check = {"on_map": {"platforms": 2, "fresh_days": 10, "pin_error_m": 50}}
    on_map = {
        name: {"id": "B0", "checked_on": day and date(2026, 11, day), "pin_error_m": error}
        for name, (day, error) in zip(("amap", "baidu", "tencent"), listings, strict=False)
    }
    assert verdict(check, on_map=on_map) == expected


def test_spacing_is_to_another_serving_station() -> None:
    far = GEOD.fwd(109.0, 34.3, 90, 2000.0)[:2]
    near = GEOD.fwd(109.0, 34.3, 90, 100.0)[:2]
    stations = [
        station("A", location=(109.0, 34.3)),
        station("B", location=far),
        station("C", location=near, status="temporarily_closed"),
        station("D"),
    ]
    at_2000 = judged(rules({"nearest_station_m": {"max": 2000.001}}), *stations)
    assert {s.station_id: s.verdict for s in at_2000.stations} == {"A": "pass", "B": "pass", "D": "unknown"}
    at_1999 = judged(rules({"nearest_station_m": {"max": 1999}}), *stations)
    assert {s.station_id: s.verdict for s in at_1999.stations} == {"A": "fail", "B": "fail", "D": "unknown"}
    alone = judged(rules({"nearest_station_m": {"max": 2000}}), stations[0])
    assert alone.stations[0].verdict == "fail"
    same = judged(rules({"nearest_station_m": {"max": 0}}), *(station(n, location=far) for n in "XYZ"))
    assert [s.verdict for s in same.stations] == ["pass"] * 3


PASS, FAIL, UNKNOWN = {"amenity": "seat"}, {"amenity": "table"}, {"amenity": "nap"}
HELD = {"seat": {"value": "yes"}, "table": {"value": "no"}}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"all": [PASS, PASS]}, "pass"),
        ({"all": [PASS, UNKNOWN]}, "unknown"),
        ({"all": [UNKNOWN, FAIL]}, "fail"),
        ({"any": [FAIL, PASS, UNKNOWN]}, "pass"),
        ({"any": [FAIL, UNKNOWN]}, "unknown"),
        ({"any": [FAIL, FAIL]}, "fail"),
        ({"all": [{"any": [FAIL, PASS]}, {"any": [UNKNOWN, FAIL]}]}, "unknown"),
    ],
)
def test_all_and_any(check: dict[str, Any], expected: str) -> None:
    assert verdict(check, amenities=HELD) == expected


def test_the_register_by_hand() -> None:
    # two rules, four stations of which one is closed for now and not judged
    result = judged(
        rules({"field": "sign_outside", "equals": "yes"}, {"amenity": "seat"}),
        station("A", sign_outside="yes", amenities={"seat": {"value": "yes"}}),  # pass, pass
        station("B", sign_outside="no"),  # fail, unknown
        station("C", sign_outside="yes", status="trial"),  # pass, unknown
        station("D", sign_outside="no", status="temporarily_closed"),
    )
    assert [(s.station_id, s.verdict, s.completeness) for s in result.stations] == [
        ("A", "pass", 1.0),
        ("B", "fail", 0.5),
        ("C", "unknown", 0.5),
    ]
    assert [(r.rule_id, r.passed, r.failed, r.unknown) for r in result.rules] == [
        ("r0", 2, 1, 0),
        ("r1", 1, 0, 2),
    ]
    # 1 of 3 stations passes; 4 of 6 (station, rule) pairs are known
    assert result.pass_share == pytest.approx(1 / 3)
    assert result.completeness == pytest.approx(4 / 6)
    assert (result.rule_set.source, result.rule_set.date, result.judged_on) == ("来源", "2026", TODAY)


def test_advised_rules_are_judged_but_do_not_decide() -> None:
    result = judged(rules(FAIL, severity="advised"), station(amenities=HELD))
    assert result.stations[0].verdicts == {"r0": "fail"}
    assert result.stations[0].verdict == "pass"


@pytest.mark.parametrize(
    ("checks", "expected"), [([PASS, PASS, PASS], 3), ([PASS, UNKNOWN, PASS], 1), ([FAIL, PASS, PASS], 0)]
)
def test_stars_are_climbed_one_by_one(checks: list[dict[str, Any]], expected: int) -> None:
    result = judged(rules(*checks, stars=[1, 2, 3]), station(amenities=HELD))
    assert result.stations[0].stars == expected


def test_an_empty_register_has_no_shares() -> None:
    for chosen in shipped_rule_sets().values():
        result = judged(chosen)
        assert (result.stations, result.pass_share, result.completeness) == ((), None, None)
        assert all((r.passed, r.failed, r.unknown) == (0, 0, 0) for r in result.rules)


def test_a_bare_station_fails_nothing() -> None:
    for chosen in shipped_rule_sets().values():
        result = judged(chosen, station())
        assert set(result.stations[0].verdicts.values()) == {"unknown"}
        assert result.completeness == 0


def test_xian_eight_by_hand() -> None:
    codes = (
        "seat",
        "table",
        "toilet",
        "cooling",
        "microwave",
        "water_hot",
        "charge_phone",
        "first_aid",
        "toolbox",
        "books",
    )
    held = {code: {"value": "yes"} for code in codes}
    posted = {"sign_outside": "yes", "rules_posted": "yes", "manager_named": "yes"}
    good = station("A", amenities=held, **posted)
    nearby = station("B", amenities={**held, "toilet": {"value": "nearby", "distance_m": 20}}, **posted)
    result = judged(rule_set("xian-8"), good, nearby)
    assert [s.verdict for s in result.stations] == ["pass", "fail"]
    assert [rule for rule, found in result.stations[1].verdicts.items() if found == "fail"] == ["toilet"]


VALUES = st.sampled_from(["yes", "limited", "nearby", "broken", "no", "unknown"])
CODES = ("seat", "table", "toilet", "microwave", "water_hot", "first_aid")


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(CODES), VALUES), st.sampled_from(CODES))
def test_forgetting_a_fact_never_makes_a_fail(held: dict[str, str], forgotten: str) -> None:
    full = station(amenities={code: {"value": value} for code, value in held.items()})
    less = station(amenities={code: {"value": value} for code, value in held.items() if code != forgotten})
    for chosen in shipped_rule_sets().values():
        before, after = (judged(chosen, row).stations[0].verdicts for row in (full, less))
        for rule, found in after.items():
            assert found != "fail" or before[rule] == "fail"
