"""A limit on writes and reports from one client address, kept in this process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from api.errors import ApiError
from api.settings import RateLimit

_REMEMBERED = 50_000  # addresses kept; the longest silent is forgotten first


class RateLimiter:
    """A token bucket an address: full at first, refilled evenly over the period."""

    def __init__(self, limit: RateLimit | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one request of ``address``.

        Raises:
            ApiError: 429 with Retry-After, the bucket is empty.
        """
        if self._limit is None:
            return
        now = self._clock()
        per_s = self._limit.requests / self._limit.period_s
        tokens, seen = self._buckets.pop(address, (float(self._limit.requests), now))
        tokens = min(self._limit.requests, tokens + (now - seen) * per_s)
        allowed = tokens >= 1
        self._buckets[address] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if not allowed:
            wait_s = math.ceil((1 - tokens) / per_s)
            raise ApiError(429, "too many requests; wait a little", {"Retry-After": str(max(1, wait_s))})
