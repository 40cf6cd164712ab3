"""The planner's map at many cells, as its readers meet it: imported, served, opened and moved in Chromium.

Each size is a district scaled to hold so many H3 cells, workers counted in every one, kept in a store of its
own and served by a process of its own. Run ``python -m benchmarks.map_cells [CELLS ...]``.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import shapely.affinity
from playwright.sync_api import Page, sync_playwright

from api.register import shipped_register
from geo.areas import Area, Areas, shipped_areas
from geo.demand import Demand
from geo.demand_cells import area_cells, cell_table
from geo.store.opening import open_store
from geo.store.planning_layers import keep_areas, keep_demand

SIZES = (1_000, 5_000, 50_000, 500_000)
PORT, ROUNDS, STEPS = 8149, 5, 12
CELL_KM2 = {9: 0.1053, 10: 0.01504, 11: 0.00215}  # H3 cells where the district lies, near enough
_DISTRICT_KM2 = 325.0
REST_S, REST_CPU_S = 1.5, 0.15  # a server at rest looks for news about once a second
_READY = """!!(window.CareMap && CareMap.map
    && (document.querySelector('.cells-now') || !CareMap.data.layers.coverage.picture))"""
_STEP = """async () => { const start = performance.now();
CareMap.map.panBy([STEP], {animate: false});
await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
return performance.now() - start; }"""


@dataclass
class Measured:
    """One line of the table: seconds, milliseconds, bytes."""

    cells: int
    keep_s: float = 0.0
    at_once_s: float = 0.0
    ahead_s: float = 0.0
    first_s: float = 0.0
    again_s: float = 0.0
    cached_ms: float = 0.0
    html_kb: float = 0.0
    page_kb: float = 0.0
    open_s: float = 0.0
    pan_ms: float = 0.0
    pan_near_ms: float = 0.0
    memory_mb: float = 0.0


def scaled(areas: Areas, factor: float) -> Areas:
    """Return the areas stretched about the district's middle."""
    middle = areas.district.geometry.centroid

    def stretched(area: Area) -> Area:
        return replace(area, geometry=shapely.affinity.scale(area.geometry, factor, factor, origin=middle))

    return Areas(stretched(areas.district), tuple(stretched(street) for street in areas.streets))


def demand_on(areas: Areas, cells: int, resolution: int) -> Demand:
    """Return counts on at most so many cells of the areas, falling away from the middle, by chance too."""
    table = cell_table(areas, area_cells(areas, resolution)).head(cells)
    far = np.hypot(table["lon"] - table["lon"].median(), table["lat"] - table["lat"].median())
    chance = np.random.default_rng(5).gamma(2.0, 0.5, len(table))
    rows = pd.DataFrame({"cell": table["cell"], "group": "courier", "window": "T3", "day_type": "weekday"})
    return Demand(table, rows.assign(demand=(20 * np.exp(-far / 0.06) + 1) * chance), "measured", areas.basis)


def store_of(folder: Path, cells: int) -> tuple[str, float]:
    """Make a store of so many cells; return its address and the seconds its demand took to be kept."""
    resolution = next((one for one, km2 in CELL_KM2.items() if cells * km2 < _DISTRICT_KM2 * 2.5), 11)
    areas = scaled(shipped_areas(), (1.03 * cells * CELL_KM2[resolution] / _DISTRICT_KM2) ** 0.5)
    demand = demand_on(areas, cells, resolution)
    url = f"sqlite:///{folder / 'cells.db'}"
    store = open_store(url, shipped_register)
    keep_areas(store, areas)
    start = time.perf_counter()
    keep_demand(store, demand)
    taken = time.perf_counter() - start
    store.close()
    return url, taken


