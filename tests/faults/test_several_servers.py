"""Several servers on one store: a write at one is seen at the others, and taking it up holds no reader up."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from functools import partial

import pytest

from geo.stations import Station
from geo.store.opening import open_store
from geo.store.protocol import Change
from keepers import ITEMS, Client, Connect, new_key, until
from serving import LiveServer

SEEN_S = 1.0
LARGE = 10_000


def shows(client: Client, path: str, tag: str) -> bool:
    return client.get(path).headers.get("etag") == tag


@pytest.mark.torture
def test_a_write_is_seen_by_the_other_servers_within_a_second(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect, rounds: int
) -> None:
    key = new_key(durable_url)
    servers = [serve(durable_url) for _ in range(2)]
    clients = [connect(server.port, key) for server in servers]
    for number in range(rounds):
        writer, reader = clients[number % 2], clients[1 - number % 2]
        made = writer.create(number)
        path = f"{ITEMS}/{made.json['id']}"
        assert shows(writer, path, made.headers["etag"]), "the writer's own server"
        until(partial(shows, reader, path, made.headers["etag"]), SEEN_S)
        changed = writer.patch(made.json["id"], made.headers["etag"], number + 1000)
        until(partial(shows, reader, path, changed.headers["etag"]), SEEN_S)


def large_register() -> list[Station]:
    """Ten thousand stations around the city."""
    chance = random.Random(20)
    return [
        Station(
            id=f"L{number:05d}",
            name=f"站{number}",
            location=(chance.uniform(108.9, 109.3), chance.uniform(34.1, 34.5)),
            hours="08:00-20:00",
        )
        for number in range(LARGE)
    ]


def test_taking_up_a_large_register_holds_no_reader_up(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    store = open_store(durable_url)
    store.apply([Change("create", station.id, station) for station in large_register()], "import")
    server = serve(durable_url)
    client = connect(server.port)
    assert client.get(f"{ITEMS}?limit=1").json["numberMatched"] == LARGE
    seen_s, longest_s = [], []
    for number in range(5):
        moved = Station(id="L00001", name=f"新{number}", location=(109.0 + number / 1000, 34.2))
        store.apply([Change("replace", "L00001", moved)], "x")
        started, reads, name = time.monotonic(), [], ""
        while name != moved.name:
            assert time.monotonic() - started < 60
            answer = client.get(f"{ITEMS}/L00001")
            name = answer.json["properties"]["name"]
            reads.append(answer.seconds)
        seen_s.append(time.monotonic() - started)
        longest_s.append(max(reads))
    store.close()
    # A reader that waited for the new register would wait nearly as long as it takes to be seen.
    assert statistics.median(longest_s) < max(0.25, statistics.median(seen_s) / 3), (longest_s, seen_s)
