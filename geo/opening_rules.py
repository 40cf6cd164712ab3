"""One opening_hours text taken apart: rules, the days each speaks of, the minutes it paints.

The ``opening-hours-py`` package parses the text, refuses bad ones, prints them in one canonical spelling and
answers which days a season, week number, date or "second Monday" selects. Everything that depends on what a
*day* is in China (holidays, make-up days) or that the package gets wrong is done by the caller on the rules
found here. What the package (2.1.4) does and this module does not follow:

- blanks alone are read as 24/7: refused here;
- a comment alone (``"by appointment"``) is read as open; the specification says unknown;
- ``09:00+`` (open end) is read as open till midnight, sun times without a place as 07:00-19:00, and
  ``10:00-16:00/30`` (points in time) as open throughout: unknown here;
- ``PH Mo-Fr`` (holidays that fall on Monday-Friday) is read as ``PH,Mo-Fr``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from functools import lru_cache

import opening_hours as package

from geo.errors import InvalidDataError, Problem

# The package exports the class but its type stub leaves it out.
_ParserError: type[Exception] = vars(package)["ParserError"]

DAY_MIN = 1440
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# A comment with one of these words says that weekday rules hold on make-up working days too.
MAKEUP_INCLUDED = ("含调休上班日", "make-up workdays included")


class Paint(IntEnum):
    """What a rule writes on a minute; when two days meet on one, the greater wins."""

    NOTHING = 0
    UNKNOWN = 1
    OPEN = 2
    OFF = 3


@dataclass(frozen=True)
class Span:
    """Minutes after the midnight that starts the day; ``end_min`` may reach into the next day."""

    start_min: int
    end_min: int
    paint: Paint


@dataclass(frozen=True)
class Rule:
    """One rule: on the days it selects it paints its spans over (or instead of) the rules before.

    ``seasons`` and each of ``dated`` (``Mo[1]``) are selectors the package evaluates; ``holidays`` are
    (``PH`` or ``SH``, days of offset). With ``needs_both`` a day must satisfy weekday and holiday part.
    """

    replaces: bool
    seasons: str
    weekdays: frozenset[int]
    dated: tuple[str, ...]
    holidays: tuple[tuple[str, int], ...]
    needs_both: bool
    spans: tuple[Span, ...]

    @property
    def by_weekday(self) -> bool:
        """Whether the rule speaks of days of the week, all seven named at once not counting."""
        return bool(self.dated) or 0 < len(self.weekdays) < 7


@dataclass(frozen=True, eq=False)
class Program:
    """All rules of a text; ``layers`` are parted by ``||``, each filling what those before leave closed.

    One text has one program (see :func:`parse_program`), compared by identity: it keys the caches.
    """

    layers: tuple[tuple[Rule, ...], ...]
    includes_makeup_days: bool = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule in order."""
        return tuple(rule for layer in self.layers for rule in layer)


ALWAYS_UNKNOWN = Program(
    layers=((Rule(True, "", frozenset(), (), (), False, (Span(0, DAY_MIN, Paint.UNKNOWN),)),),)
)

_WEEKDAY = f"(?:{'|'.join(WEEKDAYS)})"
_DATED = rf"{_WEEKDAY}\[[-\d,]+\](?: [+-]\d+ days?)?"
_HOLIDAY = r"[PS]H(?: [+-]?\d+ days?)?"
_TOKEN = rf"(?:{_DATED}|{_WEEKDAY}(?:-{_WEEKDAY})?|{_HOLIDAY})"
_EVENT = r"(?:dawn|sunrise|sunset|dusk)"
_TIME = rf"(?:\d\d:\d\d|\({_EVENT}[+-]\d\d:\d\d\)|{_EVENT})"
_SPAN = rf"{_TIME}(?:-{_TIME})?\+?(?:/[\d:]+)?"
_SPLIT = re.compile(r'"[^"]*"|(?P<separator>; | \|\| |, )')
_MODIFIER = re.compile(
    r'^(?P<selectors>.*?)(?:(?:^| )(?P<kind>closed|unknown))?(?:(?:^| )"(?P<comment>[^"]*)")?$'
)
_TIMES_AT_END = re.compile(rf"(?:^| )(?P<times>{_SPAN}(?:,{_SPAN})*)$")
_DAYS_AT_END = re.compile(rf"(?:^| )(?P<days>{_TOKEN}(?:,{_TOKEN})*)$")
_ONE_SPAN = re.compile(rf"(?P<start>{_TIME})(?:-(?P<end>{_TIME}))?(?P<plus>\+)?(?P<every>/[\d:]+)?")
_COMMENT_AS_WRITTEN = re.compile(
    r'(?:\b(?P<kind>open|closed|off|unknown)\s+)?"(?P<words>[^"]*)"', re.IGNORECASE
)
_HOLIDAY_BESIDE_WEEKDAY = re.compile(
    rf"{_HOLIDAY}(?P<a>[ ,])(?i:{_WEEKDAY})|(?i:{_WEEKDAY})(?:\[[-\d,]+\])?(?P<b>[ ,])[PS]H"
)


