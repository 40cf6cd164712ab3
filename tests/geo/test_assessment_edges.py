"""The pipeline at its edges: stated results or a clear error, finite numbers, nulls with reasons."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo.assessment import Assessment, assess
from geo.assessment_tables import (
    actions_table,
    compliance_table,
    coverage_table,
    gaps_table,
    json_rows,
    metrics_table,
)
from geo.coverage import coverage
from geo.demand import Demand
from geo.errors import InvalidParameterError
from geo.rule_sets import rule_set
from geo.standard import Standard
from geo.stations import Station, stations_to_frame
from geo.travel import StraightLineRouter, TravelMode
from toy_city import (
    PLACES,
    ROWS,
    TOTAL,
    TOY,
    WEEK,
    YES,
    ZONE,
    A,
    assessed,
    centre,
    demand,
    figure,
    metric,
    ratio,
    station,
)


@pytest.fixture(scope="module")
def toy() -> Assessment:
    return assessed()


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
