"""Datum conversion against published values and independent code; geometries; measures; planes."""

from __future__ import annotations

import math
import re

import numpy as np
import prcoords
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import crs
from geo.errors import InvalidParameterError

try:
    from coord_convert import transform as coord_convert
except ImportError:  # it has no wheel for every platform; the plain formula below is always there
    coord_convert = None

GEOD = pyproj.Geod(ellps="WGS84")
WGS, GCJ, BD = (109.067, 34.273), (109.0721171, 34.2717328), (109.0785120, 34.2780291)
INVERSES = [
    (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84, 1e-3),
    (crs.gcj02_to_bd09, crs.bd09_to_gcj02, 1e-2),
    (crs.wgs84_to_bd09, crs.bd09_to_wgs84, 1e-2),
]
CONVERSIONS = [function for forward, backward, _ in INVERSES for function in (forward, backward)]


def inside_china(count, margin_deg=0.04, seed=0):
    """Random places at least ``margin_deg`` (over 2 km anywhere in the rectangle) inside its edge."""
    rng = np.random.default_rng(seed)
    west, south, east, north = 72.004, 0.8293, 137.8347, 55.8271
    lon = rng.uniform(west + margin_deg, east - margin_deg, count)
    lat = rng.uniform(south + margin_deg, north - margin_deg, count)
    return lon, lat


def apart_m(first, second):
    return GEOD.inv(*first, *second)[2]


def test_the_margin_is_at_least_two_kilometres():
    """0.04° of longitude at the northern edge, where degrees are shortest, of latitude at the southern."""
    assert GEOD.inv(100.0, 55.8271, 100.04, 55.8271)[2] > 2000
    assert GEOD.inv(100.0, 0.8293, 100.0, 0.8693)[2] > 2000


@pytest.mark.parametrize(
    ("convert", "given_point", "expected"),
    [
        (crs.wgs84_to_gcj02, WGS, GCJ),
        (crs.gcj02_to_wgs84, GCJ, WGS),
        (crs.gcj02_to_bd09, GCJ, BD),
        (crs.bd09_to_gcj02, BD, GCJ),
        (crs.wgs84_to_bd09, WGS, BD),
        (crs.bd09_to_wgs84, BD, WGS),
    ],
)
def test_reference_values(convert, given_point, expected):
    """Published to seven decimals; a round trip of rounded input may differ by one unit more."""
    lon, lat = convert(*given_point)
    assert type(lon) is float
    assert type(lat) is float
    assert lon == pytest.approx(expected[0], abs=1.6e-7)
    assert lat == pytest.approx(expected[1], abs=1.6e-7)


