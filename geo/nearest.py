"""Exact nearest stations on the WGS-84 ellipsoid, filtered before the limit.

A KD-tree over earth-centred coordinates proposes stations by chord (the straight line through the Earth);
``pyproj.Geod`` ranks them by geodesic; a certificate proves that no station left out could be as near. It
rests on two bounds that hold everywhere on Earth, poles and antimeridian included. With ``a`` and ``b`` the
semi-axes, ``c`` the chord and ``d`` the geodesic between two points:

- ``d >= c``: no way is shorter than the straight line;
- ``d >= 2 b asin(c / 2a)``: moving each point to the unit sphere at its parametric latitude shortens no
  length by more than ``a`` and no length by less than ``b`` (the ellipsoid's metric is
  ``(a² sin²β + b² cos²β) dβ² + a² cos²β dλ²``); for chords of continents this one is the sharper.

Stations without a location (NaN in either coordinate) keep their row and are never found. Order is by
distance, ties by id.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import le
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo.crs import GEOD, FloatArray, check_lonlat
from geo.errors import InvalidParameterError

IntArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

_SLACK_M = 1e-6  # rounding of chords and geodesics stays a hundred times below
_SMALL = 100  # up to here measuring every station is as fast as asking the tree (benchmarks/nearest.py)
_SCAN_SHARE = 32  # reading one station from the tree costs about as much as scanning this many chords
_BLOCK_PAIRS = 1 << 19  # pairs measured at once by the batch methods; bounds their memory


class Pairs(NamedTuple):
    """Pairs of a point and a station: ``point`` and ``station`` are row numbers, sorted in that order."""

    point: IntArray
    station: IntArray
    distance_m: FloatArray


class StationIndex:
    """The stations of one register, searchable by geodesic distance; immutable and safe to share by threads.

    ``lon``, ``lat`` are WGS-84 degrees, ``ids`` one sortable id a station (all strings or all numbers).

    Raises:
        InvalidParameterError: lengths differ, ids can't be ordered, |lat| > 90, |lon| > 360.

    >>> index = StationIndex([109.0, 109.1, float("nan")], [34.2, 34.2, float("nan")], ["a", "b", "c"])
    >>> [(station, round(metres)) for station, metres in index.nearest(109.0, 34.2)]
    [('a', 0), ('b', 9217)]
    """

    def __init__(self, lon: npt.ArrayLike, lat: npt.ArrayLike, ids: Sequence[Any] | npt.NDArray[Any]) -> None:
        lons, lats = check_lonlat(lon, lat)
        self.ids: list[Any] = ids.tolist() if isinstance(ids, np.ndarray) else list(ids)
        if not lons.shape == lats.shape == (len(self.ids),):
            shapes = (lons.shape, lats.shape, (len(self.ids),))
            raise InvalidParameterError("lon, lat, ids", shapes, "expected three sequences of one length")
        try:
            rank = _ranks(self.ids)
        except TypeError as error:
            raise InvalidParameterError("ids", ids, f"ids have no order: {error}") from None
        # Everything below lives in places of the tree; _row leads back to rows of the register.
        self._row: IntArray = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        self._lon, self._lat, self._rank = lons[self._row], lats[self._row], rank[self._row]
        self._tree = cKDTree(_earth_centred(self._lon, self._lat))

    def __len__(self) -> int:
        return len(self.ids)

    def nearest(
        self,
        lon: float,
        lat: float,
        k: int = 5,
        mask: npt.ArrayLike | None = None,
        *,
        max_distance_m: float = math.inf,
    ) -> list[tuple[Any, float]]:
        """Return the ``k`` nearest stations to a WGS-84 place as (id, distance_m), nearest first, ties by id.

        Only stations where ``mask`` (one bool a station) is true and within ``max_distance_m`` (inclusive)
        count; the list is shorter than ``k`` only when fewer qualify.

        Raises:
            InvalidParameterError: the place is no finite longitude and latitude, ``k`` < 1, a mask of
                another length or kind, a negative or NaN distance.
        """
        _check_count(k)
        reach_m = _reach_m(max_distance_m)
        point = _place(lon, lat)
        allowed = self._allowed(mask)
        count = self._row.size if allowed is None else int(np.count_nonzero(allowed))
        found = None
        if count > _SMALL:
            found = self._certified(point, k, allowed, count, reach_m)
        places, distance_m = found or self._scanned(point, k, allowed, count, reach_m)
        return self._answer(places, distance_m, max_distance_m)[:k]

    def within(
        self, lon: float, lat: float, max_distance_m: float, mask: npt.ArrayLike | None = None
    ) -> list[tuple[Any, float]]:
        """Return every station within ``max_distance_m`` (inclusive), ordered and filtered as by nearest."""
        reach_m = _reach_m(max_distance_m)
        point = _place(lon, lat)
        allowed = self._allowed(mask)
        places = np.asarray(self._tree.query_ball_point(_earth_centred(*point)[0], reach_m), dtype=np.intp)
        if allowed is not None:
            places = places[allowed[places]]
        return self._answer(places, self._measure(point, places), max_distance_m)

    def nearest_many(
        self,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        k: int = 5,
        mask: npt.ArrayLike | None = None,
        *,
        max_distance_m: float = math.inf,
    ) -> tuple[IntArray, FloatArray]:
        """Return rows and distances of the ``k`` nearest stations of each point, both of shape (points, k).

        Order and filters as in :meth:`nearest`. Where fewer than ``k`` qualify, or a point is NaN, the row
        is -1 and the distance infinite.
        """
        _check_count(k)
        _reach_m(max_distance_m)
        lons, lats = _points(lon, lat)
        chosen = self._chosen(mask)
        tree = self._tree if chosen is None else cKDTree(self._tree.data[chosen])
        rows = np.full((lons.size, k), -1, dtype=np.intp)
        distances_m = np.full((lons.size, k), math.inf)
        pending = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        fetch = min(tree.n, k + 1)  # one more than asked for proves most points; stations in one place do not
        while pending.size and fetch:
            unsure = []
            for part in _blocks(pending, fetch):
                chord_m, places = tree.query(_earth_centred(lons[part], lats[part]), np.arange(1, fetch + 1))
                places = places if chosen is None else chosen[places]
                distance_m = self._measure_rows(lons[part], lats[part], places, chord_m, k)
                order = np.lexsort((self._rank[places], distance_m), axis=1)[:, :k]
                best_m = np.take_along_axis(distance_m, order, axis=1)
                sure = (_least_m(chord_m[:, -1]) > best_m[:, -1] + _SLACK_M) & (best_m.shape[1] == k)
                sure |= fetch == tree.n
                near = best_m <= max_distance_m
                width = best_m.shape[1]
                best_rows = self._row[np.take_along_axis(places, order, axis=1)]
                rows[part, :width] = np.where(near, best_rows, -1)
                distances_m[part, :width] = np.where(near, best_m, math.inf)
                unsure.append(part[~sure])
            pending = np.concatenate(unsure)
            fetch = min(tree.n, 4 * fetch)
        return rows, distances_m

    def pairs_within(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, max_distance_m: float, mask: npt.ArrayLike | None = None
    ) -> Pairs:
        """Return all pairs of a point and a station at most ``max_distance_m`` apart, by point then station.

        NaN points and stations are in no pair. For more pairs than memory holds use
        :meth:`iter_pairs_within`.
        """
        parts = list(self.iter_pairs_within(lon, lat, max_distance_m, mask))
        empty = Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))
        return Pairs(*(np.concatenate(column) for column in zip(empty, *parts, strict=True)))

    def iter_pairs_within(
        self,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        max_distance_m: float,
        mask: npt.ArrayLike | None = None,
        *,
        chunk_points: int = 2048,
    ) -> Iterator[Pairs]:
        """Yield the pairs of :meth:`pairs_within`, ``chunk_points`` points at a time (empty chunks left out).

        Raises:
            InvalidParameterError: as for :meth:`nearest`, when the first chunk is asked for.
        """
        _check_count(chunk_points)
        reach_m = _reach_m(max_distance_m)
        lons, lats = _points(lon, lat)
        chosen = self._chosen(mask)
        tree = self._tree if chosen is None else cKDTree(self._tree.data[chosen])
        located = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        for start in range(0, located.size, chunk_points):
            part = located[start : start + chunk_points]
            points = cKDTree(_earth_centred(lons[part], lats[part]))
            near = points.sparse_distance_matrix(tree, reach_m, output_type="ndarray")
            point, place = part[near["i"]], near["j"] if chosen is None else chosen[near["j"]]
            distance_m = _geodesic_m(lons[point], lats[point], self._lon[place], self._lat[place])
            order = np.lexsort((place, point))
            order = order[distance_m[order] <= max_distance_m]
            if order.size:
                yield Pairs(point[order], self._row[place[order]], distance_m[order])

    # --- inside: places of the tree -----------------------------------------------------------------------

    def _allowed(self, mask: npt.ArrayLike | None) -> BoolArray | None:
        """Check the mask and return it by place of the tree."""
        if mask is None:
            return None
        array = np.asarray(mask)
        if array.size == 0 == len(self.ids):
            array = array.astype(bool)  # an empty list has no kind of its own
        if array.dtype != np.bool_ or array.shape != (len(self.ids),):
            given = f"{array.dtype} of shape {array.shape}"
            raise InvalidParameterError("mask", given, f"expected {len(self.ids)} booleans, one a station")
        return array if self._row.size == array.size else array[self._row]

    def _chosen(self, mask: npt.ArrayLike | None) -> IntArray | None:
        allowed = self._allowed(mask)
        return None if allowed is None else np.flatnonzero(allowed)

    def _certified(
        self,
        point: tuple[FloatArray, FloatArray],
        k: int,
        allowed: BoolArray | None,
        count: int,
        reach_m: float,
    ) -> tuple[IntArray, FloatArray] | None:
        """Return places among which the ``k`` nearest are proven to be, or None when scanning is cheaper."""
        centre = _earth_centred(*point)[0]
        fetch = (k + 8) * self._row.size // count
        while fetch * _SCAN_SHARE <= count:
            chord_m, places = self._tree.query(centre, fetch, distance_upper_bound=reach_m)
            exhausted = not math.isfinite(chord_m[-1])
            if exhausted:
                places = places[np.isfinite(chord_m)]
            if allowed is not None:
                places = places[allowed[places]]
            if exhausted or places.size >= k:
                distance_m = self._measure(point, places)
                if exhausted or _least_m(chord_m[-1]) > np.partition(distance_m, k - 1)[k - 1] + _SLACK_M:
                    return places, distance_m
            fetch *= 4
        return None

    def _scanned(
        self,
        point: tuple[FloatArray, FloatArray],
        k: int,
        allowed: BoolArray | None,
        count: int,
        reach_m: float,
    ) -> tuple[IntArray, FloatArray]:
        """Return a superset of the ``k`` nearest found by looking at every qualifying station."""
        places = np.arange(count) if allowed is None else np.flatnonzero(allowed)
        if count > _SMALL:
            chord_m = np.linalg.norm(self._tree.data[places] - _earth_centred(*point), axis=1)
            if k < count:
                some = places[np.argpartition(chord_m, k - 1)[:k]]
                reach_m = min(reach_m, _reach_m(float(self._measure(point, some).max())))
            places = places[chord_m <= reach_m]
        return places, self._measure(point, places)

    def _measure(self, point: tuple[FloatArray, FloatArray], places: IntArray) -> FloatArray:
        lon, lat = point
        return _geodesic_m(
            lon.repeat(places.size), lat.repeat(places.size), self._lon[places], self._lat[places]
        )

    def _measure_rows(
        self, lon: FloatArray, lat: FloatArray, places: IntArray, chord_m: FloatArray, k: int
    ) -> FloatArray:
        """Return the geodesic in metres from each point to each place of its row, the places by chord.

        Infinite where the chord alone proves that ``k`` others are nearer: no geodesic is worked out there.
        """
        away_m = np.full(places.shape, math.inf)
        first = places[:, :k]
        width, flat = first.shape[1], first.ravel()
        there = (self._lon[flat], self._lat[flat])
        away_m[:, :k] = _geodesic_m(np.repeat(lon, width), np.repeat(lat, width), *there).reshape(first.shape)
        farthest_m = away_m[:, :k].max(axis=1, keepdims=True)
        point, column = np.nonzero(_least_m(chord_m[:, k:]) <= farthest_m + _SLACK_M)
        place = places[point, k + column]
        away_m[point, k + column] = _geodesic_m(lon[point], lat[point], self._lon[place], self._lat[place])
        return away_m

    def _answer(
        self, places: IntArray, distance_m: FloatArray, max_distance_m: float
    ) -> list[tuple[Any, float]]:
        order = np.lexsort((self._rank[places], distance_m))
        order = order[distance_m[order] <= max_distance_m]
        rows = self._row[places[order]].tolist()
        return [(self.ids[row], away) for row, away in zip(rows, distance_m[order].tolist(), strict=True)]


def _ranks(ids: Sequence[Any]) -> IntArray:
    """Return the place of each id among all; a register mostly comes in their order."""
    if all(map(le, ids, islice(ids, 1, None))):
        return np.arange(len(ids))
    rank = np.empty(len(ids), dtype=np.intp)
    rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return rank


def _earth_centred(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return earth-centred x, y, z in metres, shape (points, 3), of places on the ellipsoid."""
    along, up = np.radians(lon), np.radians(lat)
    radius = GEOD.a / np.sqrt(1.0 - GEOD.es * np.sin(up) ** 2)
    ring = radius * np.cos(up)
    return np.column_stack(
        (ring * np.cos(along), ring * np.sin(along), radius * (1.0 - GEOD.es) * np.sin(up))
    )


