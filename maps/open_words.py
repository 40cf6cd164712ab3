"""Open state of a door in words, and the 28 days of intervals a phone needs to say the same offline.

A ``Timeline`` holds the states of one hours text as runs of minutes, holidays applied; the phone only
compares times with it. Past its last minute nothing is known. Minutes are UTC minutes since 1970.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from geo.bilingual import Lang
from geo.holidays import HolidayCalendar
from geo.opening_hours import OpeningHours
from geo.report_rules import Doubt
from geo.stations import Station
from geo.vocabulary import SERVING_STATUSES
from maps.texts import say

PHONE_DAYS = 28
SOON_MIN = 30
_LUNCH_FROM_MIN, _LUNCH_TO_MIN = 11 * 60, 15 * 60 + 30
_DAY_MIN = 24 * 60

Code = Literal["open", "soon", "closed", "unknown", "stopped"]


@dataclass(frozen=True)
class Run:
    """A stretch of one state: ``o`` open, ``c`` closed, ``u`` unknown; half-open, in UTC minutes."""

    state: str
    start_min: int
    end_min: int


@dataclass(frozen=True)
class Timeline:
    """The touching runs of one hours text."""

    runs: tuple[Run, ...]

    @property
    def always_open(self) -> bool:
        """True when every minute is known to be open."""
        return len(self.runs) == 1 and self.runs[0].state == "o"

    def encode(self) -> str:
        """Return the runs as state and length in minutes, such as ``c480o600c360``."""
        return "".join(f"{run.state}{run.end_min - run.start_min}" for run in self.runs)

    def index_at(self, minute: float) -> int | None:
        """Return which run holds ``minute``; None outside the timeline."""
        for index, run in enumerate(self.runs):
            if run.start_min <= minute < run.end_min:
                return index
        return None


@dataclass(frozen=True)
class DoorState:
    """State of a door at one instant with the next change, in UTC minutes where known."""

    code: Code
    until_min: int | None = None
    opens_min: int | None = None
    lunch: bool = False
    always: bool = False
    words_key: str | None = None


def utc_minute(at: datetime) -> float:
    """Return an aware instant as UTC minutes since 1970.

    >>> utc_minute(datetime(1970, 1, 2, tzinfo=UTC))
    1440.0
    """
    return at.timestamp() / 60


def offset_min(at: datetime, zone: ZoneInfo) -> int:
    """Return the zone's offset from UTC at ``at``, minutes."""
    offset = at.astimezone(zone).utcoffset() or timedelta(0)
    return int(offset.total_seconds()) // 60


@lru_cache(maxsize=4096)
def timeline(
    text: str | None, first_day: date, zone: ZoneInfo, holidays: HolidayCalendar | None = None
) -> Timeline:
    """Return the states of an hours text from ``first_day`` 00:00 for 29 days (a day before, 28 ahead).

    Raises:
        InvalidDataError: the text is not opening hours.
    """
    hours = OpeningHours.parse(text, timezone=zone, holidays=holidays)
    start = datetime.combine(first_day, time(), tzinfo=zone)
    end = datetime.combine(first_day + timedelta(days=PHONE_DAYS + 1), time(), tzinfo=zone)
    letters = {True: "o", False: "c", None: "u"}
    return Timeline(
        tuple(
            Run(letters[part.is_open], int(utc_minute(part.start)), int(utc_minute(part.end)))
            for part in hours.intervals(start, end)
        )
    )


