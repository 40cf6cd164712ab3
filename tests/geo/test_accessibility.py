"""Accessibility: a toy city by hand, loops written out, PySAL access as independent oracle, and laws."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from access import Access, weights
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import coo_array, csc_matrix, csr_array, csr_matrix

from geo.accessibility import (
    enhanced_two_step_fca,
    enhanced_two_step_fca_points,
    floating_catchment,
    floating_catchment_points,
    gravity,
    gravity_points,
    modified_two_step_fca,
    modified_two_step_fca_points,
    seat_capacity,
    two_step_fca,
    two_step_fca_points,
)
from geo.errors import InvalidParameterError
from geo.travel import ExponentialDecay, GaussianDecay, PowerDecay, StepDecay, StraightLineRouter, TravelMode

STEPS = [(5, 1.0), (10, 0.68), (15, 0.22)]
DECAYS = {
    "step": (StepDecay(STEPS), weights.step_fn(dict(STEPS))),
    "gaussian": (GaussianDecay(6.0, 15), weights.gaussian(6.0)),
    "exponential": (ExponentialDecay(0.15, 15), lambda t: math.exp(-0.15 * t)),
    "power": (PowerDecay(1.5, 0.5, 3.0, 15), weights.gravity(3.0, -1.5, 0.5)),
}
any_decay = pytest.mark.parametrize("name", DECAYS)


def sparse_minutes(dense):
    """CSR with an entry wherever the dense table is finite, zeros included."""
    rows, columns = np.nonzero(np.isfinite(dense))
    return csr_array(coo_array((np.asarray(dense)[rows, columns], (rows, columns)), shape=np.shape(dense)))


@pytest.fixture(scope="module")
def city():
    """3,000 cells and 400 stations over 12 km, minutes within 15 of each other by Geod on every pair."""
    rng = np.random.default_rng(11)
    cells = (109.06 + rng.normal(0, 0.05, 3000), 34.27 + rng.normal(0, 0.04, 3000))
    stations = (109.06 + rng.normal(0, 0.04, 400), 34.27 + rng.normal(0, 0.03, 400))
    cells[0][:20], cells[1][:20] = stations[0][:20], stations[1][:20]  # some at a station's very door
    demand = rng.gamma(2, 5, 3000).round(3)
    capacity = rng.integers(0, 40, 400).astype(float)
    grid = np.meshgrid(np.arange(3000), np.arange(400), indexing="ij")
    i, j = (index.ravel() for index in grid)
    metres = Geod(ellps="WGS84").inv(cells[0][i], cells[1][i], stations[0][j], stations[1][j])[2]
    minutes = (metres * 1.35 / 1.11 / 60).reshape(3000, 400)
    return cells, stations, demand, capacity, np.where(minutes <= 15, minutes, np.inf)


def pysal(dense, demand, capacity):
    """The same city in PySAL's tables."""
    rows, columns = np.nonzero(np.isfinite(dense))
    return Access(
        demand_df=pd.DataFrame({"demand": demand}, index=pd.RangeIndex(len(demand), name="geoid")),
        demand_value="demand",
        supply_df=pd.DataFrame({"seats": capacity}, index=pd.RangeIndex(len(capacity), name="geoid")),
        supply_value="seats",
        cost_df=pd.DataFrame({"origin": rows, "dest": columns, "cost": dense[rows, columns]}),
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )


def agree(ours, theirs):
    """Equal to 1e-9 relative; PySAL leaves a cell out of reach empty, here it is 0."""
    expected = theirs.iloc[:, 0].reindex(range(len(ours)))
    assert expected.notna().sum() > 2000
    assert expected.isna().sum() > 0
    np.testing.assert_allclose(ours, expected.fillna(0), rtol=1e-9, atol=0)


# --- by hand --------------------------------------------------------------------------------------------

# Cells a (100 workers), b (300), c (50, far away); stations X (40 seats), Y (10 seats).
TOY = sparse_minutes([[0.0, math.inf], [10.0, 14.0], [math.inf, math.inf]])
WORKERS, SEATS = [100, 300, 50], [40, 10]


