"""Who is covered, in space x time x service, and why the rest are not.

The whole week is computed at once. Cells that reach the same set of stations share one *pattern*, so the
work is (patterns x stations) times (stations x quarter-hours), whatever the number of cells.
Definitions: contract, "Distance, time, coverage".
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from geo.amenities import all_available
from geo.demand import Demand
from geo.nearest import pairs_within
from geo.opening_hours import OpeningHours
from geo.standard import Standard
from geo.time_windows import DAY_TYPES, WINDOWS, window_of, window_slots
from geo.travel import THRESHOLD_SLACK, Router, StraightLineRouter
from geo.vocabulary import SERVING_STATUSES

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

CAUSES: tuple[str, ...] = ("unknown", "lacks_service", "closed", "nothing_near")
"""Why a (cell, quarter-hour) is unserved: the first that holds."""
WINDOW_HOURS: Floats = np.array([3.0, 4.0, 3.5, 3.0, 3.5, 3.0, 4.0])
ABSENT_STATUSES = frozenset({"planned", "retired"})
_PATTERNS_AT_ONCE = 2048  # dense work per block: 2048 patterns x 672 quarter-hours x 4 bytes = 5.5 MB


@dataclass(frozen=True)
class StationTimes:
    """What each station is at each slot (quarter-hour of the week, or the one instant).

    Attributes:
        open: (stations, slots) serving by status and open by known hours.
        maybe: (stations, slots) serving by status and open, or of unknown hours.
        available: (stations,) everything asked for is available.
        possible: (stations,) available, or it would be if unknown amenities counted as yes.
        present: (stations,) of any status but planned or retired.
        place: (stations,) number of the coordinate; stations at equal coordinates share one.
    """

    open: Bools
    maybe: Bools
    available: Bools
    possible: Bools
    present: Bools
    place: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shares:
    """Shares of each period's slots per cell: (cells, windows, day types); at an instant (cells, 1, 1).

    ``causes`` is (causes, cells, ...), in the order of ``CAUSES``; served + causes = 1.
    """

    served: Floats
    served_twice: Floats
    served_if_unknown_open: Floats
    causes: Floats


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
    row, column, metres = pairs_within(*here, *there, standard.radius_m * (1 + THRESHOLD_SLACK))
    return csr_array((metres, (row, column)), shape=(len(cells), len(stations)))


def station_times(stations: gpd.GeoDataFrame, standard: Standard) -> StationTimes:
    """Work out every station's slots under ``standard``: the week's 672 quarter-hours, or one instant."""
    by_text: dict[str | None, npt.NDArray[np.int8]] = {}
    for text in stations["hours"].unique():
        by_text[text] = _states(text, standard)
    slots = 1 if standard.at else 672
    states = np.array([by_text[text] for text in stations["hours"]], dtype=np.int8).reshape(-1, slots)
    offers = [
        all_available(standard.amenities, {**amenities, **services})
        for amenities, services in zip(stations["amenities"], stations["services"], strict=True)
    ]
    status = stations["status"].to_numpy(dtype=object)
    serving = np.array([value in SERVING_STATUSES for value in status], dtype=bool)[:, None]
    at = np.column_stack([stations.geometry.x, stations.geometry.y]).reshape(-1, 2)
    return StationTimes(
        open=serving & (states == 1),
        maybe=serving & (states != 0),
        available=np.array([offer == "available" for offer in offers], dtype=bool),
        possible=np.array([offer != "missing" for offer in offers], dtype=bool),
        present=np.array([value not in ABSENT_STATUSES for value in status], dtype=bool),
        place=np.unique(at, axis=0, return_inverse=True)[1].reshape(-1),
    )


def _states(text: str | None, standard: Standard) -> npt.NDArray[np.int8]:
    """Return 1 open, 0 closed, -1 unknown, for each slot of the question."""
    hours = OpeningHours.parse(text)
    if standard.at is None:
        return hours.week_bitmap(standard.week)
    state = hours.is_open(standard.at)
    return np.array([-1 if state is None else int(state)], dtype=np.int8)


def period_weights() -> Floats:
    """Return (672 slots, 14 periods): each slot's part in the mean of its window and day type.

    Periods run window by window, weekday before weekend.
    """
    weights = np.zeros((672, len(WINDOWS) * len(DAY_TYPES)))
    for period, (window, day) in enumerate((w, d) for w in WINDOWS for d in DAY_TYPES):
        slots = window_slots(window, day)
        weights[slots, period] = 1.0 / len(slots)
    return weights


def patterns(reach: csr_array) -> tuple[csr_array, npt.NDArray[np.int64]]:
    """Merge cells that reach the same stations: (pattern x station) ones, and each cell's pattern."""
    matrix = csr_array(reach)
    matrix.sort_indices()
    known: dict[bytes, int] = {}
    of_cell = np.empty(matrix.shape[0], dtype=np.int64)
    first: list[int] = []
    for row in range(matrix.shape[0]):
        key = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tobytes()
        number = known.setdefault(key, len(known))
        if number == len(first):
            first.append(row)
        of_cell[row] = number
    chosen = matrix[first] if first else csr_array((0, matrix.shape[1]))
    ones = np.ones(len(chosen.indices), dtype=np.float32)
    return csr_array((ones, chosen.indices, chosen.indptr), shape=chosen.shape), of_cell


