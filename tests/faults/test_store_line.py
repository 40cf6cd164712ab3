"""The line to the store by itself: silence ends the wait, answers prolong it, a hung call keeps its turn."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from api.store_line import SLOW_S, StoreLine
from geo.errors import ConflictError, StoreUnavailableError


def test_a_hung_call_keeps_its_turn_until_it_ends() -> None:
    released, calls = threading.Event(), []

    async def go() -> None:
        line = StoreLine(1, silence_s=0.3)
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(StoreUnavailableError):
                await line.ask(lambda: calls.append(released.wait(30)))
            assert 0.25 < time.monotonic() - started < 5
        assert calls == []
        assert threading.active_count() <= before + 1
        released.set()
        assert await line.ask(lambda: "answer") == "answer"
        assert calls == [True]

    before = threading.active_count()
    asyncio.run(go())


def test_answers_to_others_prolong_the_wait_up_to_its_end() -> None:
    async def go(count: int, longest_s: float) -> list[object]:
        line = StoreLine(1, silence_s=1.0, longest_s=longest_s)
        asked = [line.ask(time.sleep, 0.3) for _ in range(count)]
        return await asyncio.gather(*asked, return_exceptions=True)

    assert asyncio.run(go(8, 60.0)) == [None] * 8  # the last one waits 2.1 s for its turn
    late = asyncio.run(go(8, 1.2))
    assert late[0] is None
    assert isinstance(late[-1], StoreUnavailableError)


def test_a_line_of_failures_is_told_together() -> None:
    calls: list[float] = []
    ended = threading.Event()

    def fail() -> None:
        calls.append(time.monotonic())
        time.sleep(0.7)
        raise StoreUnavailableError("busy with another write")

    async def go(*, alive: bool) -> list[float]:
        line = StoreLine(1, silence_s=1.0)
        signs = threading.Thread(target=lambda: [line.hear() for _ in iter(lambda: ended.wait(0.1), True)])
        if alive:
            signs.start()
        started = time.monotonic()

        async def told() -> float:
            with pytest.raises(StoreUnavailableError):
                await line.ask(fail)
            return time.monotonic() - started

        waits = await asyncio.gather(*[told() for _ in range(9)])
        if alive:
            ended.set()
            signs.join()
        return waits

    # A silent store: whoever waits is told after one silence, also who got a turn in its midst.
    assert max(asyncio.run(go(alive=False))) < 1.0 + 0.5
    time.sleep(0.5)
    calls.clear()
    # One that answers elsewhere: a second try is made, not one for each who waits.
    assert max(asyncio.run(go(alive=True))) < 1.4 + 0.7
    assert len(calls) == 2


def test_a_turn_freed_late_by_an_answer_has_its_full_time() -> None:
    async def go() -> list[object]:
        line = StoreLine(1, silence_s=1.0)
        return await asyncio.gather(*[line.ask(time.sleep, 0.8) for _ in range(3)], return_exceptions=True)

    assert asyncio.run(go()) == [None] * 3


def test_errors_of_the_call_come_through() -> None:
    def refuse() -> None:
        raise ConflictError("taken")

    async def go() -> None:
        line = StoreLine(1)
        with pytest.raises(ConflictError, match="taken"):
            await line.ask(refuse)
        assert await line.ask(divmod, 7, 2) == (3, 1)

    asyncio.run(go())


def test_signs_of_life_from_elsewhere_prolong_a_slow_call_but_not_without_end() -> None:
    ended = threading.Event()

    async def go(call_s: float, slow_s: float = SLOW_S) -> float:
        line = StoreLine(1, silence_s=0.5, slow_s=slow_s)
        signs = threading.Thread(target=lambda: [line.hear() for _ in iter(lambda: ended.wait(0.1), True)])
        signs.start()
        started = time.monotonic()
        try:
            await line.ask(time.sleep, call_s)
        finally:
            ended.set()
            signs.join()
            ended.clear()
        return time.monotonic() - started

    assert asyncio.run(go(1.5)) >= 1.5
    started = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        asyncio.run(go(8.0))
    assert SLOW_S - 0.1 < time.monotonic() - started < SLOW_S + 1.5
    assert asyncio.run(go(SLOW_S + 1, slow_s=20.0)) >= SLOW_S + 1  # a line for long reads waits longer
