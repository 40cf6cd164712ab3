"""A scenario on the map, in its files and in the figures of a cell: those of the changed register itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import openpyxl
import pandas as pd
import pyogrio
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.register import shipped_register
from api.settings import Settings
from geo.store.opening import open_store
from geo.store.protocol import Change
from in_process import MONDAY_NOON

QUESTION = {"window": "T3", "amenities": "hot_meal"}
LONGER, SHUT = "BQ-E26", "BQ-E01"
SITE = {"name": "香王", "lon": 109.08, "lat": 34.25, "hours": "24/7"}
PLAN = json.dumps(
    {"closed": [SHUT], "hours": {LONGER: "24/7"}, "equipped": {LONGER: ["microwave"]}, "sites": [SITE]},
    ensure_ascii=False,
)
ASKED = {**QUESTION, "b": PLAN}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, TestClient]]:
    """The shipped register, and one that was really changed as the scenario says, its site left away."""
    folder = tmp_path_factory.mktemp("scenario")

    def changed() -> list[Any]:
        stations = []
        for one in shipped_register():
            update: dict[str, Any] = {"status": "retired"} if one.id == SHUT else {}
            if one.id == LONGER:
                microwave = type(next(iter(one.amenities.values())))(value="yes")
                update = {"hours": "24/7", "amenities": {**one.amenities, "microwave": microwave}}
            stations.append(one.model_copy(update=update))
        return stations

    with ExitStack() as stack:
        made = []
        for name, register in (("as-is", shipped_register), ("changed", changed)):
            store = open_store(f"sqlite:///{folder / name}.db", register)
            stack.callback(store.close)
            app = create_app(Settings(), store)
            app.state.service.clock = lambda: MONDAY_NOON
            made.append(stack.enter_context(TestClient(app)))
        yield made[0], made[1]


def map_data(client: TestClient, **asked: str) -> dict[str, Any]:
    """What the page's script draws from."""
    html = client.get("/planner/map", params=asked).text
    block = re.search(r'<script type="application/json" id="map-data">(.*?)</script>', html, re.S)
    assert block is not None
    data: dict[str, Any] = json.loads(block[1])
    return data


def test_with_every_station_closed_the_map_has_nothing_in_reach(
    clients: tuple[TestClient, TestClient],
) -> None:
    everyone = json.dumps({"closed": [one.id for one in shipped_register()]})
    data = map_data(clients[0], window="T3", b=everyone)
    layers, count = data["layers"], data["cells"]["count"]
    assert count > 500
    assert layers["coverage"]["classes"] == "3" * count  # no service
    assert layers["cause"]["classes"] == "0" * count  # nothing near: a closed station is no station
    assert set(data["cells"]["share"]) == {0}
    assert layers["service"]["stations"] == []
    assert layers["zones"]["features"] == []


def test_layers_and_cells_are_those_of_the_changed_register(clients: tuple[TestClient, TestClient]) -> None:
    plan = json.dumps({key: value for key, value in json.loads(PLAN).items() if key != "sites"})
    shown, real = map_data(clients[0], **QUESTION, b=plan), map_data(clients[1], **QUESTION)
    for key in ("coverage", "cause", "minutes"):
        assert shown["layers"][key]["classes"] == real["layers"][key]["classes"]
    assert shown["layers"]["gaps"] == real["layers"]["gaps"]
    states = [{row[4] for row in data["layers"]["service"]["stations"]} for data in (shown, real)]
    assert states[0] == states[1]
    before = map_data(clients[0], **QUESTION)
    assert shown["layers"]["coverage"]["classes"] != before["layers"]["coverage"]["classes"]


def test_the_geopackage_holds_the_scenario(clients: tuple[TestClient, TestClient], tmp_path: Path) -> None:
    plan = json.dumps({key: value for key, value in json.loads(PLAN).items() if key != "sites"})
    file = tmp_path / "map.gpkg"
    file.write_bytes(clients[0].get("/planner/map.gpkg", params={**QUESTION, "b": plan}).content)
    before, after = (one.get("/api/coverage", params=QUESTION).json()["demand_covered"] for one in clients)
    assert after > before
    cells = gpd.read_file(file, layer="demand_cells")
    assert cells["covered"].sum() == pytest.approx(after)
    difference = gpd.read_file(file, layer="scenario_difference")
    assert difference.crs == "EPSG:4326"
    assert difference["before"].sum() == pytest.approx(before)
    assert difference["after"].sum() == pytest.approx(after)
    assert set(difference.geom_type) == {"Polygon"}
    changes = gpd.read_file(file, layer="scenario_changes")
    told = list(zip(changes["change"], changes["station_id"], changes["after"], strict=True))
    assert told == [("ext", LONGER, "24/7"), ("equip", LONGER, "microwave"), ("shut", SHUT, "retired")]
    assert changes["gain"].sum() == pytest.approx(after - before)
    zones = gpd.read_file(file, layer="coverage_zones")
    serving = {one.id for one in shipped_register() if one.status in ("operating", "trial")}
    assert set(zones["station_id"]) == serving - {SHUT}


