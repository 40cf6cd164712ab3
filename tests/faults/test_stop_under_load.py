"""SIGTERM under load: whoever was let in gets a whole answer, then the server ends with 0 in bounded time."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from keepers import Acknowledged, Connect, Writers, assert_kept, new_key
from postgis import PrivateCluster
from serving import LiveServer
from wholeness import whole_register

STOP_S = 10.0
NEAREST = "/api/nearest?lon=109.06&lat=34.27&k=50"


@dataclass
class Visitors:
    """Threads that open a connection for each few requests until no connection is taken any more."""

    port: int
    answered: int = 0
    dropped: list[str] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, count: int) -> None:
        self._threads = [threading.Thread(target=self._visit, args=(1 + who % 3,)) for who in range(count)]
        self._threads.append(threading.Thread(target=self._balance))
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _visit(self, requests: int) -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.connect()
            except OSError:
                return  # not let in: the server has gone
            try:
                for _ in range(requests):
                    connection.request("GET", NEAREST)
                    answer = connection.getresponse()
                    found = json.loads(answer.read())["features"]
                    if (answer.status, len(found)) != (200, 50):
                        self.dropped.append(f"{answer.status}, {len(found)} stations")
                    self.answered += 1
                    if answer.will_close:
                        break
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.dropped.append(repr(error))
            finally:
                connection.close()

    def _balance(self) -> None:
        """Ask ``/readyz`` as a balancer does, each time on a connection of its own."""
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.connect()
                connection.request("GET", "/readyz")
                self.ready.append(connection.getresponse().status)
            except OSError:
                return
            finally:
                connection.close()
            time.sleep(0.02)


@pytest.mark.torture
def test_nobody_who_was_let_in_is_dropped(
    durable_url: str, serve: Callable[..., LiveServer], rounds: int
) -> None:
    key = new_key(durable_url)
    server = serve(durable_url)
    acknowledged: list[Acknowledged] = []
    # Three starts and stops per store are enough for each change; the torture makes them all.
    for _ in range(max(3, rounds // 4)):
        visitors, writers = Visitors(server.port), Writers(server.port, key, count=2)
        visitors.start(8)
        writers.start()
        writers.wait_for(4)
        started = time.monotonic()
        code = server.stop()
        stopped_s = time.monotonic() - started
        visitors.join()
        writers.stop()
        assert code == 0
        assert stopped_s < STOP_S
        assert visitors.dropped == []
        assert visitors.answered > 20
        assert visitors.ready[-1] == 503, "a balancer never saw it draining"
        assert set(visitors.ready) == {200, 503}
        acknowledged += writers.acknowledged
        server.start()
    register = whole_register(durable_url)
    assert_kept(register.history, acknowledged)
    written = sum(row.actor == "王站长" for rows in register.history.values() for row in rows)
    assert written == len(acknowledged), "a write was made whose keeper got no answer"


def test_it_ends_while_its_database_hangs(
    durable_cluster: PrivateCluster, durable_postgis: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    key = new_key(durable_postgis)
    server = serve(durable_postgis)
    keeper = connect(server.port, key)
    assert keeper.create(1).status == 201
    durable_cluster.freeze()
    try:
        assert keeper.create(2).status == 503
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 2 * STOP_S  # the keeper of the snapshot is waited for too
    finally:
        durable_cluster.thaw()


def test_a_second_signal_ends_it_at_once(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    server = serve(durable_url)
    waiting = connect(server.port)
    assert waiting.get("/livez").status == 200
    assert server.process is not None
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    started = time.monotonic()
    assert server.stop() in (0, -signal.SIGTERM, -signal.SIGINT)
    assert time.monotonic() - started < STOP_S
