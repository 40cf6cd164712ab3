"""What to do about a gap: the action that follows from each cause, with its gain worked out by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import h3
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.coverage import situation
from geo.demand import Demand
from geo.gap_details import find_gaps
from geo.improvement import ACTION_LABELS, ACTION_ORDER, Action, Candidate, improvements
from geo.opening_hours import OpeningHours
from geo.standard import Standard
from geo.stations import Station, stations_to_frame

GEOD = Geod(ellps="WGS84")
WEEK = date(2026, 11, 23)
CELL = h3.latlng_to_cell(34.273, 109.067, 9)
LAT, LON = h3.cell_to_latlng(CELL)
# the midday window of the weekday: 14 quarter-hours, 14 workers, so one worker a quarter-hour
MIDDAY = Standard(week=WEEK, window="T3")
YES, NO, BROKEN = {"value": "yes"}, {"value": "no"}, {"value": "broken"}


def at(east_m: float) -> tuple[float, float]:
    return GEOD.fwd(LON, LAT, 90, east_m)[:2]


def station(name: str, hours: str | None, east_m: float = 0, **more: Any) -> Station:
    return Station.model_validate({"id": name, "name": name, "hours": hours, "location": at(east_m), **more})


def demand() -> Demand:
    cells = pd.DataFrame([(CELL, LON, LAT, "s1")], columns=["cell", "lon", "lat", "street_code"])
    rows = pd.DataFrame(
        [(CELL, "courier", "T3", "weekday", 14.0)], columns=["cell", "group", "window", "day_type", "demand"]
    )
    return Demand(cells=cells, rows=rows, basis="modelled", areas_basis="test")


def actions(
    *stations: Station, standard: Standard = MIDDAY, candidates: tuple[Candidate, ...] = ()
) -> list[Action]:
    found = situation(stations_to_frame(stations), demand(), standard)
    return list(improvements(find_gaps(found), found, candidates))


def brief(found: list[Action]) -> list[tuple[str, str | None, tuple[str, ...], float | None]]:
    return [(a.kind, a.target, a.detail, None if a.gain is None else round(a.gain, 9)) for a in found]


def asking(*amenities: str) -> Standard:
    return Standard(week=WEEK, window="T3", amenities=amenities)


def test_the_order_is_cheapest_first_and_labelled() -> None:
    assert set(ACTION_ORDER) == set(ACTION_LABELS)
    assert ACTION_ORDER[0] == "verify"
    assert ACTION_ORDER[-3:] == ("map_and_sign", "partner", "build")
    assert ACTION_ORDER.index("extend_hours") < ACTION_ORDER.index("repair") < ACTION_ORDER.index("partner")


def test_served_well_enough_is_no_gap() -> None:
    # open 8 of 14 quarter-hours: 6/14 unserved is under one half
    assert actions(station("S1", "Mo-Fr 11:00-13:00")) == []


def test_longer_hours_where_a_station_is_shut() -> None:
    # open 4 of 14 quarter-hours; the other ten could be served
    assert brief(actions(station("S1", "Mo-Fr 11:00-12:00"))) == [
        ("extend_hours", "S1", ("T3/weekday",), 10.0)
    ]


def test_of_two_shut_stations_the_lower_id_is_named() -> None:
    found = actions(station("S2", "Mo-Fr 08:00-10:00"), station("S1", "Mo-Fr 08:00-09:00", 30))
    assert brief(found) == [("extend_hours", "S1", ("T3/weekday",), 14.0)]


def test_a_station_gains_no_more_than_is_left_unserved() -> None:
    # S1 serves four quarter-hours of the fourteen; S2, shut in all, can only gain the other ten, as S1 can
    found = actions(station("S1", "Mo-Fr 11:00-12:00"), station("S2", "Mo-Fr 08:00-09:00", 20))
    assert brief(found) == [("extend_hours", "S1", ("T3/weekday",), 10.0)]


def test_reopening_is_only_for_want_of_a_serving_station() -> None:
    shut = station("S1", "24/7", status="temporarily_closed")
    assert brief(actions(shut)) == [("reopen", "S1", ("T3/weekday",), 14.0)]
    other = station("S2", "Mo-Fr 08:00-09:00", 20)
    assert [a.kind for a in actions(shut, other)] == ["extend_hours"]
    # reopened it would be shut at midday all the same: no gain, so a site is what is left
    idle = station("S1", "Mo-Fr 08:00-09:00", status="rectifying")
    assert brief(actions(idle)) == [("build", None, (), 14.0)]


def test_unknown_hours_are_verified_first() -> None:
    assert brief(actions(station("S1", None))) == [("verify", "S1", ("hours",), 14.0)]
    # S2 is known to be open for four quarter-hours and shut for the rest: nothing to verify there
    found = actions(station("S1", None), station("S2", "Mo-Fr 11:00-12:00", 20))
    assert brief(found) == [("verify", "S1", ("hours",), 10.0)]


def test_unknown_amenities_are_verified_by_name() -> None:
    found = actions(station("S1", "24/7", amenities={"toilet": YES}), standard=asking("toilet", "water"))
    assert brief(found) == [("verify", "S1", ("water",), 14.0)]


def test_repair_where_all_that_is_missing_is_broken_else_equip() -> None:
    broken = station("S1", "24/7", amenities={"water_hot": BROKEN, "water_cool": NO, "toilet": YES})
    assert brief(actions(broken, standard=asking("water", "toilet"))) == [("repair", "S1", ("water",), 14.0)]
    absent = station("S1", "24/7", amenities={"water_hot": BROKEN, "water_cool": NO, "toilet": NO})
    assert brief(actions(absent, standard=asking("water", "toilet"))) == [
        ("equip", "S1", ("water", "toilet"), 14.0)
    ]
    service = station("S1", "24/7", services={"legal": NO})
    assert brief(actions(service, standard=asking("legal"))) == [("equip", "S1", ("legal",), 14.0)]


def test_a_shut_station_that_lacks_it_too_needs_both() -> None:
    # open for 4 quarter-hours without water (lacks), shut for 10: longer hours gain only with water as well
    dry = station("S1", "Mo-Fr 11:00-12:00", amenities={"water_hot": BROKEN, "water_cool": NO})
    assert brief(actions(dry, standard=asking("water"))) == [
        ("extend_hours", "S1", ("T3/weekday",), 10.0),
        ("repair", "S1", ("water",), 4.0),
    ]
    # wholly shut at midday: the repair serves nobody by itself, and is said to be needed
    shut = dry.model_copy(update={"hours": "Mo-Fr 08:00-09:00"})
    assert brief(actions(shut, standard=asking("water"))) == [
        ("extend_hours", "S1", ("T3/weekday",), 14.0),
        ("repair", "S1", ("water",), None),
    ]
    # a shut one that has it is preferred
    wet = station("S2", "Mo-Fr 08:00-09:00", 20, amenities={"water_hot": YES})
    assert ("extend_hours", "S2", ("T3/weekday",), 10.0) in brief(actions(dry, wet, standard=asking("water")))


def test_signs_and_maps_only_where_known_to_be_wanting() -> None:
    checked = {"amap": {"id": None, "checked_on": date(2026, 11, 1)}}
    listed = {"amap": {"id": "B0", "checked_on": date(2026, 11, 1)}}
    shut = "Mo-Fr 08:00-09:00"
    wanting = actions(station("S1", shut, sign_outside="no", on_map=checked))
    assert brief(wanting)[1:] == [("map_and_sign", "S1", ("map", "sign"), None)]
    assert [a.kind for a in actions(station("S1", shut, sign_outside="yes", on_map=listed))] == [
        "extend_hours"
    ]
    # nobody says: unknown is not wanting
    assert [a.kind for a in actions(station("S1", shut))] == ["extend_hours"]
    assert [a.kind for a in actions(station("S1", "24/7", status="rectifying", sign_outside="no"))] == [
        "reopen"
    ]


def test_a_partner_within_reach_else_a_new_site() -> None:
    near = Candidate("示例银行", "bank", *at(739))
    nearer = Candidate("示例桥", "bridge", *at(10))
    far = Candidate("示例邮局", "post", *at(741))
    assert brief(actions(candidates=(far, near, nearer))) == [("partner", "示例银行", (), 14.0)]
    assert brief(actions(candidates=(far, nearer))) == [("build", None, (), 14.0)]
    circle = Standard(week=WEEK, window="T3", minutes=None, radius_m=100)
    assert brief(actions(candidates=(near,), standard=circle)) == [("build", None, (), 14.0)]


@pytest.mark.parametrize("status", ["planned", "retired"])
def test_a_station_that_is_not_there_answers_nothing(status: str) -> None:
    assert brief(actions(station("S1", "24/7", status=status))) == [("build", None, (), 14.0)]


def test_an_instant_names_no_window() -> None:
    now = Standard(week=WEEK, at=datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert brief(actions(station("S1", "Mo-Fr 08:00-09:00"), standard=now)) == [
        ("extend_hours", "S1", (), 14.0)
    ]


def test_gains_never_add_up_to_more_than_the_gap() -> None:
    found = actions(
        station("S1", "Mo-Fr 11:00-11:30", amenities={"water_hot": NO, "water_cool": NO}),
        station("S2", "Mo-Fr 08:00-09:00", 20, amenities={"water_hot": YES}),
        station("S3", "Mo-Fr 08:00-09:00; Tu 11:00-12:00 unknown", 40, amenities={"water_hot": YES}),
        standard=asking("water"),
    )
    # weekday means: S3 unknown on Tuesday 11-12, a fifth of 4 quarter-hours (0.8); lacking 2 less Tuesday's
    # (1.6); shut for the rest: 14 - 0.8 - 1.6 = 11.6
    assert brief(found) == [
        ("verify", "S3", ("hours",), 0.8),
        ("extend_hours", "S2", ("T3/weekday",), 11.6),
        ("equip", "S1", ("water",), 1.6),
    ]


def test_a_paused_station_of_unknown_hours_is_verified_before_it_is_reopened() -> None:
    found = actions(station("S1", None, status="rectifying"))
    assert brief(found) == [("verify", "S1", ("hours",), 14.0), ("reopen", "S1", ("T3/weekday",), None)]
    assert [a.needs for a in found] == [("reopen",), ()]
    # one whose hours are known to cover midday comes first
    known = station("S2", "Mo-Fr 11:00-13:00", 20, status="rectifying")
    assert brief(actions(station("S1", None, status="rectifying"), known)) == [
        ("reopen", "S2", ("T3/weekday",), 8.0)
    ]


def test_what_is_missing_and_what_is_unknown_are_both_needed() -> None:
    # open all the time, no toilet, nobody knows of water: a toilet alone would not do
    found = actions(station("S1", "24/7", amenities={"toilet": NO}), standard=asking("toilet", "water"))
    assert brief(found) == [("verify", "S1", ("water",), 14.0), ("equip", "S1", ("toilet",), None)]
    assert [a.needs for a in found] == [("equip",), ()]


def test_a_gain_counts_the_very_quarter_hours() -> None:
    # both serve Monday alone: either could add the four other days
    other = station("S2", "Mo 11:00-14:30", 20)
    found = actions(station("S1", "Mo 11:00-14:30"), other)
    assert brief(found) == [("extend_hours", "S1", ("T3/weekday",), round(14 * 4 / 5, 9))]
    # S1 is shut four days of five, but Tuesday is served by S2: it adds three
    found = actions(station("S1", "Mo 11:00-14:30"), station("S2", "Mo-Tu 11:00-14:30", 20))
    assert brief(found) == [("extend_hours", "S1", ("T3/weekday",), round(14 * 3 / 5, 9))]


HOURS = st.sampled_from(
    [
        "Mo-Fr 08:00-09:00", "Mo-Fr 11:00-12:00", "Tu-We 11:00-13:00", "Mo 12:00-14:30", "off", "24/7",
        "Mo 11:00-14:30 unknown", None,
    ]
)  # fmt: skip
STATUS = st.sampled_from(["operating", "trial", "rectifying", "planned"])
WATER = st.sampled_from([YES, NO, BROKEN, None])


@dataclass(frozen=True)
class Noons:
    """A station at the 70 quarter-hours of weekday middays: open, shut or unknown, and its water."""

    id: str
    status: str
    open: tuple[bool | None, ...]
    water: str

    def after(self, kind: str, detail: tuple[str, ...]) -> Noons:
        """The station when an action is done, or when a verification found yes."""
        noons = self
        if kind == "extend_hours":
            noons = replace(noons, open=tuple(True if state is False else state for state in self.open))
        if kind == "verify" and "hours" in detail:
            noons = replace(noons, open=tuple(True if state is None else state for state in self.open))
        if kind == "reopen":
            noons = replace(noons, status="operating")
        if kind in ("repair", "equip") or (kind == "verify" and "water_hot" in detail):
            noons = replace(noons, water="yes")
        return noons


def noons(row: Station, water: bool) -> Noons:
    hours, held = OpeningHours.parse(row.hours), row.amenities.get("water_hot")
    middays = [
        datetime(2026, 11, day, 11) + i * timedelta(minutes=15) for day in range(23, 28) for i in range(14)
    ]
    value = "yes" if not water else held.value if held else "unknown"
    return Noons(row.id, row.status, tuple(hours.is_open(now) for now in middays), value)


def causes(stations: list[Noons]) -> list[str]:
    """The contract's definition, quarter-hour by quarter-hour."""
    serving = [row for row in stations if row.status in ("operating", "trial")]
    result = []
    for n in range(70):
        if any(row.open[n] is True and row.water == "yes" for row in serving):
            result.append("served")
        elif any(row.open[n] is not False and row.water in ("yes", "unknown") for row in serving):
            result.append("unknown")
        elif any(row.open[n] is True for row in serving):
            result.append("lacks_service")
        else:
            present = any(row.status not in ("planned", "retired") for row in stations)
            result.append("closed" if present else "nothing_near")
    return result


