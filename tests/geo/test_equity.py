"""Equity: figures worked by hand, the mean-difference formula as oracle, the laws of the Gini coefficient."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.equity import gini, lorenz, street_equity
from geo.errors import InvalidParameterError

amounts = st.just(0.0) | st.floats(1e-6, 1e6)
cells = st.lists(st.tuples(amounts, st.integers(0, 50)), min_size=1, max_size=25)


def gini_by_mean_difference(access, demand):
    """Σ_i Σ_j d_i d_j |v_i − v_j| ÷ (2 D² mean): the definition that needs no curve."""
    v, d = np.asarray(access, float), np.asarray(demand, float)
    total, mean = d.sum(), (d * v).sum() / d.sum()
    return float((np.outer(d, d) * np.abs(v[:, None] - v[None, :])).sum() / (2 * total**2 * mean))


def test_lorenz_by_hand():
    # Worst first: 4 workers with 0, 4 with 1, 2 with 3: 0, 4 and 6 of 10 in all.
    curve = lorenz([3.0, 0.0, 1.0], [2.0, 4.0, 4.0])
    np.testing.assert_allclose(curve.share_of_demand, [0, 0.4, 0.8, 1])
    np.testing.assert_allclose(curve.share_of_access, [0, 0, 0.4, 1])


def test_gini_by_hand():
    # Under that curve: 0.4×0/2 + 0.4×0.4/2 + 0.2×1.4/2 = 0.22, so 1 − 2×0.22.
    assert gini([3.0, 0.0, 1.0], [2.0, 4.0, 4.0]) == pytest.approx(0.56)
    # Values 1 to 4: mean difference 1.25, mean 2.5.
    assert gini([4.0, 1.0, 3.0, 2.0]) == pytest.approx(0.25)


@pytest.mark.parametrize("n", [1, 2, 5, 100])
def test_one_has_all(n):
    assert gini([0.0] * (n - 1) + [7.0]) == pytest.approx(1 - 1 / n, abs=1e-12)


@given(cells)
@settings(max_examples=80)
def test_gini_equals_the_mean_difference(rows):
    access, demand = zip(*rows, strict=True)
    assume(sum(v * d for v, d in rows) > 0)
    assert gini(access, demand) == pytest.approx(gini_by_mean_difference(access, demand), abs=1e-9)


@given(cells, st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
@settings(max_examples=80)
def test_scale_of_access_and_of_demand_does_not_matter(rows, factor, people):
    access, demand = np.array(rows, dtype=float).T
    assume(demand.sum() > 0)
    assert gini(access * factor, demand * people) == pytest.approx(gini(access, demand), abs=1e-9)


@given(cells)
@settings(max_examples=80)
def test_whole_demand_equals_as_many_single_workers(rows):
    access, demand = np.array(rows, dtype=float).T
    assume(demand.sum() > 0)
    single = np.repeat(access, demand.astype(int))
    assert gini(access, demand) == pytest.approx(gini(single), abs=1e-9)


@given(st.floats(0, 1e6), st.lists(st.floats(0.1, 100), min_size=1, max_size=20))
@settings(max_examples=50)
def test_equality_is_zero(value, demand):
    assert gini([value] * len(demand), demand) == pytest.approx(0, abs=1e-12)


@given(cells)
@settings(max_examples=50)
def test_lorenz_rises_is_convex_and_lies_under_the_diagonal(rows):
    access, demand = np.array(rows, dtype=float).T
    assume(demand.sum() > 0)
    curve = lorenz(access, demand)
    assert (curve.share_of_demand[0], curve.share_of_access[0]) == (0, 0)
    assert (curve.share_of_demand[-1], curve.share_of_access[-1]) == (1, 1)
    slopes = np.diff(curve.share_of_access) / np.diff(curve.share_of_demand)
    assert np.all(np.diff(slopes) >= -1e-9 * (1 + slopes[1:]))
    assert np.all(curve.share_of_access <= curve.share_of_demand + 1e-12)


def test_no_demand_has_no_gini_and_nothing_for_all_is_equality():
    assert gini([]) is None
    assert gini([1.0, 2.0], [0.0, 0.0]) is None
    assert lorenz([1.0], [0.0]).share_of_demand.size == 0
    assert gini([0.0, 0.0], [1.0, 5.0]) == 0


def test_a_cell_without_demand_takes_no_part():
    assert gini([1.0, 1.0, 999.0], [1.0, 2.0, 0.0]) == 0


@pytest.mark.parametrize(
    ("access", "demand"),
    [
        ([math.nan], [1]),
        ([-1.0], [1]),
        ([1.0], [-1]),
        ([1.0], [math.inf]),
        ([1.0, 2.0], [1.0]),
        ([[1.0]], None),
    ],
)
def test_bad_numbers_are_refused(access, demand):
    with pytest.raises(InvalidParameterError):
        gini(access, demand)


def test_streets_by_hand():
    # North: (10×1 + 30×3) ÷ 40 = 2.5; south: 0; east: 7.5; west has nobody; 9 workers in no street.
    answer = street_equity(
        access=[1.0, 3.0, 0.0, 7.5, 4.0, 100.0],
        demand=[10.0, 30.0, 500.0, 1.0, 0.0, 9.0],
        streets=["north", "north", "south", "east", "west", None],
    )
    assert answer.streets == ("east", "north", "south")
    np.testing.assert_allclose(answer.access, [7.5, 2.5, 0.0])
    np.testing.assert_allclose(answer.demand, [1.0, 40.0, 500.0])
    assert answer.streets_without_demand == ("west",)
    assert answer.demand_outside == 9
    # Three equal voices 0, 2.5, 7.5: curve 0, 0.25, 1; 1 − (0 + 0.25 + 1.25) ÷ 3.
    assert answer.gini == pytest.approx(0.5)
    np.testing.assert_allclose(answer.lorenz.share_of_demand, [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(answer.lorenz.share_of_access, [0, 0, 0.25, 1])


def test_streets_none_at_all():
    answer = street_equity([1.0], [2.0], [None])
    assert (answer.streets, answer.gini, answer.demand_outside) == ((), None, 2.0)
    assert street_equity([], [], []).gini is None


def test_streets_must_pair_up():
    with pytest.raises(InvalidParameterError, match="streets"):
        street_equity([1.0, 2.0], [1.0, 1.0], ["a"])
