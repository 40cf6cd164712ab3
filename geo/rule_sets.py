"""Rule sets as data: read from TOML, checked once at the door. The schema stands in ``data/README.md``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from geo.amenities import catalogue
from geo.data_files import data_path
from geo.errors import InvalidDataError, NotFoundError, Problem
from geo.stations import FIELD_NAMES
from geo.time_windows import WINDOWS
from geo.vocabulary import AmenityValue

_TEXTS = ("id", "zh", "en", "source", "date", "note")
_RULE_KEYS = frozenset({"id", "zh", "en", "severity", "check", "stars"})
_KEYS: dict[str, frozenset[str]] = {
    "all": frozenset(),
    "any": frozenset(),
    "amenity": frozenset({"values", "nearby_m", "unexpired"}),
    "service": frozenset({"values", "nearby_m", "unexpired"}),
    "field": frozenset({"equals", "in", "min", "max", "fresh_days"}),
    "on_map": frozenset(),
    "open_in": frozenset(),
    "nearest_station_m": frozenset(),
}
_INNER_KEYS = {
    "on_map": {"platforms", "fresh_days", "pin_error_m"},
    "open_in": {"windows", "days"},
    "nearest_station_m": {"max"},
}
_UNLIMITED = float("inf")
_LIMITS: dict[str, tuple[float, float]] = {
    "platforms": (1, 3),
    "fresh_days": (0, 36_500),
    "pin_error_m": (0, _UNLIMITED),
    "days": (1, 7),
    "max": (0, _UNLIMITED),
    "nearby_m": (0, _UNLIMITED),
}
_NUMBER_FIELDS = frozenset({"seats", "area_m2"})
_DATE_FIELDS = frozenset({"status_since", "hours_confirmed_on", "opened_on", "location_checked_on"})
_COMPARISONS: dict[frozenset[str], frozenset[str] | None] = {
    frozenset({"equals"}): None,
    frozenset({"in"}): None,
    frozenset({"fresh_days"}): _DATE_FIELDS,
    frozenset({"min"}): _NUMBER_FIELDS,
    frozenset({"max"}): _NUMBER_FIELDS,
    frozenset({"min", "max"}): _NUMBER_FIELDS,
}
_WHOLE = frozenset({"platforms", "fresh_days", "days"})


@dataclass(frozen=True)
class Rule:
    """One rule; ``check`` is the expression, ``stars`` the star it is needed for (None outside ratings)."""

    id: str
    zh: str
    en: str
    severity: str
    check: Mapping[str, Any]
    stars: int | None = None


@dataclass(frozen=True)
class RuleSet:
    """Rules with the source and date they were quoted from."""

    id: str
    zh: str
    en: str
    source: str
    date: str
    note: str
    rules: tuple[Rule, ...]


def read_rule_set(path: Path) -> RuleSet:
    """Read one rule set.

    Raises:
        InvalidDataError: the file is not TOML, a part is missing, or a check is not of the schema.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError([Problem(path.name, None, None, None, f"not TOML: {error}")]) from error
    problems = _stray_keys(table, {*_TEXTS, "rules"}, path.name) + _text_problems(table, _TEXTS, path.name)
    rules = table.get("rules")
    if not isinstance(rules, list) or not rules:
        raise InvalidDataError([*problems, Problem(path.name, None, "rules", rules, "must hold rules")])
    seen: set[str] = set()
    for number, rule in enumerate(rules, start=1):
        where = f"{path.name}, rule {number}"
        problems += _rule_problems(rule, where)
        name = rule.get("id") if isinstance(rule, dict) else None
        if isinstance(name, str) and name in seen:
            problems.append(Problem(where, None, "id", name, "stands twice"))
        seen.add(str(name))
    if problems:
        raise InvalidDataError(problems)
    chosen = tuple(
        Rule(rule["id"], rule["zh"], rule["en"], rule["severity"], rule["check"], rule.get("stars"))
        for rule in rules
    )
    texts = {key: table[key] for key in _TEXTS}
    return RuleSet(**texts, rules=chosen)


@lru_cache(maxsize=1)
def shipped_rule_sets() -> dict[str, RuleSet]:
    """Return the shipped rule sets by id, in the order of their file names."""
    found = [read_rule_set(path) for path in sorted(data_path("rulesets").glob("*.toml"))]
    return {rule_set.id: rule_set for rule_set in found}


def rule_set(name: str) -> RuleSet:
    """Return one shipped rule set.

    Raises:
        NotFoundError: no such rule set.

    >>> len(rule_set("xian-8").rules)
    8
    """
    sets = shipped_rule_sets()
    if name not in sets:
        raise NotFoundError(f"no rule set {name!r}; there are {', '.join(sets)}")
    return sets[name]


