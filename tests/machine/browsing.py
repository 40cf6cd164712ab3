"""A real Chromium, watched: a console error or a request to another host fails the test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Frame,
    Page,
    Request,
    sync_playwright,
)

from pieces import chromium

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)


def until(page: Page | Frame, condition: str, value: Any = None, limit_s: float = 10) -> None:
    """Wait until a JavaScript condition holds; Playwright's own wait is eval, which the pages forbid."""
    for _ in range(round(limit_s / 0.05)):
        if page.evaluate(condition, value):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {condition}")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Headless Chromium for the time of the block.

    Playwright's synchronous calls keep an event loop on this thread while the block lasts, so nothing
    inside may call ``asyncio.run``.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_ARGS))
        try:
            yield browser
        finally:
            browser.close()


class PageOpener:
    """Opens pages and remembers what went wrong on any of them.

    ``expected_errors`` holds parts of console messages that the test provokes on purpose.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.problems: list[str] = []
        self.expected_errors: list[str] = []

    def __call__(
        self, width: int = 1280, height: int = 800, expected_errors: Sequence[str] = (), **options: Any
    ) -> Page:
        """A new page in a context of its own; ``options`` go to Playwright's ``new_context``."""
        settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = self._browser.new_context(viewport={"width": width, "height": height}, **settings)
        self._contexts.append(context)
        self.expected_errors.extend(expected_errors)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))
        context.on("request", self._asked)
        return context.new_page()

    def close(self) -> None:
        """Close every page; the problems seen are then complete."""
        for context in self._contexts:
            try:
                context.close()
            except Error as error:
                if not error.message.startswith("Target page, context or browser has been closed"):
                    raise

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOOPBACK:
            self.problems.append(f"request to another host: {request.url}")

    def _note(self, problem: str) -> None:
        if not any(part in problem for part in self.expected_errors):
            self.problems.append(problem)
