"""The desk every planner's command works at: what was asked, and the register it is asked of."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, cast

import typer

from api.commands.terminal import opened_store, settings_with
from api.planning import Grounds, Planning
from api.planning_parameters import Asked, as_standard
from api.service import utc_now
from api.settings import Settings
from api.side_answers import PRESENT, SideAnswers
from geo.assessment import Assessment
from geo.standard import Standard
from geo.stations import Station
from geo.store.snapshot import build_snapshot
from geo.time_windows import DayType
from geo.travel import TravelMode

MinutesOption = Annotated[float | None, typer.Option(help="Travel time, inclusive; default 15.")]
RadiusOption = Annotated[float | None, typer.Option(help="Straight-line metres instead of minutes.")]
ModeOption = Annotated[str, typer.Option(help="walk or ebike.")]
AmenitiesOption = Annotated[str, typer.Option(help="Codes or groups, comma-separated, all required.")]
WindowOption = Annotated[str | None, typer.Option(help="T1 to T7; default: the whole week.")]
DayOption = Annotated[str | None, typer.Option(help="weekday or weekend.")]
AtOption = Annotated[str | None, typer.Option(help="One instant, ISO 8601; excludes --window and --day.")]
WeekOption = Annotated[str | None, typer.Option(help="A Monday; default: the next plain week.")]
GroupOption = Annotated[str | None, typer.Option(help="One group of workers; default: all.")]


@dataclass(frozen=True)
class Desk:
    """A question on the register as it is now.

    Attributes:
        answers: what is known of the register and of scenarios of it.
        standard: the question.
        stations, version: the register.
        now, today: when it is asked.
    """

    settings: Settings
    answers: SideAnswers
    standard: Standard
    stations: Sequence[Station]
    version: int
    now: datetime
    today: date

    @property
    def grounds(self) -> Grounds:
        """What the analyses of the register stand on."""
        return self.answers.grounds(PRESENT)

    @property
    def found(self) -> Assessment:
        """The assessment of the register."""
        return self.answers.assessment(PRESENT, self.standard, self.today)


@contextmanager
def desk(asked: Asked, store: str | None) -> Iterator[Desk]:
    """Open the store for one question.

    Raises:
        CareStationError: the store cannot be opened, or the question cannot be asked.
    """
    settings = settings_with(store)
    now = utc_now()
    today = now.astimezone(settings.timezone).date()
    standard = as_standard(asked, settings.timezone, today)
    with opened_store(settings) as opened:
        version, stations = opened.read()
        snapshot = build_snapshot(version, {one.id: one for one in stations}, now)
        progress(f"assessing {len(stations)} stations")
        answers = SideAnswers(Planning(opened), opened, snapshot)
        yield Desk(settings, answers, standard, stations, version, now, today)


def asked_for(
    *,
    minutes: float | None,
    radius_m: float | None,
    window: str | None,
    day: str | None,
    week: str | None,
    group: str | None,
    mode: str = "walk",
    at: str | None = None,
    amenities: str = "",
) -> Asked:
    """Return what a command line asks."""
    return Asked(
        minutes=minutes,
        radius_m=radius_m,
        mode=TravelMode(mode),
        amenities=amenities,
        window=window,
        day=cast("DayType | None", day),
        at=at,
        week=week,
        group=group,
    )


def progress(stage: str) -> None:
    """Say what is going on, to a person at a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{stage} …\n")
