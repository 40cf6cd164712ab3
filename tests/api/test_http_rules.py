"""What holds for every answer: problem documents, entity tags, headers, limits; no request fails inside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import RateLimit, Settings
from geo.errors import StoreAccessError, StoreUnavailableError
from geo.stations import Station
from geo.store.protocol import Change, StationStore

NEAREST = "/api/nearest?lon=109&lat=34"
ITEMS = "/api/collections/stations/items"
READS = ["/api", "/api/conformance", "/api/collections", f"{ITEMS}", f"{ITEMS}/a", NEAREST, "/api/amenities"]
SECRETS = re.compile(
    r"Traceback|SELECT|sqlite|psycopg|/work/|/home/|/usr/|\.py\b|site-packages", re.IGNORECASE
)


def is_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] and body["title"]
    assert not SECRETS.search(answer.text)


@pytest.mark.parametrize("path", READS)
def test_unknown_parameters_and_wrong_methods(client: TestClient, path: str) -> None:
    is_problem(client.get(f"{path}{'&' if '?' in path else '?'}bogus=1"), 400)
    wrong = client.request("TRACE", path)
    is_problem(wrong, 405)
    assert "GET" in wrong.headers["allow"]


@pytest.mark.parametrize("path", READS)
def test_head_is_get_without_a_body(client: TestClient, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("path", [f"{ITEMS}", f"{ITEMS}/a", NEAREST, "/", "/stations/a"])
def test_a_known_copy_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    for sent in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_tags_change_with_parameters_register_and_minute(
    own: TestClient, app: FastAPI, store: StationStore
) -> None:
    def tags() -> list[str]:
        return [
            own.get(path).headers["etag"] for path in (f"{ITEMS}", f"{ITEMS}?limit=1", f"{ITEMS}/a", NEAREST)
        ]

    before = tags()
    assert len(set(before)) == 4
    assert own.get(f"{NEAREST}&k=2").headers["etag"] != before[3]
    swapped = "/api/nearest?lat=34&lon=109"
    assert own.get(swapped).headers["etag"] == before[3]
    service = app.state.service
    later = service.clock() + timedelta(minutes=1)
    service.clock = lambda: later
    changed = tags()
    assert changed[:3] == before[:3]
    assert changed[3] != before[3]
    assert own.get(NEAREST, headers={"If-None-Match": before[3]}).status_code == 200
    other = Station(id="z", name="新站")
    service.keeper.wait_for(store.write([Change("create", "z", other)], "t").version)
    after = tags()
    assert after[2] == changed[2]  # the tag of a station is its own
    assert not {after[0], after[1], after[3]} & set(changed)


def test_answers_with_an_open_state_are_asked_about_before_each_use(client: TestClient) -> None:
    for path in (NEAREST, "/", "/stations/a"):
        assert client.get(path).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/stations/a", "/docs", "/api", "/nope", "/livez", f"{ITEMS}?limit=0"])
def test_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_a_hostile_name_is_data_and_nothing_else(client: TestClient) -> None:
    for path in ("/", "/?lang=en", "/stations/b", "/stations/b/poster", "/finder/places.json"):
        answer = client.get(path)
        if answer.headers["content-type"].startswith("text/html"):
            assert "<img src=x" not in answer.text
            assert "onerror=alert(1)>" not in answer.text
        else:
            assert answer.headers["content-type"] == "application/json"
    assert client.get(f"{ITEMS}/b").json()["properties"]["name"].startswith("</script>")


@pytest.mark.parametrize(("query", "words"), [("", "没有"), ("?lang=en", "No such")])
def test_a_page_that_is_not_there_is_told_in_both_languages(
    client: TestClient, query: str, words: str
) -> None:
    for path in ("/stations/zz", "/nope", "/static/nope.js"):
        answer = client.get(f"{path}{query}")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert words in answer.text


def test_pages_ignore_parameters_they_do_not_know(client: TestClient) -> None:
    for path in ("/", "/map", "/planner/map", "/stations/a", "/docs"):
        assert client.get(f"{path}?utm_source=x&a=1&a=2&lon=nan").status_code == 200


def test_absurd_lengths_are_refused(client: TestClient) -> None:
    is_problem(client.get("/api/nearest?lon=1&lat=1&amenities=" + "x" * 9000), 414)
    is_problem(client.get("/api/" + "x" * 9000), 414)
    is_problem(client.get(f"{ITEMS}/" + "x" * 5000), 404)
    is_problem(client.post("/api/reports", content=b"[" * 1_000_001), 413)
    is_problem(
        client.post("/api/reports", content=b"[" * 200_000, headers={"content-type": "application/json"}), 400
    )


def test_links_follow_the_host_or_the_public_address(store: StationStore) -> None:
    def landing(settings: Settings, **headers: str) -> Any:
        with TestClient(create_app(settings, store)) as started:
            return started.get("/api", headers=headers)

    def link(answer: Any) -> str:
        return answer.json()["links"][0]["href"]

    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "front.example.org"}
    assert link(landing(Settings(), host="h.example.org:81")) == "http://h.example.org:81/api"
    assert link(landing(Settings(), **forwarded)) == "http://testserver/api"
    assert link(landing(Settings(trusted_hops=1), **forwarded)) == "https://front.example.org/api"
    two = {"X-Forwarded-Proto": "https,http", "X-Forwarded-Host": "evil.example.org, front.example.org"}
    assert link(landing(Settings(trusted_hops=1), **two)) == "http://front.example.org/api"
    public = Settings(public_url="https://stations.example.org/bq")
    assert link(landing(public, **forwarded)) == "https://stations.example.org/bq/api"
    is_problem(landing(Settings(), host="h/<script>"), 400)


def test_other_origins_only_when_set(client: TestClient, store: StationStore) -> None:
    origin = {"Origin": "https://a.example.org"}
    assert "access-control-allow-origin" not in client.get(NEAREST, headers=origin).headers
    with TestClient(create_app(Settings(cors_origins=("https://a.example.org",)), store)) as open_to_one:
        allowed = open_to_one.get(NEAREST, headers=origin)
        assert allowed.headers["access-control-allow-origin"] == "https://a.example.org"
        assert "ETag" in allowed.headers["access-control-expose-headers"]
        other = open_to_one.get(NEAREST, headers={"Origin": "https://b.example.org"})
        assert "access-control-allow-origin" not in other.headers


def test_too_many_reports_from_one_address(store: StationStore) -> None:
    limited = Settings(rate_limit=RateLimit(2, 60), trusted_hops=1)
    body = {"station": "a", "kind": "locked"}
    with TestClient(create_app(limited, store)) as started:
        sent = [
            started.post("/api/reports", json=body, headers={"X-Forwarded-For": "192.0.2.1"})
            for _ in range(3)
        ]
        assert [answer.status_code for answer in sent] == [201, 201, 429]
        is_problem(sent[2], 429)
        assert 1 <= int(sent[2].headers["retry-after"]) <= 30
        other = started.post("/api/reports", json=body, headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"})
        assert other.status_code == 201


class Broken:
    """A store's stand-in whose every use fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object) -> Any:
            raise self._error

        return fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreUnavailableError("host db.example.org: SELECT * FROM /work/x.py"), 503),
        (StoreAccessError("password of /home/u"), 503),
        (RuntimeError("Traceback /usr/lib SELECT"), 500),
        (KeyError("sqlite"), 500),
    ],
)
def test_inner_errors_say_nothing_of_the_inside(
    own: TestClient, app: FastAPI, error: Exception, status: int
) -> None:
    app.state.service.live = Broken(error)
    for path in (NEAREST, ITEMS, f"{ITEMS}/a", "/api/collections"):
        answer = own.get(path)
        is_problem(answer, status)
        assert "db.example.org" not in answer.text
        assert ("retry-after" in answer.headers) == (status == 503)
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = own.get("/")
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert ("retry-after" in page.headers) == (status == 503)
    assert not SECRETS.search(page.text)


