"""Catchments straight from coordinates: stations and the cells in their reach, one small block at a time.

Two-step methods need, for one station, every cell in its reach and nothing else. So stations go through in
compact groups, each with all its cells, and each pair is looked at once and forgotten: memory grows with the
number of points, not of pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from geo.crs import GEOD, geodesic_distance_m
from geo.errors import InvalidParameterError
from geo.travel import Decay, FloatArray, StepDecay, TravelMode, reach_m, travel_minutes

IndexArray = NDArray[np.intp]
Weigher = Callable[[IndexArray, slice], FloatArray]

_GROUP = 192  # most stations of one group: compact on the ground, yet enough to keep numpy busy
_GROUPS_AT_ONCE = 16  # neighbouring groups whose cells are looked up together
_BLOCK_PAIRS = 1 << 18  # pairs of one block: 2 MB an array, so that all temporaries stay in the cache
_CHORD_LIMIT_M = 3_500.0
"""Up to here a geodesic follows from its chord and the mean curvature to better than 1e-10 of its length:
the series' first term is c²/24R² (1.3e-8 at 3.5 km), and R² along any azimuth differs by 0.67 % at most."""
_PRODUCT_LIMIT = 80.0
"""Squared chords by matrix product err by about 2e-15 × extent². Up to an extent of 80 times the smallest
threshold (59 km at 740 m) that moves the threshold by less than 1e-11 of itself."""


class Points(NamedTuple):
    """Places on the ellipsoid: WGS-84 degrees, earth-centred metres (n × 3), mean radius of curvature (m)."""

    lon: FloatArray
    lat: FloatArray
    xyz_m: FloatArray
    radius_m: FloatArray

    @classmethod
    def from_lon_lat(cls, lon: FloatArray, lat: FloatArray) -> Points:
        """Points of WGS-84 degrees that are already checked."""
        lam, phi = np.radians(lon), np.radians(lat)
        sine, cosine = np.sin(phi), np.cos(phi)
        w2 = 1 - GEOD.es * sine**2
        normal = GEOD.a / np.sqrt(w2)
        ring = normal * cosine
        xyz = np.column_stack((ring * np.cos(lam), ring * np.sin(lam), normal * (1 - GEOD.es) * sine))
        # Gauss's mean radius √(MN): M = a(1−e²)/w³ along the meridian, N = a/w across it.
        return cls(lon, lat, xyz, GEOD.a * math.sqrt(1 - GEOD.es) / w2)

    def take(self, rows: IndexArray) -> Points:
        """The points of these rows, in that order."""
        return Points(*(column[rows] for column in self))


class Block(NamedTuple):
    """Some stations with every cell in their reach: indices of both, weights (cells × stations)."""

    cells: IndexArray
    stations: IndexArray
    weights: FloatArray


