"""GET /api/nearest over HTTP: the core's answer with its properties, parameters read strictly."""

from __future__ import annotations

import pytest
from pyproj import Geod
from starlette.testclient import TestClient

from geo.crs import wgs84_to_bd09, wgs84_to_gcj02

HERE = {"lon": "109.0", "lat": "34.001"}
ADDED = {
    "distance_m",
    "travel_min",
    "travel_basis",
    "open_state",
    "open_until",
    "opens_at",
    "open_state_on_arrival",
}


def ask(client: TestClient, **asked: str) -> dict:
    answer = client.get("/api/nearest", params={**HERE, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


def test_stations_in_order_with_what_the_contract_adds(client: TestClient) -> None:
    body = ask(client)
    assert [feature["id"] for feature in body["features"]] == ["a", "b", "f", "e"]
    item = client.get("/api/collections/stations/items/a").json()
    first = body["features"][0]
    assert set(first["properties"]) == set(item["properties"]) | ADDED
    assert {name: first["properties"][name] for name in item["properties"]} == item["properties"]
    away_m = Geod(ellps="WGS84").inv(109.0, 34.001, 109.0, 34.0)[2]
    assert first["properties"]["distance_m"] == pytest.approx(away_m, abs=1e-3)
    assert first["properties"]["travel_min"] == pytest.approx(away_m * 1.35 / 1.11 / 60, abs=1e-3)
    assert first["properties"]["travel_basis"] == "estimate"
    assert first["properties"]["open_state"] == "open"
    assert first["properties"]["open_until"] == "2026-11-23T18:00:00+08:00"
    assert first["properties"]["opens_at"] is None
    assert body["left_out"] == {
        "not_operating": 1,
        "no_location": 1,
        "missing_amenity": 0,
        "unknown_amenity": 0,
        "unknown_hours": 0,
        "closed": 0,
    }


def test_filters_and_the_reasons_for_the_rest(client: TestClient) -> None:
    body = ask(client, open="now", amenities="water")
    assert [feature["id"] for feature in body["features"]] == ["a"]
    assert body["left_out"]["unknown_amenity"] == 3
    assert ask(client, amenities="toilet")["left_out"]["missing_amenity"] == 1
    now = ask(client, open="now")
    assert [feature["id"] for feature in now["features"]] == ["a", "b"]
    assert (now["left_out"]["unknown_hours"], now["left_out"]["closed"]) == (1, 1)
    assert [f["id"] for f in ask(client, max_distance_m="1000")["features"]] == ["a", "b"]
    assert ask(client, max_distance_m="1000")["left_out"] == {
        **now["left_out"],
        **dict.fromkeys(
            ("not_operating", "missing_amenity", "unknown_amenity", "unknown_hours", "closed"), 0
        ),
    }


def test_the_point_may_come_in_any_datum(client: TestClient) -> None:
    plain = ask(client)["features"][0]["properties"]["distance_m"]
    for datum, convert in (("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)):
        lon, lat = convert(109.0, 34.001)
        there = ask(client, lon=str(lon), lat=str(lat), datum=datum)["features"][0]["properties"]
        assert there["distance_m"] == pytest.approx(plain, abs=0.02)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-11-23T07:59", "closed"),
        ("2026-11-23T08:00", "open"),
        ("2026-11-23T17:30:00+08:00", "closing_soon"),
        ("2026-11-23T17:29:59+08:00", "open"),
        ("2026-11-23T09:30:00Z", "closing_soon"),
        ("2026-11-23T12:00:00-0800", "closed"),
        ("2026-11-23T18:00:00 08:00", "closed"),
        ("2026-11-23T18:00:00+08", "closed"),
        ("2026-11-23T07:59:59.999999999+08:00", "closed"),
        ("2026-11-23T00:00:00.000000000Z", "open"),
        ("2026-11-23T00:00:00.0z", "open"),
        ("2026-11-23T08:00:00,5", "open"),
        ("2026-11-23 08:00", "open"),
        ("2026-11-23 07:59:00+08:00", "closed"),
        ("20261123T0759", "closed"),
        ("20261123T080000", "open"),
        ("20261123T000000.123456789Z", "open"),
        ("20261123T075959+0800", "closed"),
        ("20261123T080000 0800", "open"),
    ],
)
def test_at_with_and_without_offset_and_with_a_space_for_the_plus(
    client: TestClient, at: str, state: str
) -> None:
    written = at.replace("+", "%2B").replace(" ", "+")
    answer = client.get(f"/api/nearest?lon=109&lat=34.001&k=1&at={written}")
    assert answer.json()["features"][0]["properties"]["open_state"] == state


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lon", "nan"),
        ("lon", "inf"),
        ("lon", "180.5"),
        ("lon", "abc"),
        ("lon", ""),
        ("lat", "91"),
        ("lat", "-Infinity"),
        ("datum", "wgs85"),
        ("k", "0"),
        ("k", "101"),
        ("k", "1.5"),
        ("k", "x"),
        ("k", "5_0"),
        ("k", "1e1"),
        ("k", "+5"),
        ("k", " 5"),
        ("k", "5\n"),
        ("k", "٥"),
        ("k", "9" * 5000),
        ("lon", "10_9"),
        ("lon", "1.09e2"),
        ("lon", "+109"),
        ("lat", "34 "),
        ("lat", "٣٤"),
        ("max_distance_m", "1_000"),
        ("max_distance_m", "-1"),
        ("max_distance_m", "nan"),
        ("mode", "rocket"),
        ("amenities", "gold"),
        ("amenities", "water,gold"),
        ("amenities", "x" * 1001),
        ("open", "later"),
        ("at", "now"),
        ("at", "2026-11-23"),
        ("at", "2026-02-30T00:00"),
        ("at", "2026-11-23T25:00"),
        ("at", "2026-11-23T08:00:60"),
        ("at", "2026-11-23T08:00+25:00"),
        ("at", "2026-11-23T0800"),
        ("at", "20261123T08:00"),
        ("at", "٢٠٢٦-11-23T08:00"),
        ("at", "2026-11-23T08:00\n"),
        ("at", "2026-W48-1T08:00"),
        ("at", "1999-01-01T00:00"),
        ("at", "9999-12-31T23:59:59+00:00"),
        ("f", "html"),
        ("wanted", "1"),
        ("LON", "1"),
    ],
)
def test_bad_parameters_are_refused_by_name(client: TestClient, name: str, value: str) -> None:
    answer = client.get("/api/nearest", params={**HERE, name: value})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert name in answer.json()["detail"]


def test_missing_and_repeated_parameters(client: TestClient) -> None:
    assert "lat" in client.get("/api/nearest?lon=1").json()["detail"]
    assert client.get("/api/nearest?lon=1&lat=1&lat=2").status_code == 400
    assert client.get("/api/nearest?lon=1&lat=1&k=5&k=5").status_code == 400


def test_amenities_lists_codes_and_the_seven_groups(client: TestClient) -> None:
    body = client.get("/api/amenities").json()
    groups = {group["code"]: group["members"] for group in body["groups"]}
    assert groups["water"] == ["water_hot", "water_cool"]
    assert set(groups) == {"water", "hot_meal", "rest", "toilet", "charging", "climate", "baby"}
    codes = {one["code"]: one for one in body["amenities"]}
    assert codes["aed"]["zh"] == "AED除颤器"
    assert {code for members in groups.values() for code in members} <= set(codes)
