"""The import report: JSON, lines, and a workbook whose bad cells are coloured."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geo.io.importer import ImportOptions, ImportPlan, plan_import
from geo.io.reader import read_register
from geo.io.report_xlsx import FILLS, write_report
from geo.io.table import SourceTable

TODAY = date(2026, 11, 22)
ROWS = [
    ["台账"],
    ["编号", "名称", "座位数", "开放时间", "状态", "服务设施"],
    ["A", "甲", "很多", "随缘", "正常开放", "热水"],
    ["B", "乙", 5, "全天", "营业吗", "充电桩"],
]


def clerk_file(path: Path) -> Path:
    if path.suffix == ".csv":
        text = "\n".join(",".join(map(str, row)) for row in ROWS)
        path.write_text(text, encoding="gb18030")
    else:
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.save(path)
    return path


def planned(path: Path) -> tuple[SourceTable, ImportPlan]:
    table = read_register(path)
    return table, plan_import(table, [], ImportOptions(force=True), TODAY)


@pytest.mark.parametrize("name", ["clerk.xlsx", "clerk.csv"])
def test_bad_cells_are_coloured_where_they_stand(tmp_path: Path, name: str) -> None:
    source = clerk_file(tmp_path / name)
    table, plan = planned(source)
    write_report(tmp_path / "report.xlsx", plan.report, table, source)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    sheet = book.worksheets[-1]
    coloured = {
        cell.coordinate: cell.fill.start_color.rgb
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type == "solid"
    }
    assert coloured == {
        "C3": FILLS["warning"],
        "D3": FILLS["warning"],
        "D4": FILLS["note"],
        "E4": FILLS["error"],
        "F4": FILLS["warning"],
    }
    assert "whole number" in sheet["C3"].comment.text
    assert (sheet["C3"].value, sheet["B4"].value) == ("很多", "乙")
    listed = list(book["问题"].iter_rows(values_only=True))
    assert len(listed) == 1 + len(plan.report.problems)


def test_features_are_coloured_too(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "id": "A",
        "geometry": None,
        "properties": {"name": "=甲", "seats": -1},
    }
    source = tmp_path / "r.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    table, plan = planned(source)
    write_report(tmp_path / "report.xlsx", plan.report, table, source)
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx").worksheets[-1]
    head = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, head["seats"]).fill.start_color.rgb == FILLS["warning"]
    assert sheet.cell(2, head["name"]).value == "'=甲"


def test_json_and_lines_say_the_same(tmp_path: Path) -> None:
    _, plan = planned(clerk_file(tmp_path / "clerk.xlsx"))
    told = json.loads(json.dumps(plan.report.as_json(), default=str))
    assert told["counts"]["added"] == 1
    assert told["counts"]["skipped"] == 1
    places = {(problem["row"], problem["column"]) for problem in told["problems"]}
    assert places == {(3, "座位数"), (3, "开放时间"), (4, "开放时间"), (4, "状态"), (4, "服务设施")}
    lines = list(plan.report.lines())
    assert any("row 3" in line and "座位数" in line and "很多" in line for line in lines)
    assert lines[-1].startswith("2 rows: 1 added, 1 skipped")
    assert len(list(plan.report.lines(limit=1))) < len(lines)
