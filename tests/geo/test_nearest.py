"""StationIndex against brute force with pyproj.Geod: any place on Earth, ties, masks, limits, batches."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidParameterError
from geo.nearest import StationIndex

GEOD = pyproj.Geod(ellps="WGS84")


def brute_force(lon, lat, ids, at_lon, at_lat, k=None, mask=None, max_distance_m=math.inf):
    """Every station measured by Geod alone, sorted by (distance, id): no tree, no bound."""
    found = []
    for row, station in enumerate(ids):
        if math.isnan(lon[row]) or math.isnan(lat[row]) or (mask is not None and not mask[row]):
            continue
        away_m = GEOD.inv(at_lon, at_lat, lon[row], lat[row])[2]
        if away_m <= max_distance_m:
            found.append((away_m, station))
    return [(station, away_m) for away_m, station in sorted(found)[:k]]


def shuffled_ids(rng, count):
    """Ids whose order has nothing to do with rows."""
    return [f"s{number:06d}" for number in rng.permutation(count)]


def world(rng, kind, count):
    """Station coordinates of several worlds, the awkward ones included."""
    if kind == "globe":
        return rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    if kind == "district":
        return rng.uniform(108.99, 109.27, count), rng.uniform(34.17, 34.46, count)
    if kind == "pole":
        return rng.uniform(-180, 180, count), 90.0 - np.abs(rng.normal(0, 0.02, count)) * rng.integers(
            0, 2, count
        )
    if kind == "antimeridian":
        return np.where(rng.random(count) < 0.5, 180.0, -180.0) - rng.normal(
            0, 0.01, count
        ) % 0.05, rng.uniform(-1, 1, count)
    if kind == "grid":  # many exactly equal distances
        return rng.integers(-2, 3, count) * 0.25, rng.integers(-2, 3, count) * 0.25
    if kind == "one place":
        return np.full(count, 109.07), np.full(count, 34.27)
    raise AssertionError(kind)


PLACES = {
    "globe": [(0.0, 0.0), (12.3, 45.6), (-179.99, -60.0), (5.0, 90.0), (0.0, -90.0)],
    "district": [(109.067, 34.273), (109.3, 34.1), (-70.933, -34.273)],  # the last is the antipode
    "pole": [(0.0, 90.0), (17.0, 89.99), (-163.0, 89.98), (0.0, -90.0)],
    "antimeridian": [(180.0, 0.0), (-180.0, 0.0), (179.995, 0.3), (-179.995, -0.3), (0.0, 0.0)],
    "grid": [(0.0, 0.0), (0.125, 0.125), (0.25, 0.0)],
    "one place": [(109.07, 34.27), (109.1, 34.3)],
}


@pytest.mark.parametrize("count", [1, 3, 63, 101, 700])
@pytest.mark.parametrize("kind", list(PLACES))
def test_nearest_equals_brute_force(kind, count):
    rng = np.random.default_rng(count)
    lon, lat = world(rng, kind, count)
    ids = shuffled_ids(rng, count)
    index = StationIndex(lon, lat, ids)
    for place in PLACES[kind]:
        for k in (1, 5, 100):
            assert index.nearest(*place, k=k) == brute_force(lon, lat, ids, *place, k=k)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
@pytest.mark.parametrize("kind", list(PLACES))
def test_masks_filter_before_the_limit(kind, share):
    rng = np.random.default_rng(7)
    lon, lat = world(rng, kind, 1500)
    ids = shuffled_ids(rng, 1500)
    mask = rng.random(1500) < share
    index = StationIndex(lon, lat, ids)
    for place in PLACES[kind][:2]:
        assert index.nearest(*place, k=6, mask=mask) == brute_force(lon, lat, ids, *place, k=6, mask=mask)


def test_a_mask_that_holds_only_far_stations_is_answered_in_full():
    """The qualifying stations lie on the other side of the Earth, behind 5,000 that don't qualify."""
    rng = np.random.default_rng(3)
    lon, lat = world(rng, "district", 5000)
    far = rng.choice(5000, 2000, replace=False)
    lon[far], lat[far] = -70.9 + rng.normal(0, 1, 2000), -34.3 + rng.normal(0, 1, 2000)
    mask = np.zeros(5000, dtype=bool)
    mask[far] = True
    ids = shuffled_ids(rng, 5000)
    found = StationIndex(lon, lat, ids).nearest(109.1, 34.3, k=12, mask=mask)
    assert found == brute_force(lon, lat, ids, 109.1, 34.3, k=12, mask=mask)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(sorted(PLACES)),
    count=st.integers(0, 400),
    k=st.integers(1, 40),
    reach_m=st.one_of(st.just(math.inf), st.floats(0, 2.1e7)),
    at=st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
)
def test_random_worlds_equal_brute_force_by_every_door(seed, kind, count, k, reach_m, at):
    rng = np.random.default_rng(seed)
    lon, lat = world(rng, kind, count)
    lon[rng.random(count) < 0.05] = math.nan
    ids = shuffled_ids(rng, count)
    mask = rng.random(count) < 0.6
    index = StationIndex(lon, lat, ids)
    whole = brute_force(lon, lat, ids, *at, mask=mask, max_distance_m=reach_m)
    assert index.nearest(*at, k=k, mask=mask, max_distance_m=reach_m) == whole[:k]
    assert index.within(*at, reach_m, mask=mask) == whole
    rows, distance_m = index.nearest_many([at[0]], [at[1]], k=k, mask=mask, max_distance_m=reach_m)
    assert rows.shape == distance_m.shape == (1, k)
    held = rows[0] >= 0
    assert [(ids[row], away) for row, away in zip(rows[0][held], distance_m[0][held], strict=True)] == whole[
        :k
    ]
    assert np.isinf(distance_m[0][~held]).all()
    pairs = index.pairs_within([at[0]], [at[1]], reach_m, mask=mask)
    assert sorted((away, ids[row]) for row, away in zip(pairs.station, pairs.distance_m, strict=True)) == [
        (away, station) for station, away in whole
    ]


