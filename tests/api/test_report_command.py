"""``care-stations report``: every file opened again by another program, its numbers those of the API."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.settings import Settings
from maps.folium_local import remote_addresses

NOTICE = "示例数据，不代表灞桥区实际情况"
QUESTION = {"window": "T3", "amenities": "hot_meal"}


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'care.db'}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, store_url: str, chromium_path: Path) -> Path:
    """The report's directory, made by the command."""
    made = tmp_path_factory.mktemp("report") / "deep" / "down"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CARE_CHROMIUM", str(chromium_path))
        arguments = ["report", str(made), "--store", store_url]
        assert run([*arguments, "--window", "T3", "--amenities", "hot_meal"]) == 0
    return made


@pytest.fixture(scope="module")
def api(store_url: str, folder: Path) -> Iterator[dict[str, Any]]:
    """What the API says to the same question."""
    with TestClient(create_app(Settings(store_url=store_url))) as client:
        yield {
            name: client.get(f"/api/{name}", params=QUESTION).json()
            for name in ("coverage", "gaps", "assessment")
        }


def printed(folder: Path, *options: str) -> str:
    """The text of the PDF."""
    command = ["pdftotext", *options, str(folder / "report.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_print_is_a4_with_its_glyphs(folder: Path) -> None:
    facts = subprocess.run(["pdfinfo", folder / "report.pdf"], check=True, capture_output=True, text=True)
    found = re.search(r"Page size:\s+([\d.]+) x ([\d.]+) pts", facts.stdout)
    assert found is not None
    # 210 x 297 mm
    assert [float(value) for value in found.groups()] == pytest.approx([595.28, 841.89], abs=0.8)
    fonts = subprocess.run(["pdffonts", folder / "report.pdf"], check=True, capture_output=True, text=True)
    lines = fonts.stdout.splitlines()[2:]
    assert lines
    # the columns are: embedded, subset, has Unicode
    flags = [re.findall(r"\b(?:yes|no)\b", line) for line in lines]
    assert {(embedded, unicode) for embedded, _, unicode in flags} == {("yes", "yes")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_part_is_one_sheet(tmp_path: Path, store_url: str, chromium_path: Path, lang: str) -> None:
    """The week has actions of all six groups, the longest list there is: no sheet holds a line left over."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CARE_CHROMIUM", str(chromium_path))
        assert run(["report", str(tmp_path), "--store", store_url, "--lang", lang]) == 0
    parts = (tmp_path / "report.html").read_text(encoding="utf-8").count('<section class="page')
    assert len(printed(tmp_path).split("\f")[:-1]) == parts == 5


def test_every_page_says_examples_are_examples(folder: Path) -> None:
    pages = printed(folder).split("\f")[:-1]
    assert len(pages) == 5
    for number, page in enumerate(pages, start=1):
        flat = re.sub(r"\s", "", page)
        assert NOTICE in flat
        assert f"第{number}页，共5页" in flat
        assert "工作日午间·步行15分钟·热饭" in flat  # the parameters
    whole = re.sub(r"\s", "", "".join(pages))
    for words in (
        "图例",
        "北",
        "公里",
        "改进清单：从最省的做起",
        "怎样读这些数",
        "请会议决定",
        "审图号",
        "需求权重",
    ):
        assert words in whole
    assert not re.search(r"\d人[^口行群，]", whole)  # weights are never people


def test_the_words_hold_the_numbers_of_the_api(folder: Path, api: dict[str, Any]) -> None:
    text = re.sub(r"\s", "", printed(folder))
    covered = api["coverage"]
    missed = covered["demand"] - covered["demand_covered"]
    assert f"共{covered['demand']:,.0f}需求权重" in text
    assert f"到不了的有{missed:,.0f}" in text
    assert f"覆盖率{covered['share']:.0%}" in text
    first = api["gaps"]["gaps"][0]
    assert f"{first['place']}一带（{first['unserved']:,.0f}）" in text


def test_the_page_stands_alone(folder: Path) -> None:
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert remote_addresses(html) == ()
    assert "<script" not in html
    assert 'href="/' not in html
    assert "default-src 'none'" in unescape(html)
    assert NOTICE in html
    assert html.count('class="sheet"') == 2
    assert html.count('class="north"') == html.count('class="scale"') == 2
    for section in html.split('<section class="page')[1:]:
        assert section.count('class="sheet"') <= 1  # one map a page


def test_the_workbook_explains_every_column(folder: Path, api: dict[str, Any]) -> None:
    book = openpyxl.load_workbook(folder / "report.xlsx", read_only=True)
    assert {"数据", "字段说明", "参数与版本", "数据来源"} <= set(book.sheetnames)
    explained = {(row[0], row[1]) for row in book["字段说明"].iter_rows(min_row=2, values_only=True)}
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        assert any(NOTICE in str(value) for row in rows for value in row), sheet.title
        if sheet.title not in ("字段说明", "参数与版本", "数据来源"):
            assert {(sheet.title, name) for name in rows[0]} <= explained
    heads, *rows = book["数据"].iter_rows(values_only=True)
    table = pd.DataFrame(rows, columns=heads)
    wanted = [figure["value"] for one in api["assessment"]["metrics"] for figure in one["figures"]]
    assert len(table) == len(wanted)
    given = [None if pd.isna(value) else float(value) for value in table["value"]]
    assert [value is None for value in given] == [value is None for value in wanted]
    assert [value for value in given if value is not None] == pytest.approx(
        [value for value in wanted if value is not None]
    )
    told = dict(row[:2] for row in book["参数与版本"].iter_rows(values_only=True))
    assert told["window"] == "T3"


def test_the_geopackage_holds_every_layer(folder: Path, api: dict[str, Any]) -> None:
    path = folder / "report.gpkg"
    layers = dict(pyogrio.list_layers(path))
    shaped = ("coverage", "gaps", "compliance", "station_matrix", "street_matrix", "stations", "demand_cells",
              "areas", "places", "coverage_zones")  # fmt: skip
    assert set(layers) == {*shaped, "metrics", "actions", "columns", "parameters", "sources"}
    explained = gpd.read_file(path, layer="columns")
    for name in shaped:
        frame = gpd.read_file(path, layer=name)
        assert frame.crs.to_epsg() == 4326
        assert len(frame)
        assert set(frame["notice"]) == {NOTICE}
        assert set(frame.columns) - {"geometry"} <= set(explained["column"])
    assert len(gpd.read_file(path, layer="stations")) == 63
    zone = gpd.read_file(path, layer="coverage_zones").iloc[0]
    assert zone.geometry.geom_type == "Polygon"
    assert zone.minutes == 15
    gaps = gpd.read_file(path, layer="gaps")
    assert gaps["unserved"].tolist() == pytest.approx([gap["unserved"] for gap in api["gaps"]["gaps"]])
    cells = gpd.read_file(path, layer="demand_cells")
    assert cells["covered"].sum() == pytest.approx(api["coverage"]["demand_covered"])
    assert cells.geometry.is_valid.all()
    causes = cells[["unknown", "lacks_service", "closed", "nothing_near"]].to_numpy().sum()
    assert cells["covered"].sum() + causes == pytest.approx(cells["demand"].sum())
    told = subprocess.run(["ogrinfo", "-q", path], check=True, capture_output=True, text=True).stdout
    assert all(f": {name}" in told for name in shaped)


def test_without_chromium_everything_else_is_there(
    tmp_path: Path,
    store_url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CARE_CHROMIUM", str(tmp_path / "none"))
    assert run(["report", str(tmp_path / "out"), "--store", store_url]) == 1
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.html",
        "report.xlsx",
        "report.gpkg",
    }
    told = capsys.readouterr().err
    assert "CARE_CHROMIUM" in told
    assert told.count("\n") == 1


def test_the_report_in_english_holds_the_same_numbers(
    tmp_path: Path, store_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARE_CHROMIUM", str(tmp_path / "none"))
    arguments = ["report", str(tmp_path), "--window", "T3", "--amenities", "hot_meal", "--lang", "en"]
    assert run([*arguments, "--store", store_url]) == 1  # the PDF alone is missing
    english = (tmp_path / "report.html").read_text(encoding="utf-8")
    chinese = (folder / "report.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in english
    assert "Actions, cheapest first" in english
    assert NOTICE in english
    assert "Sample data; it does not show the real Baqiao" in english
    assert remote_addresses(english) == ()
    # every figure at the head, in the tables and beside the legends is the same
    cell = re.compile(r'<(?:dd|td class="n"|b)>(?:<b>)?(\+?[\d,.]+%?)<')
    assert cell.findall(english) == cell.findall(chinese)
    assert len(cell.findall(english)) > 60
    # what is left in Chinese are names, sources and notes, none of the report's own words
    for words in ("图例", "覆盖率", "未服务", "怎样读", "请会议决定", "需求权重", "街道（示意）"):
        assert words not in re.sub(r'<ul class="r-how">.*?</ul>|<td>.*?</td>', "", english, flags=re.S), words


def test_wrong_usage_is_told(tmp_path: Path, store_url: str) -> None:
    assert run(["report", "--store", store_url]) == 2
    assert run(["report", str(tmp_path / "x"), "--window", "T9", "--store", store_url]) == 2
    assert run(["report", str(tmp_path / "x"), "--lang", "fr", "--store", store_url]) == 2
    assert run(["report", str(tmp_path / "x"), "--day", "someday", "--store", store_url]) == 2
    assert not (tmp_path / "x").exists()
