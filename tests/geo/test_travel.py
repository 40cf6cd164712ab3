"""Travel times: thresholds, the sparse matrix against brute force, decay functions against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.errors import InvalidParameterError
from geo.travel import (
    ExponentialDecay,
    GaussianDecay,
    PowerDecay,
    StepDecay,
    StraightLineRouter,
    TravelMode,
    reach_m,
    travel_minutes,
    within,
)

GEOD = Geod(ellps="WGS84")


def brute_force_minutes(origins, destinations, speed_m_per_s):
    rows = [
        GEOD.inv(*np.broadcast_arrays(lon, lat, *destinations))[2] for lon, lat in zip(*origins, strict=True)
    ]
    return np.array(rows) * 1.35 / speed_m_per_s / 60


def scattered(rng, count, lon, lat, half_width_deg):
    return (
        lon + rng.uniform(-half_width_deg, half_width_deg, count),
        lat + rng.uniform(-half_width_deg, half_width_deg, count),
    )


@pytest.mark.parametrize(
    ("mode", "minutes", "metres"),
    [
        (TravelMode.WALK, 15, 740.0),  # 900 s × 1.11 m/s = 999 m along the street, ÷ 1.35
        (TravelMode.WALK, 5, 740.0 / 3),
        (TravelMode.EBIKE, 15, 2800.0),  # 900 s × 4.2 m/s = 3,780 m, ÷ 1.35
    ],
)
def test_reach_by_hand(mode, minutes, metres):
    assert reach_m(minutes, mode) == pytest.approx(metres, rel=2e-9)
    assert travel_minutes(metres, mode) == pytest.approx(minutes, rel=1e-12)


@given(minutes=st.floats(0.01, 600), mode=st.sampled_from(TravelMode))
def test_a_distance_exactly_at_the_threshold_counts_and_one_a_millimetre_on_does_not(minutes, mode):
    exact = minutes * 60 * mode.speed_m_per_s / 1.35
    assert exact <= reach_m(minutes, mode) < exact + 0.001
    assert within(travel_minutes(exact, mode), minutes)
    assert not within(travel_minutes(exact + 0.001, mode), minutes)


@pytest.mark.parametrize("minutes", [-1, math.nan, math.inf])
def test_reach_refuses_minutes_that_are_none(minutes):
    with pytest.raises(InvalidParameterError, match="minutes"):
        reach_m(minutes, TravelMode.WALK)


def test_an_unknown_mode_names_the_known_ones():
    with pytest.raises(InvalidParameterError, match="walk, ebike"):
        TravelMode("bus")


@pytest.mark.parametrize(("lon", "lat"), [(109.06, 34.27), (0.0, 0.0), (179.999, -60.0), (30.0, 89.99)])
@pytest.mark.parametrize("mode", TravelMode)
def test_matrix_equals_every_pair_measured(lon, lat, mode):
    rng = np.random.default_rng(5)
    origins = scattered(rng, 90, lon, lat, 0.009)
    destinations = scattered(rng, 110, lon, lat, 0.009)
    router = StraightLineRouter(mode)
    matrix = router.minutes_matrix(*origins, *destinations, 12)
    expected = brute_force_minutes(origins, destinations, mode.speed_m_per_s)
    rows, columns = np.nonzero(expected <= 12)
    assert len(rows) > 0
    assert matrix.shape == (90, 110)
    assert matrix.has_canonical_format
    found = matrix.tocoo()
    np.testing.assert_array_equal(found.row, rows)
    np.testing.assert_array_equal(found.col, columns)
    np.testing.assert_allclose(found.data, expected[rows, columns], rtol=1e-12, atol=1e-9)
    assert router.basis == "estimate"


def test_zero_minutes_is_a_stored_entry_and_out_of_reach_is_none():
    matrix = StraightLineRouter().minutes_matrix(
        [109.0, 109.5], [34.3, 34.3], [109.0, 109.0], [34.3, 34.3], 0
    )
    assert matrix.nnz == 2
    assert matrix.data.tolist() == [0.0, 0.0]
    assert matrix.indptr.tolist() == [0, 2, 2]


def test_a_pair_exactly_at_the_threshold_is_in_the_matrix():
    lon, lat, _ = GEOD.fwd(109.06, 34.27, 37.0, 740.0)
    matrix = StraightLineRouter().minutes_matrix([109.06], [34.27], [lon], [lat], 15)
    assert matrix.nnz == 1
    assert StraightLineRouter().minutes_matrix([109.06], [34.27], [lon], [lat], 14.9999).nnz == 0


@pytest.mark.parametrize(("n_origins", "n_destinations"), [(0, 3), (3, 0), (0, 0)])
def test_no_places_give_an_empty_matrix_of_the_right_shape(n_origins, n_destinations):
    matrix = StraightLineRouter().minutes_matrix(
        [109.0] * n_origins, [34.0] * n_origins, [109.0] * n_destinations, [34.0] * n_destinations, 15
    )
    assert matrix.shape == (n_origins, n_destinations)
    assert matrix.nnz == 0


@pytest.mark.parametrize(
    ("lon", "lat", "message"),
    [
        ([109.0, math.nan], [34.0, 34.0], "origin.*at 1"),
        ([math.inf], [34.0], "lon"),
        ([34.0], [109.0], "lat"),
        ([109.0, 109.1], [34.0], "pair up"),
    ],
)
def test_bad_coordinates_are_refused(lon, lat, message):
    with pytest.raises(InvalidParameterError, match=message):
        StraightLineRouter().minutes_matrix(lon, lat, [109.0], [34.0], 15)


@given(minutes=st.lists(st.floats(0, 200), min_size=1, max_size=20))
@settings(max_examples=50)
def test_decays_equal_their_formulas_written_out(minutes):
    times = np.array(minutes)
    gauss = [math.exp(-t * t / (2 * 8**2)) if t <= 30 else 0 for t in minutes]
    exponential = [math.exp(-0.2 * t) if t <= 30 else 0 for t in minutes]
    power = [(max(t, 2) / 10) ** -1.5 if t <= 30 else 0 for t in minutes]
    steps = [1 if t <= 5 else 0.6 if t <= 10 else 0.2 if t <= 30 else 0 for t in minutes]
    np.testing.assert_allclose(GaussianDecay(8, 30)(times), gauss, rtol=1e-12)
    np.testing.assert_allclose(ExponentialDecay(0.2, 30)(times), exponential, rtol=1e-12)
    np.testing.assert_allclose(PowerDecay(1.5, 2, 10, 30)(times), power, rtol=1e-12)
    np.testing.assert_array_equal(StepDecay([(30, 0.2), (5, 1), (10, 0.6)])(times), steps)


@pytest.mark.parametrize("decay", [GaussianDecay(8), ExponentialDecay(0.2), PowerDecay(2)])
def test_without_a_cutoff_weights_fall_for_ever_and_infinite_minutes_weigh_nothing(decay):
    weights = decay(np.array([1.0, 10.0, 100.0, math.inf]))
    assert decay.cutoff_min == math.inf
    assert np.all(np.diff(weights) < 0) or weights[-2] == 0
    assert weights[-1] == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: StepDecay([]),
        lambda: StepDecay([(5, 1), (5, 0.5)]),
        lambda: StepDecay([(-5, 1)]),
        lambda: StepDecay([(5, math.nan)]),
        lambda: StepDecay([(5, -0.1)]),
        lambda: GaussianDecay(0),
        lambda: GaussianDecay(5, cutoff_min=math.nan),
        lambda: ExponentialDecay(-0.1),
        lambda: ExponentialDecay(0.1, cutoff_min=0),
        lambda: PowerDecay(2, floor_min=0),
        lambda: PowerDecay(math.inf),
    ],
)
def test_bad_decay_parameters_are_refused(make):
    with pytest.raises(InvalidParameterError):
        make()