def test_two_step_by_hand():
    # X: 40/(100+300) = 0.1; Y: 10/300. Cell a reaches X at zero minutes: a stored zero counts.
    np.testing.assert_allclose(two_step_fca(TOY, WORKERS, SEATS, 15), [0.1, 0.1 + 1 / 30, 0], rtol=1e-12)
    # Within 10 minutes (inclusive) X alone is left; within 9 X has only cell a.
    np.testing.assert_allclose(two_step_fca(TOY, WORKERS, SEATS, 10), [0.1, 0.1, 0], rtol=1e-12)
    np.testing.assert_allclose(two_step_fca(TOY, WORKERS, SEATS, 9), [0.4, 0, 0], rtol=1e-12)


def test_enhanced_by_hand():
    # Weights a-X 1, b-X 0.68, b-Y 0.22: X 40/(100 + 204), Y 10/66.
    expected = [40 / 304, 0.68 * 40 / 304 + 0.22 * 10 / 66, 0]
    np.testing.assert_allclose(enhanced_two_step_fca(TOY, WORKERS, SEATS, STEPS), expected, rtol=1e-12)


def test_modified_by_hand():
    expected = [40 / 304, 0.68**2 * 40 / 304 + 0.22**2 * 10 / 66, 0]
    np.testing.assert_allclose(
        modified_two_step_fca(TOY, WORKERS, SEATS, StepDecay(STEPS)), expected, rtol=1e-12
    )


def test_gravity_by_hand():
    halving = ExponentialDecay(math.log(2) / 2)  # halves every two minutes
    np.testing.assert_allclose(gravity(TOY, SEATS, halving), [40, 40 / 32 + 10 / 128, 0], rtol=1e-12)


def test_seats_known_unknown_and_none():
    capacity, defaulted = seat_capacity([12, None, 0, math.nan, pd.NA, np.int64(3)], default=6)
    assert capacity.tolist() == [12, 6, 0, 6, 6, 3]
    assert defaulted == 3
    capacity, defaulted = seat_capacity(pd.Series([None, 4], dtype="Int64"), default=0)
    assert (capacity.tolist(), defaulted) == ([0, 4], 1)
    assert seat_capacity([], default=6)[0].shape == (0,)


@pytest.mark.parametrize(
    ("seats", "default"), [([-1], 6), ([math.inf], 6), (["12"], 6), ([1], -6), ([1], math.nan)]
)
def test_bad_seats_are_refused(seats, default):
    with pytest.raises(InvalidParameterError, match=r"seats|default"):
        seat_capacity(seats, default)


# --- stated meanings ------------------------------------------------------------------------------------


def test_nobody_in_reach_gives_no_ratio_never_infinity():
    minutes = sparse_minutes([[1.0, math.inf], [math.inf, 1.0]])
    np.testing.assert_array_equal(two_step_fca(minutes, [0, 10], [5, 5], 15), [0, 0.5])
    np.testing.assert_array_equal(two_step_fca(minutes, [0, 0], [5, 5], 15), [0, 0])


def test_a_station_without_capacity_adds_nothing():
    minutes = sparse_minutes([[1.0, 1.0]])
    np.testing.assert_array_equal(two_step_fca(minutes, [10], [0, 5], 15), [0.5])


@pytest.mark.parametrize(("n_cells", "n_stations"), [(0, 0), (0, 2), (2, 0)])
def test_no_cells_or_no_stations(n_cells, n_stations):
    demand, capacity = np.ones(n_cells), np.ones(n_stations)
    at = (
        (np.full(n_cells, 109.0), np.full(n_cells, 34.0)),
        (np.full(n_stations, 109.0), np.full(n_stations, 34.0)),
    )
    empty = csr_array((n_cells, n_stations))
    for access in (
        two_step_fca(empty, demand, capacity, 15),
        gravity(empty, capacity, GaussianDecay(5)),
        two_step_fca_points(at[0], demand, at[1], capacity, 15),
        gravity_points(*at, capacity, GaussianDecay(5, 15)),
    ):
        np.testing.assert_array_equal(access, np.zeros(n_cells))


@pytest.mark.parametrize("form", [csr_array, csr_matrix, csc_matrix, coo_array])
def test_every_sparse_form_means_the_same(form):
    np.testing.assert_array_equal(
        enhanced_two_step_fca(form(TOY), WORKERS, SEATS, STEPS),
        enhanced_two_step_fca(TOY, WORKERS, SEATS, STEPS),
    )


