"""The one pipeline: a toy city whose every figure is worked out by hand, and what happens at the edges."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import csr_array

from geo.assessment import Assessment, assess
from geo.assessment_columns import TABLES, column_dictionary, columns
from geo.assessment_tables import (
    actions_table,
    assessment_basis,
    compliance_table,
    coverage_table,
    gaps_table,
    json_rows,
    metrics_table,
    station_matrix_table,
    street_matrix_table,
)
from geo.coverage import coverage
from geo.demand import Demand
from geo.errors import InvalidParameterError
from geo.metrics import Figure, Metric
from geo.rule_sets import rule_set
from geo.service_matrix import station_matrix, street_matrix
from geo.standard import Standard
from geo.stations import ILLUSTRATIVE_NOTICE, Station, stations_to_frame
from geo.travel import StraightLineRouter, TravelMode

GEOD = Geod(ellps="WGS84")
WEEK = date(2026, 11, 23)
ZONE = ZoneInfo("Asia/Shanghai")


def centre(cell: str) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(cell)
    return lon, lat


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(GEOD.inv(*one, *other)[2])


# Six H3 cells. A, B, C and D lie kilometres apart; E touches D; F is three steps from A.
A = h3.latlng_to_cell(34.273, 109.067, 9)
B, C, D = (h3.grid_ring(A, 20)[place] for place in (0, 40, 80))
E = h3.grid_ring(D, 1)[0]
F = h3.grid_ring(A, 3)[0]
NAMES = {"A": A, "B": B, "C": C, "D": D, "E": E, "F": F}
STREETS = {A: "s1", B: "s1", C: "s1", D: "s2", E: "s2", F: "s2"}
_azimuth, _, A_TO_F_M = GEOD.inv(*centre(A), *centre(F))
# 900 m short of F on the way from A: too far to walk to (740 m), but within the radius (1 km)
S1_AT = GEOD.fwd(*centre(A), _azimuth, A_TO_F_M - 900)[:2]
S5_AT = GEOD.fwd(*centre(B), 90, 50)[:2]
YES, NO = {"value": "yes"}, {"value": "no"}


def station(name: str, at: tuple[float, float] | None, hours: str | None, **more: object) -> Station:
    return Station.model_validate({"id": name, "name": name, "location": at, "hours": hours, **more})


TOY = [
    # one hour of the midday window, weekdays
    station(
        "S1", S1_AT, "Mo-Fr 08:00-12:00", seats=10, hours_confirmed_on=date(2026, 11, 1),
        amenities={"water_hot": {**YES, "checked_on": date(2026, 7, 1)}},
        visits=[{"period": "2026-10", "count": 310}],
    ),
    # always open, its water broken
    station(
        "S2", centre(B), "24/7", seats=20, visits=[{"period": "2025", "count": 730}],
        amenities={"water_hot": {"value": "broken"}, "water_cool": NO},
    ),
    # nobody knows when
    station("S3", centre(C), None, sign_outside="no"),
    # shut for now
    station("S4", centre(D), "24/7", status="temporarily_closed", amenities={"water_hot": YES}),
    # half of the midday window, 50 m from S2
    station("S5", S5_AT, "Mo-Fr 11:00-12:45", status="trial", amenities={"water_hot": YES}),
]  # fmt: skip
COURIERS = {"A": 14.0, "B": 10.0, "C": 20.0, "D": 30.0, "E": 12.0, "F": 16.0}
ROWS = [
    *((NAMES[name], "courier", "T3", "weekday", amount) for name, amount in COURIERS.items()),
    (B, "sanitation", "T6", "weekday", 10.0),
    (B, "courier", "T3", "weekend", 5.0),
]
# Demand-hours: T3 is 3.5 h on 5 weekdays (x 17.5) and 2 weekend days (x 7), T6 is 3 h on 5 weekdays (x 15)
HOURS = {"A": 245.0, "B": 175.0 + 150.0 + 35.0, "C": 350.0, "D": 525.0, "E": 210.0, "F": 280.0}
TOTAL = 1970.0
PLACES = pd.DataFrame(
    [("示例银行", "bank", *GEOD.fwd(*centre(F), 0, 100)[:2]), ("示例桥", "bridge", *centre(D))],
    columns=["name", "kind", "lon", "lat"],
)


def demand(rows: list[tuple[str, str, str, str, float]] = ROWS, basis: Any = "modelled") -> Demand:
    cells = pd.DataFrame(
        [(cell, *centre(cell), street) for cell, street in sorted(STREETS.items())],
        columns=["cell", "lon", "lat", "street_code"],
    )
    table = pd.DataFrame(rows, columns=["cell", "group", "window", "day_type", "demand"])
    return Demand(cells=cells, rows=table, basis=basis, areas_basis="示意")


def assessed(
    standard: Standard | None = None, stations: list[Station] | None = None, **more: Any
) -> Assessment:
    frame = stations_to_frame(TOY if stations is None else stations)
    need = more.pop("need", demand())
    return assess(frame, need, standard or Standard(week=WEEK), places=PLACES, **more)


@pytest.fixture(scope="module")
def toy() -> Assessment:
    return assessed(answered=(3, 4))


def metric(found: Assessment, number: int) -> Metric:
    assert found.metrics[number - 1].number == number
    return found.metrics[number - 1]


def figure(found: Assessment, number: int, key: str) -> Figure:
    return next(line for line in metric(found, number).figures if line.key == key)


def ratio(found: Assessment, number: int, key: str) -> tuple[float | None, float | None]:
    """Numerator and denominator, after checking that the value is their ratio."""
    line = figure(found, number, key)
    if line.value is not None and line.numerator is not None and line.denominator is not None:
        assert line.value == pytest.approx(line.numerator / line.denominator)
    return line.numerator, line.denominator


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


def test_every_metric_is_there_with_unit_and_source(toy: Assessment) -> None:
    assert [m.number for m in toy.metrics] == list(range(1, 14))
    for one in toy.metrics:
        assert one.benchmarks
        assert all(b.source and b.zh and b.en for b in one.benchmarks)
        assert any(f.numerator is not None and f.denominator is not None for f in one.figures)
        for line in one.figures:
            assert line.unit
            assert (line.value is None) == (line.reason is not None)


def plain(value: object, path: str = "") -> None:
    """Fail on any number of the assessment that is not finite."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            plain(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, dict):
        for key, part in value.items():
            plain(part, f"{path}[{key}]")
    elif isinstance(value, tuple | list):
        for number, part in enumerate(value):
            plain(part, f"{path}[{number}]")
    elif isinstance(value, pd.DataFrame):
        assert np.isfinite(value.select_dtypes("number").to_numpy()).all(), path
    elif isinstance(value, float):
        assert math.isfinite(value), path
        assert type(value) is float, path


