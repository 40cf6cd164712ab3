"""Files of the planner's answers and the commands that write them: opened by other programs, same numbers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import run
from api.commands import desk
from api.register import shipped_register
from api.settings import Settings
from geo.stations import ILLUSTRATIVE_NOTICE, Station
from geo.store.opening import open_store
from in_process import MONDAY_NOON

FORMS = ("csv", "xlsx", "gpkg", "parquet")
Opener = Callable[[bytes, str, str], pd.DataFrame]
BASIS = ("demand_basis", "areas_basis", "notice", "parameters", "register_version")


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('files') / 'store.db'}"
    open_store(url, shipped_register).close()
    return url


@pytest.fixture(scope="module")
def planner(store_url: str) -> Iterator[TestClient]:
    app = create_app(Settings(store_url=store_url))
    app.state.service.clock = lambda: MONDAY_NOON
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run at the same hour as the server."""
    monkeypatch.setattr(desk, "utc_now", lambda: MONDAY_NOON)


@pytest.fixture
def opened(tmp_path: Path) -> Opener:
    """Read the main table of a file as another program does."""

    def read(content: bytes, form: str, layer: str) -> pd.DataFrame:
        path = tmp_path / f"read.{form}"
        path.write_bytes(content)
        match form:
            case "csv":
                return pd.read_csv(path, encoding="utf-8-sig")
            case "xlsx":
                return pd.read_excel(path, sheet_name="数据")
            case "gpkg":
                return gpd.read_file(path, layer=layer)
            case _:
                return gpd.read_parquet(path)

    return read


@pytest.mark.parametrize("form", FORMS)
def test_coverage_in_every_format_has_the_numbers_of_the_json(
    planner: TestClient, opened: Opener, form: str
) -> None:
    asked = {"minutes": "10", "amenities": "water"}
    body = planner.get("/api/coverage", params=asked).json()
    answer = planner.get("/api/coverage", params={**asked, "f": form})
    table = opened(answer.content, form, "coverage")
    total = table[table["scope"] == "total"].iloc[0]
    assert total["demand_covered"] == body["demand_hours_covered"]
    assert total["share"] == body["share"]
    streets = table[table["scope"] == "street"]
    assert streets["share"].tolist() == [one["share"] for one in body["by_street"]]
    windows = table[table["scope"] == "window"]
    expected = [one["demand_covered"] for one in body["by_window"]]
    assert windows["demand_covered"].tolist() == expected
    for name in BASIS:
        assert table[name].nunique() == 1
    assert json.loads(total["parameters"]) == body["parameters"]
    assert total["notice"] == ILLUSTRATIVE_NOTICE
    assert total["areas_basis"] == body["areas_basis"]


@pytest.mark.parametrize(
    ("task", "layer", "shapes"),
    [
        ("coverage", "coverage", {"Polygon", "MultiPolygon"}),
        ("gaps", "gaps", {"Polygon", "MultiPolygon"}),
        ("service-matrix", "station_matrix", {"Point"}),
        ("service-matrix?by=street", "street_matrix", {"Polygon", "MultiPolygon"}),
        ("compliance", "compliance", {"Point"}),
        ("accessibility", "accessibility", {"Polygon", "MultiPolygon"}),
        ("accessibility?by=cell", "accessibility", {"Polygon"}),
    ],
)
def test_rows_with_a_place_carry_it(
    planner: TestClient, opened: Opener, task: str, layer: str, shapes: set[str]
) -> None:
    mark = "&" if "?" in task else "?"
    for form in ("gpkg", "parquet"):
        table = opened(planner.get(f"/api/{task}{mark}f={form}").content, form, layer)
        assert isinstance(table, gpd.GeoDataFrame)
        assert table.crs is not None and table.crs.to_epsg() in (4326, None)
        found = set(table.geometry.dropna().geom_type)
        assert found and found <= shapes
        west, south, east, north = table.total_bounds
        assert 108.9 < west < east < 109.4 and 34.1 < south < north < 34.6  # longitude first


def test_gap_files_equal_the_gaps(planner: TestClient, opened: Opener) -> None:
    gaps = planner.get("/api/gaps").json()["gaps"]
    for form in FORMS:
        table = opened(planner.get(f"/api/gaps?f={form}").content, form, "gaps")
        assert table["unserved"].tolist() == [gap["unserved"] for gap in gaps]
        assert table["cause_closed"].tolist() == [gap["by_cause"]["closed"] for gap in gaps]
        assert table["nearest_station"].tolist() == [gap["nearest"]["station_id"] for gap in gaps]
        assert table["first_action"].tolist() == [gap["actions"][0]["action"] for gap in gaps]


