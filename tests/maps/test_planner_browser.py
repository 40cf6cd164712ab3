"""The dashboard and its map in a real Chromium: numbers, layers, gaps, keyboard, axe; nothing leaves."""

from __future__ import annotations

import io
import json
import random
import re
import subprocess
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Frame, Page, expect

from browsing import PageOpener, until
from serving import LiveServer

QUESTION = "window=T3&amenities=hot_meal"
PAGES = [
    f"/planner?{QUESTION}",
    f"/planner/map?{QUESTION}",
    f"/planner/map?{QUESTION}&embed=1",
    "/planner?lang=en",
]
READY = "!!(window.CareMap && CareMap.map && CareMap.layers.coverage)"


def told(url: str) -> dict[str, Any]:
    """The API's answer."""
    with urllib.request.urlopen(url) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def map_frame(page: Page) -> Frame:
    """The map inside the dashboard, ready."""
    expect(page.locator("#map")).to_be_visible()
    for _ in range(200):
        frame = page.frame("planner-map")
        if frame and frame.url.startswith("http"):
            until(frame, READY)
            return frame
        page.wait_for_timeout(50)
    pytest.fail("the map's frame never opened")


@pytest.mark.parametrize(
    ("path", "width"),
    [
        (PAGES[0], 1280),
        (PAGES[0], 360),
        (PAGES[1], 1280),
        (PAGES[1], 360),
        (PAGES[2], 520),
        (PAGES[2], 360),
        (PAGES[3], 1280),
        ("/planner/matrix", 1280),
        ("/planner/compare", 1280),
        ("/planner/report", 1280),
    ],
)
def test_axe_finds_nothing(open_page: PageOpener, live_server: LiveServer, path: str, width: int) -> None:
    page = open_page(width, 800)
    page.goto(live_server.url + path)
    page.wait_for_timeout(800)
    wanted = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=wanted).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == []


