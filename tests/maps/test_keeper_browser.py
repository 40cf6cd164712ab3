"""The keeper's pages in a real Chromium: usable by touch at every size, with and without a script."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from browsing import PageOpener
from finder_site import axe
from geo.store.keys import add_key
from geo.store.opening import open_store
from serving import LiveServer

SMALL = (
    "() => Array.from(document.querySelectorAll('a, button, summary, input:not([type=hidden]), select'))"
    ".filter(e => {"
    "if (!e.offsetParent || e.closest('.skip') || e.type === 'radio') { return false; }"
    "var b = e.getBoundingClientRect(); return b.width < 47.9 || b.height < 47.9; })"
    ".map(e => e.outerHTML.slice(0, 120))"
)


def key_of(server: LiveServer, name: str) -> str:
    store = open_store(server.store_url)
    token = add_key(store, name, "keeper")
    store.close()
    return token


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(360, 740, "light"), (320, 640, "dark"), (1280, 800, "light")],
)
def test_a_keepers_round(
    live_server: LiveServer, open_page: PageOpener, width: int, height: int, scheme: str
) -> None:
    token = key_of(live_server, f"站长{width}{scheme}")
    body = json.dumps({"station": "BQ-002", "kind": "broken", "amenity": "microwave"}).encode()
    urllib.request.urlopen(
        urllib.request.Request(
            f"{live_server.url}/api/reports", body, {"Content-Type": "application/json"}, method="POST"
        )
    ).close()
    page = open_page(width, height, color_scheme=scheme)

    def sound() -> None:
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL) == []

    page.goto(f"{live_server.url}/keeper")
    sound()
    page.fill("#key", token)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="1 人报：微波炉坏了")).to_be_visible()
    sound()
    page.get_by_role("button", name="不属实").click()
    expect(page.locator(".strip")).to_contain_text("已标不属实")
    sound()
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_role("heading", name="1 人报：微波炉坏了")).to_be_visible()
    page.get_by_role("button", name="不属实").click()
    page.goto(f"{live_server.url}/keeper/stations/BQ-002")
    sound()
    page.fill("#hours", "周一至周五 8:30-12:00、14:30-18:00")
    page.get_by_role("button", name="存", exact=True).click()
    expect(page.locator("#understood")).to_contain_text("08:30–12:00")
    sound()
    page.get_by_role("button", name="对，就这样存").click()
    expect(page.locator(".strip")).to_contain_text("已存")
    page.get_by_role("button", name="撤回").click()
    expect(page.locator(".strip")).to_contain_text("已撤回")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="站长登录")).to_be_visible()