def test_a_workbook_says_what_its_columns_parameters_and_sources_are(planner: TestClient) -> None:
    content = planner.get("/api/assessment?f=xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["数据", "覆盖", "缺口", "改进", "合规", "字段说明", "参数与版本", "数据来源"]
    told = {row[0]: row[1] for row in book["参数与版本"].iter_rows(min_row=2, values_only=True)}
    assert told["minutes"] == "15.0" and told["week"] == "2026-11-23" and told["register_version"] == "1"
    sources = {row[0]: row[1] for row in book["数据来源"].iter_rows(min_row=2, values_only=True)}
    assert sources["声明 notice"] == ILLUSTRATIVE_NOTICE
    assert "OpenStreetMap" in sources["署名 attribution"]
    described = {(row[0], row[1]) for row in book["字段说明"].iter_rows(min_row=2, values_only=True)}
    for title in book.sheetnames[:5]:
        heads = [cell.value for cell in book[title][1]]
        assert {(title, head) for head in heads} <= described


def test_a_geopackage_of_the_assessment_holds_every_table(planner: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    path.write_bytes(planner.get("/api/assessment?f=gpkg").content)
    layers = {str(name) for name, _ in pyogrio.list_layers(path)}
    assert layers == {
        *("metrics", "coverage", "gaps", "actions", "compliance"),
        *("columns", "parameters", "sources"),
    }
    metrics = pyogrio.read_dataframe(path, layer="metrics", read_geometry=False)
    figures = [f for m in planner.get("/api/assessment").json()["metrics"] for f in m["figures"]]
    values = [np.nan if one["value"] is None else one["value"] for one in figures]
    np.testing.assert_array_equal(metrics["value"].to_numpy(dtype=float), values)


def test_no_name_becomes_a_formula(tmp_path: Path, opened: Opener) -> None:
    names = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "甲站"]
    rows = [{"id": f"s{n}", "name": name, "location": (109.0, 34.3)} for n, name in enumerate(names)]
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(url, lambda: [Station.model_validate(row) for row in rows]).close()
    for ending in ("csv", "xlsx"):
        path = tmp_path / f"matrix.{ending}"
        assert run(["matrix", "--out", str(path), "--store", url]) == 0
        table = opened(path.read_bytes(), ending, "")
        assert table["name"].tolist() == [f"'{name}" for name in names[:4]] + ["甲站"]
        assert table["notice"].isna().all()  # a real register
    book = openpyxl.load_workbook(tmp_path / "matrix.xlsx")
    assert all(cell.data_type != "f" for row in book["数据"].iter_rows() for cell in row)


@pytest.mark.parametrize(
    ("command", "task"),
    [
        (["assess"], "assessment"),
        (["assess", "--minutes", "10", "--amenities", "water", "--group", "driver"], "assessment"),
        (["gaps", "--top", "4", "--window", "T6"], "gaps"),
        (["gaps", "--radius-m", "800", "--day", "weekend"], "gaps"),
        (["matrix", "--at", "2026-11-23T12:00"], "service-matrix"),
        (["matrix", "--by", "street", "--week", "2026-12-07"], "service-matrix"),
    ],
)
def test_commands_print_what_the_api_answers(
    planner: TestClient,
    store_url: str,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    task: str,
) -> None:
    options = [name.removeprefix("--").replace("-", "_") for name in command[1::2]]
    asked: dict[str, Any] = dict(zip(options, command[2::2], strict=True))
    assert run([*command, "--json", "--store", store_url]) == 0
    assert json.loads(capsys.readouterr().out) == planner.get(f"/api/{task}", params=asked).json()


def test_commands_print_tables_and_the_notice(store_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "--store", store_url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[:1].isdigit()] == [str(n) for n in range(1, 14)]
    assert lines[-1] == ILLUSTRATIVE_NOTICE
    assert "需求权重，不是人数" in lines[-2]
    assert run(["gaps", "--top", "3", "--store", store_url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert lines[-1] == ILLUSTRATIVE_NOTICE
    assert run(["matrix", "--store", store_url]) == 0
    lines = capsys.readouterr().out.splitlines()
    serving = [line for line in lines if line.startswith("BQ-")]
    assert len(serving) == len([one for one in shipped_register() if one.status != "retired"])
    assert lines[-1] == ILLUSTRATIVE_NOTICE


def test_a_file_is_written_whole_and_said(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gaps.parquet"
    assert run(["gaps", "--top", "5", "--out", str(path), "--store", store_url]) == 0
    assert capsys.readouterr().out.splitlines() == [f"5 rows written to {path}", ILLUSTRATIVE_NOTICE]
    assert len(gpd.read_parquet(path)) == 5
    assert sorted(one.name for one in tmp_path.iterdir()) == ["gaps.parquet"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["assess", "--out", "x.pdf"], 2),
        (["assess", "--minutes", "5", "--radius-m", "5"], 2),
        (["gaps", "--window", "T9"], 2),
        (["gaps", "--top", "0"], 2),
        (["gaps", "--at", "noon"], 2),
        (["matrix", "--by", "city"], 2),
        (["matrix", "--mode", "rocket"], 2),
        (["matrix", "--amenities", "water"], 2),
        (["matrix", "--out", "no/such/folder/m.csv"], 1),
    ],
)
def test_wrong_usage_and_failure_have_their_codes(
    store_url: str, capsys: pytest.CaptureFixture[str], command: list[str], code: int
) -> None:
    assert run([*command, "--store", store_url]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
