"""A scenario on the planner's map: a mark where something changes, and every cell by what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo.amenities import catalogue
from geo.bilingual import Lang
from geo.scenario import Scenario
from geo.scenario_difference import CLASSES, Difference
from geo.stations import Station
from maps.compare_page import one_decimal
from maps.compare_texts import compare_say
from maps.folium_local import DataLayer
from maps.legend import LegendBlock, LegendRow
from maps.map_layers_coverage import CellClass, CellFacts
from maps.planner_texts import planner_say
from maps.station_facts import display_name

DIFFERENCE = (
    CellClass("gained", "#1E7B74"),
    CellClass("more", "#7CBDB3"),
    CellClass("same", "#D9E2DE", "#9FB0A9"),
    CellClass("still", "#EBDDC0", "#9A8650"),
    CellClass("worse", "#7B4A21"),
)
"""One class each of ``geo.scenario_difference.CLASSES``, in their order."""
CHANGES = ("ext", "equip", "new", "shut")


@dataclass(frozen=True)
class ScenarioView:
    """What is compared.

    Attributes:
        difference: from the first side to the second, which the map shows.
        scenario: of the second side; empty for a version of the register.
        address: ``a`` and ``b`` as an address has them, those that are not the present register.
        register: the stations the scenario changes.
    """

    difference: Difference
    scenario: Scenario
    address: Mapping[str, str]
    register: Sequence[Station]


@dataclass(frozen=True)
class PlanMark:
    """One change on the map: what it is, at which station or site, in words; ``at`` is (lon, lat)."""

    change: str
    at: tuple[float, float]
    title: str
    words: str
    before: str


def plan_marks(scenario: Scenario, stations: Sequence[Station], lang: Lang) -> tuple[PlanMark, ...]:
    """Return the changes that have a place, in the order of ``CHANGES``."""
    known = {one.id: one for one in stations}
    comma = ", " if lang == "en" else "、"
    kinds = catalogue()
    told: list[tuple[str, str, str]] = [("ext", key, hours) for key, hours in scenario.hours]
    told += [
        ("equip", key, comma.join(kinds[code].en if lang == "en" else kinds[code].zh for code in codes))
        for key, codes in scenario.equipped
    ]
    told += [("shut", key, "") for key in scenario.closed]
    marks = []
    for change, key, words in told:
        station = known.get(key)
        if station is not None and station.location is not None:
            before = planner_say(lang, "plan_before", hours=station.hours) if station.hours else ""
            marks.append(
                PlanMark(
                    change,
                    station.location,
                    display_name(station, lang),
                    planner_say(lang, f"plan_{change}", what=words),
                    before if change == "ext" else "",
                )
            )
    marks += [
        PlanMark("new", (site.lon, site.lat), site.name, planner_say(lang, "plan_new", what=site.hours), "")
        for site in scenario.sites
    ]
    return tuple(sorted(marks, key=lambda mark: CHANGES.index(mark.change)))


def plan_layer(marks: Sequence[PlanMark], lang: Lang) -> DataLayer:
    """Return the changes as buttons: number of the pop-up, lon, lat, change, accessible name."""
    rows = [
        [number, round(mark.at[0], 6), round(mark.at[1], 6), mark.change, f"{mark.title} · {mark.words}", ""]
        for number, mark in enumerate(marks)
    ]
    data = {"style": "plan", "popup": "plan-mark-", "stations": rows}
    return DataLayer("plan", "stations", data, title=planner_say(lang, "layer_plan"))


def plan_legend(marks: Sequence[PlanMark], lang: Lang) -> LegendBlock:
    """Return what the marks mean, with how many of each the map shows."""
    rows = tuple(
        LegendRow(
            f"plan-{change}", compare_say(lang, f"mark_{change}"), sum(m.change == change for m in marks)
        )
        for change in CHANGES
    )
    unit = planner_say(lang, "plan_unit")
    return LegendBlock(planner_say(lang, "layer_plan"), rows, "plan", unit)


def with_difference(facts: CellFacts, found: Difference) -> CellFacts:
    """Return the cells with one theme more: what becomes of each.

    Raises:
        ValueError: the difference is not of the same cells.
    """
    table = found.cells[found.cells["demand"] > 0]
    if table["cell"].tolist() != list(facts.cells):
        raise ValueError("the difference and the map's cells must stand on one demand and one standard")
    classes = np.array([CLASSES.index(name) for name in table["change"]], dtype=np.uint8)
    return replace(
        facts,
        classes={**facts.classes, "difference": classes},
        palettes={**facts.palettes, "difference": DIFFERENCE},
    )


def change_percents(found: Difference) -> dict[str, list[int]]:
    """Return the share in reach of each cell that holds demand, whole percents before and after."""
    table = found.cells[found.cells["demand"] > 0]
    need = table["demand"].to_numpy(dtype=float)
    return {
        name: np.floor(table[name].to_numpy(dtype=float) / need * 100 + 0.5).astype(int).tolist()
        for name in ("before", "after")
    }


def plan_context(view: ScenarioView, marks: Sequence[PlanMark], lang: Lang) -> dict[str, Any]:
    """Return what the page's template needs of a scenario."""
    total = view.difference.total
    return {
        "plan_marks": marks,
        "plan_changes": CHANGES,
        "plan_line": planner_say(
            lang,
            "plan_line",
            a=one_decimal(total.before.share),
            b=one_decimal(total.after.share),
            what=_told(view, lang),
        ),
    }


def _told(view: ScenarioView, lang: Lang) -> str:
    """Return what is compared: a scenario and how much it changes, or which versions of the register."""
    if view.scenario.changes:
        name = view.scenario.name or planner_say(lang, "plan_name")
        return planner_say(lang, "plan_changes", name=name, n=view.scenario.changes)
    sides = [view.address.get(name, "").removeprefix("v") for name in "ab"]
    return " → ".join(
        planner_say(lang, "plan_version", n=number) if number else planner_say(lang, "plan_now")
        for number in sides
    )
