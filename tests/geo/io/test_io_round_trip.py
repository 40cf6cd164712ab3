"""Export, then import into an empty register: the same stations field by field, every format and datum."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyproj
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from geo.amenities import amenity_codes, service_codes
from geo.crs import Datum
from geo.io.exporter import export_register
from geo.io.importer import ImportOptions, plan_import
from geo.io.reader import read_register
from geo.stations import FIELD_NAMES, Station
from geo.vocabulary import LABELS

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GEOD = pyproj.Geod(ellps="WGS84")
WAYS = [
    *((ending, Datum.WGS84) for ending in ("geojson", "gpkg", "parquet")),
    *((ending, datum) for ending in ("csv", "xlsx") for datum in Datum),
]
NASTY = (
    "=1+1",
    "+86 029",
    "-5",
    "@SUM(A1)",
    "\ttab",
    "\rreturn",
    "'quoted",
    "''",
    "'",
    "",
    " ",
    "  both  ",
    "清空",
    "#N/A",
    "#REF!",
    "null",
    "None",
    "NaN",
    "nan",
    "TRUE",
    "1e5",
    "007",
    "3.0",
    "2026-05-01",
    "[]",
    "{}",
    '["a"]',
    "a,b;c\td|e",
    'say "hi"',
    "line\nbreak",
    "win\r\nline",
    "_x000D_",
    "_x0041_b",
    "_x005F_x",
    "x005F_",
    "\U0001f600\U0001f3f3\ufe0f\u200d\U0001f308",
    "汉字（全角）；、，",
    "\u2028sep",
    "\x85nel",
    "\x0bvt\x1f",
    "\ufffe",
    "\ufeffbom",
    "é",
    "'=1",
    "\xa0nbsp\xa0",
)

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
texts = st.one_of(st.sampled_from(NASTY), any_text)
lines = texts.filter(lambda text: not any(ord(char) < 32 for char in text))
names = lines.filter(lambda text: bool(text.strip()))
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
metres = st.floats(0, 1_000_000, allow_nan=False)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
HOURS = (
    "24/7",
    "Mo-Fr 09:00-17:30",
    "8:00-5:00",
    "08:00-18:00",
    "Mo-Su,PH 00:00-24:00",
    "May-Sep 08:00-20:00",
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def offers(codes: tuple[str, ...], *more: str) -> st.SearchStrategy[Any]:
    entry = st.fixed_dictionaries(
        {"value": st.sampled_from(sorted(LABELS["amenity_value"]))},
        optional={
            "kind": lines,
            "count": st.integers(0, 1_000_000),
            "distance_m": metres,
            "certified": st.booleans(),
            "note": texts,
            "checked_on": days,
            "expires_on": days,
        }
        | dict.fromkeys(more, lines),
    )
    return st.dictionaries(st.sampled_from(codes), entry, max_size=3)


def words(vocabulary: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(LABELS[vocabulary]))


listing = st.fixed_dictionaries({"id": maybe(lines), "checked_on": maybe(days), "pin_error_m": maybe(metres)})
flags = ("sign_outside", "notice_board", "rules_posted", "hotline_posted", "manager_named", "street_facing",
         "inside_compound", "step_free")  # fmt: skip
records = st.fixed_dictionaries(
    {
        "id": ids,
        "name": names,
        "aliases": st.lists(names, max_size=3).map(tuple),
        "kind": words("kind"),
        "status": words("status"),
        "status_since": st.none() | st.dates(date(2000, 1, 1), date(2020, 1, 1)),
        "status_until": st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
        "hours": maybe(st.sampled_from(HOURS)),
        "hours_confirmed_on": maybe(days),
        "entry_method": st.lists(words("entry_method"), max_size=3).map(tuple),
        "ownership": maybe(words("ownership")),
        "host_type": maybe(words("host_type")),
        "level": maybe(words("level")),
        "honours": st.lists(
            st.fixed_dictionaries(
                {"level": words("honour_level"), "title": names, "year": maybe(st.integers(1949, 2200))}
            ),
            max_size=2,
        ).map(tuple),
        "amenities": offers(amenity_codes()),
        "services": offers(service_codes(), "schedule", "contact"),
        "seats": maybe(st.integers(0, 1_000_000)),
        "area_m2": maybe(metres),
        "phone": maybe(st.sampled_from(["029-12345678", "+86 29 1234", "13812345678", "029-1 ", "0291转2"])),
        "opened_on": maybe(days),
        "visits": st.lists(
            st.fixed_dictionaries({"period": names, "count": st.integers(0, 9), "method": maybe(lines)}),
            max_size=2,
        ).map(tuple),
        "photos": st.lists(
            st.fixed_dictionaries(
                {"url": st.sampled_from(["/a.jpg", "https://x.t/b"]), "alt": lines, "taken_on": maybe(days)}
            ),
            max_size=2,
        ).map(tuple),
        "on_map": st.fixed_dictionaries(dict.fromkeys(("amap", "baidu", "tencent"), maybe(listing))),
        "provenance": st.fixed_dictionaries(
            dict.fromkeys(("name", "location", "facts"), words("provenance"))
        ),
        "location_precision": maybe(words("location_precision")),
        "location_checked_on": maybe(days),
        "raw_coordinate": maybe(
            st.fixed_dictionaries(
                {
                    "datum": st.sampled_from(["wgs84", "gcj02", "bd09"]),
                    "lon": st.floats(-180, 180),
                    "lat": st.floats(-90, 90),
                }
            )
        ),
        "version": st.integers(1, 10**9),
        "updated_at": st.just(NOW),
        "location": maybe(st.tuples(st.floats(73, 134), st.floats(4, 53))),
    }
    | {name: maybe(lines) for name in ("street_code", "street", "address", "landmark")}
    | {name: maybe(texts) for name in ("door_note", "status_note", "welcome_note", "source")}
    | {name: words("yes_no_unknown") for name in flags}
)  # fmt: skip
stations_lists = st.lists(records.map(Station.model_validate), max_size=3, unique_by=lambda one: one.id)


def awkward() -> list[Station]:
    """One station for each nasty text, in every place text can stand, and one with nothing known."""
    made = [Station(id="bare", name="bare")]
    for number, text in enumerate(NASTY):
        line = "".join(char for char in text if ord(char) >= 32)
        name = line if line.strip() else f"n{number}"
        record = {
            "id": f"N{number}", "name": name, "aliases": (name, f"{name}、b"), "address": line, "note": None,
            "door_note": text, "source": text, "landmark": line, "hours": HOURS[number % len(HOURS)],
            "amenities": {"water_hot": {"value": "yes", "note": text, "kind": line}},
            "services": {"legal": {"value": "limited", "schedule": text, "contact": line}},
            "honours": ({"level": "city", "title": name, "year": None},),
            "visits": ({"period": name, "count": 1, "method": line},),
            "photos": ({"url": "/a.jpg", "alt": line},), "on_map": {"amap": {"id": line}, "baidu": {}},
        }  # fmt: skip
        record.pop("note")
        made.append(Station.model_validate(record))
    return made


def imported(stations: list[Station], ending: str, datum: Datum) -> list[Station]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"register.{ending}"
        export_register(path, stations, NOW, datum)
        plan = plan_import(read_register(path), [], ImportOptions(datum, force=True), date(2026, 11, 22))
    assert plan.report.refused is None
    assert [problem for problem in plan.report.problems if problem.severity != "note"] == []
    return [change.station for change in plan.changes if change.station is not None]


@pytest.mark.parametrize(("ending", "datum"), WAYS)
@settings(
    max_examples=8,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # writing a workbook again and again to shrink is slow
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example(stations=awkward())
@given(stations=stations_lists)
def test_every_field_survives(ending: str, datum: Datum, stations: list[Station]) -> None:
    back = {station.id: station for station in imported(stations, ending, datum)}
    assert back.keys() == {station.id for station in stations}
    for station in stations:
        found = back[station.id]
        for name in FIELD_NAMES:
            if name not in ("version", "updated_at"):
                assert getattr(found, name) == getattr(station, name), (station.id, name)
        assert (found.location is None) == (station.location is None)
        if station.location is not None and found.location is not None:
            apart_m = GEOD.inv(*station.location, *found.location)[2]
            assert apart_m <= (0.01 if datum is Datum.BD09 else 0.001)


@pytest.mark.parametrize(("ending", "datum"), WAYS)
def test_the_same_register_again_changes_nothing(ending: str, datum: Datum, tmp_path: Path) -> None:
    stations = [
        *awkward(),
        Station.model_validate({"id": "L", "name": "located", "location": (109.067, 34.273), "version": 4}),
    ]
    path = tmp_path / f"register.{ending}"
    export_register(path, stations, NOW, datum)
    plan = plan_import(read_register(path), stations, ImportOptions(datum, force=True), date(2026, 11, 22))
    assert plan.changes == ()
    assert len(plan.report.unchanged) == len(stations)
