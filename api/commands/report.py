"""The command ``report``: what was found and what to do, as files to print, to hand on and to reckon with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.planning import (
    AmenitiesOption,
    DayOption,
    GroupOption,
    MinutesOption,
    ModeOption,
    RadiusOption,
    WeekOption,
    WindowOption,
)
from api.commands.terminal import StoreOption, opened_store, say, settings_with
from api.errors import ApiError
from api.planning import Planning
from api.planning_parameters import Asked, as_standard
from api.poster_file import NEEDED, find_chromium, print_pdf
from api.report_tables import report_tables
from api.service import utc_now
from api.table_files import write_tables
from geo.coverage import coverage
from geo.errors import CareStationError, InvalidParameterError
from geo.io.whole_file import whole_file
from geo.service_matrix import station_matrix
from geo.standard import Standard
from geo.store.snapshot import build_snapshot
from geo.time_windows import DayType
from geo.travel import TravelMode
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
    lang: Annotated[str, typer.Option(help="zh or en: the language of the HTML and the PDF.")] = "zh",
    store: StoreOption = None,
) -> None:
    """Write the report: report.html, report.pdf (A4), report.xlsx and report.gpkg."""
    if lang not in ("zh", "en"):
        raise InvalidParameterError("--lang", lang, "must be zh or en")
    settings = settings_with(store)
    now = utc_now()
    today = now.astimezone(settings.timezone).date()
    asked = Asked(
        minutes=minutes,
        radius_m=radius_m,
        mode=TravelMode(mode),
        amenities=amenities,
        window=window,
        day=_day(day),
        week=week,
        group=group,
    )
    standard = as_standard(asked, settings.timezone, today)
    directory.mkdir(parents=True, exist_ok=True)
    with opened_store(settings) as opened:
        version, stations = opened.read()
        snapshot = build_snapshot(version, {one.id: one for one in stations}, now)
        _progress(f"assessing {len(stations)} stations")
        planning = Planning(opened)
        grounds = planning.grounds(snapshot)
        found = planning.assessment(snapshot, standard, today)
        whole_week = coverage(grounds.stations, grounds.demand, _whole_week(standard))
        rows = station_matrix(grounds.stations, standard)
    on = ReportGrounds(found, whole_week, rows, stations, grounds.areas, version)
    view = PageView(zone=settings.timezone, map_review_number=settings.map_review_number)
    html = render_report_file(on, view, "en" if lang == "en" else "zh")
    _write(directory / "report.html", html.encode())
    _progress("writing tables")
    tables = report_tables(grounds, found, stations)
    for ending in ("xlsx", "gpkg"):
        write_tables(directory / f"report.{ending}", tables)
    _print(directory, html, find_chromium(settings.chromium))
    say(f"report of {len(stations)} stations, {len(found.gaps)} gaps: html, pdf, xlsx, gpkg in {directory}")
    if notice := tables.sources.get("声明 notice"):
        say(notice)


def _print(directory: Path, html: str, chromium: str | None) -> None:
    if chromium is None:
        raise PrintError(f"report.html, report.xlsx and report.gpkg are in {directory}; {NEEDED}")
    _progress("printing")
    try:
        pdf = print_pdf(html, chromium, PRINT_LIMIT_S)
    except ApiError as error:
        raise PrintError(f"report.html is in {directory}, but not report.pdf: {error}") from error
    _write(directory / "report.pdf", pdf)


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as beside:
        beside.write_bytes(content)


def _whole_week(standard: Standard) -> Standard:
    """Return the same question about the whole week: what the report says of the hours."""
    return Standard(
        week=standard.week,
        minutes=standard.minutes,
        radius_m=standard.radius_m,
        mode=standard.mode,
        amenities=standard.amenities,
        group=standard.group,
        timezone=standard.timezone,
    )


def _day(text: str | None) -> DayType | None:
    match text:
        case None:
            return None
        case "weekend":
            return "weekend"
        case "weekday":
            return "weekday"
    raise typer.BadParameter("must be weekday or weekend", param_hint="--day")


def _progress(stage: str) -> None:
    """Say what is going on, to a person at a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{stage} …\n")
