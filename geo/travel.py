"""Travel: modes, straight-line minutes, the Router that fills the matrix of minutes, decay with time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from geo.crs import check_lonlat
from geo.errors import InvalidParameterError
from geo.nearest import StationIndex

FloatArray = NDArray[np.float64]
TravelBasis = Literal["estimate", "network"]

DETOUR_FACTOR = 1.35
"""Metres walked per metre of straight line where no street network is loaded."""

THRESHOLD_SLACK = 1e-10
"""Relative slack of every threshold: 74 nanometres at 740 m. It is larger than the rounding of a geodesic
(about 5 nanometres) and far below any surveyed coordinate, so "exactly at the threshold" always counts."""


class TravelMode(StrEnum):
    """How a worker comes to the station.

    >>> TravelMode("walk").speed_m_per_s
    1.11
    """

    WALK = "walk"
    EBIKE = "ebike"

    @property
    def speed_m_per_s(self) -> float:
        """Speed along the street, metres per second: walk 4 km/h, e-bike 15 km/h door to door."""
        return 1.11 if self is TravelMode.WALK else 4.2

    @classmethod
    def _missing_(cls, value: object) -> TravelMode:
        raise InvalidParameterError("mode", value, f"must be one of {', '.join(cls)}")


@overload
def travel_minutes(distance_m: float, mode: TravelMode) -> float: ...
@overload
def travel_minutes(distance_m: FloatArray, mode: TravelMode) -> FloatArray: ...
def travel_minutes(distance_m: float | FloatArray, mode: TravelMode) -> float | FloatArray:
    """Minutes for a straight-line distance in metres: distance × detour ÷ speed. Scalar or array.

    >>> round(travel_minutes(740.0, TravelMode.WALK), 9)
    15.0
    """
    return distance_m * DETOUR_FACTOR / mode.speed_m_per_s / 60


def reach_m(minutes: float, mode: TravelMode) -> float:
    """Straight-line metres reached in ``minutes``, inclusive: compare by ``distance_m <= reach_m(...)``.

    The answer is longer by `THRESHOLD_SLACK`, so rounding never shuts out a point exactly at the threshold.
    Raises InvalidParameterError when ``minutes`` is negative, infinite or NaN.

    >>> round(reach_m(15, TravelMode.WALK), 3)
    740.0
    >>> reach_m(0, TravelMode.EBIKE)
    0.0
    """
    checked = non_negative("minutes", minutes)
    return checked * 60 * mode.speed_m_per_s / DETOUR_FACTOR * (1 + THRESHOLD_SLACK)


def within(minutes: ArrayLike, threshold_min: float) -> NDArray[np.bool_]:
    """Which minutes lie within the threshold, inclusive (with `THRESHOLD_SLACK`).

    >>> within([14.9, 15.0, 15.1], 15).tolist()
    [True, True, False]
    """
    return np.asarray(np.asarray(minutes, dtype=float) <= threshold_min * (1 + THRESHOLD_SLACK))


def non_negative(name: str, value: float) -> float:
    """``value`` as a float, or InvalidParameterError when it is negative, infinite or NaN."""
    number = float(value)
    if not (math.isfinite(number) and number >= 0):
        raise InvalidParameterError(name, value, "must be a finite number, zero or more")
    return number


def _positive(name: str, value: float) -> float:
    if non_negative(name, value) == 0:
        raise InvalidParameterError(name, value, "must be more than zero")
    return float(value)


def lon_lat_arrays(name: str, lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two equally long float arrays of degrees, or InvalidParameterError naming the first bad position.

    A missing coordinate (NaN) is refused: whoever asks must first set the unlocated stations aside.
    """
    lons, lats = (np.atleast_1d(degrees) for degrees in check_lonlat(lon, lat))
    if lons.ndim != 1 or lons.shape != lats.shape:
        raise InvalidParameterError(name, (lons.shape, lats.shape), "longitudes and latitudes must pair up")
    bad = ~np.isfinite(lons + lats)
    if bad.any():
        at = int(np.argmax(bad))
        raise InvalidParameterError(name, (float(lons[at]), float(lats[at])), f"has no location (at {at})")
    return lons, lats


