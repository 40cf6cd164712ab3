"""The planner's map ``/planner/map``, and the same map as one file that opens from a USB stick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from geo.areas import Areas, shipped_areas
from geo.bilingual import Lang
from geo.stations import Station
from maps.assets import LEAFLET_CSS, LEAFLET_JS, script_text, static_url, style_text
from maps.basemap import district_layer, places_layer, shipped_places, streets_layer, tile_layers
from maps.folium_local import LocalMap, MapPage, MapParts, content_policy, finish
from maps.legend import LegendBlock, LegendRow, layer_ticks
from maps.map_credits import credit_lines, rough
from maps.map_layers_stations import MAX_MARKS, StationsNow, stations_layer, stations_legend, stations_now
from maps.map_texts import map_say
from maps.open_words import date_words, weekday_words
from maps.page import PageView, render
from maps.planner_map_layers import AnalysisLayers, MapAnalysis, analysis_layers
from maps.planner_page import register_words
from maps.planner_state import LAYERS
from maps.sheet_frame import Frame

SCRIPTS: tuple[str, ...] = ("map.js", "map_labels.js")
SERVED_SCRIPTS = ("kept.js", "map_state.js")
"""What a page served keeps in its address; a file has none."""
ANALYSIS_SCRIPTS = ("map_cells.js", "map_picture.js", "map_targets.js", "map_locator.js")
STYLES = ("map.css", "map_planner.css")


def render_planner_map(
    stations: Sequence[Station],
    now: datetime,
    view: PageView | None = None,
    *,
    lang: Lang = "zh",
    areas: Areas | None = None,
    basemap: str = "none",
    tianditu_key: str | None = None,
    inline: bool = False,
    analysis: MapAnalysis | None = None,
    embed: bool = False,
    still: bool = False,
    failure: str = "",
) -> MapPage:
    """Return the planner's map at ``now`` (aware) with the policy to serve it with.

    ``areas`` defaults to the shipped ones. ``analysis`` adds cells, gaps and stations in the time asked for.
    ``inline`` puts everything into one file that loads nothing and links to nothing; it takes no tiles.
    ``embed`` leaves the bar away: the map inside the dashboard. ``still`` leaves
    away what only a hand can use: a picture. ``failure`` says why a scenario is not shown.

    Raises:
        ValueError: an unknown base map, Tianditu without a key, or tiles for an inline page.
        RemoteAddressError: the page would name another host.
    """
    if inline and basemap != "none":
        raise ValueError(f"basemap={basemap!r}: a self-contained map loads no tiles")
    view = view or PageView()
    areas = areas or shipped_areas()
    added = analysis.plan.scenario.site_ids if analysis and analysis.plan else ()  # marked as such, not twice
    present = [one for one in stations if one.id not in added]
    at = stations_now(present, now, view, lang)
    over = analysis_layers(analysis, at, stations, areas, lang, inline=inline) if analysis else None
    chart = planner_chart(at, areas, lang, tile_layers(basemap, tianditu_key), over)
    turned = [(one.key, one.show) for one in chart.layers() if one.control and one.key in LAYERS]
    if over and analysis:
        for layer in chart.layers():
            layer.show = analysis.state.shows(layer.key, layer.show)
    parts = chart.parts()
    scripts = SCRIPTS
    if over:
        scripts += ANALYSIS_SCRIPTS if inline else (*ANALYSIS_SCRIPTS, *SERVED_SCRIPTS)
    padding = [12, 62, 12, 12] if embed else [280, 24, 48, 64]
    context = {
        **map_context(parts, at, now, view, lang, areas=areas, basemap=basemap, padding=padding),
        "title": map_say(lang, "planner_title"),
        "other": "/planner/map" if lang == "en" else "/planner/map?lang=en",
        "legend": (*(over.legend if over else (stations_legend(at, lang),)), *ground_legend(areas, lang)),
        "ticks": layer_ticks(chart.layers()),
        "embed": embed,
        "failure": failure,
        "still": still,
        "register": register_words(present, now.astimezone(view.zone).date(), lang),
        "locator": locator(areas),
        "over": over,
        "inline": inline,
        "styles": [_style(name) for name in (LEAFLET_CSS, *STYLES)] if inline else STYLES,
        "scripts": [_script(name) for name in (LEAFLET_JS, *scripts)] if inline else scripts,
    }
    if over:
        context.update(over.context)
        over.data["usual"]["layers"] = turned
        context["data"] |= over.data | {"words": context["data"]["words"] | over.words}
    inline_scripts = (*context["scripts"], parts.script) if inline else (parts.script,)
    context["csp"] = content_policy(inline_scripts, inline=True) if inline else None
    html = render("map_planner.html", view, lang, context)
    return finish(html, inline_scripts, basemap, inline=inline, public_url=view.public_url)


def planner_chart(
    now: StationsNow,
    areas: Areas,
    lang: Lang,
    tiles: Sequence[Any] = (),
    over: AnalysisLayers | None = None,
) -> LocalMap:
    """Return the Folium map itself: ground, cells, streets, names, stations, gaps, in drawing order."""
    west, south, east, north = areas.district.geometry.bounds
    chart = LocalMap(((west + east) / 2, (south + north) / 2), zoom_snap=0.25, min_zoom=9, max_zoom=18)
    for tile in tiles:
        tile.add_to(chart)
    marks = [stations_layer(now, title=map_say(lang, "layer_stations"), style="symbol")]
    for layer in (
        district_layer(areas),
        streets_layer(areas, title=map_say(lang, f"layer_streets{rough(areas)['streets']}")),
        places_layer(shipped_places(), title=map_say(lang, "layer_places")),
        *(over.layers if over else marks),
    ):
        layer.add_to(chart)
    return chart


LOCATOR_PX = (86, 98)


def locator(areas: Areas) -> dict[str, Any]:
    """Return the district as a small drawing, and what a script needs to mark the view in it."""
    frame = Frame.around(areas.district.geometry.bounds, LOCATOR_PX, 8)
    coarse = areas.district.geometry.simplify(2 / (frame.scale * 111_320))
    return {"path": frame.path(coarse), "size": LOCATOR_PX, **frame.per_px}


def ground_legend(areas: Areas, lang: Lang) -> tuple[LegendBlock, ...]:
    """Return what the ground's lines and dots mean: the legend's last blocks."""
    district, streets = (f"row_{name}{ending}" for name, ending in rough(areas).items())
    return (
        LegendBlock(map_say(lang, "areas"), (LegendRow("line-district", map_say(lang, district)),), None),
        LegendBlock("", (LegendRow("line-streets", map_say(lang, streets)),), "streets"),
        LegendBlock("", (LegendRow("dot-place", map_say(lang, "row_place")),), "places"),
    )


def map_context(
    parts: MapParts,
    at: StationsNow,
    now: datetime,
    view: PageView,
    lang: Lang,
    *,
    areas: Areas,
    basemap: str,
    padding: list[int],
) -> Mapping[str, Any]:
    """Return what every map page's template needs; ``padding`` px stay free: left, top, right, bottom."""
    local = now.astimezone(view.zone)
    when = f"{date_words(local.date(), lang)} {weekday_words(local.date(), lang)} {local:%H:%M}"
    words = (
        "metres",
        "km",
        "full",
        "full_end",
        "me",
        "locate_failed",
        "in_view",
        "expand",
        "collapse",
        "close",
    )
    return {
        "m": lambda key, **fields: map_say(lang, key, **fields),
        "static": static_url,
        "head": Markup(parts.head),  # noqa: S704 - links to our own static files
        "element": Markup(parts.element),  # noqa: S704 - one element with our own id
        "script": Markup(parts.script),  # noqa: S704 - one line a layer, no text of the register
        "data": {
            "layers": parts.data,
            "bounds": at.bounds(),
            "padding": padding,
            "tiles": basemap != "none",
            "words": {key: map_say(lang, key) for key in words},
        },
        "at": at,
        "max_marks": MAX_MARKS,
        "when": when,
        "sample": at.illustrative,
        "open_count": at.count("open", "soon"),
        "unknown_count": at.count("unknown"),
        "credits": credit_lines(lang, view.map_review_number, basemap, areas=areas),
    }


def _script(name: str) -> Markup:
    return Markup(script_text(name))  # noqa: S704 - our own or a package's file


def _style(name: str) -> Markup:
    return Markup(style_text(name))  # noqa: S704 - our own or a package's file
