"""Opening hours as clerks write them (``周一至周五 9:00—17:30``) turned into opening_hours, or a problem.

The text is read from left to right as words of a small vocabulary (:mod:`geo.clerk_words`): days, seasons,
clock times, breaks, "closed". Anything outside it, and anything that could be meant in two ways, is a problem
and never a guess. Where a customary meaning is taken (夏季 = May to September), ``assumptions`` says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from geo.clerk_seasons import CUSTOMARY, OTHER, customary_days, season_days, season_text, unspoken_days
from geo.clerk_words import UnclearError, Word, words
from geo.errors import InvalidDataError
from geo.opening_rules import DAY_MIN, WEEKDAYS, parse_program


@dataclass(frozen=True)
class ClerkHours:
    """What became of a clerk's text: either ``opening_hours`` or ``problem`` is set, never both."""

    opening_hours: str | None
    assumptions: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class _Days:
    """Days that share their hours; ``weekdays`` empty and ``holidays`` False = every day.

    ``season``: 夏 or 冬, the days of the year it names, or None = all year.
    """

    season: str | frozenset[int] | None = None
    weekdays: frozenset[int] = frozenset()
    holidays: bool = False

    @property
    def named(self) -> bool:
        return bool(self.weekdays) or self.holidays


@dataclass
class _Reading:
    """Everything gathered while reading; ``spans`` are minutes after midnight by days, in order."""

    spans: dict[_Days, list[tuple[int, int]]] = field(default_factory=dict)
    closed: list[_Days] = field(default_factory=list)
    breaks: list[tuple[int, int]] = field(default_factory=list)
    months: dict[str, frozenset[int]] = field(default_factory=dict)
    assumptions: list[str] = field(default_factory=list)
    workdays_only: bool = False
    holidays_as_usual: bool = False


def parse_clerk_hours(text: str | None) -> ClerkHours:
    """Return opening_hours for a clerk's text, with what was assumed, or the problem named.

    Valid opening_hours text passes through as given. Blank or None is a problem (no hours given).

    >>> parse_clerk_hours("周一至周五 9:00—17:30").opening_hours
    'Mo-Fr 09:00-17:30'
    >>> parse_clerk_hours("8:00-5:00").problem
    '8:00-5:00 could end in the afternoon or on the next day'
    """
    given = (text or "").strip()
    if not given:
        return ClerkHours(None, problem="no hours given")
    # Bare clock times are read as a clerk's even where opening_hours would take them.
    if re.search("[A-Za-z]|24/7", given) and _is_valid(given):
        return ClerkHours(given)
    try:
        reading = _read(words(given))
        result = _written(reading)
    except UnclearError as unclear:
        return ClerkHours(None, problem=str(unclear))
    if not _is_valid(result):
        return ClerkHours(None, problem=f"{given} cannot be written as opening_hours")
    return ClerkHours(result, tuple(dict.fromkeys(reading.assumptions)))


def _is_valid(text: str) -> bool:
    try:
        parse_program(text)
    except InvalidDataError:
        return False
    return True


def _read(found: list[Word]) -> _Reading:
    reading = _Reading()
    days, is_used = _Days(), False
    for word in found:
        if word.kind in _SELECTING:
            days = _select(_Days(season=days.season) if is_used else days, word, reading)
            is_used = False
        elif word.kind == "usual":
            reading.holidays_as_usual = True
            reading.assumptions.append(f"{word.text}：节假日按当天星期几的时间开放")
        elif word.kind == "break":
            reading.breaks.append((word.numbers[0], word.numbers[1]))
        elif word.kind == "closed":
            if is_used or not days.named:
                raise UnclearError(f"{word.text}: it is not said on which days")
            seasons = {other.season for other in reading.spans}
            if days.season in seasons and len(seasons) > 1:
                # "夏季…，冬季…，周日休息": a last word about both, not about winter alone.
                days = replace(days, season=None)
                reading.assumptions.append(f"最后写的{word.text}按全年理解")
            reading.closed.append(days)
            is_used = True
        else:
            if word.text.startswith("全天") and "24" not in word.text:
                reading.assumptions.append("全天按 24 小时理解")
            reading.spans.setdefault(days, []).append((word.numbers[0], word.numbers[1]))
            is_used = True
    if not is_used and days.named:
        raise UnclearError("the last days named have no clock times")
    if not reading.spans:
        raise UnclearError("no clock times given")
    return reading


_SELECTING = ("season", "months", "weekdays", "work", "daily", "holidays")


def _select(days: _Days, word: Word, reading: _Reading) -> _Days:
    """Return the days after one more word about them."""
    if word.kind == "season":
        return _Days(season=word.text[0])
    if word.kind == "months":
        # Right after 夏季 or 冬季 the months explain it.
        if isinstance(days.season, str) and not days.named and days.season not in reading.months:
            reading.months[days.season] = season_days(word.numbers)
            return days
        return _Days(season=season_days(word.numbers))
    if word.kind == "holidays":
        return replace(days, holidays=True)
    if word.kind == "work":
        reading.workdays_only = True
        reading.assumptions.append(f"{word.text}按周一至周五、节假日除外理解")
    return replace(days, weekdays=days.weekdays | frozenset(word.numbers))


