"""Datum conversion per point: ``geo.crs`` on arrays beside ``coord-convert`` point by point, same run.

Rounds are interleaved and medians shown, with the largest round-trip error of both beside the times. Run
``python -m benchmarks.crs``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from geo import crs

try:
    from coord_convert import transform as peer
except ImportError:  # it has no wheel for every platform
    peer = None

POINTS, PEER_POINTS, ROUNDS = 200_000, 1_000, 15
ROWS = [
    ("WGS-84 → GCJ-02", crs.wgs84_to_gcj02, crs.gcj02_to_wgs84, "wgs2gcj", "gcj2wgs"),
    ("GCJ-02 → WGS-84", crs.gcj02_to_wgs84, crs.wgs84_to_gcj02, "gcj2wgs", "wgs2gcj"),
    ("GCJ-02 → BD-09", crs.gcj02_to_bd09, crs.bd09_to_gcj02, "gcj2bd", "bd2gcj"),
    ("BD-09 → GCJ-02", crs.bd09_to_gcj02, crs.gcj02_to_bd09, "bd2gcj", "gcj2bd"),
    ("WGS-84 → BD-09", crs.wgs84_to_bd09, crs.bd09_to_wgs84, "wgs2bd", "bd2wgs"),
    ("BD-09 → WGS-84", crs.bd09_to_wgs84, crs.wgs84_to_bd09, "bd2wgs", "wgs2bd"),
]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(20260101)
    lon, lat = rng.uniform(73.0, 136.8, POINTS), rng.uniform(1.8, 54.8, POINTS)
    few = list(zip(lon[:PEER_POINTS].tolist(), lat[:PEER_POINTS].tolist(), strict=True))
    ours_s: dict[str, list[float]] = {row[0]: [] for row in ROWS}
    peer_s: dict[str, list[float]] = {row[0]: [] for row in ROWS}
    for _ in range(ROUNDS):
        for name, ours, _, theirs, _ in ROWS:
            ours_s[name].append(_seconds(lambda convert=ours: convert(lon, lat)))
            if peer is not None:
                their = getattr(peer, theirs)
                peer_s[name].append(_seconds(lambda convert=their: [convert(x, y) for x, y in few]))
    print(f"Datum conversion: arrays of {POINTS:,} points, medians of {ROUNDS} interleaved rounds.\n")
    if peer is None:
        print(
            "coord-convert is not installed (it has no wheel for this platform): nothing to compare with.\n"
        )
    print(
        "| conversion | geo.crs, ns/point | coord-convert, ns/point | times"
        " | there and back, geo.crs, m | coord-convert, m |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, ours, back, theirs, peer_back in ROWS:
        ours_ns = statistics.median(ours_s[name]) / POINTS * 1e9
        closed_m = crs.geodesic_distance_m(lon, lat, *back(*ours(lon, lat))).max()
        compared = ("–", "–", "–")
        if peer is not None:
            peer_ns = statistics.median(peer_s[name]) / PEER_POINTS * 1e9
            there, again = getattr(peer, theirs), getattr(peer, peer_back)
            peer_lon, peer_lat = np.array([again(*there(x, y)) for x, y in few]).T
            peer_m = crs.geodesic_distance_m(lon[:PEER_POINTS], lat[:PEER_POINTS], peer_lon, peer_lat).max()
            compared = (f"{peer_ns:.0f}", f"{peer_ns / ours_ns:.0f}", f"{peer_m:.1e}")
        print(f"| {name} | {ours_ns:.1f} | {compared[0]} | {compared[1]} | {closed_m:.1e} | {compared[2]} |")


if __name__ == "__main__":
    main()