@contextmanager
def served(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve a store until the block ends."""
    command = [sys.executable, "-m", "api", "serve", "--store", url, "--port", str(PORT)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def fetched(path: str, **headers: str) -> tuple[float, int]:
    """Return seconds and bytes of an answer; waits while the server starts or reads imported demand."""
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers=headers)
    while True:
        start = time.perf_counter()
        try:
            with urllib.request.urlopen(request) as answer:
                size = len(answer.read())
            return time.perf_counter() - start, size
        except (urllib.error.HTTPError, urllib.error.URLError):
            time.sleep(0.5)


def at_rest(process: psutil.Process) -> float:
    """Return the seconds until a process has done next to nothing for a second: its work ahead is done."""
    start = since = time.perf_counter()
    used = sum(process.cpu_times()[:2])
    while time.perf_counter() - since < REST_S:
        time.sleep(0.1)
        now = sum(process.cpu_times()[:2])
        if now - used > REST_CPU_S:
            since, used = time.perf_counter(), now
    return since - start


def opened(page: Page, found: Measured) -> None:
    """Open the map as a first visitor and move it: the whole, then near, where new pictures are asked."""
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    start = time.perf_counter()
    page.goto(f"http://127.0.0.1:{PORT}/planner/map")
    while not page.evaluate(_READY):
        page.wait_for_timeout(10)
    found.open_s = time.perf_counter() - start
    page.wait_for_timeout(300)
    found.page_kb = sum(sizes) / 1000
    found.pan_ms = moved(page)
    page.evaluate("() => { CareMap.map.setView(CareMap.map.getCenter(), 15, {animate: false}); }")
    page.wait_for_timeout(1500)
    found.pan_near_ms = moved(page)


def moved(page: Page) -> float:
    """Return the median milliseconds of a step to its painted frame."""
    steps = [_STEP.replace("STEP", "130, 40" if number % 3 else "-160, -70") for number in range(STEPS)]
    return statistics.median(float(page.evaluate(step)) for step in steps)


def measured(cells: int, page: Page) -> Measured:
    """Measure one size."""
    found = Measured(cells)
    with tempfile.TemporaryDirectory() as folder:
        url, found.keep_s = store_of(Path(folder), cells)
        with served(url):
            fetched("/readyz")
            start = time.perf_counter()
            fetched("/planner/map")
            found.at_once_s = time.perf_counter() - start
        with served(url) as process:
            fetched("/readyz")
            found.ahead_s = at_rest(psutil.Process(process.pid))
            found.first_s = fetched("/planner/map")[0]
            found.again_s = fetched("/planner/map?lang=en")[0]
            found.cached_ms = statistics.median(fetched("/planner/map")[0] for _ in range(ROUNDS)) * 1000
            found.html_kb = fetched("/planner/map", **{"Accept-Encoding": "gzip"})[1] / 1000
            opened(page, found)
            found.memory_mb = psutil.Process(process.pid).memory_info().rss / 1e6
    return found


def main() -> None:
    """Print the table."""
    sizes = [int(text) for text in sys.argv[1:]] or SIZES
    print(
        "At once: for who asks the moment the server is ready. Ahead: how long it then works unasked; all\n"
        "further columns are after that. First: the first visitor's answer. New page: the same in English.\n"
        "Budgets: cached 50 ms, HTML 80 KB compressed, page 250 KB, open 3 s, step 100 ms.\n"
    )
    names = (
        "cells|kept s|at once s|ahead s|first s|new page s|cached ms|HTML gz KB|page KB|open s|step ms"
        "|step near ms|memory MB"
    )
    print(f"| {' | '.join(names.split('|'))} |")
    print("| ---: " * len(names.split("|")) + "|")
    chromium = os.environ.get("CARE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for cells in sizes:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            one = measured(cells, page)
            page.close()
            print(
                f"| {one.cells:,} | {one.keep_s:.1f} | {one.at_once_s:.1f} | {one.ahead_s:.1f} "
                f"| {one.first_s:.2f} | {one.again_s:.2f} | {one.cached_ms:.0f} | {one.html_kb:.1f} "
                f"| {one.page_kb:.0f} | {one.open_s:.2f} | {one.pan_ms:.0f} | {one.pan_near_ms:.0f} "
                f"| {one.memory_mb:.0f} |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
