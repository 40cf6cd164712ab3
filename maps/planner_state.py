"""What a planner's page is asked: threshold, service, time and group, all of it in the page's address.

The parameters are those of the API, so a page's numbers and a file's come from the same question. Pages take
what they understand and leave the rest: an unknown or wrong value is as if it weren't there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from geo.amenities import parse_asked
from geo.bilingual import Lang
from geo.demand import GROUPS
from geo.errors import InvalidParameterError
from geo.opening_hours import DEFAULT_TIMEZONE
from geo.standard import DEFAULT_MINUTES, Standard
from geo.time_windows import WINDOWS, DayType, parse_week

MINUTES: tuple[float, ...] = (5.0, 10.0, 15.0)
RADIUS_M = 1000.0
DemandBasis = Literal["modelled", "measured"]
ShownTheme = Literal["coverage", "cause", "minutes", "demand", "difference", "none"]
LAYERS = ("plan", "service", "verdict", "gaps", "zones", "places", "streets")
"""The map's layers a reader may turn on and off, beside its theme."""


@dataclass(frozen=True)
class PlannerState:
    """The switches of the planner's pages. ``day`` None is the whole week, or weekdays where a window is set.

    ``demand_basis`` None is what the register has: counts where they were imported, else the model.
    ``target`` is the share the district wants, a whole percent; it is the reader's own and shapes no figure.
    ``theme`` and ``layers`` are what the map shows where that is not as it opens by itself: ``zones`` is on
    then, ``-gaps`` off.

    >>> PlannerState.read({"minutes": "10", "window": "T3", "colour": "red"}).query()
    '?minutes=10&window=T3'
    """

    minutes: float | None = DEFAULT_MINUTES
    radius_m: float | None = None
    amenities: tuple[str, ...] = ()
    window: str | None = None
    day: DayType | None = None
    group: str | None = None
    week: date | None = None
    demand_basis: DemandBasis | None = None
    target: int | None = None
    theme: ShownTheme | None = None
    layers: tuple[str, ...] = ()
    lang: Lang = "zh"

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> PlannerState:
        """Return the state an address asks for."""
        radius_m = _number(asked.get("radius_m", ""), 50_000.0)
        minutes = _number(asked.get("minutes", ""), 240.0) or DEFAULT_MINUTES
        return cls(
            minutes=None if radius_m else minutes,
            radius_m=radius_m,
            amenities=_amenities(asked.get("amenities", "")),
            window=asked["window"] if asked.get("window") in WINDOWS else None,
            day=next((day for day in get_args(DayType) if day == asked.get("day")), None),
            group=asked["group"] if asked.get("group") in GROUPS else None,
            week=_week(asked.get("week", "")),
            demand_basis=next(
                (basis for basis in get_args(DemandBasis) if basis == asked.get("demand_basis")), None
            ),
            target=_target(asked.get("target", "")),
            theme=next((one for one in get_args(ShownTheme) if one == asked.get("theme")), None),
            layers=_layers(asked.get("layers", "")),
            lang="en" if asked.get("lang") == "en" else "zh",
        )

    @property
    def shown_day(self) -> DayType | None:
        """The kind of day the figures are of: weekdays where a window says no other."""
        return self.day or ("weekday" if self.window else None)

    @property
    def is_hours(self) -> bool:
        """Whether figures are demand-hours: no window is set."""
        return self.window is None

    def parameters(self, *, page: bool = True) -> dict[str, str]:
        """Return what differs from the defaults, as in an address; ``page`` adds what shapes no figure."""
        values: dict[str, str] = {}
        if self.minutes is not None and self.minutes != DEFAULT_MINUTES:
            values["minutes"] = f"{self.minutes:g}"
        if self.radius_m is not None:
            values["radius_m"] = f"{self.radius_m:g}"
        if self.amenities:
            values["amenities"] = ",".join(self.amenities)
        for name, value in (("window", self.window), ("day", self.day), ("group", self.group)):
            if value:
                values[name] = value
        if self.week:
            values["week"] = self.week.isoformat()
        if self.demand_basis:
            values["demand_basis"] = self.demand_basis
        if page and self.target is not None:
            values["target"] = str(self.target)
        if page and self.theme:
            values["theme"] = self.theme
        if page and self.layers:
            values["layers"] = ",".join(self.layers)
        if page and self.lang == "en":
            values["lang"] = "en"
        return values

    def query(self, **more: str) -> str:
        """Return the address's query with its question mark, empty where all is as by default."""
        values = {**self.parameters(), **more}
        return f"?{urlencode(values, safe=',')}" if values else ""

    def api_query(self, **more: str) -> str:
        """Return the same question as the API takes it."""
        values = {**self.parameters(page=False), **more}
        return f"?{urlencode(values, safe=',')}" if values else ""

    def shows(self, layer: str, usually: bool) -> bool:
        """Return whether the map shows a layer; ``usually`` is what it does by itself.

        >>> state = PlannerState.read({"layers": "zones,-gaps"})
        >>> state.shows("zones", False), state.shows("gaps", True), state.shows("places", True)
        (True, False, True)
        """
        return layer in self.layers or (usually and f"-{layer}" not in self.layers)

    def standard(self, week: date, zone: ZoneInfo = DEFAULT_TIMEZONE) -> Standard:
        """Return the standard asked for; ``week`` where the address names none."""
        return Standard(
            week=self.week or week,
            minutes=self.minutes,
            radius_m=self.radius_m,
            amenities=self.amenities,
            window=self.window,
            day=self.day,
            group=self.group,
            timezone=zone,
        )

    def whole_week(self) -> PlannerState:
        """Return the same question about the whole week: what the clock chart shows."""
        return replace(self, window=None, day=None)


def _target(text: str) -> int | None:
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return value if 1 <= value <= 100 else None


def _layers(text: str) -> tuple[str, ...]:
    asked = set(text[:200].split(","))
    return tuple(one for layer in LAYERS for one in (layer, f"-{layer}") if one in asked)


def _number(text: str, limit: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= limit else None


def _amenities(text: str) -> tuple[str, ...]:
    try:
        return parse_asked(text)
    except InvalidParameterError:
        return ()


def _week(text: str) -> date | None:
    try:
        return parse_week(text)
    except InvalidParameterError:
        return None
