"""The sheet of one gap: its numbers are the API's and the file's; what it adds is a scenario that helps."""

from __future__ import annotations

import io
import re
from datetime import date
from urllib.parse import parse_qs, unquote, urlsplit

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from geo.opening_hours import OpeningHours
from geo.scenario import Scenario, read_scenario
from geo.scenario_actions import longer_hours
from serving import LiveServer

QUESTION = "window=T3&amenities=hot_meal"


def numbers(pattern: str, html: str) -> list[float]:
    """The printed numbers a pattern finds."""
    return [float(one.replace(",", "")) for one in re.findall(pattern, html)]


def near(shown: float, exact: float) -> bool:
    """Whether a printed number is an exact one rounded: whole, with one decimal below ten."""
    return abs(shown - exact) <= (0.5 if exact >= 9.5 else 0.05) + 1e-9


@pytest.mark.parametrize("rank", [1, 7])
def test_sheet_api_and_file_hold_the_same_numbers(planner: TestClient, rank: int) -> None:
    gap = planner.get(f"/api/gaps?{QUESTION}&top={rank}").json()["gaps"][-1]
    html = planner.get(f"/planner/gap?{QUESTION}&rank={rank}").text
    assert near(numbers(r'<p class="gap-amount"><b>([\d,.]+)</b>', html)[0], gap["unserved"])
    groups = numbers(r'<td class="gap-bar">.*?</td><td>([\d,.]+)</td>', html)
    assert len(groups) == len(gap["by_group"]) == 6
    assert all(near(a, one["unserved"]) for a, one in zip(groups, gap["by_group"], strict=True))
    book = openpyxl.load_workbook(
        io.BytesIO(planner.get(f"/planner/gap.xlsx?{QUESTION}&rank={rank}").content), data_only=True
    )
    head, row = list(book["数据"].values)[:2]
    data = dict(zip(head, row, strict=True))
    assert data["rank"] == rank
    assert data["unserved"] == pytest.approx(gap["unserved"])
    windows = {line[1]: line[3] for line in list(book["时段"].values)[1:]}
    shown = numbers(r'<text class="n(?: on)?"[^>]*>([\d,.]+)</text>', html)
    in_day_order = [windows[code] for code in ("T1", "T2", "T3", "T4", "T5", "T6", "T7")]
    assert all(near(a, b) for a, b in zip(shown, in_day_order, strict=True))
    # T3 is three and a half hours of the weekday the question is about
    assert windows["T3"] == pytest.approx(gap["unserved"] * 3.5)


def test_windows_of_a_week_add_up_to_the_gap(planner: TestClient) -> None:
    gap = planner.get("/api/gaps?top=1").json()["gaps"][0]
    book = openpyxl.load_workbook(io.BytesIO(planner.get("/planner/gap.xlsx?rank=1").content), data_only=True)
    amounts = [line[3] for line in list(book["时段"].values)[1:]]
    assert sum(amounts) == pytest.approx(gap["unserved"])


def test_what_it_adds_is_a_scenario_that_serves_more(planner: TestClient) -> None:
    plan = Scenario().with_closed("BQ-E01").to_json()
    html = planner.get("/planner/gap", params={"window": "T3", "rank": "7", "b": plan}).text
    found = re.search(r'class="button ink" href="([^"]+)"', html)
    assert found
    href = found[1].replace("&amp;", "&")
    made = read_scenario(parse_qs(urlsplit(href).query)["b"][0])
    assert made.closed == ("BQ-E01",)
    assert made.changes == 2
    assert "window=T3" in unquote(href)
    answered = planner.get(href)
    assert answered.status_code == 200
    assert "2 项改动" in answered.text


@pytest.mark.parametrize("rank", ["", "0", "99999", "x", "1.0", "-1"])
def test_no_such_gap_is_a_404(planner: TestClient, rank: str) -> None:
    assert planner.get(f"/planner/gap?rank={rank}").status_code == 404
    assert planner.get(f"/planner/gap.xlsx?rank={rank}").status_code == 404


def test_longer_hours_are_open_in_the_windows_and_as_before() -> None:
    text = longer_hours("Mo-Fr 08:00-11:00; PH off", ("T6/weekday", "T3/weekday", "T7/weekend"))
    week = OpeningHours.parse(text).week_bitmap(date(2026, 11, 23))
    day = 96
    assert [bool(week[hour * 4]) for hour in (8, 10, 11, 14, 15, 20, 21, 23)] == [
        True, True, True, True, False, False, True, True,
    ]  # fmt: skip
    assert not week[:16].any()
    assert week[5 * day : 5 * day + 16].all()
    assert not week[5 * day + 16 : 6 * day].any()
    assert longer_hours(None, ("T3/weekday",)) == "Mo-Fr 11:00-14:30"


def test_a_dialog_over_the_dashboard_closes_to_its_link(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/planner?{QUESTION}")
    link = page.locator(".g-more").nth(1)
    name = page.locator(".g-name b").nth(1).inner_text()
    link.click()
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    wanted = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    assert Axe().run(page, options=wanted).response["violations"] == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(link).to_be_focused()
    page.goto(f"{live_server.url}{link.get_attribute('href')}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert Axe().run(page, options=wanted).response["violations"] == []
