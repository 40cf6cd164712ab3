"""Bad input: every problem is listed with feature, station and field; nothing is raised or written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import geojson
from geo.data_files import DATA_DIR
from geo.errors import InvalidDataError
from geo.geojson import FeatureReader
from geo.validation import MAX_KEPT_PROBLEMS, ValidationReport, validate_geojson

REGISTER = DATA_DIR / "stations.geojson"


def _feature(number: int = 1, **changes: Any) -> dict[str, Any]:
    properties = {"id": f"S-{number}", "name": f"站{number}", **changes}
    geometry = {"type": "Point", "coordinates": [109.06, 34.27]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _at(coordinates: Any, **changes: Any) -> dict[str, Any]:
    return {**_feature(**changes), "geometry": {"type": "Point", "coordinates": coordinates}}


def _text(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}, ensure_ascii=False)


def _check(*features: Any) -> ValidationReport:
    return validate_geojson(_text(*features).encode())


def test_the_shipped_register_has_no_problem() -> None:
    report = validate_geojson(REGISTER)
    assert report.ok and report.features == len(report.stations) == 63
    assert report.lines() == ["63 features read, no problems"]
    assert len(report.require()) == 63
    assert validate_geojson(str(REGISTER), keep=False).stations == ()


def test_an_empty_register_is_no_fault() -> None:
    report = _check()
    assert report.ok and report.features == 0


def test_null_geometry_is_no_fault() -> None:
    report = _check({**_feature(), "geometry": None})
    assert report.ok and report.stations[0].location is None


def _without_name() -> dict[str, Any]:
    feature = _feature()
    del feature["properties"]["name"]
    return feature


@pytest.mark.parametrize(
    ("feature", "field", "message"),
    [
        (_at([34.27, 109.06]), "location", "longitude and latitude look swapped"),
        (_at([2.35, 48.85]), "location", "outside China"),
        (_at([109.06]), "geometry", "Point"),
        (_at(["109.06", "34.27"]), "geometry", "Point"),
        ({**_feature(), "geometry": {"type": "Polygon", "coordinates": []}}, "geometry", "Point"),
        (_at([float("nan"), 34.27]), "geometry", "NaN"),
        (_at([109.06, float("inf")]), "geometry", "NaN and Infinity"),
        (_feature(area_m2=float("-inf")), "area_m2", "NaN and Infinity"),
        (_feature(amenities={"toilet": {"value": "nearby", "distance_m": float("nan")}}),
         "amenities.toilet.distance_m", "NaN"),
        (_without_name(), "name", "required"),
        (_feature(name="  "), "name", "blank"),
        (_feature(name=7), "name", "string"),
        (_feature(hours="Mo-Fr 8-banana"), "hours", ""),
        (_feature(status="open"), "status", "operating"),
        (_feature(amenities={"sauna": {"value": "yes"}}), "amenities", "sauna"),
        (_feature(amenities={"toilet": {"value": "maybe"}}), "amenities.toilet.value", "broken"),
        (_feature(seats=-1), "seats", "greater"),
        (_feature(colour="red"), "colour", "not permitted"),
        (_feature(id="../etc"), "id", "pattern"),
    ],
)  # fmt: skip
def test_one_fault_is_named_by_feature_station_and_field(
    feature: dict[str, Any], field: str, message: str
) -> None:
    report = _check(_feature(9), feature)
    assert [(p.where, p.field) for p in report.problems] == [("feature 2", field)]
    assert message in report.problems[0].message
    assert report.problems[0].station in {"S-1", "../etc"}
    assert report.features == 2 and len(report.stations) == 1


@pytest.mark.parametrize("value", [7, None, "text", [], {}, {"type": "Feature"}, {"type": "Point"}])
def test_a_thing_that_is_no_feature_is_named(value: Any) -> None:
    report = _check(_feature(), value)
    assert report.problem_count == 1
    assert report.problems[0].where == "feature 2"


def test_every_problem_of_every_feature_is_listed() -> None:
    many = _feature(2, hours="???", seats=-1, status="open")
    many["geometry"] = {"type": "Point", "coordinates": ["x"]}
    report = _check(_feature(1), _feature(1), _without_name(), many, _at([float("nan"), 1.0], seats="3"))
    found = [(problem.where, problem.field) for problem in report.problems]
    assert sorted(found) == sorted(
        [
            ("feature 2", "id"),
            ("feature 3", "id"),
            ("feature 3", "name"),
            ("feature 4", "geometry"),
            ("feature 4", "hours"),
            ("feature 4", "seats"),
            ("feature 4", "status"),
            ("feature 5", "id"),
            ("feature 5", "geometry"),
            ("feature 5", "seats"),
        ]
    )
    duplicate = next(problem for problem in report.problems if problem.where == "feature 2")
    assert "first used by feature 1" in duplicate.message
    with pytest.raises(InvalidDataError):
        report.require()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"not json at all", "line 1, column 1: not a GeoJSON document"),
        (b"<html></html>", "not a GeoJSON document"),
        (b"[]", "not a GeoJSON document"),
        (b"{}", "must be FeatureCollection"),
        (b'{"type": "Feature", "properties": {}}', "must be FeatureCollection"),
        (b'{"type": "FeatureCollection"}', "must be an array of features"),
        (b'{"type": "FeatureCollection", "features": {}}', "must be an array of features"),
        (b'{"type": "FeatureCollection", "features": []', "expected ',' or '}'"),
        (b'{"type": "FeatureCollection", "features": [', "ends where a value is expected"),
        (b'{"type": "FeatureCollection", "features": []} x', "text after the end"),
        (b'{"type": "FeatureCollection", "features": [], "features": []}', "stands twice"),
        (b'{"type" "FeatureCollection"}', "expected ':'"),
        (b"{type: 1}", "quoted name"),
        (b'{"type": "FeatureCollection",\n "features": [\n  {"a": tru}]}', "line 3, column 9: not JSON"),
        (b'{"type": "FeatureCollection", "features": [' + b"[" * 200_000, "nested too deeply"),
        (b'{"features": [' + b'{"a":' * 100_000, "nested too deeply"),
        (b'{"type": ' + b"9" * 5000 + b"}", "not readable"),
        ('{"name": "灞桥爱心驿站"}'.encode("gbk"), "it looks like GBK: save it as UTF-8"),
        (_text(_feature()).encode("utf-16"), "UTF-16"),
        (_text(_feature()).encode("utf-16-le"), "UTF-16"),
        (_text(_feature()).encode("utf-32"), "UTF-32"),
        (b'{"type": "FeatureCollection", "x": "\xff\xff"}', "not UTF-8 text"),
        (b"PK\x03\x04rest", "zip or Excel"),
        (b'{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "EPSG:4490"}}}',
         "must be WGS-84"),
    ],
)  # fmt: skip
def test_a_broken_document_is_one_clear_problem(data: bytes, message: str) -> None:
    report = validate_geojson(data)
    assert report.problem_count == 1 and report.stations == ()
    assert message in str(report.problems[0])


def test_utf8_byte_order_mark_is_let_pass() -> None:
    assert validate_geojson(_text(_feature()).encode("utf-8-sig")).ok


def test_the_usual_wgs84_crs_member_is_let_pass() -> None:
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        assert validate_geojson(_text(_feature(), crs={"properties": {"name": name}}).encode()).ok


def test_a_missing_or_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    assert "cannot be read" in str(validate_geojson(tmp_path / "none.geojson").problems[0])
    assert "cannot be read" in str(validate_geojson(tmp_path).problems[0])


def test_features_before_the_break_are_checked_too() -> None:
    text = _text(_feature(1), _feature(2, seats=-1))
    report = validate_geojson(text[: text.rindex("]")].encode())
    assert [problem.field for problem in report.problems] == ["seats", None]
    assert report.features == 2 and len(report.stations) == 1


def test_line_and_column_hold_beyond_the_first_block() -> None:
    lines = ",\n".join(json.dumps(_feature(number, source="x" * 1000)) for number in range(3000))
    head = '{"type": "FeatureCollection", "features": [\n'
    data = f"{head}{lines},\n   oops]}}".encode()
    assert len(data) > 3 * geojson._BLOCK_BYTES
    report = validate_geojson(data, keep=False)
    assert report.features == 3000
    assert report.problems[0].where == "line 3002, column 4"


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
def test_the_blocks_it_is_read_in_make_no_difference(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    features = [
        _feature(1, name="灞桥“驿站”\\ \n{[,", seats=12),
        12345,
        -0.5e-3,
        True,
        None,
        "文",
        _feature(2),
    ]
    data = json.dumps({"a": 17, "type": "FeatureCollection", "features": features, "z": [1]}, indent=1)
    data = data.replace("null", "null \r\n\t ")
    monkeypatch.setattr(geojson, "_BLOCK_BYTES", block)
    reader = FeatureReader(data.encode())
    assert [feature for _, feature in reader] == features
    assert reader.members == {"a": 17, "type": "FeatureCollection", "z": [1]}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_no_bytes_raise(noise: bytes, where: int) -> None:
    assert not validate_geojson(noise).ok
    whole = _text(_feature(1), _feature(2, hours="24/7"), name="x").encode()
    at = where % len(whole)
    report = validate_geojson(whole[:at] + noise + whole[at + len(noise) // 2 :])
    assert report.problem_count >= len(report.problems)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(("id", "name", "amenities", "honours", "location", "on_map", "updated_at")), _json, _json
)
def test_no_value_raises(field: str, value: Any, coordinates: Any) -> None:
    feature = _feature(**{field: value})
    feature["geometry"]["coordinates"] = coordinates
    report = _check(feature)
    assert report.features == 1
    assert report.ok == (len(report.stations) == 1)


def test_problems_are_capped_in_the_list_but_all_counted() -> None:
    report = _check(*({"n": number} for number in range(MAX_KEPT_PROBLEMS + 500)))
    assert report.problem_count == MAX_KEPT_PROBLEMS + 500
    assert len(report.problems) == MAX_KEPT_PROBLEMS
    assert report.lines(limit=2)[2] == f"… and {MAX_KEPT_PROBLEMS + 498} more problems"


def test_a_break_is_listed_even_where_the_list_is_full() -> None:
    text = _text(*({"n": number} for number in range(MAX_KEPT_PROBLEMS + 5)))
    report = validate_geojson(text[:-2].encode())
    assert report.problem_count == MAX_KEPT_PROBLEMS + 6
    assert len(report.problems) == MAX_KEPT_PROBLEMS
    assert "expected ','" in report.problems[-1].message


def test_files_over_the_limit_are_refused_unread(tmp_path: Path) -> None:
    huge = tmp_path / "huge.geojson"
    with huge.open("wb") as file:
        file.truncate(geojson.MAX_FILE_BYTES + 1)  # sparse: takes no room
    report = validate_geojson(huge)
    assert str(report.problems[0]) == "file: is 1000 MB; files over 1000 MB are not read"


# --- 50 MB files: bounded time and memory ---------------------------------------------------------------

SIZE = 50_000_000


def _register_of_50_mb(path: Path) -> None:
    features = json.loads(REGISTER.read_text(encoding="utf-8"))["features"]
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        number = 0
        while file.tell() < SIZE:
            feature = features[number % len(features)]
            number += 1
            feature["id"] = feature["properties"]["id"] = f"N-{number}"
            file.write(("" if number == 1 else ",") + json.dumps(feature, ensure_ascii=False))
        file.write("]}")


def _write(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes((data * (SIZE // len(data) + 1))[:SIZE])

    return write


def _after_head(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(
            b'{"type":"FeatureCollection","features":[' + (data * (SIZE // len(data) + 1))[:SIZE]
        )

    return write


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (_register_of_50_mb, "no problems"),
        (_write(b"garbage "), "not a GeoJSON document"),
        (_write(b" "), "is empty"),
        (_after_head(b'"endless text '), "expected ','"),
        (_after_head(b"1,"), "feature 1000000: reading stopped here after 1000000 problems"),
        (_after_head(b"[1,"), "nested too deeply"),
        (_after_head(b"{"), "not JSON"),
    ],
    ids=["register", "garbage", "blanks", "texts", "numbers", "deep", "braces"],
)
def test_50_mb_take_bounded_time_and_memory(
    write: Callable[[Path], None], expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "big.geojson"
    write(path)
    program = (
        "import resource, sys; from geo.validation import validate_geojson\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "report = validate_geojson(sys.argv[1], keep=False)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print('\\n'.join(report.lines())); print(after - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=DATA_DIR.parent, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    *lines, grown = run.stdout.splitlines()
    assert expected in "\n".join(lines)
    grown_mb = int(grown) / (1e6 if sys.platform == "darwin" else 1e3)  # macOS counts bytes, Linux KiB
    assert grown_mb < 200