def test_a_new_site_stands_in_the_geopackage_at_its_place(
    clients: tuple[TestClient, TestClient], tmp_path: Path
) -> None:
    file = tmp_path / "map.gpkg"
    file.write_bytes(clients[0].get("/planner/map.gpkg", params=ASKED).content)
    changes = gpd.read_file(file, layer="scenario_changes").set_index("change")
    site = changes.loc["new"]
    assert (site["name"], site["after"], site.geometry.x, site.geometry.y) == ("香王", "24/7", 109.08, 34.25)
    assert "new-1" in set(gpd.read_file(file, layer="stations")["id"])
    words = pyogrio.read_dataframe(file, layer="columns")
    for title, layer in (("方案改动", "scenario_changes"), ("方案差异", "scenario_difference")):
        told = set(words[words["table"] == title]["column"])
        assert set(gpd.read_file(file, layer=layer).columns) - {"geometry"} == told


def test_without_a_scenario_there_is_no_layer_of_one(
    clients: tuple[TestClient, TestClient], tmp_path: Path
) -> None:
    file = tmp_path / "map.gpkg"
    file.write_bytes(clients[0].get("/planner/map.gpkg", params=QUESTION).content)
    assert not [name for name, _ in pyogrio.list_layers(file) if name.startswith("scenario")]


@pytest.mark.parametrize("place", [(109.08, 34.25), (109.05, 34.31)])
def test_the_api_tells_a_cell_before_and_after(
    clients: tuple[TestClient, TestClient], tmp_path: Path, place: tuple[float, float]
) -> None:
    lon, lat = place
    at = {"lon": str(lon), "lat": str(lat)}
    told = clients[0].get("/api/cell", params={**ASKED, **at}).json()
    plain = clients[0].get("/api/cell", params={**QUESTION, **at}).json()
    assert "difference" not in plain
    assert told["cell"] == h3.latlng_to_cell(lat, lon, 9) == plain["cell"]
    assert told["difference"]["share_before"] == pytest.approx(plain["share"])
    assert told["difference"]["share_after"] == pytest.approx(told["share"])
    # the same cell in the comparison's own file
    book = clients[0].get("/planner/compare/difference.xlsx", params=ASKED).content
    (tmp_path / "d.xlsx").write_bytes(book)
    rows = pd.DataFrame(openpyxl.load_workbook(tmp_path / "d.xlsx")["需求格"].values)
    rows = rows.rename(columns=dict(enumerate(rows.iloc[0])))
    line = next(row for row in rows.to_dict("records") if told["cell"] in row.values())
    assert line["before"] == pytest.approx(told["difference"]["demand_covered_before"])
    assert line["after"] == pytest.approx(told["difference"]["demand_covered_after"])
    assert line["change"] == told["difference"]["change"]
    if place == (SITE["lon"], SITE["lat"]):  # the new site stands in this very cell, with a microwave
        assert told["share"] == 1.0


@pytest.mark.parametrize("side", ["{", '{"closed": ["nobody"]}', '{"colour": "red"}'])
def test_a_scenario_that_cannot_be_is_refused(clients: tuple[TestClient, TestClient], side: str) -> None:
    answered = clients[0].get("/api/cell", params={"lon": "109.08", "lat": "34.25", "b": side})
    assert answered.status_code == 400
    assert answered.headers["content-type"] == "application/problem+json"


def test_the_report_takes_a_scenario_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no Chromium: the other files are written all the same
    plan = tmp_path / "plan.json"
    plan.write_text(PLAN, encoding="utf-8")
    store = f"sqlite:///{tmp_path / 'r.db'}"
    asked = ["--window", "T3", "--amenities", "hot_meal", "--scenario", str(plan), "--store", store]
    assert run(["report", str(tmp_path / "out"), *asked]) == 1
    changes = gpd.read_file(tmp_path / "out" / "report.gpkg", layer="scenario_changes")
    assert changes["change"].tolist() == ["ext", "equip", "shut", "new"]
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx", read_only=True)
    assert {"方案改动", "方案差异"} <= set(book.sheetnames)


def test_two_versions_of_the_register_are_compared_on_the_map(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'v.db'}", shipped_register)
    app = create_app(Settings(), store)
    app.state.service.clock = lambda: MONDAY_NOON
    old = next(one for one in store.read()[1] if one.id == LONGER)
    with TestClient(app) as client:
        before = client.get("/api/coverage", params={"window": "T7"}).json()["demand_covered"]
        change = Change(
            "replace", LONGER, old.model_copy(update={"hours": "24/7"}), expected_version=old.version
        )
        app.state.service.live.wait_for(store.apply([change], "keeper"))
        after = client.get("/api/coverage", params={"window": "T7"}).json()["demand_covered"]
        assert after > before
        asked = {"window": "T7", "a": "v1"}
        file = tmp_path / "v.gpkg"
        file.write_bytes(client.get("/planner/map.gpkg", params=asked).content)
        cells = gpd.read_file(file, layer="scenario_difference")
        assert (cells["before"].sum(), cells["after"].sum()) == pytest.approx((before, after))
        assert gpd.read_file(file, layer="scenario_changes").empty
        html = client.get("/planner/map", params=asked).text
        assert "登记表第 1 版 → 现状" in html
        assert "0 项改动" not in html
        # back to the old register: the layers show it
        data = map_data(client, window="T7", b="v1")
        assert (
            data["layers"]["coverage"]["classes"]
            != map_data(client, window="T7")["layers"]["coverage"]["classes"]
        )
        never = client.get("/planner/map", params={"a": "v9"})
        assert never.status_code == 200
        assert "登记表没有第 9 版" in never.text
    store.close()
