"""Scenarios: their file, what they make of a register, what they change; all figures worked out by hand."""

from __future__ import annotations

import base64
import json
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import situation
from geo.demand import Demand
from geo.errors import InvalidDataError, InvalidParameterError
from geo.scenario import MAX_CHANGES, NewSite, Scenario, apply, basic_amenities, in_address, read_scenario
from geo.scenario_difference import CLASSES, Difference, difference, steps
from geo.standard import Standard
from geo.stations import stations_to_frame
from toy_city import TOY, WEEK, A, B, D, E, centre, demand

MIDDAY = Standard(week=WEEK, window="T3")
STATIONS = stations_to_frame(TOY)
AT_D = NewSite("新", *centre(D))
# Midday, weekdays, 102 in all: S1 is open for 4 of 14 quarter-hours (A: 14 x 4/14), S2 serves all of B (10).
COVERED = 14.0


def compared(scenario: Scenario, standard: Standard = MIDDAY, need: Demand | None = None) -> Difference:
    """The toy city against itself under a scenario."""
    grounds = need or demand()
    before = situation(STATIONS, grounds, standard)
    return difference(before, situation(apply(scenario, STATIONS), grounds, standard))


def changes(found: Difference) -> dict[str, str]:
    """The class of each cell."""
    return dict(zip(found.cells["cell"], found.cells["change"], strict=True))


@pytest.mark.parametrize(
    ("scenario", "gain", "cells"),
    [
        (Scenario(), 0.0, {A: "same", B: "same", D: "still"}),
        # S1 open all midday: the other 10 of A
        (Scenario(hours=(("S1", "24/7"),)), 10.0, {A: "gained", B: "same"}),
        # S1 an hour longer: 4 more quarter-hours of A's 14
        (Scenario(hours=(("S1", "Mo-Fr 08:00-13:00"),)), 4.0, {A: "more"}),
        # without S2 the one left near B is S5, open 11:00-12:45: half of the window
        (Scenario(closed=("S2",)), -5.0, {B: "worse", A: "same"}),
        # D has 30, E next to it 12
        (Scenario(sites=(AT_D,)), 42.0, {D: "gained", E: "gained", B: "same"}),
        (Scenario(hours=(("S1", "24/7"),), closed=("S2",), sites=(AT_D,)), 47.0, {A: "gained", B: "worse"}),
        # shut for now by status: longer hours alone open nothing
        (Scenario(hours=(("S4", "24/7"),)), 0.0, {D: "still"}),
    ],
)
def test_what_a_scenario_changes(scenario: Scenario, gain: float, cells: dict[str, str]) -> None:
    found = compared(scenario)
    assert found.total.before.demand_covered == pytest.approx(COVERED)
    assert found.total.after.demand_covered == pytest.approx(COVERED + gain)
    assert found.total.points == pytest.approx(gain / 102 * 100)
    assert {cell: changes(found)[cell] for cell in cells} == cells
    assert sum(found.by_class.values()) == pytest.approx(102)
    assert tuple(found.by_class) == CLASSES


def test_amenities_added_serve_who_asks_for_them() -> None:
    # hot water: S1 (4 of A) and S5 (half of B: 5); with S2 repaired all of B
    found = compared(
        Scenario(equipped=(("S2", ("water_hot",)),)),
        Standard(week=WEEK, window="T3", amenities=("water_hot",)),
    )
    assert found.total.before.demand_covered == pytest.approx(9)
    assert found.total.after.demand_covered == pytest.approx(14)
    assert changes(found)[B] == "gained"


def test_street_group_and_hour_of_a_change() -> None:
    found = compared(Scenario(closed=("S2",)), Standard(week=WEEK))
    lines = {pair.key: pair for pair in found.by_street}
    # B's midday of 10 loses half on 5 weekdays of 3.5 h; S5 is shut at night (150) and at weekends (35)
    lost = 10 * 0.5 * 3.5 * 5 + 150 + 35
    street = lines["s1"]
    assert street.before.demand_covered - street.after.demand_covered == pytest.approx(lost)
    assert lines["s2"].points == 0
    groups = {pair.key: pair for pair in found.by_group}
    assert groups["sanitation"].before.share == 1
    assert groups["sanitation"].after.share == 0
    assert groups["driver"].points is None  # no demand, no share
    windows = {pair.key: pair for pair in found.by_window}
    assert windows["T6/weekday"].points == pytest.approx(-100)
    assert windows["T3/weekday"].points == pytest.approx(-5 / 102 * 100)


def test_steps_add_up_and_are_counted_in_order() -> None:
    scenario = Scenario(hours=(("S1", "24/7"),), closed=("S2",), sites=(AT_D, AT_D))
    told = steps(scenario, STATIONS, demand(), MIDDAY)
    assert [(step.change, step.station_id) for step in told] == [
        ("ext", "S1"),
        ("new", "new-1"),
        ("new", "new-2"),
        ("shut", "S2"),
    ]
    # the second site at the same place serves nobody new
    assert [step.gain for step in told] == pytest.approx([10, 42, 0, -5])
    assert steps(Scenario(), STATIONS, demand(), MIDDAY) == ()


