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
"""How long a request waits while the store answers nobody in its line."""
LONGEST_S = 10.0
"""How long a request waits in all, while others before it are answered."""
LOCK_WAIT_S = 1.0
"""How long a write waits for another process's: shorter than the silence, so that the end is a clear one."""
_CALL_SHARE = LOCK_WAIT_S / SILENCE_S

P = ParamSpec("P")
T = TypeVar("T")


class StoreLine:
    """At most ``width`` calls at a time; the others wait their turn in the order they came."""

    def __init__(self, width: int, silence_s: float = SILENCE_S, longest_s: float = LONGEST_S) -> None:
        self._turns = asyncio.Semaphore(width)
        self._silence_s, self._longest_s = silence_s, longest_s
        self._waiting: dict[asyncio.Timeout, float] = {}

    async def ask(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, called in a thread; an answer to one prolongs the wait of all.

        A call given up may still come to its end: whether a write was made is then unknown.

        Raises:
            StoreUnavailableError: the store was silent for too long, or what ``function`` raised.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._silence_s) as patience:
                self._waiting[patience] = loop.time() + self._longest_s
                try:
                    await self._turns.acquire()
                    self._require_time(patience, loop.time())
                    call = self._started(loop, lambda: function(*args, **kwargs))
                    return await asyncio.wrap_future(call)
                finally:
                    del self._waiting[patience]
        except TimeoutError:
            raise StoreUnavailableError("the store does not answer") from None

    def _require_time(self, patience: asyncio.Timeout, now: float) -> None:
        """Pass on a turn that came through failures, too late for a clear end of the call it is for.

        A call begun with little time would be given up shortly before its answer; given its full time, its
        caller would wait through two silences.
        """
        given_up_at = patience.when()
        if given_up_at is not None and given_up_at - now < self._silence_s * _CALL_SHARE:
            self._turns.release()
            raise StoreUnavailableError("the store does not answer others either")

    def _prolong(self, now: float) -> None:
        for patience, longest in self._waiting.items():
            if not patience.expired():
                patience.reschedule(min(now + self._silence_s, longest))

    def _started(self, loop: asyncio.AbstractEventLoop, function: Callable[[], T]) -> Future[T]:
        """Call ``function`` in a thread; its turn ends when it does, also when nobody waits any more."""
        call: Future[T] = Future()
        call.set_running_or_notify_cancel()

        def end(answered: bool) -> None:
            if answered:
                self._prolong(loop.time())
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
