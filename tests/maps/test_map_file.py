"""``care-stations map FILE.html``: one file that works from a disk without a network, as the served map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.settings import Settings
from browsing import PageOpener, until

READY = "!!(window.CareMap && CareMap.map && CareMap.layers.coverage)"
CELLS = """() => { const c = CareMap.data.cells; let x = c.start[0], y = c.start[1]; const at = [[x, y]];
    c.x.forEach((step, n) => { x += step; y += c.y[n]; at.push([x, y]); });
    return at.map((p, n) => [p[0] / 1e5, p[1] / 1e5, c.demand[n], c.share[n]]); }"""


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'care.db'}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, store_url: str) -> Path:
    """The file as the command writes it."""
    made = tmp_path_factory.mktemp("map") / "缺口 图.html"
    assert run(["map", str(made), "--window", "T3", "--store", store_url]) == 0
    return made


@pytest.fixture(scope="module")
def client(store_url: str, file: Path) -> Iterator[TestClient]:
    """The API on the same store."""
    assert file.exists()
    with TestClient(create_app(Settings(store_url=store_url))) as made:
        yield made


def opened(page: Page, file: Path) -> list[str]:
    """Open the file without a network; what it asks for besides itself, growing as it does."""
    asked: list[str] = []
    page.context.set_offline(True)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    until(page, READY)
    return asked


def test_it_works_from_a_disk_without_a_network(page: Page, file: Path) -> None:
    asked = opened(page, file)
    expect(page.locator(".mk")).to_have_count(63)
    # a theme and its legend come together
    for key in ("cause", "minutes"):
        page.locator(f"[data-theme={key}]").click()
        expect(page.locator(f".legend[data-layer={key}]")).to_be_visible()
    expect(page.locator(".legend[data-layer=coverage]")).to_be_hidden()
    # a station opens by keyboard
    page.locator(".mk[tabindex='0'][title^='示例站']").nth(8).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_contain_text("示例站")
    page.keyboard.press("Escape")
    # a gap zooms
    before = page.evaluate("CareMap.map.getZoom()")
    page.evaluate("CareMap.choose(CareMap.map, 1, true)")
    until(page, f"CareMap.map.getZoom() > {before}")
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def test_its_cells_are_those_of_the_api(page: Page, file: Path, client: TestClient) -> None:
    opened(page, file)
    cells: list[Any] = page.evaluate(CELLS)
    assert len(cells) > 3000
    for lon, lat, demand, share in cells[::250]:
        found = client.get("/api/cell", params={"window": "T3", "lon": lon, "lat": lat}).json()
        assert demand == pytest.approx(found["demand"], rel=5e-3)
        assert abs(share - found["share"] * 100) <= 0.5
    covered = client.get("/api/coverage", params={"window": "T3"}).json()
    assert f"{int(covered['share'] * 100 + 0.5)}%" in page.locator(".panel, #panel, aside").first.inner_text()


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_in_the_file(open_page: PageOpener, file: Path, width: int) -> None:
    page = open_page(width, 800)
    opened(page, file)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wanted = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=wanted).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == []
