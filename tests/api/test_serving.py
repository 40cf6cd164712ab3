"""A real server process: starting without its store, being told to stop, and answering under load."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.commands.serving import turn_newcomers_away
from api.settings import Settings
from geo.store.opening import open_store
from postgis import free_port
from serving import LiveServer

StartServer = Callable[..., LiveServer]


def test_a_fresh_start_fills_the_store_and_answers(live_server: LiveServer) -> None:
    assert httpx.get(f"{live_server.url}/livez").json() == {"status": "ok"}
    ready = httpx.get(f"{live_server.url}/readyz?writes=1")
    assert (ready.status_code, ready.json()["status"], ready.json()["writes"]) == (200, "ok", True)
    assert 0 <= ready.json()["snapshot_age_s"] < 5
    found = httpx.get(f"{live_server.url}/api/nearest?lon=109.06&lat=34.27").json()
    assert len(found["features"]) == 5
    assert httpx.get(f"{live_server.url}/api/collections/stations/items").json()["numberMatched"] == 63
    for page in ("/", "/map", "/planner/map", "/docs", "/stations/BQ-001"):
        assert httpx.get(f"{live_server.url}{page}").status_code == 200


def test_an_answer_does_not_wait_for_an_acknowledgement(live_server: LiveServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live_server.port)
    seconds = []
    for _ in range(15):
        started = time.perf_counter()
        connection.request("GET", "/livez")
        connection.getresponse().read()
        seconds.append(time.perf_counter() - started)
    connection.close()
    assert min(seconds[1:]) < 0.03  # a delayed acknowledgement takes at least 0.04 s, every time


def test_the_log_holds_no_position(live_server: LiveServer) -> None:
    httpx.get(f"{live_server.url}/api/nearest?lon=109.123456&lat=34.27")
    httpx.get(f"{live_server.url}/api/nearest?lon=109.123456&lat=nan")
    assert "109.123456" not in live_server.log.read_text()


def test_without_its_store_it_lives_and_says_so() -> None:
    away = f"postgresql+psycopg://u:secret@127.0.0.1:{free_port()}/d"
    with TestClient(create_app(Settings(store_url=away))) as client:
        assert client.get("/livez").status_code == 200
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json() == {"status": "unavailable", "writes": False, "snapshot_age_s": None}
        for path in ("/api/nearest?lon=1&lat=1", "/api/collections/stations/items", "/"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "secret" not in answer.text
        assert client.get("/api/nearest?lon=x&lat=1").status_code == 400
        assert client.get("/api/amenities").status_code == 200


def test_a_lost_store_leaves_reads_and_refuses_writes(tmp_path: Any) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'register.db'}", lambda: [])
    app = create_app(Settings(), store)
    with TestClient(app) as client:
        assert "age" not in client.get("/").headers
        keeper = app.state.service.keeper
        lost = type(keeper.status())(version=1, age_s=9.0, writable=False, last_error="away")
        keeper.status = lambda: lost
        assert client.get("/readyz").status_code == 200
        assert client.get("/readyz").json() == {"status": "degraded", "writes": False, "snapshot_age_s": 9.0}
        for path in ("/", "/api/nearest?lon=109&lat=34", "/api/collections/stations/items", "/planner"):
            assert client.get(path).headers["age"] == client.head(path).headers["age"] == "9"
        for path in ("/livez", "/readyz", "/static/nothing.js", "/api/collections/stations/items/nobody"):
            assert "age" not in client.get(path).headers
        assert client.get("/readyz?writes=1").status_code == 503
        assert client.get("/readyz?writes=2").status_code == 400
        app.state.service.draining = True
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert ready.headers["connection"] == "close"
    store.close()


def under_load(port: int, stop: threading.Event, answered: list[int], failures: list[str]) -> None:
    """Ask over connections of twenty requests until a connection is refused."""
    while not stop.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.connect()
        except ConnectionError:
            return  # nobody listens any more: nothing was accepted
        try:
            for _ in range(20):
                connection.request("GET", "/api/nearest?lon=109.06&lat=34.27&k=50")
                answer = connection.getresponse()
                body = json.loads(answer.read())
                answered.append(len(body["features"]))
                if answer.status != 200 or answer.will_close:
                    break
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append(repr(error))
        connection.close()


def test_told_to_stop_it_answers_everything_it_accepted(start_server: StartServer) -> None:
    server = start_server()
    for _ in range(2):
        failures: list[str] = []
        answered: list[int] = []
        stop = threading.Event()
        load = (server.port, stop, answered, failures)
        threads = [threading.Thread(target=under_load, args=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        while len(answered) < 200:
            time.sleep(0.01)
        code = server.stop()
        stop.set()
        for thread in threads:
            thread.join()
        assert code in (0, -signal.SIGTERM)
        assert failures == []
        assert set(answered) == {50}
        server.start()


def test_the_documented_routes_are_the_served_ones(live_server: LiveServer) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(?:GET|POST|PUT|PATCH|DELETE) (/[^` ?]*)", text, re.MULTILINE))
    declared = set(httpx.get(f"{live_server.url}/api/openapi.json").json()["paths"])
    assert declared <= documented


@pytest.mark.parametrize("path", ["/readyz", "/api/nearest?lon=109&lat=34", "/"])
def test_compressed_when_asked(live_server: LiveServer, path: str) -> None:
    plain = httpx.get(f"{live_server.url}{path}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = httpx.get(f"{live_server.url}{path}", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in packed.headers) == (len(plain.content) >= 1000)


@pytest.mark.parametrize("target", ["/api/nearest?lon=109&lat=34&amenities=饮水", "/stations/驿站"])
def test_an_address_with_raw_characters_is_a_problem_in_words(live_server: LiveServer, target: str) -> None:
    with socket.create_connection(("127.0.0.1", live_server.port), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert body["status"] == 400
    assert "percent-encoded" in body["detail"]
    assert httpx.get(f"{live_server.url}/livez").status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="not on this platform: Linux's packet filter")
def test_newcomers_are_turned_away_while_who_was_let_in_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address, timeout=5) as let_in:
            turn_newcomers_away(listening)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.3)
            let_in.sendall(b"asked")
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.recv(10) == b"asked"
                accepted.sendall(b"told")
            assert let_in.recv(10) == b"told"
            listening.setblocking(False)
            with pytest.raises(BlockingIOError):
                listening.accept()
