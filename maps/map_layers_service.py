"""Stations by what they are in the time asked for, by compliance, and the zone they reach together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geo.amenities import all_available
from geo.areas import Areas
from geo.bilingual import Lang
from geo.compliance import Compliance
from geo.coverage_zones import zone_within
from geo.service_matrix import StationRow
from geo.standard import Standard
from geo.stations import Station
from geo.vocabulary import SERVING_STATUSES
from maps.basemap import PANES
from maps.folium_local import DataLayer
from maps.legend import LegendBlock, LegendRow
from maps.map_layers_stations import StationsNow
from maps.planner_texts import planner_say
from maps.texts import say

SERVICE_STATES = ("full", "partly", "lacks", "shut", "unsure", "off")
VERDICTS = ("pass", "fail", "unjudged")
_SIMPLER_DEG = 1e-4  # about 10 m


def service_states(
    rows: Sequence[StationRow], stations: Sequence[Station], amenities: tuple[str, ...]
) -> dict[str, str]:
    """Return each station's state in the time asked for: one of ``SERVICE_STATES``, by id."""
    held = {one.id: {**one.amenities, **one.services} for one in stations}
    return {row.station_id: _state(row, all_available(amenities, held[row.station_id])) for row in rows}


def _state(row: StationRow, offer: str) -> str:
    if row.window_state == "not_serving":
        return "off"
    if row.window_state == "closed":
        return "shut"
    if row.window_state == "unknown" or offer == "unknown":
        return "unsure"
    if offer == "missing":
        return "lacks"
    return "full" if row.window_state == "open" else "partly"


def verdicts(judged: Compliance) -> dict[str, str]:
    """Return each serving station's verdict under a rule set, by id."""
    names = {"pass": "pass", "fail": "fail", "unknown": "unjudged"}
    return {one.station_id: names[one.verdict] for one in judged.stations}


def marks_layer(
    at: StationsNow, states: Mapping[str, str], key: str, title: str, lang: Lang, *, show: bool
) -> DataLayer:
    """Return the located stations that have a state, each a button with its name and that state."""
    rows: list[list[Any]] = []
    for row in at.located:
        state = states.get(row.card.id)
        if state is None or row.at is None:
            continue
        label = row.card.name + say(lang, "comma") + planner_say(lang, f"{key}_{state}")
        place = [round(row.at[0], 6), round(row.at[1], 6)]
        rows.append([row.card.index, *place, state, label, ""])
    return DataLayer(key, "stations", {"style": "symbol", "stations": rows}, title=title, show=show)


def marks_legend(
    at: StationsNow,
    states: Mapping[str, str],
    key: str,
    order: Sequence[str],
    lang: Lang,
    *,
    shown: bool,
    notes: tuple[str, ...] = (),
) -> LegendBlock:
    """Return what the marks mean, with how many of each the map shows."""
    counts = Counter(states[row.card.id] for row in at.located if row.card.id in states)
    rows = tuple(LegendRow(f"state-{one}", planner_say(lang, f"{key}_{one}"), counts[one]) for one in order)
    title, unit = planner_say(lang, f"layer_{key}"), planner_say(lang, "stations_unit")
    return LegendBlock(title, rows, key, unit, notes, shown)


def zones_layer(
    stations: Sequence[Station], standard: Standard, areas: Areas, lang: Lang, *, show: bool = False
) -> DataLayer:
    """Return what the serving stations reach together within the threshold, in a straight line × 1.35."""
    circles = [
        zone_within(*one.location, standard)
        for one in stations
        if one.location is not None and one.status in SERVING_STATUSES
    ]
    joined = shapely.union_all(circles).intersection(areas.district.geometry).simplify(_SIMPLER_DEG)
    features = [
        {
            "type": "Feature",
            "properties": {"style": 0, "pane": "outlines"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    np.round(shapely.get_coordinates(ring), 5).tolist()
                    for ring in (part.exterior, *part.interiors)
                ],
            },
        }
        for part in shapely.get_parts(joined)
        if part.geom_type == "Polygon"
    ]
    style = {"fill": False, "color": "#0B6B4F", "weight": 1.6, "opacity": 1, "dashArray": "6 4"}
    data = {"panes": PANES, "styles": [style], "features": features, "labels": []}
    return DataLayer("zones", "areas", data, title=zone_words(standard, lang), show=show)


def zone_words(standard: Standard, lang: Lang) -> str:
    """Return the zone's name: the threshold stands in it."""
    if standard.minutes is None:
        return planner_say(lang, "layer_zones_radius")
    return planner_say(lang, "layer_zones", n=f"{standard.minutes:g}")


def zones_legend(lang: Lang, *, shown: bool = False) -> LegendBlock:
    """Return what the zone's line means."""
    row = LegendRow("line-zone", planner_say(lang, "row_zones"))
    return LegendBlock("", (row,), "zones", shown=shown)