def test_metrics_count_by_route_and_never_hold_a_position(client: TestClient) -> None:
    client.get("/api/nearest?lon=109.123456&lat=34.654321")
    client.get("/no/such/109.123456")
    text = client.get("/metrics").text
    assert re.search(r'care_requests_total\{route="/api/nearest",method="GET",status="200"\} [1-9]', text)
    assert "109.123456" not in text
    assert "no/such" not in text
    assert "care_register_version" in text


def test_reads_and_errors_log_no_position(
    own: TestClient, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    own.get("/api/nearest?lon=109.123456&lat=34")
    app.state.service.live = Broken(RuntimeError("boom"))
    assert own.get("/api/nearest?lon=109.123456&lat=34").status_code == 500
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]
    assert any("/api/nearest" in line for line in ours)
    assert not any("109.123456" in line for line in ours)


NAMES = ["lon", "lat", "datum", "k", "max_distance_m", "mode", "amenities", "open", "at", "f"]
NAMES += ["bbox", "limit", "offset", "datetime", "status", "seats", "name", "lang", "x"]
values = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["1", "109", "34", "-1", "1e308", "nan", "0,0,1,1", "180,0,-180,1", "water", "now", "walk"]
    ),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(lambda at: at.isoformat()),
)
paths = st.sampled_from(
    [
        "/api/nearest",
        ITEMS,
        f"{ITEMS}/a",
        "/api/collections/areas/items",
        "/api/amenities",
        "/readyz",
        "/",
        "/stations/b",
    ]
)


@given(paths, st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=6))
@settings(max_examples=250)
def test_no_query_fails_inside(client: TestClient, path: str, pairs: list[tuple[str, str]]) -> None:
    clean = [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]
    answer = client.get(path, params=clean)
    assert answer.status_code in {200, 400}
    if path.startswith("/api") and answer.status_code == 400:
        is_problem(answer, 400)


@given(st.binary(max_size=60))
@settings(max_examples=120)
def test_no_raw_address_fails_inside(client: TestClient, raw: bytes) -> None:
    text = "".join(
        f"%{byte:02x}" if not 0x21 <= byte < 0x7F or byte in b'#\\^`{|}<>"' else chr(byte) for byte in raw
    )
    for address in (
        f"/api/collections/{text}",
        f"/api/nearest?lon=109&lat=34&{text}",
        f"/stations/{text}",
        f"/static/{text}",
    ):
        assert client.get(f"http://testserver{address}").status_code < 500


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/collections/stations/items", "GET, HEAD, POST"),
        ("/api/collections/stations/items/a", "GET, HEAD, PUT, PATCH, DELETE"),
        ("/api/collections/areas/items", "GET, HEAD"),
        ("/api/reports/1/confirm", "POST"),
        ("/", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_every_right_one(client: TestClient, path: str, allowed: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
