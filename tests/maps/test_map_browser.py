"""Both maps in a real Chromium: reachable, named, inert, silent; nothing leaves the machine."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from api.register import shipped_register
from browsing import PageOpener, until
from maps.assets import static_file
from maps.folium_local import MapPage
from maps.planner_map import render_planner_map
from maps.worker_map import render_worker_map
from serving import LiveServer

NOW = datetime(2026, 11, 23, 11, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
RENDERERS = [render_planner_map, render_worker_map]
HOSTILE = "</script><img src=x onerror=alert(1)><b>`${alert(2)}`'\"{{7*7}}\\u2028\u2028]]>-->"
# Console lines about a policy that could not be applied would fail the test by themselves.


def show(page: Page, shown: MapPage) -> None:
    """Open a map page under its own policy, from an address without a server."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            file = static_file(path.removeprefix("/static/"))
            route.fulfill(body=file.content, content_type=file.media_type)
        else:
            headers = {"Content-Security-Policy": shown.csp}
            route.fulfill(body=shown.html, content_type="text/html; charset=utf-8", headers=headers)

    page.route("**/*", answer)
    page.goto("http://localhost:1/map")


def tab_round(page: Page, steps: int) -> list[dict[str, Any]]:
    """What has the focus after each of ``steps`` Tab keys."""
    seen = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => { const e = document.activeElement;
                return {name: e.getAttribute('aria-label') || e.textContent.trim(),
                        role: e.getAttribute('role'), mark: e.classList.contains('mk'),
                        outline: parseFloat(getComputedStyle(e).outlineWidth)}; }"""
            )
        )
    return seen


@pytest.mark.parametrize("render", RENDERERS)
def test_tab_reaches_every_station_by_name_and_state(page: Page, render: Any) -> None:
    show(page, render(shipped_register(), NOW))
    marks = [one for one in tab_round(page, 85) if one["mark"]]
    assert {one["role"] for one in marks} == {"button"}
    assert all(one["outline"] >= 3 for one in marks)
    names = {one["name"] for one in marks}
    assert len(names) == 63
    assert "示例站 03（五环集团文化广场附近），24 小时开门" in names
    assert "纺织公园爱心驿站（位置示例），时间未核实" in names


@pytest.mark.parametrize(("render", "key"), [(render_planner_map, "Enter"), (render_worker_map, " ")])
def test_station_opens_by_keyboard_and_gives_the_focus_back(page: Page, render: Any, key: str) -> None:
    show(page, render(shipped_register(), NOW))
    mark = page.get_by_role("button", name="示例站 03（五环集团文化广场附近）")
    mark.focus()
    page.keyboard.press(key)
    pop = page.get_by_role("dialog", name="示例站 03（五环集团文化广场附近）")
    expect(pop).to_be_visible()
    expect(page.get_by_role("button", name="关闭")).to_be_focused()
    text = pop.inner_text()
    for part in ("24 小时开门", "登记的时间：24/7", "微波炉", "示例站点，请勿前往", "扫门口的码进"):
        assert part in text
    expect(pop.get_by_role("link")).to_have_attribute("href", "/stations/BQ-E03")
    page.keyboard.press("Escape")
    expect(pop).to_have_count(0)
    expect(mark).to_be_focused()


@pytest.mark.parametrize("render", RENDERERS)
def test_tick_takes_layer_and_legend_away_together(page: Page, render: Any) -> None:
    show(page, render(shipped_register(), NOW))
    tick = page.get_by_label("站点状态").and_(page.locator("input"))
    legend = page.locator(".legend[data-layer=stations]")
    expect(legend).to_be_visible()
    tick.uncheck()
    expect(page.locator(".mk")).to_have_count(0)
    expect(legend).to_be_hidden()
    tick.check()
    expect(page.locator(".mk")).to_have_count(63)
    expect(legend).to_be_visible()
    streets = page.locator(".l-street")
    expect(streets).to_have_count(9)
    page.get_by_label("街道范围（示意）").and_(page.locator("input")).uncheck()
    expect(streets).to_have_count(0)


@pytest.mark.parametrize("render", RENDERERS)
def test_hostile_words_are_only_words(page: Page, render: Any) -> None:
    base = shipped_register()[3]
    changed = {"name": HOSTILE, "address": HOSTILE, "street": HOSTILE, "welcome_note": HOSTILE}
    hostile = base.model_copy(update=changed)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    show(page, render([hostile], NOW))
    mark = page.locator(".mk")
    assert mark.get_attribute("aria-label").startswith(HOSTILE)  # type: ignore[union-attr]
    mark.focus()
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup h2").evaluate("e => e.textContent") == HOSTILE
    page.locator("#table summary").click()
    assert page.locator("#table [lang=zh-CN]").first.evaluate("e => e.textContent") == HOSTILE
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == page.evaluate("document.scripts.length") <= 6


def test_hostile_words_in_the_file(page: Page, tmp_path: Path) -> None:
    hostile = shipped_register()[3].model_copy(update={"name": HOSTILE})
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    file = tmp_path / "map.html"
    file.write_text(render_planner_map([hostile], NOW, inline=True).html, encoding="utf-8")
    page.goto(file.as_uri())
    page.locator(".mk").focus()
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup h2").evaluate("e => e.textContent") == HOSTILE


def test_file_opens_alone_and_works(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "地图.html"
    file.write_text(render_planner_map(shipped_register(), NOW, inline=True).html, encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator(".mk")).to_have_count(63)
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert page.locator("a[href]:not([href^='#'])").count() == 0


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_control_has_a_name_and_ids_are_single(page: Page, render: Any, lang: Any) -> None:
    show(page, render(shipped_register(), NOW, lang=lang))
    found = page.evaluate(
        """() => {
        const all = what => [...document.querySelectorAll(what)];
        const named = e => (e.getAttribute('aria-label') || e.textContent || '').trim()
            || (e.labels && e.labels.length && e.labels[0].textContent.trim());
        const ids = all('[id]').map(e => e.id);
        const controls = all('button, a[href], input, summary, [role=button], [role=region]');
        return {nameless: controls.filter(e => !named(e)).map(e => e.outerHTML),
                twice: ids.filter((id, i) => ids.indexOf(id) !== i),
                h1: all('h1').length, main: all('main').length, lang: document.documentElement.lang,
                wrong: all('[aria-hidden=true] a, [aria-hidden=true] button').length,
                broken: all('use').map(e => e.getAttribute('href'))
                    .filter(href => !document.getElementById(href.slice(1)))};
        }"""
    )
    expected = {"nameless": [], "twice": [], "h1": 1, "main": 1, "wrong": 0, "broken": []}
    assert found == {**expected, "lang": "zh-CN" if lang == "zh" else "en"}


@pytest.mark.parametrize(
    ("render", "least"), [(render_planner_map, 24), (render_worker_map, 48)], ids=["planner", "worker"]
)
def test_targets_are_large_enough(page: Page, render: Any, least: int) -> None:
    show(page, render(shipped_register(), NOW))
    small = page.evaluate(
        """least => [...document.querySelectorAll('.mk, .tools button:not([hidden])')]
        .filter(e => Math.min(e.offsetWidth, e.offsetHeight) < least).map(e => e.outerHTML)""",
        least,
    )
    assert small == []


@pytest.mark.parametrize("render", RENDERERS)
def test_phone_starts_with_the_map_and_never_scrolls_sideways(open_page: PageOpener, render: Any) -> None:
    page = open_page(360, 740)
    show(page, render(shipped_register(), NOW))
    assert page.locator("#panel").evaluate("e => e.open") is False
    assert page.locator(".map").evaluate("e => e.offsetHeight") >= 320
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        "() => [...document.querySelectorAll('.tools button')].filter(e => e.offsetWidth && "
        "Math.min(e.offsetWidth, e.offsetHeight) < 44).map(e => e.outerHTML)"
    )
    assert small == []


def test_list_shows_the_same_stations(page: Page) -> None:
    show(page, render_planner_map(shipped_register(), NOW))
    page.get_by_role("button", name="列表查看").click()
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(63)
    in_table = {
        f"{row.locator('th').inner_text()}，{row.locator('td').nth(1).inner_text().strip()}"
        for row in rows.all()
    }
    on_map = set(page.locator(".mk").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))"))
    assert in_table == on_map


def test_worker_list_follows_the_view(page: Page) -> None:
    show(page, render_worker_map(shipped_register(), NOW))
    expect(page.locator("#in-view")).to_have_text("图上 63 个站，和列表一样")
    page.evaluate("CareMap.map.setView([34.266, 109.06], 16, {animate: false})")
    inside = page.locator("#table li:not([hidden])").count()
    assert 0 < inside < 63
    expect(page.locator("#in-view")).to_have_text(f"图上 {inside} 个站，和列表一样")
    page.get_by_role("button", name="复位").click()
    expect(page.locator("#in-view")).to_have_text("图上 63 个站，和列表一样")


def test_full_screen_and_zoom_are_our_own_buttons(page: Page) -> None:
    show(page, render_planner_map(shipped_register(), NOW))
    before = page.evaluate("CareMap.map.getZoom()")
    page.get_by_role("button", name="放大").click()
    until(page, "zoom => CareMap.map.getZoom() > zoom", before)
    page.get_by_role("button", name="复位").click()
    until(page, "zoom => Math.abs(CareMap.map.getZoom() - zoom) < 0.01", before)
    page.get_by_role("button", name="全屏").click()
    until(page, "document.fullscreenElement && document.fullscreenElement.id === 'stage'")
    page.get_by_role("button", name="退出全屏").click()
    until(page, "!document.fullscreenElement")


def test_still_page_for_those_who_ask(open_page: PageOpener) -> None:
    page = open_page(reduced_motion="reduce")
    show(page, render_planner_map(shipped_register(), NOW))
    assert page.evaluate("[CareMap.map.options.zoomAnimation, CareMap.map.options.inertia]") == [False, False]


def test_map_is_drawn_in_the_colours_of_the_legend(page: Page) -> None:
    show(page, render_planner_map(shipped_register(), NOW))
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    colours = {colour for _, colour in picture.getcolors(1 << 24) or []}
    assert (0xFB, 0xFA, 0xF6) in colours  # land
    assert (0xE7, 0xEB, 0xE7) in colours  # outside
    marks = page.locator(".mk.open").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.x + b.width / 2, b.y + b.height / 2])"
    )
    swatch = page.locator(".legend use[href='#state-open']").bounding_box()
    assert swatch
    shown = picture.getpixel((swatch["x"] + swatch["width"] / 2, swatch["y"] + swatch["height"] / 2))
    assert shown == (0x0B, 0x6B, 0x4F)
    hits = [picture.getpixel((x, y)) == shown for x, y in marks if 0 <= x < 1280 and 0 <= y < 800]
    assert sum(hits) >= 20  # some lie under their neighbours


def test_names_never_lie_over_each_other(page: Page) -> None:
    show(page, render_planner_map(shipped_register(), NOW))
    page.evaluate("CareMap.map.setView([34.28, 109.06], 14, {animate: false})")
    page.wait_for_timeout(100)
    boxes = page.locator(".l-place:not(.none) > span").evaluate_all(
        "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.right, b.bottom]; })"
    )
    assert len(boxes) >= 10
    for index, one in enumerate(boxes):
        for other in boxes[:index]:
            apart = (
                one[0] >= other[2] - 1
                or other[0] >= one[2] - 1
                or one[1] >= other[3] - 3
                or other[1] >= one[3] - 3
            )
            assert apart, (one, other)


def test_worker_opens_the_list_where_it_can_be_seen(open_page: PageOpener) -> None:
    page = open_page(360, 740)
    show(page, render_worker_map(shipped_register(), NOW))
    page.locator("#table summary").click()
    expect(page.locator("#table li").nth(3)).to_be_in_viewport()
    expect(page.locator("#more-less")).to_have_text("收起")


def test_position_is_asked_for_only_by_the_button(open_page: PageOpener) -> None:
    here = {"longitude": 109.06, "latitude": 34.27, "accuracy": 30}
    page = open_page(360, 740, geolocation=here, permissions=["geolocation"])
    show(page, render_worker_map(shipped_register(), NOW))
    expect(page.locator(".me")).to_have_count(0)
    page.get_by_role("button", name="我的位置").click()
    expect(page.locator(".me")).to_have_text("我")
    centre = page.evaluate("[CareMap.map.getCenter().lng, CareMap.map.getCenter().lat]")
    assert centre == pytest.approx([109.06, 34.27], abs=1e-4)


def test_refused_position_is_said_in_words(open_page: PageOpener) -> None:
    page = open_page(360, 740, permissions=[])
    show(page, render_worker_map(shipped_register(), NOW))
    page.get_by_role("button", name="我的位置").click()
    expect(page.locator("#said")).to_have_text("没定到位置，请直接看图找站")


def test_print_leaves_the_tools_away(page: Page) -> None:
    show(page, render_planner_map(shipped_register(), NOW))
    page.emulate_media(media="print")
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator(".credits")).to_be_visible()
    expect(page.locator(".legend[data-layer=stations]")).to_be_visible()


@pytest.mark.parametrize("path", ["/map", "/planner/map"])
def test_served_map_runs_under_its_policy(
    page: Page, live_server: LiveServer, path: str, open_page: Callable[..., Page]
) -> None:
    answer = page.goto(live_server.url + path)
    assert answer
    assert answer.status == 200
    assert "sha256-" in answer.headers["content-security-policy"]
    expect(page.locator(".mk")).to_have_count(63)
