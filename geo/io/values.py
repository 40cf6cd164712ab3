"""From a raw value of one field to its JSON-ready form, or a named problem."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson

from geo.amenities import catalogue
from geo.clerk_amenities import parse_clerk_amenities, parse_clerk_state
from geo.clerk_hours import ClerkHours, parse_clerk_hours
from geo.errors import InvalidDataError
from geo.io.cells import ERROR_WORDS, UNCALCULATED, needs_guard, unguarded, unguarded_list
from geo.io.coordinates import CoordinateError, parse_degrees
from geo.opening_hours import OpeningHours
from geo.stations import PRIVATE_LINE, looks_private
from geo.vocabulary import LABELS

YES_NO_FIELDS = (
    "sign_outside", "notice_board", "rules_posted", "hotline_posted", "manager_named", "street_facing",
    "inside_compound", "step_free",
)  # fmt: skip
CODE_FIELDS = {
    "kind": "kind",
    "status": "status",
    "ownership": "ownership",
    "host_type": "host_type",
    "level": "level",
    "location_precision": "location_precision",
    "provenance.name": "provenance",
    "provenance.location": "provenance",
    "provenance.facts": "provenance",
    **dict.fromkeys(YES_NO_FIELDS, "yes_no_unknown"),
}
DATE_FIELDS = ("status_since", "status_until", "hours_confirmed_on", "opened_on", "location_checked_on")
LIST_FIELDS = ("aliases", "entry_method")
NESTED_FIELDS = ("honours", "visits", "photos", "on_map", "provenance", "raw_coordinate")
OFFER_FIELDS = ("amenities", "services")

_SYNONYMS: dict[str, dict[str, str]] = {
    "status": {
        "planned": "在建 拟建 筹建 规划",
        "trial": "试运营",
        "operating": "正常 运行 运行中 开放 正常运行 营业 在用 启用 已启用 正常使用 正常运营",
        "temporarily_closed": "临时关闭 暂停 暂停开放 暂停使用 停用",
        "rectifying": "整改 维修",
        "retired": "撤销 撤站 已关闭 取消 已取消",
    },
    "yes_no_unknown": {
        "yes": "有 √ ✓ ✔ y true 1 已有",
        "no": "无 没有 × x n false 0 不是",
        "unknown": "不详 未知 待核实 ?",
    },
    "kind": {"fixed": "固定站", "mobile": "流动站 移动"},
    "level": {
        "benchmark": "标杆",
        "basic": "基本",
        "smart_24h": "24小时 24小时智能 智能",
        "star_1": "一星级",
        "star_2": "二星级",
        "star_3": "三星级",
        "star_4": "四星级",
        "star_5": "五星级",
    },
    "ownership": {"union_built": "自建", "integrated": "共建 集成"},
    "entry_method": {
        "face": "人脸识别",
        "scan": "扫码进入 扫码开门",
        "id_card": "身份证",
        "password": "密码锁",
        "walk_in": "自由进入 免费进入 直接进",
        "register": "登记进入",
    },
}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?")
_NUMBER_WITH_UNIT = {
    "area_m2": re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:m2|m²|平方米|平米|平方|平)?"),
    "seats": re.compile(r"(\d+)(?:\.0+)?(?:个|把|座|位|席)?"),
    "version": re.compile(r"(\d+)(?:\.0+)?"),
}


class CellError(Exception):
    """A value cannot be read; the message says why and what to write."""


class PrivateCellError(CellError):
    """A value that is nobody's business: told without being repeated."""


@dataclass
class Reading:
    """A value in JSON-ready form; ``partial`` are things in it that were not understood.

    ``offers`` True means a dict of amenity and service entries by code that add to what is known.
    """

    value: Any
    notes: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    offers: bool = False


