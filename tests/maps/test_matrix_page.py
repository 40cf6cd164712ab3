"""The matrix page: its numbers are the API's, its marks differ by more than colour, its rows obey."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from html import unescape
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from browsing import PageOpener
from finder_site import axe
from geo.amenities import catalogue
from maps.matrix_page import MatrixView
from maps.matrix_texts import MAIN_COLUMNS
from serving import LiveServer


class Grid(HTMLParser):
    """Rows of the matrix: class of the row, name, (class, text, words) of each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self._cell: list[str] | None = None
        self._name = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "tr":
            kind = given.get("class") or ""
            self.rows.append({"kind": kind, "key": given.get("data-station"), "name": "", "cells": []})
        elif tag == "button" and (given.get("class") or "").startswith("c "):
            self._cell = [(given["class"] or "")[2:], "", given["aria-label"] or "", given["title"] or ""]
            self.rows[-1]["cells"].append(self._cell)
        elif tag == "th":
            self._name = "name" in (given.get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._cell = None
        elif tag == "th":
            self._name = False

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell[1] += data
        elif self._name:
            self.rows[-1]["name"] += data

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Rows of a kind."""
        return [row for row in self.rows if row["kind"] == f"r-{kind}"]


def get(server: LiveServer, path: str) -> bytes:
    """The body at ``path``."""
    with urllib.request.urlopen(server.url + path) as answer:
        body: bytes = answer.read()
    return body


def grid(server: LiveServer, query: str = "") -> Grid:
    """The matrix under ``query``."""
    return Grid(get(server, f"/planner/matrix{query}").decode())


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_downloads_hold_the_gains_the_cells_tell(live_server: LiveServer, form: str) -> None:
    html = get(live_server, "/planner/matrix?window=T3").decode()
    href = re.search(rf'href="(/api/service-matrix[^"]*by=station[^"]*f={form})"', html)
    assert href is not None
    body = io.BytesIO(get(live_server, unescape(href[1])))
    table = pd.read_csv(body) if form == "csv" else pd.read_excel(body, sheet_name="数据")
    held = table.set_index("station_id")
    told = 0
    for row in Grid(html).of("station"):
        for code, cell in zip(MAIN_COLUMNS, row["cells"], strict=True):
            gain = re.search(r"多 ([\d,.]+) ", cell[2])
            if gain:
                value = float(held.loc[row["key"], f"gain_{code}"])
                assert value == pytest.approx(
                    float(gain[1].replace(",", "")), abs=0.5 if value >= 9.95 else 0.05
                )
                told += 1
    assert told > 50


@pytest.mark.parametrize("query", ["?window=T3", "?window=T6&day=weekend&minutes=10", "?group=courier"])
def test_cells_say_what_the_api_says(live_server: LiveServer, query: str) -> None:
    shown = grid(live_server, query)
    stations = json.loads(get(live_server, f"/api/service-matrix{query}&by=station"))["rows"]
    streets = json.loads(get(live_server, f"/api/service-matrix{query}&by=street"))["rows"]
    drawn = {row["key"]: row["cells"] for row in shown.of("station")}
    assert drawn.keys() == {row["station_id"] for row in stations}
    for row in stations:
        for code, cell in zip(MAIN_COLUMNS, drawn[row["station_id"]], strict=True):
            value, kind = row["services"][code]["value"], cell[0].removeprefix("k-")
            if value in ("broken", "unknown", "no", "nearby"):
                assert kind == value
            elif row["window_state"] == "unknown":
                assert kind == "time"
            elif row["window_state"] in ("closed", "not_serving"):
                assert kind == "shut"
            else:
                whole = "full" if row["window_state"] == "open" else "half"
                assert kind == ("limited" if value == "limited" else whole)
            gain, told = row["services"][code]["gain"], re.search(r"多 ([\d,.]+) ", cell[2])
            assert (told is not None) == (gain > 0 and kind in ("broken", "unknown", "no", "time"))
            if told:
                assert float(told[1].replace(",", "")) == pytest.approx(
                    gain, abs=0.5 if gain >= 9.95 else 0.05
                )
            since = row["services"][code]["checked_on"]
            if kind == "broken" and since:
                _, month, day = since.split("-")
                assert f"{int(month)}月{int(day)}日" in cell[2].replace(" ", "")
    of_api = {row["name"] or "全区": row for row in streets}
    for line in [*shown.of("area"), *shown.of("street")]:
        row = of_api[line["name"].split(" ")[0].strip("▾▸")]
        for code, (kind, text, *_) in zip(MAIN_COLUMNS, line["cells"], strict=True):
            share = row["services"][code]["share"]
            assert text == ("<1" if 0 < share < 0.005 else str(int(share * 100 + 0.5)))
            limits = [limit for limit in (0.60, 0.45, 0.30, 0.15) if share >= limit]
            assert kind == ("p0" if not share else f"p{1 + len(limits)}")


def test_marks_differ_by_more_than_colour(live_server: LiveServer) -> None:
    cells = [cell for row in grid(live_server, "?window=T3").of("station") for cell in row["cells"]]
    texts: dict[str, set[str]] = {}
    for kind, text, words, title in cells:
        texts.setdefault(kind, set()).add(text)
        assert words == title
        assert len(words) > 10
    assert texts["k-broken"] == {"✕坏"}
    assert texts["k-unknown"] == {"?"}
    assert texts["k-time"] == {"时间?"}
    assert texts["k-no"] == {"–"}
    assert texts["k-limited"] == {"限"}
    assert all(re.fullmatch(r"\d+米", text) for text in texts["k-nearby"])


def test_rows_are_sorted_folded_and_all_columns_shown(live_server: LiveServer) -> None:
    by_demand = [row["cells"] for row in grid(live_server, "?window=T3&sort=microwave").of("street")]
    shares = [float(cells[MAIN_COLUMNS.index("microwave")][1].replace("<1", "0.5")) for cells in by_demand]
    assert shares == sorted(shares, reverse=True)
    folded = grid(live_server, "?fold=*")
    assert not folded.of("station")
    assert len(folded.of("street")) == 9
    some = grid(live_server, "?fold=610111001")
    assert 0 < len(some.of("station")) < 63
    every = grid(live_server, "?columns=all")
    assert {len(row["cells"]) for row in every.of("station")} == {len(catalogue())}
    counts = grid(live_server, "?show=count&fold=*").of("area")[0]["cells"]
    rows = json.loads(get(live_server, "/api/service-matrix?by=street"))["rows"][-1]["services"]
    assert [cell[1] for cell in counts] == [str(rows[code]["available"]) for code in MAIN_COLUMNS]


def test_the_files_hold_the_same_numbers(live_server: LiveServer) -> None:
    html = get(live_server, "/planner/matrix?window=T3").decode()
    links = re.findall(r'href="(/api/service-matrix[^"]+)"', html)
    assert len(links) == 4
    for link in (link.replace("&amp;", "&") for link in links):
        body = get(live_server, link)
        by = "station" if "by=station" in link else "street"
        of_api = json.loads(get(live_server, re.sub(r"&f=\w+", "", link)))["rows"]
        if "xlsx" in link:
            book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
            assert {"数据", "字段说明", "参数与版本", "数据来源"} <= set(book.sheetnames)
            heads, *rows = book["数据"].iter_rows(values_only=True)
            table = pd.DataFrame(rows, columns=heads)
        else:
            table = pd.read_csv(io.BytesIO(body))
        if by == "station":
            wanted = [row["demand_covered"] for row in of_api]
            assert table["demand_covered"].tolist() == pytest.approx(wanted)
        else:
            wanted = [cell["share"] for row in of_api for cell in row["services"].values()]
            assert table["share"].tolist() == pytest.approx(wanted)


def test_an_address_that_makes_no_sense_is_the_default(live_server: LiveServer) -> None:
    assert MatrixView.read({"sort": "<script>", "show": "x", "columns": "9"}) == MatrixView()
    assert MatrixView.read(MatrixView(sort="aed", descending=True).parameters()).descending
    body = get(live_server, "/planner/matrix?sort=%3Cscript%3E&fold=%22%3E%3Cimg&window=T9").decode()
    assert "<img" not in body


@pytest.mark.parametrize(
    ("path", "width"),
    [("/planner/matrix?window=T3", 1280), ("/planner/matrix", 360), ("/planner/matrix?lang=en", 1280)],
)
def test_axe_finds_nothing_and_the_page_does_not_scroll_aside(
    open_page: PageOpener, live_server: LiveServer, path: str, width: int
) -> None:
    page = open_page(width, 740)
    answer = page.goto(live_server.url + path)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []


def test_a_cell_explains_itself_by_keyboard(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/matrix?window=T3")
    assert page.locator("button.c[tabindex='0']").count() == 1
    first = page.locator("button.c").first
    first.focus()
    tell = page.locator("#tell")
    expect(tell).to_be_visible()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    focused = page.locator("button.c:focus")
    words = focused.get_attribute("aria-label") or ""
    shown = tell.inner_text().replace("\n", "")
    assert words[:20] in shown
    assert tell.locator("a").count() == 2
    page.keyboard.press("Escape")
    expect(tell).to_be_hidden()
    # names and head stay in place while the grid scrolls
    page.locator("#grid").evaluate("grid => grid.scrollTo(0, 600)")
    head, names = page.locator("tr.heads th.name"), page.locator("tr.r-area th.name")
    box, grid_box = head.bounding_box(), page.locator("#grid").bounding_box()
    assert box and grid_box
    assert 0 <= box["y"] - grid_box["y"] < 40
    expect(names).to_be_in_viewport()


def test_stations_not_in_service_are_explained(live_server: LiveServer) -> None:
    with urllib.request.urlopen(f"{live_server.url}/planner/matrix") as answer:
        html = answer.read().decode()
    told = re.search(r"登记的 (\d+) 站里有 (\d+) 站", html)
    assert told is not None
    registered, in_service = map(int, told.groups())
    assert registered == html.count('<tr class="r-station"')
    head = html.partition('<tr class="r-area"')[2].partition("</tr>")[0]
    assert f"<small>{in_service} 站在用</small>" in head
    with urllib.request.urlopen(f"{live_server.url}/api/collections/stations/items?limit=1000") as answer:
        states = [one["properties"]["status"] for one in json.load(answer)["features"]]
    assert (in_service, registered) == (sum(one in ("operating", "trial") for one in states), len(states))
