"""Equity: how evenly access is spread over the demand and over the streets (Lorenz curve, Gini)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import InvalidParameterError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Lorenz:
    """A Lorenz curve: the ``share_of_access`` that the worst-served ``share_of_demand`` has.

    Two equally long arrays from (0, 0) to (1, 1); empty where there is no demand.
    """

    share_of_demand: FloatArray
    share_of_access: FloatArray


@dataclass(frozen=True)
class StreetEquity:
    """Access by street: one street, one voice.

    ``streets`` in ascending order with their demand and demand-weighted mean ``access``; ``gini`` over those
    means, each street counted once; ``lorenz`` the curve. ``demand_outside`` lies in no named street and
    ``streets_without_demand`` have nobody to serve: both are left out and stated.
    """

    streets: tuple[str, ...]
    demand: FloatArray
    access: FloatArray
    gini: float | None
    lorenz: Lorenz
    demand_outside: float
    streets_without_demand: tuple[str, ...]


def lorenz(access: ArrayLike, demand: ArrayLike | None = None) -> Lorenz:
    """Lorenz curve of ``access`` per unit of demand, one value a cell, weighted by ``demand`` (or 1 each).

    A cell with v access per worker and d workers holds d·v of all access (Lorenz 1905, Publ. Am. Stat. Assoc.
    9:209). Cells without demand take no part. Where all access is zero everybody has the same, nothing: the
    curve is the diagonal. Raises InvalidParameterError for NaN, infinite, negative numbers, unequal lengths.

    >>> curve = lorenz([0.0, 1.0], [3.0, 1.0])
    >>> curve.share_of_demand.tolist(), curve.share_of_access.tolist()
    ([0.0, 0.75, 1.0], [0.0, 0.0, 1.0])
    """
    values, weights = _checked(access, demand)
    if not weights.size:
        return Lorenz(np.zeros(0), np.zeros(0))
    order = np.argsort(values, kind="stable")
    # Scaled to at most 1 first, so that products of huge or tiny numbers neither overflow nor vanish.
    people = weights[order] / weights.max()
    held = people * (values[order] / values.max()) if values.max() > 0 else people
    return Lorenz(_running_share(people), _running_share(held))


def gini(access: ArrayLike, demand: ArrayLike | None = None) -> float | None:
    """Gini coefficient of access per unit of demand: 0 all alike, 1 − 1/n where one of n equal cells has all.

    One minus twice the area under the `lorenz` curve (Gini 1914; the population form, without n/(n−1)).
    The scale of ``access`` and of ``demand`` doesn't matter. None where there is no demand (no cells, or all
    zero): nobody to compare. Zero where all access is zero. Raises InvalidParameterError as `lorenz` does.

    >>> gini([2.0, 2.0, 2.0]), gini([0.0, 0.0, 0.0, 5.0]), gini([])
    (0.0, 0.75, None)
    """
    curve = lorenz(access, demand)
    if not curve.share_of_demand.size:
        return None
    under = np.sum(np.diff(curve.share_of_demand) * (curve.share_of_access[1:] + curve.share_of_access[:-1]))
    return max(0.0, float(1.0 - under))


def street_equity(access: ArrayLike, demand: ArrayLike, streets: Sequence[str | None]) -> StreetEquity:
    """Gini and Lorenz over streets: the demand-weighted mean access of each, every street counted once.

    ``streets`` names the street of each cell; None is outside every street. Raises InvalidParameterError for
    NaN, infinite or negative numbers or unequal lengths.

    >>> answer = street_equity([1.0, 3.0, 2.0], [1.0, 1.0, 5.0], ["a", "a", "b"])
    >>> answer.access.tolist(), answer.gini
    ([2.0, 2.0], 0.0)
    """
    values, weights = _numbers("access", access), _numbers("demand", demand)
    if not len(values) == len(weights) == len(streets):
        raise InvalidParameterError(
            "streets", len(streets), f"{len(values)} access, {len(weights)} demand values"
        )
    named = np.array([street is not None for street in streets], dtype=bool)
    names, index = np.unique(
        np.array([street for street in streets if street is not None], dtype=str), return_inverse=True
    )
    demand_of = np.bincount(index, weights[named], minlength=len(names)).astype(float)
    held_by = np.bincount(index, weights[named] * values[named], minlength=len(names)).astype(float)
    served = demand_of > 0
    means = held_by[served] / demand_of[served]
    return StreetEquity(
        streets=tuple(names[served].tolist()),
        demand=demand_of[served],
        access=means,
        gini=gini(means),
        lorenz=lorenz(means),
        demand_outside=float(weights[~named].sum()),
        streets_without_demand=tuple(names[~served].tolist()),
    )


def _checked(access: ArrayLike, demand: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    values = _numbers("access", access)
    weights = np.ones(len(values)) if demand is None else _numbers("demand", demand)
    if len(values) != len(weights):
        raise InvalidParameterError(
            "demand", len(weights), f"must have one value for each of {len(values)} cells"
        )
    return values[weights > 0], weights[weights > 0]


def _numbers(name: str, numbers: ArrayLike) -> FloatArray:
    array = np.atleast_1d(np.asarray(numbers, dtype=float))
    bad = ~(np.isfinite(array) & (array >= 0))
    if array.ndim != 1 or bad.any():
        at = int(np.argmax(bad)) if bad.any() else 0
        shown = float(array.flat[at]) if array.size else array.shape
        raise InvalidParameterError(
            name, shown, f"must be finite numbers, zero or more, in one row (at {at})"
        )
    return array


def _running_share(amounts: FloatArray) -> FloatArray:
    running = np.concatenate(([0.0], np.cumsum(amounts)))
    return np.asarray(running / running[-1])
