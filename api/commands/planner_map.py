"""The command ``map``: the planner's map as one file, with a scenario over it where one is given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from api.commands.planning import (
    AmenitiesOption,
    DayOption,
    GroupOption,
    MinutesOption,
    RadiusOption,
    WeekOption,
    WindowOption,
)
from api.commands.terminal import StoreOption, opened_store, say, settings_with
from api.planning import Grounds, Planning
from api.planning_parameters import Asked, as_standard
from api.service import utc_now
from geo.coverage import situation
from geo.errors import InvalidParameterError
from geo.io.whole_file import whole_file
from geo.scenario import MAX_CHARS, Scenario, apply, read_scenario
from geo.scenario_difference import difference
from geo.service_matrix import station_matrix
from geo.standard import Standard
from geo.store.snapshot import build_snapshot
from geo.time_windows import DayType
from maps.map_layers_scenario import ScenarioView
from maps.page import PageView
from maps.planner_map import render_planner_map
from maps.planner_map_layers import MapAnalysis
from maps.planner_state import PlannerState


def map_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.html", help="Where the map is written.")],
    *,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="A scenario to show over the register.")
    ] = None,
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
    plan = _read(scenario) if scenario else None
    settings = settings_with(store)
    now = utc_now()
    today = now.astimezone(settings.timezone).date()
    asked = Asked(
        minutes=minutes,
        radius_m=radius_m,
        amenities=amenities,
        window=window,
        day=cast("DayType | None", day),
        week=week,
        group=group,
    )
    standard = as_standard(asked, settings.timezone, today)
    said = {name: value for name, value in vars(asked).items() if value is not None}
    state = PlannerState.read({**{name: str(value) for name, value in said.items()}, "lang": lang})
    with opened_store(settings) as opened:
        version, stations = opened.read()
        snapshot, planning = build_snapshot(version, {one.id: one for one in stations}, now), Planning(opened)
        grounds, found = planning.grounds(snapshot), planning.assessment(snapshot, standard, today)
    view = PageView(zone=settings.timezone, map_review_number=settings.map_review_number)
    analysis = MapAnalysis(
        found,
        grounds.demand,
        grounds.stations,
        station_matrix(grounds.stations, standard),
        state,
        plan=_compared(plan, grounds, standard) if plan else None,
    )
    page = render_planner_map(
        stations, now, view, lang=state.lang, areas=grounds.areas, inline=True, analysis=analysis
    )
    with whole_file(file) as beside:
        beside.write_bytes(page.html.encode())
    changes = f", scenario of {plan.changes} changes" if plan else ""
    say(f"map of {len(stations)} stations{changes} written to {file}")


def _read(path: Path) -> Scenario:
    text = path.read_bytes()[: 4 * MAX_CHARS + 1].decode("utf-8-sig", errors="replace")
    return read_scenario(text)


def _compared(plan: Scenario, grounds: Grounds, standard: Standard) -> ScenarioView:
    before = situation(grounds.stations, grounds.demand, standard)
    after = situation(apply(plan, grounds.stations), grounds.demand, standard)
    return ScenarioView(difference(before, after), plan, {})