def test_ties_are_ordered_by_id_and_survive_the_limit():
    """Eight stations at one place and one pair mirrored about the query: equal distances to the last bit."""
    ids = ["h", "b", "f", "a", "e", "c", "g", "d"]
    index = StationIndex([109.0] * 8, [34.0] * 8, ids)
    assert [station for station, _ in index.nearest(109.5, 34.0, k=3)] == ["a", "b", "c"]
    mirrored = StationIndex([109.25, 108.75], [34.0, 34.0], ["z", "y"])
    (first, first_m), (second, second_m) = mirrored.nearest(109.0, 34.0, k=2)
    assert (first, second) == ("y", "z")
    assert first_m == second_m


def test_thousands_of_equal_distances_give_the_smallest_ids():
    ids = list(range(3000, 0, -1))
    index = StationIndex(np.full(3000, 109.0), np.full(3000, 34.0), ids)
    assert index.nearest(109.0, 34.0, k=4) == [(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0)]
    rows, distance_m = index.nearest_many([109.0, 109.1], [34.0, 34.0], k=2)
    assert rows.tolist() == [[2999, 2998], [2999, 2998]]
    assert distance_m[0].tolist() == [0.0, 0.0]


def test_geodesic_order_where_sphere_and_degrees_are_wrong():
    """One degree east (92.4 km at 34 N) against 0.8327 degrees north, 0.02 % shorter on the ellipsoid.

    The mean sphere takes a degree of latitude for 0.25 % longer than it is there and calls east the nearer.
    """
    east, north = (110.0, 34.0), (109.0, 34.0 + 92363.0 / 110922.0)
    sphere = pyproj.Geod(a=6371008.8, b=6371008.8)
    place = (109.0, 34.0)
    assert sphere.inv(*place, *north)[2] > sphere.inv(*place, *east)[2]
    assert GEOD.inv(*place, *north)[2] < GEOD.inv(*place, *east)[2]
    index = StationIndex(*zip(east, north, strict=True), ids=["a east", "b north"])
    assert [station for station, _ in index.nearest(*place)] == ["b north", "a east"]


