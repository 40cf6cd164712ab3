"""The words clerks write opening hours with, read one by one from a text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from geo.opening_rules import DAY_MIN

Kind = Literal[
    "season", "months", "weekdays", "work", "daily", "holidays", "usual", "break", "closed", "times", "around"
]


class UnclearError(Exception):
    """The text cannot be read, or can be read in two ways; the message says what and why."""


@dataclass(frozen=True)
class Word:
    """One word: ``numbers`` are weekdays (Monday 0), months (and days of month), or start and end minute."""

    kind: Kind
    text: str
    numbers: tuple[int, ...] = ()


_DAYS = "一二三四五六日"
_WEEK = "(?:周|星期|礼拜)"
_DAY = r"(?:[一二三四五六日天]|[1-7](?![\d:点时]))"
_PART = "(?:上午|早上|早晨|清晨|早|凌晨|中午|下午|傍晚|晚上|晚间|夜间|夜里|晚|次日|翌日|第二天)"
_CLOCK = (
    rf"(?P<part_{{0}}>{_PART}*)\s*(?P<hour_{{0}}>\d{{{{1,2}}}})"
    r"(?::(?P<minute_{0}>[0-5]\d)|[点时](?:整|(?P<half_{0}>半)|(?P<quarter_{0}>[一1三3])刻|(?P<said_{0}>[0-5]?\d)分?)?{1})"
)
# "8-12点": the first hour may go without its word when the second has it.
_TIMES = _CLOCK.format("a", rf"|(?=-{_PART}*\d{{1,2}}[点时])") + "-" + _CLOCK.format("b", "")
_DATE = r"\d{1,2}月(?:\d{1,2}[日号])?"
_HOLIDAY = "(?:国家)?(?:法定)?(?:节假日|节日|假日|假期)"

_VOCABULARY: tuple[tuple[Kind | Literal["skip"], re.Pattern[str]], ...] = (
    ("skip", re.compile(r"[\s,;、。()/和及与:]+|对外|(?:开放|营业|服务)(?:时间|时段)?|时间|每年")),
    ("skip", re.compile(r"(?:中午|午间)不(?:休息|休|闭馆)")),
    ("usual", re.compile(rf"{_HOLIDAY}(?:不休息|不休|(?:照常|正常)(?:开放|营业|服务)?|无休)")),
    ("break", re.compile(rf"(?:午休|午间休息|中午休息)(?:时间)?[\s:(]*{_TIMES}")),
    ("months", re.compile(rf"{_DATE}-(?:次年|翌年)?{_DATE}|\d{{1,2}}-(?:次年|翌年)?\d{{1,2}}月(?!\d)")),
    ("season", re.compile("(?:夏|冬)(?:季|令时|令|天)")),
    ("weekdays", re.compile(rf"{_WEEK}(?P<first>{_DAY})-{_WEEK}?(?P<last>{_DAY})")),
    ("weekdays", re.compile(rf"{_WEEK}(?P<days>{_DAY}(?:[、,]?[一二三四五六日天](?![点时]))*)")),
    ("weekdays", re.compile("(?P<weekend>周末|双休日)")),
    ("work", re.compile("工作日|平日")),
    ("daily", re.compile("每天|每日|天天|全年无休|年中无休|全年|一年四季|无休")),
    ("holidays", re.compile(_HOLIDAY)),
    ("times", re.compile(_TIMES)),
    ("around", re.compile(r"(?:全天候?|7[*×xX/])?24(?:小时|[hH])|全天候?|7[*×xX/]24|昼夜")),
    ("closed", re.compile("休息|不开放|不营业|关闭|闭馆|闭站|除外|关门|休")),
)


def words(text: str) -> list[Word]:
    """Return the words of a text in order.

    Raises:
        UnclearError: a stretch is outside the vocabulary, or a clock time can be meant in two ways.
    """
    plain, position, found = _plain(text), 0, []
    while position < len(plain):
        kind, match = _next_word(plain, position)
        position = match.end()
        if kind != "skip":
            found.append(Word(kind, match[0], _numbers(kind, match)))
    return found


def _next_word(plain: str, position: int) -> tuple[Kind | Literal["skip"], re.Match[str]]:
    for kind, pattern in _VOCABULARY:
        if match := pattern.match(plain, position):
            return kind, match
    raise UnclearError(f"{plain[position : position + 24]} is not understood")


def _plain(text: str) -> str:
    """Return half-width characters, one kind of dash, Arabic hours, colons in clock times."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"\s*(?:[-—–―‐‑−~〜∼]|至|到)+\s*", "-", plain)
    plain = re.sub(
        r"(?<![周期拜])[一二两三四五六七八九十]{1,3}(?=[点时])", lambda match: str(_hour(match[0])), plain
    )
    return re.sub(r"(?<![\d.:])(\d{1,2})\s*[.:]\s*(\d{2})(?![\d.:])", r"\1:\2", plain).strip()


