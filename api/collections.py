"""The collections of the OGC API: what each is called, says of itself and can be asked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.analysis_features import demand_queryables, gap_queryables
from api.answers import GEOJSON, JSON, SCHEMA_JSON, link
from api.area_features import area_queryables
from api.feature_table import Box
from api.station_features import station_queryables
from api.zone_features import zone_queryables
from geo.errors import NotFoundError

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True)
class Collection:
    """One collection; ``queryables`` are the JSON schemas of its filter parameters."""

    id: str
    title: str
    description: str
    queryables: Mapping[str, Mapping[str, Any]]


def collections() -> dict[str, Collection]:
    """Return the collections by id, in the order they are listed."""
    stations = Collection(
        "stations",
        "爱心驿站 Care stations",
        "Stations where outdoor workers rest, drink, heat food and charge. Geometry is null where the "
        "location is not known.",
        station_queryables(),
    )
    zones = Collection(
        "coverage-zones",
        "覆盖圈 Coverage zones",
        "The area within 5, 10 and 15 minutes of each located station, on foot and by e-bike, in a straight "
        "line with detour (an estimate). A zone that no longer fits its station says stale.",
        zone_queryables(),
    )
    areas = Collection(
        "areas",
        "灞桥区与街道 District and streets",
        "The district and its street areas. Those shipped are schematic and approximate, no official "
        "boundaries; areas_basis says how these were made.",
        area_queryables(),
    )
    demand = Collection(
        "worker-demand",
        "户外劳动者需求 Worker demand",
        "Demand-hours of a week and by group, and demand by window and day type, in all and by group, on "
        "H3 cells: what coverage is weighted by. Modelled demand is in "
        "weights (需求权重), never people.",
        demand_queryables(),
    )
    gaps = Collection(
        "service-gaps",
        "服务缺口 Service gaps",
        "Areas where most unserved demand-hours of a typical week lie, under a 15-minute walk, with causes "
        "and the first thing to do.",
        gap_queryables(),
    )
    return {one.id: one for one in (stations, zones, areas, demand, gaps)}


def find(known: Mapping[str, Collection], collection_id: str) -> Collection:
    """Return a collection.

    Raises:
        NotFoundError: there is none of that id.
    """
    if collection_id not in known:
        raise NotFoundError(f"collection {collection_id}")
    return known[collection_id]


def describe(collection: Collection, extent: Box | None, base: str) -> dict[str, Any]:
    """Return the collection's description with its links; ``extent`` holds all its features."""
    here = f"{base}/api/collections/{collection.id}"
    entry: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": [
            link(here, "self"),
            link(f"{here}/items", "items", GEOJSON, "Features"),
            link(f"{here}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA_JSON),
            link(f"{base}/api/collections", "parent", JSON),
        ],
    }
    if extent is not None:
        entry["extent"] = {"spatial": {"bbox": [list(extent)], "crs": CRS84}}
    return entry


def queryables_schema(collection: Collection, base: str) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of what the collection can be filtered by."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/api/collections/{collection.id}/queryables",
        "type": "object",
        "title": collection.title,
        "properties": {"geometry": {"format": "geometry-any"}, **collection.queryables},
        "additionalProperties": False,
    }