def test_arguments_are_left_as_they_were():
    # Columns out of order: put right in a copy.
    minutes = csr_array((np.array([14.0, 10.0]), np.array([1, 0]), np.array([0, 0, 2, 2])), shape=(3, 2))
    before = minutes.indices.copy()
    np.testing.assert_allclose(two_step_fca(minutes, WORKERS, SEATS, 15), [0, 40 / 300 + 10 / 300, 0])
    np.testing.assert_array_equal(minutes.indices, before)


BAD_AMOUNTS = [[math.nan, 1], [-1, 1], [math.inf, 1], [1], [1, 1, 1], [[1, 1]]]


@pytest.mark.parametrize("bad", BAD_AMOUNTS)
def test_bad_demand_and_capacity_are_refused_and_named(bad):
    minutes = sparse_minutes([[1.0, 2.0], [3.0, 4.0]])
    at = ([109.0, 109.0], [34.0, 34.0])
    with pytest.raises(InvalidParameterError, match="demand"):
        two_step_fca(minutes, bad, [1, 1], 15)
    with pytest.raises(InvalidParameterError, match="capacity"):
        two_step_fca(minutes, [1, 1], bad, 15)
    with pytest.raises(InvalidParameterError, match="demand"):
        two_step_fca_points(at, bad, at, [1, 1], 15)
    with pytest.raises(InvalidParameterError, match="capacity"):
        gravity_points(at, at, bad, GaussianDecay(5, 15))


@pytest.mark.parametrize("bad", [math.nan, -0.5])
def test_bad_minutes_are_refused(bad):
    with pytest.raises(InvalidParameterError, match="minutes"):
        two_step_fca(sparse_minutes(np.array([[1.0, 2.0]])) * bad, [1], [1, 1], 15)
    with pytest.raises(InvalidParameterError):
        two_step_fca(TOY, WORKERS, SEATS, bad)


def test_a_dense_table_is_refused_because_its_zeros_are_ambiguous():
    with pytest.raises(InvalidParameterError, match="sparse"):
        two_step_fca(np.ones((1, 2)), [1], [1, 1], 15)


def test_points_need_a_cutoff_and_a_location():
    at = ([109.0], [34.0])
    with pytest.raises(InvalidParameterError, match="cutoff"):
        gravity_points(at, at, [1], GaussianDecay(5))
    with pytest.raises(InvalidParameterError, match="station_at"):
        two_step_fca_points(at, [1], ([math.nan], [34.0]), [1], 15)


# --- against PySAL access -------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [5, 15])
def test_two_step_agrees_with_pysal(city, threshold):
    cells, stations, demand, capacity, dense = city
    expected = pysal(dense, demand, capacity).two_stage_fca(max_cost=threshold)
    minutes = sparse_minutes(dense)
    filled = expected.iloc[:, 0].reindex(range(len(demand))).fillna(0)
    for ours in (
        two_step_fca(minutes, demand, capacity, threshold),
        two_step_fca_points(cells, demand, stations, capacity, threshold),
    ):
        assert np.count_nonzero(ours) > 500
        np.testing.assert_allclose(ours, filled, rtol=1e-9, atol=0)


def test_enhanced_agrees_with_pysal(city):
    cells, stations, demand, capacity, dense = city
    expected = pysal(dense, demand, capacity).enhanced_two_stage_fca(weight_fn=weights.step_fn(dict(STEPS)))
    agree(enhanced_two_step_fca(sparse_minutes(dense), demand, capacity, STEPS), expected)
    agree(enhanced_two_step_fca_points(cells, demand, stations, capacity, STEPS), expected)


@any_decay
def test_catchments_under_any_decay_agree_with_pysal(city, name):
    cells, stations, demand, capacity, dense = city
    decay, weight_fn = DECAYS[name]
    expected = pysal(dense, demand, capacity).two_stage_fca(weight_fn=weight_fn)
    agree(floating_catchment(sparse_minutes(dense), demand, capacity, decay), expected)
    agree(floating_catchment_points(cells, demand, stations, capacity, decay), expected)


