"""Calls that wait for the store, made beside the event loop and never waited for without end.

A database that hangs (a stuck host, a stopped process) neither answers nor refuses. Whoever waits for it is
told so after a short silence, and no more threads than the line is wide are ever caught in it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from geo.errors import CareStationError, StoreUnavailableError

SILENCE_S = 1.5
"""How long a request waits while the store answers nobody, neither its line nor the snapshot's keeper."""
SLOW_S = 5.0
"""How long a request waits while the store answers the keeper, but nobody in its line: a slow disk."""
READING_S = 60.0
"""How long imported layers of half a million cells may be read, while the store answers the keeper."""
LONGEST_S = 10.0
"""How long a request waits in all, while others before it are answered."""
LOCK_WAIT_S = 1.0
"""How long a write waits for another process's. PostgreSQL may wait so long twice (for a place in the queue,
then for the row); both together are shorter than ``SLOW_S``, so that the end is a clear one."""

P = ParamSpec("P")
T = TypeVar("T")


class StoreLine:
    """At most ``width`` calls at a time; the others wait their turn in the order they came."""

    def __init__(
        self,
        width: int,
        silence_s: float = SILENCE_S,
        longest_s: float = LONGEST_S,
        slow_s: float = SLOW_S,
    ) -> None:
        self._turns = asyncio.Semaphore(width)
        self._silence_s, self._longest_s, self._slow_s = silence_s, longest_s, slow_s
        self._since: dict[asyncio.Timeout, float] = {}
        self._answered_at = float("-inf")
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, called in a thread; an answer to one prolongs the wait of all.

        A call given up may still come to its end: whether a write was made is then unknown.

        Raises:
            StoreUnavailableError: the store was silent for too long, or what ``function`` raised.
        """
        loop = self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._silence_s) as patience:
                self._since[patience] = loop.time()
                try:
                    await self._turns.acquire()
                    self._require_time(self._since[patience], loop.time())
                    call = self._started(loop, lambda: function(*args, **kwargs))
                    return await asyncio.wrap_future(call)
                finally:
                    del self._since[patience]
        except TimeoutError:
            raise StoreUnavailableError("the store does not answer") from None

    def hear(self) -> None:
        """Take note, from any thread, that the store answered somebody else: who waits here waits on."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: self._prolong(loop.time(), self._slow_s))

    def _require_time(self, since: float, now: float) -> None:
        """Pass on a turn that came late and through failures: its call would only wait in vain once more."""
        if now - max(since, self._answered_at) > self._silence_s:
            self._turns.release()
            raise StoreUnavailableError("the store does not answer others either")

    def _prolong(self, now: float, most_s: float) -> None:
        for patience, since in self._since.items():
            latest = min(since + self._longest_s, max(since, self._answered_at) + most_s)
            given_up_at, later = patience.when(), min(now + self._silence_s, latest)
            if given_up_at is not None and later > given_up_at and not patience.expired():
                patience.reschedule(later)

    def _started(self, loop: asyncio.AbstractEventLoop, function: Callable[[], T]) -> Future[T]:
        """Call ``function`` in a thread; its turn ends when it does, also when nobody waits any more."""
        call: Future[T] = Future()
        call.set_running_or_notify_cancel()

        def end(answered: bool) -> None:
            if answered:
                self._answered_at = loop.time()
                self._prolong(self._answered_at, self._silence_s)
            self._turns.release()

        def tell_the_loop(answered: bool) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(end, answered)

        def work() -> None:
            try:
                answer = function()
            except BaseException as error:  # handed to whoever waits, as it is
                unavailable = isinstance(error, StoreUnavailableError)
                tell_the_loop(isinstance(error, CareStationError) and not unavailable)
                call.set_exception(error)
            else:
                tell_the_loop(True)
                call.set_result(answer)

        # A daemon: a call that hangs must not keep the process from ending.
        threading.Thread(target=work, name="store call", daemon=True).start()
        return call