def test_hit_areas_are_apart_and_every_station_is_reached_by_keyboard(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    page.wait_for_timeout(300)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.mk[role=button], .badge[role=button]')]
        .map(e => e.getBoundingClientRect()).map(r => [r.left, r.top, r.width, r.height])"""
    )
    assert all(width >= 24 and height >= 24 for _, _, width, height in boxes)
    apart = [max(abs(a[0] - b[0]), abs(a[1] - b[1])) for n, a in enumerate(boxes) for b in boxes[n + 1 :]]
    assert min(apart) >= 24 - 0.01
    reached: set[str] = set()
    own = page.evaluate("[...document.querySelectorAll('.mk[tabindex=\"0\"]')].map(e => e.title)")
    for name in own:
        reached.add(name)
        page.locator(f".mk[tabindex='0'][title='{name}']").focus()
        page.keyboard.press("Enter")
        pop = page.locator(".leaflet-popup")
        expect(pop).to_be_visible()
        reached.update(pop.locator(".beside button").all_inner_texts())
        page.keyboard.press("Escape")
        expect(page.locator(".leaflet-popup")).to_have_count(0)
    all_of_them = page.evaluate("[...document.querySelectorAll('.mk')].map(e => e.title)")
    assert len(all_of_them) == 63
    assert reached == set(all_of_them)


def test_a_station_of_a_crowd_opens_from_the_one_beside_it(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    host = page.locator(".mk[aria-label*='旁边还有']").first
    host.focus()
    page.keyboard.press("Enter")
    guest = page.locator(".leaflet-popup .beside button").first
    words = guest.inner_text()
    guest.focus()
    page.keyboard.press("Enter")
    pop = page.get_by_role("dialog", name=words.split("，")[0])
    expect(pop).to_be_visible()
    expect(pop.get_by_role("button", name="关闭")).to_be_focused()
    page.keyboard.press("Escape")
    expect(host).to_be_focused()


def test_tooltips_say_what_the_api_says(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    cells = page.evaluate(
        """() => { const c = CareMap.data.cells; let x = c.start[0], y = c.start[1]; const at = [[x, y]];
        c.x.forEach((step, n) => { x += step; y += c.y[n]; at.push([x, y]); });
        return at.map((p, n) => [p[0] / 1e5, p[1] / 1e5,
            c.demand[n], c.share[n], c.most[n], c.minutes[n]]); }"""
    )
    assert len(cells) > 3000
    for lon, lat, demand, share, most, minutes in random.Random(6).sample(cells, 40):
        found = told(f"{live_server.url}/api/cell?{QUESTION}&lon={lon}&lat={lat}")
        assert demand == pytest.approx(found["demand"], rel=5e-3)
        assert abs(share - found["share"] * 100) <= 0.5
        assert abs(most - found["share_if_unknown_open"] * 100) <= 0.5
        assert abs(minutes - found["nearest_min"]) <= 0.5


def test_hovering_a_cell_says_what_the_api_says(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    page.evaluate("['gaps', 'service', 'streets', 'places'].forEach(key => CareMap.layers[key].remove())")
    page.evaluate("void CareMap.map.setView([34.3, 109.05], 13.5, {animate: false})")
    spots = page.evaluate(
        """() => { const c = CareMap.data.cells, map = CareMap.map, found = [];
        const box = map.getContainer().getBoundingClientRect();
        let x = c.start[0], y = c.start[1];
        for (let n = 0; n < c.demand.length; n += 1) {
            if (n) { x += c.x[n - 1]; y += c.y[n - 1]; }
            const p = map.latLngToContainerPoint([y / 1e5, x / 1e5]);
            const at = [p.x + box.x, p.y + box.y];
            const top = document.elementFromPoint(at[0], at[1]);
            if (p.x > 300 && p.x < 940 && p.y > 160 && p.y < 700 && top && map.getContainer().contains(top)
                && !top.closest('.leaflet-popup')) { found.push([x / 1e5, y / 1e5, at[0], at[1]]); }
        }
        return found; }"""
    )
    assert len(spots) > 100
    for lon, lat, x, y in random.Random(7).sample(spots, 25):
        tip = page.locator(".leaflet-tooltip")
        page.mouse.move(5, 5)  # off the map: the tip of the cell before must be gone, not merely be replaced
        expect(tip).to_have_count(0)
        page.mouse.move(x + 1, y + 1)
        page.mouse.move(x, y)
        expect(tip).to_be_visible()
        cell = told(f"{live_server.url}/api/cell?{QUESTION}&lon={lon}&lat={lat}")
        lines = tip.locator("p").all_inner_texts()
        shown = [float(one) for one in re.findall(r"\d+(?:\.\d+)?", " ".join(lines))]
        assert shown[0] == pytest.approx(cell["demand"], rel=5e-3)
        assert abs(shown[1] - cell["share"] * 100) <= 0.5
        assert abs(shown[2] - cell["share_if_unknown_open"] * 100) <= 0.5
        assert abs(shown[3] - cell["nearest_min"]) <= 0.5


def test_every_layer_takes_its_legend_along(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    keys = page.evaluate("[...document.querySelectorAll('.ticks input')].map(e => e.dataset.layer)")
    assert set(keys) == {
        "coverage", "cause", "minutes", "demand", "gaps", "zones", "service", "verdict", "streets", "places",
    }  # fmt: skip
    for key in keys:
        tick = page.locator(f".ticks input[data-layer={key}]")
        block = page.locator(f".legend[data-layer={key}]")
        for wanted in (not tick.is_checked(), tick.is_checked()):
            tick.set_checked(wanted)
            expect(block).to_be_visible(visible=wanted)
            assert page.evaluate("key => CareMap.map.hasLayer(CareMap.layers[key])", key) is wanted


@pytest.mark.parametrize("theme", ["覆盖", "缺口原因", "步行分钟", "需求"])
def test_a_theme_stands_alone_with_its_legend(page: Page, live_server: LiveServer, theme: str) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    page.get_by_role("button", name=theme, exact=True).click()
    themes = ("coverage", "cause", "minutes", "demand")
    shown = [key for key in themes if page.locator(f".legend[data-layer={key}]").is_visible()]
    assert len(shown) == 1
    expect(page.locator(f"[data-theme={shown[0]}]")).to_have_attribute("aria-pressed", "true")
    assert page.locator(f".ticks input[data-layer={shown[0]}]").is_checked()


@pytest.mark.parametrize(("theme", "least"), [("coverage", 4), ("cause", 3), ("minutes", 4), ("demand", 3)])
def test_cells_have_the_colour_of_their_swatch(
    page: Page, live_server: LiveServer, theme: str, least: int
) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    page.evaluate("theme => { CareMap.layers[theme].addTo(CareMap.map); }", theme)
    page.evaluate("['gaps', 'service', 'streets', 'places'].forEach(key => CareMap.layers[key].remove())")
    spots = page.evaluate(
        """theme => { const c = CareMap.data.cells, map = CareMap.map, found = {};
        map.setView([34.28, 109.06], 12.5, {animate: false});
        let x = c.start[0], y = c.start[1];
        const all = CareMap.data.layers[theme].classes;
        for (let n = 0; n < all.length; n += 1) {
            if (n) { x += c.x[n - 1]; y += c.y[n - 1]; }
            const p = map.latLngToContainerPoint([y / 1e5, x / 1e5]);
            if (p.x > 420 && p.x < 820 && p.y > 160 && p.y < 620 && !(all[n] in found)) {
                found[all[n]] = [p.x, p.y];
            } }
        return found; }""",
        theme,
    )
    page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    top = page.locator("#stage").bounding_box()
    assert top
    fills = page.evaluate("key => CareMap.data.layers[key].styles.map(one => one.fillColor)", theme)
    seen = 0
    for number, (x, y) in spots.items():
        if fills[int(number)] == "hatch":
            continue  # a pattern has no one colour
        swatch = page.locator(f".legend use[href='#cell-{theme}-{number}']").bounding_box()
        assert swatch
        middle = (swatch["x"] + swatch["width"] / 2, swatch["y"] + swatch["height"] / 2)
        drawn = picture.getpixel((round(x), round(y + top["y"])))
        assert drawn == picture.getpixel(tuple(map(round, middle)))
        assert "#{:02X}{:02X}{:02X}".format(*drawn) == fills[int(number)]
        seen += 1
    assert seen >= least


def test_a_gap_zooms_the_map_and_the_badge_marks_the_row(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner?{QUESTION}")
    frame = map_frame(page)
    before = frame.evaluate("CareMap.map.getZoom()")
    row = page.locator(".gap").nth(1)
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    until(frame, "zoom => CareMap.map.getZoom() > zoom", before)
    expect(frame.locator("#gap-card h2")).to_contain_text(row.locator(".g-name b").inner_text())
    expect(frame.locator("#gap-card .amount b")).to_have_text(row.locator(".g-amount").inner_text())
    frame.evaluate("CareMap.choose(CareMap.map, 1, false)")
    expect(page.locator(".gap").nth(0)).to_have_attribute("aria-pressed", "true")
    expect(row).to_have_attribute("aria-pressed", "false")


def test_without_scripts_switches_and_gaps_still_work(open_page: PageOpener, live_server: LiveServer) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{live_server.url}/planner?{QUESTION}")
    page.get_by_role("button", name="10分").click()
    assert "minutes=10" in page.url
    assert "window=T3" in page.url
    page.get_by_role("button", name="夜间 21:00-24:00").click()
    assert "window=T6" in page.url
    assert "amenities=hot_meal" in page.url
    expect(page.locator("#share")).to_contain_text("%")


def test_a_choice_is_sent_at_once_and_stands_in_the_address(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner")
    page.get_by_label("服务", exact=True).select_option("toilet")
    page.wait_for_url("**/planner?amenities=toilet")
    page.get_by_role("button", name="周末", exact=True).click()
    page.wait_for_url("**day=weekend**")
    share = told(f"{live_server.url}/api/coverage?amenities=toilet&day=weekend")["share"]
    expect(page.locator("#share b")).to_have_text(str(int(share * 100 + 0.5)))


@pytest.mark.parametrize("width", [360, 320])
def test_phone_never_scrolls_sideways_and_targets_are_large(
    open_page: PageOpener, live_server: LiveServer, width: int
) -> None:
    page = open_page(width, 740)
    page.goto(f"{live_server.url}/planner?{QUESTION}")
    map_frame(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            '.tabs a, .segments button, select, .gap, .map-links a, .lang')]
        .filter(e => e.offsetHeight < 44).map(e => e.outerHTML.slice(0, 90))"""
    )
    assert small == []