def read_value(name: str, raw: object, *, typed: bool) -> Reading:
    """Return what ``raw`` says of field ``name`` (a contract name, a flat part, or ``amenity:CODE``).

    ``typed`` values come from a format with types: text is taken as it stands. Range, length and pattern are
    not checked here: the record does that.

    Raises:
        CellError: the value is not readable as that field.
    """
    if not typed:
        refuse_failed_formula(raw)
    if name.startswith("amenity:"):
        return _offer_cell(name.removeprefix("amenity:"), raw)
    if name in OFFER_FIELDS:
        return _offers(raw)
    if name in LIST_FIELDS:
        return Reading(_list(name, raw))
    if name in NESTED_FIELDS:
        return Reading(_nested(raw))
    if name == "hours":
        return _hours(raw, typed)
    return Reading(_SIMPLE.get(name, _text)(name, raw, typed))


def refuse_failed_formula(raw: object) -> None:
    """Refuse a cell that holds a formula and no value.

    Raises:
        CellError: the formula failed, or was never calculated.
    """
    if raw == UNCALCULATED:
        raise CellError("a formula never calculated: open and save the file in a spreadsheet program first")
    if isinstance(raw, str) and raw.strip() in ERROR_WORDS:
        raise CellError("the formula in this cell failed")


def _text(name: str, raw: object, typed: bool) -> Any:
    if typed:
        return str(raw) if name == "id" and isinstance(raw, int) else raw
    if isinstance(raw, str):
        return unguarded(raw)[0]
    if isinstance(raw, bool):
        raise CellError("a yes or no where text is expected")
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, datetime | date):
        raise CellError(f"the spreadsheet made a date of this cell; format it as text ({raw:%Y-%m-%d})")
    return str(raw)


def _phone(_name: str, raw: object, typed: bool) -> Any:
    if typed:
        return raw
    if isinstance(raw, str) and raw.startswith("'"):
        return raw[1:]
    text = unicodedata.normalize("NFKC", str(_text("phone", raw, typed)))
    if looks_private(text):
        raise PrivateCellError(PRIVATE_LINE)
    return text


def _code(name: str, raw: object, _typed: bool) -> Any:
    return _word(CODE_FIELDS[name], raw)


def _word(vocabulary: str, raw: object) -> str:
    if isinstance(raw, bool) and vocabulary == "yes_no_unknown":
        return "yes" if raw else "no"
    text = _plain_word(raw)
    known = _words_of(vocabulary).get(text)
    if known is None:
        allowed = "、".join(zh for zh, _ in LABELS[vocabulary].values())
        raise CellError(f"must be one of {allowed}")
    return known


def _plain_word(raw: object) -> str:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return unicodedata.normalize("NFKC", str(raw)).strip().casefold()


@lru_cache(maxsize=32)
def _words_of(vocabulary: str) -> Mapping[str, str]:
    synonyms = _SYNONYMS.get(vocabulary, {})
    words = {_plain_word(word): code for code, texts in synonyms.items() for word in texts.split()}
    for code, labels in LABELS[vocabulary].items():
        words |= {_plain_word(word): code for word in (code, *labels)}
    return words


def _day(_name: str, raw: object, _typed: bool) -> Any:
    if isinstance(raw, datetime):
        if raw.time() != raw.time().min:
            raise CellError("holds a time of day; write the date alone")
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, int | float):
        raise CellError("a bare number; write a date such as 2026-05-01")
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    match = _DATE.fullmatch(text) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if match is None:
        raise CellError("not a date; write one such as 2026-05-01")
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError as error:
        raise CellError(f"no such day: {error}") from error


def _instant(name: str, raw: object, typed: bool) -> Any:
    return raw.isoformat() if isinstance(raw, datetime) else _text(name, raw, typed)


def _number(name: str, raw: object, _typed: bool) -> Any:
    whole = name != "area_m2"
    if isinstance(raw, bool):
        raise CellError("a yes or no where a number is expected")
    if isinstance(raw, int | float):
        if whole and not float(raw).is_integer():
            raise CellError("not a whole number")
        return int(raw) if whole else raw
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    match = _NUMBER_WITH_UNIT[name].fullmatch(text.casefold())
    if match is None:
        raise CellError("not a whole number" if whole else "not a number of square metres")
    return int(match[1]) if whole else float(match[1])