def shares(reach: csr_array, times: StationTimes) -> Shares:
    """Return each cell's shares for all 14 periods (or at the instant)."""
    slots = times.open.shape[1]
    weights = period_weights() if slots == 672 else np.ones((1, 1))
    pattern, of_cell = patterns(reach)
    blocks = [
        _block_shares(pattern[start : start + _PATTERNS_AT_ONCE], times, weights)
        for start in range(0, pattern.shape[0], _PATTERNS_AT_ONCE)
    ]
    periods = weights.shape[1]
    stacked = np.concatenate(blocks, axis=1) if blocks else np.zeros((3 + len(CAUSES), 0, periods))
    shape = (len(WINDOWS), len(DAY_TYPES)) if slots == 672 else (1, 1)
    per_cell = stacked[:, of_cell].reshape(stacked.shape[0], len(of_cell), *shape)
    return Shares(per_cell[0], per_cell[1], per_cell[2], per_cell[3:])


def _block_shares(pattern: csr_array, times: StationTimes, weights: Floats) -> Floats:
    """Return (3 + causes, patterns, periods): served, twice, if unknown hours are open, then the causes."""

    def counted(stations_at: Bools) -> npt.NDArray[np.float32]:
        return np.asarray(pattern @ stations_at.astype(np.float32))

    serving = times.open & times.available[:, None]
    at_least = counted(serving)
    served = at_least > 0
    if_open = counted(times.maybe & times.available[:, None]) > 0
    maybe = counted(times.maybe & times.possible[:, None]) > 0
    lacking = counted(times.open & ~times.available[:, None]) > 0
    present = np.broadcast_to(counted(times.present[:, None]) > 0, served.shape)
    twice = at_least > 1
    if len(np.unique(times.place)) < len(times.place):
        twice &= _at_two_places(pattern, serving, times.place)
    unserved = ~served
    unknown = unserved & maybe
    lacks = unserved & ~maybe & lacking
    closed = unserved & ~maybe & ~lacking & present
    nothing = unserved & ~maybe & ~lacking & ~present
    stacked = np.stack([served, twice, if_open, unknown, lacks, closed, nothing]).astype(np.float64)
    return np.asarray(stacked @ weights)


def _at_two_places(pattern: csr_array, serving: Bools, place: npt.NDArray[np.int64]) -> Bools:
    """Return where stations at two different coordinates serve: the lowest and highest place differ."""
    result = np.zeros((pattern.shape[0], serving.shape[1]), dtype=bool)
    for row in range(pattern.shape[0]):
        members = pattern.indices[pattern.indptr[row] : pattern.indptr[row + 1]]
        if len(members) > 1:
            at = np.where(serving[members], place[members][:, None], -1)
            lowest = np.where(serving[members], place[members][:, None], place.max() + 1).min(axis=0)
            result[row] = at.max(axis=0) > lowest
    return result


