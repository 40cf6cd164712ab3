"""Many keepers at once: no write is lost, none is made twice, and versions only grow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from keepers import ITEMS, Answer, Client, Connect, new_key, until
from serving import LiveServer
from wholeness import whole_register


def at_once(count: int, action: Callable[[int], Answer]) -> list[Answer]:
    """Do ``action(0 … count - 1)`` from as many threads, started together."""
    answers: list[Answer] = []
    together = threading.Barrier(count)

    def work(number: int) -> None:
        together.wait()
        answers.append(action(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


def shows(reader: Client, path: str, tag: str) -> bool:
    return reader.get(path).headers["etag"] == tag


def patch(keepers: list[Client], station: str, tag: str, numbers: list[int], who: int) -> Answer:
    return keepers[who].patch(station, tag, numbers[who])


@pytest.mark.torture
def test_of_two_keepers_with_the_same_version_one_wins(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect, rounds: int
) -> None:
    key = new_key(durable_url)
    servers = [serve(durable_url), serve(durable_url)]
    keepers = [connect(server.port, key) for server in servers]
    reader = connect(servers[0].port)
    station = keepers[0].create(0).json["id"]
    for number in range(rounds):
        seen = reader.get(f"{ITEMS}/{station}")
        tag, version = seen.headers["etag"], seen.json["properties"]["version"]
        bodies = [1000 * number, 1000 * number + 1]
        answers = at_once(2, partial(patch, keepers, station, tag, bodies))
        assert sorted(answer.status for answer in answers) == [200, 412]
        won = next(answer for answer in answers if answer.status == 200)
        assert won.json["properties"]["version"] == version + 1
        until(partial(shows, reader, f"{ITEMS}/{station}", won.headers["etag"]), 1.5)
    register = whole_register(durable_url)
    assert register.stations[station].version == rounds + 1


def test_fifty_at_once_are_all_created(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    key = new_key(durable_url)
    servers = [serve(durable_url), serve(durable_url)]
    before = whole_register(durable_url).version

    def create(number: int) -> Answer:
        client = Client(servers[number % 2].port, key)
        answer = client.create(number)
        client.close()
        return answer

    answers = at_once(50, create)
    assert [answer.status for answer in answers] == [201] * 50
    made = {answer.json["id"]: answer.json["properties"]["seats"] for answer in answers}
    assert sorted(made.values()) == list(range(50))
    register = whole_register(durable_url)
    assert register.version == before + 50
    assert {name: register.stations[name].seats for name in made} == made
    versions = sorted(register.history[name][0].register_version for name in made)
    assert versions == list(range(before + 1, before + 51))
