"""Streaming accessibility against PySAL ``access`` at 19,000 cells × 100,000 stations; prints Markdown.

Each run is a process of its own with one thread, so that peak memory is its own and its CPU time, which other
load on the machine hardly moves, is its duration; the sides take turns; medians are shown. The streaming
side starts from coordinates. ``access`` can't: its table of pairs with exact minutes is made beforehand by
this project's own index. Streaming is compared twice, with its method alone and with the making of its pairs;
the sparse matrix, a form of ready pairs too, with its method alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from geo.accessibility import floating_catchment, floating_catchment_points
from geo.nearest import StationIndex
from geo.travel import THRESHOLD_SLACK, GaussianDecay, StepDecay, TravelMode, reach_m, travel_minutes

CELLS, STATIONS = 19_000, 100_000
WEST, SOUTH, WIDTH_DEG, HEIGHT_DEG = 109.0, 34.2, 0.1955, 0.1623  # 18 km × 18 km, the size of the district
SIDES = {
    "ours": "geo.accessibility, streaming",
    "matrix": "geo.accessibility, ready matrix",
    "access": "PySAL access, ready pairs",
}


class Method(NamedTuple):
    """One comparison: walking minutes of the catchment; steps or a Gaussian's σ instead of equal weights."""

    label: str
    threshold_min: float
    steps: tuple[tuple[float, float], ...] = ()
    sigma_min: float = 0.0


METHODS = {
    "2sfca": Method("2SFCA, 15-minute walk", 15),
    "2sfca30": Method("2SFCA, 30-minute walk", 30),
    "e2sfca": Method("E2SFCA, steps 5/10/15", 15, steps=((5, 1.0), (10, 0.68), (15, 0.22))),
    "gaussian": Method("Gaussian 2SFCA, σ 6 min, to 15", 15, sigma_min=6.0),
}


def make_city():
    """Demand and station coordinates, demand and seats: the same numbers in every process."""
    rng = np.random.default_rng(2024)

    def scatter(count):
        return WEST + rng.random(count) * WIDTH_DEG, SOUTH + rng.random(count) * HEIGHT_DEG

    return (
        scatter(CELLS),
        scatter(STATIONS),
        rng.gamma(2.0, 5.0, CELLS),
        rng.integers(1, 40, STATIONS).astype(float),
    )


def write_pairs(threshold_min: float, folder: Path) -> tuple[int, float]:
    """Write every pair within the threshold for ``access``; return how many, and the seconds to make them."""
    cells, stations, _, _ = make_city()
    start = time.process_time()
    reach = reach_m(threshold_min, TravelMode.WALK)
    pairs = StationIndex(*stations, ids=range(STATIONS)).pairs_within(*cells, reach)
    cost = travel_minutes(pairs.distance_m, TravelMode.WALK)
    seconds = time.process_time() - start
    for name, column in (("origin", pairs.point), ("dest", pairs.station), ("cost", cost)):
        np.save(folder / f"{name}-{threshold_min:g}.npy", column)
    return len(cost), seconds


def decay_of(method: Method):
    """The method's decay in this project's own terms."""
    if method.sigma_min:
        return GaussianDecay(method.sigma_min, method.threshold_min)
    return StepDecay(method.steps or [(method.threshold_min, 1.0)])


def run_ours(method: Method):
    """Return seconds and access per cell, streamed from coordinates."""
    cells, stations, demand, seats = make_city()
    start = time.process_time()
    result = floating_catchment_points(cells, demand, stations, seats, decay_of(method))
    return time.process_time() - start, result


def run_matrix(method: Method, folder: Path):
    """Return seconds and access per cell from a sparse matrix of minutes already in memory."""
    _, _, demand, seats = make_city()
    origin, dest, cost = (
        np.load(folder / f"{name}-{method.threshold_min:g}.npy") for name in ("origin", "dest", "cost")
    )
    minutes = csr_array((cost, (origin, dest)), shape=(CELLS, STATIONS))
    start = time.process_time()
    result = floating_catchment(minutes, demand, seats, decay_of(method))
    return time.process_time() - start, result


