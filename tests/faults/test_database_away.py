"""PostgreSQL stopped, frozen and back under load: reads go on, writes are refused, nothing is restarted."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from keepers import ITEMS, Answer, Client, Connect, new_key, until
from postgis import PrivateCluster
from serving import LiveServer

PROMPT_S = 3.0
"""The longest a write may wait for its refusal here: 1.5 s of silence (``api/store_line.py``), and what two
cores shared with the rest of the suite add to it."""
LONGEST_S = 6.0
"""The longest a write may wait at all: one made may have begun in the outage and ended after it."""
NEAREST = "/api/nearest?lon=109.06&lat=34.27"


@contextmanager
def stopped(cluster: PrivateCluster) -> Iterator[None]:
    cluster.stop()
    try:
        yield
    finally:
        cluster.start()


@contextmanager
def frozen(cluster: PrivateCluster) -> Iterator[None]:
    cluster.freeze()
    try:
        yield
    finally:
        cluster.thaw()


@dataclass
class Load:
    """Readers and writers that never stop asking; what they were told is kept with its time."""

    port: int
    key: str
    station_id: str
    reads: list[Answer] = field(default_factory=list)
    writes: list[Answer] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        jobs = [self._read, self._read, *[self._write] * 4]
        self._threads = [threading.Thread(target=job) for job in jobs]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _read(self) -> None:
        client = Client(self.port)
        while not self._over.wait(0.01):
            self.reads.append(client.get(NEAREST))
        client.close()

    def _write(self) -> None:
        client = Client(self.port, self.key)
        number = 0
        while not self._over.wait(0.02):
            number += 1
            self.writes.append(client.create(number))
        client.close()


@pytest.mark.parametrize("outage", [stopped, frozen])
def test_reads_go_on_and_writes_are_refused_at_once(
    durable_cluster: PrivateCluster,
    durable_postgis: str,
    serve: Callable[..., LiveServer],
    connect: Connect,
    outage: Callable[[PrivateCluster], AbstractContextManager[None]],
) -> None:
    key = new_key(durable_postgis)
    server = serve(durable_postgis)
    client, keeper = connect(server.port), connect(server.port, key)
    assert keeper.create(1).status == 201
    assert client.get("/readyz?writes=1").status == 200
    with Load(server.port, key, "BQ-001") as load:
        until(lambda: len(load.writes) > 4, 30)
        with outage(durable_cluster):
            down_since = time.monotonic()
            until(lambda: client.get("/readyz").json["status"] == "degraded", PROMPT_S + 1)
            reads = len(load.reads)
            time.sleep(1.5)
            writes = len(load.writes)  # those made just before the end have been answered by now
            ready = client.get("/readyz")
            away_s = time.monotonic() - down_since
            assert ready.status == 200
            assert (ready.json["status"], ready.json["writes"]) == ("degraded", False)
            assert away_s - 1.5 <= ready.json["snapshot_age_s"] <= away_s + 1.5
            assert client.get("/readyz?writes=1").status == 503
            assert client.get("/livez").status == 200
            assert client.get(f"{ITEMS}/BQ-001").status == 200
            assert client.get("/").status == 200
            assert client.get("/api/nearest?lon=x&lat=1").status == 400
            refused = keeper.create(2)
            assert (refused.status, int(refused.headers["retry-after"]) > 0) == (503, True)
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.seconds < PROMPT_S
            assert keeper.ask("POST", "/api/reports", {"station": "BQ-001", "kind": "locked"}).status in (
                400,
                503,
            )
            until(lambda: len(load.writes) > writes + 4, 10)
            assert len(load.reads) > reads + 20
            for answer in load.writes[writes:]:
                assert answer.status == 503
        # The very first request after the return: no retry, nothing restarted by hand.
        first = keeper.create(3)
        assert first.status == 201
        until(lambda: client.get("/readyz").json["status"] == "ok", 2)
        assert client.get(f"{ITEMS}/{first.json['id']}").status == 200
    assert {answer.status for answer in load.reads} == {200}
    assert {answer.status for answer in load.writes} <= {201, 503}
    assert max(answer.seconds for answer in load.writes if answer.status == 503) < PROMPT_S
    assert max(answer.seconds for answer in load.writes) < LONGEST_S


def test_a_write_of_another_server_is_seen_again_after_an_outage(
    durable_cluster: PrivateCluster, durable_postgis: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    key = new_key(durable_postgis)
    one, other = serve(durable_postgis), serve(durable_postgis)
    with stopped(durable_cluster):
        time.sleep(1)
    written = connect(one.port, key).create(7)
    assert written.status == 201
    reader = connect(other.port)
    until(lambda: reader.get(f"{ITEMS}/{written.json['id']}").status == 200, 1.5)


def test_a_server_started_first_is_ready_soon_after_its_database(
    durable_cluster: PrivateCluster, durable_postgis: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    key = new_key(durable_postgis)
    durable_cluster.stop()
    server = serve(durable_postgis, ready_path="/livez")
    client = connect(server.port)
    for _ in range(10):
        assert client.get("/livez").status == 200
        assert client.get("/readyz").status == 503
        assert client.get(NEAREST).status == 503
        assert client.get("/api/nearest?lon=x&lat=1").status == 400
        time.sleep(0.1)
    durable_cluster.start()
    assert until(lambda: client.get("/readyz").status == 200, 5) < 2
    assert len(client.get(NEAREST).json["features"]) == 5
    assert connect(server.port, key).create(1).status == 201
    assert "Traceback" not in server.log.read_text()


def test_a_wrong_password_ends_the_start_with_one_line(
    durable_cluster: PrivateCluster, durable_postgis: str, tmp_path: Path
) -> None:
    plain = make_url(durable_postgis).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'right-secret'")
        row = admin.execute("SHOW hba_file").fetchone()
        assert row is not None
        rules = "VALUES ('host all keeper 127.0.0.1/32 scram-sha-256'), ('host all care 127.0.0.1/32 trust')"
        admin.execute(f"COPY ({rules}) TO '{row[0]}'")
        admin.execute("SELECT pg_reload_conf()")
    admin.close()
    time.sleep(0.3)
    wrong = make_url(durable_postgis).set(username="keeper", password="wrong-secret")
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--store"]
    started = time.monotonic()
    ended = subprocess.run(
        [*command, wrong.render_as_string(hide_password=False)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert time.monotonic() - started < 20  # most of it the start of Python on a busy machine
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "password" in ended.stderr
    assert "secret" not in ended.stderr
