"""The finder's map and what it costs, in a real Chromium: same stations as the list, a point as the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from browsing import PageOpener
from finder_site import HALF_POINTS, NOON, Site, at, axe, located, register, shown
from geo.heat import HeatNotice
from geo.report_rules import Doubt
from geo.stations import Amenity, LonLat, Station
from serving import LiveServer


def open_map(page: Page) -> None:
    page.click("#bar-map")
    page.wait_for_selector(".mk")


def on_map(page: Page) -> list[str]:
    """Names of the stations on the map, sorted."""
    labels = page.eval_on_selector_all(".mk", "marks => marks.map(m => m.getAttribute('aria-label'))")
    return sorted(label.split("，")[0] for label in labels)


def test_the_map_shows_what_the_list_shows(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740, **located(*HALF_POINTS[0]))
    at(page, NOON)
    page.goto(site.url)
    open_map(page)
    names = {one.id: one.name for one in site.stations}
    located_ids = {one.id for one in site.stations if one.location is not None}
    groups = ["water", "hot_meal", "rest", "toilet", "charging", "climate"]
    subsets = [list(chosen) for size in range(0, 7, 2) for chosen in combinations(groups, size)]
    for opened in (False, True):
        for needs in subsets[:: 1 if opened else 4]:
            page.evaluate(
                "([needs, open]) => { finder.ask.needs = needs; finder.ask.flags.open = open;"
                " finder.update(); }",
                [needs, opened],
            )
            listed = page.evaluate("() => finder.rows.filter(r => r.match && !r.card.hidden).map(r => r.id)")
            expected = sorted(names[one] for one in listed if one in located_ids)
            assert [name.removesuffix("（位置示例）") for name in on_map(page)] == expected
            assert page.locator(".on-map").inner_text() == f"图上 {len(expected)} 个站，和列表一样"


def test_every_station_is_reached_by_keyboard_and_me_is_no_station(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    stations = [
        Station(id=f"K-{n}", name=f"站{n}", hours="24/7", location=LonLat(109.06 + n / 100, 34.27))
        for n in range(4)
    ]
    site = serve(Site(stations))
    page = open_page(360, 740, **located(109.05, 34.27))
    at(page, NOON)
    page.goto(site.url)
    open_map(page)
    page.get_by_role("button", name="我的位置").click()
    page.wait_for_selector(".me")
    assert page.locator(".me.mk").count() == 0 and page.locator(".me").inner_text() == "我"
    page.locator(".stage .tools button").last.focus()
    reached: list[str] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        label = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if label and label.startswith("站"):
            reached.append(label)
    page.locator(".mk").first.focus()
    page.keyboard.press("Shift+Tab")
    for _ in range(5):
        label = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if label and label.startswith("站"):
            reached.append(label)
        page.keyboard.press("Tab")
    assert {label.split("，")[0] for label in reached} == {"站0", "站1", "站2", "站3"}
    page.locator(".mk").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chosen > p > a")).to_be_focused()
    expect(page.locator(".chosen")).to_contain_text("24 小时开门")
    page.locator(".chosen .nav > summary").click()
    expect(page.locator(".chosen [data-app]:visible")).to_have_count(1)
    page.locator(".chosen .others").click()
    expect(page.locator(".chosen [data-app]:visible")).to_have_count(4)
    page.locator(".chosen [data-copy]").click()
    expect(page.locator(".chosen [data-copy]")).to_have_text(re.compile("地址已复制|长按这行字"))
    page.keyboard.press("Escape")
    expect(page.locator(".chosen")).to_be_hidden()


def test_a_point_on_the_map_becomes_the_place(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    site = serve(Site(register()))
    page = open_page(360, 740)
    page.goto(site.url)
    page.click("#search-open")
    page.get_by_role("button", name="在地图上点我的位置").click()
    page.wait_for_selector(".mk")
    expect(page.get_by_role("button", name="就在正中")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("html.located")
    assert "#near=109." in page.url
    assert len(shown(page, "#nearest")) > 40
    page.reload()
    page.wait_for_selector("html.located .mk")
    expect(page.locator("#place-name")).to_have_text("所选位置附近")
    place = urlsplit(page.url).fragment
    for jump in ("#bar-list", ".bar a[href='#help']"):
        page.click(jump)
        page.wait_for_function("place => location.hash === '#' + place", arg=place)


def test_without_its_files_the_list_stays(serve: Callable[[Site], Site], open_page: PageOpener) -> None:
    site = serve(Site(register()[:5]))
    page = open_page(360, 740, ["ERR_FAILED"])
    page.route("**/leaflet/leaflet.js*", lambda route: route.abort())
    page.goto(site.url)
    page.click("#bar-map")
    expect(page.locator("#note")).to_have_text("地图没打开，列表照常能用")
    assert len(shown(page)) == 5


@pytest.mark.parametrize(("width", "height"), [(360, 740), (740, 360), (1280, 800), (320, 640)])
def test_the_map_is_accessible(
    serve: Callable[[Site], Site], open_page: PageOpener, width: int, height: int
) -> None:
    site = serve(Site(register()[:6]))
    page = open_page(width, height, **located(*HALF_POINTS[0]))
    page.goto(site.url)
    open_map(page)
    page.locator(".mk").first.focus()
    page.keyboard.press("Enter")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_help_and_heat_name_the_nearest_that_is_open(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    def one(name: str, lon: float, hours: str, **has: Amenity) -> Station:
        return Station(id=f"H-{lon}", name=name, hours=hours, location=LonLat(lon, 34.27), amenities=has)

    yes = Amenity(value="yes")
    stations = [
        one("近而关", 109.051, "18:00-20:00", aed=yes, cooling=yes),
        one("远而开", 109.06, "08:00-20:00", aed=yes, cooling=yes),
        one("只有药箱", 109.07, "18:00-20:00", first_aid=yes),
    ]
    heat = HeatNotice(37, NOON + timedelta(hours=2), "k", NOON)
    site = serve(Site(stations, view={"heat": heat}))
    page = open_page(360, 740, **located(109.05, 34.27))
    at(page, NOON)
    page.goto(site.url)
    expect(page.locator("#heat b")).to_have_text("高温 37℃，少晒")
    page.click("#locate")
    page.wait_for_selector("html.located")
    # 922 m on the ellipsoid, times 1.35, at 1.11 m/s: 18.7 minutes
    expect(page.locator("#heat b")).to_have_text("高温 37℃，少晒，最近纳凉站约 19 分钟")
    expect(page.locator("#help-aed")).to_contain_text("远而开")
    expect(page.locator("#help-first-aid")).to_contain_text("18:00 开门")
    at(page, NOON + timedelta(hours=3))
    page.reload()
    expect(page.locator("#heat")).to_be_hidden()


def test_what_people_report_is_told_and_grows_old(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    told = Doubt(2, ("locked",), NOON - timedelta(hours=1), NOON + timedelta(days=14))
    stations = [Station(id="D-1", name="站", hours="08:00-14:00", location=LonLat(109.06, 34.27))]
    site = serve(Site(stations, view={"doubts": {"D-1": told}}))
    page = open_page(360, 740)
    for path in ("/", "/stations/D-1"):
        at(page, NOON)
        page.goto(site.url + path)
        expect(page.locator(".told")).to_have_text("今天 2 人报“门锁着”，待核实")
        expect(page.locator(".plate").first).to_have_text("开")
        at(page, NOON + timedelta(days=1))
        page.reload()
        expect(page.locator(".told")).to_have_text("11月23日 2 人报“门锁着”，待核实")
        at(page, NOON + timedelta(days=14))
        page.reload()
        expect(page.locator(".told")).to_be_hidden()


def test_the_station_page_keeps_up_with_the_clock(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site([Station(id="T-1", name="站", hours="08:00-14:00", location=LonLat(109.06, 34.27))]))
    page = open_page(360, 740)
    page.clock.install(time=datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    page.goto(site.url + "/stations/T-1")
    expect(page.locator(".top .state")).to_have_text("开门中，到 14:00")
    page.clock.run_for(45 * 60_000)
    expect(page.locator(".top .state")).to_have_text("还有 15 分钟关门")
    page.clock.run_for(20 * 60_000)
    expect(page.locator(".top .state")).to_have_text("已关门，明天 08:00 开门")


def test_first_view_and_map_stay_within_their_bytes(live_server: LiveServer, open_page: PageOpener) -> None:
    page = open_page(360, 740, service_workers="block")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(live_server.url, wait_until="networkidle")
    assert page.locator(".card").count() == 63
    assert len(sizes) <= 5
    assert sum(sizes) <= 30_000
    open_map(page)
    page.wait_for_load_state("networkidle")
    assert sum(sizes) <= 110_000
