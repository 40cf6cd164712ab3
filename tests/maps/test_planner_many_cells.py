"""50,000 cells on the planner's map in a real Chromium: a picture, right in place, colour and value."""

from __future__ import annotations

import io
import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, Response, expect

from api.register import shipped_register
from browsing import until
from geo.areas import shipped_areas
from geo.demand import Demand
from geo.demand_cells import area_cells, cell_table
from geo.store.opening import open_store
from geo.store.planning_layers import keep_demand
from serving import LiveServer

CELLS = 50_000
QUESTION = "window=T3"
SHOWN = "!!document.querySelector('.cells-now')"
patient = partial(until, limit_s=20)
MOST_PAGE_BYTES, MOST_HTML_BYTES = 250_000, 80_000


@pytest.fixture(scope="module")
def demand() -> Demand:
    """Counts on the 50,000 westernmost cells of 0.002 km², of three sizes in turn."""
    areas = shipped_areas()
    table = cell_table(areas, area_cells(areas, 11))
    cells = table.sort_values("lon").head(CELLS).sort_values("cell").reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "cell": cells["cell"],
            "group": "courier",
            "window": "T3",
            "day_type": "weekday",
            "demand": [1.0 + number % 3 for number in range(CELLS)],
        }
    )
    return Demand(cells, rows, "measured", areas.basis)


