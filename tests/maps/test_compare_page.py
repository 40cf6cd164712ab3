"""The comparison as a page: a scenario is made, undone, saved, loaded; figures are the API's; all in time."""

from __future__ import annotations

import io
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from browsing import PageOpener
from finder_site import axe
from geo.scenario import NewSite, Scenario, read_scenario
from serving import LiveServer

PLAN = Scenario(
    name="盘活",
    closed=("BQ-E03",),
    hours=(("BQ-E04", "24/7"),),
    sites=(NewSite("香王", 109.06, 34.25), NewSite("水流", 109.03, 34.38)),
)


def address(server: LiveServer, path: str = "", **values: str) -> str:
    """An address of the comparison."""
    return f"{server.url}/planner/compare{path}?{urlencode(values)}"


def body(url: str) -> bytes:
    """What stands at ``url``."""
    with urllib.request.urlopen(url) as answer:
        found: bytes = answer.read()
    return found


def figures(html: str) -> dict[str, tuple[str, str, str]]:
    """The rows of the numbers side by side."""
    cell = r"<td>([^<]*)</td>"
    row = rf'<tr><th scope="row">([^<]+)</th>{cell}<td><b>([^<]*)</b></td><td class="\w+">([^<]*)</td>'
    rows = re.findall(row, html)
    return {name: (a, b, change) for name, a, b, change in rows}


def test_a_is_what_the_api_says(live_server: LiveServer) -> None:
    html = body(address(live_server, window="T3", b=PLAN.to_json())).decode()
    told = json.loads(body(f"{live_server.url}/api/coverage?window=T3"))
    shown = figures(html)
    a, b, change = next(value for name, value in shown.items() if "步行覆盖率" in name)
    assert a == f"{int(told['share'] * 1000 + 0.5) / 10:.1f}%"
    assert change == f"{'+' if float(b[:-1]) > float(a[:-1]) else '−'}" + change[1:]
    covered = next(value for name, value in shown.items() if name.startswith("走得到"))
    assert covered[0] == f"{told['demand_covered']:,.0f}"
    assert "权重" in html and "走得到（人）" not in html
    assert 'role="img"' in html


def test_the_same_on_both_sides_changes_nothing(live_server: LiveServer) -> None:
    for values in ({}, {"a": PLAN.to_json(), "b": PLAN.to_json()}, {"a": "v1"}):
        shown = figures(body(address(live_server, **values)).decode())
        assert all(a == b for a, b, _ in shown.values())
        assert len(shown) == 5


def test_a_scenario_is_worked_out_within_a_second(live_server: LiveServer) -> None:
    body(address(live_server))  # the present register is known by then
    taken = []
    for number in range(3):
        plan = PLAN.with_site(NewSite(f"新 {number}", 109.0 + number / 100, 34.3))
        started = time.perf_counter()
        body(address(live_server, b=plan.to_json()))
        taken.append(time.perf_counter() - started)
    assert min(taken) < 1


def test_the_workbook_holds_the_page(live_server: LiveServer) -> None:
    html = body(address(live_server, window="T3", b=PLAN.to_json())).decode()
    link = re.search(r'href="(/planner/compare/difference\.xlsx[^"]+)"', html)
    assert link is not None
    book = openpyxl.load_workbook(io.BytesIO(body(live_server.url + link[1].replace("&amp;", "&"))))
    heads, *rows = book["数据"].iter_rows(values_only=True)
    lines = [dict(zip(heads, row, strict=True)) for row in rows]
    total = lines[0]
    shown = next(value for name, value in figures(html).items() if "步行覆盖率" in name)
    assert f"{int(total['share_b'] * 1000 + 0.5) / 10:.1f}%" == shown[1]
    streets = [line for line in lines if line["scope"] == "street"]
    assert sum(line["covered_b"] for line in streets) == pytest.approx(total["covered_b"])
    steps = list(book["改动"].iter_rows(min_row=2, values_only=True))
    assert sum(row[2] for row in steps) == pytest.approx(total["covered_b"] - total["covered_a"])
    explained = {row[1] for row in book["字段说明"].iter_rows(values_only=True)}
    assert set(heads) <= explained