def test_first_visit_stays_within_its_budget(page: Page, live_server: LiveServer) -> None:
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes()[k] for k in (
        "responseBodySize", "responseHeadersSize"))))  # fmt: skip
    page.goto(f"{live_server.url}/planner?{QUESTION}")
    map_frame(page)
    page.wait_for_timeout(500)
    assert 50_000 < sum(sizes) <= 250_000


ON_TOP = """selector => {
    const box = document.querySelector(selector), at = box.getBoundingClientRect();
    return [0.1, 0.5, 0.9].every(part => {
        const top = document.elementFromPoint(at.x + at.width * part, at.y + at.height / 2);
        return !!top && (box.contains(top) || top.contains(box) && !!top.closest(".leaflet-popup, .panel"));
    });
}"""
"""Whether nothing lies over an element."""


@pytest.mark.parametrize(
    ("width", "height", "path"), [(360, 740, PAGES[1]), (1280, 800, PAGES[1]), (514, 660, PAGES[2])]
)
def test_nothing_lies_over_a_pop_up(
    live_server: LiveServer, open_page: PageOpener, width: int, height: int, path: str
) -> None:
    page = open_page(width, height)
    page.goto(f"{live_server.url}{path}")
    until(page, READY)
    marks = page.locator(".mk:visible")
    count, seen = marks.count(), 0
    for number in range(0, count, max(1, count // 6)):
        marks.nth(number).evaluate("mark => mark.click()")
        heading = page.locator(".leaflet-popup-content h2")
        expect(heading).to_have_count(1)
        page.wait_for_timeout(400)  # the map moves until the pop-up is in sight
        assert page.evaluate(ON_TOP, ".leaflet-popup-content h2"), heading.inner_text()
        assert page.evaluate(ON_TOP, ".leaflet-popup-close-button"), heading.inner_text()
        page.keyboard.press("Escape")
        expect(heading).to_have_count(0)
        seen += 1
    assert seen >= 6


def test_the_open_legend_and_the_table_on_a_phone(live_server: LiveServer, open_page: PageOpener) -> None:
    page = open_page(360, 740)
    page.goto(f"{live_server.url}{PAGES[1]}")
    until(page, READY)
    page.locator("#panel > summary").click()
    assert page.evaluate(ON_TOP, "#panel .asked")
    page.locator("#panel > summary").click()
    page.locator("#table > summary").click()
    narrowest = page.locator("#gap-table tbody tr").first.evaluate(
        "row => Math.min(...[...row.cells].slice(4).map(cell => cell.getBoundingClientRect().width))"
    )
    assert narrowest > 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_printed_map_is_one_page_with_scale_and_north(
    live_server: LiveServer, open_page: PageOpener
) -> None:
    page = open_page(1280, 800)
    page.goto(f"{live_server.url}{PAGES[1]}")
    until(page, READY)
    drawn = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", drawn)) == 1
    page.emulate_media(media="print")
    expect(page.locator(".ticks")).to_be_hidden()
    apart = page.evaluate(
        "['.measure', '.panel', '.credits'].map(name => {"
        " const box = document.querySelector(name).getBoundingClientRect();"
        " return [box.left, box.right, box.top, box.bottom]; })"
    )
    measure, panel, credits = apart
    assert measure[0] > panel[1]
    assert measure[3] <= credits[2]


@pytest.mark.parametrize(("path", "most"), [(PAGES[0], 5), ("/planner/gap?rank=1", 1)])
def test_paper_is_no_phone_and_says_on_every_page_what_is_illustrative(
    live_server: LiveServer, open_page: PageOpener, tmp_path: Path, path: str, most: int
) -> None:
    page = open_page(1280, 800)
    page.goto(f"{live_server.url}{path}")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    command = ["pdftotext", str(tmp_path / "page.pdf"), "-"]
    sheets = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.split("\f")[
        :-1
    ]
    assert 1 <= len(sheets) <= most
    assert all("示例数据，不代表灞桥区实际情况" in sheet for sheet in sheets)
    assert "登记表" in sheets[0]


@pytest.mark.parametrize(
    "path", [PAGES[0], "/planner/matrix?window=T3", "/planner/compare?window=T3", "/planner/report?lang=en"]
)
def test_no_switch_lies_outside_a_desk(live_server: LiveServer, open_page: PageOpener, path: str) -> None:
    page = open_page(1280, 800)
    page.goto(f"{live_server.url}{path}")
    row = page.locator(".switches-in")
    assert row.evaluate(
        "row => [row.scrollWidth - row.clientWidth, row.scrollHeight - row.clientHeight]"
    ) == [0, 0]
    ends = row.evaluate(
        "row => [...row.querySelectorAll('button, select, a')].filter(one => one.offsetParent)"
        ".map(one => one.getBoundingClientRect().right)"
    )
    assert len(ends) > 8
    assert max(ends) <= 1280


@pytest.mark.parametrize("path", [*PAGES, "/planner/report", "/planner/compare", "/planner/matrix", "/data"])
def test_headings_leave_out_no_level(live_server: LiveServer, open_page: PageOpener, path: str) -> None:
    page = open_page(1280, 800)
    page.goto(f"{live_server.url}{path}")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("width", [328, 520, 860])
def test_in_the_frame_the_map_ends_where_the_credits_begin(
    live_server: LiveServer, open_page: PageOpener, width: int
) -> None:
    page = open_page(width, 560)
    page.goto(f"{live_server.url}/planner/map?embed=1")
    box, credits = (page.locator(name).bounding_box() for name in (".leaflet-container", ".credits"))
    assert box and credits
    assert box["y"] + box["height"] <= credits["y"] + 0.5
    assert credits["y"] + credits["height"] <= 560.5


def test_the_maps_header_has_the_registers_date(live_server: LiveServer, open_page: PageOpener) -> None:
    page = open_page()
    told = []
    for path in ("/planner", "/planner/map"):
        page.goto(f"{live_server.url}{path}")
        told.append(page.locator(".facts .when").inner_text())
    assert told[0] == told[1]
    assert re.fullmatch(r"登记表 \d{4}-\d\d-\d\d · 63 站", told[1])


def test_what_the_map_shows_stays_through_reload_and_other_pages(
    live_server: LiveServer, open_page: PageOpener
) -> None:
    page = open_page()
    page.goto(f"{live_server.url}/planner/map?window=T3&amenities=hot_meal")
    page.get_by_role("button", name="缺口原因", exact=True).click()
    page.locator(".ticks input[data-layer=zones]").check()
    page.locator(".ticks input[data-layer=gaps]").uncheck()
    expect(page).to_have_url(re.compile(r"theme=cause&layers=(-gaps,zones|zones,-gaps)$"))
    page.reload()
    expect(page.locator(".legend[data-layer=cause]")).to_be_visible()
    expect(page.locator(".legend[data-layer=coverage]")).to_be_hidden()
    expect(page.locator(".ticks input[data-layer=zones]")).to_be_checked()
    expect(page.locator(".ticks input[data-layer=gaps]")).not_to_be_checked()
    expect(page.locator(".badge")).to_have_count(0)
    # by the tabs to the matrix, the report and back to the dashboard, whose frame shows the same
    for tab in ("服务矩阵", "报告", "总览"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator("nav [aria-current=page]")).to_have_text(tab)
        asked = parse_qs(urlsplit(page.url).query)
        assert (asked["theme"], asked["amenities"], asked["window"]) == (["cause"], ["hot_meal"], ["T3"])
        assert set(asked["layers"][0].split(",")) == {"-gaps", "zones"}
    frame = page.frame_locator("#map")
    expect(frame.locator("[data-theme=cause]")).to_have_attribute("aria-pressed", "true")
    # the dashboard's own address, links and switches follow what is done in its frame
    frame.get_by_role("button", name="覆盖", exact=True).click()
    expect(page).not_to_have_url(re.compile("theme="))
    assert "theme=" not in (page.get_by_role("link", name="全屏看图").get_attribute("href") or "")
    assert page.locator("form.switch input[name=theme]").count() == 0
    assert page.locator("form.switch input[name=layers]").count() > 0
