"""Accessibility: how much service is there per worker? Floating catchments and gravity, seats as capacity.

Every function has two forms: from a sparse matrix of minutes (demand × stations, absent = out of reach), as
any `geo.travel.Router` makes it; and ``…_points`` from coordinates, by straight lines, all pairs never held.

Meanings that hold for all of them:
- A cell with no station in reach has access 0; so has every cell where there are no stations.
- A station with nobody in its reach (no demand there) has no ratio: it adds 0, never infinity.
- A station with capacity 0 adds 0. Thresholds are inclusive (`geo.travel.within`).
- NaN, negative or infinite demand or capacity, NaN or negative minutes: InvalidParameterError.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array, csr_array, issparse

from geo.accessibility_streaming import Points, catchment_blocks
from geo.errors import InvalidParameterError
from geo.travel import Decay, FloatArray, StepDecay, TravelMode, lon_lat_arrays, non_negative, within

__all__ = [
    "enhanced_two_step_fca",
    "enhanced_two_step_fca_points",
    "floating_catchment",
    "floating_catchment_points",
    "gravity",
    "gravity_points",
    "modified_two_step_fca",
    "modified_two_step_fca_points",
    "seat_capacity",
    "two_step_fca",
    "two_step_fca_points",
]

Steps = Sequence[tuple[float, float]]
LonLatArrays = tuple[ArrayLike, ArrayLike]
"""Longitudes and latitudes, WGS-84 degrees, equally long."""

_BLOCK_PAIRS = 1 << 18  # pairs of one block: 2 MB of weights, so that they stay in the cache
_DECAY_PAIRS = 1 << 15  # of these the decay makes its own arrays: small ones come without fresh memory pages


def seat_capacity(seats: Iterable[object], default: float) -> tuple[FloatArray, int]:
    """Seats as capacity, ``default`` where unknown (None, NaN, pandas' NA), and how many were defaulted.

    Zero seats is known and stays zero. Raises InvalidParameterError for negative or infinite ones.

    >>> capacity, count_defaulted = seat_capacity([12, None, 0], default=8)
    >>> capacity.tolist(), count_defaulted
    ([12.0, 8.0, 0.0], 1)
    """
    known = np.array([_seats_or_nan(seat) for seat in seats], dtype=float)
    unknown = np.isnan(known)
    capacity = np.where(unknown, non_negative("default", default), known)
    return _amounts("seats", capacity, len(capacity)), int(unknown.sum())


def two_step_fca(minutes: Any, demand: ArrayLike, capacity: ArrayLike, threshold_min: float) -> FloatArray:
    """2SFCA: capacity per unit of demand of all stations within the threshold, one value a demand cell.

    R_j = S_j ÷ Σ_k P_k over the cells within reach of station j; A_i = Σ_j R_j over the stations within reach
    of cell i (Luo & Wang 2003, Environment and Planning B 30:865). ``minutes`` sparse (demand × stations).

    >>> two_step_fca(csr_array([[5.0, 0], [10.0, 20.0]]), [100, 300], [40, 10], threshold_min=15)
    array([0.1, 0.1])
    """
    return floating_catchment(minutes, demand, capacity, StepDecay([(threshold_min, 1.0)]))


def enhanced_two_step_fca(minutes: Any, demand: ArrayLike, capacity: ArrayLike, steps: Steps) -> FloatArray:
    """E2SFCA: 2SFCA whose two sums are weighted by travel-time zone (Luo & Qi 2009, Health & Place 15:1100).

    ``steps``: (minutes, weight), e.g. ``[(5, 1), (10, 0.68), (15, 0.22)]``; past the last the weight is 0.
    """
    return floating_catchment(minutes, demand, capacity, StepDecay(steps))


def modified_two_step_fca(minutes: Any, demand: ArrayLike, capacity: ArrayLike, decay: Decay) -> FloatArray:
    """M2SFCA: A_i = Σ_j S_j w_ij² ÷ Σ_k P_k w_kj (Delamater 2013, Health & Place 24:30).

    The second weight counts what distance loses absolutely: far seats are not handed back to whoever is near.
    """
    return floating_catchment(minutes, demand, capacity, decay, absolute=True)


def floating_catchment(
    minutes: Any, demand: ArrayLike, capacity: ArrayLike, decay: Decay, *, absolute: bool = False
) -> FloatArray:
    """2SFCA under any decay: A_i = Σ_j w_ij S_j ÷ Σ_k P_k w_kj; with ``absolute`` w_ij² in the numerator.

    With a continuous decay this is the gravity model with competition (Joseph & Bantock 1982, Soc. Sci. Med.
    16:85) and, with `GaussianDecay`, the Gaussian 2SFCA (Dai 2010).
    """
    pairs = _Pairs.of(minutes, decay)
    people, seats = (
        _amounts("demand", demand, pairs.n_cells),
        _amounts("capacity", capacity, pairs.n_stations),
    )
    ratio = _ratio(seats, pairs.sum_over_cells(people))
    return pairs.sum_over_stations(ratio, squared=absolute)


def gravity(minutes: Any, capacity: ArrayLike, decay: Decay) -> FloatArray:
    """Potential A_i = Σ_j S_j f(t_ij), without competition (Hansen 1959); unit: seats, weighted by nearness.

    ``decay``: `StepDecay`, `GaussianDecay`, `ExponentialDecay` or `PowerDecay` of `geo.travel`.
    """
    pairs = _Pairs.of(minutes, decay)
    return pairs.sum_over_stations(_amounts("capacity", capacity, pairs.n_stations))


def two_step_fca_points(
    demand_at: LonLatArrays,
    demand: ArrayLike,
    station_at: LonLatArrays,
    capacity: ArrayLike,
    threshold_min: float,
    *,
    mode: TravelMode = TravelMode.WALK,
) -> FloatArray:
    """`two_step_fca` from WGS-84 coordinates, by straight-line minutes of ``mode``.

    >>> two_step_fca_points(([109.0, 109.2], [34.3, 34.3]), [10, 10], ([109.0], [34.3]), [5], 15)
    array([0.5, 0. ])
    """
    decay = StepDecay([(threshold_min, 1.0)])
    return floating_catchment_points(demand_at, demand, station_at, capacity, decay, mode=mode)


def enhanced_two_step_fca_points(
    demand_at: LonLatArrays,
    demand: ArrayLike,
    station_at: LonLatArrays,
    capacity: ArrayLike,
    steps: Steps,
    *,
    mode: TravelMode = TravelMode.WALK,
) -> FloatArray:
    """`enhanced_two_step_fca` from WGS-84 coordinates, by straight-line minutes of ``mode``."""
    return floating_catchment_points(demand_at, demand, station_at, capacity, StepDecay(steps), mode=mode)


def modified_two_step_fca_points(
    demand_at: LonLatArrays,
    demand: ArrayLike,
    station_at: LonLatArrays,
    capacity: ArrayLike,
    decay: Decay,
    *,
    mode: TravelMode = TravelMode.WALK,
) -> FloatArray:
    """`modified_two_step_fca` from WGS-84 coordinates, by straight-line minutes of ``mode``."""
    return floating_catchment_points(demand_at, demand, station_at, capacity, decay, mode=mode, absolute=True)


def floating_catchment_points(
    demand_at: LonLatArrays,
    demand: ArrayLike,
    station_at: LonLatArrays,
    capacity: ArrayLike,
    decay: Decay,
    *,
    mode: TravelMode = TravelMode.WALK,
    absolute: bool = False,
) -> FloatArray:
    """`floating_catchment` from WGS-84 coordinates, by straight-line minutes of ``mode``.

    ``decay`` needs a finite ``cutoff_min``, else InvalidParameterError: without one every pair would count.
    """
    cells = Points.from_lon_lat(*lon_lat_arrays("demand_at", *demand_at))
    stations = Points.from_lon_lat(*lon_lat_arrays("station_at", *station_at))
    people = _amounts("demand", demand, len(cells.lon))
    seats = _amounts("capacity", capacity, len(stations.lon))
    access = np.zeros(len(people))
    for block in catchment_blocks(cells, stations, decay, mode):
        ratio = _ratio(seats[block.stations], people[block.cells] @ block.weights)
        access[block.cells] += (block.weights**2 if absolute else block.weights) @ ratio
    return access


def gravity_points(
    demand_at: LonLatArrays,
    station_at: LonLatArrays,
    capacity: ArrayLike,
    decay: Decay,
    *,
    mode: TravelMode = TravelMode.WALK,
) -> FloatArray:
    """`gravity` from WGS-84 coordinates; ``decay`` needs a finite ``cutoff_min``."""
    cells = Points.from_lon_lat(*lon_lat_arrays("demand_at", *demand_at))
    stations = Points.from_lon_lat(*lon_lat_arrays("station_at", *station_at))
    seats = _amounts("capacity", capacity, len(stations.lon))
    access = np.zeros(len(cells.lon))
    for block in catchment_blocks(cells, stations, decay, mode):
        access[block.cells] += block.weights @ seats[block.stations]
    return access


def _seats_or_nan(seat: object) -> float:
    if isinstance(seat, Real):
        return float(seat)
    if isinstance(seat, str):
        raise InvalidParameterError("seats", seat, "must be a number, or None where unknown")
    return math.nan


def _ratio(seats: FloatArray, demand_in_reach: FloatArray) -> FloatArray:
    ratio = np.zeros(len(seats))
    return np.divide(seats, demand_in_reach, out=ratio, where=demand_in_reach > 0)


class _Lines(NamedTuple):
    """Lines of a compressed matrix: the first, the one after the last, and the weight all their pairs have.

    ``flat`` is None where the weights may differ.
    """

    first: int
    last: int
    flat: float | None


@dataclass(frozen=True)
class _Pairs:
    """The minutes of all pairs with their decay: sums of weights, worked out a block of pairs at a time.

    No array of weights is ever held: a block's weights fit the processor's cache and are made anew for each
    sum, which is quicker than writing them to memory and reading them back.

    Attributes:
        minutes: compressed by cells (CSR) or by stations (CSC), each pair once, zero or more.
    """

    minutes: csr_array[Any] | csc_array[Any]
    decay: Decay
    blocks: tuple[_Lines, ...]

    @classmethod
    def of(cls, minutes: Any, decay: Decay) -> _Pairs:
        if not issparse(minutes) or minutes.ndim != 2:
            raise InvalidParameterError(
                "minutes", type(minutes).__name__, "must be a scipy sparse matrix (demand × stations)"
            )
        matrix = minutes if minutes.format in ("csr", "csc") else csr_array(minutes)
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        ends = matrix.indptr
        marks = np.searchsorted(ends, np.arange(_BLOCK_PAIRS, int(ends[-1]), _BLOCK_PAIRS))
        cuts = np.unique([0, *marks, len(ends) - 1]).tolist()
        flat = (_flat_weight(matrix.data[ends[a] : ends[b]], decay) for a, b in pairwise(cuts))
        return cls(
            matrix,
            decay,
            tuple(_Lines(*cut, weight) for cut, weight in zip(pairwise(cuts), flat, strict=True)),
        )

    @property
    def n_cells(self) -> int:
        return int(self.minutes.shape[0])

    @property
    def n_stations(self) -> int:
        return int(self.minutes.shape[1])

    def sum_over_cells(self, amounts: FloatArray) -> FloatArray:
        """Σ_i w_ij × amount_i, for each station j."""
        return self._across(amounts) if self.minutes.format == "csr" else self._along(amounts)

    def sum_over_stations(self, amounts: FloatArray, *, squared: bool = False) -> FloatArray:
        """Σ_j w_ij × amount_j, for each cell i; w_ij² where ``squared``."""
        by_cell = self.minutes.format == "csr"
        return self._along(amounts, squared) if by_cell else self._across(amounts, squared)

    def _along(self, amounts: FloatArray, squared: bool = False) -> FloatArray:
        """Sums along the lines the pairs are stored by: one a line."""
        result, room = np.zeros(len(self.minutes.indptr) - 1), self._room()
        for lines in self.blocks:
            block = csr_array((lines.last - lines.first, len(amounts)))
            result[lines.first : lines.last] = self._fill(block, lines, room, squared) @ amounts
        return result

    def _across(self, amounts: FloatArray, squared: bool = False) -> FloatArray:
        """Sums across these lines: each line's amount goes to all its pairs."""
        result, room = np.zeros(self.minutes.shape[1 if self.minutes.format == "csr" else 0]), self._room()
        for lines in self.blocks:
            block = csc_array((len(result), lines.last - lines.first))
            result += self._fill(block, lines, room, squared) @ amounts[lines.first : lines.last]
        return result

    def _room(self) -> FloatArray:
        """Return room for the weights of the largest block."""
        ends = self.minutes.indptr
        return np.empty(max((int(ends[block.last] - ends[block.first]) for block in self.blocks), default=0))

    def _fill(self, block: Any, lines: _Lines, room: FloatArray, squared: bool) -> Any:
        """Put the weights of some lines into an empty block, their indices as they lie in memory.

        Set by hand: scipy's constructor would read every index once more.
        """
        ends = self.minutes.indptr[lines.first : lines.last + 1]
        minutes = self.minutes.data[ends[0] : ends[-1]]
        weights = room[: len(minutes)]
        if lines.flat is not None:
            weights.fill(lines.flat)
        else:
            for start in range(0, len(minutes), _DECAY_PAIRS):
                part = slice(start, start + _DECAY_PAIRS)
                weights[part] = self.decay(np.asarray(minutes[part], dtype=float))
        if squared:
            weights *= weights
        block.data, block.indices = weights, self.minutes.indices[ends[0] : ends[-1]]
        block.indptr = ends - ends[0]
        return block


def _flat_weight(minutes: NDArray[Any], decay: Decay) -> float | None:
    """Return the weight of all these minutes where a step function's first step holds them, else None."""
    if not len(minutes):
        return None
    if not minutes.min() >= 0:
        raise InvalidParameterError("minutes", float(np.min(minutes)), "must be zero or more, never NaN")
    if not isinstance(decay, StepDecay):
        return None
    limit, weight = decay.steps[0]
    return weight if within(minutes.max(), limit) else None


def _amounts(name: str, amounts: ArrayLike, length: int) -> FloatArray:
    array = np.asarray(amounts, dtype=float)
    if array.shape != (length,):
        raise InvalidParameterError(name, array.shape, f"must be one row of {length} numbers")
    bad: NDArray[np.bool_] = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        at = int(np.argmax(bad))
        raise InvalidParameterError(name, float(array[at]), f"must be finite, zero or more (at {at})")
    return array
