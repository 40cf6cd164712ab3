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

_GROUP = 64  # stations of one group: compact on the ground, yet large enough to keep numpy busy
_BLOCK_PAIRS = 1 << 18  # pairs of one block: 2 MB an array, so that all temporaries stay in the cache
_CHORD_LIMIT_M = 10_000.0
"""Up to here a geodesic follows from its chord and the mean curvature to better than 1e-9 of its length:
the series' first term is c²/24R² (1.03e-7 at 10 km), and R along any azimuth differs by 0.34 % at most."""


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
        w2 = 1 - GEOD.es * np.sin(phi) ** 2
        normal = GEOD.a / np.sqrt(w2)
        xyz = np.column_stack(
            (
                normal * np.cos(phi) * np.cos(lam),
                normal * np.cos(phi) * np.sin(lam),
                normal * (1 - GEOD.es) * np.sin(phi),
            )
        )
        # Gauss's mean radius √(MN): M = a(1−e²)/w³ along the meridian, N = a/w across it.
        return cls(lon, lat, xyz, GEOD.a * math.sqrt(1 - GEOD.es) / w2)


class Block(NamedTuple):
    """Some stations with every cell in their reach: indices of both, weights (cells × stations)."""

    cells: IndexArray
    stations: IndexArray
    weights: FloatArray


def catchment_blocks(cells: Points, stations: Points, decay: Decay, mode: TravelMode) -> Iterator[Block]:
    """Yield blocks that hold each station exactly once; stations without a cell in reach are left out.

    Weights are those of ``decay`` at straight-line minutes; pairs past its cut-off weigh 0. A time is exact
    to 1e-9 of itself, so a pair exactly at a threshold always counts (`geo.travel.THRESHOLD_SLACK`).
    Raises InvalidParameterError when the decay has no finite cut-off.
    """
    if not math.isfinite(decay.cutoff_min):
        raise InvalidParameterError(
            "decay", decay, "needs a finite cutoff_min: without one every pair counts"
        )
    if not (len(cells.lon) and len(stations.lon)):
        return
    reach = reach_m(decay.cutoff_min, mode)
    weigh = _weigher(cells, stations, decay, mode, reach)
    cell_tree = cKDTree(cells.xyz_m)
    for group in _compact_groups(cKDTree(stations.xyz_m, leafsize=_GROUP)):
        places = stations.xyz_m[group]
        centre = places.mean(axis=0)
        spread = float(np.linalg.norm(places - centre, axis=1).max())
        # Chord ≤ geodesic, so this ball holds every cell in reach; a micrometre covers the rounding.
        near = np.array(
            cell_tree.query_ball_point(centre, (reach + spread) * (1 + 1e-12) + 1e-6), dtype=np.intp
        )
        if not near.size:
            continue
        step = max(1, _BLOCK_PAIRS // near.size)
        for start in range(0, group.size, step):
            part = group[start : start + step]
            yield Block(near, part, weigh(near, part))


def _compact_groups(tree: cKDTree) -> Iterator[IndexArray]:
    """The leaves of the tree: points that lie together."""
    stack: list[Any] = [tree.tree]
    while stack:
        node = stack.pop()
        if node.lesser is None:
            yield node.indices
        else:
            stack += [node.greater, node.lesser]


def _weigher(
    cells: Points, stations: Points, decay: Decay, mode: TravelMode, reach: float
) -> Callable[[IndexArray, IndexArray], FloatArray]:
    """The quickest way to the weights of a block that is exact at this reach."""

    def squared_chords(near: IndexArray, part: IndexArray) -> FloatArray:
        return np.asarray(cdist(cells.xyz_m[near], stations.xyz_m[part], "sqeuclidean"))

    def by_geodesic(near: IndexArray, part: IndexArray) -> FloatArray:
        lon, lat = stations.lon[part], stations.lat[part]
        distance_m = geodesic_distance_m(cells.lon[near, None], cells.lat[near, None], lon, lat)
        return decay(travel_minutes(distance_m, mode))

    def by_chord(near: IndexArray, part: IndexArray) -> FloatArray:
        squared = squared_chords(near, part)
        distance_m = np.sqrt(squared) * (1 + squared / (24 * stations.radius_m[part] ** 2))
        return decay(travel_minutes(distance_m, mode))

    if reach > _CHORD_LIMIT_M:
        return by_geodesic
    if not isinstance(decay, StepDecay):
        return by_chord

    double_radius = 2 * stations.radius_m
    zones = [
        ((double_radius * np.sin(reach_m(limit, mode) / double_radius)) ** 2, weight)
        for limit, weight in reversed(decay.steps)
    ]

    def by_zone(near: IndexArray, part: IndexArray) -> FloatArray:
        squared = squared_chords(near, part)
        weights: FloatArray | float = 0.0
        for limits, weight in zones:
            weights = np.where(squared <= limits[part], weight, weights)
        return np.asarray(weights)

    return by_zone
