"""Is a station open? OSM ``opening_hours`` with China's holidays, three-valued: open, closed, unknown.

Rules are read by :mod:`geo.opening_rules` on top of the ``opening-hours-py`` package; this module decides
which days they hold on and lays the days side by side.

**Days.** ``PH`` holds on every holiday of the shipped calendar (the package's own China knows one day per
festival). Without a ``PH`` rule, weekday rules hold on holidays too, as written. Where a day is not certain,
every possibility is evaluated and a minute is known only if all agree:

- a make-up day (weekend day worked in exchange): as the weekend day it is, and as each of Monday to Friday.
  So ``Mo-Fr 09:00-17:00`` is unknown 09:00-17:00 and closed at night, while rules without weekdays,
  ``Mo-Su``, and explicit dates (``2026 Oct 10 09:00-12:00``) stay known. A comment with ``含调休上班日`` or
  ``make-up workdays included`` says that weekday rules apply; then only Monday to Friday are tried;
- a year the calendar lacks: ``PH`` as holding and as not holding. ``Mo-Fr 09:00-17:00; PH off`` is unknown
  on weekdays 09:00-17:00, and still closed at night and at weekends;
- ``SH``: no calendar of school holidays is shipped, so every day is such a day of a missing year.

**Over midnight.** A span belongs to the day it starts on. It runs on into the next day even if other rules
hold there, unless that day is ``off``; a day that is ``off`` starts no span. (The package cuts spans at
midnight when the next day has its own rule, and lets a span run out of a day that was off.)

**Fallback.** What follows ``||`` applies at every minute the rules before leave closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.errors import InvalidParameterError
from geo.holidays import HolidayCalendar, shipped_holidays
from geo.opening_rules import ALWAYS_UNKNOWN, DAY_MIN, Paint, Program, Rule, Span, parse_program, selects

DEFAULT_TIMEZONE = ZoneInfo("Asia/Shanghai")
QUARTERS_PER_WEEK = 672
# Two years and a month: every yearly pattern, Feb 29 apart, shows within it.
HORIZON_DAYS = 760

_YEARS = (1901, 9990)
_OPEN, _CLOSED, _UNKNOWN = 1, 0, -1
_ONE_DAY = timedelta(days=1)
_FULL_DAY_OFF = Span(0, DAY_MIN, Paint.OFF)


@dataclass(frozen=True)
class Interval:
    """A stretch of one state, half-open: ``is_open`` is True, False or None (unknown)."""

    start: datetime
    end: datetime
    is_open: bool | None


@dataclass(frozen=True)
class OpeningHours:
    """Opening hours of one station; ``text`` is kept as given, None means the hours are unknown.

    Naive times are wall-clock times in ``timezone``; aware times are converted to it. Answers are naive for
    naive questions and in ``timezone`` for aware ones. Instants and weeks outside the years 1901-9990 raise
    InvalidParameterError.

    >>> hours = OpeningHours.parse("Mo-Fr 09:00-12:00,14:00-18:00; PH off")
    >>> hours.is_open(datetime(2026, 9, 30, 10)), hours.is_open(datetime(2026, 10, 1, 10))
    (True, False)
    >>> print(OpeningHours.parse(None).is_open(datetime(2026, 9, 30, 10)))
    None
    """

    text: str | None
    program: Program = field(compare=False, repr=False)
    timezone: ZoneInfo
    holidays: HolidayCalendar = field(repr=False)

    @classmethod
    def parse(
        cls,
        text: str | None,
        *,
        timezone: ZoneInfo = DEFAULT_TIMEZONE,
        holidays: HolidayCalendar | None = None,
    ) -> OpeningHours:
        """Read an opening_hours text; ``holidays`` defaults to the shipped calendar.

        Raises:
            InvalidDataError: blank or not opening_hours; names the text and the column.
            InvalidParameterError: neither a text nor None.
        """
        if text is not None and not isinstance(text, str):
            raise InvalidParameterError("hours", text, "must be a text; unknown hours are None")
        program = ALWAYS_UNKNOWN if text is None else parse_program(text)
        return cls(text, program, timezone, shipped_holidays() if holidays is None else holidays)

    def is_open(self, at: datetime) -> bool | None:
        """Return True (open), False (closed) or None (unknown) at an instant."""
        local = self._local(at)
        return _as_bool(int(self._day(local.date())[local.hour * 60 + local.minute]))

    def state(self, at: datetime) -> str:
        """Return ``open``, ``closed`` or ``unknown`` at an instant."""
        return {True: "open", False: "closed", None: "unknown"}[self.is_open(at)]

    def next_change(self, at: datetime) -> datetime | None:
        """Return the first instant after ``at`` with another state than at ``at``.

        None if there is none within ``HORIZON_DAYS`` (about two years), as for ``24/7``.
        """
        local = self._local(at)
        minute = local.hour * 60 + local.minute
        today = self._day(local.date())
        now = today[minute]
        found = np.flatnonzero(today[minute:] != now)
        if found.size:
            return self._answer(local.date(), minute + int(found[0]), at)
        for offset in range(1, HORIZON_DAYS + 1):
            day = local.date() + timedelta(days=offset)
            found = np.flatnonzero(self._day(day) != now)
            if found.size:
                return self._answer(day, int(found[0]), at)
        return None

    def intervals(self, start: datetime, end: datetime) -> tuple[Interval, ...]:
        """Return the states from ``start`` to ``end``: touching, merged, covering the whole range.

        The first begins at ``start``, the last ends at ``end``; empty when ``end <= start``.
        """
        first, last = self._local(start), self._local(end)
        if last <= first:
            return ()
        days = (last.date() - first.date()).days + 1
        minutes = np.concatenate([self._day(first.date() + timedelta(days=step)) for step in range(days)])
        midnight = datetime.combine(first.date(), time())
        from_min = (first - midnight) // timedelta(minutes=1)
        to_min = -((midnight - last) // timedelta(minutes=1))
        window = minutes[from_min:to_min]
        cuts = [0, *(np.flatnonzero(np.diff(window)) + 1).tolist(), window.size]
        edges = [self._answer(first.date(), from_min + cut, start) for cut in cuts[1:-1]]
        zoned = [self._in_zone(first, start), *edges, self._in_zone(last, start)]
        return tuple(
            Interval(zoned[index], zoned[index + 1], _as_bool(int(window[cut])))
            for index, cut in enumerate(cuts[:-1])
        )

    def week_bitmap(self, week_start: date) -> NDArray[np.bool_]:
        """Return 672 quarter-hours from 00:00 of ``week_start`` (a Monday): True = known to be open.

        A quarter-hour has the state of its first minute. Unknown is False here, see
        :meth:`week_unknown_bitmap`. Read-only and shared between stations with the same text.
        """
        return _week(self.program, self.holidays, _as_date(week_start))[0]

    def week_unknown_bitmap(self, week_start: date) -> NDArray[np.bool_]:
        """Return 672 quarter-hours like :meth:`week_bitmap`: True = the state is unknown."""
        return _week(self.program, self.holidays, _as_date(week_start))[1]

    def _day(self, day: date) -> NDArray[np.int8]:
        return _day_states(self.program, self.holidays, day)

    def _local(self, at: datetime) -> datetime:
        _must_be_evaluable("at", at)
        return at if at.tzinfo is None else at.astimezone(self.timezone).replace(tzinfo=None)

    def _answer(self, day: date, minute: int, asked: datetime) -> datetime:
        return self._in_zone(datetime.combine(day, time()) + timedelta(minutes=minute), asked)

    def _in_zone(self, local: datetime, asked: datetime) -> datetime:
        return local if asked.tzinfo is None else local.replace(tzinfo=self.timezone)


def _as_bool(state: int) -> bool | None:
    return None if state == _UNKNOWN else state == _OPEN


def _as_date(day: date) -> date:
    _must_be_evaluable("week", day)
    return day.date() if isinstance(day, datetime) else day


def _must_be_evaluable(name: str, day: date) -> None:
    """Refuse years the package calls closed or whose neighbours no calendar holds."""
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise InvalidParameterError(name, day.isoformat(), f"year must be {_YEARS[0]}-{_YEARS[1]}")


@lru_cache(maxsize=16_384)
def _week(
    program: Program, calendar: HolidayCalendar, start: date
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    days = [_day_states(program, calendar, start + timedelta(days=step))[::15] for step in range(7)]
    states = np.concatenate(days)
    known_open, unknown = states == _OPEN, states == _UNKNOWN
    known_open.flags.writeable = unknown.flags.writeable = False
    return known_open, unknown


@lru_cache(maxsize=262_144)
def _day_states(program: Program, calendar: HolidayCalendar, day: date) -> NDArray[np.int8]:
    """Return the state of each minute of a day: 1 open, 0 closed, -1 unknown."""
    return _lay_out(program, _patterns(program, calendar, day - _ONE_DAY), _patterns(program, calendar, day))


def _patterns(program: Program, calendar: HolidayCalendar, day: date) -> tuple[tuple[bool, ...], ...]:
    """Return which rules hold on a day, once for every way the day may be meant, without repeats."""
    roles: tuple[int | None, ...] = (None,)
    if calendar.is_makeup_day(day) and any(rule.by_weekday for rule in program.rules):
        roles = (0, 1, 2, 3, 4) if program.includes_makeup_days else (None, 0, 1, 2, 3, 4)
    codes = {code for rule in program.rules for code, _ in rule.holidays}
    guesses = product((False, True), repeat=len(codes)) if codes else iter([()])
    return tuple(
        dict.fromkeys(
            tuple(
                _holds(rule, day, role, calendar, dict(zip(sorted(codes), guess, strict=True)))
                for rule in program.rules
            )
            for role, guess in product(roles, guesses)
        )
    )


def _holds(
    rule: Rule, day: date, role: int | None, calendar: HolidayCalendar, guess: dict[str, bool]
) -> bool:
    """Return whether a rule holds on ``day`` played as weekday ``role`` (None: as the day it is)."""
    if rule.seasons and not selects(rule.seasons, day):
        return False
    if not (rule.weekdays or rule.dated or rule.holidays):
        return True
    if role is None:
        on_weekday = day.weekday() in rule.weekdays or any(selects(text, day) for text in rule.dated)
    else:
        on_weekday = role in rule.weekdays
    on_holiday = any(
        _is_holiday(code, day - timedelta(days=offset), calendar, guess) for code, offset in rule.holidays
    )
    return on_weekday and on_holiday if rule.needs_both else on_weekday or on_holiday


def _is_holiday(code: str, day: date, calendar: HolidayCalendar, guess: dict[str, bool]) -> bool:
    known = calendar.is_holiday(day) if code == "PH" else None
    return guess[code] if known is None else known


@lru_cache(maxsize=16_384)
def _lay_out(
    program: Program, yesterday: tuple[tuple[bool, ...], ...], today: tuple[tuple[bool, ...], ...]
) -> NDArray[np.int8]:
    """Return a day's states from the rules that hold on it and, for spans over midnight, the day before."""
    worlds = [_one_world(program, before, now) for before, now in product(yesterday, today)]
    states = worlds[0].copy()
    for other in worlds[1:]:
        states[states != other] = _UNKNOWN
    states.flags.writeable = False
    return states