def plain_gcj(lon, lat):
    """The published formula term by term with ``math``: sines as sines, no shortcuts."""
    x, y, pi, sin = lon - 105.0, lat - 35.0, math.pi, math.sin
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x) + 20 * sin(pi * y) + 40 * sin(pi * y / 3)) * 2 / 3
    north += (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x) + 20 * sin(pi * x) + 40 * sin(pi * x / 3)) * 2 / 3
    east += (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3
    a, e2 = 6378245.0, 0.00669342162296594323
    bend = 1 - e2 * sin(math.radians(lat)) ** 2
    meridian_m, normal_m = a * (1 - e2) / bend**1.5, a / math.sqrt(bend)
    return (
        lon + math.degrees(east / (normal_m * math.cos(math.radians(lat)))),
        lat + math.degrees(north / meridian_m),
    )


def plain_bd(lon, lat):
    """Baidu's published shift in polar coordinates."""
    rate = math.pi * 3000 / 180
    radius = math.hypot(lon, lat) + 2e-5 * math.sin(lat * rate)
    angle = math.atan2(lat, lon) + 3e-6 * math.cos(lon * rate)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def peers(plain, name):
    return [plain] if coord_convert is None else [plain, getattr(coord_convert, name)]


def one_by_one(convert, lon, lat):
    return np.array([convert(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]).T


def test_forward_agrees_with_independent_code_within_a_centimetre():
    lon, lat = inside_china(3000)
    for peer in peers(plain_gcj, "wgs2gcj"):
        assert apart_m(crs.wgs84_to_gcj02(lon, lat), one_by_one(peer, lon, lat)).max() < 0.01
    for peer in peers(plain_bd, "gcj2bd"):
        assert apart_m(crs.gcj02_to_bd09(lon, lat), one_by_one(peer, lon, lat)).max() < 0.01
    for peer in peers(lambda x, y: plain_bd(*plain_gcj(x, y)), "wgs2bd"):
        assert apart_m(crs.wgs84_to_bd09(lon, lat), one_by_one(peer, lon, lat)).max() < 0.01


def test_prcoords_agrees_where_it_is_right():
    """It takes and gives (lat, lon).

    Release 1.0.1 multiplies by the bend of the meridian instead of dividing, so its GCJ-02 latitude is metres
    off (1.0.2 mends it, and has no wheel): longitude and the whole BD-09 step are compared.
    """
    lon, lat = inside_china(3000)
    gcj = one_by_one(lambda x, y: prcoords.wgs_gcj((y, x), False), lon, lat)[::-1]
    assert apart_m((crs.wgs84_to_gcj02(lon, lat)[0], lat), (gcj[0], lat)).max() < 0.01
    bd = one_by_one(lambda x, y: prcoords.gcj_bd((y, x)), lon, lat)[::-1]
    assert apart_m(crs.gcj02_to_bd09(lon, lat), bd).max() < 0.01


def test_half_angle_poles_of_the_formula():
    """Where a half angle reaches 90° and its tangent has a pole: 75, 81, ... E and 5, 11, ... N."""
    for lon in (75.0, 81.0, 93.0, 117.0, 135.0):
        for lat in (5.0, 11.0, 23.0, 29.0, 41.0, 47.0):
            assert apart_m(crs.wgs84_to_gcj02(lon, lat), plain_gcj(lon, lat)) < 1e-6
            assert apart_m(crs.gcj02_to_bd09(lon, lat), plain_bd(lon, lat)) < 1e-6


def test_inverse_undoes_independent_forward_code_within_a_millimetre():
    lon, lat = inside_china(3000)
    there = one_by_one(plain_gcj, lon, lat)
    assert apart_m(crs.gcj02_to_wgs84(*there), (lon, lat)).max() < 1e-3
    there = one_by_one(plain_bd, lon, lat)
    assert apart_m(crs.bd09_to_gcj02(*there), (lon, lat)).max() < 1e-3


@pytest.mark.parametrize(("forward", "backward", "limit_m"), INVERSES)
def test_round_trips_close_both_ways(forward, backward, limit_m):
    """A dense sample of the whole rectangle, the kinks of the formula (105 E, 35 N) included."""
    lon, lat = inside_china(100_000)
    kinks = 10.0 ** np.arange(-14.0, 0.0)
    lon = np.concatenate([lon, 105.0 + kinks, 105.0 - kinks, [105.0]])
    lat = np.concatenate([lat, 35.0 + kinks, 35.0 - kinks, [35.0]])
    assert apart_m(backward(*forward(lon, lat)), (lon, lat)).max() <= limit_m
    assert apart_m(forward(*backward(lon, lat)), (lon, lat)).max() <= limit_m


@pytest.mark.parametrize(("forward", "backward", "limit_m"), INVERSES)
@pytest.mark.parametrize("east", [False, True])
@pytest.mark.parametrize("north", [False, True])
def test_round_trips_close_in_every_corner(forward, backward, limit_m, east, north):
    """Half a degree of each corner, up to the margin: radius, and with it Baidu's turn, is extreme there."""
    rng = np.random.default_rng(11)
    west_lon, south_lat = (137.2947 if east else 72.044), (55.2871 if north else 0.8693)
    lon, lat = west_lon + rng.uniform(0.0, 0.5, 20_000), south_lat + rng.uniform(0.0, 0.5, 20_000)
    assert apart_m(backward(*forward(lon, lat)), (lon, lat)).max() <= limit_m
    assert apart_m(forward(*backward(lon, lat)), (lon, lat)).max() <= limit_m


@pytest.mark.parametrize(("north", "east"), [(55.78, 137.79), (0.87, 137.79), (55.78, 72.05), (0.87, 72.05)])
def test_baidu_is_undone_to_a_tenth_of_a_millimetre_at_every_phase(north, east):
    """Its waves are a third of a kilometre long: a fine grid over a dozen of them, against the plain form."""
    steps = np.linspace(-0.01, 0.01, 60)
    lon, lat = (part.ravel() for part in np.meshgrid(east + steps * 0.5, north + steps * 0.5))
    there = one_by_one(plain_bd, lon, lat)
    assert apart_m(crs.bd09_to_gcj02(*there), (lon, lat)).max() < 1e-4


@settings(max_examples=100, deadline=None)
@given(st.floats(72.044, 137.79), st.floats(0.87, 55.78), st.sampled_from(INVERSES))
def test_any_single_place_round_trips(lon, lat, triple):
    forward, backward, limit_m = triple
    assert apart_m(backward(*forward(lon, lat)), (lon, lat)) <= limit_m


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_a_place_converts_to_the_same_bits_in_any_company(convert):
    """Alone, folded, strided, on both sides of the working block; the arguments stay as they were."""
    lon, lat = inside_china(70_003, seed=3)
    kept = lon.copy(), lat.copy()
    whole = convert(lon, lat)
    assert np.array_equal(lon, kept[0])
    assert np.array_equal(lat, kept[1])
    folded = convert(lon[:6].reshape(2, 3), lat[:6].reshape(2, 3))
    assert np.array_equal(folded, (whole[0][:6].reshape(2, 3), whole[1][:6].reshape(2, 3)))
    for position in (0, 5, 8191, 8192, 32_767, 32_768, 65_536, 70_002):
        one = convert(float(lon[position]), float(lat[position]))
        assert one == (whole[0][position], whole[1][position])
    empty = convert([], [])
    assert empty[0].shape == empty[1].shape == (0,)
    every_other = convert(lon[::2], lat[::2])
    assert np.array_equal(every_other, (whole[0][::2], whole[1][::2]))


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_identity_outside_the_rectangle(convert):
    places = [(2.35, 48.86), (-120.0, 40.0), (72.003, 30.0), (137.835, 30.0), (110.0, 0.829), (110.0, 55.828)]
    places += [(0.0, 90.0), (179.99, -90.0), (-180.0, 0.0)]
    for place in places:
        assert convert(*place) == place
    lon, lat = np.array(places).T
    mixed = convert(np.append(lon, WGS[0]), np.append(lat, WGS[1]))
    assert np.array_equal(mixed[0][:-1], lon)
    assert np.array_equal(mixed[1][:-1], lat)
    assert apart_m((mixed[0][-1], mixed[1][-1]), WGS) > 100


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_nan_gives_nan_and_leaves_its_neighbours_alone(convert):
    assert all(math.isnan(part) for part in convert(math.nan, 34.0))
    assert all(math.isnan(part) for part in convert(109.0, math.nan))
    lon, lat = convert([109.0, math.nan, 109.0, 2.0], [34.0, 34.0, math.nan, 48.0])
    assert np.isnan(lon).tolist() == np.isnan(lat).tolist() == [False, True, True, False]
    assert (lon[0], lat[0]) == convert(109.0, 34.0)


@pytest.mark.parametrize(
    ("lon", "lat", "named"),
    [
        (34.273, 109.067, "lat=109.067"),
        (109.0, [34.0, 35.0], "lat=(2,)"),
        ([109.0, 110.0], [34.0], "lat=(1,)"),
        (math.inf, 34.0, "lon=inf"),
        (12_141_000.0, 34.0, "lon=12141000.0"),
        ([109.0, math.nan], [34.0, -90.5], "lat=-90.5"),
        ("109E", 34.0, "lon='109E'"),
    ],
)
def test_wrong_coordinates_name_field_and_value(lon, lat, named):
    for convert in CONVERSIONS:
        with pytest.raises(InvalidParameterError, match=re.escape(named)):
            convert(lon, lat)


def test_datum_names():
    assert [crs.parse_datum(name) for name in ("wgs84", "WGS-84", " Gcj_02", "BD09", crs.Datum.BD09)] == [
        crs.Datum.WGS84,
        crs.Datum.WGS84,
        crs.Datum.GCJ02,
        crs.Datum.BD09,
        crs.Datum.BD09,
    ]
    for wrong in ("", "cgcs2000", "gcj-2", None):
        with pytest.raises(InvalidParameterError, match="expected one of wgs84, gcj02, bd09"):
            crs.parse_datum(wrong)


SQUARE = [(109.0, 34.0), (109.1, 34.0), (109.1, 34.1), (109.0, 34.1), (109.0, 34.0)]
HOLE = [(109.02, 34.02), (109.04, 34.02), (109.04, 34.04), (109.02, 34.02)]
GEOMETRIES = [
    shapely.Point(109.0, 34.0),
    shapely.Point(109.0, 34.0, 412.5),
    shapely.LineString([(109.0, 34.0, 1.0), (109.1, 34.1, 2.0)]),
    shapely.LinearRing(SQUARE),
    shapely.Polygon(SQUARE, [HOLE]),
    shapely.Polygon([(x, y, 400.0) for x, y in SQUARE], [[(x, y, 401.0) for x, y in HOLE]]),
    shapely.MultiPoint([(109.0, 34.0), (2.0, 48.0)]),
    shapely.MultiLineString([SQUARE, HOLE]),
    shapely.MultiPolygon([(SQUARE, [HOLE])]),
    shapely.GeometryCollection([shapely.Point(109.0, 34.0), shapely.Polygon(SQUARE, [HOLE])]),
    shapely.GeometryCollection([shapely.Polygon(), shapely.GeometryCollection([shapely.Point(109.0, 34.0)])]),
    shapely.Point(),
    shapely.Polygon(),
    shapely.MultiPolygon(),
    shapely.GeometryCollection(),
]


MIXED = shapely.GeometryCollection([shapely.Point(109.0, 34.0, 7.0), shapely.Point(109.1, 34.1)])


def vertices_one_by_one(geometry, convert):
    """Rebuild the geometry's text with every coordinate pair converted: independent of shapely.transform."""

    def convert_match(match):
        lon, lat = convert(float(match[1]), float(match[2]))
        return f"{lon!r} {lat!r}"

    return re.sub(r"(-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)", convert_match, geometry.wkt)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.wkt[:45])
@pytest.mark.parametrize(
    ("source", "target", "convert"),
    [
        ("wgs84", "gcj02", crs.wgs84_to_gcj02),
        (crs.Datum.GCJ02, crs.Datum.WGS84, crs.gcj02_to_wgs84),
        ("BD-09", "wgs84", crs.bd09_to_wgs84),
        ("wgs84", "wgs84", lambda lon, lat: (lon, lat)),
    ],
)
def test_every_vertex_of_any_geometry(geometry, source, target, convert):
    before = geometry.wkb
    result = crs.convert_datum(shapely.set_srid(geometry, 4326), source, target)
    expected = shapely.from_wkt(vertices_one_by_one(geometry, convert))
    assert result.geom_type == geometry.geom_type
    assert result.has_z == geometry.has_z
    assert shapely.get_srid(result) == 4326
    assert shapely.equals_exact(result, expected, tolerance=1e-9)
    z = [shapely.get_coordinates(shape, include_z=True)[:, 2] for shape in (result, geometry)]
    assert np.array_equal(*z, equal_nan=True)
    assert geometry.wkb == before


def test_arrays_of_geometries_keep_shape_gaps_and_dimensions():
    given_shapes = np.array([[*GEOMETRIES[:5], None], [*GEOMETRIES[5:10], MIXED]], dtype=object)
    result = crs.convert_datum(given_shapes, "wgs84", "bd09")
    assert result.shape == given_shapes.shape
    assert result[0, 5] is None
    for one, geometry in zip(result.flat, given_shapes.flat, strict=True):
        if geometry is not None:
            alone = crs.convert_datum(geometry, "wgs84", "bd09")
            assert shapely.equals_exact(one, alone, tolerance=1e-9)
            assert one.has_z == geometry.has_z
    assert given_shapes[0, 0].equals(shapely.Point(109.0, 34.0))
    assert crs.convert_datum([], "wgs84", "bd09").shape == (0,)
    assert crs.convert_datum(None, "wgs84", "bd09") is None


def test_a_collection_may_hold_members_with_and_without_z():
    high, flat = crs.convert_datum(MIXED, "wgs84", "gcj02").geoms
    assert (high.x, high.y, high.z) == (*crs.wgs84_to_gcj02(109.0, 34.0), 7.0)
    assert (flat.x, flat.y) == crs.wgs84_to_gcj02(109.1, 34.1)
    assert not flat.has_z


def test_measured_vertices_keep_z_and_lose_m():
    result = crs.convert_datum(shapely.from_wkt("LINESTRING ZM (109 34 5 1, 109.1 34 6 2)"), "wgs84", "gcj02")
    assert result.has_z
    assert not result.has_m
    assert shapely.get_coordinates(result, include_z=True)[:, 2].tolist() == [5.0, 6.0]


def test_long_rings_stay_closed():
    """First and last vertex go through different vector lanes and blocks and must still be one point."""
    for count in (5, 12, 33, 1023, 8192, 9001, 32_768, 33_001):
        around = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
        ring = shapely.Polygon(np.column_stack((109.0 + np.cos(around), 34.0 + np.sin(around))))
        for source, target in (("wgs84", "gcj02"), ("bd09", "wgs84")):
            result = crs.convert_datum(ring, source, target)
            assert result.exterior.coords[0] == result.exterior.coords[-1]
            assert result.is_valid


def test_what_is_no_geometry_is_refused():
    for wrong in ({"type": "Point"}, "POINT (1 2)", [shapely.Point(1, 2), 3]):
        with pytest.raises(InvalidParameterError, match="not a shapely geometry"):
            crs.convert_datum(wrong, "wgs84", "gcj02")
    with pytest.raises(InvalidParameterError, match=r"lat=109\.0"):
        crs.convert_datum(shapely.Point(34.0, 109.0), "wgs84", "gcj02")
    with pytest.raises(InvalidParameterError, match="datum='epsg'"):
        crs.convert_datum(shapely.Point(109.0, 34.0), "epsg", "gcj02")


def test_geodesic_distance_by_hand_and_by_shape():
    """A degree of the equator is a·π/180; the quarter meridian is 10,001,965.729 m (Karney 2011)."""
    assert crs.geodesic_distance_m(0.0, 0.0, 1.0, 0.0) == pytest.approx(6378137.0 * math.pi / 180, abs=1e-6)
    assert crs.geodesic_distance_m(10.0, 0.0, -30.0, 90.0) == pytest.approx(10_001_965.729, abs=1e-3)
    assert type(crs.geodesic_distance_m(109.0, 34.0, 109.0, 34.0)) is float
    table = crs.geodesic_distance_m(np.array([[109.0], [110.0]]), 34.0, [109.0, 110.0, math.nan], 34.0)
    assert table.shape == (2, 3)
    assert table[0, 0] == table[1, 1] == 0.0
    assert table[0, 1] == table[1, 0] == GEOD.inv(109.0, 34.0, 110.0, 34.0)[2]
    assert np.isnan(table[:, 2]).all()
    with pytest.raises(InvalidParameterError, match="shapes don't match"):
        crs.geodesic_distance_m([1.0, 2.0], 0.0, [1.0, 2.0, 3.0], 0.0)
    with pytest.raises(InvalidParameterError, match="lat=91"):
        crs.geodesic_distance_m(0.0, 91.0, 0.0, 0.0)


def test_planes_keep_distance_or_area():
    """A circle and a polygon measured in the plane and on the ellipsoid by Geod."""
    centre = (109.07, 34.27)
    equidistant = crs.local_metric_crs(*centre)
    for azimuth in range(0, 360, 30):
        lon, lat, _ = GEOD.fwd(*centre, azimuth, 5000.0)
        point = crs.to_plane(shapely.Point(lon, lat, 9.0), equidistant)
        assert math.hypot(point.x, point.y) == pytest.approx(5000.0, abs=1e-3)
        assert point.z == 9.0
        back = crs.from_plane(point, equidistant)
        assert apart_m((back.x, back.y), (lon, lat)) < 1e-6
    square = shapely.segmentize(shapely.Polygon(SQUARE), 0.001)
    equal_area = crs.local_metric_crs(*centre, equal_area=True)
    true_m2 = abs(GEOD.geometry_area_perimeter(square)[0])
    assert crs.to_plane(square, equal_area).area == pytest.approx(true_m2, rel=1e-6)
    for wrong in ((math.nan, 34.0), ([109.0], [34.0])):
        with pytest.raises(InvalidParameterError, match="one finite place"):
            crs.local_metric_crs(*wrong)
