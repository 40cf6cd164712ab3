"""The worker's pages at a fixed instant on loopback, for tests in a real browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page
from pyproj import Geod

from geo.data_files import data_path
from geo.errors import NotFoundError
from geo.stations import Station, station_from_feature
from geo.vocabulary import SERVING_STATUSES
from maps.assets import static_file
from maps.finder_page import places_data, render_finder
from maps.ground import ground_data
from maps.offline import GROUND_PATH, PLACES_PATH, render_service_worker
from maps.page import PageView
from maps.station_page import render_poster, render_station

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=ZONE)
HOSTILE = "</script><img src=x onerror=window.hacked=1>`${window.hacked=1}`\"'"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'"
)
HALF_POINTS = [(109.0512, 34.2762), (109.12, 34.33), (109.03, 34.40), (109.2, 34.2), (108.94, 34.26)]


def register() -> list[Station]:
    document = json.loads(data_path("stations.geojson").read_text(encoding="utf-8"))
    return [station_from_feature(feature) for feature in document["features"]]


@dataclass
class Site:
    """The worker's pages at a fixed instant, served as the product does, under a strict policy."""

    stations: Sequence[Station]
    now: datetime = NOON
    stamp: str = "1"
    reports: list[dict[str, Any]] = field(default_factory=list)
    view: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[str, bytes] | None:
        view = PageView(stamp=self.stamp, **self.view)
        lang = "en" if query.get("lang") == ["en"] else "zh"
        by_id = {one.id: one for one in self.stations}
        if path == "/":
            return "text/html; charset=utf-8", render_finder(self.stations, self.now, view, lang).encode()
        if path == PLACES_PATH:
            places = json.loads(data_path("places.geojson").read_text(encoding="utf-8"))
            return "application/json", json.dumps(places_data(places, self.stations)).encode()
        if path == "/sw.js":
            return "text/javascript", render_service_worker(view).encode()
        if path.startswith("/static/"):
            try:
                file = static_file(path.removeprefix("/static/"))
            except NotFoundError:
                return None
            return file.media_type, file.content
        if path == GROUND_PATH:
            return "application/json", json.dumps(ground_data(lang)).encode()
        name = path.removeprefix("/stations/")
        found = by_id.get(name.removesuffix("/poster"))
        if found is not None:
            render = render_poster if name.endswith("/poster") else render_station
            return "text/html; charset=utf-8", render(found, self.now, view, lang).encode()
        return None


def located(lon: float, lat: float, accuracy: float = 20) -> dict[str, Any]:
    place = {"longitude": lon, "latitude": lat, "accuracy": accuracy}
    return {"geolocation": place, "permissions": ["geolocation"]}


def at(page: Page, instant: datetime) -> None:
    page.clock.set_fixed_time(instant)


def locate(page: Page) -> None:
    page.click("#locate")
    page.wait_for_selector("html.located")


def shown(page: Page, inside: str = "main") -> list[str]:
    return page.eval_on_selector_all(
        f"{inside} .card", "cards => cards.filter(c => c.offsetParent).map(c => c.id.slice(2))"
    )


def brute_force(stations: Sequence[Station], lon: float, lat: float) -> list[str]:
    """Ids of serving stations with a place, by geodesic distance, ties by id."""
    geod = Geod(ellps="WGS84")
    found = [
        (geod.inv(lon, lat, *one.location)[2], one.id)
        for one in stations
        if one.location is not None and one.status in SERVING_STATUSES
    ]
    return [name for _, name in sorted(found)]


def axe(page: Page) -> list[str]:
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "() => axe.run(document, {runOnly: {type: 'tag', values: "
        "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})"
        ".then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html.slice(0, 160)).join(' | ')))"
    )
    return list(found)