@lru_cache(maxsize=65_536)
def parse_program(text: str) -> Program:
    """Return the rules of an opening_hours text.

    Raises:
        InvalidDataError: the text is blank or not opening_hours; names the text and the column.
    """
    if not text.strip():
        raise _refused(text, "hours text is blank; unknown hours are null")
    canonical = str(_parsed(text))
    # A comment alone says "unknown", but one that only speaks of make-up days leaves nothing open.
    comments = [
        match["kind"] is not None or match["words"].strip() in MAKEUP_INCLUDED
        for match in _COMMENT_AS_WRITTEN.finditer(text)
    ]
    unquoted = re.sub(r'"[^"]*"', "", text)
    joints = [match["a"] or match["b"] for match in _HOLIDAY_BESIDE_WEEKDAY.finditer(unquoted)]
    pieces = list(_pieces(canonical))
    # If the canonical text dropped a comment they no longer pair up; then no comment vouches for "open".
    paired = comments if len(comments) == sum('"' in piece for _, piece in pieces) else []
    vouched, joined = iter(paired), iter(joints)
    layers: list[list[Rule]] = [[]]
    for separator, piece in pieces:
        modifier = _MODIFIER.match(piece)
        if modifier is None:
            raise _refused(text, f"cannot read the rule {piece!r}")
        paint = {"closed": Paint.OFF, "unknown": Paint.UNKNOWN, None: Paint.OPEN}[modifier["kind"]]
        if modifier["comment"] is not None and not next(vouched, False) and paint is Paint.OPEN:
            paint = Paint.UNKNOWN
        if separator == " || ":
            layers.append([])
        layers[-1].append(_rule(modifier["selectors"], paint, separator != ", ", joined))
    return Program(
        layers=tuple(tuple(layer) for layer in layers),
        includes_makeup_days=any(
            phrase in comment for comment in re.findall(r'"([^"]*)"', text) for phrase in MAKEUP_INCLUDED
        ),
    )


@lru_cache(maxsize=262_144)
def selects(selector: str, day: date) -> bool:
    """Return whether a date selector (``Jul-Aug``, ``week01``, ``Mo[2]``) holds on ``day``."""
    return _parsed(selector).is_open(datetime.combine(day, time(12)))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> package.OpeningHours:
    try:
        return package.OpeningHours(text, auto_country=False, auto_timezone=False)
    except _ParserError as error:
        lines = str(error).splitlines()
        found = re.search(r"--> 1:(\d+)", str(error))
        reason = lines[-1].strip(" =") if len(lines) > 1 else str(error)
        raise _refused(
            text, f"not opening_hours at column {found[1]}: {reason}" if found else reason
        ) from error


def _refused(text: str, message: str) -> InvalidDataError:
    return InvalidDataError([Problem("opening hours", None, "hours", text, message)])


def _pieces(canonical: str) -> Iterator[tuple[str, str]]:
    """Yield (separator before it, rule text) for each rule of a canonical text."""
    start, separator = 0, "; "
    for match in _SPLIT.finditer(canonical):
        if match["separator"] is not None:
            yield separator, canonical[start : match.start()]
            start, separator = match.end(), match["separator"]
    yield separator, canonical[start:]


def _rule(selectors: str, paint: Paint, replaces: bool, joined: Iterator[str]) -> Rule:
    rest = "" if selectors == "24/7" else selectors
    times = _TIMES_AT_END.search(rest)
    spans = _spans(times["times"], paint) if times else (Span(0, DAY_MIN, paint),)
    rest = rest[: times.start()] if times else rest
    days = _DAYS_AT_END.search(rest)
    # "Mar Su[-1]-Oct Su[-1]" ends like a weekday but is one date range: what is left must stand alone.
    if days and days.start() > 0 and not package.validate(rest[: days.start()]):
        days = None
    tokens = re.findall(_TOKEN, days["days"]) if days else []
    rest = rest[: days.start()] if days else rest
    holidays = tuple(_holiday(token) for token in tokens if token[1] == "H")
    plain = [token for token in tokens if token[1] != "H" and "[" not in token]
    weekdays = frozenset(number for token in plain for number in _weekday_range(token))
    dated = tuple(token for token in tokens if "[" in token)
    return Rule(
        replaces=replaces,
        seasons=rest,
        weekdays=weekdays,
        dated=dated,
        holidays=holidays,
        needs_both=bool(holidays and (weekdays or dated)) and next(joined, ",") == " ",
        spans=spans,
    )


def _holiday(token: str) -> tuple[str, int]:
    offset = re.search(r"[+-]?\d+", token)
    return token[:2], int(offset[0]) if offset else 0


def _weekday_range(token: str) -> Iterator[int]:
    first, _, last = token.partition("-")
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last or first) - start) % 7 + 1
    return ((start + step) % 7 for step in range(length))


def _spans(times: str, paint: Paint) -> tuple[Span, ...]:
    spans: list[Span] = []
    for match in _ONE_SPAN.finditer(times):
        start, end = _minutes(match["start"]), _minutes(match["end"])
        sure = start is not None and (end is not None or match["end"] is None) and not match["every"]
        begin_min = start if start is not None else 0
        end_min = end if end is not None else DAY_MIN
        # "sunset-02:00": the unknown start lies before midnight, so the span reaches into the next day.
        if end_min <= begin_min or (
            match["start"].strip("(").startswith(("sunset", "dusk")) and end_min < 720
        ):
            end_min += DAY_MIN
        if match["end"] is not None:
            spans.append(Span(begin_min, end_min, paint if sure else Paint.UNKNOWN))
        if match["plus"]:
            tail_min = begin_min if match["end"] is None else end_min
            spans.append(Span(tail_min, DAY_MIN if tail_min < DAY_MIN else 2 * DAY_MIN, Paint.UNKNOWN))
    return tuple(spans)


def _minutes(clock: str | None) -> int | None:
    """Return minutes after midnight, None for a sun time (or none)."""
    if clock is None or not clock[0].isdigit():
        return None
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
