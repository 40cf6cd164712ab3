"""Writes on stations: keys, If-Match, whole features and merge patches, history and restoring."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.live import LiveRegister, View
from api.settings import RateLimit, Settings
from api.station_edits import merged
from geo.finder import NearestQuery, nearest_stations
from geo.stations import LonLat, Station
from geo.store.keys import add_key, revoke_key
from geo.store.opening import open_store
from geo.store.protocol import Change, StationStore
from geo.store.snapshot import SnapshotKeeper
from in_process import MONDAY_NOON

ITEMS = "/api/collections/stations/items"
GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
NEW: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [109.05, 34.25]},
    "properties": {"name": "新站", "hours": "08:00-20:00", "amenities": {"water_hot": {"value": "yes"}}},
}


def tag_of(client: TestClient, station: str) -> dict[str, str]:
    return {"If-Match": client.get(f"{ITEMS}/{station}").headers["etag"]}


def test_a_station_is_added_and_read_at_once(own: TestClient, key: dict[str, str]) -> None:
    before = own.get(ITEMS)
    made = own.post(ITEMS, json=NEW, headers={**key, **GEOJSON})
    assert made.status_code == 201
    address = made.headers["location"]
    read = own.get(address)
    assert read.status_code == 200
    assert read.headers["etag"] == made.headers["etag"]
    assert read.json()["properties"] == made.json()["properties"]
    assert read.json()["properties"]["name"] == "新站"
    assert read.json()["properties"]["version"] == 1
    after = own.get(ITEMS)
    assert after.json()["numberMatched"] == before.json()["numberMatched"] + 1
    assert after.headers["etag"] != before.headers["etag"]
    near = own.get("/api/nearest?lon=109.05&lat=34.25&k=1").json()["features"][0]
    assert address.endswith(near["id"])


def test_id_version_and_time_are_the_servers(own: TestClient, key: dict[str, str]) -> None:
    wish = {"id": "a", "version": 99, "updated_at": "2001-01-01T00:00:00Z"}
    body = {**NEW, "id": "a", "properties": {**NEW["properties"], **wish}}
    made = own.post(ITEMS, json=body, headers={**key, **GEOJSON}).json()
    assert made["id"] != "a"
    assert made["properties"]["version"] == 1
    assert not made["properties"]["updated_at"].startswith("2001")
    put = own.put(f"{ITEMS}/b", json=body, headers={**key, **GEOJSON, **tag_of(own, "b")})
    assert (put.status_code, put.json()["id"], put.json()["properties"]["version"]) == (200, "b", 2)


def test_replace_change_and_delete_guarded_by_the_tag(own: TestClient, key: dict[str, str]) -> None:
    first = tag_of(own, "a")
    put = own.put(f"{ITEMS}/a", json=NEW, headers={**key, **GEOJSON, **first})
    assert put.status_code == 200
    assert put.headers["etag"] == tag_of(own, "a")["If-Match"] != first["If-Match"]
    for send in (
        lambda headers: own.put(f"{ITEMS}/a", json=NEW, headers={**GEOJSON, **headers}),
        lambda headers: own.patch(f"{ITEMS}/a", json={}, headers={**PATCH, **headers}),
        lambda headers: own.delete(f"{ITEMS}/a", headers=headers),
    ):
        assert send(key).status_code == 428
        assert send({**key, **first}).status_code == 412
        assert send({**key, "If-Match": "W/" + put.headers["etag"]}).status_code == 412
        assert send({**key, "If-Match": "nonsense"}).status_code == 412
    gone = own.delete(f"{ITEMS}/a", headers={**key, "If-Match": put.headers["etag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert own.get(f"{ITEMS}/a").status_code == 404
    assert own.get("/stations/a").status_code == 404
    assert own.delete(f"{ITEMS}/a", headers={**key, "If-Match": "*"}).status_code == 404


def test_star_matches_whatever_is_there(own: TestClient, key: dict[str, str]) -> None:
    assert own.patch(f"{ITEMS}/a", json={}, headers={**key, **PATCH, "If-Match": "*"}).status_code == 200


def patch(own: TestClient, key: dict[str, str], body: Any, station: str = "a") -> Any:
    return own.patch(f"{ITEMS}/{station}", json=body, headers={**key, **PATCH, **tag_of(own, station)})


def test_a_patch_changes_what_it_names_and_no_more(own: TestClient, key: dict[str, str]) -> None:
    before = own.get(f"{ITEMS}/a").json()
    body = {
        "properties": {
            "phone": "029-8352 1234",
            "hours": None,
            "amenities": {"toilet": None, "aed": {"value": "yes"}},
        }
    }
    after = patch(own, key, body).json()
    expected = {**before["properties"], "phone": "029-8352 1234", "hours": None, "version": 2}
    expected["amenities"] = {"water_hot": {"value": "yes"}, "aed": {"value": "yes"}}
    expected["updated_at"] = after["properties"]["updated_at"]
    assert after["properties"] == expected
    assert after["geometry"] == before["geometry"]
    assert patch(own, key, {"geometry": None}).json()["geometry"] is None
    moved = patch(own, key, {"geometry": {"type": "Point", "coordinates": [109.5, 34.5]}})
    assert moved.json()["geometry"]["coordinates"] == [109.5, 34.5]
    assert (
        patch(own, key, {"properties": {"entry_method": None}}, "e").json()["properties"]["entry_method"]
        == []
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"properties": {"status": None}}, "status"),
        ({"properties": {"status": "open"}}, "status"),
        ({"properties": {"name": ""}}, "name"),
        ({"properties": {"name": None}}, "name"),
        ({"properties": {"provenance": None}}, "provenance"),
        ({"properties": {"hours": "whenever"}}, "hours"),
        ({"properties": {"amenities": {"gold": {"value": "yes"}}}}, "amenities"),
        ({"properties": {"seats": -1}}, "seats"),
        ({"properties": {"colour": "red"}}, "colour"),
        ({"geometry": {"type": "Point", "coordinates": [34.2, 109.0]}}, "location"),
        ({"geometry": {"type": "LineString"}}, "geometry"),
        ({"colour": "red"}, "colour"),
        ({"properties": 5}, "properties"),
    ],
)
def test_a_bad_patch_names_the_field_and_writes_nothing(
    own: TestClient, key: dict[str, str], body: Any, field: str
) -> None:
    before = own.get(f"{ITEMS}/a").json()
    refused = patch(own, key, body)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert field in refused.text
    assert own.get(f"{ITEMS}/a").json() == before


def test_bodies_that_are_no_feature(own: TestClient, key: dict[str, str]) -> None:
    def post(content: bytes, media: str = "application/geo+json") -> int:
        return own.post(ITEMS, content=content, headers={**key, "Content-Type": media}).status_code

    assert post(b"{") == 400
    assert post(b"[]") == 400
    assert post(b"{}") == 400
    assert post(b'{"type":"Feature","geometry":null,"properties":{"name":"x","seats":NaN}}') == 400
    assert post(b"{}", "text/csv") == 415
    assert own.post(ITEMS, content=b"{}", headers=key).status_code == 415
    wrong = own.patch(
        f"{ITEMS}/a", json={}, headers={**key, **tag_of(own, "a"), "Content-Type": "application/json"}
    )
    assert wrong.status_code == 415
    assert own.get(ITEMS).json()["numberMatched"] == 6


def test_put_to_an_unknown_id_makes_nothing(own: TestClient, key: dict[str, str]) -> None:
    assert own.put(f"{ITEMS}/zz", json=NEW, headers={**key, **GEOJSON, "If-Match": "*"}).status_code == 404
    assert own.get(f"{ITEMS}/zz").status_code == 404


def test_keys(own: TestClient, store: StationStore, key: dict[str, str]) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        refused = own.post(ITEMS, json=NEW, headers={**GEOJSON, **headers})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert own.get(f"{ITEMS}/a/history", headers=headers).status_code == 401
    second = {"Authorization": f"Bearer {add_key(store, '李站长', 'admin')}"}
    assert own.post(ITEMS, json=NEW, headers={**second, **GEOJSON}).status_code == 201
    revoke_key(store, "李站长")
    assert own.post(ITEMS, json=NEW, headers={**second, **GEOJSON}).status_code == 401
    assert own.post(ITEMS, json=NEW, headers={**key, **GEOJSON}).status_code == 201


def test_guessing_keys_is_slowed(store: StationStore) -> None:
    with TestClient(create_app(Settings(rate_limit=RateLimit(3, 60)), store)) as started:
        codes = [
            started.delete(f"{ITEMS}/a", headers={"Authorization": "Bearer x"}).status_code for _ in range(5)
        ]
    assert codes == [401, 401, 401, 429, 429]


def test_history_tells_who_changed_what_and_any_version_comes_back(
    own: TestClient, store: StationStore, key: dict[str, str]
) -> None:
    admin = {"Authorization": f"Bearer {add_key(store, '主管', 'admin')}"}
    original = own.get(f"{ITEMS}/a").json()["properties"]
    patch(own, key, {"properties": {"name": "改名"}})
    entries = own.get(f"{ITEMS}/a/history", headers=key).json()["history"]
    assert [(entry["kind"], entry["version"]) for entry in entries][-1] == ("replace", 2)
    assert entries[-1]["actor"] == "王站长"
    assert entries[-1]["before"]["properties"]["name"] == "甲站"
    assert entries[-1]["after"]["properties"]["name"] == "改名"
    restore = f"{ITEMS}/a/history/1/restore"
    assert own.post(restore, headers=key).status_code == 428  # a keeper may take back the last change
    back = own.post(restore, headers={**key, **tag_of(own, "a")})
    assert back.status_code == 200
    assert back.json()["properties"]["name"] == "甲站"
    assert back.json()["properties"]["version"] == 3
    unchanged = {name: value for name, value in original.items() if name not in ("version", "updated_at")}
    assert unchanged.items() <= back.json()["properties"].items()
    assert own.post(restore, headers={**key, **tag_of(own, "a")}).status_code == 403
    assert own.post(restore, headers={**admin, **tag_of(own, "a")}).json()["properties"]["version"] == 4
    own.delete(f"{ITEMS}/a", headers={**key, **tag_of(own, "a")})
    undelete = f"{ITEMS}/a/history/2/restore"
    refused = own.post(undelete, headers=key)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert "admin" in refused.json()["detail"]
    assert own.get(f"{ITEMS}/a").status_code == 404
    assert own.post(undelete, headers=admin).json()["properties"]["name"] == "改名"
    assert own.get(f"{ITEMS}/a").status_code == 200
    assert own.get(f"{ITEMS}/never/history", headers=key).status_code == 404
    assert own.post(f"{ITEMS}/a/history/77/restore", headers={**admin, **tag_of(own, "a")}).status_code == 404


def test_of_two_keepers_with_the_same_copy_one_wins(own: TestClient, key: dict[str, str]) -> None:
    tag = tag_of(own, "a")
    codes = [
        own.patch(
            f"{ITEMS}/a", json={"properties": {"seats": n}}, headers={**key, **PATCH, **tag}
        ).status_code
        for n in (1, 2)
    ]
    assert codes == [200, 412]
    assert own.get(f"{ITEMS}/a").json()["properties"]["seats"] == 1


def test_another_process_sees_the_write(store: StationStore, key: dict[str, str]) -> None:
    with TestClient(create_app(Settings(), store)) as one, TestClient(create_app(Settings(), store)) as other:
        made = one.post(ITEMS, json=NEW, headers={**key, **GEOJSON})
        path = made.headers["location"].removeprefix("http://testserver")
        deadline = time.monotonic() + 1.0
        while other.get(path).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("target", "change", "result"),
    [  # the examples of RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_as_the_standard_has_it(target: Any, change: Any, result: Any) -> None:
    assert merged(target, change) == result


def test_every_write_waits_for_the_snapshot(own: TestClient, app: FastAPI, key: dict[str, str]) -> None:
    for number in range(5):
        answer = patch(own, key, {"properties": {"seats": number}})
        assert own.get(f"{ITEMS}/a").json()["properties"]["seats"] == number
        assert answer.headers["etag"] == own.get(f"{ITEMS}/a").headers["etag"]


def test_in_a_large_register_too_who_wrote_reads_what_was_written(tmp_path: Path) -> None:
    many = [Station(id=f"s{n:04}", name="站", location=LonLat(109 + n / 1e4, 34.2)) for n in range(2_100)]
    store = open_store(f"sqlite:///{tmp_path / 'large.db'}", lambda: many)
    keys = {"Authorization": f"Bearer {add_key(store, 'k', 'keeper')}"}
    with TestClient(create_app(Settings(), store)) as client:
        for number in range(3):
            assert patch(client, keys, {"properties": {"seats": number}}, "s1000").status_code == 200
            assert client.get(f"{ITEMS}/s1000").json()["properties"]["seats"] == number
    store.close()


def test_the_station_page_tells_earlier_confirmations(own: TestClient, key: dict[str, str]) -> None:
    for day in ("2026-01-05", "2026-02-06"):
        patch = json.dumps({"properties": {"hours_confirmed_on": day}})
        headers = {**key, **PATCH, **tag_of(own, "a")}
        assert own.patch(f"{ITEMS}/a", content=patch, headers=headers).status_code == 200
    page = own.get("/stations/a").text
    assert page.index("2月6日</th>") < page.index("1月5日</th>")


def test_a_view_renewed_by_a_write_is_the_view_laid_out_anew(store: StationStore) -> None:
    """A renewed view takes over what did not change; every answer is as from a view of the whole register."""

    def told(view: View) -> list[Any]:
        table = view.tables["stations"]
        every = [table.encoded(row) for row in range(len(table))]
        near = nearest_stations(NearestQuery(109.0, 34.0, amenities=("water",)), view.finder, MONDAY_NOON)
        return [table.ids, every, table.extent, table.in_box((108, 33, 110, 35)).tolist(), near]

    def anew() -> View:
        keeper = SnapshotKeeper(store)
        keeper.refresh()
        return LiveRegister(keeper, ZoneInfo("Asia/Shanghai")).view()

    keeper = SnapshotKeeper(store)
    keeper.refresh()
    live = LiveRegister(keeper, ZoneInfo("Asia/Shanghai"))
    live.view()
    a, b = store.get("a"), store.get("b")
    steps = [
        Change("replace", "a", a.model_copy(update={"seats": 5, "amenities": {}})),
        Change("replace", "b", b.model_copy(update={"location": LonLat(109.03, 34.01)})),
        Change("create", "aa", Station(id="aa", name="插站", location=LonLat(109.001, 34.0))),
        Change("delete", "d"),
        Change("replace", "b", b.model_copy(update={"location": None})),
    ]
    for step in steps:
        view = live.wait_for(store.apply([step], "测试"))
        assert told(view) == told(anew()), step


@pytest.mark.parametrize(
    "number", ["13812345678", "+86 138-1234 5678", "029-8352 1234;138 12345678", "１３８１２３４５６７８"]
)
def test_a_private_number_is_no_public_line_and_is_not_repeated(
    own: TestClient, key: dict[str, str], caplog: pytest.LogCaptureFixture, number: str
) -> None:
    private = {**NEW, "properties": {**NEW["properties"], "phone": number}}
    answers = {
        "body": own.post(ITEMS, json=private, headers={**key, **GEOJSON}),
        "b": own.put(f"{ITEMS}/b", json=private, headers={**key, **GEOJSON, **tag_of(own, "b")}),
        "a": patch(own, key, {"properties": {"phone": number}}),
    }
    for where, refused in answers.items():
        assert refused.status_code == 400
        (problem,) = refused.json()["errors"]
        assert (problem["field"], problem["value"]) == ("phone", None)
        assert "private mobile number" in problem["message"]
        assert where in (problem["station"], problem["where"])
        assert "5678" not in refused.text + caplog.text
    assert [own.get(f"{ITEMS}/{one}").json()["properties"]["version"] for one in "ab"] == [1, 1]


def test_a_number_that_stands_in_the_register_hinders_no_other_change(
    own: TestClient, key: dict[str, str], app: FastAPI
) -> None:
    old = Station(id="m", name="丙", phone="13812345678")
    app.state.service.store.apply([Change("create", "m", old)], "an earlier program")
    whole = {**NEW, "properties": {**NEW["properties"], "phone": old.phone}}
    headers = {**key, "If-Match": "*"}

    def changed(**facts: object) -> int:
        return own.patch(f"{ITEMS}/m", json={"properties": facts}, headers={**headers, **PATCH}).status_code

    assert changed(seats=3) == 200
    assert own.put(f"{ITEMS}/m", json=whole, headers={**headers, **GEOJSON}).status_code == 200
    assert changed(phone="13812345679") == 400
    assert (changed(phone=None), changed(phone=old.phone)) == (200, 400)
