"""Rendering the map pages and the planner's: cold in a fresh process, warm, and their sizes.

Cold counts the imports of Folium and GeoPandas too, as the first visitor after a start would. The planner's
pages are asked of the whole program: cold is the first question after its start, analysis included (``cpu``:
what it took of the processor, whoever else was busy); cached is the same question again. Run
``python -m benchmarks.maps``.
"""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from api.register import shipped_register
from maps.planner_map import render_planner_map
from maps.worker_map import render_worker_map

ROUNDS, COLD_ROUNDS = 9, 3
NOW = datetime(2026, 11, 23, 11, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
PAGES = {"/map": render_worker_map, "/planner/map": render_planner_map}
PLANNER = ("/planner", "/planner/map", "/planner/matrix", "/planner/compare", "/planner/report")
_FIRST = """
import sys, time
from starlette.testclient import TestClient
from api.app import create_app
from api.settings import Settings
with TestClient(create_app(Settings(store_url="sqlite:///" + sys.argv[1]))) as client:
    times, used = [], time.process_time()
    for _ in range(8):
        start = time.perf_counter()
        answer = client.get(sys.argv[2], headers={"Accept-Encoding": "identity"})
        times.append(time.perf_counter() - start)
        cpu = time.process_time() - used if len(times) == 1 else cpu
    assert answer.status_code == 200
    print(times[0], cpu, sorted(times[1:])[3], len(answer.content))
"""
_COLD = """
import time; start = time.perf_counter()
from benchmarks.maps import NOW, PAGES, shipped_register
stations = shipped_register(); ready = time.perf_counter()
PAGES[{path!r}](stations, NOW)
print(time.perf_counter() - ready, time.perf_counter() - start)
"""


def cold_s(path: str) -> tuple[float, float]:
    """First render in a new process: seconds of the render alone, and with all imports and reading."""
    folder = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", _COLD.format(path=path)]
    printed = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    alone, all_in = printed.split()
    return float(alone), float(all_in)


def planner_page(path: str, store: Path) -> tuple[float, ...]:
    """A page of the planner in a new process: seconds of the first answer, its CPU, of a kept one; bytes."""
    folder = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", _FIRST, str(store), path]
    printed = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return tuple(float(word) for word in printed.split())


def planner_table() -> None:
    """Print the table of the planner's pages."""
    print("\n| planner page | cold s (budget 1.5) | cpu s | cached ms (budget 50) | HTML KB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="care-bench-") as folder:
        for path in PLANNER:
            runs = [planner_page(path, Path(folder) / "care.db") for _ in range(COLD_ROUNDS)]
            cold, cpu, cached, size = (statistics.median(part) for part in zip(*runs, strict=True))
            print(f"| {path} | {cold:.2f} | {cpu:.2f} | {cached * 1000:.0f} | {size / 1000:.0f} |")


def main() -> None:
    """Print the tables."""
    stations = shipped_register()
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
    planner_table()


if __name__ == "__main__":
    main()
