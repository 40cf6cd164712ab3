"""Coverage by hand on a toy city, and against brute force (every quarter-hour, every pair) on random ones."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.coverage import CAUSES, Coverage, coverage, group_totals, situation, totals, window_figures
from geo.coverage_cube import coverage_cube
from geo.demand import GROUPS, Demand
from geo.errors import InvalidParameterError
from geo.opening_hours import OpeningHours
from geo.standard import Standard
from geo.stations import Station, stations_to_frame
from geo.travel import TravelMode

GEOD = Geod(ellps="WGS84")
WEEK = date(2026, 11, 23)
ZONE = ZoneInfo("Asia/Shanghai")
HERE = (109.06, 34.27)
# window, start and end in quarter-hours of the day, and hours: written out again from the contract
SPANS = {
    "T1": (16, 28),
    "T2": (28, 44),
    "T3": (44, 58),
    "T4": (58, 70),
    "T5": (70, 84),
    "T6": (84, 96),
    "T7": (0, 16),
}
HOURS = {window: (end - start) / 4 for window, (start, end) in SPANS.items()}


def east(metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*HERE, 90, metres)
    return lon, lat


def station(number: int, east_m: float | None, hours: str | None, **more: object) -> Station:
    location = None if east_m is None else east(east_m)
    record = {"id": f"S{number}", "name": f"站{number}", "hours": hours, "location": location, **more}
    return Station.model_validate(record)


def demand(at_m: dict[str, float], rows: list[tuple[str, str, str, str, float]]) -> Demand:
    cells = pd.DataFrame(
        [(cell, *east(metres), f"street-{cell[0]}") for cell, metres in at_m.items()],
        columns=["cell", "lon", "lat", "street_code"],
    )
    table = pd.DataFrame(rows, columns=["cell", "group", "window", "day_type", "demand"])
    return Demand(cells=cells, rows=table, basis="modelled", areas_basis="test")


def total(answer: Coverage) -> tuple[float, float]:
    return answer.total.demand, answer.total.demand_covered


YES = {"value": "yes"}
TOY = [
    # near A: open in the morning; has water
    station(1, 0, "Mo-Fr 08:00-12:00", amenities={"water_hot": YES}),
    # near B: always open; its water is broken
    station(2, 2000, "24/7", amenities={"water_hot": {"value": "broken"}, "water_cool": {"value": "no"}}),
    # near C: unknown hours; water unknown
    station(3, 4000, None),
    # near D: there, but shut for now
    station(4, 6000, "24/7", status="temporarily_closed", amenities={"water_hot": YES}),
    # near E: only planned
    station(5, 8000, "24/7", status="planned", amenities={"water_hot": YES}),
]
CELLS = {"A": 100.0, "B": 2100.0, "C": 4100.0, "D": 6100.0, "E": 8100.0}


def midday(weekday: dict[str, float], weekend: dict[str, float] | None = None) -> Demand:
    rows = [(cell, "courier", "T3", "weekday", value) for cell, value in weekday.items()]
    rows += [(cell, "courier", "T3", "weekend", value) for cell, value in (weekend or {}).items()]
    return demand(CELLS, rows)


def test_midday_by_hand() -> None:
    need = midday(dict.fromkeys(CELLS, 10.0))
    answer = coverage(stations_to_frame(TOY), need, Standard(week=WEEK, window="T3"))
    # T3 has 14 quarter-hours; S1 is open for the first 4 (11:00-12:00), S2 for all, the others for none
    assert total(answer) == pytest.approx((50.0, 10 * 4 / 14 + 10))
    # S3's unknown hours would add C's 10
    assert answer.total.share_if_unknown_open == pytest.approx((10 * 4 / 14 + 20) / 50)
    assert answer.total.share_covered_twice == 0
    cells = answer.cells.set_index("cell")
    # A: closed for 10 of 14; C: unknown; D: a station is there, whatever its status; E: planned is nothing
    assert cells["closed"].to_dict() == pytest.approx({"A": 10 * 10 / 14, "B": 0, "C": 0, "D": 10, "E": 0})
    assert cells["unknown"].to_dict() == pytest.approx({"A": 0, "B": 0, "C": 10, "D": 0, "E": 0})
    assert cells["nothing_near"].to_dict() == pytest.approx({"A": 0, "B": 0, "C": 0, "D": 0, "E": 10})
    assert not answer.is_hours
    assert answer.travel_basis == "estimate"


def test_water_by_hand() -> None:
    need = midday(dict.fromkeys(CELLS, 10.0))
    answer = coverage(stations_to_frame(TOY), need, Standard(week=WEEK, window="T3", amenities=("water",)))
    assert total(answer) == pytest.approx((50.0, 10 * 4 / 14))
    # unknown amenities never count: C stays out even if its hours counted as open
    assert answer.total.share_if_unknown_open == pytest.approx(10 * 4 / 14 / 50)
    cells = answer.cells.set_index("cell")
    assert cells.loc["B", "lacks_service"] == pytest.approx(10)
    assert cells.loc["C", "unknown"] == pytest.approx(10)
    assert cells.loc["A", "closed"] == pytest.approx(10 * 10 / 14)


def test_the_week_weighs_five_weekdays_and_two_weekend_days() -> None:
    need = midday({"A": 7.0}, {"A": 3.0})
    answer = coverage(stations_to_frame(TOY), need, Standard(week=WEEK))
    # demand-hours: 7 x 3.5 h x 5 + 3 x 3.5 h x 2; S1 covers 4/14 of weekday middays and no weekend
    assert total(answer) == pytest.approx((7 * 3.5 * 5 + 3 * 3.5 * 2, 7 * 3.5 * 5 * 4 / 14))
    assert answer.is_hours
    weekend = coverage(stations_to_frame(TOY), need, Standard(week=WEEK, window="T3", day="weekend"))
    assert total(weekend) == pytest.approx((3.0, 0.0))


def test_one_instant_by_hand() -> None:
    need = midday(dict.fromkeys(CELLS, 10.0))
    frame = stations_to_frame(TOY)
    open_still = Standard(week=WEEK, at=datetime(2026, 11, 24, 11, 59, tzinfo=ZONE))
    shut = Standard(week=WEEK, at=datetime(2026, 11, 24, 4, 0, tzinfo=UTC))  # 12:00 in Xi'an
    assert total(coverage(frame, need, open_still)) == (50.0, 20.0)
    assert total(coverage(frame, need, shut)) == (50.0, 10.0)
    saturday = Standard(week=WEEK, at=datetime(2026, 11, 28, 11, 0, tzinfo=ZONE))
    assert coverage(frame, need, saturday).total.share is None  # nobody works: no share can be given


def test_streets_and_windows_add_up() -> None:
    need = midday({"A": 10.0, "B": 30.0}, {"A": 1.0})
    answer = coverage(stations_to_frame(TOY), need, Standard(week=WEEK, window="T3"))
    streets = {code: (figure.demand, figure.demand_covered) for code, figure in answer.by_street}
    assert streets["street-A"] == pytest.approx((10, 10 * 4 / 14))
    assert streets["street-B"] == pytest.approx((30, 30))
    assert streets["street-C"] == (0, 0)
    windows = {(window, day): figure for window, day, figure in answer.by_window}
    assert len(windows) == 14
    assert windows["T3", "weekend"].demand == 1.0
    assert windows["T1", "weekday"].share is None


def test_twice_needs_two_places() -> None:
    need = midday({"A": 1.0})
    same = [station(1, 0, "24/7"), station(2, 0, "24/7")]
    apart = [station(1, 0, "24/7"), station(2, 50, "24/7")]
    standard = Standard(week=WEEK, window="T3")
    assert coverage(stations_to_frame(same), need, standard).total.share_covered_twice == 0
    assert coverage(stations_to_frame(apart), need, standard).total.share_covered_twice == 1
    # three rows at two places, open in turn: 11:00-12:00 both, then only the doubled one
    turns = [station(1, 0, "24/7"), station(2, 0, "24/7"), station(3, 50, "Mo-Fr 11:00-12:00")]
    assert coverage(stations_to_frame(turns), need, standard).total.share_covered_twice == pytest.approx(
        4 / 14
    )


def test_threshold_is_inclusive_and_the_radius_is_another_figure() -> None:
    need = demand({"A": 740.0, "B": 1000.0}, [(c, "other", "T3", "weekday", 1.0) for c in "AB"])
    frame = stations_to_frame([station(1, 0, "24/7")])
    # 740 m x 1.35 / 1.11 m/s = 900 s: exactly 15 minutes
    assert total(coverage(frame, need, Standard(week=WEEK, window="T3"))) == (2.0, 1.0)
    radius = Standard(week=WEEK, window="T3", minutes=None, radius_m=1000)
    answer = coverage(frame, need, radius)
    assert total(answer) == (2.0, 2.0)
    assert answer.travel_basis == "straight_line"
    ebike = Standard(week=WEEK, window="T3", minutes=5, mode=TravelMode.EBIKE)  # 933 m
    assert total(coverage(frame, need, ebike)) == (2.0, 1.0)


@pytest.mark.parametrize(
    "stations", [[], [station(1, None, "24/7")], [station(1, 0, "24/7", status="retired")]]
)
def test_nothing_that_serves_leaves_everything_uncovered(stations: list[Station]) -> None:
    answer = coverage(stations_to_frame(stations), midday({"A": 4.0}), Standard(week=WEEK, window="T3"))
    assert total(answer) == (4.0, 0.0)
    assert answer.total.share == 0
    assert answer.cells.set_index("cell").loc["A", "nothing_near"] == 4.0


def test_no_demand_has_no_share() -> None:
    answer = coverage(stations_to_frame(TOY), midday({}), Standard(week=WEEK))
    assert total(answer) == (0.0, 0.0)
    assert answer.total.share is None


@pytest.mark.parametrize("value", [float("nan"), -1.0, float("inf")])
def test_bad_demand_is_refused(value: float) -> None:
    with pytest.raises(InvalidParameterError, match="demand"):
        midday({"A": value})


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 15, "radius_m": 1000},
        {"minutes": None},
        {"minutes": -5},
        {"minutes": float("nan")},
        {"window": "T8"},
        {"day": "monday"},
        {"group": "people"},
        {"amenities": ("gold",)},
        {"at": datetime(2026, 11, 24, tzinfo=ZONE), "window": "T3"},
        {"at": datetime(2026, 11, 24)},  # a naive instant is what is refused
        {"week": date(2026, 11, 24)},
    ],
)
def test_bad_standards_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidParameterError):
        Standard(**{"week": WEEK, **wrong})  # type: ignore[arg-type]


HOURS_TEXTS = [
    "24/7",
    None,
    "Mo-Fr 08:00-12:00,14:30-18:00",
    "Mo-Su 22:00-06:00",
    "off",
    "Sa-Su 10:00-13:10",
    "Mo 11:00+",
]
STATUSES = ["operating", "trial", "temporarily_closed", "planned", "retired", "rectifying"]
VALUES = [None, "yes", "limited", "nearby", "broken", "no", "unknown"]


@st.composite
def cities(draw: st.DrawFn) -> tuple[list[Station], Demand, tuple[str, ...]]:
    spots = st.sampled_from([0.0, 0.0, 300.0, 650.0, 740.0, 900.0, 1600.0])
    stations = []
    for number in range(draw(st.integers(0, 5))):
        amenities = {}
        for code in ("water_hot", "toilet"):
            value = draw(st.sampled_from(VALUES))
            if value is not None:
                amenities[code] = {"value": value, "distance_m": draw(st.sampled_from([None, 120.0, 301.0]))}
        hours, status = draw(st.sampled_from(HOURS_TEXTS)), draw(st.sampled_from(STATUSES))
        stations.append(station(number, draw(spots), hours, status=status, amenities=amenities))
    cells = {f"{name}{n}": draw(st.floats(0, 2000)) for n, name in enumerate("AB")}
    rows = [
        (cell, draw(st.sampled_from(GROUPS)), window, day, draw(st.floats(0, 9)))
        for cell in cells
        for window, day in draw(
            st.lists(
                st.sampled_from(list(itertools.product(SPANS, ("weekday", "weekend")))),
                max_size=4,
                unique=True,
            )
        )
    ]
    return stations, demand(cells, rows), draw(st.sampled_from([(), ("water_hot",), ("toilet", "water_hot")]))


def entry_state(row: Station, code: str) -> str:
    entry = row.amenities.get(code)
    if entry is None or entry.value == "unknown":
        return "unknown"
    if code == "toilet" and entry.value == "nearby":
        if entry.distance_m is None:
            return "unknown"
        return "yes" if entry.distance_m <= 300 else "no"
    return "yes" if entry.value in ("yes", "limited") else "no"


def brute_cell(
    stations: list[Station], lon: float, lat: float, asked: tuple[str, ...], instant: datetime
) -> tuple[bool, bool, bool, str | None]:
    """Served, twice, served if unknown hours are open, cause: one cell at one instant, station by station."""
    served_at, if_open, maybe, lacking, present = set(), False, False, False, False
    for row in stations:
        metres = GEOD.inv(lon, lat, *row.location)[2]
        if metres * 1.35 / 1.11 / 60 > 15 + 1e-6:
            continue
        present |= row.status not in ("planned", "retired")
        if row.status not in ("operating", "trial"):
            continue
        state = OpeningHours.parse(row.hours).is_open(instant)
        states = [entry_state(row, code) for code in asked]
        has, could = all(s == "yes" for s in states), all(s != "no" for s in states)
        if state is True and has:
            served_at.add(tuple(row.location))
        if_open |= has and state is not False
        maybe |= could and state is not False
        lacking |= state is True and not has
    if served_at:
        return True, len(served_at) > 1, True, None
    cause = "unknown" if maybe else "lacks_service" if lacking else "closed" if present else "nothing_near"
    return False, False, if_open, cause


@settings(max_examples=25, deadline=None)
@given(cities())
def test_fast_path_equals_brute_force(city: tuple[list[Station], Demand, tuple[str, ...]]) -> None:
    stations, need, asked = city
    answer = coverage(stations_to_frame(stations), need, Standard(week=WEEK, amenities=asked))
    names = ["covered", "covered_twice", "covered_if_unknown_open", *CAUSES]
    expected = {cell: dict.fromkeys(names, 0.0) for cell in need.cells["cell"]}
    place = {row.cell: (row.lon, row.lat) for row in need.cells.itertuples()}
    monday = datetime(WEEK.year, WEEK.month, WEEK.day, tzinfo=ZONE)
    for row in need.rows.itertuples():
        days = range(5) if row.day_type == "weekday" else (5, 6)
        start, end = SPANS[row.window]
        for day, quarter in itertools.product(days, range(start, end)):
            instant = monday + timedelta(days=day, minutes=15 * quarter)
            served, twice, if_open, cause = brute_cell(stations, *place[row.cell], asked, instant)
            weight = row.demand * 0.25
            expected[row.cell]["covered"] += weight * served
            expected[row.cell]["covered_twice"] += weight * twice
            expected[row.cell]["covered_if_unknown_open"] += weight * if_open
            if cause:
                expected[row.cell][cause] += weight
    found = answer.cells.set_index("cell")
    for cell, values in expected.items():
        assert found.loc[cell, names].to_dict() == pytest.approx(values, abs=1e-9)
    hours = sum(
        r.demand * HOURS[r.window] * (5 if r.day_type == "weekday" else 2) for r in need.rows.itertuples()
    )
    assert answer.total.demand == pytest.approx(hours)


@settings(max_examples=15, deadline=None)
@given(cities(), st.floats(1, 20), st.floats(0, 20))
def test_more_time_and_one_more_station_never_cover_less(
    city: tuple[list[Station], Demand, tuple[str, ...]], minutes: float, more: float
) -> None:
    stations, need, asked = city

    def covered(rows: list[Station], limit: float, names: tuple[str, ...]) -> float:
        return coverage(
            stations_to_frame(rows), need, Standard(week=WEEK, minutes=limit, amenities=names)
        ).total.demand_covered

    base = covered(stations, minutes, asked)
    slack = 1e-9
    assert covered(stations, minutes + more, asked) >= base - slack
    assert covered([*stations, station(99, 500, "Mo-Su 09:00-17:00")], minutes, asked) >= base - slack
    assert covered(stations, minutes, asked[:-1]) >= base - slack


def test_the_cube_holds_the_same_numbers() -> None:
    need = demand(
        CELLS,
        [
            (cell, group, window, day, number + 1.0)
            for number, (cell, group, window, day) in enumerate(
                itertools.product(CELLS, ("courier", "driver"), ("T2", "T3"), ("weekday", "weekend"))
            )
        ],
    )
    frame = stations_to_frame(TOY)
    cube = coverage_cube(frame, need, WEEK, minutes=(5, 15), amenities=("", "water"))
    assert len(cube) == 2 * 2 * 6 * (5 + 1) * 14
    for minutes, name, group in itertools.product((5, 15), ("", "water"), ("courier", "driver")):
        standard = Standard(
            week=WEEK, minutes=minutes, amenities=(name,) if name else (), window="T3", group=group
        )
        answer = coverage(frame, need, standard)
        rows = cube[
            (cube["minutes"] == minutes)
            & (cube["amenity"] == name)
            & (cube["group"] == group)
            & (cube["window"] == "T3")
            & (cube["day_type"] == "weekday")
        ]
        whole = rows[rows["street_code"].isna()].iloc[0]
        assert (whole["demand"], whole["demand_covered"]) == pytest.approx(total(answer))
        by_street = rows.dropna(subset=["street_code"]).set_index("street_code")["demand_covered"].to_dict()
        assert by_street == pytest.approx({code: figure.demand_covered for code, figure in answer.by_street})


def test_shares_and_causes_fill_the_whole() -> None:
    need = midday(dict.fromkeys(CELLS, 10.0), dict.fromkeys(CELLS, 4.0))
    answer = coverage(stations_to_frame(TOY), need, Standard(week=WEEK, amenities=("toilet",)))
    parts = answer.cells[["covered", *CAUSES]].sum(axis=1)
    assert np.allclose(parts, answer.cells["demand"])


def test_a_number_is_the_same_to_the_last_bit_whichever_way_it_is_asked() -> None:
    chance = np.random.default_rng(11)
    cells = {
        f"c{number:04d}": float(metres) for number, metres in enumerate(chance.uniform(-3000, 3000, 1500))
    }
    rows = [
        (cell, GROUPS[number % 6], window, day, float(chance.gamma(2.0) / 3))
        for number, cell in enumerate(cells)
        for window in SPANS
        for day in ("weekday", "weekend")
    ]
    table = demand(cells, rows)
    there = stations_to_frame(
        [station(n, east_m, "08:00-19:20") for n, east_m in enumerate((-1900.0, -200.0, 50.0, 1400.0))]
    )
    found = situation(there, table, Standard(week=WEEK))
    assert totals(found) == coverage(there, table, Standard(week=WEEK)).total
    for group in GROUPS:
        alone = Standard(week=WEEK, group=group)
        assert group_totals(found, group) == coverage(there, table, alone).total
    # and it is the sum of the cells, and of the plain demand cell by cell, but for the order of adding
    by_cell = coverage(there, table, Standard(week=WEEK)).cells
    assert totals(found).demand_covered == pytest.approx(by_cell["covered"].sum(), rel=1e-12)
    assert totals(found).demand == pytest.approx(by_cell["demand"].sum(), rel=1e-12)
    plain = table.table()
    for window, day, figures in window_figures(found):
        at = (slice(None), list(SPANS).index(window), 0 if day == "weekday" else 1)
        assert figures.demand == pytest.approx(plain[at].sum(), rel=1e-12)
        met = (plain[at] * found.shares.served[at]).sum()
        assert figures.demand_covered == pytest.approx(met, rel=1e-12)
