"""Writes that hang on a lock: refused in time, while bad requests and reads from memory are answered."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url

from keepers import ITEMS, Answer, Client, Connect, new_key, until
from serving import LiveServer
from wholeness import whole_register

WRITERS = 40
IN_TIME_S = 5.0
"""The longest wait of 40 writers for their refusal, on a busy machine; one alone waits for one second."""


@contextmanager
def register_locked(url: str) -> Iterator[None]:
    """Another program is inside a write for as long as the block lasts."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        holder = sqlite3.connect(str(parsed.database), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
        holder.close()
        return
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("SELECT id FROM meta FOR UPDATE")
        yield
        connection.rollback()
    connection.close()


def test_stuck_writes_leave_everything_else_alone(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    key = new_key(durable_url)
    server = serve(durable_url)
    client, keeper = connect(server.port), connect(server.port, key)
    assert keeper.create(0).status == 201
    tag = client.get(f"{ITEMS}/BQ-001").headers["etag"]
    refused: list[Answer] = []

    def write(number: int) -> None:
        own = Client(server.port, key)
        refused.extend(own.create(number) for _ in range(2))
        own.close()

    before = whole_register(durable_url).version
    with register_locked(durable_url):
        writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        rounds = 0
        while any(writer.is_alive() for writer in writers):
            rounds += 1
            answers = {
                200: [
                    client.get("/api/nearest?lon=109.06&lat=34.27"),
                    client.get(f"{ITEMS}/BQ-001"),
                    client.get("/livez"),
                    client.get("/readyz"),
                ],
                400: [
                    client.get("/api/nearest?lon=x&lat=34"),
                    client.get(f"{ITEMS}?colour=red"),
                    keeper.ask("POST", ITEMS, {"type": "Feature"}, Content_Type="application/geo+json"),
                ],
                401: [client.create(1)],
                404: [client.get(f"{ITEMS}/nobody")],
                412: [keeper.patch("BQ-001", '"0-0"', 1)],
                428: [keeper.ask("DELETE", f"{ITEMS}/BQ-001")],
            }
            for status, given in answers.items():
                for answer in given:
                    assert answer.status == status
                    assert answer.seconds < 2
        for writer in writers:
            writer.join()
        assert rounds > 3
    assert [answer.status for answer in refused] == [503] * WRITERS * 2
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert max(answer.seconds for answer in refused) < IN_TIME_S, sorted(answer.seconds for answer in refused)
    # A refusal is a promise that nothing was written, also later.
    until(lambda: keeper.create(99).status == 201, 3)
    assert keeper.patch("BQ-001", tag, 7).status == 200
    register = whole_register(durable_url)
    made = [station for station in register.stations.values() if station.name.startswith("站")]
    assert sorted(station.seats or 0 for station in made) == [0, 99]
    assert register.version == before + 2
