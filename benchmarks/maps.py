"""Rendering the two map pages of the shipped register: cold in a fresh process, warm, and their sizes.

Cold counts the imports of Folium and GeoPandas too, as the first visitor after a start would. Run
``python -m benchmarks.maps``.
"""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from geo.data_files import data_path
from geo.geojson import FeatureReader
from geo.stations import Station, station_from_feature
from maps.planner_map import render_planner_map
from maps.worker_map import render_worker_map

ROUNDS, COLD_ROUNDS = 9, 3
NOW = datetime(2026, 11, 23, 11, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
PAGES = {"/map": render_worker_map, "/planner/map": render_planner_map}
_COLD = """
import time; start = time.perf_counter()
from benchmarks.maps import NOW, PAGES, register
stations = register(); ready = time.perf_counter()
PAGES[{path!r}](stations, NOW)
print(time.perf_counter() - ready, time.perf_counter() - start)
"""


def register() -> list[Station]:
    """The shipped stations."""
    return [station_from_feature(feature) for _, feature in FeatureReader(data_path("stations.geojson"))]


def cold_s(path: str) -> tuple[float, float]:
    """First render in a new process: seconds of the render alone, and with all imports and reading."""
    folder = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", _COLD.format(path=path)]
    printed = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    alone, all_in = printed.split()
    return float(alone), float(all_in)


def main() -> None:
    """Print the table."""
    stations = register()
    print(f"{len(stations)} stations; medians of {COLD_ROUNDS} cold and {ROUNDS} warm renders.\n")
    print("| page | cold s (budget 1.5) | with imports s | warm ms | HTML KB | gzip KB (budget 80) |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for path, render in PAGES.items():
        first = [cold_s(path) for _ in range(COLD_ROUNDS)]
        warm = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            html = render(stations, NOW).html.encode()
            warm.append(time.perf_counter() - start)
        alone, all_in = (statistics.median(part) for part in zip(*first, strict=True))
        sizes = f"{len(html) / 1000:.0f} | {len(gzip.compress(html)) / 1000:.1f}"
        print(f"| {path} | {alone:.2f} | {all_in:.2f} | {statistics.median(warm) * 1000:.0f} | {sizes} |")


if __name__ == "__main__":
    main()