UNLOCATED = station("S9", None, "24/7", amenities={"water_hot": YES})
CLOSED = [station(s.id, s.location, "off") for s in TOY]
STANDARDS = {
    "week": Standard(week=WEEK),
    "window": Standard(week=WEEK, window="T3", day="weekend"),
    "day": Standard(week=WEEK, day="weekend"),
    "instant": Standard(week=WEEK, at=datetime(2026, 11, 24, 11, 30, tzinfo=ZONE)),
    "radius": Standard(week=WEEK, minutes=None, radius_m=500),
    "ebike": Standard(week=WEEK, mode=TravelMode.EBIKE, minutes=10, amenities=("water", "aed")),
    "group": Standard(week=WEEK, group="courier", amenities=("toilet",)),
    "national day": Standard(week=date(2026, 9, 28)),
    "make-up day": Standard(week=date(2026, 10, 5)),
}
REGISTERS = {
    "toy": TOY,
    "empty": [],
    "single": TOY[:1],
    "closed": CLOSED,
    "unlocated": [UNLOCATED],
    "retired": [station("S1", centre(A), "24/7", status="retired")],
}
NO_DEMAND = [(A, "courier", "T3", "weekday", 0.0)]


EDGES = [
    *itertools.product(STANDARDS, REGISTERS, ["demand"]),
    *itertools.product(["week", "instant"], REGISTERS, ["zero", "none"]),
]
DEMANDS = {"demand": ROWS, "zero": NO_DEMAND, "none": []}