def _one_world(program: Program, before: tuple[bool, ...], now: tuple[bool, ...]) -> NDArray[np.int8]:
    states = np.full(DAY_MIN, _CLOSED, dtype=np.int8)
    first = 0
    for layer in program.layers:
        own = slice(first, first + len(layer))
        first += len(layer)
        paint = np.maximum(_painted(layer, before[own])[DAY_MIN:], _painted(layer, now[own])[:DAY_MIN])
        free = states == _CLOSED
        states[free & (paint == Paint.OPEN)] = _OPEN
        states[free & (paint == Paint.UNKNOWN)] = _UNKNOWN
    return states


def _painted(layer: tuple[Rule, ...], holds: tuple[bool, ...]) -> NDArray[np.int8]:
    """Return what the holding rules of a layer paint on their day and the next: 2880 minutes."""
    canvas = np.zeros(2 * DAY_MIN, dtype=np.int8)
    for rule in _holding(layer, holds):
        # As the specification has it, "off" takes away and never replaces the rules before it.
        if rule.replaces and any(span.paint is not Paint.OFF for span in rule.spans):
            canvas[:] = Paint.NOTHING
        for span in rule.spans:
            canvas[span.start_min : span.end_min] = span.paint
        if any(span == _FULL_DAY_OFF for span in rule.spans):
            # Nothing starts on a day that is off, so nothing runs out of it either.
            canvas[DAY_MIN:] = Paint.NOTHING
    return canvas


def _holding(layer: tuple[Rule, ...], holds: tuple[bool, ...]) -> Iterator[Rule]:
    return (rule for rule, does in zip(layer, holds, strict=True) if does)
