"""Our own ground under every map: land, district, street areas, place names; tiles only when asked for.

Each function returns a FeatureGroup. Colours and line widths follow the cartography rules of the design:
outside, district land, street areas dotted, district line on a white casing, labels with a halo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import folium
import shapely
from shapely.geometry.base import BaseGeometry

from geo.areas import Areas
from geo.data_files import data_path
from geo.geojson import FeatureReader
from maps.folium_local import DataLayer, tile_hosts

LAND, INK, STREET_LINE = "#FBFAF6", "#4A5056", "#8D938F"
_DEGREE_DIGITS = 5  # about 1 m

# Above, tiles, then panes in the order of the design; cells of later layers lie between land and lines.
PANES = {"land": 210, "cells": 250, "streets": 300, "district": 310, "outlines": 330, "labels": 620}

_NEIGHBOURS = (  # where the neighbouring name may stand, well outside the district; no border is drawn
    ("未央区", 108.955, 34.338), ("新城区", 108.980, 34.268), ("雁塔区", 108.975, 34.212),
    ("长安区", 109.030, 34.178), ("高陵区", 109.105, 34.450), ("临潼区", 109.165, 34.372),
    ("蓝田县", 109.205, 34.222),
)  # fmt: skip

# Which names come first when there is not room for all, and the zoom from which they may stand.
_PLACE_RANKS: dict[str, tuple[int, float]] = {
    "rail_station": (1, 0), "expo": (1, 11.5), "stadium": (1, 0), "park": (2, 0), "scenic": (2, 0),
    "hospital": (3, 12.25), "mall": (2, 11), "market": (3, 12), "government": (2, 12.5),
    "college": (3, 12.25), "metro_station": (4, 12.25), "bus_station": (4, 12.5), "museum": (5, 12.5),
    "theatre": (5, 12.5), "exhibition": (5, 12.5), "arena": (6, 13), "bus_depot": (7, 13.5),
    "bus_stop": (8, 14),
}  # fmt: skip
_OTHER_PLACE = (6, 13.0)


def district_layer(areas: Areas) -> DataLayer:
    """Return the district: its land, its line on a white casing, and the names around it."""
    shape = _coordinates(areas.district.geometry)
    features = [_feature(shape, 0, "land"), _feature(shape, 1, "district"), _feature(shape, 2, "district")]
    styles = [
        {"stroke": False, "fill": True, "fillColor": LAND, "fillOpacity": 1},
        {"fill": False, "color": "#FFFFFF", "weight": 4, "opacity": 1},
        {"fill": False, "color": INK, "weight": 1.5, "opacity": 1},
    ]
    outside = [
        {"text": name, "at": [lon, lat], "class": "near", "rank": 0} for name, lon, lat in neighbours(areas)
    ]
    data = {"panes": PANES, "styles": styles, "features": features, "labels": outside}
    return DataLayer("district", "areas", data)


def neighbours(areas: Areas) -> list[tuple[str, float, float]]:
    """Return what lies around the district: name, and where it may stand (lon, lat), outside of it."""
    district = areas.district.geometry.buffer(0)
    return [one for one in _NEIGHBOURS if not district.intersects(shapely.Point(one[1:]))]


def streets_layer(areas: Areas, *, title: str, show: bool = True) -> DataLayer:
    """Return the street areas, dotted because they are approximate, with their names."""
    features = [_feature(_coordinates(street.geometry), 0, "streets") for street in areas.streets]
    style = {"fill": False, "color": STREET_LINE, "weight": 0.9, "opacity": 1, "dashArray": "1 3.2"}
    labels = [
        {
            "text": short_street(street.name),
            "at": _label_point(street.geometry),
            "class": "street",
            "rank": 0,
            "of": n,
        }
        for n, street in enumerate(areas.streets)
    ]
    data = {"panes": PANES, "styles": [style], "features": features, "labels": labels}
    return DataLayer("streets", "areas", data, title=title, show=show)


def places_layer(places: Iterable[Mapping[str, Any]], *, title: str, show: bool = True) -> DataLayer:
    """Return named places (GeoJSON point features) as a dot and a name; names without room stay away."""
    labels: list[dict[str, Any]] = []
    for feature in places:
        kind = feature["properties"]["kind"]
        if feature["geometry"] is None or kind == "subdistrict_seat":
            continue  # a seat's name is the street's, which stands already
        rank, zoom = _PLACE_RANKS.get(kind, _OTHER_PLACE)
        lon, lat = feature["geometry"]["coordinates"][:2]
        name = str(feature["properties"]["name"])
        labels.append({"text": name, "at": _rounded(lon, lat), "class": "place", "rank": rank, "zoom": zoom})
    labels.sort(key=lambda label: (label["rank"], len(label["text"])))
    data = {"panes": PANES, "styles": [], "features": [], "labels": labels}
    return DataLayer("places", "areas", data, title=title, show=show)


def tile_layers(basemap: str, tianditu_key: str | None = None) -> list[folium.TileLayer]:
    """Return the tiles asked for: none, OpenStreetMap, or Tianditu's map and labels (CGCS2000, no shift).

    Raises:
        ValueError: an unknown base map, or Tianditu without a key.
    """
    if not tile_hosts(basemap):
        return []
    if basemap == "osm":
        address = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
        return [folium.TileLayer(address, attr="OpenStreetMap", name="osm", max_zoom=19)]
    if not tianditu_key:
        raise ValueError("basemap='tianditu': needs a key")
    address = (
        "https://t{{s}}.tianditu.gov.cn/{set}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={set}"
    )
    address += "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk="
    return [
        folium.TileLayer(
            address.format(set=name) + tianditu_key,
            attr="Tianditu",
            name=f"tianditu_{name}",
            subdomains="01234567",
            max_zoom=18,
            overlay=name == "cva",
        )
        for name in ("vec", "cva")
    ]


@lru_cache(maxsize=1)
def shipped_places() -> tuple[Mapping[str, Any], ...]:
    """Return the named places shipped with the product, as GeoJSON features."""
    return tuple(feature for _, feature in FeatureReader(data_path("places.geojson")))


def short_street(name: str) -> str:
    """Return a street's name as it stands on a map.

    >>> short_street("纺织城街道"), short_street("街道")
    ('纺织城', '街道')
    """
    for ending in ("街道办事处", "街道"):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name


def _feature(coordinates: dict[str, Any], style: int, pane: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"style": style, "pane": pane}, "geometry": coordinates}


def _coordinates(geometry: BaseGeometry) -> dict[str, Any]:
    # Rounding only: snapping to a grid could make a valid ring invalid, drawing doesn't mind either way.
    return _rounded_geometry(shapely.geometry.mapping(geometry))


def _rounded_geometry(mapping: Mapping[str, Any]) -> dict[str, Any]:
    def rounded(part: Any) -> Any:
        if isinstance(part[0], float | int):
            return _rounded(part[0], part[1])
        return [rounded(inner) for inner in part]

    return {"type": mapping["type"], "coordinates": rounded(mapping["coordinates"])}


def _rounded(lon: float, lat: float) -> list[float]:
    return [round(float(lon), _DEGREE_DIGITS), round(float(lat), _DEGREE_DIGITS)]


def _label_point(geometry: BaseGeometry) -> list[float]:
    """Return the middle of the largest circle inside the area: where its name has most room."""
    middle = shapely.get_point(shapely.maximum_inscribed_circle(geometry, tolerance=1e-4), 0)
    return _rounded(middle.x, middle.y)
