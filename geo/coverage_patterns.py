"""Which stations serve when, and for which share of each period the cells that reach them are served.

Cells that reach the same set of stations share one *pattern*, quarter-hours at which every station is in the
same state are merged, so the work is (patterns x stations) times (stations x different quarter-hours),
whatever the number of cells. Definitions: contract, "Distance, time, coverage".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geo.amenities import all_available
from geo.time_windows import DAYS_BY_TYPE, QUARTERS_PER_WEEK, WINDOWS, DayType, window_slots
from geo.vocabulary import SERVING_STATUSES

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]
Merged = tuple[csr_array, npt.NDArray[np.int64]]

CAUSES: tuple[str, ...] = ("unknown", "lacks_service", "closed", "nothing_near")
"""Why a (cell, quarter-hour) is unserved: the first that holds."""
WINDOW_CODES: tuple[str, ...] = tuple(WINDOWS)
DAY_TYPES: tuple[DayType, ...] = tuple(DAYS_BY_TYPE)
ABSENT_STATUSES = frozenset({"planned", "retired"})
_CELLS_AT_ONCE = 4096
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
    """Shares of each period's slots, by cell: (cells, windows, day types), at an instant (cells, 1, 1).

    Kept by pattern, (3 + causes, patterns, ...) in the order of ``slot_states``, as cells are many more than
    patterns; served + causes = 1.
    """

    by_pattern: Floats
    of_cell: npt.NDArray[np.int64]

    @property
    def served(self) -> Floats:
        """Served at all."""
        return np.asarray(self.by_pattern[0][self.of_cell])

    @property
    def served_twice(self) -> Floats:
        """Served from two places."""
        return np.asarray(self.by_pattern[1][self.of_cell])

    @property
    def served_if_unknown_open(self) -> Floats:
        """Served if unknown hours were open."""
        return np.asarray(self.by_pattern[2][self.of_cell])

    def cause(self, name: str) -> Floats:
        """Unserved for one of ``CAUSES``."""
        return np.asarray(self.by_pattern[3 + CAUSES.index(name)][self.of_cell])

    def weighed(self, weights: Floats) -> CellSums:
        """Return what the shares come to where each cell's periods weigh ``weights``."""
        sums = np.empty((len(self.by_pattern), len(weights)))
        # as many cells at a time as the processor's cache holds: arrays of all would be made of fresh memory
        for start in range(0, len(weights), _CELLS_AT_ONCE):
            part = slice(start, start + _CELLS_AT_ONCE)
            here, pattern = weights[part], self.of_cell[part]
            for sum_of, share in zip(sums, self.by_pattern, strict=True):
                sum_of[part] = (here * share[pattern]).sum(axis=(1, 2))
        return CellSums(weights.sum(axis=(1, 2)), sums)

    def at(self, rows: npt.NDArray[np.intp]) -> Shares:
        """Return the shares of some cells alone."""
        return Shares(self.by_pattern, self.of_cell[rows])


@dataclass(frozen=True)
class CellSums:
    """Demand by cell, and the parts of it that are served or not, in the order of ``slot_states``."""

    demand: Floats
    parts: Floats

    @property
    def served(self) -> Floats:
        """Served at all."""
        return np.asarray(self.parts[0])

    @property
    def served_twice(self) -> Floats:
        """Served from two places."""
        return np.asarray(self.parts[1])

    @property
    def served_if_unknown_open(self) -> Floats:
        """Served if unknown hours were open."""
        return np.asarray(self.parts[2])

    def cause(self, name: str) -> Floats:
        """Unserved for one of ``CAUSES``."""
        return np.asarray(self.parts[3 + CAUSES.index(name)])


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