class Router(Protocol):
    """Whatever can tell the minutes between places: straight lines, or streets where a network is loaded."""

    @property
    def mode(self) -> TravelMode:
        """The mode its minutes are for."""

    @property
    def basis(self) -> TravelBasis:
        """``estimate`` for straight lines, ``network`` for streets; every figure carries it."""

    def minutes_matrix(
        self,
        origin_lon: ArrayLike,
        origin_lat: ArrayLike,
        destination_lon: ArrayLike,
        destination_lat: ArrayLike,
        max_minutes: float,
    ) -> csr_array[Any]:
        """Sparse (origins × destinations) minutes of every pair within ``max_minutes``, inclusive.

        An absent entry is out of reach. Zero minutes is a stored entry: never call ``eliminate_zeros``.
        """


@dataclass(frozen=True)
class StraightLineRouter:
    """Straight-line minutes: geodesic on the WGS-84 ellipsoid × detour ÷ speed, labelled ``estimate``.

    >>> matrix = StraightLineRouter().minutes_matrix([109.0], [34.3], [109.0, 109.1], [34.3, 34.3], 15)
    >>> matrix.shape, matrix.nnz, matrix.data.tolist()
    ((1, 2), 1, [0.0])
    """

    mode: TravelMode = TravelMode.WALK

    @property
    def basis(self) -> TravelBasis:
        """Straight lines are an estimate."""
        return "estimate"

    def minutes_matrix(
        self,
        origin_lon: ArrayLike,
        origin_lat: ArrayLike,
        destination_lon: ArrayLike,
        destination_lat: ArrayLike,
        max_minutes: float,
    ) -> csr_array[Any]:
        """Sparse (origins × destinations) minutes of every pair within ``max_minutes``, inclusive.

        Columns ascend within each row; no origins or no destinations give an empty matrix of that shape.
        Raises InvalidParameterError for a coordinate that is missing or off the Earth, or bad minutes.
        """
        origins = lon_lat_arrays("origin", origin_lon, origin_lat)
        destinations = lon_lat_arrays("destination", destination_lon, destination_lat)
        n_origins, n_destinations = len(origins[0]), len(destinations[0])
        index = StationIndex(*destinations, ids=range(n_destinations))
        pairs = index.pairs_within(*origins, reach_m(max_minutes, self.mode))
        row_starts = np.concatenate(([0], np.cumsum(np.bincount(pairs.point, minlength=n_origins))))
        minutes = travel_minutes(pairs.distance_m, self.mode)
        return csr_array((minutes, pairs.station, row_starts), shape=(n_origins, n_destinations))


class Decay(Protocol):
    """How much a station counts at so many minutes: a weight per minute value, zero past the cut-off."""

    @property
    def cutoff_min(self) -> float:
        """Minutes past which every weight is zero; may be infinite."""

    def __call__(self, minutes: FloatArray, /) -> FloatArray:
        """Weights of an array of minutes, same shape."""


@dataclass(frozen=True)
class StepDecay:
    """Weight by travel-time zone, as in E2SFCA (Luo & Qi 2009, Health & Place 15:1100).

    ``steps`` are (minutes, weight): a time takes the weight of the first step that still holds it, inclusive.
    Raises InvalidParameterError for no steps, a repeated minute, or a number negative or not finite.

    >>> StepDecay([(5, 1.0), (15, 0.5)])(np.array([0.0, 5.0, 5.1, 15.0, 15.1])).tolist()
    [1.0, 1.0, 0.5, 0.5, 0.0]
    """

    steps: Sequence[tuple[float, float]]

    def __post_init__(self) -> None:
        steps = tuple(
            sorted(
                (non_negative("steps", limit), non_negative("steps", weight)) for limit, weight in self.steps
            )
        )
        if not steps:
            raise InvalidParameterError("steps", self.steps, "needs at least one (minutes, weight)")
        if len({limit for limit, _ in steps}) < len(steps):
            raise InvalidParameterError("steps", self.steps, "names the same minutes twice")
        object.__setattr__(self, "steps", steps)

    @property
    def cutoff_min(self) -> float:
        """Minutes of the last step."""
        return self.steps[-1][0]

    def __call__(self, minutes: FloatArray, /) -> FloatArray:
        """Weights of an array of minutes, same shape."""
        weights = np.zeros(np.shape(minutes))
        for limit, weight in reversed(self.steps):
            np.putmask(weights, within(minutes, limit), weight)
        return weights