def catchment_blocks(cells: Points, stations: Points, decay: Decay, mode: TravelMode) -> Iterator[Block]:
    """Yield blocks that hold each station exactly once; stations without a cell in reach are left out.

    Weights are those of ``decay`` at straight-line minutes; pairs past its cut-off weigh 0. A time is exact
    to 1e-10 of itself, so a pair exactly at a threshold always counts (`geo.travel.THRESHOLD_SLACK`).
    Raises InvalidParameterError when the decay has no finite cut-off.
    """
    if not math.isfinite(decay.cutoff_min):
        raise InvalidParameterError(
            "decay", decay, "needs a finite cutoff_min: without one every pair counts"
        )
    if not (len(cells.lon) and len(stations.lon)):
        return
    reach = reach_m(decay.cutoff_min, mode)
    order, starts = _compact_groups(stations)
    stations = stations.take(order)  # every group is a plain slice now
    sizes = np.diff(starts)
    centres = np.add.reduceat(stations.xyz_m, starts[:-1]) / sizes[:, None]
    away = np.sqrt(_squares(stations.xyz_m - np.repeat(centres, sizes, axis=0)))
    # Chord ≤ geodesic, so balls of these radii hold every cell in reach; a micrometre covers the rounding.
    radii = (reach + np.maximum.reduceat(away, starts[:-1])) * (1 + 1e-12) + 1e-6
    weigh = _weigher(cells, stations, decay, mode, reach)
    cell_tree = cKDTree(cells.xyz_m)
    for batch in range(0, len(sizes), _GROUPS_AT_ONCE):
        some = slice(batch, batch + _GROUPS_AT_ONCE)
        middle = centres[some].mean(axis=0)
        widest = float(np.max(np.sqrt(_squares(centres[some] - middle)) + radii[some]))
        around = np.array(cell_tree.query_ball_point(middle, widest), dtype=np.intp)
        if not around.size:
            continue
        in_ball = cdist(centres[some], cells.xyz_m[around], "sqeuclidean") <= radii[some, None] ** 2
        for group, inside in enumerate(in_ball, start=batch):
            near = around[inside]
            step = max(1, _BLOCK_PAIRS // max(1, near.size))
            for start in range(starts[group], starts[group + 1] if near.size else 0, step):
                part = slice(start, min(start + step, starts[group + 1]))
                yield Block(near, order[part], weigh(near, part))


def _compact_groups(stations: Points) -> tuple[IndexArray, IndexArray]:
    """An order that puts stations next to their neighbours; where each group starts, and the last ends."""
    tree = cKDTree(stations.xyz_m, leafsize=_GROUP, compact_nodes=False, balanced_tree=False)
    starts = [0]
    stack: list[Any] = [tree.tree]
    while stack:
        node = stack.pop()
        if node.lesser is None:
            starts.append(node.end_idx)
        else:
            stack += [node.greater, node.lesser]
    return tree.indices, np.array(starts, dtype=np.intp)


def _squares(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ij,ij->i", vectors, vectors))


def _weigher(cells: Points, stations: Points, decay: Decay, mode: TravelMode, reach: float) -> Weigher:
    """The quickest way to the weights of a block (rows of cells, slice of stations) that is exact."""

    def by_geodesic(near: IndexArray, part: slice) -> FloatArray:
        lon, lat = stations.lon[part], stations.lat[part]
        distance_m = geodesic_distance_m(cells.lon[near, None], cells.lat[near, None], lon, lat)
        return decay(travel_minutes(distance_m, mode))

    def squared_chords(near: IndexArray, part: slice) -> FloatArray:
        return np.asarray(cdist(cells.xyz_m[near], stations.xyz_m[part], "sqeuclidean"))

    def by_chord(near: IndexArray, part: slice) -> FloatArray:
        squared = squared_chords(near, part)
        distance_m = np.sqrt(squared) * (1 + squared / (24 * stations.radius_m[part] ** 2))
        return decay(travel_minutes(distance_m, mode))

    if reach > _CHORD_LIMIT_M:
        return by_geodesic
    if not isinstance(decay, StepDecay):
        return by_chord

    smallest_m = reach_m(decay.steps[0][0], mode)
    measure = _squared_chords_by_product(cells, stations, _PRODUCT_LIMIT * smallest_m) or squared_chords
    double_radius = 2 * stations.radius_m
    squared_limits = [(double_radius * np.sin(reach_m(t, mode) / double_radius)) ** 2 for t, _ in decay.steps]
    # A step function is a sum of discs: each adds what its weight has over the next one's.
    heights = -np.diff([weight for _, weight in decay.steps], append=0.0)

    def by_zone(near: IndexArray, part: slice) -> FloatArray:
        squared = measure(near, part)
        weights = (squared <= squared_limits[0][part]) * heights[0]
        for limits, height in zip(squared_limits[1:], heights[1:], strict=True):
            weights += (squared <= limits[part]) * height
        return np.asarray(weights)

    return by_zone


def _squared_chords_by_product(cells: Points, stations: Points, widest_m: float) -> Weigher | None:
    """|p|² − 2 p·q + |q|² as one matrix product, quicker than differences; None where it errs too much."""
    centre = stations.xyz_m.mean(axis=0)
    cells_m, stations_m = cells.xyz_m - centre, stations.xyz_m - centre
    left, right = np.ones((len(cells_m), 5)), np.ones((5, len(stations_m)))
    left[:, :3], left[:, 3] = cells_m, _squares(cells_m)
    right[:3], right[4] = -2 * stations_m.T, _squares(stations_m)
    if max(left[:, 3].max(), right[4].max()) > widest_m**2:
        return None
    return lambda near, part: np.asarray(left[near] @ right[:, part])
