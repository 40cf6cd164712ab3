"""One gap on its own sheet ``/planner/gap``: where, who, when, for lack of what, and what to do first.

The dashboard opens the same sheet over itself; without a script it is a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np

from geo.areas import Areas, areas_plane
from geo.assessment import Assessment, hours_unit
from geo.bilingual import Lang
from geo.crs import to_plane
from geo.demand import GROUP_LABELS
from geo.gap_details import Gap, area_polygon
from geo.improvement import Action
from geo.report_text import amount as whole
from geo.scenario import Scenario
from geo.scenario_actions import with_action
from geo.service_matrix import StationRow
from geo.stations import Station
from geo.time_windows import WINDOWS
from maps.compare_page import compare_address
from maps.map_credits import rough
from maps.map_layers_coverage import CellFacts, class_words
from maps.map_layers_service import service_states
from maps.open_words import date_words
from maps.page import PageView, render
from maps.planner_page import action_words, gap_rows, page_frame, when_words
from maps.planner_state import PlannerState
from maps.planner_texts import planner_say, unit_words
from maps.sheet_frame import Frame
from maps.sheet_map import SheetMap, Spot, sheet_map
from maps.station_facts import display_name

MAP_PX = 232
CHART_WIDTH, CHART_HEIGHT = 274.0, 52.0
_AROUND = 0.35  # of the gap's own extent is shown around it
_CLASSES = ("twice", "once", "part", "none", "unverified")  # in the order of the map's coverage classes
_MARKS = {
    "full": "open",
    "partly": "partly",
    "lacks": "lacks",
    "shut": "closed",
    "unsure": "unknown",
    "off": "stop",
}


@dataclass(frozen=True)
class GapGrounds:
    """What a gap's sheet is made from; ``by_window`` are demand-hours unserved (``unserved_by_window``)."""

    found: Assessment
    frame: gpd.GeoDataFrame
    rows: Sequence[StationRow]
    stations: Sequence[Station]
    areas: Areas
    facts: CellFacts
    by_window: Mapping[str, float]
    places: Mapping[str, tuple[float, float]]
    sides: tuple[str, str] = ("", "")
    """The comparison under way as the address has it; the sheet is of its second side."""
    plan: Scenario = field(default_factory=Scenario)
    """The scenario of the second side."""


@dataclass(frozen=True)
class Step:
    """One thing to do in words: when (first, then, last), what, gain."""

    when: str
    words: str
    gain: str


def render_gap(
    grounds: GapGrounds, gap: Gap, state: PlannerState, *, today: date, view: PageView | None = None
) -> str:
    """Return the sheet of one gap of the assessment."""
    view, lang = view or PageView(), state.lang
    found = grounds.found
    # a sheet names all places as the list does, also beyond the ranks the list shows
    (row,) = gap_rows(found, grounds.stations, grounds.areas, lang, (gap,))
    unit, hours = hours_unit(found.demand_unit, found.coverage.is_hours), hours_unit(found.demand_unit, True)
    by_id = {one.id: one for one in grounds.stations}
    own = {name: text for name, text in zip("ab", grounds.sides, strict=True) if text}
    shape = to_plane(np.array([area_polygon(gap.area)], dtype=object), areas_plane(grounds.areas))[0]
    context: dict[str, Any] = {
        **page_frame(grounds.stations, state, today, "overview", illustrative=found.illustrative),
        "title": row.name,
        "row": row,
        "gap": gap,
        "km2": f"{shape.area / 1e6:.1f}",
        "unit": unit_words(unit, lang),
        "hours_unit": unit_words(hours, lang),
        "when": when_words(state),
        "window_hours": _window_hours(state),
        "hours_amount": whole(grounds.by_window[state.window]) if state.window else "",
        "modelled": found.demand_basis == "modelled",
        "map_note": planner_say(lang, f"map_note{rough(grounds.areas)['streets']}"),
        "groups": _groups(gap, lang),
        "windows": _windows(grounds.by_window, state, lang),
        "chart": (CHART_WIDTH, CHART_HEIGHT),
        "map": gap_map(grounds, gap),
        "legend": [(_CLASSES[n], class_words(grounds.facts, "coverage", n, lang)) for n in range(5)],
        "near": by_id.get(gap.nearest.station_id) if gap.nearest else None,
        "near_name": display_name(by_id[gap.nearest.station_id], lang) if gap.nearest else "",
        "near_date": lambda day: date_words(day, lang),
        "steps": _steps(found, gap, grounds.stations, unit_words(unit, lang), lang),
        "add": _addition(grounds, gap, state),
        "on_map": f"/planner/map{state.query(**own, gap=str(gap.rank))}",
        "file": f"/planner/gap.xlsx{state.query(**own, rank=str(gap.rank))}",
        "back": f"/planner{state.query()}",
        "other": f"/planner/gap{_other(state).query(**own, rank=str(gap.rank))}",
    }
    return render("gap.html", view, lang, context)


