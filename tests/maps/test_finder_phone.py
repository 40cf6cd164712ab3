"""The finder on a phone in a real Chromium: offline, large text, every size accessible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from browsing import PageOpener
from finder_site import HALF_POINTS, NOON, ZONE, Site, at, axe, brute_force, locate, located, register, shown
from geo.stations import Station
from maps.open_words import state_words, station_state, utc_minute


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
        assert axe(page) == []


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
            assert axe(page) == [], (path, step)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, step)
            small = page.evaluate(
                "() => Array.from(document.querySelectorAll('a, button, summary, input')).filter(e => {"
                "if (!e.offsetParent || e.closest('.skip')) { return false; }"
                "var b = e.getBoundingClientRect(); return b.width < 47.9 || b.height < 47.9; })"
                ".map(e => e.outerHTML.slice(0, 120))"
            )
            assert small == [], (path, step)


def test_on_paper_states_are_black_and_buttons_gone(
    serve: Callable[[Site], Site], open_page: PageOpener
) -> None:
    site = serve(Site(register()[:6]))
    page = open_page(794, 1123, **located(*HALF_POINTS[0]))
    page.goto(site.url)
    locate(page)
    page.emulate_media(media="print")
    paint = "plates => plates.map(plate => getComputedStyle(plate)).map(s => s.color + s.backgroundColor)"
    assert set(page.eval_on_selector_all(".plate", paint)) == {"rgb(0, 0, 0)rgba(0, 0, 0, 0)"}
    assert page.locator("button:visible, .bar:visible, .acts:visible").count() == 0


@pytest.mark.parametrize("width", [320, 360, 412, 768, 1280])
def test_a_poster_is_seen_whole_on_any_screen_and_stays_a4_on_paper(
    serve: Callable[[Site], Site], open_page: PageOpener, width: int
) -> None:
    stations = register()[:8]
    site = serve(Site(stations))
    page = open_page(width, 800)
    page.goto(f"{site.url}/stations/{stations[5].id}/poster")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).zoom") == "1"
