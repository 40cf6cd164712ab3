"""What an import means: blanks, clearing, absent rows, conflicts, provenance, examples, one transaction."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo.crs import Datum
from geo.data_files import data_path
from geo.errors import ConflictError
from geo.io.exporter import export_register
from geo.io.importer import ImportOptions, ImportPlan, plan_import
from geo.io.reader import read_register
from geo.stations import Provenance, Station
from geo.store import open_store
from geo.store.protocol import Change
from geo.store.sql_store import SqlStore
from geo.validation import validate_geojson

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def station(**fields: Any) -> Station:
    record = {"id": "A", "name": "甲站", "address": "一路1号", "location": (109.06, 34.27), "version": 3}
    return Station.model_validate(record | fields)


def plan_of(
    tmp_path: Path, rows: list[dict[str, Any]], existing: list[Station], **options: Any
) -> ImportPlan:
    path = tmp_path / "clerk.csv"
    heads = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, heads)
        table.writeheader()
        table.writerows(rows)
    chosen = ImportOptions(options.pop("datum", Datum.WGS84), force=True, **options)
    return plan_import(read_register(path), existing, chosen, TODAY)


def only(plan: ImportPlan) -> Station:
    assert len(plan.changes) == 1
    made = plan.changes[0].station
    assert made is not None
    return made


def test_a_blank_cell_leaves_its_field_and_clear_empties_it(tmp_path: Path) -> None:
    known = station(phone="029-1", landmark="桥头", seats=4, aliases=("旧名",))
    plan = plan_of(
        tmp_path, [{"编号": "A", "电话": "", "地标": "清空", "座位数": "清空", "别名": "清空"}], [known]
    )
    made = only(plan)
    assert (made.phone, made.landmark, made.seats, made.aliases) == ("029-1", None, None, ())
    assert made.address == "一路1号"
    assert plan.changes[0].expected_version == 3


def test_name_and_status_cannot_be_emptied(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [{"id": "A", "name": "清空", "status": "清空"}], [station()])
    assert plan.changes == ()
    assert {problem.field for problem in plan.report.problems} == {"name", "status"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"id": "A1", "name": "新名", "经度": "109.0605", "纬度": "34.27"}, "46 m apart"),
        ({"id": "X", "name": "新名", "address": "一路 1号"}, "same address"),
        ({"id": "BQ-10", "name": "新名"}, "codes alike"),
        ({"id": "bq-01", "name": "新名"}, "codes alike"),
        ({"id": "BQ-11", "name": "新名"}, "codes alike"),
        ({"id": "BQ-001", "name": "新名"}, "codes alike"),
        ({"id": "BQ-22", "name": "新名", "address": "二路", "经度": "109.07", "纬度": "34.27"}, None),
    ],
)
def test_a_new_row_that_may_be_a_retired_station_is_named_with_it(
    tmp_path: Path, row: dict[str, str], why: str | None
) -> None:
    known = station(id="BQ-01")
    plan = plan_of(tmp_path, [row], [known], replace=True)
    assert [(one.station_id, one.name) for one in plan.report.retired] == [("BQ-01", "甲站")]
    told = [str(one.as_problem()) for one in plan.report.problems if one.severity == "warning"]
    if why is None:
        assert told == []
        return
    assert len(told) == 1
    assert all(text in told[0] for text in (row["id"], "新名", "BQ-01 甲站", why, "--replace"))
    kept = plan_of(tmp_path, [row], [known])
    assert [one for one in kept.report.problems if one.severity == "warning"] == []


def test_an_absent_row_stays_unless_replaced(tmp_path: Path) -> None:
    others = [station(), station(id="B", name="乙站"), station(id="C", name="丙站", status="retired")]
    row = {"id": "A", "name": "甲站"}
    assert plan_of(tmp_path, [row], others).changes == ()
    plan = plan_of(tmp_path, [row], others, replace=True)
    made = only(plan)
    assert (made.id, made.status, made.status_since) == ("B", "retired", TODAY)
    assert [ref.station_id for ref in plan.report.retired] == ["B"]


@pytest.mark.parametrize("address", ["", "一路1号"])
def test_replacing_by_no_named_row_retires_nobody(tmp_path: Path, address: str) -> None:
    plan = plan_of(tmp_path, [{"id": "", "name": "", "address": address}], [station()], replace=True)
    assert plan.changes == ()
    assert plan.report.refused == "--replace with no row that names a station would retire all of them"


@pytest.mark.parametrize(("prefer", "written"), [(None, 0), ("store", 0), ("file", 1)])
def test_an_older_row_that_differs_is_a_conflict(tmp_path: Path, prefer: Any, written: int) -> None:
    plan = plan_of(tmp_path, [{"id": "A", "version": 2, "landmark": "新"}], [station()], prefer=prefer)
    assert len(plan.changes) == written
    (conflict,) = plan.report.conflicts
    assert (conflict.file_version, conflict.store_version) == (2, 3)
    assert ("landmark", "新", None) in conflict.differences


def test_an_older_row_that_says_the_same_is_no_conflict(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, [{"id": "A", "version": 1, "name": "甲站", "lon": 109.06, "lat": 34.27}], [station()]
    )
    assert plan.changes == ()
    assert plan.report.conflicts == []
    assert len(plan.report.unchanged) == 1


def test_a_null_in_an_older_export_conflicts_with_a_value_set_since(tmp_path: Path) -> None:
    export_register(tmp_path / "old.xlsx", [station(version=1)], NOW)
    now = station(version=2, phone="029-1")
    plan = plan_import(read_register(tmp_path / "old.xlsx"), [now], ImportOptions(force=True), TODAY)
    assert "phone" in [name for name, _, _ in plan.report.conflicts[0].differences]


def test_imported_facts_name_the_file_and_the_day(tmp_path: Path) -> None:
    surveyed = station(source="现场核查；导入：old.csv，2026-01-01")
    made = only(plan_of(tmp_path, [{"id": "A", "开放时间": "8:00-12:00,14:30-18:00"}], [surveyed]))
    assert made.hours == "08:00-12:00,14:30-18:00"
    assert made.provenance.model_dump() == {"name": "survey", "location": "survey", "facts": "source"}
    assert made.source == "现场核查；导入：clerk.csv，2026-11-22"
    new = only(plan_of(tmp_path, [{"name": "新站", "lon": 109.1, "lat": 34.3}], []))
    assert set(new.provenance.model_dump().values()) == {"source"}
    assert new.source == "导入：clerk.csv，2026-11-22"


@pytest.mark.parametrize("stated", ["街道报表", "街道报表；导入：old.csv，2026-01-01"])
def test_the_same_file_again_takes_its_own_mark_from_nobody(tmp_path: Path, stated: str) -> None:
    row = {"id": "A", "seats": "6", "source": stated}
    first = only(plan_of(tmp_path, [row], [station(source=stated)]))
    assert first.source == "街道报表；导入：clerk.csv，2026-11-22"
    again = plan_of(tmp_path, [row], [first])
    assert (again.changes, len(again.report.unchanged)) == ((), 1)
    other = only(plan_of(tmp_path, [row | {"source": "区总工会"}], [first]))
    assert other.source == "区总工会"


@pytest.mark.parametrize("source", ["", "导入：old.csv，2026-01-01", "街道报表"])
def test_an_edited_export_read_twice_is_no_conflict(tmp_path: Path, source: str) -> None:
    row = {"id": "A", "version": "3", "seats": "6", "source": source}
    row["null_fields"] = "" if source else "source"
    first = only(plan_of(tmp_path, [row], [station(source=source or None)]))
    again = plan_of(tmp_path, [row], [first.model_copy(update={"version": 4})])
    assert (again.changes, again.report.conflicts, len(again.report.unchanged)) == ((), [], 1)


def test_a_source_is_emptied_when_the_clerk_says_so(tmp_path: Path) -> None:
    known = station(source="导入：old.csv，2026-01-01")
    assert only(plan_of(tmp_path, [{"id": "A", "source": "清空"}], [known])).source is None


def test_a_moved_station_keeps_the_coordinate_as_handed_in(tmp_path: Path) -> None:
    row = {"id": "A", "lon": 109.0646, "lat": 34.2687}
    made = only(plan_of(tmp_path, [row], [station()], datum=Datum.GCJ02))
    assert made.raw_coordinate is not None
    assert made.raw_coordinate.model_dump() == {"datum": "gcj02", "lon": 109.0646, "lat": 34.2687}
    assert made.provenance.location == "source"
    assert made.provenance.facts == "survey"


def test_new_ids_are_the_same_each_time_and_rows_match_by_name_and_address(tmp_path: Path) -> None:
    rows = [{"名称": "新站", "地址": "三路"}]
    first, again = only(plan_of(tmp_path, rows, [])), only(plan_of(tmp_path, rows, []))
    assert first.id == again.id
    plan = plan_of(tmp_path, rows, [first])
    assert plan.changes == ()
    assert len(plan.report.unchanged) == 1
    matched = only(plan_of(tmp_path, [{"名称": "甲站", "地址": "一路1号 ", "地标": "塔"}], [station()]))
    assert matched.id == "A"


def test_the_same_code_twice_is_imported_neither_time(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, [{"id": "A", "name": "一"}, {"id": "A", "name": "二"}], [station()], replace=True
    )
    assert plan.changes == ()
    assert [(pair.row, pair.other_row, pair.reason) for pair in plan.report.duplicates] == [
        (2, 3, "same code")
    ]
    assert len(plan.report.skipped) == 2


def test_near_and_alike_is_listed_and_far_or_unlike_is_not(tmp_path: Path) -> None:
    known = [station(name="纺织公园爱心驿站"), station(id="F", name="远处爱心驿站", location=(109.2, 34.3))]
    rows = [
        {"id": "N1", "name": "纺织公园工会驿站", "lon": 109.0605, "lat": 34.27},  # 46 m east of A
        {"id": "N2", "name": "邮政营业厅驿站", "lon": 109.0601, "lat": 34.27},
        {"id": "N3", "name": "纺织公园驿站", "lon": 109.09, "lat": 34.27},
    ]
    plan = plan_of(tmp_path, rows, known)
    assert [(pair.station_id, pair.other_id) for pair in plan.report.duplicates] == [("N1", "A")]
    assert plan.report.duplicates[0].distance_m == pytest.approx(46.1, abs=0.5)
    assert len(plan.report.added) == 3


def test_a_new_row_like_a_station_that_loses_its_invented_place_is_listed(tmp_path: Path) -> None:
    real = {"name": "source", "location": "illustrative", "facts": "source"}
    known = [station(id="BQ-1", name="纺织公园爱心驿站", provenance=real)]
    row = {"编号": "A", "名称": "工会爱心驿站纺织公园", "经度": "109.10", "纬度": "34.30"}
    example = station(id="X", name="示例站01", location=(109.0, 34.2)).model_copy(
        update={"provenance": Provenance(name="illustrative", location="illustrative", facts="illustrative")}
    )
    plan = plan_of(tmp_path, [row], [*known, example])
    assert [(one.station_id, one.other_id, one.distance_m) for one in plan.report.duplicates] == [
        ("A", "BQ-1", None)
    ]


def test_rows_without_coordinates_are_kept_and_listed(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [{"name": "无坐标站", "street": "纺织城街道"}], [])
    made = only(plan)
    assert made.location is None
    assert made.street_code == "610111001"
    assert [ref.name for ref in plan.report.without_location] == ["无坐标站"]


def test_a_bad_cell_leaves_its_field_and_a_bad_status_its_row(tmp_path: Path) -> None:
    rows = [
        {"id": "A", "seats": "很多", "landmark": "塔"},
        {"id": "B", "name": "乙站", "status": "营业吗"},
    ]
    plan = plan_of(tmp_path, rows, [station(seats=4)])
    made = only(plan)
    assert (made.id, made.seats, made.landmark) == ("A", 4, "塔")
    found = {(problem.row, problem.column, problem.severity) for problem in plan.report.problems}
    assert found == {(2, "seats", "warning"), (3, "status", "error")}
    assert [ref.station_id for ref in plan.report.skipped] == ["B"]


def feature(geometry: str, **properties: object) -> str:
    return f'{{"type":"Feature","geometry":{geometry},"properties":{json.dumps(properties)}}}'


@pytest.mark.parametrize(
    "geometry",
    [
        '{"type":"Point","coordinates":[NaN,34.27]}',
        '{"type":"Point","coordinates":[NaN,NaN]}',
        '{"type":"Point","coordinates":[]}',
        '{"type":"Point","coordinates":["109","34"]}',
        '{"type":"LineString","coordinates":[[109,34],[109.1,34]]}',
        '"109,34"',
    ],
)
def test_an_unreadable_geometry_leaves_the_location(tmp_path: Path, geometry: str) -> None:
    path = tmp_path / "r.geojson"
    row = feature(geometry, id="A", name="甲站", version=3, landmark="塔")
    path.write_text(f'{{"type":"FeatureCollection","features":[{row}]}}', encoding="utf-8")
    plan = plan_import(read_register(path), [station()], ImportOptions(), TODAY)
    made = only(plan)
    assert (made.location, made.landmark) == (station().location, "塔")
    found = {(one.row, one.severity, one.station, one.field) for one in plan.report.problems}
    assert found == {(1, "warning", "A", "geometry")}


def test_a_null_geometry_clears_and_an_absent_one_leaves(tmp_path: Path) -> None:
    path = tmp_path / "r.geojson"
    row = feature("null", id="A", name="甲站", version=3, landmark="塔")
    for text, location in ((row, None), (row.replace('"geometry":null,', ""), station().location)):
        path.write_text(f'{{"type":"FeatureCollection","features":[{text}]}}', encoding="utf-8")
        made = only(plan_import(read_register(path), [station()], ImportOptions(), TODAY))
        assert made.location == location


def test_a_number_that_is_none_leaves_its_field(tmp_path: Path) -> None:
    path = tmp_path / "r.geojson"
    row = '{"id":"A","name":"甲站","version":3,"座位数":NaN,"landmark":"塔"}'
    text = (
        f'{{"type":"Feature","geometry":{{"type":"Point","coordinates":[109.06,34.27]}},"properties":{row}}}'
    )
    path.write_text(f'{{"type":"FeatureCollection","features":[{text}]}}', encoding="utf-8")
    made = only(plan_import(read_register(path), [station(seats=4)], ImportOptions(), TODAY))
    assert (made.seats, made.landmark) == (4, "塔")


@pytest.mark.parametrize("ending", [".gpkg", ".parquet"])
def test_of_points_in_layers_only_null_clears(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r{ending}"
    known = [station(id=name, name=name) for name in "ABC"]
    points = [None, shapely.Point(), shapely.Point(109.06, float("nan"))]
    frame = gpd.GeoDataFrame({"id": list("ABC"), "version": 3}, geometry=points, crs="EPSG:4326")
    if ending == ".gpkg":
        frame.to_file(path, layer="stations", driver="GPKG")
    else:
        frame.to_parquet(path)
    plan = plan_import(read_register(path), known, ImportOptions(), TODAY)
    assert (only(plan).id, only(plan).location) == ("A", None)
    assert [problem.row for problem in plan.report.problems if problem.field == "geometry"] == [2, 3]


@pytest.mark.parametrize("cell", ["NaN", "不详", "109°4'"])
def test_unreadable_degrees_leave_the_location(tmp_path: Path, cell: str) -> None:
    row = {"id": "A", "version": 3, "lon": cell, "lat": "34.28", "landmark": "塔"}
    plan = plan_of(tmp_path, [row], [station()])
    assert only(plan).location == station().location
    assert [problem.field for problem in plan.report.problems] == ["lon"]


def shipped() -> list[Station]:
    return list(validate_geojson(data_path("stations.geojson")).require())


def test_the_first_real_file_removes_all_illustrative_stations(tmp_path: Path) -> None:
    rows = [{"name": "真站", "lon": 109.07, "lat": 34.28}, {"name": "纺织公园爱心驿站", "address": "北门"}]
    plan = plan_of(tmp_path, rows, shipped())
    gone = {change.station_id for change in plan.changes if change.kind == "delete"}
    assert gone == {f"BQ-E{number:02d}" for number in range(1, 61)}
    assert "60 illustrative stations removed" in "\n".join(plan.report.lines())
    after = {one.id: one for one in shipped()}
    for change in plan.changes:
        after.pop(change.station_id, None)
        if change.station is not None:
            after[change.station_id] = change.station
    assert len(after) == 4
    assert all("illustrative" not in one.provenance.model_dump().values() for one in after.values())
    assert after["BQ-001"].address == "北门"
    assert after["BQ-002"].location is None  # its place was invented
    for name in ("BQ-001", "BQ-002", "BQ-003"):
        source = after[name].source or ""
        assert "位置未公布" in source
        assert "示例" not in source
    assert after["BQ-002"].amenities["toilet"].value == "yes"


@pytest.mark.parametrize("status", ["胡说", "正常"])
def test_no_example_stays_under_a_row_that_was_not_applied(tmp_path: Path, status: str) -> None:
    existing = [one.model_copy(update={"version": 5}) for one in shipped()]
    example = next(one.id for one in existing if one.provenance.name == "illustrative")
    row = {"id": example, "name": "新站", "status": status, "version": 1}
    plan = plan_of(tmp_path, [{"id": "R1", "name": "真站"}, row], existing)
    assert len(plan.report.removed_illustrative) == 60
    assert [change.kind for change in plan.changes if change.station_id == example] == ["delete"]
    assert (len(plan.report.skipped), len(plan.report.conflicts)) == ((1, 0) if status == "胡说" else (0, 1))


def test_a_file_with_illustrative_rows_removes_nothing(tmp_path: Path) -> None:
    assert (
        plan_of(tmp_path, [{"id": "BQ-E01", "landmark": "塔"}], shipped()).report.removed_illustrative == []
    )
    path = tmp_path / "all.csv"
    export_register(path, shipped(), NOW)
    plan = plan_import(read_register(path), shipped(), ImportOptions(), TODAY)
    assert plan.changes == ()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'register.db'}", shipped)
    yield opened
    opened.close()


def test_an_import_is_one_transaction(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(
        tmp_path, [{"id": f"N{number}", "name": f"站{number}"} for number in range(5)], store.stations()
    )
    version, before = store.read()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:  # stations are deleted and inserted, their history is not
        patch.setattr("geo.store.sql_store.insert_rows", broken)
        with pytest.raises(OSError, match="disk full"):
            store.apply(plan.changes, "import clerk.csv")
    assert store.read() == (version, before)
    assert store.apply(plan.changes, "import clerk.csv") == version + 1
    assert len(store.stations()) == 3 + 5


def test_a_write_in_between_refuses_the_whole_import(store: SqlStore, tmp_path: Path) -> None:
    rows = [{"id": "BQ-E01", "landmark": "塔"}, {"id": "BQ-E02", "landmark": "塔"}]
    plan = plan_of(tmp_path, rows, store.stations())
    other = store.get("BQ-E02").model_copy(update={"seats": 99})
    store.apply([Change("replace", "BQ-E02", other)], "keeper")
    with pytest.raises(ConflictError):
        store.apply(plan.changes, "import clerk.csv")
    assert store.get("BQ-E01").landmark != "塔"


def test_unchanged_rows_keep_version_and_time(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    export_register(path, store.stations(), NOW, Datum.BD09)
    before = store.read()
    plan = plan_import(read_register(path), before[1], ImportOptions(Datum.BD09), TODAY)
    store.apply(plan.changes, "import all.xlsx")
    assert store.read() == before


@pytest.mark.parametrize("others", [[], [{"id": "BQ-E01", "landmark": "塔"}]])
def test_a_real_place_takes_the_remark_of_the_invented_one(
    tmp_path: Path, others: list[dict[str, Any]]
) -> None:
    plan = plan_of(tmp_path, [{"id": "BQ-003", "lon": 109.07, "lat": 34.28}, *others], shipped())
    made = {change.station_id: change.station for change in plan.changes}["BQ-003"]
    assert made is not None
    assert made.location == (109.07, 34.28)
    assert made.provenance.location == "source"
    assert "图上位置仅为示例" not in (made.source or "")


def test_a_real_row_under_an_examples_id_keeps_nothing_invented(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [{"id": "BQ-E08", "name": "灞桥区政府爱心驿站", "address": "一路"}], shipped())
    made = {change.station_id: change.station for change in plan.changes}["BQ-E08"]
    assert made is not None
    assert (made.name, made.address, made.location, made.hours) == ("灞桥区政府爱心驿站", "一路", None, None)
    assert made.amenities == {}
    assert set(made.provenance.model_dump().values()) == {"source"}
    assert len(plan.report.removed_illustrative) == 59