@pytest.fixture(scope="module")
def server(demand: Demand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose register counts workers on all those cells, its map asked for once."""
    folder = tmp_path_factory.mktemp("many-cells")
    url = f"sqlite:///{folder / 'many.db'}"
    store = open_store(url, shipped_register)
    keep_demand(store, demand)
    store.close()
    running = LiveServer(folder, url)
    running.start()
    try:
        wait_for_map(running)
        yield running
    finally:
        running.close()


@pytest.fixture
def cells_map(page: Page, server: LiveServer) -> Page:
    """The map with the first picture on it, nothing above the cells."""
    page.goto(f"{server.url}/planner/map?{QUESTION}")
    patient(page, f"!!(window.CareMap && CareMap.map) && {SHOWN}")
    page.evaluate("['gaps', 'service', 'streets', 'places'].forEach(key => CareMap.layers[key].remove())")
    return page


def wait_for_map(server: LiveServer) -> None:
    """Ask until the analysis is there: the demand may still be read, and is worked on once."""
    for _ in range(60):
        try:
            with urllib.request.urlopen(f"{server.url}/planner/map?{QUESTION}", timeout=120):
                return
        except urllib.error.HTTPError as error:
            assert error.code == 503
    pytest.fail("the map never opened")


def told(server: LiveServer, lon: float, lat: float) -> dict[str, Any]:
    """The API's figures of the cell at a place."""
    with urllib.request.urlopen(f"{server.url}/api/cell?{QUESTION}&lon={lon}&lat={lat}") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def look_at(page: Page, lon: float, lat: float, zoom: float) -> tuple[float, float]:
    """Bring a place into the middle, wait for its picture; return where it lies in the window."""
    page.evaluate("at => { CareMap.map.setView([at[1], at[0]], at[2], {animate: false}); }", [lon, lat, zoom])
    patient(
        page,
        """() => { const map = CareMap.map, now = document.querySelector('.cells-now');
        if (!now || now.naturalWidth !== now.width || now.naturalHeight !== now.height) { return false; }
        const a = now.getBoundingClientRect(), b = map.getContainer().getBoundingClientRect();
        return a.left < b.left + b.width / 2 && a.right > b.left + b.width / 2
            && a.top < b.top + b.height / 2 && a.bottom > b.top + b.height / 2; }""",
    )
    x, y = page.evaluate(
        """at => { const p = CareMap.map.latLngToContainerPoint([at[1], at[0]]);
        const box = CareMap.map.getContainer().getBoundingClientRect();
        return [p.x + box.left, p.y + box.top]; }""",
        [lon, lat],
    )
    return x, y


def coverage_class(cell: dict[str, Any]) -> int:
    """The design's class of a cell: two, one, part of the time, none, unverified."""
    share, most, twice = (cell[name] for name in ("share", "share_if_unknown_open", "share_covered_twice"))
    if share >= 0.995:
        return 0 if twice >= 0.995 else 1
    if share > 0:
        return 2
    return 3 if most <= 0 else 4


@pytest.fixture
def some_cells(demand: Demand) -> Callable[[int], list[tuple[float, float]]]:
    """Centres of cells taken by chance, among them some around stations."""
    places = list(zip(demand.cells["lon"].tolist(), demand.cells["lat"].tolist(), strict=True))

    def chosen(count: int) -> list[tuple[float, float]]:
        return random.Random(11).sample(places, count)

    return chosen


def test_first_visit_stays_within_its_budget(page: Page, server: LiveServer) -> None:
    sizes: dict[str, int] = {}

    def count(response: Response) -> None:
        told = response.request.sizes()
        sizes[response.url] = told["responseBodySize"] + told["responseHeadersSize"]

    page.on("requestfinished", lambda request: count(request.response()))
    page.goto(f"{server.url}/planner/map?{QUESTION}")
    patient(page, SHOWN)
    page.wait_for_timeout(300)
    pictures = [url for url in sizes if "cells.png" in url]
    assert len(pictures) == 1
    assert sizes[page.url] <= MOST_HTML_BYTES
    assert 50_000 < sum(sizes.values()) <= MOST_PAGE_BYTES
    assert page.evaluate("CareMap.data.cells.count") == CELLS
    assert page.locator(".leaflet-cells-pane path").count() == 0
    expect(page.locator(".legend[data-layer=coverage]")).to_contain_text("看不清时，不分大小")


def test_a_click_says_what_the_api_says(
    cells_map: Page, server: LiveServer, some_cells: Callable[[int], list[tuple[float, float]]]
) -> None:
    for lon, lat in some_cells(12):
        x, y = look_at(cells_map, lon, lat, 16)
        cells_map.mouse.click(x, y)
        found = told(server, lon, lat)
        tip = cells_map.locator(".leaflet-popup .cell-tip")
        expect(tip).to_contain_text(f"{found['demand']:g}")
        share, most = (int(found[name] * 100 + 0.5) for name in ("share", "share_if_unknown_open"))
        expect(tip).to_contain_text(f"走得到 {share}%，若未核实算开 {most}%")
        expect(tip).to_contain_text(f"最近站 {int(found['nearest_min'] + 0.5)} 分钟")
        cells_map.evaluate("() => { CareMap.map.closePopup(); }")
        expect(tip).to_have_count(0)


def test_cells_have_the_colour_of_their_swatch_and_lie_in_their_place(
    cells_map: Page, server: LiveServer, some_cells: Callable[[int], list[tuple[float, float]]]
) -> None:
    seen = set()
    for lon, lat in some_cells(400):
        number = coverage_class(told(server, lon, lat))
        if number in seen:
            continue
        if len(seen) == 4:
            break
        seen.add(number)
        x, y = look_at(cells_map, lon, lat, 15.75)
        picture = Image.open(io.BytesIO(cells_map.screenshot())).convert("RGB")
        swatch = cells_map.locator(f".legend use[href='#cell-coverage-{number}']").bounding_box()
        assert swatch
        middle = (int(swatch["x"] + swatch["width"] / 2), int(swatch["y"] + swatch["height"] / 2))
        assert picture.getpixel((int(x), int(y))) == picture.getpixel(middle)
    assert len(seen) >= 3


def test_pictures_follow_the_view_pixel_for_pixel(cells_map: Page, demand: Demand) -> None:
    lon, lat = (float(demand.cells[name].median()) for name in ("lon", "lat"))
    sharp = """() => { const now = document.querySelectorAll('.cells-now');
        return now.length === 1 && now[0].naturalWidth === now[0].width
            && now[0].naturalHeight === now[0].height; }"""
    for zoom in (10, 12.25, 13.5, 17):
        look_at(cells_map, lon, lat, zoom)
        patient(cells_map, sharp)
    asked: list[str] = []
    cells_map.on("request", lambda request: asked.append(request.url))
    cells_map.evaluate("() => { CareMap.map.panBy([200, 0], {animate: false}); }")
    cells_map.wait_for_timeout(300)
    assert asked == []  # the margin holds it
    cells_map.evaluate("() => { CareMap.map.panBy([0, -900], {animate: false}); }")
    patient(cells_map, sharp)
    cells_map.wait_for_timeout(300)
    assert len(asked) == 1
    assert cells_map.evaluate("getComputedStyle(document.querySelector('.cells-now')).imageRendering") == (
        "pixelated"
    )


def test_on_paper_all_cells_are_shown(cells_map: Page, demand: Demand) -> None:
    lon, lat = (float(demand.cells[name].median()) for name in ("lon", "lat"))
    look_at(cells_map, lon, lat, 16)
    patient(
        cells_map,
        "!!document.querySelector('.cells-paper') && document.querySelector('.cells-paper').complete",
    )
    assert cells_map.locator(".cells-paper").count() == 1
    expect(cells_map.locator(".cells-paper")).to_be_hidden()
    cells_map.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(cells_map.locator(".cells-paper")).to_be_visible()
    expect(cells_map.locator(".cells-now").first).to_be_hidden()
    cells_map.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(cells_map.locator(".cells-paper")).to_be_hidden()
    expect(cells_map.locator(".cells-now").first).to_be_visible()
