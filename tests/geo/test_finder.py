"""The finder's core against a second, plain reading of the contract: pyproj, one station after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.errors import InvalidParameterError
from geo.finder import REASONS, FinderTable, NearestAnswer, NearestQuery, nearest_stations
from geo.open_clock import OpenClock
from geo.open_state import open_state
from geo.opening_hours import OpeningHours
from geo.stations import Amenity, LonLat, Station
from geo.travel import TravelMode

ZONE = ZoneInfo("Asia/Shanghai")
GEOD = Geod(ellps="WGS84")
MONDAY_NOON = datetime(2026, 11, 23, 12, 10)
TEXTS = (None, "24/7", "off", "08:00-18:00", "Mo-Fr 09:00-12:00,14:00-17:30", "20:00-02:00", "Mo 12:00-12:30")
GROUPS = {"water": ("water_hot", "water_cool"), "toilet": ("toilet",), "microwave": ("microwave",)}


def station(number: int, **fields: object) -> Station:
    return Station.model_validate({"id": f"s{number:03}", "name": f"站{number}", **fields})


amenities = st.dictionaries(
    st.sampled_from(["water_hot", "water_cool", "toilet", "microwave"]),
    st.builds(
        Amenity,
        value=st.sampled_from(["yes", "limited", "nearby", "broken", "no", "unknown"]),
        distance_m=st.sampled_from([None, 300.0, 300.1]),
    ),
)
places = st.one_of(
    st.none(),
    st.builds(LonLat, st.floats(109.0, 109.02), st.floats(34.2, 34.22)),
    st.builds(LonLat, st.sampled_from([109.01, 109.012]), st.just(34.21)),
)
registers = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(["operating", "trial", "planned", "temporarily_closed", "retired"]),
            "hours": st.sampled_from(TEXTS),
            "amenities": amenities,
            "location": places,
        }
    ),
    max_size=14,
)
queries = st.builds(
    NearestQuery,
    lon=st.floats(109.0, 109.02),
    lat=st.floats(34.2, 34.22),
    k=st.integers(1, 6),
    max_distance_m=st.one_of(st.none(), st.floats(0, 2500)),
    mode=st.sampled_from(list(TravelMode)),
    amenities=st.sampled_from([(), ("water",), ("toilet", "water"), ("microwave", "toilet")]),
    open=st.sampled_from(["any", "now", "on_arrival"]),
)


def has(one: Station, asked: str) -> str:
    """Yes, no or unknown, word for word from the contract."""
    found = set()
    for code in GROUPS[asked]:
        entry = one.amenities.get(code)
        if entry is None or entry.value == "unknown":
            found.add("unknown")
        elif entry.value in ("yes", "limited"):
            found.add("yes")
        elif code == "toilet" and entry.value == "nearby":
            found.add("unknown" if entry.distance_m is None else "yes" if entry.distance_m <= 300 else "no")
        else:
            found.add("no")
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"


def by_hand(
    query: NearestQuery, stations: list[Station], at: datetime
) -> tuple[list[tuple[str, float]], dict]:
    found, left_out = [], dict.fromkeys(REASONS, 0)
    for one in stations:
        away_m = 0.0
        if one.location:
            away_m = GEOD.inv(query.lon, query.lat, *one.location)[2]
            if query.max_distance_m is not None and away_m > query.max_distance_m:
                continue
        when = at
        if query.open == "on_arrival":
            speed = {"walk": 1.11, "ebike": 4.2}[query.mode]
            when = at + timedelta(seconds=away_m * 1.35 / speed)
        is_open = OpeningHours.parse(one.hours).is_open(when)
        answers = [has(one, asked) for asked in query.amenities]
        reason = None
        if one.status not in ("operating", "trial"):
            reason = "not_operating"
        elif one.location is None:
            reason = "no_location"
        elif "no" in answers:
            reason = "missing_amenity"
        elif "unknown" in answers:
            reason = "unknown_amenity"
        elif query.open != "any" and is_open is None:
            reason = "unknown_hours"
        elif query.open != "any" and not is_open:
            reason = "closed"
        if reason:
            left_out[reason] += 1
        else:
            found.append((away_m, one.id))
    return [(name, away_m) for away_m, name in sorted(found)[: query.k]], left_out


@given(registers, queries)
@settings(max_examples=150)
def test_same_answer_as_reading_the_contract_station_by_station(
    rows: list[dict], query: NearestQuery
) -> None:
    stations = [station(number, **row) for number, row in enumerate(rows)]
    answer = nearest_stations(query, FinderTable.build(stations, ZONE), MONDAY_NOON)
    expected, left_out = by_hand(query, stations, MONDAY_NOON)
    assert [one.station.id for one in answer.stations] == [name for name, _ in expected]
    assert [one.distance_m for one in answer.stations] == pytest.approx([m for _, m in expected], abs=1e-6)
    assert dict(answer.left_out) == left_out


def ask(stations: list[Station], at: datetime = MONDAY_NOON, **asked: object) -> NearestAnswer:
    return nearest_stations(NearestQuery(109.0, 34.2, **asked), FinderTable.build(stations, ZONE), at)


def test_one_table_answers_many_questions_the_same_way() -> None:
    stations = [station(n, hours=TEXTS[n % 7], location=(109 + n / 1000, 34.2)) for n in range(30)]
    table = FinderTable.build(stations, ZONE)
    for hour in range(48):
        at = MONDAY_NOON + timedelta(minutes=17 * hour)
        for wanted in ("any", "now", "on_arrival", "now"):
            query = NearestQuery(109.013, 34.2, k=40, open=wanted)
            answer = nearest_stations(query, table, at)
            expected, left_out = by_hand(query, stations, at)
            assert [one.station.id for one in answer.stations] == [name for name, _ in expected]
            assert dict(answer.left_out) == left_out


def test_states_and_times_are_those_of_the_hours() -> None:
    near = station(1, hours="08:00-12:30", location=(109.0, 34.2))
    far = station(2, hours="08:00-12:30", location=(109.0, 34.22))  # 2,218.7 m: 45 minutes on foot
    found = ask([near, far]).stations
    assert [(one.open_state, one.open_state_on_arrival) for one in found] == [
        ("closing_soon", "closing_soon"),
        ("closing_soon", "closed"),
    ]
    assert found[0].open_until == datetime(2026, 11, 23, 12, 30, tzinfo=ZONE)
    assert found[0].opens_at is None
    assert found[0].travel_basis == "estimate"
    # distance × 1.35 ÷ 1.11 m/s
    assert found[1].travel_min == pytest.approx(found[1].distance_m * 1.35 / 1.11 / 60)
    assert ask([near], at=datetime(2026, 11, 23, 13)).stations[0].opens_at == datetime(
        2026, 11, 24, 8, tzinfo=ZONE
    )


def test_round_the_clock_has_no_end_and_unknown_is_never_open() -> None:
    always, unknown = station(1, hours="24/7", location=(109, 34.2)), station(2, location=(109, 34.2))
    found = ask([always, unknown]).stations
    assert [(one.open_state, one.open_until, one.opens_at) for one in found] == [
        ("open", None, None),
        ("unknown", None, None),
    ]
    assert [one.station.id for one in ask([always, unknown], open="now").stations] == ["s001"]


def test_a_closure_past_its_end_is_still_not_offered() -> None:
    late = station(
        1, hours="24/7", location=(109, 34.2), status="temporarily_closed", status_until="2026-11-01"
    )
    answer = ask([late], open="now")
    assert answer.stations == ()
    assert answer.left_out["not_operating"] == 1


def test_open_on_arrival_counts_a_station_that_opens_on_the_way() -> None:
    opens = station(1, hours="12:30-18:00", location=(109.0, 34.22))
    assert ask([opens], open="now").stations == ()
    assert [one.open_state_on_arrival for one in ask([opens], open="on_arrival").stations] == ["open"]


def test_no_stations_at_all() -> None:
    answer = ask([], open="now", amenities=("water",))
    assert answer.stations == ()
    assert dict(answer.left_out) == dict.fromkeys(REASONS, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lon", 180.1),
        ("lon", float("nan")),
        ("lat", -90.5),
        ("lat", float("inf")),
        ("k", 0),
        ("k", 101),
        ("max_distance_m", -1),
        ("max_distance_m", float("nan")),
        ("open", "later"),
        ("amenities", ("gold",)),
    ],
)
def test_a_bad_question_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidParameterError, match=name):
        NearestQuery(**{"lon": 109, "lat": 34, name: value})


@given(
    st.sampled_from(TEXTS),
    st.lists(st.datetimes(datetime(2026, 9, 1), datetime(2026, 12, 1)), min_size=1, max_size=12),
)
@settings(max_examples=150)
def test_the_clock_says_what_open_state_says(text: str | None, times: list[datetime]) -> None:
    clock, hours = OpenClock(ZONE), OpeningHours.parse(text)
    for at in times + [times[0] + timedelta(minutes=step) for step in range(0, 90, 7)]:
        seen, expected = clock.state(text, at), open_state(hours, at.replace(tzinfo=ZONE))
        assert seen == expected
        assert clock.is_open(text, at) == hours.is_open(at)


@given(st.sampled_from(TEXTS), st.lists(st.floats(0, 20_000), max_size=20))
@settings(max_examples=100)
def test_states_after_are_the_states_then(text: str | None, minutes: list[float]) -> None:
    hours = OpeningHours.parse(text)
    states = OpenClock(ZONE).states_after(text, MONDAY_NOON, np.array(minutes, dtype=float))
    then = [hours.is_open(MONDAY_NOON + timedelta(minutes=after)) for after in minutes]
    assert [{1: True, 0: False, -1: None}[state] for state in states.tolist()] == then


def told(table: FinderTable) -> dict[str, object]:
    """Everything a table has worked out, in comparable form."""
    columns = {name: getattr(table, name) for name in ("located", "lon", "lat", "standing", "text_of")}
    return {
        "stations": table.stations,
        "texts": table.texts,
        "rows": dict(table.row_of),
        "ids": table.index.ids,
        "columns": {name: (column.dtype, column.tobytes()) for name, column in columns.items()},
        "asked": {name: table.asked(name).tolist() for name in GROUPS},
        "near": table.index.nearest(109.01, 34.21, 20),
    }


@given(registers, st.lists(st.integers(0, 20), max_size=6), registers, st.lists(st.sampled_from([*GROUPS])))
@settings(max_examples=60, deadline=None)
def test_a_table_that_takes_over_an_earlier_one_is_the_table_laid_out_anew(
    first: list[dict[str, object]], gone: list[int], later: list[dict[str, object]], asked: list[str]
) -> None:
    before = [station(number, **fields) for number, fields in enumerate(first)]
    earlier = FinderTable.build(before, ZONE)
    for name in asked:
        earlier.asked(name)
    kept = {one.id: one for number, one in enumerate(before) if number not in gone}
    # changed in place, and new ones between and after the old
    changed = [station(2 * number, **fields) for number, fields in enumerate(later)]
    after = [*(kept | {one.id: one for one in changed}).values()]
    taken = FinderTable.build(after, ZONE, earlier)
    assert set(taken._asked) == set(asked)
    assert told(taken) == told(FinderTable.build(after, ZONE))
    assert told(earlier) == told(FinderTable.build(before, ZONE))
