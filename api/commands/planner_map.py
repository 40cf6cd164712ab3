"""The command ``map``: the planner's map as one file, with a scenario over it where one is given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.desk import (
    AmenitiesOption,
    DayOption,
    Desk,
    GroupOption,
    MinutesOption,
    RadiusOption,
    WeekOption,
    WindowOption,
    asked_for,
    desk,
)
from api.commands.terminal import StoreOption, say
from api.side_answers import PRESENT
from geo.errors import InvalidParameterError
from geo.io.whole_file import whole_file
from geo.scenario import MAX_CHARS, read_scenario
from geo.service_matrix import station_matrix
from geo.stations import frame_to_stations
from maps.compare_page import Side
from maps.map_layers_scenario import ScenarioView
from maps.page import PageView
from maps.planner_map import render_planner_map
from maps.planner_map_layers import MapAnalysis
from maps.planner_state import PlannerState

ScenarioOption = Annotated[
    Path | None, typer.Option(metavar="FILE.json", help="A scenario to show over the register.")
]


def map_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.html", help="Where the map is written.")],
    *,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    scenario: ScenarioOption = None,
    minutes: MinutesOption = None,
    radius_m: RadiusOption = None,
    amenities: AmenitiesOption = "",
    window: WindowOption = None,
    day: DayOption = None,
    week: WeekOption = None,
    group: GroupOption = None,
    store: StoreOption = None,
) -> None:
    """Write the planner's map as one file that needs no network."""
    if file.suffix.lower() not in (".html", ".htm") or lang not in ("zh", "en"):
        raise InvalidParameterError("FILE, --lang", (file.name, lang), "must be FILE.html, and zh or en")
    side = scenario_side(scenario)
    asked = asked_for(
        minutes=minutes,
        radius_m=radius_m,
        amenities=amenities,
        window=window,
        day=day,
        week=week,
        group=group,
    )
    said = {name: value for name, value in vars(asked).items() if value is not None}
    state = PlannerState.read({**{name: str(value) for name, value in said.items()}, "lang": lang})
    with desk(asked, store) as given:
        grounds = given.answers.grounds(side)
        analysis = MapAnalysis(
            given.answers.assessment(side, given.standard, given.today),
            grounds.demand,
            grounds.stations,
            station_matrix(grounds.stations, given.standard),
            state,
            plan=scenario_view(given, side),
        )
    page = render_planner_map(
        frame_to_stations(grounds.stations),
        given.now,
        PageView(zone=given.settings.timezone, map_review_number=given.settings.map_review_number),
        lang=state.lang,
        areas=grounds.areas,
        inline=True,
        analysis=analysis,
    )
    with whole_file(file) as beside:
        beside.write_bytes(page.html.encode())
    changes = f", scenario of {side.scenario.changes} changes" if scenario else ""
    say(f"map of {len(given.stations)} stations{changes} written to {file}")


def scenario_side(path: Path | None) -> Side:
    """Return the side a scenario's file makes; the register without a file.

    Raises:
        InvalidDataError: the file holds no scenario.
        OSError: it cannot be read.
    """
    if path is None:
        return PRESENT
    plan = read_scenario(path.read_bytes()[: 4 * MAX_CHARS + 1].decode("utf-8-sig", errors="replace"))
    return Side(plan.to_json(), plan)


def scenario_view(given: Desk, side: Side) -> ScenarioView | None:
    """Return what changes from the register to a side; None where that is the register.

    Raises:
        InvalidParameterError: the scenario names a station that isn't there.
    """
    if side == PRESENT:
        return None
    found = given.answers.difference(PRESENT, side, given.standard, given.today)
    return ScenarioView(found, side.scenario, {"b": side.text}, given.stations)
