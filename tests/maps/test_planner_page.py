"""The planner's pages without a browser: state, words and charts; the page's numbers are the API's."""

from __future__ import annotations

import ast
import csv
import gzip
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.coverage import Figures
from geo.metrics import REASONS_EN
from geo.report_text import whole_percents
from geo.time_windows import WINDOWS
from maps.planner_charts import CLOCK_HEIGHT, CLOCK_WIDTH, cause_parts, clock_bars
from maps.planner_state import PlannerState
from maps.planner_texts import PLANNER_TEXTS, percent

QUESTIONS = [
    "",
    "?window=T3&amenities=hot_meal",
    "?minutes=10&window=T6&day=weekend",
    "?radius_m=1000&window=T2",
    "?group=delivery",
]


def text_of(html: str, pattern: str) -> str:
    """What a pattern's first group finds in the page, without tags."""
    found = re.search(pattern, html, re.DOTALL)
    assert found, pattern
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def amount(text: str) -> float:
    """A printed number."""
    return float(text.replace(",", ""))


@pytest.mark.parametrize("question", QUESTIONS)
def test_numbers_are_the_apis(planner: TestClient, question: str) -> None:
    html = planner.get(f"/planner{question}").text
    told = planner.get(f"/api/coverage{question}").json()
    assert text_of(html, r'id="share"><b>(.*?)</b>') == percent(told["share"])
    assert text_of(html, r'id="share-if-open">(.*?)%') == percent(told["share_if_unknown_open"])
    gaps = planner.get(f"/api/gaps{question}").json()["gaps"]
    shown = re.findall(r'<b class="g-amount">([\d,.]+)</b>', html)
    assert len(shown) == min(30, len(gaps)) > 0
    for text, gap in zip(shown, gaps, strict=False):
        assert abs(amount(text) - gap["unserved"]) <= 0.5
    assert ">人<" not in html
    assert "人时" not in re.sub(r"工时", "", html)
    assert "示例数据" in html


def test_files_hold_the_metrics_of_the_page(planner: TestClient) -> None:
    question = "?window=T3"
    html = planner.get(f"/planner{question}").text
    link = text_of(html, r'class="files"><a href="([^"]+csv)"').replace("&amp;", "&")
    answered = planner.get(link)
    assert answered.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answered.content.decode("utf-8-sig"))))
    walk = next(row for row in rows if row.get("figure") == "walk")
    assert (
        text_of(html, r'id="metric-coverage">.*?class="num"><b>(.*?)</b>')
        == f"{float(walk['value']) * 100:.1f}"
    )
    assert html.count('<tr id="metric-') == 13


def test_metrics_are_defined_in_the_language_of_the_page(planner: TestClient) -> None:
    for lang, chinese in (("zh", True), ("en", False)):
        html = planner.get(f"/planner?lang={lang}").text
        defined = re.findall(r'<tr id="metric-[^"]+">.*?</summary><p>(.*?)</p>', html, re.DOTALL)
        assert len(defined) == 13
        assert all(bool(re.search("[一-鿿]", text)) == chinese for text in defined)


def test_why_there_is_no_number_is_told_in_the_language_of_the_page(planner: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(planner.get("/api/assessment?f=csv").text.lstrip("\ufeff"))))
    told = {row["reason"] for row in rows if row.get("reason")}
    assert len(told) >= 3
    assert told <= REASONS_EN.keys()
    for path in ("/planner?lang=en", "/planner/report?lang=en"):
        html = planner.get(path).text
        assert not any(reason in html for reason in told), path
        assert REASONS_EN["登记表没有填写上图情况"] in html, path


def test_every_reason_the_metrics_name_has_english() -> None:
    named = set()
    for file in Path(geo.__path__[0]).glob("*metrics.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("reason", "why_not"):
                named |= {one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)}
    assert len(named) > 5
    assert {reason for reason in named if isinstance(reason, str)} <= REASONS_EN.keys()


def test_what_to_install_is_named_as_a_thing(planner: TestClient) -> None:
    question = "window=T3&amenities=hot_meal"
    for path in (f"/planner?{question}", f"/planner/report?{question}"):
        html = planner.get(path).text
        assert "添微波炉" in html, path
        assert "添热饭" not in html, path


def test_all_thirteen_numbers_are_the_csvs_and_the_workbooks(planner: TestClient) -> None:
    question = "?window=T3"
    html = planner.get(f"/planner{question}").text
    text = planner.get(f"/api/assessment{question}&f=csv").content.decode("utf-8-sig")
    from_csv = list(csv.DictReader(io.StringIO(text)))
    book = openpyxl.load_workbook(
        io.BytesIO(planner.get(f"/api/assessment{question}&f=xlsx").content), data_only=True
    )
    head, *lines = book["数据"].values
    from_book = [dict(zip(head, line, strict=True)) for line in lines]
    shown = re.findall(r'<tr id="metric-(\w+)">.*?class="num"><b>(.*?)</b>', html, re.DOTALL)
    assert len(shown) == 13
    for key, number in shown:
        first = next(row for row in from_csv if row["metric"] == key)
        same = next(row for row in from_book if row["metric"] == key)
        if number == "–":
            assert first["value"] == ""
            assert same["value"] is None
            continue
        value = float(first["value"])
        assert same["value"] == pytest.approx(value)
        digits = len(number.partition(".")[2])
        assert (
            abs(amount(number) - value * (100 if first["unit"] == "share" else 1)) <= 0.5 * 10**-digits + 1e-9
        )


