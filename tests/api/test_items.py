"""OGC API - Features: pages, boxes, filters and links, against cases worked out by hand."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

STATIONS = "/api/collections/stations/items"


def ids(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"{STATIONS}?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return [feature["id"] for feature in answer.json()["features"]]


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ("108,33,110,35", "abcd"),
        ("109,34,109,34", "ac"),  # a box that is a point; c has no geometry and matches any box
        ("109,33,109,35", "ac"),  # a box that is a line
        ("109.005,33,109.015,35", "bc"),
        ("130,0,100,90", "cef"),  # west of 180° from 130 E, and east of it up to 100 E
        ("170,-90,-170,90", "c"),
        ("108,33,0,110,35,9000", "abcd"),  # with heights
        ("-180,-90,180,90", "abcdef"),
        ("-1e-9,0,1E1,5", "c"),
    ],
)
def test_box(client: TestClient, bbox: str, expected: str) -> None:
    assert ids(client, f"bbox={bbox}") == list(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("street=一街", "ab"),
        ("street=一街&status=operating&name=甲站", "a"),
        ("status=retired", "d"),
        ("entry_method=scan", "e"),
        ("seats=4", "a"),
        ("seats=4.0", "a"),
        ("id=c", "c"),
        ("level=star_1", ""),
        ("kind=fixed&bbox=0,0,100,90", "ce"),
    ],
)
def test_filters_by_queryables(client: TestClient, query: str, expected: str) -> None:
    assert ids(client, query) == list(expected)


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=1,2,3,4,5",
        "bbox=a,b,c,d",
        "bbox=nan,0,1,1",
        "bbox=1_0,0,11,1",
        "bbox= 10,0,11,1",
        "bbox=%2B10,0,11,1",
        "bbox=١٠,0,11,1",
        "bbox=0,0,1e999,1",
        "bbox=0,0,inf,1",
        "bbox=0,5,1,4",
        "bbox=-181,0,1,1",
        "bbox=0,-91,1,1",
        "bbox=",
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=1_0",
        "limit=5%0A",
        "limit=٥",
        "limit=",
        "offset=-1",
        "offset=1e3",
        "datetime=yesterday",
        "datetime=2026-13-01T00:00:00Z",
        "datetime=2026-11-01T00:00:00",
        "datetime=../..",
        "datetime=/",
        "datetime=2026-11-02/2026-11-01",
        "datetime=2026-11-01/2026-11-02/2026-11-03",
        "status=open",
        "seats=nan",
        "seats=many",
        "seats=1_0",
        "seats=٤",
        "datetime=2026-11-01%0A",
        "datetime=٢٠٢٦-11-01",
        "nonsense=1",
        "geometry=1",
        "f=html",
        "limit=1&limit=2",
        "street=a&street=b",
    ],
)
def test_bad_or_unknown_parameters_are_refused_by_name(client: TestClient, query: str) -> None:
    answer = client.get(f"{STATIONS}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == 400
    assert query.split("=", maxsplit=1)[0] in body["detail"]


@pytest.mark.parametrize(
    "when",
    [
        "2026-11-01T00:00:00Z",
        "2026-11-01T08:00:00%2B08:00",
        "2026-11-01",
        "2026-11-01T00:00:00.1234567890123Z",
        "2026-11-01T00:00:00Z/..",
        "../2026-11-01T00:00:00Z",
        "/2026-11-01T00:00:00Z",
        "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z",
    ],
)
def test_stations_have_no_time_so_every_time_matches(client: TestClient, when: str) -> None:
    assert len(ids(client, f"datetime={when}")) == 6


def test_pages_follow_each_other(client: TestClient) -> None:
    seen, address, steps = [], f"{STATIONS}?limit=4&bbox=-180,-90,180,90", 0
    while address:
        page = client.get(address).json()
        assert page["numberMatched"] == 6
        assert page["numberReturned"] == len(page["features"])
        assert page["timeStamp"] == "2026-11-23T04:10:00+00:00"
        seen += [feature["id"] for feature in page["features"]]
        links = {link["rel"]: link["href"] for link in page["links"]}
        address, steps = links.get("next"), steps + 1
    assert seen == list("abcdef")
    assert steps == 2
    back = client.get(links["prev"]).json()
    assert [feature["id"] for feature in back["features"]] == list("abcd")
    assert client.get(f"{STATIONS}?offset=900").json()["features"] == []


def test_a_limit_above_the_most_is_capped(client: TestClient) -> None:
    assert len(ids(client, "limit=999999999999999999999999")) == 6
    assert len(ids(client, "limit=10001")) == 6


def test_one_item(client: TestClient) -> None:
    answer = client.get(f"{STATIONS}/c")
    feature = answer.json()
    assert (feature["type"], feature["id"], feature["geometry"]) == ("Feature", "c", None)
    assert feature["properties"]["name"] == "丙站"
    links = {link["rel"]: link["href"] for link in feature["links"]}
    assert client.get(links["self"]).json() == feature
    assert client.get(links["collection"]).json()["id"] == "stations"


@pytest.mark.parametrize(
    "path",
    ["stations/items/zz", "nope", "nope/items", "nope/items/a", "nope/queryables", "stations/items/a/b/c"],
)
def test_what_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/collections/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_collections_describe_themselves(client: TestClient) -> None:
    listed = client.get("/api/collections").json()["collections"]
    assert [one["id"] for one in listed] == [
        *("stations", "coverage-zones", "areas", "worker-demand", "service-gaps"),
    ]
    for one in listed:
        links = {link["rel"]: link["href"] for link in one["links"]}
        assert client.get(links["self"]).json() == one
        assert client.get(links["items"]).status_code == 200
        names = client.get(links["http://www.opengis.net/def/rel/ogc/1.0/queryables"]).json()["properties"]
        assert "geometry" in names and len(names) > 1
    assert listed[0]["extent"]["spatial"]["bbox"] == [[73.0, 34.0, 134.0, 48.0]]


def test_the_landing_page_leads_everywhere(client: TestClient) -> None:
    for root in ("/api", "/api/"):
        links = {link["rel"]: link["href"] for link in client.get(root).json()["links"]}
        assert set(links) == {"self", "service-desc", "service-doc", "conformance", "data"}
        for href in links.values():
            assert client.get(href).status_code == 200
    assert any("core" in uri for uri in client.get("/api/conformance").json()["conformsTo"])


def test_areas_meet_a_box_by_their_shape_not_their_bounds(client: TestClient) -> None:
    answer = client.get("/api/collections/areas/items?kind=street").json()
    assert answer["numberMatched"] == 9
    district = client.get("/api/collections/areas/items?kind=district").json()["features"][0]
    # a corner of the district's bounds that the district itself doesn't reach
    west, south = 108.9911, 34.1695
    corner = f"{west},{south},{west + 0.001},{south + 0.001}"
    found = client.get(f"/api/collections/areas/items?bbox={corner}").json()["features"]
    assert district["id"] == "610111"
    assert found == []
    middle = client.get("/api/collections/areas/items?bbox=109.06,34.27,109.061,34.271").json()
    assert "610111" in [feature["id"] for feature in middle["features"]]