@any_decay
def test_gravity_agrees_with_pysal(city, name):
    cells, stations, demand, capacity, dense = city
    decay, weight_fn = DECAYS[name]
    expected = pysal(dense, demand, capacity).weighted_catchment(weight_fn=weight_fn)
    agree(gravity(sparse_minutes(dense), capacity, decay), expected)
    agree(gravity_points(cells, stations, capacity, decay), expected)


# --- against the formula written out --------------------------------------------------------------------


@any_decay
def test_modified_equals_the_double_sum(city, name):
    cells, stations, demand, capacity, dense = city
    decay, weight_fn = DECAYS[name]
    weight = np.array([weight_fn(t) if t <= 15 else 0.0 for t in dense.ravel()]).reshape(dense.shape)
    reached = demand @ weight
    expected = (weight**2 * np.where(reached > 0, capacity / np.where(reached > 0, reached, 1), 0)).sum(
        axis=1
    )
    ours = modified_two_step_fca(sparse_minutes(dense), demand, capacity, decay)
    streamed = modified_two_step_fca_points(cells, demand, stations, capacity, decay)
    np.testing.assert_allclose(ours, expected, rtol=1e-9)
    np.testing.assert_allclose(streamed, expected, rtol=1e-9)


small_city = st.tuples(st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        st.lists(
            st.sampled_from([0.0, 4.0, 5.0, 10.0, 14.5, 15.0, 15.1, math.inf]),
            min_size=shape[0] * shape[1],
            max_size=shape[0] * shape[1],
        ).map(lambda values: np.array(values).reshape(shape)),
        st.lists(st.integers(0, 9), min_size=shape[0], max_size=shape[0]),
        st.lists(st.integers(0, 9), min_size=shape[1], max_size=shape[1]),
    )
)


@given(small_city)
@settings(max_examples=100)
def test_two_step_equals_plain_loops_and_hands_out_every_seat_in_reach(case):
    dense, demand, capacity = case
    cells, stations = range(len(demand)), range(len(capacity))
    expected = np.zeros(len(demand))
    handed_out = 0.0
    for j in stations:
        served = [k for k in cells if dense[k, j] <= 15]
        people = sum(demand[k] for k in served)
        if people:
            handed_out += capacity[j]
            for k in served:
                expected[k] += capacity[j] / people
    ours = two_step_fca(sparse_minutes(dense), demand, capacity, 15)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    assert float(ours @ np.array(demand)) == pytest.approx(handed_out)


@given(small_city, st.integers(1, 50))
@settings(max_examples=60)
def test_one_more_seat_never_lowers_anyone(case, more):
    dense, demand, capacity = case
    minutes = sparse_minutes(dense)
    richer = [capacity[0] + more, *capacity[1:]]
    for measure in (
        lambda seats: enhanced_two_step_fca(minutes, demand, seats, STEPS),
        lambda seats: modified_two_step_fca(minutes, demand, seats, StepDecay(STEPS)),
        lambda seats: gravity(minutes, seats, GaussianDecay(6)),
    ):
        assert np.all(measure(richer) >= measure(capacity))


# --- streaming equals the matrix ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", TravelMode)
@pytest.mark.parametrize(
    ("lon", "lat", "half_width"),
    [(109.06, 34.27, 0.05), (179.99, -17.0, 0.05), (10.0, 89.97, 0.05), (0.0, 0.0, 1.5)],
)
def test_points_equal_the_matrix_anywhere(mode, lon, lat, half_width):
    rng = np.random.default_rng(3)
    reach = np.array([half_width, min(half_width, 0.02)])
    cells = tuple(np.array([lon, lat])[:, None] + reach[:, None] * rng.uniform(-1, 1, (2, 400)))
    stations = tuple(np.array([lon, lat])[:, None] + reach[:, None] * rng.uniform(-1, 1, (2, 300)))
    demand, capacity = rng.random(400), rng.random(300)
    minutes = StraightLineRouter(mode).minutes_matrix(*cells, *stations, 15)
    assert minutes.nnz > 50
    for decay, _ in DECAYS.values():
        np.testing.assert_allclose(
            floating_catchment_points(cells, demand, stations, capacity, decay, mode=mode),
            floating_catchment(minutes, demand, capacity, decay),
            rtol=1e-9,
            atol=0,
        )


