"""One way to print a number: little is never nothing, a size nobody has isn't named, map and sheet agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from api.app import create_app
from api.cli import run
from api.register import shipped_register
from api.settings import Settings
from geo.metrics import Figure
from geo.store.keys import add_key
from geo.store.opening import open_store
from in_process import MONDAY_NOON
from maps.planner_metrics import figure_row
from maps.sheet_map import cause_class, coverage_class
from serving import LiveServer

Counted = Callable[[str], AbstractContextManager[TestClient]]


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """The shipped register with couriers counted at the places of a table."""

    @contextmanager
    def start(rows: str) -> Iterator[TestClient]:
        url, table = f"sqlite:///{tmp_path / 'n.db'}", tmp_path / "w.csv"
        table.write_text(f"lon,lat,count\n{rows}", encoding="utf-8")
        asked = ["--store", url, "--datum", "wgs84", "--group", "courier"]
        assert run(["demand", "import", str(table), *asked]) == 0
        store = open_store(url, shipped_register)
        app = create_app(Settings(), store)
        app.state.service.clock = lambda: MONDAY_NOON
        with TestClient(app) as client:
            yield client
        store.close()

    return start


def test_a_share_of_one_in_a_thousand_is_never_zero_percent(counted: Counted) -> None:
    """Two couriers near stations, 1,998 on the hill of 狄寨 that no station reaches: at most 0.1 %."""
    with counted("109.0582,34.2705,2\n109.12,34.19,1998\n") as client:
        share = client.get("/api/coverage").json()["share"]
        page, over, sheet, compared = (
            client.get(f"/planner{where}").text for where in ("", "/map", "/report", "/compare")
        )
    assert 0 < share <= 0.001
    assert "<b>&lt;1</b><span>%</span>" in page
    assert re.search(r'<span class="fine">[^<]*&lt;1%', over)
    assert "不到1%" in sheet
    assert "&lt;1 → &lt;1" in compared


def test_only_sizes_that_are_drawn_are_named(counted: Counted) -> None:
    """50 couriers in one cell are 50 × 24 × 7 = 8,400 worker-hours a week: one size, no range."""
    with counted("109.0582,34.2705,50\n") as client:
        over, english, sheet = (
            client.get(f"/planner{where}").text for where in ("/map", "/map?lang=en", "/report")
        )
    assert "格子大小：≥8,400；没有需求的格子不画" in over
    assert "Cell size: ≥8,400; cells without demand" in english
    assert "8,400–8,400" not in over + english + sheet
    assert "&lt;8,400" not in over + sheet
    assert "8,400以上" in sheet


def test_a_cell_has_one_class_on_map_and_sheet() -> None:
    """Of 10 each: 6, 5, 4 and 0 in reach, and 0 with 3 where unknown hours were open."""
    cells = pd.DataFrame(
        {
            "demand": [10.0] * 5,
            "covered": [6.0, 5.0, 4.0, 0.0, 0.0],
            "covered_twice": [5.0, 4.0, 4.0, 0.0, 0.0],
            "covered_if_unknown_open": [6.0, 5.0, 4.0, 0.0, 3.0],
            "unknown": [0.0, 0.0, 0.0, 0.0, 3.0],
            "lacks_service": [0.0] * 5,
            "closed": [4.0, 5.0, 6.0, 0.0, 0.0],
            "nothing_near": [0.0, 0.0, 0.0, 10.0, 7.0],
        }
    )
    assert list(coverage_class(cells, is_hours=True)) == ["twice", "once", "part", "none", "unverified"]
    assert list(coverage_class(cells, is_hours=False)) == ["part", "part", "part", "none", "unverified"]
    assert list(cause_class(cells)) == ["served", "served", "closed", "nothing_near", "nothing_near"]


@pytest.mark.parametrize("asked", ["", "?window=T3", "?amenities=hot_meal"])
def test_the_report_counts_what_the_map_counts(planner: TestClient, asked: str) -> None:
    over, sheet = (planner.get(f"/planner/{name}{asked}").text for name in ("map", "report"))
    legend = over.split('data-layer="coverage"')[1].split("data-layer=")[0]
    drawn = re.findall(r">([\d,]+)</", legend)[:5]
    printed = re.findall(r"<b>([\d,]+)</b></li>", sheet.split('class="r-legend"')[1])[:5]
    assert len(drawn) == 5 and drawn == printed
    assert ("过半时间走得到" in sheet) == ("window" not in asked)


def test_parts_have_the_digits_their_figure_has() -> None:
    """0.179 / 0.483 is 0.37; printed as 0.2 / 0.5 it would be 0.40."""
    figure = Figure("gini", "基尼", "Gini", 0.1788 / 0.4833, "index", 0.1788, 0.4833)
    row = figure_row(figure, "zh")
    assert (row.value, row.parts) == ("0.37", "0.179 / 0.483")


def test_the_report_page_offers_all_layers(planner: TestClient) -> None:
    sheet = planner.get("/planner/report?window=T3").text
    assert "全部图层" in sheet
    file = planner.get(re.findall(r'href="(/planner/map\.gpkg[^"]*)"', sheet)[0])
    assert file.status_code == 200 and file.content.startswith(b"SQLite format 3\0")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_heading_never_runs_under_its_definition(
    page: Page, live_server: LiveServer, width: int, lang: str
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/planner?lang={lang}")
    apart = page.evaluate(
        """() => ['h-share', 'h-causes'].map(id => {
          const words = document.getElementById(id), range = document.createRange();
          range.selectNodeContents(words);
          const more = words.parentElement.querySelector('.what > summary').getBoundingClientRect();
          return [...range.getClientRects()].every(r => r.right <= more.left || r.top >= more.bottom);
        })"""
    )
    assert apart == [True, True]


def test_two_versions_of_the_register_say_which_stations_differ(tmp_path: Path) -> None:
    """Version 2 has another phone and hours at one door; version 3 a new station."""
    store = open_store(f"sqlite:///{tmp_path / 'v.db'}", shipped_register)
    headers = {"Authorization": f"Bearer {add_key(store, 'clerk', 'keeper')}"}
    items = "/api/collections/stations/items"
    with TestClient(create_app(Settings(), store)) as client:

        def told(a: str, b: str) -> list[tuple[str, str, str]]:
            html = client.get("/planner/compare", params={"a": a, "b": b, "lang": "en"}).text
            row = r'<li><i>(\w+)</i> <span lang="zh-CN">([^<]*)</span>(?:<small>([^<]*)</small>)?</li>'
            return re.findall(row, html)

        known = client.get(f"{items}/BQ-E02")
        name = known.json()["properties"]["name"]
        merge = {"Content-Type": "application/merge-patch+json", "If-Match": known.headers["etag"]}
        change = {"properties": {"hours": "24/7", "phone": "029-8352 1234"}}
        assert client.patch(f"{items}/BQ-E02", json=change, headers=headers | merge).status_code == 200
        changed = told("v1", "")
        assert [(kind, station) for kind, station, _ in changed] == [("Changed", name)]
        assert {"Opening hours", "Public phone"} <= set(changed[0][2].split(", "))
        assert told("v1", "v1") == [] and told("", "") == []
        made = {"name": "<b>新站", "status": "operating"}
        point = {"type": "Point", "coordinates": [109.06, 34.27]}
        new = {"type": "Feature", "geometry": point, "properties": made}
        assert client.post(items, json=new, headers=headers).status_code == 201
        assert told("v2", "") == [("Added", "&lt;b&gt;新站", "")]
        assert told("", "v2") == [("Gone", "&lt;b&gt;新站", "")]
        assert told("v1", '{"closed":["BQ-E02"]}') == []
    store.close()


def test_a_comparison_on_the_map_has_one_decimal_as_beside_it(planner: TestClient) -> None:
    plan = {"b": '{"hours":{"BQ-E08":"24/7"}}'}
    compared, over = (planner.get(f"/planner/{page}", params=plan).text for page in ("compare", "map"))
    before, after = re.findall(r"<strong[^>]*>([\d.]+%)</strong>", compared)
    assert before != after
    line = re.findall(r'class="plan-line">([^<]*)<', over)[0]
    assert f"{before} → {after}" in line


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_no_theme_lies_under_the_tools(page: Page, live_server: LiveServer, lang: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server.url}/planner/map?lang={lang}&b=%7B%22closed%22%3A%5B%22BQ-E04%22%5D%7D")
    page.locator(".themes button").nth(4).wait_for()
    covered = page.evaluate(
        """() => [...document.querySelectorAll('.themes button')].filter(b => {
          const r = b.getBoundingClientRect(), y = r.top + r.height / 2;
          return [r.left + 2, r.right - 2].some(x => document.elementFromPoint(x, y) !== b);
        }).map(b => b.textContent)"""
    )
    assert covered == []


def test_every_part_of_the_dashboard_says_how_its_numbers_are_made(planner: TestClient) -> None:
    page = planner.get("/planner").text
    for part in ("h-share", "h-clock", "h-causes", "h-gaps"):
        section = page.split(f'aria-labelledby="{part}"')[1].split("</section>")[0]
        assert "<summary>这个数怎么算</summary>" in section
    assert "一处最多 12 格" in page and "同一刻钟走得到两个以上" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_name_lies_half_under_the_legend_of_the_difference(
    page: Page, live_server: LiveServer, lang: str
) -> None:
    page.goto(f"{live_server.url}/planner/compare?lang={lang}&b=%7B%22closed%22%3A%5B%22BQ-E04%22%5D%7D")
    under, names = page.evaluate(
        """() => {
          const legend = document.querySelector('.c-legend').getBoundingClientRect();
          const texts = [...document.querySelectorAll('#map > svg text')];
          const names = texts.filter(t => t.textContent.length > 1);
          const under = names.filter(t => {
            const r = t.getBoundingClientRect();
            const beside = r.right <= legend.left || r.left >= legend.right;
            return !beside && r.bottom > legend.top && r.top < legend.bottom;
          });
          return [under.map(t => t.textContent), names.length];
        }"""
    )
    assert under == [] and names > 20
