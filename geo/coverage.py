"""Who is covered, in space x time x service, and why the rest are not.

The whole week is computed at once. Cells that reach the same set of stations share one *pattern*, so the
work is (patterns x stations) times (stations x quarter-hours), whatever the number of cells.
Definitions: contract, "Distance, time, coverage".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from geo.amenities import all_available
from geo.demand import Demand
from geo.errors import InvalidParameterError
from geo.metrics import share_of
from geo.nearest import StationIndex
from geo.opening_hours import OpeningHours
from geo.standard import Standard
from geo.time_windows import (
    DAYS_BY_TYPE,
    QUARTERS_PER_WEEK,
    WINDOWS,
    DayType,
    day_type,
    window_of,
    window_slots,
)
from geo.travel import THRESHOLD_SLACK, Router, StraightLineRouter
from geo.vocabulary import SERVING_STATUSES

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]

CAUSES: tuple[str, ...] = ("unknown", "lacks_service", "closed", "nothing_near")
"""Why a (cell, quarter-hour) is unserved: the first that holds."""
WINDOW_CODES: tuple[str, ...] = tuple(WINDOWS)
DAY_TYPES: tuple[DayType, ...] = tuple(DAYS_BY_TYPE)
WINDOW_HOURS: Floats = np.array([window.hours for window in WINDOWS.values()])
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
class Situation:
    """Everything worked out once for a question: who reaches what, and when.

    Attributes:
        stations: the located stations, in the order of ``reach``'s columns.
        reach: (cells, stations) minutes (or metres) of every pair within the threshold.
        states: (stations, slots) of 1 open, 0 closed, -1 unknown by the hours.
        shares: each cell's shares per period.
        weights: (cells, windows, day types) demand as the question weighs it.
        travel_basis: ``estimate``, ``network``, or ``straight_line`` for a radius.
    """

    standard: Standard
    stations: gpd.GeoDataFrame
    demand: Demand
    reach: csr_array
    states: States
    shares: Shares
    weights: Floats
    travel_basis: str

    @cached_property
    def merged(self) -> tuple[csr_array, npt.NDArray[np.int64]]:
        """The patterns of ``reach`` and each cell's pattern, merged once however often it is asked again."""
        return patterns(self.reach)


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