def gap_map(grounds: GapGrounds, gap: Gap) -> SheetMap:
    """Return the gap with what lies around it: cells by coverage, stations by state, places."""
    west, south, east, north = area_polygon(gap.area).bounds
    aside_lon, aside_lat = (east - west) * _AROUND, (north - south) * _AROUND
    bounds = (west - aside_lon, south - aside_lat, east + aside_lon, north + aside_lat)
    facts, cells = grounds.facts, grounds.found.coverage.cells
    drawn = cells[cells["demand"] > 0]
    wide, tall = bounds[2] - bounds[0], bounds[3] - bounds[1]
    side = max(wide, tall) + 2 * aside_lon
    near = (np.abs(facts.lon - (west + east) / 2) < side) & (np.abs(facts.lat - (south + north) / 2) < side)
    states = service_states(grounds.rows, grounds.stations, grounds.found.standard.amenities)

    def spots(frame: Frame) -> tuple[Spot, ...]:
        made = []
        for one in grounds.stations:
            state = states.get(one.id)
            if state is not None and one.location is not None:
                x, y = frame.at(*one.location)
                if -9 < x < MAP_PX + 9 and -9 < y < MAP_PX + 9:
                    made.append(Spot(_MARKS[state], round(float(x), 1), round(float(y), 1), one.name, one.id))
        return tuple(made)

    names = np.array(_CLASSES, dtype=object)[facts.classes["coverage"][near]]
    return _within(
        sheet_map(
            grounds.areas,
            drawn[near],
            names,
            key="gap",
            size=(MAP_PX, MAP_PX),
            order=_CLASSES,
            gaps=(gap,),
            spots=spots,
            places=_named(grounds.places),
            bounds=bounds,
        )
    )


def _named(places: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    return [
        {"properties": {"name": name, "kind": "park"}, "geometry": {"coordinates": [lon, lat]}}
        for name, (lon, lat) in places.items()
    ]


def _within(drawn: SheetMap) -> SheetMap:
    """Return the drawing without the names beside it."""
    inside = tuple(one for one in drawn.labels if 0 < one.x < MAP_PX - 40 and 8 < one.y < MAP_PX - 44)
    return replace(drawn, labels=inside)


def _window_hours(state: PlannerState) -> str:
    if state.window is None:
        return ""
    window = WINDOWS[state.window]
    return f"{(window.end_min - window.start_min) / 60:g}"


def _groups(gap: Gap, lang: Lang) -> list[tuple[str, str, float]]:
    """Return who is out of reach: group, amount, length of its bar in % of the longest."""
    most = max((amount for _, amount in gap.by_group), default=0.0) or 1.0
    return [
        (GROUP_LABELS[group][lang == "en"], whole(amount), round(amount / most * 100, 2))
        for group, amount in gap.by_group
    ]


def _windows(by_window: Mapping[str, float], state: PlannerState, lang: Lang) -> list[dict[str, Any]]:
    """Return the seven bars: each as wide as its window is long, as high as its demand-hours."""
    most = max(by_window.values(), default=0.0) or 1.0
    bars = []
    for code, amount in by_window.items():
        window = WINDOWS[code]
        x = (window.start_min - 240) % 1440 / 1440 * CHART_WIDTH
        width = (window.end_min - window.start_min) / 1440 * CHART_WIDTH - 2
        high = amount / most * CHART_HEIGHT
        bars.append(
            {
                "name": planner_say(lang, code),
                "amount": whole(amount),
                "x": round(x + 1, 2),
                "width": round(width, 2),
                "height": round(high, 2),
                "chosen": code == state.window,
            }
        )
    return sorted(bars, key=lambda bar: bar["x"])


def _steps(
    found: Assessment, gap: Gap, stations: Sequence[Station], unit: str, lang: Lang
) -> tuple[Step, ...]:
    """Return what to do: the first thing, what comes after it, and the last resort."""
    names = {one.id: display_name(one, lang) for one in stations}
    todo = [one for one in found.improvements if one.gap_rank == gap.rank]
    steps = []
    for number, action in enumerate(todo):
        last = len(todo) > 1 and number == len(todo) - 1
        when = "step_first" if number == 0 else "step_last" if last else "step_then"
        gain = planner_say(lang, "step_gain", n=whole(action.gain), unit=unit) if action.gain else ""
        steps.append(Step(planner_say(lang, when), action_words(action, names, lang), gain))
    return tuple(steps)


def _addition(grounds: GapGrounds, gap: Gap, state: PlannerState) -> dict[str, str] | None:
    """Return the first thing a scenario can tell: where it is compared, in words; None without any."""
    names = {one.id: display_name(one, state.lang) for one in grounds.stations}
    todo: list[Action] = [one for one in grounds.found.improvements if one.gap_rank == gap.rank]
    for action in todo:
        made = with_action(grounds.plan, action, gap, grounds.frame, grounds.places)
        if made is not None:
            href = compare_address(state, grounds.sides[0], made.to_json())
            return {"href": href, "words": action_words(action, names, state.lang)}
    return None


def _other(state: PlannerState) -> PlannerState:
    return replace(state, lang="zh" if state.lang == "en" else "en")