def test_the_register_itself_is_left_alone() -> None:
    before = STATIONS.copy(deep=True)
    made = apply(Scenario(closed=("S2",), hours=(("S1", "24/7"),), sites=(AT_D,)), STATIONS)
    assert list(made["id"]) == [*STATIONS["id"], "new-1"]
    assert made.crs == STATIONS.crs
    assert dict(zip(made["id"], made["status"], strict=True))["S2"] == "retired"
    assert dict(zip(made["id"], made["hours"], strict=True))["S3"] is None  # null stays null
    assert set(made["amenities"].iloc[-1]) == set(basic_amenities())
    assert STATIONS.equals(before)


@pytest.mark.parametrize(
    ("scenario", "names"),
    [(Scenario(closed=("S9",)), "S9"), (Scenario(hours=(("nobody", "24/7"),)), "nobody")],
)
def test_a_station_that_is_not_there_is_named(scenario: Scenario, names: str) -> None:
    with pytest.raises(InvalidParameterError, match=names):
        apply(scenario, STATIONS)


def test_two_standards_are_not_compared() -> None:
    need = demand()
    one = situation(STATIONS, need, MIDDAY)
    with pytest.raises(InvalidParameterError):
        difference(one, situation(STATIONS, need, Standard(week=WEEK)))
    with pytest.raises(InvalidParameterError):
        difference(one, situation(STATIONS, demand(), MIDDAY))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", None),
        ("[]", None),
        ('{"colour": 1}', "colour"),
        ('{"closed": "S1"}', "closed"),
        ('{"hours": {"S1": "whenever"}}', "hours"),
        ('{"hours": {"S1": 3}}', "hours"),
        ('{"equipped": {"S1": ["sauna"]}}', "equipped"),
        ('{"sites": [{"lon": 109}]}', "sites"),
        ('{"sites": [{"lon": "109", "lat": 34}]}', "lon"),
        ('{"sites": [{"lon": 34.2, "lat": 109.0}]}', "location"),
        ('{"sites": [{"lon": 109.0, "lat": 34.2, "hours": "nie"}]}', "hours"),
        ('{"sites": [{"lon": NaN, "lat": 34.2}]}', "location"),
        ('{"closed": ' + json.dumps([str(n) for n in range(MAX_CHANGES + 1)]) + "}", None),
        ('{"name": "' + "x" * 20_000 + '"}', None),
        ("[" * 9000, None),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(text: str, field: str | None) -> None:
    with pytest.raises(InvalidDataError) as caught:
        read_scenario(text)
    assert field in {problem.field for problem in caught.value.problems}


IDS = st.text("abcXYZ-09", min_size=1, max_size=8)
SITES = st.builds(
    NewSite,
    st.text("驿站新a ", min_size=1, max_size=8).filter(str.strip),
    st.floats(108.9, 109.3).map(lambda value: round(value, 6)),
    st.floats(34.1, 34.5).map(lambda value: round(value, 6)),
    st.sampled_from(["24/7", "Mo-Su 08:00-20:00"]),
)
SCENARIOS = st.builds(
    Scenario,
    st.text(max_size=20),
    st.lists(IDS, unique=True, max_size=4).map(tuple),
    st.dictionaries(IDS, st.sampled_from(["24/7", "Mo-Fr 09:00-17:00"]), max_size=3).map(
        lambda rows: tuple(rows.items())
    ),
    st.dictionaries(IDS, st.just(("microwave", "legal")), max_size=3).map(lambda rows: tuple(rows.items())),
    st.lists(SITES, max_size=3).map(tuple),
)


@settings(max_examples=60)
@given(SCENARIOS)
def test_a_file_gives_the_scenario_back(scenario: Scenario) -> None:
    assert read_scenario(scenario.to_json()) == scenario


@settings(max_examples=60)
@given(SCENARIOS)
def test_an_address_gives_the_scenario_back(scenario: Scenario) -> None:
    if scenario.changes:
        assert read_scenario(in_address(scenario)) == scenario
    else:
        assert in_address(scenario) == ""


def test_the_largest_scenario_fits_into_an_address() -> None:
    hours = tuple(
        (f"BQ-{number:05}", "Mo-Fr 07:30-19:30; Sa,Su 09:00-17:00") for number in range(MAX_CHANGES)
    )
    plan = Scenario("盘活存量", hours=hours)
    assert len(quote(plan.to_json())) > 8192  # as it stands it would not
    packed = in_address(plan)
    assert len(quote(packed)) < 4000
    assert quote(packed) == packed
    assert read_scenario(packed) == plan


@pytest.mark.parametrize(
    "text",
    [
        "z.",
        "z.!!",
        "z.AAAA",
        "z." + "A" * 50_000,
        # a bomb: 20 MB of spaces in 20 kB
        "z." + base64.urlsafe_b64encode(zlib.compress(b" " * 20_000_000, 9)).decode().rstrip("="),
    ],
    ids=["empty", "not base64", "not packed", "long", "bomb"],
)
def test_a_damaged_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidDataError):
        read_scenario(text)


def test_edits() -> None:
    plan = (
        Scenario().with_hours("a", "24/7").with_equipped("a", ("aed",)).with_hours("a", "Mo-Su 08:00-20:00")
    )
    assert plan.hours == (("a", "Mo-Su 08:00-20:00"),)
    assert plan.with_closed("a") == Scenario(closed=("a",))  # what is closed has no hours
    assert plan.with_closed("a").with_hours("a", "24/7") == Scenario(hours=(("a", "24/7"),))
    assert plan.without("a") == Scenario()
    assert (
        Scenario().with_site(AT_D).with_site(NewSite("b", 109.0, 34.2)).without("new-1").sites[0].name == "b"
    )
