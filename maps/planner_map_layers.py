"""What an analysis adds to the planner's map: cells, gaps, stations in the time asked for, legend."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd

from geo.areas import Areas
from geo.assessment import Assessment, hours_unit
from geo.bilingual import Lang
from geo.demand import Demand
from geo.report_text import amount as whole
from geo.service_matrix import StationRow
from geo.stations import Station
from maps.folium_local import DataLayer
from maps.legend import LegendBlock
from maps.map_cell_picture import cell_picture, picture_bounds
from maps.map_layers_coverage import (
    CellFacts,
    Theme,
    cell_bounds,
    cell_facts,
    cell_layer,
    cell_legend,
    shared_cells,
    swatches,
)
from maps.map_layers_gaps import gaps_layer, gaps_legend
from maps.map_layers_scenario import (
    ScenarioView,
    change_percents,
    plan_context,
    plan_layer,
    plan_legend,
    plan_marks,
    with_difference,
)
from maps.map_layers_service import (
    SERVICE_STATES,
    VERDICTS,
    marks_layer,
    marks_legend,
    service_states,
    verdicts,
    zones_layer,
    zones_legend,
)
from maps.map_layers_stations import StationsNow
from maps.planner_page import gap_rows, headline_words, planner_tabs, when_words
from maps.planner_state import PlannerState
from maps.planner_texts import percent, planner_say, unit_words

COMPLIANCE = "xian-8"
"""The rule set the compliance layer judges by."""


@dataclass(frozen=True)
class MapAnalysis:
    """An assessment and what it was made from; ``matrix`` are the stations under the same standard.

    ``facts`` are what its cells show, where that has been worked out already. ``plan`` is the comparison
    whose second side was assessed.
    """

    found: Assessment
    demand: Demand
    frame: gpd.GeoDataFrame
    matrix: Sequence[StationRow]
    state: PlannerState
    facts: CellFacts | None = None
    plan: ScenarioView | None = None


@dataclass(frozen=True)
class AnalysisLayers:
    """The layers in drawing order, their legend, and what page and script need besides."""

    layers: tuple[DataLayer, ...]
    legend: tuple[LegendBlock, ...]
    data: dict[str, Any]
    words: dict[str, str]
    context: dict[str, Any]


def analysis_layers(
    given: MapAnalysis,
    at: StationsNow,
    stations: Sequence[Station],
    areas: Areas,
    lang: Lang,
    *,
    inline: bool,
) -> AnalysisLayers:
    """Return what an analysis adds to the map; an ``inline`` map asks no API and carries its pictures."""
    found, state = given.found, given.state
    facts = given.facts or cell_facts(found, given.demand, given.frame)
    plan = given.plan
    compared = plan.address if plan else {}
    if plan and "difference" not in facts.palettes:
        facts = with_difference(facts, plan.difference)
    themes = _themes(facts, stations)
    facts = replace(facts, palettes={theme: facts.palettes[theme] for theme in themes})
    usual = next((one for one in ("difference", "coverage", "demand") if one in themes), None)
    wanted = state.theme if state.theme in (*themes, "none") else usual
    shown = {theme: theme == wanted for theme in themes}
    marks = plan_marks(plan.scenario, plan.register, lang) if plan else ()
    rows = gap_rows(found, stations, areas, lang) if stations else ()
    states = service_states(given.matrix, stations, found.standard.amenities)
    judged = next((one for one in found.compliance if one.rule_set.id == COMPLIANCE), None)
    judgement = verdicts(judged) if judged else {}
    note = planner_say(lang, "verdict_note", name=judged.rule_set.zh if judged else "")
    district = areas.district.geometry
    titles = {key: planner_say(lang, f"layer_{key}") for key in ("service", "verdict")}
    layers = (
        *(
            cell_layer(
                facts,
                theme,
                lang,
                show=shown[theme],
                picture=_picture(facts, theme, given, areas, inline=inline),
            )
            for theme in reversed(themes)
        ),
        *(
            (
                zones_layer(stations, found.standard, areas, lang),
                *((gaps_layer(rows, areas, lang),) if rows else ()),
                marks_layer(at, judgement, "verdict", titles["verdict"], lang, show=False),
                marks_layer(at, states, "service", titles["service"], lang, show=True),
            )
            if stations
            else ()
        ),
        *((plan_layer(marks, lang),) if marks else ()),
    )
    legend = (
        *((plan_legend(marks, lang),) if marks else ()),
        *(cell_legend(facts, theme, found, lang, shown=shown[theme]) for theme in themes),
        *(
            (
                marks_legend(at, states, "service", SERVICE_STATES, lang, shown=True),
                marks_legend(at, judgement, "verdict", VERDICTS, lang, shown=False, notes=(note,)),
                *((gaps_legend(rows, lang),) if rows else ()),
                zones_legend(lang),
            )
            if stations
            else ()
        ),
    )
    raw_unit = hours_unit(found.demand_unit, found.coverage.is_hours)
    unit = unit_words(raw_unit, lang)
    words = {
        "cell_demand": planner_say(lang, "cell_demand", unit=unit, n="{n}"),
        "cell_share": planner_say(lang, "cell_share", a="{a}", b="{b}"),
        "cell_minutes": planner_say(lang, "cell_minutes", n="{n}"),
        "cell_none": planner_say(lang, "cell_none"),
        "beside": planner_say(lang, "beside", n="{n}"),
        "beside_list": planner_say(lang, "beside_list"),
    }
    data: dict[str, Any] = {
        "cells": {"path": facts.path, "count": len(facts.cells)}
        if facts.path == "picture"
        else shared_cells(facts, district),
        "usual": {"theme": usual},
        "cell_api": None if inline else f"/api/cell{state.api_query(**compared)}",
    }
    data["cells"]["reach"] = bool(stations)
    if plan:
        words["cell_change"] = planner_say(lang, "cell_change", a="{a}", b="{b}")
        data["cells"] |= change_percents(plan.difference) if facts.path != "picture" else {}
    if bounds := cell_bounds(facts):
        data["bounds"] = bounds
    total = found.coverage.total

    def asking(**more: str) -> str:
        return state.query(**compared, **more)

    context = {
        "p": lambda key, **fields: planner_say(lang, key, **fields),
        "whole": whole,
        "percent": percent,
        "gap_rows": rows,
        "state": state,
        "asking": asking,
        "picture": f"/planner/map.png{asking()}",
        "layers_file": f"/planner/map.gpkg{asking()}",
        "gap_unit": unit,
        "swatches": swatches(facts),
        "themes": [(theme, planner_say(lang, f"layer_{theme}"), shown[theme]) for theme in themes],
        "total": total,
        "nothing": not stations,
        "when_asked": when_words(state),
        "asked": f"{when_words(state)} · {headline_words(state, found, raw_unit)['title']}",
        "title": planner_say(lang, "map_title"),
        "tabs": planner_tabs(state, "overview", compared),
        "other": f"/planner/map{_other(state).query(**compared)}",
        **(plan_context(plan, marks, lang) if plan else {}),
    }
    return AnalysisLayers(layers, legend, data, words, context)


def _themes(facts: CellFacts, stations: Sequence[Station]) -> tuple[Theme, ...]:
    """Return what the cells can tell: without stations only where the demand is, without demand nothing."""
    if not facts.cells:
        return ()
    return tuple(facts.palettes) if stations else ("demand",)


def _picture(
    facts: CellFacts, theme: Theme, given: MapAnalysis, areas: Areas, *, inline: bool
) -> dict[str, Any] | None:
    if facts.path != "picture":
        return None
    if not inline:
        compared = given.plan.address if given.plan else {}
        plain = replace(given.state, theme=None, layers=())  # one picture however the map is looked at
        url = f"/planner/cells.png{plain.query(theme=theme, **compared)}"
    else:
        image = cell_picture(facts, theme, areas.district.geometry)
        url = f"data:image/png;base64,{base64.b64encode(image).decode('ascii')}"
    return {"url": url, "bounds": picture_bounds(facts)}


def _other(state: PlannerState) -> PlannerState:
    return PlannerState.read({**state.parameters(), "lang": "zh" if state.lang == "en" else "en"})