def test_poles_and_antimeridian_by_hand():
    """Across the pole or the date line the neighbour is near although its longitude is far away."""
    index = StationIndex([0.0, 180.0, 179.99, -179.99], [89.9, 89.9, 0.0, 0.0], ["n0", "n180", "e", "w"])
    across_pole = dict(index.nearest(0.0, 89.95, k=2))
    assert across_pole["n0"] == pytest.approx(5584.7, abs=0.2)  # 0.05° of polar meridian, 111,694 m a degree
    assert across_pole["n180"] == pytest.approx(16754.1, abs=0.5)
    across_line = dict(index.nearest(-179.99, 0.0, k=2))
    assert across_line["w"] == 0.0
    assert across_line["e"] == pytest.approx(math.radians(0.02) * 6378137.0, abs=1e-6)


def test_stations_without_location_keep_their_row_and_are_never_found():
    index = StationIndex([math.nan, 109.0, 109.1], [34.0, math.nan, 34.0], ["a", "b", "c"])
    assert len(index) == 3
    assert [station for station, _ in index.nearest(109.0, 34.0)] == ["c"]
    assert index.nearest(109.0, 34.0, mask=[True, True, False]) == []
    assert index.nearest_many([109.0], [34.0], k=2)[0].tolist() == [[2, -1]]
    assert index.pairs_within([109.1], [34.0], 1.0).station.tolist() == [2]


def test_an_empty_register_answers_empty():
    index = StationIndex([], [], [])
    assert index.nearest(109.0, 34.0) == []
    assert index.nearest(109.0, 34.0, mask=[]) == []
    assert index.within(109.0, 34.0, 1e7) == []
    rows, distance_m = index.nearest_many([109.0], [34.0], k=3)
    assert rows.tolist() == [[-1, -1, -1]]
    assert np.isinf(distance_m).all()
    assert index.pairs_within([109.0], [34.0], 1e7).point.size == 0


def test_the_distance_limit_is_inclusive():
    away_m = GEOD.inv(109.0, 34.0, 109.1, 34.0)[2]
    index = StationIndex([109.1], [34.0], ["a"])
    assert index.nearest(109.0, 34.0, max_distance_m=away_m) == [("a", away_m)]
    assert index.within(109.0, 34.0, away_m) == [("a", away_m)]
    assert index.pairs_within([109.0], [34.0], away_m).distance_m.tolist() == [away_m]
    below = math.nextafter(away_m, 0)
    assert index.nearest(109.0, 34.0, max_distance_m=below) == []
    assert index.within(109.0, 34.0, below) == []
    assert index.pairs_within([109.0], [34.0], below).point.size == 0


def test_many_points_equal_one_by_one_and_nan_points_find_nothing():
    rng = np.random.default_rng(11)
    lon, lat = world(rng, "globe", 2000)
    ids = shuffled_ids(rng, 2000)
    index = StationIndex(lon, lat, ids)
    at_lon, at_lat = world(rng, "globe", 150)
    at_lon[17] = math.nan
    rows, distance_m = index.nearest_many(at_lon, at_lat, k=5)
    assert rows[17].tolist() == [-1] * 5
    for point in [*range(17), *range(18, 150)]:
        expected = brute_force(lon, lat, ids, at_lon[point], at_lat[point], k=5)
        assert [
            (ids[row], away) for row, away in zip(rows[point], distance_m[point], strict=True)
        ] == expected


