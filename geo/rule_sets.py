"""Rule sets as data: read from TOML, checked once at the door. The schema stands in ``data/README.md``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from geo.amenities import catalogue
from geo.data_files import data_path
from geo.errors import InvalidDataError, NotFoundError, Problem
from geo.stations import FIELD_NAMES
from geo.time_windows import WINDOWS

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
    problems = [
        Problem(path.name, None, key, table.get(key), "must be a text")
        for key in ("id", "zh", "en", "source", "date", "note")
        if not isinstance(table.get(key), str)
    ]
    rules = table.get("rules")
    if not isinstance(rules, list) or not rules:
        raise InvalidDataError([*problems, Problem(path.name, None, "rules", rules, "must hold rules")])
    for number, rule in enumerate(rules, start=1):
        problems += _rule_problems(rule, f"{path.name}, rule {number}")
    if problems:
        raise InvalidDataError(problems)
    chosen = tuple(
        Rule(rule["id"], rule["zh"], rule["en"], rule["severity"], rule["check"], rule.get("stars"))
        for rule in rules
    )
    texts = {key: table[key] for key in ("id", "zh", "en", "source", "date", "note")}
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


def _rule_problems(rule: Any, where: str) -> list[Problem]:
    if not isinstance(rule, dict):
        return [Problem(where, None, None, rule, "must be a table")]
    problems = [
        Problem(where, None, key, rule.get(key), "must be a text")
        for key in ("id", "zh", "en")
        if not isinstance(rule.get(key), str)
    ]
    if rule.get("severity") not in ("required", "advised"):
        problems.append(Problem(where, None, "severity", rule.get("severity"), "must be required or advised"))
    if "stars" in rule and rule["stars"] not in (1, 2, 3, 4, 5):
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
    message = _value_problem(head, value, check)
    return [Problem(where, None, head, value, message)] if message else []


def _value_problem(head: str, value: Any, check: dict[str, Any]) -> str | None:
    """Return what is wrong with the value of a leaf check, or None."""
    if head in ("amenity", "service"):
        known = value in catalogue() and catalogue()[value].kind == head
        return None if known else "not a code of the catalogue"
    if head == "field":
        one_comparison = len(check) == 2 + ({"min", "max"} <= set(check))
        return None if value in FIELD_NAMES and one_comparison else "must name a field and one comparison"
    if not isinstance(value, dict) or set(value) != _INNER_KEYS[head]:
        return f"must hold {', '.join(sorted(_INNER_KEYS[head]))}"
    if head == "open_in" and not set(value["windows"]) <= set(WINDOWS):
        return "names an unknown time window"
    return None
