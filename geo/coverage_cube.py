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

from geo.coverage import located, reach_matrix, station_states
from geo.coverage_patterns import DAY_TYPES, WINDOW_CODES, patterns, served_shares, station_times
from geo.demand import GROUPS, Demand
from geo.errors import InvalidParameterError
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

    Raises:
        InvalidParameterError: no threshold or no service is given.
    """
    if not minutes or not amenities:
        raise InvalidParameterError("minutes", minutes, "give at least one threshold and one service")
    there = located(stations)
    states = station_states(there, Standard(week=week))
    times = [station_times(there, states, (name,) if name else ()) for name in amenities]
    street = pd.Categorical(demand.cells["street_code"].astype(object))
    streets = [*street.categories, None]
    # cells of no street have code -1, the last row: there the whole area is summed up afterwards
    by_group = np.stack([demand.table(group) for group in GROUPS])
    way = router or StraightLineRouter(TravelMode.WALK)
    covered = []
    for threshold in minutes:
        reach = reach_matrix(demand.cells, there, Standard(week=week, minutes=threshold), way)
        pattern, of_cell = patterns(reach)
        need = np.zeros((pattern.shape[0], len(streets), *by_group.shape[:1], *by_group.shape[2:]))
        np.add.at(need, (of_cell, street.codes), by_group.transpose(1, 0, 2, 3))
        need[:, -1] = need.sum(axis=1)
        covered += [
            np.einsum("psgwd,pwd->gswd", need, served_shares(pattern, each), optimize=True) for each in times
        ]
    total = need.sum(axis=0).transpose(1, 0, 2, 3)
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
