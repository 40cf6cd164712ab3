"""The finder in a real Chromium: positions, places, map apps, reports, hostile names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from browsing import PageOpener
from finder_site import HALF_POINTS, HOSTILE, NOON, Site, brute_force, locate, located, register, shown
from geo.stations import Amenity, LonLat, Provenance, Station
from maps.navigation import nav_links


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


def query(href: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(href)
    return parts.netloc + parts.path, parse_qs(parts.query, strict_parsing=True)


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
    name = "真站, a&b=1#|%41'\"<😀"
    real = Station(id="N-1", name=name, provenance=Provenance(), location=LonLat(109.067, 34.273))
    site = serve(Site([real]))
    page = open_page(360, 740, user_agent=agent, **located(109.06, 34.27))
    page.goto(site.url)
    locate(page)
    for place in ("#s-N-1 .nav", "#nav"):
        if place == "#nav":
            page.goto(site.url + "/stations/N-1")
        else:
            page.click("#s-N-1 .nav > summary")
        links = page.locator(f"{place} [data-app]")
        expect(links).to_have_count(4)
        expect(links.first).to_have_attribute("data-app", first)
        expect(links.first).to_be_visible()
        expect(page.get_by_role("button", name="复制地址")).to_be_visible()
        page.get_by_role("button", name="其他地图").click()
        for link in links.all():
            expect(link).to_be_visible()
        hrefs = {link.get_attribute("data-app"): str(link.get_attribute("href")) for link in links.all()}
        assert {app: query(href) for app, href in hrefs.items()} == {
            link.app: query(link.href) for link in nav_links(name, 109.067, 34.273)
        }


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


def test_plain_http_is_said_and_leaves_a_way_on(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740, **located(*HALF_POINTS[0]))
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    page.goto(site.url)
    page.click("#locate")
    expect(page.locator("#trouble")).to_contain_text("这个页面不能定位")
    expect(page.locator("#trouble-how")).to_contain_text("网址不是 https")
    page.fill("#q", "bp")
    page.locator("#found button").first.click()
    page.wait_for_selector("html.located")


def test_a_report_made_offline_is_sent_with_the_next_visit(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site([Station(id="R-1", name="站", location=LonLat(109.06, 34.27))]))
    offline = ["ERR_INTERNET_DISCONNECTED", "error occurred when fetching the script"]
    page = open_page(360, 740, offline, **located(109.05, 34.27))
    page.clock.install(time=NOON)
    page.goto(site.url)
    locate(page)
    page.click("#s-R-1 .report")
    page.context.set_offline(True)
    page.get_by_role("button", name="没水").click()
    page.clock.run_for(12_000)
    page.close()
    context = page.context
    context.set_offline(False)
    later = context.new_page()
    later.clock.install(time=NOON + timedelta(hours=1))
    later.goto(site.url)
    later.wait_for_function("() => Boolean(window.reportSheet)")
    later.clock.run_for(12_000)
    later.wait_for_function("() => localStorage.getItem('reports') === '[]'")
    assert site.reports == [{"station": "R-1", "kind": "no_water", "amenity": None, "note": None}]