def test_a_scenario_is_saved_and_read_back(live_server: LiveServer) -> None:
    saved = body(address(live_server, "/scenario.json", b=PLAN.to_json())).decode()
    assert read_scenario(saved) == PLAN


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ('{"closed": ["BQ-999"]}', "BQ-999"),
        (
            '{"hours": {"BQ-E01": "whenever"}}',
            "BQ-E01：开放时间读不懂，写法如 Mo-Su 08:00-20:00 或 24/7（whenever）",
        ),
        ("{", "方案不是 JSON 文件"),
        ("z.broken", "方案不是 JSON 文件"),
        ("[]", "方案要写成一个 JSON 对象"),
        ('{"colour": 1}', "不认识的内容 colour"),
        ('{"equipped": {"BQ-E01": ["sauna"]}}', "BQ-E01：equipped 里要写设施代码的列表"),
        ('{"sites": [{"lon": 34.2, "lat": 109.0}]}', "new-1：新站的经纬度不在范围内"),
        ('{"sites": [{"lon": "x", "lat": 34}]}', "new-1：新站的经纬度要是数字（x）"),
        ('{"name": "</script><img src=x>", "closed": ["<b>"]}', "&lt;b&gt;"),
        ("v99", "登记表没有第 99 版"),
    ],
)
def test_what_cannot_be_compared_is_told_in_place(live_server: LiveServer, plan: str, says: str) -> None:
    html = body(address(live_server, b=plan)).decode()
    assert "没有算成" in html
    assert says in html
    assert "<img" not in html
    with pytest.raises(urllib.error.HTTPError) as caught:
        body(address(live_server, "/difference.xlsx", b=plan))
    assert caught.value.code in (400, 404)
    caught.value.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PK\x03\x04 not JSON at all", "方案不是 JSON 文件"),
        ('{"closed": ["BQ-999"]}', "登记表里没有这个站（BQ-999）"),
        ('{"hours": {"BQ-E01": "</textarea><img src=x>"}}', "开放时间读不懂"),
        ('{"name": "' + "测" * 15_000 + '"}', "方案名称要是不超过 100 字的文字"),
        ("测" * 20_000, "方案超过 16000 个字"),
        ("[" * 9_000, "方案不是 JSON 文件"),
    ],
    ids=["not JSON", "no such station", "bad hours", "long name", "long", "deep"],
)
def test_a_bad_file_is_told_in_the_page(live_server: LiveServer, text: str, says: str) -> None:
    sent = urlencode({"b": text}).encode()
    with urllib.request.urlopen(address(live_server, window="T3"), sent) as answer:
        html = answer.read().decode()
    assert "没有算成" in html
    assert says in html
    assert "<img" not in html


def test_a_large_scenario_is_opened(live_server: LiveServer) -> None:
    sites = tuple(NewSite(f"候选点 {n}", 109.0 + n / 1000, 34.2 + n / 1000) for n in range(120))
    plan = Scenario("盘活", sites=sites)
    assert len(plan.to_json()) < 16_000
    with urllib.request.urlopen(address(live_server), urlencode({"b": plan.to_json()}).encode()) as answer:
        html = answer.read().decode()
        shown = parse_qs(urlsplit(answer.url).query)["b"][0]
    assert read_scenario(shown) == plan
    assert "B 的 120 项改动" in html


def test_both_sides_and_the_map_stand_as_figures_too(live_server: LiveServer) -> None:
    html = body(address(live_server, window="T3", b=PLAN.to_json())).decode()
    shares = re.findall(r"<strong[^>]*>([\d.]+%)</strong></figcaption>", html)
    row = next(value for name, value in figures(html).items() if "步行覆盖率" in name)
    assert tuple(shares) == row[:2]
    table = html.partition('<details class="c-table">')[2].partition("</details>")[0]
    lines = [re.findall(r'<td class="n">([\d.,]+)</td>', line) for line in table.split("<tr>")[2:]]
    assert len(lines) == 9
    told = [sum(float(line[kind].replace(",", "")) for line in lines) for kind in range(5)]
    legend = html.partition('<div class="c-legend">')[2].partition("</ul>")[0]
    drawn = [float(value.replace(",", "")) for value in re.findall(r"<b>([\d.,]+)</b></li>", legend)]
    assert told == pytest.approx(drawn, abs=5)  # each of nine lines is rounded to a whole
    assert sum(drawn) == pytest.approx(6000, abs=3)


