"""The worker's map ``/map``: door plates on our own ground, and the same stations as a list under it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from geo.areas import Areas, shipped_areas
from geo.bilingual import Lang
from geo.stations import Station
from maps.basemap import district_layer, places_layer, shipped_places, streets_layer, tile_layers
from maps.finder_filters import Filters
from maps.folium_local import LocalMap, MapPage, finish
from maps.legend import LegendBlock, LegendRow, layer_ticks
from maps.map_credits import rough
from maps.map_layers_stations import stations_layer, stations_legend, stations_now
from maps.map_texts import map_say
from maps.page import PageView, render
from maps.planner_map import map_context
from maps.texts import say

SCRIPTS = ("map.js", "map_labels.js", "map_worker.js")


def render_worker_map(
    stations: Sequence[Station],
    now: datetime,
    view: PageView | None = None,
    *,
    lang: Lang = "zh",
    areas: Areas | None = None,
    filters: Filters | None = None,
    basemap: str = "none",
    tianditu_key: str | None = None,
) -> MapPage:
    """Return the worker's map at ``now`` (aware) with the policy to serve it with.

    It shows what the list shows for the same ``filters``, at the time they name.

    Raises:
        ValueError: an unknown base map, or Tianditu without a key.
        RemoteAddressError: the page would name another host.
    """
    view = view or PageView()
    areas = areas or shipped_areas()
    filters = filters or Filters()
    instant = filters.instant(now, view)
    at = stations_now([one for one in stations if filters.match(one, instant, view)], instant, view, lang)
    west, south, east, north = areas.district.geometry.bounds
    chart = LocalMap(((west + east) / 2, (south + north) / 2), zoom_snap=0.25, min_zoom=9, max_zoom=18)
    for tile in tile_layers(basemap, tianditu_key):
        tile.add_to(chart)
    for layer in (
        district_layer(areas),
        streets_layer(areas, title=map_say(lang, f"layer_streets{rough(areas)['streets']}")),
        places_layer(shipped_places(), title=map_say(lang, "layer_places")),
        stations_layer(at, title=map_say(lang, "layer_stations"), style="sign"),
    ):
        layer.add_to(chart)
    parts = chart.parts()
    plates = stations_legend(at, lang)
    rows = tuple(
        LegendRow(row.symbol.replace("state-", "plate-"), row.words, row.count) for row in plates.rows
    )
    context = {
        **map_context(parts, at, now, view, lang, areas=areas, basemap=basemap, padding=[24, 40, 72, 24]),
        "title": map_say(lang, "worker_title"),
        "path": "/map",
        "other": _address("/map", filters, "zh" if lang == "en" else "en"),
        "list_address": _address("/", filters, lang),
        "all_address": _address("/map", Filters(), lang),
        "asked": filters.words(lang),
        "legend": (LegendBlock(plates.title, rows, plates.layer, plates.unit, plates.notes),),
        "ticks": layer_ticks(chart.layers()),
        "plates": dict(zip((row.symbol for row in rows), plate_marks(lang), strict=True)),
        "scripts": SCRIPTS,
    }
    html = render("map_worker.html", view, lang, context)
    return finish(html, (parts.script,), basemap, inline=False, public_url=view.public_url)


def _address(path: str, filters: Filters, lang: Lang) -> str:
    query = filters.query(lang)
    return f"{path}?{query}" if query else path


def plate_marks(lang: Lang) -> tuple[str, ...]:
    """Return what stands on the plate of each state, in the order of the states.

    >>> plate_marks("zh")
    ('开', '25′', '关', '?', '停')
    """
    opened, closed, unknown, stopped = say(lang, "plates").split()
    return opened, "25′", closed, unknown, stopped