def _geodesic_m(lon1: FloatArray, lat1: FloatArray, lon2: FloatArray, lat2: FloatArray) -> FloatArray:
    away_m: FloatArray = GEOD.inv(lon1, lat1, lon2, lat2)[2]
    return away_m


def _least_m(chord_m: Any) -> Any:
    """Return a lower bound of the geodesic between points a chord apart (see the module)."""
    return np.maximum(chord_m, 2.0 * GEOD.b * np.arcsin(np.minimum(1.0, chord_m / (2.0 * GEOD.a))))


def _reach_m(distance_m: float) -> float:
    """Return a chord no pair of points within ``distance_m`` exceeds: the bounds of the module, inverted."""
    if not distance_m >= 0.0:
        raise InvalidParameterError("max_distance_m", distance_m, "expected metres, zero or more")
    half_turn = min(distance_m / (2.0 * GEOD.b), math.pi / 2.0)
    return min(distance_m, 2.0 * GEOD.a * math.sin(half_turn)) + _SLACK_M


def _place(lon: float, lat: float) -> tuple[FloatArray, FloatArray]:
    lons, lats = check_lonlat(lon, lat)
    if lons.ndim or lats.ndim or not (math.isfinite(lons) and math.isfinite(lats)):
        raise InvalidParameterError("lon, lat", (lon, lat), "expected one finite place")
    return lons.reshape(1), lats.reshape(1)


def _points(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    lons, lats = check_lonlat(lon, lat)
    if lons.ndim != 1 or lons.shape != lats.shape:
        raise InvalidParameterError(
            "lon, lat", (lons.shape, lats.shape), "expected two sequences of one length"
        )
    return lons, lats


def _check_count(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise InvalidParameterError("k", k, "expected a whole number, one or more")


def _blocks(rows: IntArray, width: int) -> Iterator[IntArray]:
    step = max(1, _BLOCK_PAIRS // width)
    for start in range(0, rows.size, step):
        yield rows[start : start + step]
