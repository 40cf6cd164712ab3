"""A scenario over the planner's map: marks, difference, legend; in the page and in the command's file."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect

from api.cli import run
from browsing import PageOpener, until
from geo.scenario_difference import CLASSES
from maps.map_layers_scenario import DIFFERENCE
from serving import LiveServer

HOSTILE = "香王<img src=x onerror=alert(1)></template><script>alert(2)</script>"
PLAN = {
    "name": "盘活",
    "closed": ["BQ-E01"],
    "hours": {"BQ-E02": "24/7"},
    "equipped": {"BQ-E03": ["microwave"]},
    "sites": [{"name": HOSTILE, "lon": 109.08, "lat": 34.25, "hours": "24/7"}],
}
QUESTION = f"window=T3&b={quote(json.dumps(PLAN, ensure_ascii=False))}"
READY = "!!(window.CareMap && CareMap.map && CareMap.layers.difference)"


def test_classes_are_those_of_the_difference() -> None:
    assert tuple(one.key for one in DIFFERENCE) == CLASSES


def test_compare_leads_to_the_map_with_marks_and_difference(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/compare?{QUESTION}")
    rows = page.locator(".c-rows tbody tr").first.locator("td").all_inner_texts()
    told = page.locator(".c-legend > ul:not(.marks) b").all_inner_texts()
    page.get_by_role("link", name="在地图上看").click()
    until(page, READY)
    a, b = rows[:2]
    expect(page.locator(".plan-line")).to_contain_text(f"{a} → {b}")
    legend = page.locator(".legend[data-layer=difference]")
    assert legend.locator("li b").all_inner_texts() == told
    expect(page.locator(".legend[data-layer=plan] li b")).to_have_text(["1", "1", "1", "1"])
    expect(page.locator(".mk-plan")).to_have_count(4)
    # each layer takes its legend away with it
    for key in ("plan", "difference"):
        page.locator(f".ticks input[data-layer={key}]").uncheck()
        expect(page.locator(f".legend[data-layer={key}]")).to_be_hidden()
    expect(page.locator(".mk-plan")).to_have_count(0)
    page.get_by_role("button", name="覆盖", exact=True).click()
    expect(page.locator(".legend[data-layer=coverage]")).to_be_visible()
    expect(legend).to_be_hidden()


def test_a_hostile_name_stays_text(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/map?{QUESTION}")
    until(page, READY)
    page.locator(".mk-plan.new").dispatch_event("click")
    expect(page.locator(".leaflet-popup h2")).to_have_text(HOSTILE)
    expect(page.locator(".leaflet-popup img")).to_have_count(0)


def test_what_cannot_be_compared_says_why(page: Page, live_server: LiveServer) -> None:
    unknown = quote(json.dumps({"closed": ["nobody"]}))
    page.goto(f"{live_server.url}/planner/map?b={unknown}")
    expect(page.get_by_role("alert")).to_contain_text("nobody")
    expect(page.locator(".mk").first).to_be_visible()


def test_the_command_writes_the_same_map(open_page: PageOpener, tmp_path: Path) -> None:
    plan, out = tmp_path / "plan.json", tmp_path / "map.html"
    plan.write_text(json.dumps(PLAN), encoding="utf-8")
    store = f"sqlite:///{tmp_path / 'm.db'}"
    asked = ["--scenario", str(plan), "--window", "T3", "--store", store]
    assert run(["map", str(out), *asked]) == 0
    page = open_page()
    page.goto(out.as_uri())
    until(page, READY)
    expect(page.locator(".mk-plan")).to_have_count(4)
    expect(page.locator(".legend[data-layer=difference]")).to_be_visible()
    assert run(["map", str(out), "--window", "T9", "--store", store]) == 2
    plan.write_text("{", encoding="utf-8")
    assert run(["map", str(out), *asked]) != 0