def station_times(stations: gpd.GeoDataFrame, states: States, amenities: tuple[str, ...]) -> StationTimes:
    """Combine hours, status and what is asked for into what each station is at each slot."""
    offers = [
        all_available(amenities, {**held, **services})
        for held, services in zip(stations["amenities"], stations["services"], strict=True)
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


def period_slots() -> Floats:
    """Return (672 slots, 14 periods) of ones where the slot lies in the period's window and day type.

    Periods run window by window, weekday before weekend. All days of a day type have the same slots, so the
    share of the period's slots is the mean over its days.
    """
    ones = np.zeros((QUARTERS_PER_WEEK, len(WINDOWS) * len(DAY_TYPES)))
    for period, (window, day) in enumerate(product(WINDOW_CODES, DAY_TYPES)):
        ones[window_slots(window, day), period] = 1.0
    return ones


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
    pattern, of_cell = patterns(reach)
    times, in_period, shape = merged_slots(times)
    blocks = [_block_shares(block, times, in_period) for block in _blocks(pattern)]
    per_cell = np.concatenate(blocks, axis=1)[:, of_cell].reshape(3 + len(CAUSES), len(of_cell), *shape)
    return Shares(per_cell[0], per_cell[1], per_cell[2], per_cell[3:])


def served_shares(pattern: csr_array, times: StationTimes) -> Floats:
    """Return the served share alone, of each pattern: (patterns, windows, day types); at an instant 1 x 1."""
    times, in_period, shape = merged_slots(times)
    serving = (times.open & times.available[:, None]).astype(np.float32)
    counts = [(block @ serving > 0).astype(np.float32) @ in_period for block in _blocks(pattern)]
    shared = np.concatenate(counts).astype(np.float64) / in_period.sum(axis=0)
    return np.asarray(shared.reshape(-1, *shape))


def served_with(found: Situation, amenities: tuple[str, ...]) -> Floats:
    """Return each cell's served share were ``amenities`` asked for: (cells, windows, day types)."""
    pattern, of_cell = found.merged
    return np.asarray(served_shares(pattern, station_times(found.stations, found.states, amenities))[of_cell])


def slot_shares(marked: Bools) -> Floats:
    """Return per row the share of each period's slots that are marked: (rows, windows, day types)."""
    in_period, shape = _periods(marked.shape[1])
    counts = (marked.astype(np.float32) @ in_period).astype(np.float64)
    return np.asarray((counts / in_period.sum(axis=0)).reshape(-1, *shape))


def _periods(slots: int) -> tuple[npt.NDArray[np.float32], tuple[int, int]]:
    """Return (slots, periods) of ones and the periods' shape: the week's 14, or the one instant."""
    if slots == QUARTERS_PER_WEEK:
        return period_slots().astype(np.float32), (len(WINDOWS), len(DAY_TYPES))
    return np.ones((1, 1), dtype=np.float32), (1, 1)


def merged_slots(times: StationTimes) -> tuple[StationTimes, npt.NDArray[np.float32], tuple[int, int]]:
    """Merge the quarter-hours at which all stations are in the same state; how many of them lie in a period.

    Opening hours change a few times a day, so a week of 672 has some dozens of different quarter-hours.
    Counts stay whole numbers, so every share is the same as slot by slot.
    """
    in_period, shape = _periods(times.open.shape[1])
    states = np.packbits(np.concatenate([times.open, times.maybe]), axis=0).T
    known: dict[bytes, int] = {}
    merged = [known.setdefault(slot.tobytes(), len(known)) for slot in states]
    first = np.unique(merged, return_index=True)[1]
    counts = np.zeros((len(first), in_period.shape[1]), dtype=np.float32)
    np.add.at(counts, merged, in_period)
    return replace(times, open=times.open[:, first], maybe=times.maybe[:, first]), counts, shape


def _blocks(pattern: csr_array) -> list[csr_array]:
    """Cut the patterns into blocks of a size dense work can hold; one empty block where there are none."""
    starts = range(0, max(pattern.shape[0], 1), _PATTERNS_AT_ONCE)
    return [pattern[start : start + _PATTERNS_AT_ONCE] for start in starts]


def _block_shares(pattern: csr_array, times: StationTimes, in_period: npt.NDArray[np.float32]) -> Floats:
    """Return (3 + causes, patterns, periods): the shares of what ``slot_states`` tells slot by slot."""
    stacked = slot_states(pattern, times).astype(np.float32)
    # whole slots are counted (exact in 32 bits) before they are divided: all of them is exactly 1
    return np.asarray((stacked @ in_period).astype(np.float64) / in_period.sum(axis=0))


def slot_states(pattern: csr_array, times: StationTimes) -> Bools:
    """Return (3 + causes, patterns, slots): served, twice, if unknown hours are open, then the causes.

    ``pattern`` is (patterns, stations) of ones where a station is in reach.
    """

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
    return np.stack([served, twice, if_open, unknown, lacks, closed, nothing])


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
    at = standard.local_at
    if at is not None:
        window, day = window_of(at).code, day_type(at.date())
        return table[:, WINDOW_CODES.index(window), DAY_TYPES.index(day)].reshape(-1, 1, 1)
    days = np.array(standard.day_weights)
    if standard.window is None:
        return np.asarray(table * WINDOW_HOURS[None, :, None] * days[None, None, :])
    chosen = np.zeros(len(WINDOWS))
    chosen[WINDOW_CODES.index(standard.window)] = 1.0
    return np.asarray(table * chosen[None, :, None] * days[None, None, :])


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
    return Situation(
        standard=standard,
        stations=there,
        demand=demand,
        reach=reach,
        states=states,
        shares=shares(reach, station_times(there, states, standard.amenities)),
        weights=question_weights(demand, standard),
        travel_basis=way.basis if standard.minutes is not None else "straight_line",
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
    for name in ("minutes", "radius_m", "mode", "week", "at", "timezone"):
        if getattr(standard, name) != getattr(found.standard, name):
            raise InvalidParameterError(name, getattr(standard, name), "differs from the situation's")
    served = found.shares
    if standard.amenities != found.standard.amenities:
        served = shares(found.reach, station_times(found.stations, found.states, standard.amenities))
    weights = question_weights(found.demand, standard)
    return replace(found, standard=standard, shares=served, weights=weights)


def totals(found: Situation) -> Figures:
    """Return the total line of a situation alone, without the lines by street and window."""
    parts = (found.shares.served, found.shares.served_if_unknown_open, found.shares.served_twice)
    return _ratio_figures(
        float(found.weights.sum()), *(float((found.weights * part).sum()) for part in parts)
    )


def summarise(found: Situation) -> Coverage:
    """Return the figures of a situation: in total, by street, by window, by cell."""
    standard, demand = found.standard, found.demand
    cells = _cell_table(demand, found.weights, found.shares)
    street = demand.cells["street_code"].astype(object)
    codes = sorted(street.dropna().unique())
    return Coverage(
        standard=standard,
        travel_basis=found.travel_basis,
        is_hours=standard.window is None and standard.at is None,
        total=_figures(cells),
        by_street=(
            *((code, _figures(cells[(street == code).to_numpy()])) for code in codes),
            *([(None, _figures(cells[street.isna().to_numpy()]))] if street.isna().any() else []),
        ),
        by_window=window_figures(found),
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
    names = ("demand", "covered", "covered_if_unknown_open", "covered_twice")
    return _ratio_figures(*(float(cells[name].sum()) for name in names))


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
    table = found.demand.table(standard.group)
    need = table.sum(axis=0)
    met, twice, if_open = (
        np.einsum("cwd,cwd->wd", table, share)
        for share in (served.served, served.served_twice, served.served_if_unknown_open)
    )
    return tuple(
        (window, day, _ratio_figures(*(float(part[w, d]) for part in (need, met, if_open, twice))))
        for w, window in enumerate(WINDOW_CODES)
        for d, day in enumerate(DAY_TYPES)
        if standard.day in (None, day)
    )