@pytest.mark.parametrize(("standard", "register", "rows"), EDGES)
def test_edges_give_stated_results(standard: str, register: str, rows: str) -> None:
    found = assessed(STANDARDS[standard], REGISTERS[register], need=demand(DEMANDS[rows]))
    plain(found)
    assert [m.number for m in found.metrics] == list(range(1, 14))
    for line in (line for one in found.metrics for line in one.figures):
        assert (line.value is None) == (line.reason is not None), line
    if rows != "demand":
        assert found.coverage.total.share is None
        assert found.gaps == ()
    causes = sum(sum(gap.by_cause.values()) for gap in found.gaps)
    assert causes == pytest.approx(sum(gap.unserved for gap in found.gaps))
    gains = sum(action.gain or 0.0 for action in found.improvements)
    assert gains <= causes * (1 + 1e-9)
    for rank in range(1, len(found.gaps) + 1):
        assert any(a.gain is not None and a.gain > 0 for a in found.improvements if a.gap_rank == rank)
    for table in (metrics_table, gaps_table, actions_table, coverage_table, compliance_table):
        json.dumps(json_rows(table(found)), allow_nan=False)


def test_a_demand_table_without_cells_is_no_demand() -> None:
    cells = pd.DataFrame({"cell": [], "lon": [], "lat": [], "street_code": []}).astype(
        {"cell": object, "street_code": object}
    )
    rows = pd.DataFrame({name: [] for name in ("cell", "group", "window", "day_type", "demand")})
    found = assessed(need=Demand(cells=cells, rows=rows, basis="measured", areas_basis="示意"))
    plain(found)
    assert (found.coverage.total.share, found.gaps, found.demand_unit) == (None, (), "workers")


def test_all_closed_is_closed_and_not_unknown() -> None:
    found = assessed(stations=CLOSED)
    assert found.coverage.total.share == 0
    assert found.coverage.total.share_if_unknown_open == 0
    assert found.gaps[0].by_cause["unknown"] == 0
    assert {a.kind for a in found.improvements} == {"extend_hours", "partner"}


def test_an_unlocated_station_is_counted_but_serves_nobody() -> None:
    found = assessed(stations=[UNLOCATED])
    assert figure(found, 1, "operating").value == 1
    assert figure(found, 1, "no_location").value == 1
    assert figure(found, 7, "mean").value is None
    assert found.coverage.total.demand_covered == 0
    assert found.gaps[0].nearest is None


def test_a_radius_is_never_called_a_walk() -> None:
    found = assessed(Standard(week=WEEK, minutes=None, radius_m=1000))
    assert found.travel_basis == "straight_line"
    assert found.coverage.total.demand_covered == pytest.approx(510)
    # the metrics still print the walk, by minutes, and the radius as a figure of its own
    assert ratio(found, 3, "walk") == pytest.approx((430, TOTAL))
    assert ratio(found, 3, "radius") == pytest.approx((510, TOTAL))
    assert "步行" in figure(found, 3, "walk").zh
    assert "步行" not in figure(assessed(Standard(week=WEEK, mode=TravelMode.EBIKE)), 3, "ebike").zh


def test_an_instant_still_has_its_clock() -> None:
    found = assessed(Standard(week=WEEK, at=datetime(2026, 11, 24, 11, 30, tzinfo=ZONE)))
    # Tuesday 11:30: A and B are served of the 102
    assert (found.coverage.total.demand, found.coverage.total.demand_covered) == (102.0, 24.0)
    assert ratio(found, 5, "T3.weekday") == pytest.approx((14, 102))


