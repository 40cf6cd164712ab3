"""Counters of this process in the Prometheus text format, without client addresses or query strings."""

from __future__ import annotations

from collections import defaultdict

from starlette.types import Scope

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5)


class Metrics:
    """Requests by route, method and status, and how long they took."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._buckets = [0] * (len(_BUCKETS_S) + 1)
        self._seconds = 0.0

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answered request; the route is its template, never the address asked for."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests[(_route(scope), method, status)] += 1
        self._buckets[sum(seconds > bound for bound in _BUCKETS_S)] += 1
        self._seconds += seconds

    def text(self, gauges: dict[str, float]) -> str:
        """Return everything counted, and ``gauges`` by name, as Prometheus text."""
        lines = ["# TYPE care_requests_total counter"]
        for (route, method, status), count in sorted(self._requests.items()):
            labels = f'route="{route}",method="{method}",status="{status}"'
            lines.append(f"care_requests_total{{{labels}}} {count}")
        lines += self._histogram()
        for name, value in gauges.items():
            lines += [f"# TYPE {name} gauge", f"{name} {value}"]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        lines, total = ["# TYPE care_request_seconds histogram"], 0
        for bound, count in zip((*map(str, _BUCKETS_S), "+Inf"), self._buckets, strict=True):
            total += count
            lines.append(f'care_request_seconds_bucket{{le="{bound}"}} {total}')
        return [
            *lines,
            f"care_request_seconds_sum {self._seconds:.6f}",
            f"care_request_seconds_count {total}",
        ]


def _route(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None) or "unmatched"
    return str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
