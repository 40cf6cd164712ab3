"""Keepers at work over HTTP: plain requests, and threads that write until the server is gone."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geo.store.keys import Role, add_key
from geo.store.opening import open_store

ITEMS = "/api/collections/stations/items"
GEOJSON = "application/geo+json"
MERGE_PATCH = "application/merge-patch+json"
IDLE_S = 2.0
GONE = (OSError, http.client.HTTPException)


def until(true: Callable[[], bool], limit_s: float) -> float:
    """Wait until ``true()`` and return how long it took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < limit_s
        time.sleep(0.02)
    return time.monotonic() - started


def new_key(url: str, name: str = "王站长", role: Role = "keeper") -> str:
    """Make a key in the store at ``url``."""
    store = open_store(url)
    try:
        return add_key(store, name, role)
    finally:
        store.close()


@dataclass(frozen=True)
class Answer:
    """One answer, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection, kept alive; ``key`` goes with every request."""

    def __init__(self, port: int, key: str | None = None, timeout_s: float = 30) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self._used_at = time.monotonic()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request and read its whole answer."""
        sent = {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = None if body is None else json.dumps(body).encode()
        started = time.monotonic()
        if started - self._used_at > IDLE_S:
            self._connection.close()  # the server may have hung up meanwhile; the next request connects anew
        self._connection.request(method, path, data, sent)
        answer = self._connection.getresponse()
        content = answer.read()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        self._used_at = time.monotonic()
        return Answer(answer.status, fields, content, self._used_at - started)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def create(self, number: int, name: str = "站") -> Answer:
        """Add a station whose every part carries ``number``."""
        feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.06, 34.27]}}
        marked_as = {"name": f"{name}{number}", **marked(number)}
        return self.ask("POST", ITEMS, {**feature, "properties": marked_as}, Content_Type=GEOJSON)

    def patch(self, station_id: str, tag: str, number: int) -> Answer:
        """Put ``number`` into every part of a station."""
        body = {"properties": marked(number)}
        path = f"{ITEMS}/{station_id}"
        return self.ask("PATCH", path, body, Content_Type=MERGE_PATCH, If_Match=tag)

    def close(self) -> None:
        self._connection.close()


Connect = Callable[..., Client]


def marked(number: int) -> dict[str, Any]:
    """The fields that carry ``number``: one in the station's row, one in a row of its amenities."""
    return {"seats": number, "amenities": {"seat": {"value": "yes", "count": number}}}


@dataclass(frozen=True)
class Acknowledged:
    """A write the server has answered for."""

    station_id: str
    version: int
    number: int


@dataclass
class Writers:
    """``count`` threads that add stations and change them until told to stop or the server is gone."""

    port: int
    key: str
    count: int = 4
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._write, args=(who,)) for who in range(self.count)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, acknowledged: int, limit_s: float = 30) -> None:
        """Wait until so many writes were answered."""
        deadline = time.monotonic() + limit_s
        while len(self.acknowledged) < acknowledged:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} writes in {limit_s} s"
            time.sleep(0.002)

    def stop(self) -> None:
        """Let each finish its write, and wait for all."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _write(self, who: int) -> None:
        client = Client(self.port, self.key)
        number = who
        own: Answer | None = None
        while not self._stop.is_set():
            number += self.count
            try:
                if own is None or number % 5 == 0:
                    answer = client.create(number)
                else:
                    answer = client.patch(own.json["id"], own.headers["etag"], number)
            except GONE:
                break
            if answer.status in (200, 201):
                own = answer
                written = answer.json
                version = written["properties"]["version"]
                self.acknowledged.append(Acknowledged(written["id"], version, number))
            else:
                self.refused.append(answer)
                own = None
                time.sleep(0.02)
        client.close()


def assert_kept(history: Any, acknowledged: list[Acknowledged]) -> None:
    """Every acknowledged write is in the history as it was sent, in every part."""
    for write in acknowledged:
        found = [row for row in history.get(write.station_id, []) if row.version == write.version]
        assert len(found) == 1, write
        after = found[0].after
        assert (after["seats"], after["amenities"]["seat"]["count"]) == (write.number, write.number), write
