"""The API's documentation in a real browser: no other host, no console error, an operation in sight."""

from __future__ import annotations

from browsing import PageOpener
from serving import LiveServer


def test_the_docs_page_shows_an_operation(live_server: LiveServer, open_page: PageOpener) -> None:
    page = open_page()
    page.goto(f"{live_server.url}/docs")
    operation = page.locator("#operations-Tasks-nearest")
    operation.wait_for(timeout=30_000)
    assert "/api/nearest" in operation.inner_text().replace("\u200b", "")
    assert "OAS 3.1" in page.inner_text("body")
