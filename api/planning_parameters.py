"""Parameters of the planner's questions: as HTTP sends them, as the command line does, as the core asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from api.instants import parse_instant
from api.plain_numbers import Decimal, Whole
from api.planning import Basis
from geo.amenities import parse_asked
from geo.demand import Group
from geo.errors import InvalidParameterError
from geo.holidays import shipped_holidays
from geo.seat_accessibility import DEFAULT_SEATS, AccessQuestion, DecayName, Method, parse_steps
from geo.standard import DEFAULT_MINUTES, Standard
from geo.time_windows import DayType, parse_week, typical_week
from geo.travel import TravelMode

WindowCode = Literal["T1", "T2", "T3", "T4", "T5", "T6", "T7"]
Form = Literal["json", "geojson", "csv", "xlsx", "gpkg", "parquet"]
By = Literal["station", "street"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A standard as it was asked for; None is "not said"."""

    minutes: float | None = None
    radius_m: float | None = None
    mode: TravelMode = TravelMode.WALK
    amenities: str = ""
    window: str | None = None
    day: DayType | None = None
    at: str | None = None
    week: str | None = None
    group: str | None = None


def as_standard(asked: Asked, zone: ZoneInfo, today: date) -> Standard:
    """Return the standard asked for; without a week it is the typical one from ``today`` on.

    Raises:
        InvalidParameterError: a value is out of range, or two exclude each other.
    """
    for name in ("window", "day", "week"):
        if asked.at is not None and getattr(asked, name) is not None:
            raise InvalidParameterError(
                "at", asked.at, f"excludes {name}: an instant has its own week and day"
            )
    minutes = DEFAULT_MINUTES if asked.minutes is None and asked.radius_m is None else asked.minutes
    return Standard(
        week=parse_week(asked.week) if asked.week is not None else typical_week(today, shipped_holidays()),
        minutes=minutes,
        radius_m=asked.radius_m,
        mode=asked.mode,
        amenities=parse_asked(asked.amenities),
        window=asked.window,
        day=asked.day,
        at=parse_instant(asked.at, zone) if asked.at is not None else None,
        group=asked.group,
        timezone=zone,
    )


def echoed(standard: Standard) -> dict[str, Any]:
    """Return the parameters as they were understood, defaults filled in, ready for JSON."""
    day = standard.day or ("weekday" if standard.window is not None else None)
    at = standard.local_at
    return {
        "minutes": standard.minutes,
        "radius_m": standard.radius_m,
        "mode": str(standard.mode),
        "amenities": list(standard.amenities),
        "window": standard.window,
        "day": day,
        "at": at.isoformat() if at else None,
        "week": standard.week.isoformat(),
        "group": standard.group,
    }


class FormParameters(BaseModel):
    """The form of an answer: JSON, GeoJSON, or a file."""

    model_config = ConfigDict(extra="forbid")

    f: Annotated[Form, Field(description="Form of the answer; all but json and geojson are files")] = "json"


class WeekParameters(FormParameters):
    """The week hours are read in."""

    week: Annotated[
        str | None,
        Field(max_length=10, description="A Monday; default the next week without holiday or make-up day"),
    ] = None


class TimeParameters(WeekParameters):
    """When, how and for whom."""

    mode: Annotated[TravelMode, Field(description="How workers come")] = TravelMode.WALK
    window: Annotated[
        WindowCode | None, Field(description="One window of the day; excludes `at`; default: the whole week")
    ] = None
    day: Annotated[
        DayType | None, Field(description="Kind of day (with `window`: weekday by default); excludes `at`")
    ] = None
    at: Annotated[
        str | None,
        Field(max_length=64, description="One instant, ISO 8601, local time when naive; excludes `week`"),
    ] = None
    group: Annotated[Group | None, Field(description="One group of workers; default: all")] = None
    demand_basis: Annotated[
        Basis | None,
        Field(description="Demand counted or modelled; default: counts where they were imported"),
    ] = None


class ReachParameters(TimeParameters):
    """Within what reach."""

    minutes: Annotated[
        Decimal | None,
        Field(gt=0, le=240, allow_inf_nan=False, description="Travel time, inclusive; default 15"),
    ] = None
    radius_m: Annotated[
        Decimal | None,
        Field(gt=0, le=50_000, allow_inf_nan=False, description="Straight line instead; excludes `minutes`"),
    ] = None

    def standard(self, zone: ZoneInfo, today: date) -> Standard:
        """Return the standard asked for.

        Raises:
            InvalidParameterError: a value is out of range, or two exclude each other.
        """
        said = self.model_dump(include=set(Asked.__dataclass_fields__))
        return as_standard(Asked(**said), zone, today)


class StandardParameters(ReachParameters):
    """A whole standard."""

    amenities: Annotated[
        str, Field(max_length=1000, description="Codes or groups, comma-separated, all required")
    ] = ""


class GapsParameters(StandardParameters):
    """A standard, and how many of the gaps."""

    top: Annotated[Whole | None, Field(ge=1, le=100_000, description="The most unserved only")] = None


class MatrixParameters(ReachParameters):
    """Reach and time, and what the rows are."""

    by: Annotated[By, Field(description="Rows: one a station, or one a street")] = "station"


class ComplianceParameters(WeekParameters):
    """The rules judged by."""

    ruleset: Annotated[str, Field(max_length=100, description="Id of a rule set (`/api/rulesets`)")] = (
        "xian-8"
    )


class AccessParameters(TimeParameters):
    """How access is measured."""

    method: Annotated[Method, Field(description="`gravity` has no competition")] = "2sfca"
    decay: Annotated[DecayName | None, Field(description="How nearness counts; not with `2sfca`")] = None
    minutes: Annotated[
        Decimal | None, Field(gt=0, le=240, allow_inf_nan=False, description="Cut-off, inclusive; default 15")
    ] = None
    steps: Annotated[
        str | None,
        Field(max_length=200, description="minutes:weight,… with `decay=step`; excludes `minutes`"),
    ] = None
    sigma_min: Annotated[
        Decimal | None, Field(gt=0, le=240, allow_inf_nan=False, description="With `decay=gaussian`")
    ] = None
    beta_per_min: Annotated[
        Decimal | None, Field(gt=0, le=100, allow_inf_nan=False, description="With `decay=exponential`")
    ] = None
    exponent: Annotated[
        Decimal | None, Field(gt=0, le=10, allow_inf_nan=False, description="With `decay=power`")
    ] = None
    seats_default: Annotated[
        Decimal, Field(ge=0, le=10_000, allow_inf_nan=False, description="Seats where the register has none")
    ] = DEFAULT_SEATS
    by: Annotated[Literal["street", "cell"], Field(description="Rows: one a street, or one a cell")] = (
        "street"
    )

    def question(self) -> AccessQuestion:
        """Return what is asked, defaults filled in.

        Raises:
            InvalidParameterError: two parameters exclude each other.
        """
        return AccessQuestion.asked(
            method=self.method,
            decay=self.decay,
            minutes=self.minutes,
            steps=parse_steps(self.steps) if self.steps is not None else None,
            sigma_min=self.sigma_min,
            beta_per_min=self.beta_per_min,
            exponent=self.exponent,
            default_seats=self.seats_default,
        )

    def standard(self, zone: ZoneInfo, today: date) -> Standard:
        """Return the standard whose reach and time the question is asked in."""
        said = self.model_dump(include={"mode", "window", "day", "at", "week", "group"})
        return as_standard(Asked(**said, minutes=self.question().cutoff_min), zone, today)
