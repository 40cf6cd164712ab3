"""The finder in a real Chromium: order, filters, states, nothing found, breaks planned ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page, expect
from pyproj import Geod

from browsing import PageOpener
from finder_site import HALF_POINTS, NOON, ZONE, Site, at, brute_force, locate, located, register, shown
from geo.amenities import GROUPS, availability
from geo.stations import Amenity, LonLat, Station
from maps.open_words import state_words, station_state, utc_minute


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
    page.click("[data-need=hot_meal]")
    page.click("[data-need=charging]")
    expect(page.locator("#nothing-near")).to_have_text("最接近的这个，只差 2 样：")
    expect(way).to_contain_text("不要“热饭＋充电”")
    way.click()
    assert shown(page, "#nearest") == ["mid-water", "far-water"]
    assert page.url.endswith("/?amenities=water")


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