def run_access(method: Method, folder: Path):
    """Return seconds and access per cell from PySAL, its pairs already in memory.

    It compares strictly; the product's thresholds are inclusive to 1e-10, so it gets the same limits.
    """
    import pandas as pd  # noqa: PLC0415 - the other side must not carry what it doesn't use
    from access import Access, weights  # noqa: PLC0415 - same

    _, _, demand, seats = make_city()
    inclusive = 1 + THRESHOLD_SLACK
    columns = {name: folder / f"{name}-{method.threshold_min:g}.npy" for name in ("origin", "dest", "cost")}
    city = Access(
        demand_df=pd.DataFrame({"demand": demand}, index=pd.RangeIndex(CELLS, name="geoid")),
        demand_value="demand",
        supply_df=pd.DataFrame({"seats": seats}, index=pd.RangeIndex(STATIONS, name="geoid")),
        supply_value="seats",
        cost_df=pd.DataFrame({name: np.load(path) for name, path in columns.items()}),
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )
    weight_fn = None
    if method.sigma_min:
        weight_fn = weights.gaussian(method.sigma_min)
    elif method.steps:
        weight_fn = weights.step_fn({limit * inclusive: weight for limit, weight in method.steps})
    start = time.process_time()
    table = city.two_stage_fca(weight_fn=weight_fn, max_cost=method.threshold_min * inclusive)
    seconds = time.process_time() - start
    return seconds, table.iloc[:, 0].reindex(range(CELLS)).fillna(0.0).to_numpy()


def run_side(side: str, name: str, folder: Path) -> None:
    """Child process: run once, save the result, print seconds and peak memory as JSON."""
    method = METHODS[name]
    if side == "ours":
        seconds, result = run_ours(method)
    else:
        seconds, result = (run_matrix if side == "matrix" else run_access)(method, folder)
    np.save(folder / f"{side}-{name}.npy", result)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1e6}))


def child(*arguments: str) -> dict[str, float]:
    """Run this file in a process of its own and return the JSON it prints."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    root = Path(__file__).resolve().parents[1]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=root, env=one_thread)
    return json.loads(done.stdout)


def compare(names: list[str], rounds: int) -> str:
    """The Markdown table of all methods: medians over the rounds, ratios, largest relative difference."""
    lines = [
        f"### Accessibility: {CELLS:,} demand cells × {STATIONS:,} stations",
        "",
        f"Median of {rounds} runs, each in its own process with one thread: CPU seconds, whole peak memory.",
        "`access` and the matrix start from ready pairs, the streaming side from coordinates.",
        "",
        "| method | pairs | side | CPU s | peak MB | faster | with pairs | memory | relative difference |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        thresholds = {METHODS[name].threshold_min for name in names}
        pairs = {t: child("--child", "pairs", "--minutes", f"{t:g}", "--folder", folder) for t in thresholds}
        for name in names:
            runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
            for _ in range(rounds):
                for side in SIDES:
                    runs[side].append(child("--child", side, "--method", name, "--folder", folder))
            seconds = {side: statistics.median(run["seconds"] for run in runs[side]) for side in SIDES}
            peak = {side: statistics.median(run["peak_mb"] for run in runs[side]) for side in SIDES}
            results = {side: np.load(Path(folder, f"{side}-{name}.npy")) for side in SIDES}
            label, made = METHODS[name].label, pairs[METHODS[name].threshold_min]
            theirs, head = results["access"], f"| {label} | {made['count']:,.0f} |"
            for side in ("ours", "matrix"):
                difference = np.max(np.abs(results[side] - theirs) / np.where(theirs > 0, theirs, 1))
                faster = f"{seconds['access'] / seconds[side]:.0f} ×"
                in_all = f"{(seconds['access'] + made['seconds']) / seconds[side]:.0f} ×"
                memory = f"1/{peak['access'] / peak[side]:.1f}"
                lines.append(
                    f"{head} {SIDES[side]} | {seconds[side]:.3f} | {peak[side]:.0f} | {faster} | "
                    f"{in_all if side == 'ours' else '–'} | {memory} | {difference:.1e} |"
                )
                head = "| | |"
            lines.append(
                f"{head} {SIDES['access']} | {seconds['access']:.2f} + {made['seconds']:.1f} for its pairs | "
                f"{peak['access']:.0f} | | | | |"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print the table; ``--rounds`` and ``--method`` narrow it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--method", choices=METHODS, action="append")
    parser.add_argument("--child", choices=["pairs", *SIDES], help=argparse.SUPPRESS)
    parser.add_argument("--minutes", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child == "pairs":
        count, seconds = write_pairs(options.minutes, options.folder)
        print(json.dumps({"count": count, "seconds": seconds}))
    elif options.child:
        run_side(options.child, options.method[0], options.folder)
    else:
        print(compare(options.method or list(METHODS), options.rounds))


if __name__ == "__main__":
    main()
