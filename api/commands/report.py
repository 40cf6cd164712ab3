"""The command ``report``: what was found and what to do, as files to print, to hand on and to reckon with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from api.commands.desk import (
    AmenitiesOption,
    DayOption,
    GroupOption,
    MinutesOption,
    ModeOption,
    RadiusOption,
    WeekOption,
    WindowOption,
    asked_for,
    desk,
    progress,
)
from api.commands.planner_map import ScenarioOption, scenario_side, scenario_view
from api.commands.terminal import StoreOption, say
from api.errors import ApiError
from api.poster_file import NEEDED, find_chromium, print_pdf
from api.report_tables import report_tables
from api.scenario_tables import with_scenario
from api.table_files import write_tables
from geo.coverage import coverage
from geo.errors import CareStationError, InvalidParameterError
from geo.io.whole_file import whole_file
from geo.scenario_difference import steps
from geo.service_matrix import station_matrix
from maps.page import PageView
from maps.report_page import ReportGrounds, render_report_file

PRINT_LIMIT_S = 180.0
"""How long Chromium may take: a machine under load prints slowly, and nobody waits at a counter."""


class PrintError(CareStationError, RuntimeError):
    """The report is written, but no PDF could be made of it."""


def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory for the files; made if missing.")
    ],
    *,
    minutes: MinutesOption = None,
    radius_m: RadiusOption = None,
    mode: ModeOption = "walk",
    amenities: AmenitiesOption = "",
    window: WindowOption = None,
    day: DayOption = None,
    week: WeekOption = None,
    group: GroupOption = None,
    scenario: ScenarioOption = None,
    lang: Annotated[str, typer.Option(help="zh or en: the language of the HTML and the PDF.")] = "zh",
    store: StoreOption = None,
) -> None:
    """Write the report: report.html, report.pdf (A4), report.xlsx and report.gpkg."""
    if lang not in ("zh", "en"):
        raise InvalidParameterError("--lang", lang, "must be zh or en")
    side = scenario_side(scenario)
    asked = asked_for(
        minutes=minutes, radius_m=radius_m, mode=mode, amenities=amenities,
        window=window, day=day, week=week, group=group,
    )  # fmt: skip
    with desk(asked, store) as given:
        directory.mkdir(parents=True, exist_ok=True)
        grounds, found, standard = given.grounds, given.found, given.standard
        plan = scenario_view(given, side)
        whole_week = replace(standard, window=None, day=None, at=None)
        on = ReportGrounds(
            found=found,
            week=coverage(grounds.stations, grounds.demand, whole_week),
            rows=station_matrix(grounds.stations, standard),
            stations=given.stations,
            areas=grounds.areas,
            register_version=given.version,
        )
    view = PageView(zone=given.settings.timezone, map_review_number=given.settings.map_review_number)
    html = render_report_file(on, view, "en" if lang == "en" else "zh")
    _write(directory / "report.html", html.encode())
    progress("writing tables")
    tables = report_tables(grounds, found, given.stations)
    if plan:
        gains = steps(side.scenario, grounds.stations, grounds.demand, standard)
        tables = with_scenario(tables, grounds, plan, gains)
    for ending in ("xlsx", "gpkg"):
        write_tables(directory / f"report.{ending}", tables)
    _print(directory, html, find_chromium(given.settings.chromium))
    files = f"html, pdf, xlsx, gpkg in {directory}"
    say(f"report of {len(given.stations)} stations, {len(found.gaps)} gaps: {files}")
    if notice := tables.sources.get("声明 notice"):
        say(notice)


def _print(directory: Path, html: str, chromium: str | None) -> None:
    if chromium is None:
        raise PrintError(f"report.html, report.xlsx and report.gpkg are in {directory}; {NEEDED}")
    progress("printing")
    try:
        pdf = print_pdf(html, chromium, PRINT_LIMIT_S)
    except ApiError as error:
        raise PrintError(f"report.html is in {directory}, but not report.pdf: {error}") from error
    _write(directory / "report.pdf", pdf)


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as beside:
        beside.write_bytes(content)