@dataclass(frozen=True)
class GaussianDecay:
    """exp(−t² ÷ 2σ²), as in the kernel-density form of 2SFCA (Dai 2010, Health & Place 16:1038).

    ``sigma_min`` and ``cutoff_min`` in minutes. Raises InvalidParameterError unless both are above zero.

    >>> GaussianDecay(10)(np.array([0.0, 10.0])).round(6).tolist()
    [1.0, 0.606531]
    """

    sigma_min: float
    cutoff_min: float = math.inf

    def __post_init__(self) -> None:
        _positive("sigma_min", self.sigma_min)
        _check_cutoff(self.cutoff_min)

    def __call__(self, minutes: FloatArray, /) -> FloatArray:
        """Weights of an array of minutes, same shape."""
        return _cut(minutes, self.cutoff_min, lambda t: np.exp(-0.5 * (t / self.sigma_min) ** 2))


@dataclass(frozen=True)
class ExponentialDecay:
    """exp(−β t), Wilson's entropy form (Wilson 1971, Environment and Planning 3:1), β per minute.

    Raises InvalidParameterError unless β and the cut-off are above zero.

    >>> ExponentialDecay(0.1)(np.array([0.0, 10.0])).round(6).tolist()
    [1.0, 0.367879]
    """

    beta_per_min: float
    cutoff_min: float = math.inf

    def __post_init__(self) -> None:
        _positive("beta_per_min", self.beta_per_min)
        _check_cutoff(self.cutoff_min)

    def __call__(self, minutes: FloatArray, /) -> FloatArray:
        """Weights of an array of minutes, same shape."""
        return _cut(minutes, self.cutoff_min, lambda t: np.exp(-self.beta_per_min * t))


@dataclass(frozen=True)
class PowerDecay:
    """(max(t, floor) ÷ scale)^−exponent, Hansen's potential (Hansen 1959, J. Am. Inst. Planners 25:73).

    ``floor_min`` keeps the weight finite at zero minutes: nearer than that counts as that near.
    Raises InvalidParameterError unless every parameter is above zero.

    >>> PowerDecay(2, floor_min=1, scale_min=10)(np.array([0.0, 1.0, 20.0])).tolist()
    [100.0, 100.0, 0.25]
    """

    exponent: float
    floor_min: float = 1.0
    scale_min: float = 1.0
    cutoff_min: float = math.inf

    def __post_init__(self) -> None:
        for name in ("exponent", "floor_min", "scale_min"):
            _positive(name, getattr(self, name))
        _check_cutoff(self.cutoff_min)

    def __call__(self, minutes: FloatArray, /) -> FloatArray:
        """Weights of an array of minutes, same shape."""
        return _cut(
            minutes,
            self.cutoff_min,
            lambda t: (self.scale_min / np.maximum(t, self.floor_min)) ** self.exponent,
        )


def _check_cutoff(cutoff_min: float) -> None:
    if not cutoff_min > 0:
        raise InvalidParameterError("cutoff_min", cutoff_min, "must be above zero (infinity: no cut-off)")


def _cut(minutes: FloatArray, cutoff_min: float, weigh: Callable[[FloatArray], FloatArray]) -> FloatArray:
    return np.where(within(minutes, cutoff_min), weigh(minutes), 0.0)