def patterns(reach: csr_array) -> Merged:
    """Merge cells that reach the same stations: (pattern x station) ones, and each cell's pattern."""
    matrix = csr_array(reach)
    matrix.sort_indices()
    near = np.diff(matrix.indptr)
    of_cell = np.empty(matrix.shape[0], dtype=np.int64)
    first: list[int] = []
    # cells of equally many stations are rows of one table, the same where their rows are
    for count in np.unique(near):
        rows = np.flatnonzero(near == count)
        table = matrix.indices[matrix.indptr[rows][:, None] + np.arange(count)]
        if count:
            order = np.lexsort(table.T)
            differs = (table[order[1:]] != table[order[:-1]]).any(axis=1)
            starts = np.concatenate(([0], np.flatnonzero(differs) + 1))
            number = np.zeros(len(rows), dtype=np.int64)
            number[order] = np.concatenate(([0], np.cumsum(differs)))
            least = np.minimum.reduceat(order, starts)
        else:
            number, least = np.zeros(len(rows), dtype=np.int64), np.zeros(1, dtype=np.int64)
        of_cell[rows] = len(first) + number
        first += rows[least].tolist()
    chosen = matrix[first] if first else csr_array((0, matrix.shape[1]))
    ones = np.ones(len(chosen.indices), dtype=np.float32)
    return csr_array((ones, chosen.indices, chosen.indptr), shape=chosen.shape), of_cell


def shares(merged: Merged, times: StationTimes) -> Shares:
    """Return each cell's shares for all 14 periods (or at the instant)."""
    pattern, of_cell = merged
    times, in_period, shape = merged_slots(times)
    blocks = [_block_shares(block, times, in_period) for block in _blocks(pattern)]
    by_pattern = np.concatenate(blocks, axis=1)
    return Shares(by_pattern.reshape(*by_pattern.shape[:2], *shape), of_cell)


def served_shares(pattern: csr_array, times: StationTimes) -> Floats:
    """Return the served share alone, of each pattern: (patterns, windows, day types); at an instant 1 x 1."""
    times, in_period, shape = merged_slots(times)
    serving = (times.open & times.available[:, None]).astype(np.float32)
    counts = [(block @ serving > 0).astype(np.float32) @ in_period for block in _blocks(pattern)]
    shared = np.concatenate(counts).astype(np.float64) / in_period.sum(axis=0)
    return np.asarray(shared.reshape(-1, *shape))


def slot_shares(marked: Bools, in_period: npt.NDArray[np.float32] | None = None) -> Floats:
    """Return per row the share of each period's slots that are marked: (rows, windows, day types).

    ``in_period`` is for merged slots (``distinct_slots``); without it they are the week's, or the instant.
    """
    counted = _periods(marked.shape[1])[0] if in_period is None else in_period
    counts = (marked.astype(np.float32) @ counted).astype(np.float64)
    shape = (1, 1) if counted.shape[1] == 1 else (len(WINDOWS), len(DAY_TYPES))
    return np.asarray((counts / counted.sum(axis=0)).reshape(-1, *shape))


def _periods(slots: int) -> tuple[npt.NDArray[np.float32], tuple[int, int]]:
    """Return (slots, periods) of ones and the periods' shape: the week's 14, or the one instant."""
    if slots == QUARTERS_PER_WEEK:
        return period_slots().astype(np.float32), (len(WINDOWS), len(DAY_TYPES))
    return np.ones((1, 1), dtype=np.float32), (1, 1)


def merged_slots(times: StationTimes) -> tuple[StationTimes, npt.NDArray[np.float32], tuple[int, int]]:
    """Merge the slots at which all stations are in the same state; how many of them lie in a period."""
    first, counts = distinct_slots(np.packbits(np.concatenate([times.open, times.maybe]), axis=0))
    shape = _periods(times.open.shape[1])[1]
    return replace(times, open=times.open[:, first], maybe=times.maybe[:, first]), counts, shape


def distinct_slots(states: npt.NDArray[Any]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the first slot of each different column, and how many of its kind lie in each period.

    Opening hours change a few times a day, so a week of 672 quarter-hours has some dozens of different ones.
    Counts stay whole numbers, so every share is the same as slot by slot.
    """
    in_period, _ = _periods(states.shape[1])
    known: dict[bytes, int] = {}
    merged = [known.setdefault(slot.tobytes(), len(known)) for slot in np.ascontiguousarray(states.T)]
    first = np.unique(merged, return_index=True)[1]
    counts = np.zeros((len(first), in_period.shape[1]), dtype=np.float32)
    np.add.at(counts, merged, in_period)
    return first, counts


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
