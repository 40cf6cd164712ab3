"""The planner's map as picture and layers, its locator, its tables; the words follow the areas it draws."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from playwright.sync_api import Page, expect

from geo.areas import Areas, shipped_areas
from maps.ground import ground_data
from maps.map_credits import credit_lines
from maps.planner_map import ground_legend
from serving import LiveServer

QUESTION = "window=T3&amenities=hot_meal"
LAND, OUTSIDE = (0xFB, 0xFA, 0xF6), (0xE7, 0xEB, 0xE7)


def imported() -> Areas:
    """The shipped areas as somebody's own, surveyed ones."""
    areas = shipped_areas()
    own = {"areas_basis": "survey 2026", "source": "区民政局 <2026>"}
    return Areas(replace(areas.district, **own), tuple(replace(one, **own) for one in areas.streets))


def test_the_picture_shows_the_map(planner: TestClient) -> None:
    answered = planner.get(f"/planner/map.png?{QUESTION}")
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(answered.content)).convert("RGB")
    assert picture.size == (3200, 2400)
    colours = {colour for _, colour in picture.getcolors(maxcolors=10_000_000) or []}
    assert {LAND, OUTSIDE, (0x1E, 0x7B, 0x74), (0x7C, 0xBD, 0xB3), (0xB8, 0x73, 0x3D)} <= colours


def test_without_chromium_it_says_what_to_install(
    planner: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answered = planner.get(f"/planner/map.png?{QUESTION}")
    assert answered.status_code == 501
    assert "chromium" in answered.text.lower()


def test_layers_hold_the_numbers_of_the_api(planner: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "map.gpkg"
    file.write_bytes(planner.get(f"/planner/map.gpkg?{QUESTION}").content)
    told = planner.get(f"/api/coverage?{QUESTION}").json()
    cells = gpd.read_file(file, layer="demand_cells")
    assert cells.crs == "EPSG:4326"
    assert cells["demand"].sum() == pytest.approx(told["demand"])
    assert cells["covered"].sum() == pytest.approx(told["demand_covered"])
    gaps = planner.get(f"/api/gaps?{QUESTION}").json()["gaps"]
    layer = gpd.read_file(file, layer="gaps")
    assert layer["unserved"].tolist() == pytest.approx([gap["unserved"] for gap in gaps])
    assert len(gpd.read_file(file, layer="stations")) == 63


def test_the_locator_follows_the_view(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    expect(page.locator(".mk").first).to_be_visible()
    box = page.locator("#locator").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (88, 100)  # 86 x 98 within its border
    view = page.locator("#locator .view")
    whole = float(view.get_attribute("width") or 0)
    page.evaluate("void CareMap.map.setView([34.31, 109.05], 14, {animate: false})")
    page.wait_for_timeout(200)
    assert float(view.get_attribute("width") or 0) < whole / 2
    # 109.05 E, 34.31 N stands in the middle of the rectangle, by the district's own bounds
    west, _, east, _ = shipped_areas().district.geometry.bounds
    middle = float(view.get_attribute("x") or 0) + float(view.get_attribute("width") or 0) / 2
    path = page.locator("#locator path").evaluate("e => { const b = e.getBBox(); return [b.x, b.width]; }")
    assert middle == pytest.approx(path[0] + (109.05 - west) / (east - west) * path[1], abs=1.0)


def test_as_a_table_opens_the_table_with_the_same_gaps(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner?{QUESTION}")
    amounts = page.locator(".g-amount").all_text_contents()
    page.get_by_role("link", name="看成表格").click()
    expect(page.locator("#table")).to_have_attribute("open", "")
    expect(page.locator("#gap-table tbody tr")).to_have_count(len(amounts))
    assert page.locator("#gap-table tbody td:nth-child(4)").all_text_contents() == amounts
    expect(page.locator("#station-table tbody tr")).to_have_count(63)


def test_words_say_rough_only_of_rough_lines() -> None:
    def legend(areas: Areas) -> str:
        return " ".join(row.words for block in ground_legend(areas, "zh") for row in block.rows)

    assert "示意" in legend(shipped_areas())
    assert "示意" not in legend(imported())
    assert "示意" not in " ".join(credit_lines("zh", None, areas=imported()))
    assert "区民政局 <2026>" in " ".join(credit_lines("zh", None, areas=imported()))
    assert credit_lines("zh", None, areas=shipped_areas()) == credit_lines("zh", None)
    assert credit_lines("zh", "GS(2026)1号")[-1] == "审图号：GS(2026)1号"


def test_the_finders_ground_draws_the_areas_it_is_given() -> None:
    areas = imported()
    one = areas.streets[0]
    shown = ground_data(areas=Areas(areas.district, (one,)))
    streets = shown["layers"][1]
    assert len(streets["features"]) == 1
    assert "示意" not in shown["credit"]
