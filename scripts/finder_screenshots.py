"""Takes the pictures of docs/finder.md: every state of the worker's and keeper's pages, at a Monday noon.

Run ``python scripts/finder_screenshots.py`` in a checkout with the tests' requirements installed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/machine")]

from playwright.sync_api import Browser, Page  # noqa: E402 - the checkout must be on the path first

from browsing import running_browser  # noqa: E402
from finder_site import NOON, Site, register  # noqa: E402
from geo.heat import HeatNotice  # noqa: E402
from geo.report_rules import Doubt  # noqa: E402
from geo.store.reports import Report, ReportKind  # noqa: E402
from maps.keeper_page import Done, form_of, render_keeper, render_keeper_login, render_keeper_station  # noqa: E402
from maps.page import PageView  # noqa: E402
from maps.station_page import render_poster, week_hours  # noqa: E402

IMAGES = ROOT / "docs/images"
HERE = {
    "geolocation": {"longitude": 109.0512, "latitude": 34.2762, "accuracy": 20},
    "permissions": ["geolocation"],
}


def keeper_pages(site: Site) -> dict[str, str]:
    """The keeper's pages and a poster, by address."""
    view, ids = PageView(), [one.id for one in site.stations]

    def report(number: int, station: str, kind: ReportKind, hours: float, **more: Any) -> Report:
        at = NOON - timedelta(hours=hours)
        base = Report(str(number), station, kind, None, None, at, str(number), "new", None, None, None)
        return replace(base, **more)

    reports = [
        report(1, ids[5], "locked", 1.4, due_at=NOON.replace(hour=18, minute=0), note="敲门没人应，电话 ***"),
        report(2, ids[5], "locked", 0.7),
        report(3, ids[8], "broken", 19, amenity="microwave", due_at=NOON + timedelta(days=2)),
    ]
    told = PageView(doubts={ids[5]: Doubt(2, ("locked",), NOON, NOON + timedelta(days=14))})
    done = Done("confirm", ids[7], 1, 2)
    station = site.stations[6]
    hours = "Mo-Fr 08:30-12:00,14:30-18:00"
    seen = station.model_copy(update={"hours": hours})
    form = replace(form_of(station), hours="周一至周五 8:30-12:00、14:30-18:00", understood=hours)
    form = replace(form, week=week_hours(seen, NOON, view, "zh"))
    return {
        "/keeper-login": render_keeper_login(view),
        "/keeper": render_keeper(site.stations, reports, NOON, told, keeper="站长", done=done),
        "/keeper-edit": render_keeper_station(station, form, NOON, view),
        "/poster": render_poster(site.stations[5], NOON, view),
    }


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """Serve the site and the keeper's pages on loopback."""
    extra = keeper_pages(site)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the output clean."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            html = extra.get(parts.path)
            found = ("text/html", html.encode()) if html else site.answer(parts.path, parse_qs(parts.query))
            kind, body = found or ("text/plain", b"")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def opened(browser: Browser, width: int = 360, height: int = 740, **options: Any) -> Page:
    """A page at noon on a phone in Xi'an."""
    settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "service_workers": "block", **options}
    page = browser.new_context(viewport={"width": width, "height": height}, **settings).new_page()
    page.clock.set_fixed_time(NOON)
    return page


def locate(page: Page) -> None:
    """Tap on the hero and wait for the sorted list."""
    page.click("#locate")
    page.wait_for_selector("html.located")


def take(page: Page, name: str) -> None:
    """Write one picture."""
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / f"{name}.png")


def finder(browser: Browser, url: str) -> None:
    """The finder's own states."""
    page = opened(browser, **HERE)
    page.goto(url)
    take(page, "finder-list")
    locate(page)
    take(page, "finder-located")
    page.click("#more")
    take(page, "finder-more")
    page.click("#bar-map")
    page.wait_for_selector(".mk")
    take(page, "finder-map")
    page.locator(".mk").nth(1).focus()
    page.keyboard.press("Enter")
    take(page, "finder-map-station")
    page.goto(
        f"{url}/?amenities=water,hot_meal,rest,toilet,charging,climate,baby&open=1&time=23:30#near=109.0512,34.2762"
    )
    take(page, "finder-nothing")
    page.goto(url)
    locate(page)
    page.locator("#nearest .report").first.click()
    page.wait_for_selector(".report-sheet button")
    page.wait_for_timeout(800)
    take(page, "report-sheet")
    page.get_by_role("button", name="坏了").click()
    take(page, "report-noted")
    denied = opened(browser)
    denied.goto(url)
    denied.click("#locate")
    take(denied, "finder-denied")
    denied.fill("#q", "fzc")
    denied.wait_for_selector("#found button")
    take(denied, "finder-search")
    denied.locator("#search .pick").click()
    denied.wait_for_selector(".mk")
    take(denied, "finder-map-pick")


def others(browser: Browser, url: str, station: str) -> None:
    """Other sizes and styles, the station page, the keeper's pages, the poster."""
    for name, width, height, path, options in (
        ("finder-dark", 360, 740, "/", {"color_scheme": "dark"}),
        ("finder-english", 360, 740, "/?lang=en", {}),
        ("finder-no-script", 360, 740, "/", {"java_script_enabled": False}),
        ("finder-landscape", 740, 360, "/", {}),
        ("finder-1280", 1280, 800, "/", {}),
        ("station", 360, 740, f"/stations/{station}", {}),
        ("station-1280", 1280, 800, f"/stations/{station}", {}),
        ("keeper-login", 360, 740, "/keeper-login", {}),
        ("keeper", 360, 740, "/keeper", {}),
        ("keeper-1280", 1280, 800, "/keeper", {}),
        ("keeper-edit", 360, 740, "/keeper-edit", {}),
        ("poster", 794, 1123, "/poster", {}),
    ):
        page = opened(browser, width, height, **HERE, **options)
        page.goto(url + path)
        if name in ("finder-dark", "finder-landscape", "finder-1280"):
            locate(page)
        if name == "finder-dark":
            page.click("#big")
        take(page, name)


def main() -> None:
    """Take every picture."""
    stations = register()
    heat = HeatNotice(37, NOON + timedelta(hours=6), "站长", NOON)
    doubt = Doubt(2, ("locked",), NOON - timedelta(hours=1), NOON + timedelta(days=14))
    ids = [one.id for one in stations]
    with running_browser() as browser:
        with serving(Site(stations)) as url:
            finder(browser, url)
            others(browser, url, ids[5])
        with serving(Site(stations, view={"heat": heat, "doubts": dict.fromkeys(ids, doubt)})) as url:
            page = opened(browser, **HERE)
            page.goto(url)
            locate(page)
            take(page, "finder-heat-reported")


if __name__ == "__main__":
    main()
