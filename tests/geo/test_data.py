"""The shipped data against the rules of honesty, and against the scripts that build it."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Geod

from geo.amenities import amenity_codes, service_codes
from geo.data_files import DATA_DIR
from geo.opening_hours import OpeningHours
from geo.stations import FIELD_NAMES, ILLUSTRATIVE_NOTICE, Station, station_from_feature

ROOT = DATA_DIR.parent
NAMED = ("纺织公园爱心驿站", "区市民中心爱心驿站", "区职工服务中心爱心驿站")
HOST_KINDS = {
    "park", "square", "scenic", "hospital", "market", "mall", "metro_station", "rail_station", "bus_station",
    "bus_stop", "bus_depot", "exhibition", "expo", "stadium", "arena", "government", "subdistrict_seat",
}  # fmt: skip


def _json(name: str) -> dict[str, Any]:
    return json.loads((DATA_DIR / name).read_text(encoding="utf-8"))


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA_DIR / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def stations() -> list[Station]:
    return [station_from_feature(feature) for feature in _json("stations.geojson")["features"]]


@pytest.fixture(scope="module")
def examples(stations: list[Station]) -> list[Station]:
    return [station for station in stations if station.name not in NAMED]


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("build_areas", "areas.geojson"),
        ("build_places", "places.geojson"),
        ("build_register", "stations.geojson"),
    ],
)
def test_committed_file_is_its_scripts_output(script: str, name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    subprocess.run(
        [sys.executable, "-m", f"data.scripts.{script}", "--out", str(out)],
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    assert out.read_bytes() == (DATA_DIR / name).read_bytes()


def test_there_are_63_stations_three_named_by_the_source(stations: list[Station]) -> None:
    assert len(stations) == len({station.id for station in stations}) == 63
    assert [station.name for station in stations if station.provenance.name == "source"] == list(NAMED)


def test_every_feature_states_every_field_in_order() -> None:
    for feature in _json("stations.geojson")["features"]:
        assert tuple(feature["properties"]) == FIELD_NAMES


def test_file_states_its_licence_and_that_it_is_an_example() -> None:
    stations = _json("stations.geojson")
    assert stations["notice"] == ILLUSTRATIVE_NOTICE == "示例数据，不代表灞桥区实际情况"
    for name in ("stations.geojson", "places.geojson", "areas.geojson"):
        collection = _json(name)
        assert "ODbL 1.0" in collection["licence"]
        assert "© OpenStreetMap contributors" in collection["attribution"]
        assert "GeoNames CC BY 4.0" in collection["attribution"]


def test_named_stations_say_only_what_the_source_says(stations: list[Station]) -> None:
    for station in stations:
        if station.name not in NAMED:
            continue
        assert station.provenance.location == "illustrative"
        assert station.location_precision == "approximate"
        assert station.hours is None and station.entry_method == () and station.ownership is None
        assert [(honour.level, honour.year) for honour in station.honours] == [("national", None)]
        assert station.honours[0].title == "中华全国总工会“最美工会户外劳动者服务站点”"
        known = {code for code, entry in station.offers.items() if entry.value != "unknown"}
        if station.name.startswith("区市民中心"):
            expected = {"water_hot", "microwave", "seat", "toilet", "staff_library", "nursing_room", "psych"}
            assert known == expected
            assert {station.offers[code].value for code in known} == {"yes"}
        else:
            assert known == set()
        assert tuple(station.amenities) == amenity_codes()
        assert tuple(station.services) == service_codes()


def test_no_station_claims_what_nobody_published(stations: list[Station]) -> None:
    for station in stations:
        assert station.phone is None and station.photos == () and station.visits == ()
        assert station.on_map.amap is station.on_map.baidu is station.on_map.tencent is None
        assert station.opened_on is None and station.raw_coordinate is None


def test_examples_call_themselves_examples(examples: list[Station]) -> None:
    assert len(examples) == 60
    for number, station in enumerate(examples, start=1):
        assert station.name.startswith(f"示例站 {number:02d}（")
        assert station.name.endswith("附近）")
        assert station.honours == ()
        provenance = station.provenance
        assert {provenance.name, provenance.location, provenance.facts} == {"illustrative"}
        made_up = [station.door_note, station.welcome_note, station.status_note, station.source]
        made_up += [entry.note for entry in station.offers.values()]
        made_up += [entry.schedule for entry in station.services.values()]
        assert all(text.startswith("示例") for text in made_up if text is not None)
        assert station.address is not None and "示例" in station.address


def test_examples_stand_at_distinct_public_places_of_hosting_kinds(examples: list[Station]) -> None:
    kinds = {
        (float(row["lon"]), float(row["lat"])): row["kind"] for row in _rows("scripts/inputs/places.csv")
    }
    places = [tuple(station.location or ()) for station in examples]
    assert len(set(places)) == 60
    assert {kinds[place] for place in places} <= HOST_KINDS


def test_no_two_stations_stand_within_150_m(stations: list[Station]) -> None:
    geod = Geod(ellps="WGS84")
    for one, other in itertools.combinations(stations, 2):
        assert one.location and other.location
        assert geod.inv(*one.location, *other.location)[2] >= 150.0, (one.name, other.name)


def test_each_station_lies_in_its_street_and_each_street_has_two(stations: list[Station]) -> None:
    features = _json("areas.geojson")["features"]
    polygons = {f["id"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in features}
    for station in stations:
        point = shapely.Point(*(station.location or ()))
        assert station.street_code is not None
        assert polygons[station.street_code].contains(point), station.name
        assert polygons["610111"].contains(point)
    counts = Counter(station.street_code for station in stations)
    assert len(counts) == 9 and min(counts.values()) >= 2


def test_stations_are_denser_where_work_is_denser(stations: list[Station]) -> None:
    # three plateau and hill streets, mostly villages, against the three of the old town
    features = {f["id"]: f for f in _json("areas.geojson")["features"]}

    def per_km2(codes: tuple[str, ...]) -> float:
        area_m2 = sum(
            abs(
                Geod(ellps="WGS84").geometry_area_perimeter(shapely.geometry.shape(features[c]["geometry"]))[
                    0
                ]
            )
            for c in codes
        )
        return sum(station.street_code in codes for station in stations) / (area_m2 / 1e6)

    town = per_km2(("610111001", "610111002", "610111004"))
    country = per_km2(("610111005", "610111006", "610111009"))
    assert town > 5 * country


def test_ownership_follows_xian_by_largest_remainder(examples: list[Station]) -> None:
    # 60 x 57/1029 = 3.32, 164: 9.56, 517: 30.15, 291: 16.97. Floors make 58; .97 and .56 get one more
    counts = Counter(station.ownership for station in examples)
    assert counts == {"union_built": 3, "gov_built": 10, "social_aided": 30, "integrated": 17}


def test_hours_are_as_varied_as_in_the_press(examples: list[Station]) -> None:
    texts = [station.hours for station in examples]
    assert texts.count("24/7") == 4  # 6.5 % of 63
    assert texts.count(None) == 5
    bitmaps = {text: OpeningHours.parse(text).week_bitmap(_monday()) for text in set(texts) - {None}}
    wednesday = [bitmaps[text][2 * 96 : 3 * 96] for text in texts if text not in (None, "24/7")]
    extended = [day for day in wednesday if day[84:].any()]  # open at some time after 21:00
    assert len(extended) == 7  # 10.9 % of 63
    noon_shut = [day for day in wednesday if day[40] and not day[50:54].all() and day[60:].any()]
    assert len(noon_shut) >= 15
    assert len({text for text in texts if text and "PH" in text}) >= 3
    assert sum("Oct-" in text or "Nov-" in text for text in texts if text) >= 3


def _monday() -> date:
    return date(2026, 11, 23)


def test_amenities_are_varied(examples: list[Station]) -> None:
    values = Counter(entry.value for station in examples for entry in station.amenities.values())
    assert set(values) == {"yes", "limited", "nearby", "broken", "no", "unknown"}
    assert 3 <= values["broken"] <= 30
    for station in examples:
        for code, entry in station.amenities.items():
            assert entry.value != "nearby" or (code == "toilet" and entry.distance_m is not None)
            assert (entry.checked_on is None) == (entry.value == "unknown")
            assert entry.checked_on is None or entry.checked_on.year == 2026
    statuses = Counter(station.status for station in examples)
    assert statuses["operating"] >= 50
    assert {"trial", "temporarily_closed", "rectifying", "planned"} <= set(statuses)


def test_fewer_than_100_openstreetmap_features_in_all_files() -> None:
    used = {
        (float(row["lon"]), float(row["lat"]))
        for row in _rows("scripts/inputs/places.csv") + _rows("scripts/inputs/street_seeds.csv")
        if "OpenStreetMap" in row["credit"]
    }
    for feature in _json("places.geojson")["features"]:
        if "OpenStreetMap" in feature["properties"]["credit"]:
            used.add(tuple(feature["geometry"]["coordinates"]))
    assert 60 <= len(used) < 100


def test_places_can_be_searched_by_latin_letters() -> None:
    places = {f["properties"]["name"]: f["properties"] for f in _json("places.geojson")["features"]}
    assert places["长乐坡地铁站"]["pinyin"] == "changlepoditiezhan"
    assert places["唐都医院"]["initials"] == "tdyy"
    for place in places.values():
        assert place["pinyin"].isascii() and place["pinyin"].isalnum()
        assert place["street_code"].startswith("610111")
        assert "OSM" not in place["name"]


def test_fields_table_has_a_row_for_every_field() -> None:
    rows = _rows("fields.csv")
    assert tuple(row["field"] for row in rows) == FIELD_NAMES
    assert all(value for row in rows for value in row.values())


def test_readme_names_every_file() -> None:
    readme = (DATA_DIR / "README.md").read_text(encoding="utf-8")
    files = [path for path in DATA_DIR.rglob("*") if path.suffix in {".csv", ".geojson", ".toml"}]
    assert len(files) >= 10
    for path in files:
        assert f"`{path.relative_to(DATA_DIR).as_posix()}`" in readme


RULE_KEYS = {"id", "zh", "en", "severity", "check", "stars"}


@pytest.mark.parametrize("path", sorted((DATA_DIR / "rulesets").glob("*.toml")), ids=lambda path: path.stem)
def test_rule_sets_keep_the_stated_schema(path: Path) -> None:
    rules = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(rules) == {"id", "zh", "en", "source", "date", "note", "rules"}
    assert rules["id"] == path.stem and all(rules[key] for key in rules)
    assert len({rule["id"] for rule in rules["rules"]}) == len(rules["rules"])
    for rule in rules["rules"]:
        assert RULE_KEYS - {"stars"} <= set(rule) <= RULE_KEYS
        assert rule["severity"] in ("required", "advised")
        _check_schema(rule["check"])


def test_rule_sets_have_as_many_rules_as_their_names_say() -> None:
    counts = {
        name: len(tomllib.loads((DATA_DIR / f"rulesets/{name}.toml").read_text(encoding="utf-8"))["rules"])
        for name in ("acftu-6", "xian-8", "6x")
    }
    assert counts == {"acftu-6": 6, "xian-8": 8, "6x": 7}


def _check_schema(check: dict[str, Any]) -> None:
    forms = {
        "all": set(), "any": set(), "on_map": set(), "open_in": set(), "nearest_station_m": set(),
        "amenity": {"values", "nearby_m", "unexpired"}, "service": {"values"},
        "field": {"equals", "in", "min", "max", "fresh_days"},
    }  # fmt: skip
    (form,) = set(check) & set(forms)
    assert set(check) - {form} <= forms[form]
    if form in ("all", "any"):
        assert check[form]
        for part in check[form]:
            _check_schema(part)
    elif form == "field":
        assert check["field"] in FIELD_NAMES and len(check) >= 2
    elif form in ("amenity", "service"):
        assert check[form] in (amenity_codes() if form == "amenity" else service_codes())
