"""The planner's states: which demand, which target, workers' reports, nothing there; words instead of 0 %."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.register import shipped_register
from api.settings import Settings
from geo.errors import StoreUnavailableError
from geo.store.opening import open_store
from geo.store.reports import add_report
from in_process import MONDAY_NOON

DISABLED = re.compile(r'<button aria-pressed="false" disabled title="[^"]+">实测')


@pytest.fixture(params=["modelled", "measured"])
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, TestClient]]:
    """An application without and with imported counts."""
    url = f"sqlite:///{tmp_path / 'p.db'}"
    if request.param == "measured":
        table = tmp_path / "w.csv"
        table.write_text("lon,lat,count\n109.0582,34.2705,50\n109.03,34.33,30\n", encoding="utf-8")
        asked = ["--store", url, "--datum", "wgs84", "--group", "courier"]
        assert run(["demand", "import", str(table), *asked]) == 0
    yield from client_of(url, request.param)


def client_of(url: str, name: str) -> Iterator[tuple[str, TestClient]]:
    """The application on a Monday noon."""
    store = open_store(url, shipped_register)
    app = create_app(Settings(), store)
    app.state.service.clock = lambda: MONDAY_NOON
    with TestClient(app) as started:
        yield name, started
    store.close()


def pressed(html: str, words: str) -> bool:
    """Whether the segment with these words is the chosen one."""
    return f'aria-pressed="true">{words}</button>' in html


def test_the_switch_chooses_the_demand_or_says_why_not(counted: tuple[str, TestClient]) -> None:
    basis, client = counted
    html = client.get("/planner?window=T3").text
    told = client.get("/api/coverage?window=T3").json()
    assert told["demand_basis"] == basis
    assert pressed(html, "实测") == (basis == "measured")
    other = client.get("/planner?window=T3&demand_basis=modelled").text
    model = client.get("/api/coverage?window=T3&demand_basis=modelled").json()
    assert model["demand_unit"] == "weight"
    assert pressed(other, "模型估算")
    if basis == "modelled":
        assert DISABLED.search(html)
        assert other == html
        assert client.get("/planner?window=T3&demand_basis=measured").text == html
        assert client.get("/api/coverage?demand_basis=measured").status_code == 400
        return
    assert told["demand"] == pytest.approx(80.0)
    assert model["demand"] == pytest.approx(6000.0)
    assert "/ 共 80 人" in html
    assert "/ 共 6,000 需求权重" in other
    assert not DISABLED.search(html)
    # its files and the map's cells ask for the same demand
    assert "/api/coverage?window=T3&amp;demand_basis=modelled&amp;f=csv" in other
    assert "demand_basis=modelled" in client.get("/planner/map?demand_basis=modelled").text
    matrix = client.get("/planner/matrix?demand_basis=modelled")
    assert matrix.status_code == 200
    cell = client.get("/api/cell?lon=109.0582&lat=34.2705&window=T3&demand_basis=modelled").json()
    assert cell["unit"] == "weight"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """The application with the shipped register."""
    for _, one in client_of(f"sqlite:///{tmp_path / 's.db'}", ""):
        yield one


@pytest.mark.parametrize(("asked", "shown"), [("70", True), ("0", False), ("101", False), ("7x", False)])
def test_a_target_is_a_tick_and_a_line(client: TestClient, asked: str, shown: bool) -> None:
    html = client.get(f"/planner?target={asked}").text
    assert ('class="b-target" x="70%"' in html) is shown
    assert ("k-target" in html) is shown
    assert ("本区目标 70%" in html) is shown
    # it travels with every switch, and changes no figure
    assert ('name="target" value="70"' in html) is shown
    plain = client.get("/planner").text
    share = re.compile(r'id="share"><b>(\d+)')
    assert share.findall(html) == share.findall(plain)


def test_reports_show_at_once(client: TestClient) -> None:
    service = client.app.state.service
    before = client.get("/planner").text
    assert client.get("/planner").text == before
    for sender in ("one", "two"):
        add_report(service.store, "BQ-E03", "locked", reporter_hash=sender)
    service.board.refresh()
    after = client.get("/planner").text
    row = re.compile(r'id="metric-freshness".*?</tr>', re.DOTALL)
    assert row.findall(before) != row.findall(after)
    assert "待核实" in client.get("/planner/map").text


def test_words_stand_where_nothing_can_be_computed(client: TestClient, tmp_path: Path) -> None:
    far = client.get("/planner?minutes=1&window=T7&amenities=nursing_room").text
    assert "没有一站确认开放" in far
    empty = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    app = create_app(Settings(), empty)
    app.state.service.clock = lambda: MONDAY_NOON
    with TestClient(app) as started:
        html = started.get("/planner").text
        assert "还没有站点。请先导入登记表" in html
        assert started.get("/planner/map").status_code == 200
    empty.close()


def test_a_store_that_is_away_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/planner")
    service = client.app.state.service

    def away() -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(service.planning, "count_reports", away)
    html = client.get("/planner").text
    assert "数据库暂时连不上。" in html
    assert 'id="share"' in html


def test_what_cannot_be_worked_out_says_why_and_keeps_the_question(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = client.app.state.service

    def away(*_: object) -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(service.planning, "has_read", lambda _: False)
    monkeypatch.setattr(service.planning, "read", away)
    answered = client.get("/planner?window=T3&target=60")
    assert answered.status_code == 503
    assert answered.headers["retry-after"]
    assert "没有算成：数据库不回答。条件已保留，请重试。" in answered.text
    assert 'href="/planner?window=T3&amp;target=60">重试' in answered.text


PAGES = (
    "/planner",
    "/planner?lang=en",
    "/planner/map",
    "/planner/matrix",
    "/planner/report",
    "/planner/compare",
)


@pytest.mark.parametrize("page", PAGES)
def test_without_stations_no_page_prints_a_share(tmp_path: Path, page: str) -> None:
    empty = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    with TestClient(create_app(Settings(), empty)) as client:
        html = client.get(page).text
    empty.close()
    assert ("No stations yet" if "lang=en" in page else "还没有站点") in html
    body = re.sub(r"<(script|style|svg|template)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"\d\s*(</b>|<span>)*\s*[%％]", body)


@pytest.mark.parametrize("page", ["/planner", "/planner/map", "/planner/matrix", "/planner/report"])
def test_without_demand_no_share_and_no_empty_class_is_printed(
    counted: tuple[str, TestClient], page: str
) -> None:
    basis, client = counted
    html = client.get(f"{page}?group=driver").text
    if basis == "modelled":  # the model has drivers
        assert "算不出" not in html
        return
    assert "算不出" in html
    assert "–%" not in html
    assert "<0 ·" not in html and "&lt;0 ·" not in html
    assert 'data-layer="coverage"' not in html


@pytest.mark.parametrize("page", ["/planner", "/planner/report"])
def test_what_is_said_of_the_demand_is_in_the_pages_language(
    counted: tuple[str, TestClient], page: str
) -> None:
    basis, client = counted
    zh, en = (client.get(f"{page}?lang={lang}").text for lang in ("zh", "en"))
    if basis == "measured":
        assert "来源：w.csv" in zh and "Source: w.csv" not in zh
        assert "Source: w.csv" in en and "来源：w.csv" not in en
        return
    assert "需求模型「" in zh and "Demand model" not in zh
    assert "Demand model" in en and "需求模型「" not in en