@pytest.mark.parametrize("week", [date(2026, 9, 28), date(2026, 10, 5)])
def test_a_holiday_week_asked_for_is_taken_as_it_is(week: date) -> None:
    # 2026: 1-7 October off. "PH off" shuts S on Thu and Fri of the first week and Mon to Wed of the second
    shut = {date(2026, 9, 28): 2, date(2026, 10, 5): 3}[week]
    found = assessed(Standard(week=week), [station("S", centre(A), "Mo-Fr 11:00-14:30; PH off")])
    assert found.coverage.total.demand_covered == pytest.approx(245 * (5 - shut) / 5)
    assert found.standard.week == week


def test_a_router_of_another_mode_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="router"):
        assessed(router=StraightLineRouter(TravelMode.EBIKE))


@dataclasses.dataclass(frozen=True)
class Streets:
    """A network of one street: every pair takes half as long again as by straight line."""

    mode: TravelMode = TravelMode.WALK
    basis: Any = "network"

    def minutes_matrix(self, *args: Any) -> csr_array:
        found = StraightLineRouter(self.mode).minutes_matrix(*args[:4], args[4] / 1.5)
        found.data = found.data * 1.5
        return found


def test_a_network_tells_its_own_minutes() -> None:
    found = assessed(router=Streets())
    assert found.travel_basis == "network"
    near = found.gaps[0].nearest
    assert near is not None
    assert near.travel_basis == "network"
    assert near.travel_min == pytest.approx(1.5 * near.distance_m * 1.35 / 1.11 / 60)
    line = assessed()
    assert figure(found, 7, "mean").value == figure(line, 7, "mean").value
    assert ratio(found, 7, "unreached") == (0, TOTAL)
    assert figure(found, 7, "mean_min").value == pytest.approx(1.5 * (figure(line, 7, "mean_min").value or 0))


def test_the_illustrative_register_says_so_in_every_table() -> None:
    made_up = [
        s.model_copy(update={"provenance": s.provenance.model_copy(update={"facts": "illustrative"})})
        for s in TOY
    ]
    found = assessed(stations=made_up)
    assert found.illustrative
    for table in tables(found, made_up).values():
        assert set(table["notice"]) == {ILLUSTRATIVE_NOTICE}
        assert set(table["areas_basis"]) == {"示意"}
        assert set(table["demand_basis"]) == {"modelled"}
        assert set(table["demand_unit"]) == {"weight"}


def tables(found: Assessment, stations: list[Station]) -> dict[str, pd.DataFrame]:
    frame, on = stations_to_frame(stations), assessment_basis(found)
    return {
        "metrics": metrics_table(found),
        "gaps": gaps_table(found),
        "actions": actions_table(found),
        "coverage": coverage_table(found),
        "compliance": compliance_table(found),
        "station_matrix": station_matrix_table(station_matrix(frame, found.standard, demand()), on),
        "street_matrix": street_matrix_table(
            street_matrix(frame, demand(), found.standard), on, "weight-hours"
        ),
    }


def test_tables_have_the_columns_of_the_dictionary_and_the_same_numbers(toy: Assessment) -> None:
    made = tables(toy, TOY)
    assert set(made) == set(TABLES)
    known = column_dictionary()
    for name, table in made.items():
        expected = [column.name for column in columns(name)]
        assert [c for c in table.columns if c != "geometry"] == expected
        assert known.loc[known["table"] == name, "column"].tolist() == expected
        assert len(set(expected)) == len(expected)
        rows = json_rows(table)
        assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert known[["zh", "en"]].map(bool).all(axis=None)
    gaps = made["gaps"]
    assert gaps["unserved"].tolist() == [735, 350, 280]
    assert gaps[["cause_closed", "cause_unknown", "cause_nothing_near"]].sum().tolist() == [735, 350, 280]
    assert gaps["unserved_courier"].tolist() == [735, 350, 280]
    assert gaps["first_action"].tolist() == ["reopen", "verify", "partner"]
    assert gaps.crs.to_epsg() == 4326
    area = abs(GEOD.geometry_area_perimeter(gaps.geometry.iloc[0])[0])
    assert area == pytest.approx(sum(h3.cell_area(cell, "m^2") for cell in (D, E)), rel=0.02)
    metrics = made["metrics"].set_index(["number", "figure"])
    assert metrics.loc[(3, "walk"), ["numerator", "denominator"]].tolist() == pytest.approx([430, TOTAL])
    assert metrics.loc[(11, "visits"), "benchmark_source"] == "全总 2025 年初发布；西安报道 2022-12-14"
    lines = made["coverage"].set_index(["scope", "street_code", "window", "day_type"])
    assert lines.loc[("total", None, None, None), "demand_covered"] == pytest.approx(430)
    assert len(made["coverage"]) == 1 + 2 + 14
    assert len(made["compliance"]) == 4 * sum(len(r.rule_set.rules) for r in toy.compliance)


