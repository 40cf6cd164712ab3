"""``kill -9`` of the server in mid-write: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from keepers import ITEMS, Acknowledged, Connect, Writers, assert_kept, new_key
from postgis import PrivateCluster
from serving import LiveServer
from wholeness import whole_register


@pytest.mark.torture
def test_no_acknowledged_write_is_lost(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect, rounds: int
) -> None:
    key = new_key(durable_url)
    chance = random.Random(63)
    acknowledged: list[Acknowledged] = []
    server = serve(durable_url)
    for _ in range(rounds):
        writers = Writers(server.port, key)
        writers.start()
        writers.wait_for(3)
        time.sleep(chance.uniform(0, 0.4))
        server.kill()
        writers.stop()
        assert writers.refused == []
        acknowledged += writers.acknowledged
        register = whole_register(durable_url)
        assert len(register.stations) >= 63
        assert_kept(register.history, acknowledged)
        server.start()
        client = connect(server.port)
        for write in writers.acknowledged[-3:]:
            shown = client.get(f"{ITEMS}/{write.station_id}").json["properties"]
            assert shown["version"] >= write.version
            assert shown["seats"] == shown["amenities"]["seat"]["count"]


@pytest.mark.torture
def test_no_acknowledged_write_is_lost_when_the_database_crashes(
    durable_cluster: PrivateCluster, durable_postgis: str, serve: Callable[..., LiveServer], rounds: int
) -> None:
    key = new_key(durable_postgis)
    chance = random.Random(64)
    server = serve(durable_postgis)
    writers = Writers(server.port, key)
    writers.start()
    for round_number in range(1, rounds + 1):
        writers.wait_for(len(writers.acknowledged) + 3)
        time.sleep(chance.uniform(0, 0.3))
        durable_cluster.crash()
        durable_cluster.start()
        assert server.process is not None and server.process.poll() is None, round_number
    writers.wait_for(len(writers.acknowledged) + 3)
    writers.stop()
    assert {answer.status for answer in writers.refused} <= {503}
    assert_kept(whole_register(durable_postgis).history, writers.acknowledged)