CAUSE_OF = {"extend_hours": {"closed"}, "reopen": {"closed"}, "repair": {"lacks_service"}}
CAUSE_OF |= {"equip": {"lacks_service"}, "verify": {"unknown", "closed", "lacks_service"}}


@settings(max_examples=40, deadline=None)
@example([(None, "rectifying", YES)], False)
@example([("24/7", "rectifying", None), ("off", "operating", BROKEN)], True)
@given(st.lists(st.tuples(HOURS, STATUS, WATER), min_size=1, max_size=3), st.booleans())
def test_whatever_is_promised_is_gained_exactly(
    drawn: list[tuple[str | None, str, dict[str, str] | None]], water: bool
) -> None:
    stations = [
        station(f"S{n}", hours, 10 * n, status=status, amenities={"water_hot": held} if held else {})
        for n, (hours, status, held) in enumerate(drawn)
    ]
    found = actions(*stations, standard=asking("water_hot") if water else MIDDAY)
    drawn_noons = [noons(row, water) for row in stations]
    before = causes(drawn_noons)
    unserved = 1 - before.count("served") / 70
    assert bool(found) == (unserved >= 0.5)
    promised = 0.0
    for action in found:
        if action.gain is None:
            continue
        assert action.gain > 0
        promised += action.gain
        if action.kind in ("partner", "build"):
            continue
        steps = [a for a in found if a.target == action.target and (a is action or a.kind in action.needs)]
        done = drawn_noons
        for step in steps:
            done = [row.after(step.kind, step.detail) if row.id == step.target else row for row in done]
        after = causes(done)
        gained = Counter(b for b, a in zip(before, after, strict=True) if a == "served" and b != "served")
        # a quarter-hour is a fifth of a worker: 14 of them over 70
        assert any(action.gain == pytest.approx(gained[cause] / 5) for cause in CAUSE_OF[action.kind])
    assert promised <= 14 * unserved + 1e-9