def _hour(numeral: str) -> int:
    """Return the number a Chinese hour stands for.

    >>> [_hour(numeral) for numeral in ("八", "十", "十二", "二十", "二十三")]
    [8, 10, 12, 20, 23]
    """
    digits = {"": 0, "两": 2, **{digit: number for number, digit in enumerate("一二三四五六七八九", 1)}}
    tens, ten, ones = numeral.rpartition("十")
    if tens not in digits or ones not in digits:
        raise UnclearError(f"{numeral} is no hour")
    return (digits[tens] or 1) * 10 + digits[ones] if ten else digits[ones]


def _numbers(kind: str, match: re.Match[str]) -> tuple[int, ...]:
    if kind == "weekdays":
        return _weekdays(match)
    if kind == "work":
        return (0, 1, 2, 3, 4)
    if kind == "around":
        return (0, DAY_MIN)
    if kind in ("times", "break"):
        return _span(match)
    if kind == "months":
        return _months(match[0])
    return ()


def _weekdays(match: re.Match[str]) -> tuple[int, ...]:
    named = match.groupdict()
    if "weekend" in named:
        return (5, 6)
    if "days" in named:
        return tuple(_weekday(mark) for mark in re.findall(r"[一二三四五六日天1-7]", match["days"]))
    first, last = _weekday(match["first"]), _weekday(match["last"])
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def _weekday(mark: str) -> int:
    return int(mark) - 1 if mark.isdigit() else _DAYS.index(mark.replace("天", "日"))


def _months(text: str) -> tuple[int, ...]:
    numbers = tuple(int(number) for number in re.findall(r"\d+", text))
    months, days = (numbers, ()) if len(numbers) == 2 else (numbers[::2], numbers[1::2])
    if len(numbers) == 3 or not all(1 <= m <= 12 for m in months) or not all(1 <= d <= 31 for d in days):
        raise UnclearError(f"{text} is no range of months")
    return numbers


def _span(match: re.Match[str]) -> tuple[int, int]:
    """Return start and end minute of ``times``; an end on the next day lies beyond 24:00."""
    shown = match[0]
    start, start_part = _clock(match, "a"), match["part_a"]
    end, end_part = _clock(match, "b"), match["part_b"]
    if any(mark in end_part for mark in ("次日", "翌日", "第二天")):
        if end > start:
            raise UnclearError(f"{shown} lasts longer than a day")
        return start, end + DAY_MIN
    if not end_part and end <= start and start_part in ("下午", "傍晚", "晚上", "晚间", "晚") and end < 720:
        # 下午2:00-5:30 is meant, 晚上8点-6点 is not clear.
        if end + 720 <= start or start_part != "下午":
            raise UnclearError(f"{shown} could end in the evening or on the next day")
        return start, end + 720
    if end > start:
        return start, end
    if end == start:
        raise UnclearError(f"{shown} could be 24 hours or closed")
    if "凌晨" in end_part or (not end_part and start >= 18 * 60):
        return start, end + DAY_MIN
    raise UnclearError(f"{shown} could end in the afternoon or on the next day")


def _clock(match: re.Match[str], side: str) -> int:
    part, hour = match[f"part_{side}"], int(match[f"hour_{side}"])
    minute = int(match[f"minute_{side}"] or match[f"said_{side}"] or 0)
    if match[f"half_{side}"]:
        minute = 30
    if match[f"quarter_{side}"]:
        minute = 15 if match[f"quarter_{side}"] in "一1" else 45
    late = any(mark in part for mark in ("下午", "傍晚", "晚", "夜"))
    if (late and hour < 12) or ("中午" in part and hour < 3):
        hour += 12
    elif hour == 12 and any(mark in part for mark in ("晚", "夜")):
        hour = 24
    elif hour == 12 and "凌晨" in part:
        hour = 0
    if hour * 60 + minute > (DAY_MIN if side == "a" else 2 * DAY_MIN) or (side == "a" and hour == 24):
        raise UnclearError(f"{match[0]}: {hour}:{minute:02} is no time of day")
    return hour * 60 + minute
