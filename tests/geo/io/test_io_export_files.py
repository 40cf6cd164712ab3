"""What exported files look like to other programs: sheets, notices, datum, formulas, GDAL, map lists."""

from __future__ import annotations

import csv
import errno
import gc
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import prcoords
import pyogrio
import pytest

from geo.crs import Datum
from geo.data_files import data_path
from geo.errors import InvalidDataError, InvalidParameterError
from geo.io import exporter
from geo.io.exporter import export_register
from geo.io.map_list import write_map_list
from geo.io.reader import read_register
from geo.io.whole_file import saved_workbook
from geo.stations import FIELD_NAMES, ILLUSTRATIVE_NOTICE, Station
from geo.validation import validate_geojson

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SHEETS = ["站点", "服务设施", "服务矩阵", "字段说明", "参数与来源"]


def shipped() -> list[Station]:
    return list(validate_geojson(data_path("stations.geojson")).require())


def real(**fields: object) -> Station:
    record = {"id": "A", "name": "甲站", "location": (109.067, 34.273), "phone": "029-12351", "version": 2}
    return Station.model_validate(record | fields)


def cells(path: Path) -> list[object]:
    book = openpyxl.load_workbook(path)
    return [cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]


@pytest.mark.parametrize("datum", Datum)
def test_workbook_sheets_datum_and_notice(tmp_path: Path, datum: Datum) -> None:
    path = tmp_path / "r.xlsx"
    export_register(path, shipped(), NOW, datum)
    book = openpyxl.load_workbook(path)
    assert [title for title in book.sheetnames if title in SHEETS] == SHEETS
    held = cells(path)
    assert {datum.value, ILLUSTRATIVE_NOTICE} <= set(held)
    assert any("OpenStreetMap contributors (ODbL" in str(cell) for cell in held)
    stations = list(book["站点"].iter_rows(values_only=True))
    assert len(stations) == 64
    assert {"id", "name", "hours", "version", "lon", "lat", "datum"} <= set(stations[0])
    shown = book["站点"]["A1"].number_format
    assert "标识" in shown  # the header shows its Chinese name before the field's
    matrix = list(book["服务矩阵"].iter_rows(values_only=True))
    assert len(matrix) == 64
    assert "微波炉" in matrix[0]
    explained = {row[0] for row in book["字段说明"].iter_rows(values_only=True)}
    assert set(FIELD_NAMES) <= explained