def test_an_empty_assessment_has_empty_tables_of_the_same_form() -> None:
    found = assessed(stations=[], need=demand([]))
    made = tables(found, [])
    assert [len(made[name]) for name in ("gaps", "actions", "compliance", "station_matrix")] == [0, 0, 0, 0]
    for name, table in made.items():
        assert [c for c in table.columns if c != "geometry"] == [column.name for column in columns(name)]
    assert made["gaps"].crs.to_epsg() == 4326


def test_places_may_come_as_points_and_nameless_ones_name_nothing(toy: Assessment) -> None:
    table = pd.concat([PLACES, PLACES.iloc[:1].assign(name=None)], ignore_index=True)
    points = gpd.GeoDataFrame(
        table[["name", "kind"]], geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326"
    )
    found = assess(stations_to_frame(TOY), demand(), Standard(week=WEEK), places=points)
    assert found.gaps == toy.gaps
    assert found.improvements == toy.improvements
    nameless = assess(stations_to_frame(TOY), demand(), Standard(week=WEEK))
    assert {gap.place for gap in nameless.gaps} == {None}
    assert nameless.improvements[-1].kind == "build"


def test_a_cell_may_not_stand_twice() -> None:
    cells = pd.DataFrame([(A, *centre(A), "s1")] * 2, columns=["cell", "lon", "lat", "street_code"])
    rows = pd.DataFrame(
        [(A, "other", "T1", "weekday", 1.0)], columns=["cell", "group", "window", "day_type", "demand"]
    )
    with pytest.raises(InvalidParameterError, match="stands twice"):
        Demand(cells=cells, rows=rows, basis="measured", areas_basis="x")


def test_rule_sets_named_are_those_printed() -> None:
    found = assessed(rule_sets=[rule_set("6x")])
    assert metric(found, 2).headline.key == "6x.pass"
    assert figure(assessed(rule_sets=[]), 2, "pass").reason


VALUES = st.sampled_from(["yes", "limited", "nearby", "broken", "no", "unknown"])


@settings(max_examples=25, deadline=None)
@given(st.lists(VALUES, min_size=5, max_size=5), st.sampled_from(["water_hot", "toilet"]))
def test_accepting_less_and_adding_a_station_never_covers_less(values: list[str], code: str) -> None:
    held = [
        s.model_copy(update={"amenities": {code: s.amenities.get("x", _entry(value))}, "status": "operating"})
        for s, value in zip(TOY, values, strict=True)
    ]
    asked = Standard(week=WEEK, amenities=(code,))
    all_of_it = coverage(stations_to_frame(held), demand(), Standard(week=WEEK)).total.demand_covered
    with_it = coverage(stations_to_frame(held), demand(), asked).total.demand_covered
    one_less = coverage(stations_to_frame(held[1:]), demand(), asked).total.demand_covered
    assert one_less <= with_it + 1e-9 <= all_of_it + 2e-9
    # taking away what is known never serves more: unknown is not a yes
    blank = [s.model_copy(update={"amenities": {}}) for s in held]
    assert coverage(stations_to_frame(blank), demand(), asked).total.demand_covered == 0


def _entry(value: str) -> Any:
    return Station.model_validate(
        {"id": "x", "name": "x", "amenities": {"water_hot": {"value": value, "distance_m": 100}}}
    ).amenities["water_hot"]