def _written(reading: _Reading) -> str:
    """Return the opening_hours text: holiday rules last, since a later rule replaces an earlier one."""
    _take_breaks(reading)
    seasons = {
        season: _season_days(season, reading)
        for season in dict.fromkeys(days.season for days in (*reading.spans, *reading.closed))
        if season is not None
    }
    rules: list[str] = []
    holiday_rules: list[str] = []
    earlier: list[_Days] = []
    for days, spans in reading.spans.items():
        for other in earlier:
            _must_not_hide(other, days)
        earlier.append(days)
        alone = days.holidays and not days.weekdays
        (holiday_rules if alone else rules).append(_rule(seasons, days, _times(spans)))
    for days in reading.closed:
        if days in earlier:
            raise UnclearError("the same days are said to be open and closed")
        (holiday_rules if days.holidays else rules).append(_rule(seasons, days, "off"))
    all_year = any(days.season is None for days in reading.spans)
    if not all_year and (rest := unspoken_days(seasons.values())):
        rules.append(f"{season_text(rest)} unknown")
        reading.assumptions.append(f"{season_text(rest)} 未写明，按未知处理")
    return "; ".join(rules + holiday_rules + _workday_holidays(reading))


def _workday_holidays(reading: _Reading) -> list[str]:
    """工作日 leaves holidays out: closed then, or unknown where the text also has hours for other days."""
    says_holidays = reading.holidays_as_usual or any(
        days.holidays for days in (*reading.spans, *reading.closed)
    )
    if not reading.workdays_only or says_holidays:
        return []
    other_days = any(not days.weekdays <= set(range(5)) or not days.weekdays for days in reading.spans)
    return ["PH unknown" if other_days else "PH off"]


def _season_days(season: str | frozenset[int], reading: _Reading) -> frozenset[int]:
    """Return a season's days: as stated, else what the other stated season leaves, else the customary."""
    if not isinstance(season, str):
        return season
    if season in reading.months:
        return reading.months[season]
    if OTHER[season] in reading.months:
        days = unspoken_days([reading.months[OTHER[season]]])
        reading.assumptions.append(f"{season}季按其余日期 {season_text(days)} 理解")
        return days
    (first, _), (last, _) = CUSTOMARY[season]
    reading.assumptions.append(f"{season}季按 {first} 月至{'次年 ' if last < first else ' '}{last} 月理解")
    return customary_days(season)


def _take_breaks(reading: _Reading) -> None:
    for start, end in reading.breaks:
        holding = [
            (spans, span)
            for spans in reading.spans.values()
            for span in spans
            if span[0] < start and end < span[1]
        ]
        if len(reading.spans) != 1 or len(holding) != 1:
            raise UnclearError(f"break {_clock(start)}-{_clock(end)}: it is not clear which hours it parts")
        spans, (opens, closes) = holding[0]
        spans.remove((opens, closes))
        spans += [(opens, start), (end, closes)]


def _must_not_hide(earlier: _Days, later: _Days) -> None:
    """Refuse a general rule after a special one: opening_hours lets the later rule win."""
    if later.season is not None and later.season != earlier.season:
        return
    if not later.named and (earlier.named or earlier.season != later.season):
        raise UnclearError("hours for every day follow hours for some days: which hold is not clear")
    if earlier.weekdays & later.weekdays:
        raise UnclearError("two different hours for the same day of the week")


def _rule(seasons: dict[str | frozenset[int], frozenset[int]], days: _Days, hours: str) -> str:
    season = "" if days.season is None else season_text(seasons[days.season])
    selected = ",".join([*_weekday_ranges(days.weekdays), *(["PH"] if days.holidays else [])])
    if not season and not selected and hours == "00:00-24:00":
        return "24/7"
    return " ".join(part for part in (season, selected, hours) if part)


def _weekday_ranges(weekdays: frozenset[int]) -> list[str]:
    ranges: list[list[int]] = []
    for day in sorted(weekdays):
        if ranges and ranges[-1][-1] == day - 1:
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return [
        WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}" for run in ranges
    ]


def _times(spans: list[tuple[int, int]]) -> str:
    ordered = sorted(spans)
    for (_, end), (start, _) in pairwise(ordered):
        if start < end:
            raise UnclearError(f"hours overlap at {_clock(start)}")
    return ",".join(f"{_clock(start)}-{_clock(_wrapped(start, end))}" for start, end in ordered)


def _wrapped(start: int, end: int) -> int:
    """Return the end as OSM writes it: 26:00 as 02:00 unless that would read as the same day."""
    return end - DAY_MIN if end > DAY_MIN and end - DAY_MIN < start else end


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
