"""``care-stations areas import``: an operator's areas take the place of the shipped ones everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.settings import Settings
from geo.stations import LonLat, Station
from geo.store.opening import open_store
from geo.store.protocol import StationStore

AREAS = "/api/collections/areas/items"


def square(code: str, name: str, west: float, **more: Any) -> dict[str, Any]:
    """A street of 0.1 degrees a side, its south-west corner at ``west``, 34."""
    east = round(west + 0.1, 6)
    ring = [[west, 34.0], [east, 34.0], [east, 34.1], [west, 34.1], [west, 34.0]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"code": code, "name": name, **more},
    }


def document(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def stations() -> list[Station]:
    west = {"street_code": "610111101", "street": "西街"}
    return [
        Station(id="fits", name="甲", location=LonLat(109.05, 34.05), **west),
        Station(id="other", name="乙", location=LonLat(109.15, 34.05), **west),
        Station(id="none", name="丙", location=LonLat(109.16, 34.05)),
        Station(id="outside", name="丁", location=LonLat(109.5, 34.05), **west),
        Station(id="nowhere", name="戊", **west),
    ]


GOOD = document(
    square("610111101", "西街", 109.0), square("610111102", "东街", 109.1, areas_basis="surveyed")
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'register.db'}"


@pytest.fixture
def store(url: str) -> Iterator[StationStore]:
    opened = open_store(url, stations)
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Any], str]:
    def write(content: Any) -> str:
        path = tmp_path / "areas.geojson"
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return str(path)

    return write


def test_imported_areas_are_served_and_drawn(
    url: str, store: StationStore, file: Callable[[Any], str]
) -> None:
    with TestClient(create_app(Settings(), store)) as client:
        before = client.get(AREAS)
        assert before.json()["numberMatched"] == 10  # the district and nine streets
        assert "红旗" in client.get("/planner/map").text
        assert run(["areas", "import", file(GOOD), "--store", url]) == 0
        client.app.state.service.live.wait_for(store.version())  # type: ignore[attr-defined]
        after = client.get(AREAS)
        assert after.headers["etag"] != before.headers["etag"]
        told = [feature["properties"] for feature in after.json()["features"]]
        assert [(one["code"], one["name"], one["kind"]) for one in told] == [
            ("610111", "610111", "district"),
            ("610111101", "西街", "street"),
            ("610111102", "东街", "street"),
        ]
        described = client.get("/api/collections/areas").json()
        assert described["areas_basis"] == "imported; surveyed"
        assert described["extent"]["spatial"]["bbox"] == [[109.0, 34.0, 109.2, 34.1]]
        for page in ("/map", "/planner/map"):
            text = client.get(page).text
            assert "东街" in text
            assert "红旗" not in text
        for page in ("/data", "/planner/report", "/planner/compare"):
            text = client.get(page).text
            assert "街道范围为示意" not in text, page
            assert "区界与街道：" in text, page
        for page in ("/data", "/planner/report", "/planner/compare", "/planner/matrix"):
            assert not re.search("街道[^。；]{0,3}示意|近似划分", client.get(page).text), page
        assert '"bounds":[109.0,34.0,109.2,34.1]' in client.get("/").text.replace(" ", "")


def test_a_map_file_shows_them_too(
    url: str, store: StationStore, file: Callable[[Any], str], tmp_path: Path
) -> None:
    assert run(["areas", "import", file(GOOD), "--store", url]) == 0
    target = tmp_path / "map.html"
    assert run(["map", str(target), "--store", url]) == 0
    assert "东街" in target.read_text("utf-8")
    assert len(store.stations()) == 5


def test_stations_keep_their_street_and_differences_are_told(
    url: str, store: StationStore, file: Callable[[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = store.stations()
    assert run(["areas", "import", file(GOOD), "--store", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "610111: 2 streets imported from areas.geojson"
    assert lines[1].startswith("2 stations lie in another street")
    assert [line.split()[0] for line in lines[2:4]] == ["none", "other"]
    assert "西街 (610111101), lies in 东街 (610111102)" in lines[3]
    assert "--assign-streets" in lines[4]
    assert lines[5] == "1 located stations lie in no street: outside"
    assert store.stations() == before


def test_streets_are_assigned_through_the_history(
    url: str, store: StationStore, file: Callable[[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["areas", "import", file(GOOD), "--assign-streets", "--json", "--store", url]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["stations_assigned"], told["stations_elsewhere"]) == (2, ["none", "other"])
    assert told["stations_outside"] == ["outside"]
    assert told["register_version"] == store.version() == 3
    found = {station.id: (station.street_code, station.version) for station in store.stations()}
    assert found == {
        "fits": ("610111101", 1),
        "other": ("610111102", 2),
        "none": ("610111102", 2),
        "outside": ("610111101", 1),
        "nowhere": ("610111101", 1),
    }
    last = store.history("other")[-1]
    assert (last.actor, last.kind) == ("areas import areas.geojson", "replace")
    assert last.before is not None and last.before.street == "西街"
    assert run(["areas", "import", file(GOOD), "--assign-streets", "--json", "--store", url]) == 0
    assert json.loads(capsys.readouterr().out)["stations_assigned"] == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (document(), "at least one street"),
        (document(square("610111101", "", 109.0)), "name"),
        (document(square("610111101", "西街", 109.0), square("610111101", "东街", 109.1)), "used by 2 areas"),
        (document(square("610111101", "西街", 109.0), square("610111102", "东街", 109.05)), "overlap"),
        (document(square("610111101", "西街", 9.0)), "outside China"),
        ([], "areas.geojson"),
    ],
)
def test_bad_areas_are_named_and_nothing_is_imported(
    url: str,
    store: StationStore,
    file: Callable[[Any], str],
    capsys: pytest.CaptureFixture[str],
    content: Any,
    said: str,
) -> None:
    version = store.version()
    assert run(["areas", "import", file(content), "--store", url]) == 1
    out = capsys.readouterr().out
    assert said in out
    assert "nothing imported" in out
    assert store.version() == version


def test_every_problem_is_told(
    url: str, file: Callable[[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    bad = document(square("", "西街", 109.0), square("610111102", "", 109.1))
    assert run(["areas", "import", file(bad), "--json", "--store", url]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["imported"] is False
    assert [problem["field"] for problem in told["problems"]] == ["code", "name"]


def test_a_missing_file_is_one_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["areas", "import", "not-there.geojson", "--store", url]) == 1
    said = capsys.readouterr()
    assert "not-there.geojson" in said.out + said.err


def test_cleared_areas_give_way_to_the_shipped_ones(
    url: str, store: StationStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "areas.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    assert run(["areas", "clear", "--store", url]) == 0
    assert "no areas were imported" in capsys.readouterr().out
    with TestClient(create_app(Settings(store_url=url))) as client:
        shipped = {one["id"] for one in client.get(f"{AREAS}?limit=100").json()["features"]}
        assert run(["areas", "import", str(file), "--store", url, "--json"]) == 0
        version = json.loads(capsys.readouterr().out)["register_version"]
        client.app.state.service.live.wait_for(version)  # type: ignore[attr-defined]
        own = {one["id"] for one in client.get(f"{AREAS}?limit=100").json()["features"]}
        assert run(["areas", "clear", "--store", url, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["cleared"] is True and told["register_version"] == version + 1
        client.app.state.service.live.wait_for(version + 1)  # type: ignore[attr-defined]
        again = {one["id"] for one in client.get(f"{AREAS}?limit=100").json()["features"]}
    assert "610111102" in own and own != shipped
    assert again == shipped
