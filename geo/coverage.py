"""Who is covered, in space x time x service, and why the rest are not.

The whole week is computed at once, by the patterns of stations in reach (``geo.coverage_patterns``).
Definitions: contract, "Distance, time, coverage".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from geo.coverage_patterns import (
    CAUSES,
    DAY_TYPES,
    WINDOW_CODES,
    CellSums,
    Floats,
    Merged,
    Shares,
    States,
    patterns,
    served_shares,
    shares,
    station_times,
)
from geo.demand import Demand
from geo.errors import InvalidParameterError
from geo.metrics import share_of
from geo.nearest import StationIndex
from geo.opening_hours import OpeningHours
from geo.standard import Standard
from geo.time_windows import QUARTERS_PER_WEEK, WINDOWS, day_type, window_of
from geo.travel import THRESHOLD_SLACK, Router, StraightLineRouter

__all__ = [
    "CAUSES", "DAY_TYPES", "WINDOW_CODES", "WINDOW_HOURS", "Coverage", "Figures", "Floats", "Situation",
    "ask_again", "coverage", "group_totals", "located", "question_weights", "reach_matrix", "served_with",
    "situation", "station_states", "summarise", "totals", "window_figures",
]  # fmt: skip

WINDOW_HOURS: Floats = np.array([window.hours for window in WINDOWS.values()])


@dataclass(frozen=True)
class Situation:
    """Everything worked out once for a question: who reaches what, and when.

    Attributes:
        stations: the located stations, in the order of ``reach``'s columns.
        reach: (cells, stations) minutes (or metres) of every pair within the threshold.
        states: (stations, slots) of 1 open, 0 closed, -1 unknown by the hours.
        shares: each cell's shares per period.
        weights: (cells, windows, day types) demand as the question weighs it.
        travel_basis: ``estimate``, ``network``, or ``straight_line`` for a radius.
        merged: the patterns of ``reach`` and each cell's pattern.
    """

    standard: Standard
    stations: gpd.GeoDataFrame
    demand: Demand
    reach: csr_array
    states: States
    shares: Shares
    weights: Floats
    travel_basis: str
    merged: Merged

    @cached_property
    def by_cell(self) -> CellSums:
        """Each cell's demand, and the parts of it that are served and not."""
        return self.shares.weighed(self.weights)

    @cached_property
    def by_pattern(self) -> Floats:
        """Demand as the question weighs it, added up over the cells of each pattern: (patterns, ...)."""
        return self.demand_by_pattern(self.standard.group)

    def demand_by_pattern(self, group: str | None) -> Floats:
        """Return ``by_pattern`` were ``group`` asked for."""
        pattern, of_cell = self.merged
        return _weighed(self.demand.by_part(of_cell, pattern.shape[0], group), self.standard)


@dataclass(frozen=True)
class Figures:
    """One line of a coverage answer. ``demand`` is demand-hours where the question spans the week.

    ``share`` and its kin are None where there is no demand: a share cannot be given.
    """

    demand: float
    demand_covered: float
    share: float | None
    share_if_unknown_open: float | None
    share_covered_twice: float | None


@dataclass(frozen=True)
class Coverage:
    """The answer: the total, each street, each window, and per cell what gaps and maps need.

    Attributes:
        is_hours: figures are demand-hours (no window and no instant was asked).
        by_street: (street_code or None, figures), ordered by code, cells of no street last.
        by_window: (window, day type, figures); empty at an instant.
        cells: table with ``cell``, ``demand``, ``covered``, ``covered_twice``, ``covered_if_unknown_open``
            and one column a cause: demand (or demand-hours), so sums are the figures above.
    """

    standard: Standard
    travel_basis: str
    is_hours: bool
    total: Figures
    by_street: tuple[tuple[str | None, Figures], ...]
    by_window: tuple[tuple[str, str, Figures], ...]
    cells: pd.DataFrame


