"""The ground under the finder's map as data: district, street areas and names, for a script to draw."""

from __future__ import annotations

from typing import Any

from geo.areas import Areas, shipped_areas
from geo.bilingual import Lang
from maps.basemap import district_layer, places_layer, shipped_places, streets_layer, tile_layers
from maps.map_credits import credit_lines, rough
from maps.map_texts import map_say


def ground_data(
    lang: Lang = "zh", *, review: str | None = None, basemap: str = "none", areas: Areas | None = None
) -> dict[str, Any]:
    """Return the layers in drawing order, the middle of the district (lon, lat) and the credits.

    ``areas`` defaults to the shipped ones.
    """
    areas = areas or shipped_areas()
    west, south, east, north = areas.district.geometry.bounds
    layers = (
        district_layer(areas),
        streets_layer(areas, title=map_say(lang, f"layer_streets{rough(areas)['streets']}")),
        places_layer(shipped_places(), title=map_say(lang, "layer_places")),
    )
    return {
        "middle": [round((west + east) / 2, 4), round((south + north) / 2, 4)],
        "layers": [layer.data for layer in layers],
        "credit": " · ".join(credit_lines(lang, review, basemap, areas)),
    }


def ground_tiles(basemap: str, tianditu_key: str | None = None) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return the tiles asked for as address and Leaflet's options, the lowest first; none for ``none``.

    Raises:
        ValueError: an unknown base map, or Tianditu without a key.
    """
    return tuple((tile.tiles, dict(tile.options)) for tile in tile_layers(basemap, tianditu_key))