def station_timeline(
    station: Station, now: datetime, zone: ZoneInfo, holidays: HolidayCalendar | None = None
) -> Timeline:
    """Return the timeline of a station's hours, beginning yesterday."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return timeline(station.hours, yesterday, zone, holidays)


def door_state(line: Timeline, minute: float, tz_min: int) -> DoorState:
    """Return the state at ``minute``; ``tz_min`` is the local offset, for telling a lunch break."""
    index = line.index_at(minute)
    if index is None:
        return DoorState("unknown")
    run = line.runs[index]
    last = index == len(line.runs) - 1
    if run.state == "u":
        return DoorState("unknown")
    if run.state == "o":
        until = None if last else run.end_min
        soon = until is not None and until - minute <= SOON_MIN
        return DoorState("soon" if soon else "open", until_min=until, always=line.always_open)
    if last or line.runs[index + 1].state != "o":
        return DoorState("closed")
    begins, ends = (run.start_min + tz_min) % _DAY_MIN, (run.end_min + tz_min) % _DAY_MIN
    lunch = _LUNCH_FROM_MIN <= begins < ends <= _LUNCH_TO_MIN and run.end_min - run.start_min < _DAY_MIN
    return DoorState("closed", opens_min=run.end_min, lunch=lunch)


def station_state(
    station: Station, now: datetime, zone: ZoneInfo, holidays: HolidayCalendar | None = None
) -> DoorState:
    """Return the state of a station: a station out of service is ``stopped`` whatever its hours.

    A closure past its ``status_until`` is unknown (being checked), never open.
    """
    if station.status in SERVING_STATUSES:
        line = station_timeline(station, now, zone, holidays)
        return door_state(line, utc_minute(now), offset_min(now, zone))
    until = closure_end_min(station, zone)
    if until is not None and utc_minute(now) >= until:
        return DoorState("unknown", words_key="unknown_status")
    key = {"temporarily_closed": "stopped"}.get(station.status, station.status)
    return DoorState("stopped", until_min=until, words_key=key)


def closure_end_min(station: Station, zone: ZoneInfo) -> int | None:
    """Return the end of the day ``status_until`` of a closure in UTC minutes, None without one."""
    if station.status not in ("temporarily_closed", "rectifying") or station.status_until is None:
        return None
    end = datetime.combine(station.status_until + timedelta(days=1), time(), tzinfo=zone)
    return int(utc_minute(end))


def when_words(target_min: int, now_min: float, tz_min: int, lang: Lang) -> str:
    """Return a time to come as a worker says it: 18:00, 24:00, 明天 08:30, 周一 08:30, 12月3日 08:30."""
    target_day, minute = divmod(target_min + tz_min, _DAY_MIN)
    days = target_day - math.floor(now_min + tz_min) // _DAY_MIN
    if days == 1 and minute == 0:
        return "24:00"
    clock = f"{minute // 60:02d}:{minute % 60:02d}"
    if days <= 0:
        return clock
    if days == 1:
        return say(lang, "tomorrow", time=clock)
    day = datetime.fromtimestamp(target_day * _DAY_MIN * 60, tz=UTC).date()
    if days <= 6:
        return say(lang, "weekday_at", day=weekday_words(day, lang), time=clock)
    return say(lang, "date_at", date=date_words(day, lang), time=clock)


def date_words(day: date, lang: Lang) -> str:
    """Return month and day.

    >>> date_words(date(2026, 11, 3), "zh"), date_words(date(2026, 11, 3), "en")
    ('11月3日', '3 Nov')
    """
    return say(lang, "date", m=say(lang, "months").split()[day.month - 1], d=day.day)


def weekday_words(day: date, lang: Lang) -> str:
    """Return the day of the week, 周一 or Mon."""
    return say(lang, "weekdays").split()[day.weekday()]


def doubt_words(doubt: Doubt, today: date, zone: ZoneInfo, lang: Lang) -> str:
    """Return what workers report of a station in doubt, seen on ``today``."""
    day = doubt.last_at.astimezone(zone).date()
    if (today - day).days in (0, 1):
        when = say(lang, "today" if day == today else "yesterday")
    else:
        when = say(lang, "doubt_on", date=date_words(day, lang))
    what = "".join(say(lang, "doubt_quote", what=say(lang, f"doubt_{kind}")) for kind in doubt.kinds[:2])
    return say(lang, "doubt", day=when, n=doubt.people, what=what)


def state_words(state: DoorState, now_min: float, tz_min: int, lang: Lang) -> str:
    """Return the state with its next change in one short line."""

    def when(target_min: int) -> str:
        return when_words(target_min, now_min, tz_min, lang)

    words = say(lang, state.words_key or "unknown")
    if state.code == "soon" and state.until_min is not None:
        words = say(lang, "closing", n=math.ceil(state.until_min - now_min))
    elif state.code == "open" and state.until_min is not None:
        # 到 20:00 with a space before digits, 到明天 02:00 without one
        words = re.sub(r"到 (?=\D)", "到", say(lang, "open_until", when=when(state.until_min)))
    elif state.code == "open":
        words = say(lang, "open_always" if state.always else "open_plain")
    elif state.code == "closed" and state.opens_min is not None:
        words = say(lang, "lunch" if state.lunch else "opens", when=when(state.opens_min))
    elif state.code == "closed":
        words = say(lang, "closed_unknown")
    elif state.words_key == "stopped" and state.until_min is not None:
        last_day = datetime.fromtimestamp((state.until_min - 1 + tz_min) * 60, tz=UTC).date()
        words = say(lang, "stopped_until", when=date_words(last_day, lang))
    return words
