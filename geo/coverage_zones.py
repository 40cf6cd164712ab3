"""Coverage zones: the area around a station within so many minutes, as a polygon on the ellipsoid.

In a straight line the zone is a geodesic circle. Its polygon has 64 corners lying exactly at the distance
reached (Karney's direct geodesic through ``pyproj.Geod``), so between corners it falls short of the circle by
0.12 % of the radius at most: 0.9 m for a 15-minute walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geo.crs import GEOD
from geo.standard import Standard
from geo.stations import Station
from geo.travel import DETOUR_FACTOR, TravelMode, reach_m

ZONE_MINUTES: tuple[float, ...] = (5.0, 10.0, 15.0)
CORNERS = 64


@dataclass(frozen=True)
class CoverageZone:
    """The zone of one station, mode and threshold. ``standard`` says what it was computed with."""

    station_id: str
    mode: str
    minutes: float
    polygon: shapely.Polygon | shapely.MultiPolygon
    standard: Mapping[str, object]


def zone_standard(mode: TravelMode) -> dict[str, object]:
    """Return the parameters zones are computed with; a stored zone with others is out of date."""
    return {
        "basis": "estimate",
        "detour_factor": DETOUR_FACTOR,
        "speed_m_per_s": mode.speed_m_per_s,
        "corners": CORNERS,
    }


def zone_polygon(
    lon: float, lat: float, minutes: float, mode: TravelMode
) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the geodesic circle around a point (degrees) reached in ``minutes`` by ``mode``.

    Counter-clockwise (RFC 7946). Raises InvalidParameterError for minutes below zero or not finite.

    >>> zone = zone_polygon(109.06, 34.27, 15, TravelMode.WALK)
    >>> [round(GEOD.inv(109.06, 34.27, *corner)[2], 3) for corner in zone.exterior.coords[:2]]
    [740.0, 740.0]
    """
    azimuths = -np.arange(CORNERS) * (360.0 / CORNERS)
    metres = np.full(CORNERS, reach_m(minutes, mode))
    lons, lats, _ = GEOD.fwd(np.full(CORNERS, lon), np.full(CORNERS, lat), azimuths, metres)
    return shapely.Polygon(np.column_stack([lons, lats]))


def zone_within(lon: float, lat: float, standard: Standard) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the geodesic circle around a point (degrees) that a standard's minutes or radius draw.

    >>> from datetime import date
    >>> asked = Standard(week=date(2026, 11, 23), minutes=None, radius_m=1000.0)
    >>> zone = zone_within(109.06, 34.27, asked)
    >>> round(GEOD.inv(109.06, 34.27, *zone.exterior.coords[0])[2], 3)
    1000.0
    """
    if standard.minutes is not None:
        return zone_polygon(lon, lat, standard.minutes, standard.mode)
    minutes = (standard.radius_m or 0.0) * DETOUR_FACTOR / standard.mode.speed_m_per_s / 60
    return zone_polygon(lon, lat, minutes, standard.mode)


def zones_of(station: Station) -> list[CoverageZone]:
    """Return the zones of a located station for both modes and 5, 10, 15 minutes; none without a location."""
    if station.location is None:
        return []
    return [
        CoverageZone(
            station_id=station.id,
            mode=str(mode),
            minutes=minutes,
            polygon=zone_polygon(*station.location, minutes, mode),
            standard=zone_standard(mode),
        )
        for mode in TravelMode
        for minutes in ZONE_MINUTES
    ]
