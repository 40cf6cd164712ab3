"""Coverage zones: every corner at the distance reached, the area that of the geodesic circle."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.coverage_zones import ZONE_MINUTES, zone_polygon, zones_of
from geo.errors import InvalidParameterError
from geo.stations import Station
from geo.travel import TravelMode

GEOD = Geod(ellps="WGS84")


@given(st.floats(73, 137), st.floats(1, 55), st.sampled_from([(5, 246.667), (10, 493.333), (15, 740.0)]))
def test_corners_lie_at_the_distance_walked(lon: float, lat: float, walked: tuple[int, float]) -> None:
    # minutes x 60 x 1.11 / 1.35: 246.667 m, 493.333 m and 740 m
    minutes, metres = walked
    zone = zone_polygon(lon, lat, minutes, TravelMode.WALK)
    found = [GEOD.inv(lon, lat, *corner)[2] for corner in zone.exterior.coords]
    assert found == pytest.approx([metres] * 65, abs=1e-3)
    assert zone.is_valid
    assert zone.exterior.is_ccw


def test_area_is_that_of_a_64_gon() -> None:
    zone = zone_polygon(109.06, 34.27, 15, TravelMode.EBIKE)
    radius = 15 * 60 * 4.2 / 1.35
    expected = 0.5 * 64 * radius**2 * math.sin(2 * math.pi / 64)
    assert abs(GEOD.geometry_area_perimeter(zone)[0]) == pytest.approx(expected, rel=1e-6)


def test_one_zone_for_each_mode_and_threshold() -> None:
    station = Station.model_validate({"id": "S1", "name": "站", "location": (109.06, 34.27)})
    found = [(zone.mode, zone.minutes) for zone in zones_of(station)]
    assert found == [(mode, minutes) for mode in ("walk", "ebike") for minutes in ZONE_MINUTES]


def test_no_location_no_zone() -> None:
    assert zones_of(Station.model_validate({"id": "S1", "name": "站"})) == []


@pytest.mark.parametrize("minutes", [-1.0, math.nan, math.inf])
def test_bad_minutes_are_refused(minutes: float) -> None:
    with pytest.raises(InvalidParameterError, match="minutes"):
        zone_polygon(109.06, 34.27, minutes, TravelMode.WALK)