def question_weights(demand: Demand, standard: Standard) -> Floats:
    """Return each cell's demand per period as the question weighs it: (cells, windows, day types).

    Demand-hours over the week; plain demand for a window; (cells, 1, 1) at an instant.
    """
    table = demand.table(standard.group)
    if standard.at is not None:
        window, day = window_of(standard.at)
        return table[:, WINDOWS.index(window), DAY_TYPES.index(day)].reshape(-1, 1, 1)
    days = np.array(standard.day_weights)
    if standard.window is None:
        return np.asarray(table * WINDOW_HOURS[None, :, None] * days[None, None, :])
    chosen = np.zeros(len(WINDOWS))
    chosen[WINDOWS.index(standard.window)] = 1.0
    return np.asarray(table * chosen[None, :, None] * days[None, None, :])


def coverage(
    stations: gpd.GeoDataFrame, demand: Demand, standard: Standard, router: Router | None = None
) -> Coverage:
    """Return who is covered under ``standard``.

    Args:
        stations: canonical station table; those without a location cover nothing.
        demand: the worker-demand table.
        standard: threshold, service and time.
        router: where minutes come from; straight lines x 1.35 without one.
    """
    way = router or StraightLineRouter(standard.mode)
    there = located(stations)
    reach = reach_matrix(demand.cells, there, standard, way)
    found = shares(reach, station_times(there, standard))
    weights = question_weights(demand, standard)
    cells = _cell_table(demand, weights, found)
    street = demand.cells["street_code"].astype(object)
    codes = sorted(street.dropna().unique())
    return Coverage(
        standard=standard,
        travel_basis=way.basis if standard.minutes is not None else "straight_line",
        is_hours=standard.window is None and standard.at is None,
        total=_figures(cells),
        by_street=(
            *((code, _figures(cells[(street == code).to_numpy()])) for code in codes),
            *([(None, _figures(cells[street.isna().to_numpy()]))] if street.isna().any() else []),
        ),
        by_window=() if standard.at else _by_window(demand, standard, found),
        cells=cells,
    )


def _cell_table(demand: Demand, weights: Floats, found: Shares) -> pd.DataFrame:
    def weighed(share: Floats) -> Floats:
        return np.asarray((weights * share).sum(axis=(1, 2)))

    columns = {
        "cell": demand.cells["cell"].to_numpy(),
        "demand": weights.sum(axis=(1, 2)),
        "covered": weighed(found.served),
        "covered_twice": weighed(found.served_twice),
        "covered_if_unknown_open": weighed(found.served_if_unknown_open),
    }
    columns |= {cause: weighed(found.causes[number]) for number, cause in enumerate(CAUSES)}
    return pd.DataFrame(columns)


def _figures(cells: pd.DataFrame) -> Figures:
    demand = float(cells["demand"].sum())

    def share(column: str) -> float | None:
        return float(cells[column].sum()) / demand if demand > 0 else None

    return Figures(
        demand=demand,
        demand_covered=float(cells["covered"].sum()),
        share=share("covered"),
        share_if_unknown_open=share("covered_if_unknown_open"),
        share_covered_twice=share("covered_twice"),
    )


def _by_window(demand: Demand, standard: Standard, found: Shares) -> tuple[tuple[str, str, Figures], ...]:
    """Return plain demand figures of every window, for the day type asked or both."""
    table = demand.table(standard.group)
    lines = []
    for number, window in enumerate(WINDOWS):
        for day_number, day in enumerate(DAY_TYPES):
            if standard.day in (None, day):
                one = np.zeros_like(table)
                one[:, number, day_number] = table[:, number, day_number]
                lines.append((window, day, _figures(_cell_table(demand, one, found))))
    return tuple(lines)