@pytest.mark.parametrize("decay", [StepDecay([(30, 1.0), (90, 0.4)]), GaussianDecay(30, 90)])
def test_points_are_exact_at_long_range_too(decay):
    rng = np.random.default_rng(4)
    cells = 108 + rng.random(300), 34 + rng.random(300)
    stations = 108 + rng.random(200), 34 + rng.random(200)
    demand, capacity = rng.random(300), rng.random(200)
    minutes = StraightLineRouter(TravelMode.EBIKE).minutes_matrix(*cells, *stations, 90)
    np.testing.assert_allclose(
        floating_catchment_points(cells, demand, stations, capacity, decay, mode=TravelMode.EBIKE),
        floating_catchment(minutes, demand, capacity, decay),
        rtol=1e-9,
    )


@pytest.mark.parametrize("mode", TravelMode)
@pytest.mark.parametrize("minutes", [1, 5, 15, 30])
def test_points_exactly_at_the_threshold_count_in_every_direction(mode, minutes):
    metres = minutes * 60 * mode.speed_m_per_s / 1.35
    azimuths = np.arange(0.0, 360.0, 15.0)
    start = np.full_like(azimuths, 109.06), np.full_like(azimuths, 34.27)
    geod = Geod(ellps="WGS84")
    for factor, expected in ((1.0, 1.0), (1 + 1e-9, 0.0)):
        lon, lat, _ = geod.fwd(*start, azimuths, np.full_like(azimuths, metres * factor))
        access = gravity_points((lon, lat), ([109.06], [34.27]), [1], StepDecay([(minutes, 1.0)]), mode=mode)
        np.testing.assert_array_equal(access, expected)


def test_a_crowd_at_one_spot_is_cut_into_blocks():
    # 5,000 stations at one point cannot be split by place: 200 cells × 5,000 must go through in parts.
    spot = np.full(5000, 109.0), np.full(5000, 34.0)
    cells = np.full(200, 109.001), np.full(200, 34.0)
    access = two_step_fca_points(cells, np.full(200, 2.0), spot, np.full(5000, 4.0), 15)
    np.testing.assert_allclose(access, 5000 * 4 / 400, rtol=1e-12)


# --- blocks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 18])
@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_any_size_of_block_and_any_form_gives_the_sums_written_out(monkeypatch, block, form):
    monkeypatch.setattr("geo.accessibility._BLOCK_PAIRS", block)
    monkeypatch.setattr("geo.accessibility._DECAY_PAIRS", 5)
    rng = np.random.default_rng(block)
    dense = np.where(rng.random((23, 17)) < 0.4, rng.integers(0, 31, (23, 17)).astype(float), np.inf)
    dense[4], dense[:, 9] = np.inf, np.inf  # a cell and a station nobody reaches
    dense[10:14] = np.where(np.isfinite(dense[10:14]), 3.0, np.inf)  # blocks within the first step alone
    minutes = sparse_minutes(dense).asformat(form)
    people, seats = rng.random(23), rng.random(17)
    for decay in (StepDecay([(15, 0.7)]), StepDecay(STEPS), GaussianDecay(6.0, 15), StepDecay([(40, 1.0)])):
        weight = np.array([[decay(np.array([t]))[0] if np.isfinite(t) else 0 for t in row] for row in dense])
        reached = [sum(weight[i, j] * people[i] for i in range(23)) for j in range(17)]
        ratio = [seats[j] / reached[j] if reached[j] else 0 for j in range(17)]
        for power, absolute in ((1, False), (2, True)):
            expected = [sum(weight[i, j] ** power * ratio[j] for j in range(17)) for i in range(23)]
            access = floating_catchment(minutes, people, seats, decay, absolute=absolute)
            np.testing.assert_allclose(access, expected, rtol=1e-12)
        potential = [sum(weight[i, j] * seats[j] for j in range(17)) for i in range(23)]
        np.testing.assert_allclose(gravity(minutes, seats, decay), potential, rtol=1e-12)


def test_a_bad_minute_is_refused_in_whichever_block_it_lies(monkeypatch):
    monkeypatch.setattr("geo.accessibility._BLOCK_PAIRS", 2)
    for bad in (-1.0, math.nan):
        minutes = csr_array([[1.0, 2.0], [3.0, 4.0], [5.0, bad]])
        with pytest.raises(InvalidParameterError, match="minutes"):
            two_step_fca(minutes, [1, 1, 1], [1, 1], 15)