def test_pairs_in_chunks_are_all_pairs_sorted():
    rng = np.random.default_rng(5)
    lon, lat = world(rng, "district", 120)
    at_lon, at_lat = world(rng, "district", 300)
    at_lon[4] = math.nan
    mask = rng.random(120) < 0.7
    index = StationIndex(lon, lat, shuffled_ids(rng, 120))
    whole = index.pairs_within(at_lon, at_lat, 3000.0, mask=mask)
    chunks = list(index.iter_pairs_within(at_lon, at_lat, 3000.0, mask=mask, chunk_points=7))
    assert len(chunks) > 10
    for column in range(3):
        assert np.array_equal(np.concatenate([chunk[column] for chunk in chunks]), whole[column])
    located = np.delete(np.arange(300), 4)
    grid = GEOD.inv(
        *(np.repeat(part[located], 120) for part in (at_lon, at_lat)), np.tile(lon, 299), np.tile(lat, 299)
    )[2].reshape(299, 120)
    point, station = np.nonzero((grid <= 3000.0) & mask)
    assert np.array_equal(whole.point, located[point])
    assert np.array_equal(whole.station, station)
    assert np.array_equal(whole.distance_m, grid[point, station])


def test_two_hundred_thousand_stations_with_a_sparse_mask():
    """Real size: every answer against Geod over all that qualify, with 10, 3,000 and all qualifying."""
    rng = np.random.default_rng(1)
    lon, lat = world(rng, "globe", 200_000)
    ids = np.arange(200_000)
    index = StationIndex(lon, lat, ids)
    for qualifying in (10, 3000, 200_000):
        mask = np.zeros(200_000, dtype=bool)
        mask[rng.choice(200_000, qualifying, replace=False)] = True
        rows = np.flatnonzero(mask)
        at = np.full(rows.size, 109.07), np.full(rows.size, 34.27)
        away_m = GEOD.inv(*at, lon[rows], lat[rows])[2]
        order = np.lexsort((rows, away_m))[:20]
        expected = list(zip(rows[order].tolist(), away_m[order].tolist(), strict=True))
        assert index.nearest(109.07, 34.27, k=20, mask=mask) == expected[:20]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"lon": math.nan}, "finite place"),
        ({"lat": 91.0}, "lat=91.0"),
        ({"lon": "x"}, "lon='x'"),
        ({"lon": [109.0], "lat": [34.0]}, "one finite place"),
        ({"k": 0}, "k=0"),
        ({"k": 1.5}, "k=1.5"),
        ({"k": True}, "k=True"),
        ({"mask": [True]}, "2 booleans"),
        ({"mask": [0, 1]}, "2 booleans"),
        ({"max_distance_m": -1.0}, "max_distance_m=-1.0"),
        ({"max_distance_m": math.nan}, "max_distance_m=nan"),
    ],
)
def test_wrong_calls_name_the_parameter(arguments, named):
    index = StationIndex([109.0, 109.1], [34.0, 34.0], ["a", "b"])
    with pytest.raises(InvalidParameterError, match=named.replace("(", r"\(")):
        index.nearest(**{"lon": 109.0, "lat": 34.0, **arguments})


def test_wrong_registers_are_refused():
    with pytest.raises(InvalidParameterError, match="one length"):
        StationIndex([109.0, 109.1], [34.0], ["a", "b"])
    with pytest.raises(InvalidParameterError, match="one length"):
        StationIndex([109.0], [34.0], ["a", "b"])
    with pytest.raises(InvalidParameterError, match="no order"):
        StationIndex([109.0, 109.1], [34.0, 34.0], ["a", 1])
    with pytest.raises(InvalidParameterError, match=r"lat=109\.0"):
        StationIndex([34.0], [109.0], ["swapped axes"])
    index = StationIndex([109.0], [34.0], ["a"])
    with pytest.raises(InvalidParameterError, match="one length"):
        index.nearest_many([109.0, 109.1], [34.0])
    with pytest.raises(InvalidParameterError, match="one length"):
        index.pairs_within(109.0, 34.0, 100.0)
