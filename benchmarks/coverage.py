"""Coverage of the whole district for every switch of the planner at once; prints Markdown.

The cube (7 windows x 2 day types x 12 services x 3 thresholds x 6 groups, by street and in total) is made
from the shipped register and the modelled demand. In the same run brute force answers one of its 36
questions (one service, one threshold; all windows, day types, groups and streets): the geodesic of every
pair, and in every quarter-hour of the week every pair again. Its figures must be the cube's. Its time is
shown as measured; the ratio compares it with a cube of that one question, and then, both sides grown to all
36, with the whole cube. Reading the files and building the demand are outside both times.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import date, datetime, timedelta

import numpy as np

from geo.areas import shipped_areas
from geo.coverage import coverage
from geo.coverage_cube import coverage_cube
from geo.crs import GEOD
from geo.data_files import data_path
from geo.demand import GROUPS
from geo.demand_model import build_demand, shipped_model, shipped_places
from geo.opening_hours import OpeningHours
from geo.standard import Standard
from geo.stations import station_from_feature, stations_to_frame
from geo.time_windows import DAYS_BY_TYPE, WINDOWS, window_slots

WEEK = date(2026, 11, 23)
MINUTES = (5.0, 10.0, 15.0)
SERVICES = (
    "", "water", "hot_meal", "rest", "toilet", "charging", "climate", "baby", "first_aid", "aed",
    "charge_ebike", "books",
)  # fmt: skip
ASKED, THRESHOLD_MIN = "water", 15.0  # what brute force answers
QUESTIONS = len(SERVICES) * len(MINUTES)


def read_city():
    """The shipped stations as records and as a table, and the modelled demand."""
    features = json.loads(data_path("stations.geojson").read_text(encoding="utf-8"))["features"]
    records = [station_from_feature(feature) for feature in features]
    table = stations_to_frame(records)
    return records, table, build_demand(shipped_areas(), shipped_places(), table, shipped_model())


def serves_water(station) -> bool:
    """Whether a station has water by the contract, read from its record alone."""
    values = [
        station.amenities[code].value for code in ("water_hot", "water_cool") if code in station.amenities
    ]
    return station.status in ("operating", "trial") and any(value in ("yes", "limited") for value in values)


def brute_force(records, demand):
    """Covered demand (groups, streets and the total, windows, day types): every pair, every quarter-hour."""
    there = [station for station in records if station.location is not None and serves_water(station)]
    cells = demand.cells
    metres = np.array(
        [
            GEOD.inv(*np.broadcast_arrays(*station.location, cells["lon"], cells["lat"]))[2]
            for station in there
        ]
    ).T
    within = metres * 1.35 / 1.11 / 60 <= THRESHOLD_MIN
    monday = datetime(WEEK.year, WEEK.month, WEEK.day)  # noqa: DTZ001 - local time
    hours = [OpeningHours.parse(station.hours) if station.hours else None for station in there]
    served = np.zeros((672, len(cells)), dtype=bool)
    for quarter in range(672):
        at = monday + timedelta(minutes=15 * quarter)
        open_now = np.array([one is not None and one.is_open(at) is True for one in hours], dtype=bool)
        served[quarter] = (within & open_now).any(axis=1)
    streets = sorted(set(cells["street_code"].dropna()))
    of_street = [(cells["street_code"] == code).to_numpy() for code in streets]
    covered = np.zeros((len(GROUPS), len(streets) + 1, len(WINDOWS), len(DAYS_BY_TYPE)))
    for g, group in enumerate(GROUPS):
        table = demand.table(group)
        for w, window in enumerate(WINDOWS):
            for d, day in enumerate(DAYS_BY_TYPE):
                amounts = table[:, w, d] * served[window_slots(window, day)].mean(axis=0)
                covered[g, :, w, d] = [*(amounts[street].sum() for street in of_street), amounts.sum()]
    return covered


def one_by_one(table, demand) -> None:
    """The same question through ``coverage``: a call for each group, window and day type."""
    for group in GROUPS:
        for window in WINDOWS:
            for day in DAYS_BY_TYPE:
                asked = Standard(
                    week=WEEK, minutes=THRESHOLD_MIN, amenities=(ASKED,), window=window, day=day, group=group
                )
                coverage(table, demand, asked)


def timed(work, rounds: int):
    """The last result, the first run's seconds, and the median of all."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return result, seconds[0], statistics.median(seconds)


def compare(rounds: int) -> str:
    """Run both sides, check that they agree, and return the Markdown."""
    records, table, demand = read_city()
    cube, first_s, cube_s = timed(
        lambda: coverage_cube(table, demand, WEEK, minutes=MINUTES, amenities=SERVICES), rounds
    )
    _, _, single_s = timed(
        lambda: coverage_cube(table, demand, WEEK, minutes=(THRESHOLD_MIN,), amenities=(ASKED,)), rounds
    )
    expected, _, brute_s = timed(lambda: brute_force(records, demand), max(rounds // 2, 1))
    _, _, calls_s = timed(lambda: one_by_one(table, demand), 1)
    rows = cube[(cube["minutes"] == THRESHOLD_MIN) & (cube["amenity"] == ASKED)]
    found = rows["demand_covered"].to_numpy().reshape(expected.shape)
    worst = float(np.abs(found - expected).max())
    if worst > 1e-6:
        raise SystemExit(f"the cube differs from brute force by {worst}")
    pairs = len(demand.cells) * len(records)
    lines = [
        f"{len(records)} stations, {len(demand.cells)} cells, {len(demand.rows)} demand rows;"
        f" 7 windows × 2 day types × {len(SERVICES)} services × {len(MINUTES)} thresholds ×"
        f" {len(GROUPS)} groups,"
        f" by street and in total: {len(cube):,} figures. Medians of {rounds} runs; target of the cube: 1 s.",
        "",
        "| | one question (water, 15 min) | all 36 questions |",
        "| --- | ---: | ---: |",
        f"| `coverage_cube` | {single_s:.3f} s | **{cube_s:.3f} s** (first run {first_s:.3f} s) |",
        f"| brute force: {pairs:,} pairs × 672 quarter-hours | {brute_s:.2f} s"
        f" | {brute_s * QUESTIONS:.0f} s (× {QUESTIONS}, not run) |",
        f"| one call of `coverage` a figure, 84 a question | {calls_s:.2f} s"
        f" | {calls_s * QUESTIONS:.0f} s (× {QUESTIONS}, not run) |",
        f"| brute force ÷ cube | {brute_s / single_s:.0f} × | {brute_s * QUESTIONS / cube_s:.0f} × |",
        "",
        "Brute force is vectorised over pairs and asks each station's hours anew in each quarter-hour."
        f" Largest difference of its {found.size:,} figures from the cube's: {worst:.1e}.",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side")
    print(compare(parser.parse_args(arguments).rounds))


if __name__ == "__main__":
    main()
