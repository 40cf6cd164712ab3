"""What the planner's pages show first, worked out before anybody asks, in a thread of its own.

On half a million cells the first answer is seconds of work. Who asks meanwhile waits for what is being worked
out and works on nothing twice (``api.planning``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable

from geo.errors import CareStationError

log = logging.getLogger("care_stations.api")

MANY_CELLS = 20_000
"""Fewer cells are answered in a fraction of a second: a district's server does nothing after a write."""
QUIET_S = 5.0
"""How long a state must have held, but for the first: a keeper's edits come in rows."""
STOP_LIMIT_S = 20.0
"""How long a stop waits for the step under way; a step takes a second or two of work."""


class Warming:
    """Does ``steps`` once for each state that holds, one at a time; gives up for a newer one or a stop."""

    def __init__(
        self, steps: Callable[[], Iterable[object]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._steps, self._monotonic = steps, monotonic
        self._seen: Hashable = None
        self._since = 0.0
        self._done_for: Hashable = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, state: Hashable) -> None:
        """Begin the work for ``state`` (None: there is none), if it is new, holds, and nothing else runs."""
        now = self._monotonic()
        if state != self._seen:
            self._seen, self._since = state, now
        first = self._done_for is None
        ready = first or now - self._since >= QUIET_S
        if (
            state is None
            or state == self._done_for
            or not ready
            or self.is_working
            or self._stopping.is_set()
        ):
            return
        self._done_for = state
        # a daemon: a step that takes for ever must not keep the server from ending
        self._thread = threading.Thread(target=self._work, args=(state,), name="warming", daemon=True)
        self._thread.start()

    @property
    def is_working(self) -> bool:
        """Whether something is being worked out now."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Begin nothing any more, and wait for the step under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_LIMIT_S)

    def _work(self, state: Hashable) -> None:
        started = self._monotonic()
        try:
            for _ in self._steps():
                if self._stopping.is_set() or self._seen != state:
                    return
        except CareStationError as error:  # who asks is told what is amiss
            log.warning("the planner's first answers cannot be worked out: %s", type(error).__name__)
            return
        log.info("the planner's first answers are there after %.1f s", self._monotonic() - started)
