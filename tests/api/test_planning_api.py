"""The planner's tasks over HTTP: the core's numbers on the shipped register, parameters read strictly."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.register import shipped_register
from geo.accessibility import two_step_fca_points
from geo.areas import shipped_areas
from geo.assessment import assess
from geo.compliance import compliance
from geo.coverage import Figures, coverage
from geo.demand import GROUPS, Demand
from geo.demand_model import build_demand, shipped_model, shipped_places
from geo.rule_sets import rule_set, shipped_rule_sets
from geo.service_matrix import station_matrix, street_matrix
from geo.standard import Standard
from geo.stations import ILLUSTRATIVE_NOTICE, stations_to_frame

MONDAY = date(2026, 11, 23)
BASIS = {
    "demand_basis",
    "demand_unit",
    "demand_notes",
    "demand_outside",
    "areas_basis",
    "travel_basis",
    "notice",
    "register_version",
}
TASKS = ("coverage", "gaps", "service-matrix", "compliance", "accessibility", "assessment")
STATIONS = stations_to_frame(shipped_register())


@pytest.fixture(scope="module")
def demand() -> Demand:
    return build_demand(shipped_areas(), shipped_places(), STATIONS, shipped_model())


def ask(client: TestClient, task: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"/api/{task}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def line(figures: Figures, prefix: str = "demand") -> dict[str, Any]:
    return {
        prefix: figures.demand,
        f"{prefix}_covered": figures.demand_covered,
        "share": figures.share,
        "share_if_unknown_open": figures.share_if_unknown_open,
        "share_covered_twice": figures.share_covered_twice,
    }


def picked(body: dict[str, Any], names: Any) -> dict[str, Any]:
    return {name: body[name] for name in names}


@pytest.mark.parametrize(
    ("asked", "standard", "prefix"),
    [
        ({}, Standard(week=MONDAY), "demand_hours"),
        (
            {"minutes": "10", "day": "weekend"},
            Standard(week=MONDAY, minutes=10, day="weekend"),
            "demand_hours",
        ),
        ({"window": "T3", "group": "courier"}, Standard(week=MONDAY, window="T3", group="courier"), "demand"),
        (
            {"radius_m": "1000", "amenities": "water,toilet", "week": "2026-11-30"},
            Standard(week=date(2026, 11, 30), minutes=None, radius_m=1000, amenities=("water", "toilet")),
            "demand_hours",
        ),
        (
            {"at": "2026-11-23T12:00"},
            Standard(week=MONDAY, at=datetime(2026, 11, 23, 4, tzinfo=UTC)),
            "demand",
        ),
    ],
)
def test_coverage_is_the_cores(
    planner: TestClient, demand: Demand, asked: dict[str, str], standard: Standard, prefix: str
) -> None:
    body = ask(planner, "coverage", **asked)
    expected = coverage(STATIONS, demand, standard)
    total = line(expected.total, prefix)
    assert picked(body, total) == total
    names = shipped_areas().street_names()
    assert body["by_street"] == [
        {"code": code, "name": names.get(code or ""), **line(figures, prefix)}
        for code, figures in expected.by_street
    ]
    assert [(one["window"], one["day"], picked(one, line(expected.total))) for one in body["by_window"]] == [
        (window, day, line(figures)) for window, day, figures in expected.by_window
    ]
    assert set(body) >= BASIS
    assert (body["demand_basis"], body["demand_unit"]) == ("modelled", "weight")
    assert body["notice"] == ILLUSTRATIVE_NOTICE


def test_parameters_come_back_as_understood(planner: TestClient) -> None:
    assert ask(planner, "coverage")["parameters"] == {
        "minutes": 15.0,
        "radius_m": None,
        "mode": "walk",
        "amenities": [],
        "window": None,
        "day": None,
        "at": None,
        "week": "2026-11-23",
        "group": None,
    }
    asked = ask(planner, "coverage", window="T6", mode="ebike", amenities="water, seat")["parameters"]
    assert (asked["day"], asked["mode"], asked["amenities"]) == ("weekday", "ebike", ["water", "seat"])
    instant = ask(planner, "coverage", at="2026-11-23T04:00:00Z")["parameters"]
    assert instant["at"] == "2026-11-23T12:00:00+08:00"


def test_gaps_are_the_cores_and_their_parts_add_up(planner: TestClient, demand: Demand) -> None:
    body = ask(planner, "gaps", top=7)
    found = assess(STATIONS, demand, Standard(week=MONDAY), today=MONDAY, places=shipped_places())
    assert body["gap_count"] == len(found.gaps)
    assert [one["cells"] for one in body["gaps"]] == [list(gap.area.cells) for gap in found.gaps[:7]]
    for one, gap in zip(body["gaps"], found.gaps, strict=False):
        assert (one["rank"], one["place"], one["main_cause"]) == (gap.rank, gap.place, gap.main_cause)
        assert one["unserved"] == gap.unserved
        assert math.isclose(sum(one["by_cause"].values()), one["unserved"])
        assert math.isclose(sum(part["unserved"] for part in one["by_group"]), one["unserved"])
        assert math.isclose(sum(part["unserved"] for part in one["by_window"]), one["unserved"])
        assert one["geometry"]["type"] in ("Polygon", "MultiPolygon")
        assert one["nearest"]["station_id"] == (gap.nearest.station_id if gap.nearest else None)
        kinds = [action.kind for action in found.improvements if action.gap_rank == gap.rank]
        assert [action["action"] for action in one["actions"]] == kinds
    covered = ask(planner, "coverage")
    assert body["unserved"] == covered["demand_hours"] - covered["demand_hours_covered"]
    features = ask(planner, "gaps", top=7, f="geojson")["features"]
    assert [one["properties"]["unserved"] for one in features] == [one["unserved"] for one in body["gaps"]]


def test_the_matrix_by_station_and_by_street(planner: TestClient, demand: Demand) -> None:
    standard = Standard(week=MONDAY, window="T3")
    stations = ask(planner, "service-matrix", window="T3")["rows"]
    for row, expected in zip(stations, station_matrix(STATIONS, standard, demand), strict=True):
        assert (row["station_id"], row["window_state"]) == (expected.station_id, expected.window_state)
        assert (row["open_share"], row["demand_covered"]) == (expected.open_share, expected.demand_covered)
        assert {code: cell["value"] for code, cell in row["services"].items()} == {
            cell.code: cell.value for cell in expected.cells
        }
    streets = ask(planner, "service-matrix", window="T3", by="street")["rows"]
    for row, street in zip(streets, street_matrix(STATIONS, demand, standard), strict=True):
        assert (row["street_code"], row["stations"]) == (street.street_code, street.stations)
        assert {code: cell["share"] for code, cell in row["services"].items()} == {
            cell.code: cell.share for cell in street.cells
        }


def test_compliance_and_rule_sets(planner: TestClient) -> None:
    assert [one["id"] for one in ask(planner, "rulesets")["rulesets"]] == list(shipped_rule_sets())
    for name in shipped_rule_sets():
        body, expected = (
            ask(planner, "compliance", ruleset=name),
            compliance(STATIONS, rule_set(name), MONDAY, MONDAY),
        )
        assert (body["pass_share"], body["completeness"]) == (expected.pass_share, expected.completeness)
        assert {one["station_id"]: one["verdicts"] for one in body["stations"]} == {
            station.station_id: station.verdicts for station in expected.stations
        }
        assert body["source"] and body["date"] and body["judged_on"] == "2026-11-23"
    assert ask(planner, "compliance")["parameters"]["ruleset"] == "xian-8"
    answer = planner.get("/api/compliance?ruleset=nope")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_access_to_seats_agrees_with_the_form_from_coordinates(planner: TestClient, demand: Demand) -> None:
    body = ask(planner, "accessibility", window="T3", by="cell", seats_default=4)
    cells = demand.cells
    serving = STATIONS[STATIONS["status"].isin(["operating", "trial"]) & STATIONS.geometry.notna()]
    expected = two_step_fca_points(
        (cells["lon"], cells["lat"]),
        demand.table()[:, 2, 0],
        (serving.geometry.x, serving.geometry.y),
        [4.0 if seats is None or math.isnan(seats) else seats for seats in serving["seats"].astype(float)],
        15,
    )
    assert [one["access"] for one in body["by_cell"]] == pytest.approx(expected.tolist(), rel=1e-9)
    assert body["seats_assumed"] == int(serving["seats"].isna().sum())
    assert 0 < body["gini_streets"] < body["gini_demand"] < 1
    assert body["lorenz"][0] == [0, 0] and body["lorenz"][-1] == [1, 1]
    metrics = {one["key"]: one for one in ask(planner, "assessment")["metrics"]}
    balance = {one["key"]: one["value"] for one in metrics["balance"]["figures"]}
    week = ask(planner, "accessibility")
    assert (week["gini_streets"], week["gini_demand"]) == (balance["gini_streets"], balance["gini_demand"])


@pytest.mark.parametrize(
    ("asked", "decay", "cutoff"),
    [
        ({"method": "e2sfca"}, "step", 15),
        ({"method": "e2sfca", "steps": "5:1,12:0.5"}, "step", 12),
        ({"method": "m2sfca", "decay": "gaussian", "sigma_min": "4"}, "gaussian", 15),
        ({"method": "gravity", "minutes": "20"}, "gaussian", 20),
        ({"method": "gravity", "decay": "exponential"}, "exponential", 15),
        ({"method": "gravity", "decay": "power", "exponent": "1.5"}, "power", 15),
    ],
)
def test_every_method_and_decay_answers(
    planner: TestClient, asked: dict[str, str], decay: str, cutoff: float
) -> None:
    body = ask(planner, "accessibility", **asked)
    assert (body["parameters"]["decay"], body["parameters"]["minutes"]) == (decay, cutoff)
    assert body["mean"] > 0
    assert len(body["by_street"]) == 9


def test_the_thirteen_metrics(planner: TestClient) -> None:
    body = ask(planner, "assessment")
    assert [one["number"] for one in body["metrics"]] == list(range(1, 14))
    for metric in body["metrics"]:
        for figure in metric["figures"]:
            assert figure["value"] is not None or figure["reason"]
    covered = ask(planner, "coverage")
    walk = next(one for one in body["metrics"] if one["key"] == "coverage")["figures"][0]
    assert walk["value"] == covered["share"]


@pytest.mark.parametrize(
    ("task", "query", "named"),
    [
        ("coverage", "minutes=5&radius_m=500", "radius_m"),
        ("coverage", "window=T1&at=2026-11-23T12:00", "at"),
        ("coverage", "day=weekday&at=2026-11-23T12:00", "at"),
        ("coverage", "at=2026-11-23T12:00&week=2026-11-23", "week"),
        ("coverage", "at=2026-11-23T12:00&window=T3", "window"),
        ("gaps", "at=2026-11-23T12:00&week=2026-11-23", "at"),
        ("service-matrix", "at=2026-11-23T12:00&week=2026-11-23", "week"),
        ("accessibility", "at=2026-11-23T12:00&week=2026-11-23", "week"),
        ("coverage", "at=tomorrow", "at"),
        ("coverage", "minutes=0", "minutes"),
        ("coverage", "minutes=nan", "minutes"),
        ("coverage", "minutes=241", "minutes"),
        ("coverage", "radius_m=-1", "radius_m"),
        ("coverage", "week=2026-11-24", "week"),
        ("coverage", "week=soon", "week"),
        ("coverage", "window=T8", "window"),
        ("coverage", "day=holiday", "day"),
        ("coverage", "group=tourists", "group"),
        ("coverage", "mode=rocket", "mode"),
        ("coverage", "amenities=gold", "amenities"),
        ("coverage", "f=pdf", "f"),
        ("coverage", "top=3", "top"),
        ("coverage", "group=driver&group=courier", "group"),
        ("gaps", "top=0", "top"),
        ("service-matrix", "by=city", "by"),
        ("service-matrix", "amenities=water", "amenities"),
        ("compliance", "minutes=15", "minutes"),
        ("accessibility", "decay=step", "decay"),
        ("accessibility", "method=e2sfca&steps=5", "steps"),
        ("accessibility", "method=e2sfca&steps=5:1,5:2", "steps"),
        ("accessibility", "method=gravity&decay=step&steps=5:1e308", "steps"),
        ("accessibility", "method=e2sfca&steps=1_0:1", "steps"),
        ("accessibility", "method=2sfca&minutes=1_0", "minutes"),
        ("gaps", "top=1_0", "top"),
        ("accessibility", "method=e2sfca&steps=5:1&minutes=5", "steps"),
        ("accessibility", "method=gravity&steps=5:1", "steps"),
        ("accessibility", "method=gravity&exponent=2", "exponent"),
        ("accessibility", "radius_m=1000", "radius_m"),
        ("assessment", "bogus=1", "bogus"),
        ("rulesets", "ruleset=xian-8", "ruleset"),
    ],
)
def test_bad_parameters_are_refused_by_name(planner: TestClient, task: str, query: str, named: str) -> None:
    answer = planner.get(f"/api/{task}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]


@pytest.mark.parametrize("task", TASKS)
def test_a_known_copy_is_not_sent_again(planner: TestClient, task: str) -> None:
    first = planner.get(f"/api/{task}")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    again = planner.get(f"/api/{task}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert planner.get(f"/api/{task}?week=2026-12-07").headers["etag"] != tag
    assert planner.get(f"/api/{task}?week=2026-11-23").headers["etag"] == tag  # the default, said


@pytest.mark.parametrize("task", ["coverage", "gaps", "service-matrix", "compliance", "accessibility"])
@pytest.mark.parametrize("form", ["csv", "xlsx", "gpkg", "parquet", "geojson"])
def test_files_have_a_name_and_a_tag_of_their_own(planner: TestClient, task: str, form: str) -> None:
    answer = planner.get(f"/api/{task}?f={form}")
    assert answer.status_code == 200
    assert answer.headers["etag"] != planner.get(f"/api/{task}").headers["etag"]
    attached = answer.headers.get("content-disposition")
    assert attached == (None if form == "geojson" else f'attachment; filename="{task}.{form}"')


def test_collections_of_demand_and_gaps(planner: TestClient, demand: Demand) -> None:
    items = "/api/collections/worker-demand/items"
    page = planner.get(f"{items}?limit=10000").json()
    assert page["numberMatched"] == len(demand.cells) == page["numberReturned"]
    totals = [one["properties"] for one in page["features"]]
    assert sum(one["demand_hours"] for one in totals) == pytest.approx(
        ask(planner, "coverage")["demand_hours"]
    )
    for one in totals[::500]:
        parts = sum(one[f"demand_hours_{group}"] for group in GROUPS)
        assert parts == pytest.approx(one["demand_hours"])
    street = ask(planner, "coverage")["by_street"][0]
    inside = planner.get(f"{items}?limit=10000&street_code={street['code']}").json()["features"]
    assert sum(one["properties"]["demand_hours"] for one in inside) == pytest.approx(street["demand_hours"])
    assert inside[0]["properties"]["demand_basis"] == "modelled"
    gaps = planner.get("/api/collections/service-gaps/items?limit=3").json()
    asked = ask(planner, "gaps", top=3)["gaps"]
    assert [one["properties"]["unserved"] for one in gaps["features"]] == [one["unserved"] for one in asked]
    first = gaps["features"][0]
    alone = planner.get(f"/api/collections/service-gaps/items/{first['id']}")
    assert alone.json()["geometry"] == first["geometry"]
    assert alone.headers["etag"].startswith('"')


NAMES = ["minutes", "radius_m", "mode", "amenities", "window", "day", "at", "week", "group", "top", "by"]
NAMES += [
    "ruleset",
    "method",
    "decay",
    "steps",
    "sigma_min",
    "beta_per_min",
    "exponent",
    "seats_default",
    "f",
]
WORDS = ["5", "15", "0.1", "240", "1e308", "-1", "nan", "", "walk", "ebike", "water,aed", "T1", "weekend"]
WORDS += ["2026-11-23T12:00", "2026-11-30", "9999-12-27", "driver", "street", "cell", "acftu-6", "gravity"]
WORDS += ["m2sfca", "power", "gaussian", "step", "exponential", "5:1,10:0.5", "geojson", "csv", "json"]


@given(
    st.sampled_from([*TASKS, "rulesets"]),
    st.dictionaries(
        st.sampled_from(NAMES), st.one_of(st.sampled_from(WORDS), st.text(max_size=9)), max_size=5
    ),
)
@settings(max_examples=120)
def test_no_question_fails_inside(client: TestClient, task: str, asked: dict[str, str]) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in asked.items()}
    answer = client.get(f"/api/{task}", params=clean)
    assert answer.status_code in {200, 400, 404}
    if answer.headers["content-type"] == "application/json":
        assert b"NaN" not in answer.content
        assert b"Infinity" not in answer.content