def located(stations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the stations that have a location; the others cannot cover anything."""
    return stations[~(stations.geometry.isna() | stations.geometry.is_empty)].reset_index(drop=True)


def reach_matrix(
    cells: pd.DataFrame, stations: gpd.GeoDataFrame, standard: Standard, router: Router
) -> csr_array:
    """Return the sparse matrix (cells x stations) of minutes, or of metres where a radius is asked.

    Every station within the threshold (inclusive) has an entry, also at zero; ``stations`` are located.
    """
    here = (cells["lon"].to_numpy(dtype=float), cells["lat"].to_numpy(dtype=float))
    there = (stations.geometry.x.to_numpy(), stations.geometry.y.to_numpy())
    if standard.minutes is not None:
        return router.minutes_matrix(*here, *there, standard.minutes)
    assert standard.radius_m is not None  # noqa: S101 - Standard holds exactly one of the two
    pairs = StationIndex(*there, range(len(stations))).pairs_within(
        *here, standard.radius_m * (1 + THRESHOLD_SLACK)
    )
    return csr_array((pairs.distance_m, (pairs.point, pairs.station)), shape=(len(cells), len(stations)))


def station_states(stations: gpd.GeoDataFrame, standard: Standard) -> States:
    """Return (stations, slots) of 1 open, 0 closed, -1 unknown, by the hours alone.

    Slots are the 672 quarter-hours of the standard's week, or its one instant.
    """
    by_text = {text: _states(text, standard) for text in stations["hours"].unique()}
    slots = QUARTERS_PER_WEEK if standard.at is None else 1
    return np.array([by_text[text] for text in stations["hours"]], dtype=np.int8).reshape(-1, slots)


def _states(text: str | None, standard: Standard) -> States:
    hours = OpeningHours.parse(text, timezone=standard.timezone)
    if standard.at is not None:
        state = hours.is_open(standard.at)
        return np.array([-1 if state is None else int(state)], dtype=np.int8)
    unknown = hours.week_unknown_bitmap(standard.week)
    return np.where(unknown, -1, hours.week_bitmap(standard.week)).astype(np.int8)


def served_with(found: Situation, amenities: tuple[str, ...]) -> float:
    """Return the demand that would be served were ``amenities`` asked for."""
    times = station_times(found.stations, found.states, amenities)
    return float((found.by_pattern * served_shares(found.merged[0], times)).sum())


def question_weights(demand: Demand, standard: Standard, rows: npt.NDArray[np.intp] | None = None) -> Floats:
    """Return each cell's (or those ``rows``') demand per period as the question weighs it.

    The shape is (cells, windows, day types).
    Demand-hours over the week; plain demand for a window; (cells, 1, 1) at an instant.
    """
    return _weighed(demand.table(standard.group, rows), standard)


def _weighed(table: Floats, standard: Standard) -> Floats:
    """Return plain demand (n, windows, day types) as the question weighs it; ``table`` is used up."""
    at = standard.local_at
    if at is not None:
        window, day = window_of(at).code, day_type(at.date())
        return table[:, WINDOW_CODES.index(window), DAY_TYPES.index(day)].reshape(-1, 1, 1)
    hours = WINDOW_HOURS
    if standard.window is not None:
        hours = np.zeros(len(WINDOWS))
        hours[WINDOW_CODES.index(standard.window)] = 1.0
    table *= hours[None, :, None]
    table *= np.array(standard.day_weights)[None, None, :]
    return table


def situation(
    stations: gpd.GeoDataFrame, demand: Demand, standard: Standard, router: Router | None = None
) -> Situation:
    """Work out who reaches what, when, under ``standard``: what coverage and gaps are then read from.

    Args:
        stations: canonical station table; those without a location cover nothing.
        demand: the worker-demand table.
        standard: threshold, service and time.
        router: where minutes come from; straight lines x 1.35 without one.

    Raises:
        InvalidParameterError: the router's minutes are of another mode of travel than the standard's.
    """
    way = router or StraightLineRouter(standard.mode)
    if standard.minutes is not None and way.mode != standard.mode:
        raise InvalidParameterError("mode", str(standard.mode), f"the router's minutes are for {way.mode}")
    there = located(stations)
    reach = reach_matrix(demand.cells, there, standard, way)
    states = station_states(there, standard)
    merged = patterns(reach)
    return Situation(
        standard=standard,
        stations=there,
        demand=demand,
        reach=reach,
        states=states,
        shares=shares(merged, station_times(there, states, standard.amenities)),
        weights=question_weights(demand, standard),
        travel_basis=way.basis if standard.minutes is not None else "straight_line",
        merged=merged,
    )


def coverage(
    stations: gpd.GeoDataFrame, demand: Demand, standard: Standard, router: Router | None = None
) -> Coverage:
    """Return who is covered under ``standard``; arguments as for ``situation``."""
    return summarise(situation(stations, demand, standard, router))


def ask_again(found: Situation, standard: Standard) -> Situation:
    """Return the situation under another service, group, window or day, keeping reach and weeks.

    Raises:
        InvalidParameterError: threshold, mode, week, instant or zone differ: that needs a new situation.
    """
    if standard == found.standard:
        return found
    for name in ("minutes", "radius_m", "mode", "week", "at", "timezone"):
        if getattr(standard, name) != getattr(found.standard, name):
            raise InvalidParameterError(name, getattr(standard, name), "differs from the situation's")
    served = found.shares
    if standard.amenities != found.standard.amenities:
        served = shares(found.merged, station_times(found.stations, found.states, standard.amenities))
    weights = question_weights(found.demand, standard)
    return replace(found, standard=standard, shares=served, weights=weights)


def totals(found: Situation) -> Figures:
    """Return the total line of a situation alone, without the lines by street and window."""
    return _totals(found.by_pattern, found.shares)


def group_totals(found: Situation, group: str) -> Figures:
    """Return the total line were one worker group asked for."""
    return _totals(found.demand_by_pattern(group), found.shares)


def _totals(weights: Floats, found: Shares) -> Figures:
    """Return the total line of demand by pattern: cells of a pattern have the same shares."""
    return _ratio_figures(
        float(weights.sum()), *(float((weights * found.by_pattern[n]).sum()) for n in (0, 2, 1))
    )


def summarise(found: Situation) -> Coverage:
    """Return the figures of a situation: in total, by street, by window, by cell."""
    standard, demand = found.standard, found.demand
    cells = _cell_table(demand, found.by_cell)
    street, codes = pd.factorize(demand.cells["street_code"].astype(object), sort=True)
    return Coverage(
        standard=standard,
        travel_basis=found.travel_basis,
        is_hours=standard.window is None and standard.at is None,
        total=totals(found),  # the same sum as every metric's, to the last bit
        by_street=(
            *((code, _figures(cells, street == number)) for number, code in enumerate(codes)),
            *([(None, _figures(cells, street < 0))] if (street < 0).any() else []),
        ),
        by_window=window_figures(found),
        cells=cells,
    )


def _cell_table(demand: Demand, sums: CellSums) -> pd.DataFrame:
    columns = {
        "cell": demand.cells["cell"].to_numpy(),
        "demand": sums.demand,
        "covered": sums.served,
        "covered_twice": sums.served_twice,
        "covered_if_unknown_open": sums.served_if_unknown_open,
    }
    return pd.DataFrame(columns | {cause: sums.cause(cause) for cause in CAUSES})


def _figures(cells: pd.DataFrame, rows: npt.NDArray[np.bool_]) -> Figures:
    names = ("demand", "covered", "covered_if_unknown_open", "covered_twice")
    return _ratio_figures(*(float(cells[name].to_numpy()[rows].sum()) for name in names))


def _ratio_figures(demand: float, covered: float, if_unknown_open: float, twice: float) -> Figures:
    if demand <= 0:
        return Figures(demand, covered, None, None, None)
    return Figures(
        demand, min(covered, demand), *(share_of(p, demand) for p in (covered, if_unknown_open, twice))
    )


def window_figures(found: Situation) -> tuple[tuple[str, str, Figures], ...]:
    """Return plain demand figures of every window, for the day type asked or both; none at an instant."""
    standard, served = found.standard, found.shares
    if standard.at is not None:
        return ()
    table = found.demand.by_part(found.merged[1], found.merged[0].shape[0], standard.group)
    need = table.sum(axis=0)
    met, twice, if_open = ((table * share).sum(axis=0) for share in served.by_pattern[:3])
    return tuple(
        (window, day, _ratio_figures(*(float(part[w, d]) for part in (need, met, if_open, twice))))
        for w, window in enumerate(WINDOW_CODES)
        for d, day in enumerate(DAY_TYPES)
        if standard.day in (None, day)
    )
