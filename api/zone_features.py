"""Coverage zones as features of the OGC API: the stored polygons, each saying how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely

from api.feature_table import FeatureTable
from geo.coverage_zones import ZONE_MINUTES
from geo.io.notices import is_partly_illustrative
from geo.stations import ILLUSTRATIVE_NOTICE
from geo.store.snapshot import Snapshot
from geo.store.zone import Zone
from geo.travel import TravelMode

BASIS = "estimate"


def zone_table(snapshot: Snapshot, earlier: tuple[Snapshot, FeatureTable] | None = None) -> FeatureTable:
    """Lay out the zones by station, mode and minutes.

    The shapes of an ``earlier`` table are taken over when its snapshot had the same zones.
    """
    known = sorted(station_id for station_id in snapshot.zones if station_id in snapshot.by_id)
    rows = [zone for station_id in known for zone in snapshot.zones[station_id]]

    def value(row: int, name: str) -> Any:
        zone = rows[row]
        station = snapshot.by_id[zone.station_id]
        if name == "stale":
            return zone.stale(station.location)
        return station.status if name == "status" else getattr(zone, name, None)

    def feature(row: int) -> dict[str, Any]:
        zone = rows[row]
        return {
            "type": "Feature",
            "id": zone_id(zone),
            "geometry": shapely.geometry.mapping(zone.polygon),
            "properties": _properties(snapshot, zone),
        }

    if earlier is not None and earlier[0].zones is snapshot.zones:
        return earlier[1].with_properties(feature, value)
    return FeatureTable.build(
        [zone_id(zone) for zone in rows], [zone.polygon for zone in rows], feature, value
    )


def zone_id(zone: Zone) -> str:
    """Return what a zone goes by, such as ``BQ-001-walk-15``."""
    return f"{zone.station_id}-{zone.mode}-{zone.minutes:g}"


def zone_queryables() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON schema of each property zones can be filtered by."""
    return {
        "station_id": {"type": "string"},
        "mode": {"type": "string", "enum": [str(mode) for mode in TravelMode]},
        "minutes": {"type": "number", "description": ", ".join(f"{minutes:g}" for minutes in ZONE_MINUTES)},
        "status": {"type": "string", "description": "status of the station"},
        "stale": {"type": "boolean"},
    }


def zones_state(snapshot: Snapshot) -> dict[str, int]:
    """Return how many located stations lack zones, and how many zones are stale."""
    without = sum(station.id not in snapshot.zones for station in snapshot.located)
    stale = sum(
        zone.stale(snapshot.by_id[station_id].location)
        for station_id, zones in snapshot.zones.items()
        if station_id in snapshot.by_id
        for zone in zones
    )
    return {"stations_without_zones": without, "stale_zones": stale}


def _properties(snapshot: Snapshot, zone: Zone) -> dict[str, Any]:
    station = snapshot.by_id[zone.station_id]
    properties = {
        "station_id": zone.station_id,
        "name": station.name,
        "status": station.status,
        "mode": zone.mode,
        "minutes": zone.minutes,
        "basis": zone.standard.get("basis", BASIS),
        "standard": zone.standard,
        "station_version": zone.station_version,
        "computed_at": zone.computed_at,
        "stale": zone.stale(station.location),
    }
    if is_partly_illustrative(station):
        properties["notice"] = ILLUSTRATIVE_NOTICE
    return properties
