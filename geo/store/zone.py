"""A stored coverage zone, and whether it still is what its station would get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import MultiPolygon, Polygon

from geo.coverage_zones import zone_standard
from geo.stations import LonLat
from geo.travel import TravelMode


@dataclass(frozen=True)
class Zone:
    """The area within ``minutes`` of a station by ``mode``, and what it was computed from.

    ``standard`` holds the parameters of the computation; ``center_lon``, ``center_lat`` (WGS-84) and
    ``station_version`` the station as it was then.
    """

    station_id: str
    mode: str
    minutes: float
    polygon: Polygon | MultiPolygon
    standard: Mapping[str, Any]
    center_lon: float
    center_lat: float
    station_version: int
    computed_at: datetime

    def stale(self, location: LonLat | None) -> bool:
        """Return whether a station at ``location`` would get another zone by the standard of today."""
        return not fits(location, self.mode, self.standard, (self.center_lon, self.center_lat))


def fits(
    location: LonLat | None, mode: str, standard: Mapping[str, Any], center: tuple[float, float]
) -> bool:
    """Return whether a zone of that standard and centre is what a station at ``location`` gets today."""
    known = mode in list(TravelMode)
    return known and location == center and standard == zone_standard(TravelMode(mode))