def _degrees(name: str, raw: object, _typed: bool) -> Any:
    try:
        return parse_degrees(raw, name.removeprefix("raw_coordinate."))
    except CoordinateError as error:
        raise CellError(str(error)) from error


def _hours(raw: object, typed: bool) -> Reading:
    if not isinstance(raw, str):
        raise CellError("a number or a date where opening hours are expected; format the cell as text")
    if raw.startswith("'") and not typed:
        return Reading(raw[1:])
    if typed and _is_opening_hours(raw):
        return Reading(raw)
    text = raw.strip()
    found = _clerk_hours(text)
    if found.problem is not None:
        raise CellError(found.problem)
    return Reading(found.opening_hours, [f"{text}: {note}" for note in found.assumptions])


@lru_cache(maxsize=4096)
def _is_opening_hours(text: str) -> bool:
    try:
        OpeningHours.parse(text)
    except InvalidDataError:
        return False
    return True


@lru_cache(maxsize=4096)
def _clerk_hours(text: str) -> ClerkHours:
    return parse_clerk_hours(text)


def hours_cell(hours: str) -> str:
    """Return stored hours as a cell that reads back as exactly them: a clerk's reading may not differ.

    >>> hours_cell("Mo-Fr 08:00-18:00"), hours_cell("8:00-5:00")
    ('Mo-Fr 08:00-18:00', "'8:00-5:00")
    """
    same = _clerk_hours(hours).opening_hours == hours and not needs_guard(hours)
    return hours if same else f"'{hours}"


def phone_cell(phone: str) -> str:
    """Return a stored number as a cell that reads back: one that looks private stands behind ``'``."""
    return f"'{phone}" if needs_guard(phone) or looks_private(phone) else phone


def _list(name: str, raw: object) -> list[Any]:
    items: object = raw
    if isinstance(raw, str):
        text = raw.strip()
        items = _json(text) if text.startswith("[") else unguarded_list(raw)
    if not isinstance(items, list | tuple):
        raise CellError("must be a list")
    if name == "entry_method":
        return [_word("entry_method", item) for item in items]
    return list(items)


def _nested(raw: object) -> Any:
    value = _json(raw) if isinstance(raw, str) else raw
    if not isinstance(value, list | dict):
        raise CellError("must be JSON text, or stand in the sheet of its own")
    return value


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CellError(f"not JSON: {error}") from error


def _offers(raw: object) -> Reading:
    if isinstance(raw, str) and raw.strip().startswith("{"):
        raw = _json(raw)
    if isinstance(raw, dict):
        return Reading(raw)
    if not isinstance(raw, str):
        raise CellError("must be a list of amenities or services")
    found = parse_clerk_amenities(raw)
    return Reading(found.entries, list(found.assumptions), list(found.problems), offers=True)


def _offer_cell(code: str, raw: object) -> Reading:
    if isinstance(raw, bool):
        return Reading({code: {"value": "yes" if raw else "no"}}, offers=True)
    entry = parse_clerk_state(_plain_word(raw))
    if entry is None:
        raise CellError(f"not clear for {catalogue()[code].zh}: write 有, 无, 坏, 附近120米 or a number")
    return Reading({code: entry}, offers=True)


_SIMPLE: dict[str, Callable[[str, object, bool], Any]] = {
    **dict.fromkeys(CODE_FIELDS, _code),
    **dict.fromkeys(DATE_FIELDS, _day),
    "updated_at": _instant,
    "phone": _phone,
    "seats": _number,
    "version": _number,
    "area_m2": _number,
    "lon": _degrees,
    "lat": _degrees,
    "raw_coordinate.lon": _degrees,
    "raw_coordinate.lat": _degrees,
}
