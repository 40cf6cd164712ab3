"""The finder in a real Chromium: order, filters, states, places, offline, map apps, accessibility."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pyproj import Geod

from browsing import PageOpener
from geo.amenities import GROUPS, availability
from geo.data_files import data_path
from geo.stations import Amenity, LonLat, Provenance, Station, station_from_feature
from geo.vocabulary import SERVING_STATUSES
from maps.finder_page import places_data, render_finder
from maps.offline import PLACES_PATH, render_service_worker
from maps.open_words import state_words, station_state, utc_minute
from maps.page import ASSETS_DIR, PageView
from maps.station_page import render_station

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=ZONE)
HOSTILE = "</script><img src=x onerror=window.hacked=1>`${window.hacked=1}`\"'"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'"
)
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
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
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[str, bytes] | None:
        view = PageView(stamp=self.stamp)
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
            file = ASSETS_DIR / path.removeprefix("/static/")
            return TYPES[file.suffix], file.read_bytes()
        found = by_id.get(path.removeprefix("/stations/"))
        if found is not None:
            return "text/html; charset=utf-8", render_station(found, self.now, view, lang).encode()
        return None


@pytest.fixture
def serve() -> Iterator[Callable[[Site], Site]]:
    """Serves sites on loopback; all end with the test."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(site: Site) -> Site:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                found = site.answer(parts.path, parse_qs(parts.query))
                self._send(404, "text/plain", b"") if found is None else self._send(200, *found)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                site.reports.append(json.loads(self.rfile.read(length)))
                self._send(201, "application/json", b"{}")

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", CSP)
                self.end_headers()
                self.wfile.write(body)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        running.append((server, thread))
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        return site

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


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