def test_coordinates_of_a_workbook_are_the_datums_own(tmp_path: Path) -> None:
    for datum, convert in ((Datum.GCJ02, prcoords.wgs_gcj), (Datum.BD09, prcoords.wgs_bd)):
        export_register(tmp_path / "r.xlsx", [real()], NOW, datum)
        sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["站点"]
        head, row = sheet.iter_rows(values_only=True)
        values = dict(zip(head, row, strict=True))
        lat, lon = convert((34.273, 109.067))
        assert (values["lon"], values["lat"]) == (pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a"])
def test_no_cell_is_a_formula_and_numbers_stay_numbers(tmp_path: Path, text: str) -> None:
    made = real(
        name=text, landmark=text, seats=12, area_m2=30.5, amenities={"tv": {"value": "yes", "note": text}}
    )
    export_register(tmp_path / "r.xlsx", [made], NOW)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    values = cells(tmp_path / "r.xlsx")
    assert f"'{text}" in values
    assert text not in values
    assert {12, 30.5} <= {value for value in values if isinstance(value, int | float)}
    export_register(tmp_path / "r.csv", [made], NOW)
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(raw.decode("utf-8-sig").splitlines())
    assert (row["name"], row["seats"], row["area_m2"]) == (f"'{text}", "12", "30.5")
    assert json.loads(row["amenities"]) == {"tv": {"value": "yes", "note": text}}


def test_geopackage_opens_in_gdal(tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    export_register(path, [*shipped(), real(location=None)], NOW)
    told = subprocess.run(["ogrinfo", "-so", "-al", path], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    parts = ("Layer name: stations", "Geometry: Point", "Feature Count: 64", "WGS 84", "datum=wgs84", "ODbL")
    columns = ("amenities: String", "seats: Integer", "area_m2: Real")
    for part in (*parts, *columns, ILLUSTRATIVE_NOTICE):
        assert part in told.stdout


def test_geoparquet_opens_in_geopandas(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    export_register(path, [real(), real(id="B", location=None)], NOW)
    frame = gpd.read_parquet(path)
    assert frame.crs.equals("OGC:CRS84")
    assert (frame.geometry[0].x, frame.geometry[0].y) == (109.067, 34.273)
    assert frame.geometry[1] is None
    assert json.loads(frame["provenance"][0]) == {"name": "survey", "location": "survey", "facts": "survey"}


def test_geojson_names_datum_and_source(tmp_path: Path) -> None:
    export_register(tmp_path / "r.geojson", shipped(), NOW)
    collection = json.loads((tmp_path / "r.geojson").read_text(encoding="utf-8"))
    assert collection["datum"] == "wgs84"
    assert collection["notice"] == ILLUSTRATIVE_NOTICE
    assert "ODbL" in collection["attribution"]
    export_register(tmp_path / "r.geojson", [real()], NOW)
    assert "notice" not in json.loads((tmp_path / "r.geojson").read_text(encoding="utf-8"))


@pytest.mark.parametrize("ending", exporter.ENDINGS)
def test_an_empty_register_is_a_file_too(tmp_path: Path, ending: str) -> None:
    export_register(tmp_path / f"r{ending}", [], NOW)
    assert (tmp_path / f"r{ending}").stat().st_size > 0


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(b"old")
    long = real(aliases=tuple(f"{'长' * 190}{number}" for number in range(200)))
    with pytest.raises(InvalidDataError, match="aliases"):
        export_register(path, [long], NOW)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_features_go_out_in_wgs84_only(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="WGS-84"):
        export_register(tmp_path / "r.geojson", [real()], NOW, Datum.GCJ02)
    with pytest.raises(InvalidParameterError, match="must end in"):
        export_register(tmp_path / "r.shp", [real()], NOW)


@pytest.mark.parametrize(
    ("platform", "convert", "head"),
    [
        ("amap", prcoords.wgs_gcj, "经度（GCJ-02）"),
        ("tencent", prcoords.wgs_gcj, "经度（GCJ-02）"),
        ("baidu", prcoords.wgs_bd, "经度（BD-09）"),
    ],
)
def test_map_list(tmp_path: Path, platform: str, convert: object, head: str) -> None:
    assert callable(convert)
    stations = [
        *shipped(),
        real(opened_on=date(2020, 1, 1)),
        real(id="B", location=None),
        real(id="C", status="retired"),
    ]
    result = write_map_list(tmp_path / "list.csv", stations, platform, NOW)
    assert (result.written, result.illustrative, result.without_location, result.not_serving) == (1, 63, 1, 1)
    assert "63 illustrative" in result.line()
    (row,) = csv.DictReader((tmp_path / "list.csv").read_text(encoding="utf-8-sig").splitlines())
    assert float(row[head]) == pytest.approx(convert((34.273, 109.067))[1], abs=1e-6)
    assert row["站点编号"] == "A"
    write_map_list(tmp_path / "list.xlsx", stations, platform, NOW)
    assert result.datum.value in cells(tmp_path / "list.xlsx")


@pytest.mark.parametrize("ending", exporter.ENDINGS)
def test_a_missing_folder_is_named_as_given(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "没有"
    with pytest.raises(FileNotFoundError) as caught:
        export_register(folder / f"r{ending}", [real()], NOW)
    assert caught.value.filename == str(folder)


@pytest.mark.parametrize(
    ("ending", "kind"), [(".gpkg", "GeoPackage"), (".parquet", "Parquet file")], ids=["gpkg", "parquet"]
)
def test_a_broken_layer_is_told_in_one_own_line(tmp_path: Path, ending: str, kind: str) -> None:
    whole, path = tmp_path / f"whole{ending}", tmp_path / f"坏{ending}"
    export_register(whole, [real(id=f"A{number}") for number in range(300)], NOW)
    held = whole.read_bytes()
    third = len(held) // 3
    damaged = f"坏{ending}: is a damaged or cut off {kind}"
    for content, told in (
        (b"", f"坏{ending}: is no {kind}"),
        (b"hello", f"坏{ending}: is no {kind}"),
        (held[: third * 2], damaged),
        (held[:third] + bytes(number * 7 % 256 for number in range(third)) + held[2 * third :], damaged),
    ):
        path.write_bytes(content)
        with pytest.raises(InvalidDataError) as caught:
            read_register(path)
        assert str(caught.value) == told
    path.unlink()
    with pytest.raises(FileNotFoundError) as missing:
        read_register(path)
    assert missing.value.filename in (path, str(path))


def test_the_matrix_leaves_the_share_of_unknown_hours_blank(tmp_path: Path) -> None:
    stations = [
        real(hours=None),
        real(id="B", hours="24/7"),
        real(id="C", hours="Mo 08:00-20:00"),
        real(id="D", hours=None, status="temporarily_closed"),
    ]
    export_register(tmp_path / "r.xlsx", stations, NOW)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    rows = list(book["服务矩阵"].iter_rows(values_only=True))
    place = rows[0].index("开放时间占比")
    assert {row[0]: row[place] for row in rows[1:]} == {"A": None, "B": 1, "C": 0.071, "D": 0}  # 12 of 168 h
    (said,) = [row for row in book["字段说明"].iter_rows(values_only=True) if row[0] == "开放时间占比"]
    assert "未知的留空" in str(said)


@pytest.mark.parametrize("fails", ["rows", "target"])
def test_a_workbook_that_cannot_be_written_leaves_no_file_and_no_trace(
    tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", left.append)
    target = tmp_path / "there" / "a.xlsx"
    if fails == "rows":
        target.parent.mkdir()
    with pytest.raises(OSError), saved_workbook(target) as book:
        for title in ("一", "二"):
            book.create_sheet(title).append(["a"])
        if fails == "rows":
            raise OSError(errno.ENOSPC, "No space left on device")
    del book
    gc.collect()
    assert left == []
    assert not target.exists()


def test_a_geopackage_that_cannot_be_written_is_an_error_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise pyogrio.errors.DataLayerError("disk I/O error")

    monkeypatch.setattr(pyogrio, "write_arrow", full)
    with pytest.raises(OSError, match="is the disk full") as refused:
        export_register(tmp_path / "a.gpkg", [], NOW)
    assert refused.value.filename == "a.gpkg"
    assert list(tmp_path.iterdir()) == []