def test_a_place_is_chosen_with_the_arrow_keys(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner/compare?window=T3")
    page.locator("#pick").focus()
    expect(page.locator("#pick-hint")).to_be_visible()
    page.keyboard.press("Enter")
    before = [float(page.locator(field).input_value()) for field in ("#f-lon", "#f-lat")]
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    lon, lat = (float(page.locator(field).input_value()) for field in ("#f-lon", "#f-lat"))
    data = page.locator("#map").evaluate("e => [Number(e.dataset.lon), Number(e.dataset.lat)]")
    assert lon - before[0] == pytest.approx(19 * data[0], abs=2e-6)
    assert before[1] - lat == pytest.approx(10 * data[1], abs=2e-6)
    page.keyboard.press("Enter")
    expect(page.locator("#add button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".changes li")).to_have_count(1)
    made = read_scenario(parse_qs(urlsplit(page.url).query)["b"][0]).sites[0]
    assert (made.lon, made.lat) == (lon, lat)


def test_a_file_of_fifty_megabytes_is_not_even_read(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    page.goto(f"{live_server.url}/planner/compare?window=T3")
    file = tmp_path / "film.json"
    with file.open("wb") as made:
        made.truncate(50_000_000)
    page.locator("#load input[type=file]").set_input_files(file)
    expect(page.locator("#load-note")).to_contain_text("这个文件太大")
    assert page.url.endswith("?window=T3")
    bad = tmp_path / "bad.json"
    bad.write_text('{"hours": {"BQ-E01": "<script>alert(1)</script>"}}', encoding="utf-8")
    page.locator("#load input[type=file]").set_input_files(bad)
    expect(page.locator(".notice[role=alert] b")).to_contain_text("BQ-E01：开放时间读不懂")
    assert "alert(1)" in page.locator("#f-text").input_value()  # kept, to be put right


def test_a_scenario_is_made_by_hand(page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    page.goto(f"{live_server.url}/planner/compare?window=T3")
    # close a station
    page.locator("#f-station").select_option("BQ-E03")
    page.locator("button[value=close]").click()
    expect(page.locator(".changes li")).to_have_count(1)
    # change hours
    page.locator("#f-station").select_option("BQ-E04")
    page.locator("#f-hours").fill("24/7")
    page.locator("button[value=hours]").click()
    expect(page.locator(".changes li")).to_have_count(2)
    # add a site by a click on the map
    drawn = page.locator("svg.sheet")
    box = drawn.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.45)
    lon, lat = (float(page.locator(field).input_value()) for field in ("#f-lon", "#f-lat"))
    assert 108.95 < lon < 109.3
    assert 34.1 < lat < 34.5
    page.locator("#add button").click()
    expect(page.locator(".changes li")).to_have_count(3)
    made = read_scenario(parse_qs(urlsplit(page.url).query)["b"][0])
    assert made.closed == ("BQ-E03",)
    assert made.hours == (("BQ-E04", "24/7"),)
    assert (made.sites[0].lon, made.sites[0].lat) == (lon, lat)
    # its mark stands where the click was
    mark = page.locator("svg.sheet [data-key=new-1]").bounding_box()
    again = drawn.bounding_box()
    assert mark and again
    assert mark["x"] + mark["width"] / 2 == pytest.approx(again["x"] + again["width"] * 0.25, abs=3)
    assert mark["y"] + mark["height"] / 2 == pytest.approx(again["y"] + again["height"] * 0.45, abs=3)
    # undo, then load a file
    page.locator(".changes a").first.click()
    expect(page.locator(".changes li")).to_have_count(2)
    file = tmp_path / "plan.json"
    file.write_text(PLAN.to_json(), encoding="utf-8")
    page.locator("#load input[type=file]").set_input_files(file)
    expect(page.locator(".changes li")).to_have_count(PLAN.changes)
    assert page.locator("#side-b option:checked").inner_text().startswith("盘活")


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(open_page: PageOpener, live_server: LiveServer, width: int) -> None:
    page = open_page(width, 740)
    for path in (
        f"/planner/compare?{urlencode({'window': 'T3', 'b': PLAN.to_json()})}",
        "/planner/compare?lang=en",
        "/planner/compare?b=%7B",
        "/planner/report?window=T3",
        "/planner/report?lang=en",
        "/data",
    ):
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert axe(page) == [], path


@pytest.mark.parametrize("path", ["/planner/matrix?window=T3", "/planner/compare?window=T3"])
def test_every_printed_page_says_examples_are_examples(
    page: Page, live_server: LiveServer, tmp_path: Path, path: str
) -> None:
    page.goto(live_server.url + path)
    made = tmp_path / "page.pdf"
    page.pdf(path=made, prefer_css_page_size=True)
    told = subprocess.run(["pdftotext", made, "-"], check=True, capture_output=True, text=True).stdout
    sheets = told.split("\f")[:-1]
    assert 0 < len(sheets) <= 5
    assert all("示例数据，不代表灞桥区实际情况" in sheet for sheet in sheets)
    facts = subprocess.run(["pdfinfo", made], check=True, capture_output=True, text=True).stdout
    size = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", facts)
    assert size is not None
    assert [float(side) for side in size.groups()] == pytest.approx([841.89, 595.28], abs=1.2)  # A4, lying


def test_a_refused_change_keeps_the_scenario_and_what_was_typed(live_server: LiveServer) -> None:
    plan = PLAN.to_json()
    html = body(
        address(live_server, b=plan, station="BQ-E05", do="hours", hours="from <eight> on", window="T3")
    ).decode()
    assert "没有算成" in html and "from &lt;eight&gt; on" in html
    assert "<h2>B 的 4 项改动</h2>" in html
    kept = figures(html)
    assert kept == figures(body(address(live_server, b=plan, window="T3")).decode())
    assert len(kept) == 5
    carried = re.findall(r'name="b" value="([^"]*)"', html)
    assert carried and {unescape(one) for one in carried} == {plan}


def test_the_difference_map_says_datum_and_source(live_server: LiveServer) -> None:
    html = body(address(live_server)).decode()
    middle = html.partition('class="c-middle"')[2].partition('class="c-right"')[0]
    assert "WGS-84" in middle and "© OpenStreetMap" in middle
