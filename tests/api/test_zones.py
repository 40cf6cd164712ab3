"""Coverage zones as a collection: the stored polygons, honest about what is stale, missing or an example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Geod
from sqlalchemy import delete, update
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.settings import Settings
from geo.stations import LonLat, Provenance, Station
from geo.store import zones as zones_module
from geo.store.backup import backup, restore
from geo.store.model import ZoneRow
from geo.store.opening import open_store
from geo.store.protocol import Change, StationStore

HERE = "/api/collections/coverage-zones"
ITEMS = f"{HERE}/items"
PATCH = {"Content-Type": "application/merge-patch+json"}


def ids(client: TestClient, query: str = "") -> list[str]:
    return [feature["id"] for feature in client.get(f"{ITEMS}?limit=1000{query}").json()["features"]]


def test_one_zone_a_located_station_mode_and_minutes(client: TestClient) -> None:
    page = client.get(f"{ITEMS}?limit=7").json()
    assert (page["numberMatched"], page["numberReturned"]) == (30, 7)  # five of six stations have a place
    assert [feature["id"] for feature in page["features"]] == [
        *("a-ebike-5", "a-ebike-10", "a-ebike-15", "a-walk-5", "a-walk-10", "a-walk-15", "b-ebike-5")
    ]
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert client.get(following).json()["features"][0]["id"] == "b-ebike-10"


def test_a_zone_is_geodesically_right_and_says_how_it_was_made(client: TestClient) -> None:
    answer = client.get(f"{ITEMS}/a-walk-15")
    zone = answer.json()
    told = zone["properties"]
    assert {name: told[name] for name in ("station_id", "name", "mode", "minutes", "basis", "stale")} == {
        "station_id": "a",
        "name": "甲站",
        "mode": "walk",
        "minutes": 15.0,
        "basis": "estimate",
        "stale": False,
    }
    assert told["standard"]["detour_factor"] == 1.35
    assert (told["station_version"], "computed_at" in told, "notice" in told) == (1, True, False)
    geod = Geod(ellps="WGS84")
    ring = zone["geometry"]["coordinates"][0]
    assert {round(geod.inv(109.0, 34.0, *corner)[2], 3) for corner in ring} == {740.0}
    area_m2, _ = geod.geometry_area_perimeter(shapely.geometry.shape(zone["geometry"]))
    assert area_m2 == pytest.approx(3.14159265 * 740**2, rel=0.002)
    assert (
        client.get(f"{ITEMS}/a-walk-15", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )
    assert client.get(f"{ITEMS}/a-walk-20").status_code == 404
    assert client.get(f"{ITEMS}/c-walk-15").status_code == 404


def test_zones_are_filtered_by_property_and_box(client: TestClient) -> None:
    assert ids(client, "&station_id=a&mode=walk") == ["a-walk-5", "a-walk-10", "a-walk-15"]
    assert ids(client, "&minutes=5&mode=ebike") == [f"{name}-ebike-5" for name in "abdef"]
    assert len(ids(client, "&stale=false")) == 30
    assert ids(client, "&stale=true") == []
    assert ids(client, "&status=retired&mode=walk&minutes=5") == ["d-walk-5"]
    # 0.0085 degrees of longitude at 34 N are 785 m: out of the 740 m of a, within them of b (0.0015 away)
    assert ids(client, "&mode=walk&minutes=15&bbox=109.0085,34.0,109.0085,34.0") == ["b-walk-15"]
    assert client.get(f"{ITEMS}?stale=perhaps").status_code == 400
    assert client.get(f"{ITEMS}?mode=bus").status_code == 400
    assert client.get(f"{ITEMS}?minutes=soon").status_code == 400
    names = client.get(f"{HERE}/queryables").json()["properties"]
    assert {"station_id", "mode", "minutes", "stale"} <= set(names)


def test_a_write_moves_the_zones_before_it_is_answered(own: TestClient, key: dict[str, str]) -> None:
    def patch(station: str, body: Any) -> None:
        path = f"/api/collections/stations/items/{station}"
        tag = {"If-Match": own.get(path).headers["etag"]}
        assert own.patch(path, json=body, headers={**key, **PATCH, **tag}).status_code == 200

    before = own.get(ITEMS).headers["etag"]
    patch("a", {"geometry": {"type": "Point", "coordinates": [109.5, 34.5]}})
    zone = own.get(f"{ITEMS}/a-walk-5").json()
    assert shapely.geometry.shape(zone["geometry"]).contains(shapely.Point(109.5, 34.5))
    assert (zone["properties"]["station_version"], zone["properties"]["stale"]) == (2, False)
    assert own.get(ITEMS).headers["etag"] != before
    patch("a", {"properties": {"name": "改名", "status": "retired"}})
    told = own.get(f"{ITEMS}/a-walk-5").json()["properties"]
    assert (told["name"], told["status"], told["station_version"]) == ("改名", "retired", 2)
    patch("a", {"geometry": None})
    assert own.get(f"{ITEMS}/a-walk-5").status_code == 404
    assert own.get(ITEMS).json()["numberMatched"] == 24


def test_what_is_an_example_says_so(tmp_path: Path) -> None:
    example = Station(
        id="x", name="示例", location=LonLat(109.0, 34.2), provenance=Provenance(location="illustrative")
    )
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}", lambda: [example])
    with TestClient(create_app(Settings(), store)) as client:
        assert "示例" in client.get(f"{ITEMS}/x-walk-5").json()["properties"]["notice"]
    store.close()


def test_stale_zones_are_told_and_rebuilt_by_the_next_start(store: StationStore) -> None:
    with store.writing() as connection:
        connection.execute(update(ZoneRow).where(ZoneRow.station_id == "a").values(standard={"old": 1}))
        connection.execute(delete(ZoneRow).where(ZoneRow.station_id == "b"))
    app = create_app(Settings(), store)
    with TestClient(app) as client:
        described = client.get(HERE).json()
        assert (described["stations_without_zones"], described["stale_zones"]) == (0, 0)
        assert client.get(ITEMS).json()["numberMatched"] == 30
        with store.writing() as connection:
            connection.execute(
                update(ZoneRow).where(ZoneRow.station_id == "a").values(center_lon=1.0, register_version=99)
            )
            connection.execute(delete(ZoneRow).where(ZoneRow.station_id == "e"))
        store.apply([Change("replace", "e", store.get("e").model_copy(update={"location": None}))], "x")
        app.state.service.live.wait_for(store.version())
        assert client.get(f"{ITEMS}/a-walk-5").json()["properties"]["stale"] is True
        assert client.get(HERE).json()["stale_zones"] == 6
        assert len(ids(client, "&stale=true")) == 6


def test_a_register_too_large_says_what_is_missing_until_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(zones_module, "AT_ONCE", 2)
    monkeypatch.setattr("api.app.AT_ONCE", 2)
    url = f"sqlite:///{tmp_path / 'many.db'}"
    many = [Station(id=f"s{n}", name="站", location=LonLat(109 + n / 100, 34.2)) for n in range(5)]
    store = open_store(url, lambda: many)
    with TestClient(create_app(Settings(), store)) as client:
        assert client.get(HERE).json()["stations_without_zones"] == 5
        assert client.get("/api/collections").json()["collections"][1]["stations_without_zones"] == 5
        assert client.get(ITEMS).json()["numberMatched"] == 0
        assert run(["zones", "check", "--store", url]) == 1
        assert "zones of 5 stations are missing or stale" in capsys.readouterr().out
        assert run(["zones", "build", "--store", url]) == 0
        assert "coverage zones of 5 stations computed" in capsys.readouterr().out
        client.app.state.service.live.wait_for(store.version())  # type: ignore[attr-defined]
        assert client.get(HERE).json()["stations_without_zones"] == 0
        assert client.get(ITEMS).json()["numberMatched"] == 30
    assert run(["zones", "check", "--json", "--store", url]) == 0
    store.close()


def test_a_tag_of_another_past_is_never_met(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    station = Station(id="x", name="一", location=LonLat(109.0, 34.2))
    store = open_store(url, lambda: [station])
    backup(url, tmp_path / "kept.gz")
    tags = []
    for other in (url, f"sqlite:///{tmp_path / 'two.db'}"):
        if other != url:
            restore(tmp_path / "kept.gz", other)
        opened = open_store(other)
        while opened.version() < 3:  # both at the same version, with another history
            name = f"{other[-6:]} {opened.version()}"
            opened.apply([Change("replace", "x", station.model_copy(update={"name": name}))], "x")
        with TestClient(create_app(Settings(), opened)) as client:
            assert opened.version() == 3
            tags.append(client.get("/api/collections/stations/items").headers["etag"])
            near = client.get("/api/nearest?lon=109&lat=34.2&at=2026-11-23T12:00", headers={})
            tags.append(near.headers["etag"])
        opened.close()
    store.close()
    assert len(set(tags)) == 4


def test_an_import_too_large_for_zones_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(zones_module, "AT_ONCE", 2)
    monkeypatch.setattr("api.commands.import_export.AT_ONCE", 2)
    many = [Station(id=f"s{n}", name=f"{n}号站", location=LonLat(109.1 + n / 100, 34.3)) for n in range(3)]
    first, second = (f"sqlite:///{tmp_path / name}" for name in ("first.db", "second.db"))
    open_store(first, lambda: many).close()
    open_store(second, list).close()
    file = str(tmp_path / "register.geojson")
    assert run(["export", file, "--store", first]) == 0
    assert run(["import", file, "--force", "--store", second]) == 0
    assert "run `care-stations zones build`" in capsys.readouterr().out
    assert run(["zones", "check", "--store", second]) == 1
    assert run(["zones", "build", "--json", "--store", second]) == 0
