"""Files as clerks make them: titles, merged cells, Chinese headers, GB18030, free text, odd coordinates."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from geo.crs import Datum
from geo.errors import InvalidDataError, InvalidParameterError
from geo.io.importer import ImportOptions, ImportPlan, plan_import
from geo.io.reader import read_register
from geo.stations import Station

TODAY = date(2026, 11, 22)


def plan_of(path: Path, existing: list[Station] | None = None) -> ImportPlan:
    return plan_import(read_register(path), existing or [], ImportOptions(Datum.GCJ02, force=True), TODAY)


def by_name(plan: ImportPlan) -> dict[str, Station]:
    return {change.station.name: change.station for change in plan.changes if change.station is not None}


def workbook(path: Path, rows: list[list[Any]], merges: tuple[str, ...] = (), title: str = "台账") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for span in merges:
        sheet.merge_cells(span)
    book.save(path)
    return path


def test_a_formula_without_a_value_is_a_problem_and_leaves_its_field(tmp_path: Path) -> None:
    heads = ["id", "站点名称", "座位数", "经度", "纬度", "地标"]
    path = workbook(
        tmp_path / "台账.xlsx", [heads, ["A", "甲站", "=2+2", "=109+0.07", 34.27, "塔"], ["B", "=A2"]]
    )
    book = openpyxl.load_workbook(path)
    offers = book.create_sheet("服务设施")
    offers.append(["id", "设施", "状态", "数量"])
    offers.append(["A", "微波炉", "有", "=1+1"])
    book.save(path)
    known = Station(id="A", name="甲站", seats=9)
    plan = plan_of(path, [known])
    (made,) = by_name(plan).values()
    assert (made.id, made.seats, made.location, made.landmark) == ("A", 9, None, "塔")
    assert made.amenities == {}
    found = {(one.sheet, one.row, one.column): one.message for one in plan.report.problems}
    assert found.keys() == {
        ("台账", 2, "座位数"), ("台账", 2, "经度"), ("台账", 3, "站点名称"), ("服务设施", 2, "数量"),
    }  # fmt: skip
    assert all("never calculated" in message for message in found.values())


def test_a_formula_whose_value_is_empty_text_is_blank(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id", "站点名称", "座位数"], ["A", "甲站", '=""']])
    saved = tmp_path / "saved.xlsx"  # as a spreadsheet saves it
    with ZipFile(path) as before, ZipFile(saved, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert content.count(b'<c r="C2">') == 1
                content = content.replace(b'<c r="C2">', b'<c r="C2" t="str">')
            after.writestr(name, content)
    plan = plan_of(saved, [Station(id="A", name="甲站", seats=9)])
    assert (plan.changes, plan.report.problems) == ((), [])


@pytest.mark.parametrize("version", [3.5, "3.5"])
def test_a_fractional_version_keeps_its_row_out(tmp_path: Path, version: object) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id", "version", "地标"], ["A", version, "塔"]])
    plan = plan_of(path, [Station(id="A", name="甲站", version=3)])
    assert plan.changes == ()
    (problem,) = plan.report.problems
    assert (problem.severity, problem.row, problem.column, problem.value) == ("error", 2, "version", version)
    assert problem.message == "not a whole number"


def test_a_clerks_workbook(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "台账.xlsx",
        [
            ["灞桥区工会爱心驿站台账"],
            ["填报日期：2026年11月"],
            ["序号", "站点名称（必填）", "所属街道", "地址", "坐标", None, "开放时间", "服务设施",
             "启用日期", "微波炉", "联系人", "天气"],
            [None, None, None, None, "经度", "纬度"],
            [1, "甲驿站", "纺织城街道", "一路1号", 109.07, "34.27", "8:00-12:00,14:30-18:00",
             "饮水机、充电、空调(坏)、厕所(附近120米)", datetime(2021, 5, 1), "√", "张三", "晴"],
            [2, "乙驿站", None, "二路 2号 ", None, None, "周一至周五 9:00—17:30", None, "2020年3月1日", "无"],
            ["合计：2个"],
        ],
        ("A1:L1", "A2:L2", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:F3", "G3:G4", "C5:C6", "A7:L7"),
    )  # fmt: skip
    plan = plan_of(path)
    made = by_name(plan)
    assert made.keys() == {"甲驿站", "乙驿站"}
    first, second = made["甲驿站"], made["乙驿站"]
    assert first.hours == "08:00-12:00,14:30-18:00"
    assert second.hours == "Mo-Fr 09:00-17:30"
    assert (first.street, second.street) == ("纺织城街道", "纺织城街道")
    assert second.address == "二路 2号"
    assert (first.opened_on, second.opened_on) == (date(2021, 5, 1), date(2020, 3, 1))
    values = {code: entry.value for code, entry in first.amenities.items()}
    assert values == {
        "water_hot": "yes",
        "charge_phone": "yes",
        "cooling": "broken",
        "toilet": "nearby",
        "microwave": "yes",
    }
    assert first.amenities["toilet"].distance_m == 120
    assert second.amenities["microwave"].value == "no"
    assert first.raw_coordinate is not None
    assert (first.raw_coordinate.lon, first.raw_coordinate.lat) == (109.07, 34.27)
    assert second.location is None
    told = {(problem.severity, problem.column) for problem in plan.report.problems}
    assert ("warning", "天气") in told
    assert ("note", "联系人") in told
    assert [problem.row for problem in plan.report.problems if problem.column == "天气"] == [3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [
        ["站点名称", "地址", "开放时间"],
        ["甲驿站", "一路，1号", "24小时"],
        [],
        ["乙驿站", '"说明"', "随缘"],
    ]
    text = "\r\n".join(
        delimiter.join(f'"{cell}"' if '"' not in cell else cell for cell in row) for row in rows
    )
    path = tmp_path / "clerk.csv"
    path.write_bytes(text.replace('"说明"', "二路").encode(encoding))
    plan = plan_of(path)
    made = by_name(plan)
    assert (made["甲驿站"].address, made["甲驿站"].hours) == ("一路，1号", "24/7")
    assert made["乙驿站"].hours is None
    (problem,) = [problem for problem in plan.report.problems if problem.severity == "warning"]
    assert (problem.row, problem.column, problem.value) == (4, "开放时间", "随缘")


@pytest.mark.parametrize(
    ("lon", "lat", "told"),
    [
        ("109°4'1.2\"", "34.27", "write decimal degrees, 109.067000"),
        ("东经109.067度", "34.27", "write only 109.067"),
        ("34.27", "109.067", "swapped"),
        ("109.067,34.27", "34.27", "more than one number"),
        ("12138000", "34.27", "plane grid"),
        ("0", "0", "0, 0 is no place"),
        ("109.067", "", "blank, while the other"),
        ("左右", "34.27", "not a number"),
        ("nan", "34.27", "not a number"),
        ("10.5", "34.27", "outside China"),
    ],
)
def test_odd_coordinates_are_named_and_never_guessed(tmp_path: Path, lon: str, lat: str, told: str) -> None:
    path = workbook(tmp_path / "c.xlsx", [["名称", "经度", "纬度"], ["甲驿站", lon, lat]])
    plan = plan_of(path)
    assert by_name(plan)["甲驿站"].location is None
    assert told in " ".join(problem.message for problem in plan.report.problems)
    assert all(problem.row == 2 for problem in plan.report.problems)
    assert [ref.row for ref in plan.report.without_location] == [2]


def test_one_column_of_coordinates(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "c.xlsx", [["名称", "经纬度"], ["甲", "109.067，34.27"], ["乙", "34.27,109.067"]]
    )
    made = by_name(plan_of(path))
    assert made["甲"].location is not None
    assert made["乙"].location is None


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (["名称", "地址", "详细地址"], "keep one of them"),
        (["名称", "坐标", "经度", "纬度"], "keep one form"),
        (["甲", "乙"], "no header found"),
    ],
)
def test_headers_that_cannot_be_told_apart_refuse_the_file(
    tmp_path: Path, headers: list[str], told: str
) -> None:
    plan = plan_of(workbook(tmp_path / "c.xlsx", [headers, ["a"] * len(headers)]))
    assert plan.changes == ()
    assert told in (plan.report.refused or "")


@pytest.mark.parametrize(
    "number", ["13812345678", "+86 138-1234 5678", "1381 2345 678", "029-83521234；13812345678"]
)
def test_private_numbers_and_failed_formulas_are_kept_out(tmp_path: Path, number: str) -> None:
    rows = [["名称", "电话", "座位数", "地址"], ["甲", number, "#REF!", "#N/A"]]
    plan = plan_of(workbook(tmp_path / "c.xlsx", rows))
    assert "5678" not in str(plan.report.problems).replace(" ", "")
    made = by_name(plan)["甲"]
    assert (made.phone, made.seats, made.address) == (None, None, None)
    assert {problem.column for problem in plan.report.problems} == {"电话", "座位数", "地址"}


@pytest.mark.parametrize(("version", "phone"), [({}, None), ({"version": 2}, "13812345678")])
def test_a_layer_drawn_by_hand_brings_no_private_number_an_export_its_own(
    tmp_path: Path, version: dict[str, int], phone: str | None
) -> None:
    drawn = {
        "type": "Feature",
        "properties": {"id": "A", "name": "甲", "phone": "13812345678", **version},
        "geometry": None,
    }
    file = tmp_path / "c.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [drawn]}))
    plan = plan_of(file)
    assert by_name(plan)["甲"].phone == phone
    assert [problem.field for problem in plan.report.problems] == ([] if version else ["phone"])
    assert "13812345678" not in str(plan.report.problems)


def test_a_sheet_of_amenities_by_station_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "站点"
    sheet.append(["站点名称"])
    sheet.append(["甲"])
    detail = book.create_sheet("服务设施")
    for row in (
        ["站点名称", "设施", "状态", "数量"],
        ["甲", "微波炉", "有", 2],
        ["甲", "天台", "有", None],
        ["无此站", "冰箱", "有", None],
        ["甲", "厕所", "附近80米", None],
    ):
        detail.append(row)
    book.save(tmp_path / "c.xlsx")
    plan = plan_of(tmp_path / "c.xlsx")
    made = by_name(plan)["甲"]
    assert made.amenities["microwave"].count == 2
    assert made.amenities["toilet"].distance_m == 80
    assert sorted((problem.sheet, problem.row) for problem in plan.report.problems) == [
        ("服务设施", 3),
        ("服务设施", 4),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"not a workbook", "not a readable XLSX"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        ("a.csv", b"PK\x03\x04", "Excel or zip"),
        ("a.csv", b"\x00\xff\xfe\x80", "not text"),
        ("a.gpkg", b"nothing", "a.gpkg: is no GeoPackage"),
        ("a.parquet", b"nothing", "a.parquet: is no Parquet file"),
        ("a.geojson", b"[1]", "not a GeoJSON document"),
    ],
)
def test_files_that_are_not_what_they_say(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match=told):
        read_register(path)


def test_an_unknown_ending_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="must end in"):
        read_register(tmp_path / "a.doc")


def test_a_remark_below_the_table_is_no_station(tmp_path: Path) -> None:
    remarks = ["说明：本表由各街道填报", "填表人：张三", "合  计", "共计63个", "注:数据截至11月"]
    rows = [["站点名称", "座位数"], ["合计路驿站", 4], *([text, 63] for text in remarks)]
    plan = plan_of(workbook(tmp_path / "台账.xlsx", rows))
    assert set(by_name(plan)) == {"合计路驿站"}
    assert [(one.severity, one.row, one.column, one.value) for one in plan.report.problems] == [
        ("error", number, "站点名称", text) for number, text in enumerate(remarks, start=3)
    ]
    assert [ref.row for ref in plan.report.skipped] == [3, 4, 5, 6, 7]


def test_a_hidden_sheet_gives_way_and_a_second_sheet_of_stations_is_warned_of(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["站点名称"], ["甲站"]], title="纺织城街道")
    book = openpyxl.load_workbook(path)
    for place, (title, name) in enumerate([("旧表", "旧站"), ("洪庆街道", "乙站"), ("封面", "")]):
        sheet = book.create_sheet(title, 0 if place == 0 else None)
        for cell in ["站点名称", name] if name else ["区总工会"]:
            sheet.append([cell])
    book["旧表"].sheet_state = "hidden"
    book.save(path)
    plan = plan_of(path)
    assert set(by_name(plan)) == {"甲站"}
    assert [(one.severity, one.sheet) for one in plan.report.problems] == [
        ("note", "旧表"), ("warning", "洪庆街道"), ("note", "封面"),
    ]  # fmt: skip
    assert "only 纺织城街道 is" in plan.report.problems[1].message


def test_dates_out_of_order_name_their_field(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id", "状态起始", "状态截止"], ["A", "2026-03-02", "2026-03-01"]])
    plan = plan_of(path, [Station(id="A", name="甲站", status_since=date(2026, 1, 1))])
    assert plan.changes == ()
    (problem,) = plan.report.problems
    assert (problem.row, problem.column, problem.value) == (2, "状态截止", "2026-03-01")
    assert "before status_since 2026-03-02" in problem.message