def _stray_keys(table: dict[str, Any], known: Iterable[str], where: str) -> list[Problem]:
    return [Problem(where, None, key, table[key], "unknown key") for key in sorted(set(table) - set(known))]


def _text_problems(table: dict[str, Any], keys: Iterable[str], where: str) -> list[Problem]:
    return [
        Problem(where, None, key, table.get(key), "must be a text")
        for key in keys
        if not isinstance(table.get(key), str) or not table[key].strip()
    ]


def _rule_problems(rule: Any, where: str) -> list[Problem]:
    if not isinstance(rule, dict):
        return [Problem(where, None, None, rule, "must be a table")]
    problems = _stray_keys(rule, _RULE_KEYS, where) + _text_problems(rule, ("id", "zh", "en"), where)
    if rule.get("severity") not in ("required", "advised"):
        problems.append(Problem(where, None, "severity", rule.get("severity"), "must be required or advised"))
    if "stars" in rule and not _is_number(rule["stars"], 1, 5, whole=True):
        problems.append(Problem(where, None, "stars", rule["stars"], "must be 1 to 5"))
    return problems + _check_problems(rule.get("check"), where)


def _check_problems(check: Any, where: str) -> list[Problem]:
    heads = [key for key in _KEYS if isinstance(check, dict) and key in check]
    if len(heads) != 1:
        return [Problem(where, None, "check", check, f"must hold exactly one of {', '.join(_KEYS)}")]
    head, value = heads[0], check[heads[0]]
    stray = set(check) - {head} - _KEYS[head]
    if stray:
        return [Problem(where, None, "check", sorted(stray), f"not allowed beside {head}")]
    if head in ("all", "any"):
        if not isinstance(value, list) or not value:
            return [Problem(where, None, head, value, "must be a list of checks")]
        return [problem for part in value for problem in _check_problems(part, where)]
    message = _leaf_problem(head, value, check)
    return [Problem(where, None, head, value, message)] if message else []


def _leaf_problem(head: str, value: Any, check: dict[str, Any]) -> str | None:
    """Return what is wrong with a leaf check, or None."""
    if head in ("amenity", "service"):
        return _offer_problem(head, value, check)
    if head == "field":
        return _field_problem(value, check)
    if not isinstance(value, dict) or set(value) != _INNER_KEYS[head]:
        return f"must hold {', '.join(sorted(_INNER_KEYS[head]))}"
    if head == "open_in" and not (_is_list(value["windows"]) and all(w in WINDOWS for w in value["windows"])):
        return f"windows must be a list of {', '.join(WINDOWS)}"
    return _limit_problem(value)


def _offer_problem(kind: str, code: Any, check: dict[str, Any]) -> str | None:
    if not isinstance(code, str) or code not in catalogue() or catalogue()[code].kind != kind:
        return f"not a code of the catalogue's {kind} kind"
    known = set(get_args(AmenityValue)) - {"unknown"}
    if "values" in check and not (_is_list(check["values"]) and all(v in known for v in check["values"])):
        return f"values must be a list of {', '.join(sorted(known))}"
    if "unexpired" in check and check["unexpired"] is not True:
        return "unexpired must be true or left out"
    return _limit_problem(check)


def _field_problem(field: Any, check: dict[str, Any]) -> str | None:
    if not isinstance(field, str) or field not in FIELD_NAMES:
        return "must name a field of a station"
    comparisons = frozenset(check) - {"field"}
    if comparisons not in _COMPARISONS:
        return "must hold one comparison: equals, in, fresh_days, or min and max"
    fields = _COMPARISONS[comparisons]
    if fields is not None and field not in fields:
        return f"{' and '.join(sorted(comparisons))} must compare {' or '.join(sorted(fields))}"
    if "in" in comparisons and not _is_list(check["in"]):
        return "in must be a list"
    if not all(_is_number(check[name]) for name in comparisons & {"min", "max"}):
        return "min and max must be numbers"
    return _limit_problem({name: check[name] for name in comparisons & {"fresh_days"}})


def _limit_problem(table: dict[str, Any]) -> str | None:
    """Return which of the limits in ``table`` is not a number of its range, or None."""
    for name, (least, most) in _LIMITS.items():
        if name in table and not _is_number(table[name], least, most, whole=name in _WHOLE):
            kind = "whole number" if name in _WHOLE else "number"
            return f"{name} must be a {kind} from {least:g}" + ("" if most == _UNLIMITED else f" to {most:g}")
    return None


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_number(
    value: Any, least: float = -_UNLIMITED, most: float = _UNLIMITED, *, whole: bool = False
) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most
