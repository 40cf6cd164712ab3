"""What happens to every request before and after its handler, as plain ASGI layers.

No layer logs a query string: it may hold a worker's position.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError, answer_to, problem, shown
from api.metrics import Metrics

log = logging.getLogger("care_stations.api")

MAX_TARGET_BYTES = 8192
"""Longest path with query accepted; a longer one is answered 414."""

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Content-Security-Policy of every answer that names no other."""

_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


_FILE_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
_FILES = "/static/"
"""Files pages load run nothing of their own: two headers are enough, and a phone's first view stays small."""
_NOT_OF_THE_REGISTER = (_FILES, "/livez", "/readyz", "/metrics", "/docs")


class HeadAsGet:
    """Answer HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class Hygiene:
    """Refuse absurdly long addresses and add the headers an answer doesn't set itself.

    These are the security headers and, while the store is away, the ``Age`` of what was read from memory: the
    seconds since the store last confirmed it (``old_s`` is None while the store answers).
    """

    def __init__(self, app: ASGIApp, draining: Callable[[], bool], old_s: Callable[[], float | None]) -> None:
        self.app, self.draining, self.old_s = app, draining, old_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = _FILE_HEADERS if scope["path"].startswith(_FILES) else _HEADERS
                for name, value in own.items():
                    headers.setdefault(name, value)
                if (age_s := self._age_s(scope, message["status"])) is not None:
                    headers["Age"] = str(int(age_s))
                if self.draining():
                    headers["Connection"] = "close"  # the client's next request finds a server that stays
            await send(message)

        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
            await problem(414, "the address is too long")(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _age_s(self, scope: Scope, status: int) -> float | None:
        read = scope["method"] == "GET" and status in (200, 304)
        return self.old_s() if read and not scope["path"].startswith(_NOT_OF_THE_REGISTER) else None


class BodyLimit:
    """Refuse a body of more than ``most_bytes``, told or streamed."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self.app, self.most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told) > self.most_bytes:
            await answer_to(self._refusal())(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most_bytes:
                raise self._refusal()
            return message

        await self.app(scope, count, send)

    def _refusal(self) -> ApiError:
        return ApiError(413, f"the body may have {self.most_bytes} bytes", {"Connection": "close"})


class NeutralErrors:
    """Answer an unforeseen error with a 500 that discloses nothing; the log gets the trace."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            english = b"lang=en" in scope["query_string"]
            await shown(answer_to(error), scope["path"], english=english)(scope, receive, send)


class Measured:
    """Count requests and their seconds by route, method and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self.metrics.count(scope, status, time.perf_counter() - started)