def test_without_script_the_list_phones_and_links_work(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    stations = register()
    site = serve(Site(stations))
    page = open_page(360, 740, java_script_enabled=False)
    page.goto(site.url)
    assert page.locator(".card").count() == len(stations)
    expect(page.locator("#s-BQ-002 .works")).to_contain_text("热水")
    expect(page.locator("#s-BQ-002 .full")).to_be_visible()
    expect(page.locator("#locate")).to_be_hidden()
    expect(page.get_by_text("手机关了脚本，可按街道看站、打电话")).to_be_visible()
    page.locator("#s-BQ-002 summary", has_text="导航").click()
    expect(page.locator("#s-BQ-002 .warn").first).to_have_text("示例站点，请勿前往")
    page.locator("#s-BQ-002 h3 a").click()
    expect(page.locator("h1")).to_contain_text("区市民中心")


def test_order_is_the_geodesic_order(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    stations = register()
    site = serve(Site(stations))
    page = open_page(360, 740, **located(*HALF_POINTS[0]))
    page.goto(site.url)
    locate(page)
    assert shown(page, "#nearest") == brute_force(stations, *HALF_POINTS[0])
    rng = np.random.default_rng(5)
    points = [*HALF_POINTS[1:], *zip(rng.uniform(108.9, 109.3, 25), rng.uniform(34.1, 34.5, 25), strict=True)]
    for lon, lat in points:
        order = page.evaluate(
            "([lon, lat]) => { finder.setNear({lon: lon, lat: lat, name: '', me: true});"
            "return Array.from(document.querySelectorAll('#nearest .card')).map(c => c.id.slice(2)) }",
            [float(lon), float(lat)],
        )
        assert order == brute_force(stations, lon, lat)


def test_equal_distances_are_ordered_by_id(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    twins = [
        Station(id=name, name=name, location=LonLat(109.06, 34.27), street=name, street_code=code)
        for name, code in (("B-2", "1"), ("A-9", "2"), ("A-10", "3"))
    ]
    site = serve(Site(twins))
    page = open_page(360, 740, **located(109.05, 34.27))
    page.goto(site.url)
    locate(page)
    assert shown(page, "#nearest") == ["A-10", "A-9", "B-2"]


def test_distance_on_the_phone_is_the_geodesic(serve: Callable[[Site], Site], page: Page) -> None:
    site = serve(Site([]))
    page.goto(site.url)
    rng = np.random.default_rng(3)
    near = np.column_stack([rng.uniform(108.9, 109.3, (200, 2)), rng.uniform(34.1, 34.5, (200, 2))])
    world = np.column_stack([rng.uniform(-180, 180, (200, 2)), rng.uniform(-89, 89, (200, 2))])
    pairs = np.vstack([near, world, [[109, 109, 34, 34], [109, 109, 34, 34.001], [0, 0, -90, 90]]])
    lon1, lon2, lat1, lat2 = pairs.T
    _, _, expected = Geod(ellps="WGS84").inv(lon1, lat1, lon2, lat2)
    found = page.evaluate("rows => rows.map(r => finder.distanceM(r[0], r[2], r[1], r[3]))", pairs.tolist())
    far_side = expected > 19_900_000
    assert np.max(np.abs(np.array(found) - expected)[~far_side]) < 1e-3
    assert np.max(np.abs(np.array(found) - expected)[far_side], initial=0) < 100_000


def test_every_filter_gives_what_the_rules_give(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    stations = register()
    site = serve(Site(stations))
    page = open_page(360, 740, **located(*HALF_POINTS[0]))
    at(page, NOON)
    page.goto(site.url)
    locate(page)
    order = brute_force(stations, *HALF_POINTS[0])
    by_id = {one.id: one for one in stations}
    subsets = [list(chosen) for size in range(8) for chosen in combinations(GROUPS, size)]
    for opened in (False, True):
        found = page.evaluate(
            """([subsets, opened]) => subsets.map(needs => {
                finder.ask.needs = needs; finder.ask.flags.open = opened; finder.update();
                const cards = document.querySelectorAll('#nearest .card:not([hidden])');
                return Array.from(cards).map(c => c.id.slice(2));
            })""",
            [subsets, opened],
        )
        for needs, ids in zip(subsets, found, strict=True):
            expected = [
                name
                for name in order
                if all(availability(need, by_id[name].offers) == "available" for need in needs)
                and (not opened or station_state(by_id[name], NOON, ZONE).code in ("open", "soon"))
            ]
            assert ids == expected, (needs, opened)


def test_the_phone_says_what_the_server_says(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    stations = register()
    site = serve(Site(stations))
    instants = [
        NOON,
        datetime(2026, 11, 23, 23, 59, tzinfo=ZONE),
        datetime(2026, 11, 24, 0, 1, tzinfo=ZONE),
        datetime(2026, 11, 27, 18, 15, 30, tzinfo=ZONE),
        datetime(2026, 11, 29, 11, 45, tzinfo=ZONE),
        datetime(2026, 12, 14, 17, 5, tzinfo=ZONE),
    ]
    page = open_page(360, 740, timezone_id="America/New_York")
    for instant in instants:
        at(page, instant)
        page.goto(site.url)
        words = page.eval_on_selector_all(
            ".card",
            "cs => cs.map(c => [c.id.slice(2), c.querySelector('.state span:last-child').textContent])",
        )
        said = dict(words)
        for one in stations:
            expected = state_words(station_state(one, instant, ZONE), utc_minute(instant), 480, "zh")
            # The server looks 28 days past the instant, the phone 28 days past its page.
            if "月" not in expected and "未核实" not in expected:
                assert said[one.id] == expected, (one.id, one.hours, instant)


def test_a_public_holiday_on_a_phone_in_new_york(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    one = Station(id="H-1", name="站", hours="Mo-Su 08:00-20:00; PH off", location=LonLat(109.06, 34.27))
    site = serve(Site([one], now=datetime(2026, 9, 29, 9, 0, tzinfo=ZONE)))
    page = open_page(360, 740, timezone_id="America/New_York")
    for instant, words in [
        ("2026-09-30T19:45", "还有 15 分钟关门"),
        ("2026-10-01T12:00", "10月8日 08:00 开门"),
        ("2026-10-08T08:00", "开门中，到 20:00"),
        ("2026-10-28T12:00", "时间未核实"),
    ]:
        at(page, datetime.fromisoformat(instant).replace(tzinfo=ZONE))
        page.goto(site.url)
        expect(page.locator("#s-H-1 .state span:last-child")).to_have_text(words)


def test_position_is_asked_for_by_a_tap_only_and_never_in_the_address(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740, **located(*HALF_POINTS[0]))
    page.add_init_script(
        "var g = navigator.geolocation, f = g.getCurrentPosition.bind(g); window.asked = 0;"
        "g.getCurrentPosition = function (a, b, c) { window.asked += 1; f(a, b, c); };"
    )
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    page.goto(site.url)
    page.click("[data-need=water]")
    page.click("[data-flag=open]")
    assert page.evaluate("asked") == 0
    locate(page)
    assert page.evaluate("asked") == 1
    assert page.url == f"{site.url}/?amenities=water&open=1"
    assert not any("109.05" in text or "34.27" in text for text in sent)
    first = shown(page, "#nearest")
    page.goto(page.url)
    assert page.get_attribute("[data-need=water]", "aria-pressed") == "true"
    locate(page)
    assert shown(page, "#nearest") == first


def test_a_place_is_found_by_name_and_by_pinyin_and_lives_in_the_fragment(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740)
    page.goto(site.url)
    page.click("#search-open")
    page.fill("#q", "bp")
    expect(page.locator("#found button").first).to_contain_text("半坡")
    page.fill("#q", "没有的地方")
    expect(page.locator("#q-count")).to_have_text("没找到“没有的地方”，试试路名或街道")
    page.fill("#q", "bp")
    page.locator("#found button").first.click()
    page.wait_for_selector("html.located")
    lon, lat = map(float, urlsplit(page.url).fragment.removeprefix("near=").split(","))
    assert shown(page, "#nearest") == brute_force(register(), lon, lat)
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    assert shown(page, "#nearest") == brute_force(register(), lon, lat)


@pytest.mark.parametrize(
    ("code", "title"), [(1, "手机没让用定位"), (3, "定位太慢，没等到"), (2, "这个页面不能定位")]
)
def test_no_position_has_words_and_a_way_on(
    serve: Callable[[Site], Site], open_page: PageOpener, code: int, title: str
) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740)
    page.add_init_script(
        f"navigator.geolocation.getCurrentPosition = function (ok, failed) {{ failed({{ code: {code} }}); }};"
    )
    page.goto(site.url)
    page.click("#locate")
    expect(page.locator("#trouble-title")).to_have_text(title)
    expect(page.locator("#q")).to_be_visible()
    assert page.locator(".streets a").count() == 9
    expect(page.locator("#locate b")).to_have_text("找最近的")


def test_rough_and_outside_positions_are_said(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740, **located(109.05, 34.27, 800))
    page.goto(site.url)
    locate(page)
    expect(page.locator("#note")).to_have_text("定位不准，误差约 800 米，远近只作参考")
    page = open_page(360, 740, **located(108.5, 34.27))
    page.goto(site.url)
    locate(page)
    expect(page.locator("#note")).to_contain_text("你不在灞桥区，最近的站")


def test_nothing_matches_shows_the_nearest_partial_match_and_ways_on(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    def one(name: str, lon: float, **amenities: str) -> Station:
        entries = {code: Amenity.model_validate({"value": value}) for code, value in amenities.items()}
        return Station(id=name, name=name, hours="24/7", amenities=entries, location=LonLat(lon, 34.27))

    stations = [
        one("near-neither", 109.051, water_hot="no", microwave="no"),
        one("mid-water", 109.060, water_hot="yes", microwave="no"),
        one("far-water", 109.080, water_hot="yes", microwave="unknown"),
    ]
    site = serve(Site(stations))
    page = open_page(360, 740, **located(109.05, 34.27))
    page.goto(site.url)
    locate(page)
    page.click("[data-need=water]")
    page.click("[data-need=hot_meal]")
    expect(page.locator("#nothing h2")).to_have_text("现在没有全满足的站")
    expect(page.locator("#nothing-near")).to_have_text("最接近的这个，只差 1 样：")
    assert shown(page) == ["mid-water"]
    expect(page.locator("#s-mid-water .lack")).to_have_text("缺：热饭")
    way = page.locator("#ways button").first
    expect(way).to_contain_text("不要“热饭”")
    expect(way).to_contain_text("2 个站")
    way.click()
    assert shown(page, "#nearest") == ["mid-water", "far-water"]
    expect(page.locator("#nothing")).to_be_hidden()


def test_minutes_follow_the_way_of_going(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    # 0.01 degrees of latitude at 34.27 is 1109.2 m: 22.5 min on foot, 5.9 min by e-bike.
    one = Station(id="M-1", name="站", hours="24/7", location=LonLat(109.05, 34.28))
    site = serve(Site([one]))
    page = open_page(360, 740, **located(109.05, 34.27))
    page.goto(site.url)
    locate(page)
    expect(page.locator("#s-M-1 .dist")).to_have_text("约 22 分钟 · 1.1 公里")
    page.click("[data-mode=ebike]")
    expect(page.locator("#s-M-1 .dist")).to_have_text("约 6 分钟 · 1.1 公里")
    assert parse_qs(urlsplit(page.url).query)["mode"] == ["ebike"]


def test_after_one_visit_it_works_without_a_network(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    stations = register()
    site = serve(Site(stations))
    page = open_page(360, 740, ["ERR_INTERNET_DISCONNECTED"], **located(*HALF_POINTS[0]))
    page.goto(site.url)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.context.set_offline(True)
    later = NOON + timedelta(days=3, hours=4)
    at(page, later)
    page.goto(f"{site.url}/?amenities=water")
    expect(page.locator("#offline")).to_contain_text("没网，用的是 11月23日 12:05 的资料")
    expect(page.locator("#offline")).to_contain_text("资料已 3 天，去前先打电话")
    locate(page)
    page.click("[data-need=water]")
    assert shown(page, "#nearest") == brute_force(stations, *HALF_POINTS[0])
    for one in stations[:20]:
        expected = state_words(station_state(one, later, ZONE), utc_minute(later), 480, "zh")
        if page.locator(f"#nearest #s-{one.id}").count():
            expect(page.locator(f"#s-{one.id} .state span:last-child")).to_have_text(expected)
    page.click("#change")
    page.fill("#q", "bp")
    expect(page.locator("#found button").first).to_contain_text("半坡")
    at(page, NOON + timedelta(days=40))
    page.goto(site.url)
    opened = page.eval_on_selector_all(".plate.open, .plate.soon, .plate.closed", "plates => plates.length")
    assert opened == 0


def test_a_new_register_replaces_the_old_at_once(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site([Station(id="V-1", name="旧名")]))
    page = open_page(360, 740)
    page.goto(site.url)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    site.stations, site.stamp = [Station(id="V-1", name="新名")], "2"
    page.goto(site.url)
    expect(page.locator("h3")).to_have_text("新名")


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        ("Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 MicroMessenger/8.0", "tencent"),
        ("Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/90 Mobile", "amap"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605", "apple"),
    ],
)
def test_the_right_map_app_comes_first(
    serve: Callable[[Site], Site], open_page: PageOpener, agent: str, first: str
) -> None:
    real = Station(id="N-1", name="真站", provenance=Provenance(), location=LonLat(109.067, 34.273))
    site = serve(Site([real]))
    page = open_page(360, 740, user_agent=agent, **located(109.06, 34.27))
    page.goto(site.url)
    locate(page)
    page.click("#s-N-1 .nav summary")
    links = page.eval_on_selector_all("#s-N-1 .nav [data-app]", "links => links.map(a => a.dataset.app)")
    assert links[0] == first
    assert sorted(links) == ["amap", "apple", "baidu", "tencent"]
    expect(page.get_by_role("button", name="复制地址")).to_be_visible()


def test_a_report_takes_two_taps_and_waits_for_a_network(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site([Station(id="R-1", name="站", location=LonLat(109.06, 34.27))]))
    page = open_page(360, 740, ["ERR_INTERNET_DISCONNECTED"], **located(109.05, 34.27))
    page.clock.install(time=NOON)
    page.goto(site.url)
    locate(page)
    page.context.set_offline(False)
    page.click("#s-R-1 .report")
    page.get_by_role("button", name="门锁着").click()
    expect(page.get_by_role("heading", name="已记下：门锁着")).to_be_visible()
    page.get_by_role("button", name="点错了，撤回").click()
    page.clock.run_for(12_000)
    assert site.reports == []
    page.get_by_role("button", name="好了").click()
    page.context.set_offline(True)
    page.click("#s-R-1 .report")
    page.get_by_role("button", name="坏了").click()
    page.get_by_role("button", name="微波炉").click()
    expect(page.get_by_text("没网，已存在手机里，有网自动发")).to_be_visible()
    page.clock.run_for(12_000)
    assert site.reports == []
    page.keyboard.press("Escape")
    expect(page.locator("#s-R-1 .report")).to_be_focused()
    page.context.set_offline(False)
    for _ in range(50):
        if site.reports:
            break
        page.wait_for_timeout(100)
    assert site.reports == [{"station": "R-1", "kind": "broken", "amenity": "microwave", "note": None}]


def test_a_hostile_name_does_nothing_on_any_page(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    hostile = Station(
        id="X-1", name=HOSTILE, aliases=(HOSTILE,), address=HOSTILE, street=HOSTILE, door_note=HOSTILE,
        amenities={"aed": Amenity(value="yes")}, location=LonLat(109.06, 34.27),
    )  # fmt: skip
    site = serve(Site([hostile]))
    page = open_page(360, 740, **located(109.05, 34.27))
    for path in ("/", "/?lang=en", "/stations/X-1"):
        page.goto(site.url + path)
        if path == "/":
            page.click("#search-open")
            page.fill("#q", "script")
            page.locator("#found button").first.click()
            page.click("#s-X-1 .report")
            expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
        assert HOSTILE in page.locator("body").inner_text()
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0


def test_first_view_asks_for_little(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.url, wait_until="networkidle")
    assert len(asked) <= 5, asked


def _axe(page: Page) -> list[str]:
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "() => axe.run(document, {runOnly: {type: 'tag', values: "
        "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})"
        ".then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html.slice(0, 160)).join(' | ')))"
    )
    return list(found)


def test_text_of_twice_the_size_stays_on_the_page(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    stations = register()[:8]
    site = serve(Site(stations))
    page = open_page(360, 740, **located(*HALF_POINTS[0]))
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '32px'; })"
    )
    for path in ("/", f"/stations/{stations[5].id}"):
        page.goto(site.url + path)
        if path == "/":
            locate(page)
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 34
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert _axe(page) == []


def test_a_break_is_planned_ahead(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    def one(name: str, hours: str | None) -> Station:
        return Station(id=name, name=name, hours=hours, location=LonLat(109.06, 34.27))

    stations = [
        one("day", "08:00-18:00"),
        one("evening", "16:00-23:00"),
        one("all", "24/7"),
        one("what", None),
    ]
    site = serve(Site(stations))
    page = open_page(360, 740, **located(109.05, 34.27))
    at(page, NOON)
    page.goto(site.url)
    locate(page)
    page.click("#more")

    def with_flags(**flags: str) -> list[str]:
        query = "&".join(f"{name}={value}" for name, value in flags.items())
        page.goto(f"{site.url}/?{query}")
        locate(page)
        return shown(page, "#nearest")

    assert with_flags(open="1") == ["all", "day"]
    assert with_flags(open="1", time="20:00") == ["all", "evening"]
    assert with_flags(open="1", unknown="1") == ["all", "day", "what"]
    assert with_flags(allday="1") == ["all"]
    assert with_flags(night="1") == ["all"]
    with_flags()
    page.click("#bar-night")
    assert shown(page, "#nearest") == ["all"]
    # 921 m: 18.7 minutes on foot, so 15:45 is too late for the day and early enough for the evening.
    at(page, NOON.replace(hour=15, minute=45))
    assert with_flags(arrival="1") == ["all", "day", "evening"]
    at(page, NOON.replace(hour=17, minute=45))
    assert with_flags(arrival="1") == ["all", "evening"]
    expect(page.locator("#count")).to_have_text("到达时开门：2 个，近的在前 · 另有 1 个时间未核实")


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(360, 740, "light"), (740, 360, "light"), (1280, 800, "light"), (320, 640, "light"), (360, 740, "dark")],
)
def test_accessible_at_every_size(
    serve: Callable[[Site], Site], open_page: PageOpener, width: int, height: int, scheme: str
) -> None:
    stations = register()[:14]
    site = serve(Site(stations))
    page = open_page(width, height, color_scheme=scheme, **located(*HALF_POINTS[0]))
    for path in ("/", "/?lang=en", f"/stations/{stations[5].id}"):
        page.goto(site.url + path)
        for step in ("still", "located", "large"):
            if step == "located" and not path.startswith("/stations"):
                locate(page)
                page.click("#more")
                page.locator("#nearest .nav > summary").first.click()
            if step == "large":
                page.click("#big")
            assert _axe(page) == [], (path, step)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, step)
            small = page.evaluate(
                "() => Array.from(document.querySelectorAll('a, button, summary, input')).filter(e => {"
                "if (!e.offsetParent || e.closest('.skip')) { return false; }"
                "var b = e.getBoundingClientRect(); return b.width < 47.9 || b.height < 47.9; })"
                ".map(e => e.outerHTML.slice(0, 120))"
            )
            assert small == [], (path, step)
