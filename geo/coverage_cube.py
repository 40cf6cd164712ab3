"""Coverage of the whole area for many services, thresholds and groups at once.

One table answers every switch of the planner's pages: the same numbers as ``coverage.coverage`` gives one
by one, computed with each reach matrix and each station's week made only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.coverage import DAY_TYPES, WINDOW_CODES, located, reach_matrix, shares, station_states, station_times
from geo.demand import GROUPS, Demand
from geo.standard import Standard
from geo.travel import Router, StraightLineRouter, TravelMode

CUBE_COLUMNS = (
    "minutes", "amenity", "group", "street_code", "window", "day_type", "demand", "demand_covered",
)  # fmt: skip


def coverage_cube(
    stations: gpd.GeoDataFrame,
    demand: Demand,
    week: date,
    *,
    minutes: Sequence[float],
    amenities: Sequence[str],
    router: Router | None = None,
) -> pd.DataFrame:
    """Return demand and covered demand for every combination, by street and in total.

    Args:
        stations: canonical station table.
        demand: the worker-demand table.
        week: the Monday of the typical week.
        minutes: walking thresholds.
        amenities: codes or groups, each asked for alone; an empty string asks for none.
        router: where minutes come from; straight lines x 1.35 without one.

    Returns:
        One row per (minutes, amenity, group, street, window, day type): ``CUBE_COLUMNS``.
        ``street_code`` None is the whole area; ``group`` runs over the six groups.
    """
    there = located(stations)
    states = station_states(there, Standard(week=week))
    times = {name: station_times(there, states, (name,) if name else ()) for name in amenities}
    by_group = np.stack([demand.table(group) for group in GROUPS])
    streets = [*sorted(demand.cells["street_code"].dropna().unique()), None]
    # the last row, the whole area, also holds cells of no street
    member = np.array(
        [(demand.cells["street_code"] == street).to_numpy(float) for street in streets[:-1]]
        + [np.ones(len(demand.cells))]
    )
    total = np.einsum("sc,gcwd->gswd", member, by_group, optimize=True)
    covered = []
    way = router or StraightLineRouter(TravelMode.WALK)
    for threshold in minutes:
        reach = reach_matrix(demand.cells, there, Standard(week=week, minutes=threshold), way)
        for name in amenities:
            served = shares(reach, times[name]).served
            covered.append(np.einsum("sc,gcwd,cwd->gswd", member, by_group, served, optimize=True))
    return _rows(minutes, amenities, streets, total, np.array(covered))


def _rows(
    minutes: Sequence[float],
    amenities: Sequence[str],
    streets: Sequence[str | None],
    total: np.ndarray,
    covered: np.ndarray,
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [
            list(minutes),
            list(amenities),
            list(GROUPS),
            range(len(streets)),
            list(WINDOW_CODES),
            list(DAY_TYPES),
        ],
        names=list(CUBE_COLUMNS[:6]),
    )
    frame = index.to_frame(index=False)
    frame["street_code"] = np.array(streets, dtype=object)[frame["street_code"].to_numpy()]
    frame["demand"] = np.broadcast_to(total, (len(minutes) * len(amenities), *total.shape)).ravel()
    frame["demand_covered"] = covered.ravel()
    return frame