def test_page_holds_no_inline_code_and_stays_small(planner: TestClient) -> None:
    answered = planner.get("/planner?window=T3")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answered.text)
    for path in ("/planner?window=T3", "/planner/map/nothing", "/offline"):
        assert "unsafe-inline" not in planner.get(path).headers["content-security-policy"], path
    frame = planner.get("/planner/map?window=T3&embed=1").text
    assert len(gzip.compress(frame.encode(), 5)) <= 80_000
    assert len(gzip.compress(answered.content, 5)) <= 30_000


@pytest.mark.parametrize("lang", ["", "&lang=en"])
def test_broken_values_are_as_if_they_were_not_there(planner: TestClient, lang: str) -> None:
    broken = planner.get(f"/planner?minutes=abc&window=T9&day=never&group=x&amenities=gold&week=1{lang}")
    plain = planner.get(f"/planner?{lang.lstrip('&')}")
    assert broken.status_code == plain.status_code == 200
    assert broken.text == plain.text


def test_a_cell_is_the_map_s_and_the_tables(planner: TestClient) -> None:
    found = planner.get("/api/cell?lon=109.0582&lat=34.2705&window=T3").json()
    assert sum(found["causes"].values()) + found["demand_covered"] == pytest.approx(found["demand"])
    assert found["demand_covered"] / found["demand"] == pytest.approx(found["share"])
    assert found["parameters"]["window"] == "T3"
    assert planner.get("/api/cell?lon=100&lat=20").json()["cell"] is None
    assert planner.get("/api/cell?lon=109").status_code == 400


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "minutes": st.sampled_from(["5", "10", "7.5"]),
            "amenities": st.sampled_from(["water", "toilet,seat"]),
            "window": st.sampled_from(list(WINDOWS)),
            "day": st.sampled_from(["weekday", "weekend"]),
            "group": st.sampled_from(["driver", "courier"]),
            "lang": st.just("en"),
            "week": st.just("2026-11-30"),
        },
    )
)
@settings(max_examples=60)
def test_state_and_address_are_one(asked: dict[str, str]) -> None:
    state = PlannerState.read(asked)
    assert state.parameters() == asked
    assert PlannerState.read(state.parameters()) == state
    standard = state.standard(date(2026, 11, 23))
    assert (standard.window, standard.day, standard.group) == (
        asked.get("window"),
        asked.get("day"),
        asked.get("group"),
    )


def test_radius_excludes_minutes() -> None:
    state = PlannerState.read({"radius_m": "1000", "minutes": "5"})
    assert (state.minutes, state.radius_m) == (None, 1000.0)


def test_clock_begins_at_four_and_is_as_wide_as_the_day() -> None:
    line = Figures(10.0, 4.0, 0.4, 0.6, 0.1)
    none = Figures(0.0, 0.0, None, None, None)
    lines: list[Any] = [(w, "weekday", line if w == "T3" else none) for w in WINDOWS]
    lines += [(w, "weekend", Figures(10.0, 2.5, 0.25, 0.3, 0.0)) for w in WINDOWS]
    bars = clock_bars(lines, "T3", "zh")
    by_start = sorted(bars, key=lambda bar: bar.x)
    assert [bar.window for bar in by_start] == ["T1", "T2", "T3", "T4", "T5", "T6", "T7"]
    noon = bars[2]
    assert noon.chosen
    assert (noon.height, noon.maybe) == (pytest.approx(0.4 * CLOCK_HEIGHT), pytest.approx(0.2 * CLOCK_HEIGHT))
    assert noon.weekend == pytest.approx(0.75 * CLOCK_HEIGHT)
    assert noon.x - 1 == pytest.approx(7 / 24 * CLOCK_WIDTH, abs=0.01)
    assert noon.width + 2 == pytest.approx(3.5 / 24 * CLOCK_WIDTH, abs=0.01)
    assert bars[0].share == "–"
    assert noon.label == "午间 11:00-14:30：工作日 40%，若未核实算开 60%，周末 25%"


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6))
@settings(max_examples=80)
def test_percents_always_add_to_a_hundred(parts: list[float]) -> None:
    assert sum(whole_percents(parts)) == (100 if sum(parts) > 0 else 0)


def test_cause_parts_lie_side_by_side() -> None:
    parts = cause_parts({"nothing_near": 2.0, "closed": 0.0, "lacks_service": 1.0, "unknown": 1.0})
    assert [(p.cause, p.x, p.width, p.percent) for p in parts] == [
        ("nothing_near", 0.0, 50.0, 50),
        ("lacks_service", 50.0, 25.0, 25),
        ("unknown", 75.0, 25.0, 25),
    ]


def test_both_languages_have_the_same_fields() -> None:
    def fields(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    loose = {"definition_radius"}  # one language may spell the threshold out
    different = [
        key for key, (zh, en) in PLANNER_TEXTS.items() if fields(zh) != fields(en) and key not in loose
    ]
    assert different in ([], ["first_gaps"])
