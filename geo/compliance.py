"""Does each station meet a rule set? Pass, fail or unknown per rule; unknown is never a fail.

Completeness (how many rules can be judged at all) stands beside compliance everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import geopandas as gpd
import numpy as np

from geo.nearest import StationIndex
from geo.opening_hours import OpeningHours
from geo.rule_sets import RuleSet
from geo.time_windows import QUARTERS_PER_DAY, window_slots
from geo.vocabulary import SERVING_STATUSES

Verdict = Literal["pass", "fail", "unknown"]
_PLATFORMS = ("amap", "baidu", "tencent")


@dataclass(frozen=True)
class StationCompliance:
    """One station under one rule set. ``verdicts`` is by rule id, in the rule set's order.

    ``verdict`` is over the required rules: fail if one fails, else unknown if one is unknown, else pass.
    ``stars`` is the rating's result (0-5), None outside ratings; an unknown rule ends the climb.
    """

    station_id: str
    verdicts: dict[str, Verdict]
    verdict: Verdict
    stars: int | None

    @property
    def completeness(self) -> float:
        """Share of the rules that could be judged, 0-1."""
        return sum(verdict != "unknown" for verdict in self.verdicts.values()) / len(self.verdicts)


@dataclass(frozen=True)
class RuleCount:
    """How a rule went over all stations judged."""

    rule_id: str
    passed: int
    failed: int
    unknown: int


@dataclass(frozen=True)
class Compliance:
    """A rule set over the register: stations that serve (operating or on trial) are judged.

    ``pass_share`` is passing ÷ judged stations, ``completeness`` known ÷ all (station, rule) pairs; both None
    without stations.
    """

    rule_set: RuleSet
    judged_on: date
    stations: tuple[StationCompliance, ...]
    rules: tuple[RuleCount, ...]
    pass_share: float | None
    completeness: float | None


def compliance(stations: gpd.GeoDataFrame, rule_set: RuleSet, today: date, week: date) -> Compliance:
    """Judge every serving station.

    Args:
        stations: canonical station table.
        rule_set: the rules.
        today: the day of judgement (freshness, expiry).
        week: the Monday of the typical week (``open_in``).
    """
    serving = stations[stations["status"].isin(SERVING_STATUSES)].reset_index(drop=True)
    spacing = _nearest_other_m(serving)
    judged = tuple(
        _judge(row, rule_set, _Context(today, week, spacing[number]))
        for number, row in enumerate(serving.to_dict("records"))
    )
    counts = tuple(_count(rule.id, judged) for rule in rule_set.rules)
    pairs = len(judged) * len(rule_set.rules)
    known = sum(count.passed + count.failed for count in counts)
    return Compliance(
        rule_set=rule_set,
        judged_on=today,
        stations=judged,
        rules=counts,
        pass_share=sum(station.verdict == "pass" for station in judged) / len(judged) if judged else None,
        completeness=known / pairs if pairs else None,
    )


@dataclass(frozen=True)
class _Context:
    today: date
    week: date
    nearest_other_m: float | None


def _judge(row: Mapping[str, Any], rule_set: RuleSet, context: _Context) -> StationCompliance:
    verdicts = {rule.id: evaluate(rule.check, row, context) for rule in rule_set.rules}
    required = [verdicts[rule.id] for rule in rule_set.rules if rule.severity == "required"]
    return StationCompliance(str(row["id"]), verdicts, _all(required), _stars(rule_set, verdicts))


def _stars(rule_set: RuleSet, verdicts: Mapping[str, Verdict]) -> int | None:
    levels = {rule.stars for rule in rule_set.rules if rule.stars is not None}
    if not levels:
        return None
    reached = 0
    for level in range(1, max(levels) + 1):
        if any(verdicts[rule.id] != "pass" for rule in rule_set.rules if rule.stars == level):
            break
        reached = level
    return reached


def _count(rule_id: str, judged: tuple[StationCompliance, ...]) -> RuleCount:
    verdicts = [station.verdicts[rule_id] for station in judged]
    return RuleCount(rule_id, verdicts.count("pass"), verdicts.count("fail"), verdicts.count("unknown"))


def _all(verdicts: list[Verdict]) -> Verdict:
    if "fail" in verdicts:
        return "fail"
    return "unknown" if "unknown" in verdicts else "pass"


def _any(verdicts: list[Verdict]) -> Verdict:
    if "pass" in verdicts:
        return "pass"
    return "unknown" if "unknown" in verdicts else "fail"


def _passes(holds: bool) -> Verdict:
    return "pass" if holds else "fail"


def evaluate(check: Mapping[str, Any], row: Mapping[str, Any], context: _Context) -> Verdict:
    """Return the verdict of one check of the schema on one station's row."""
    if "all" in check:
        return _all([evaluate(part, row, context) for part in check["all"]])
    if "any" in check:
        return _any([evaluate(part, row, context) for part in check["any"]])
    head = next(name for name in _CHECKS if name in check)
    return _CHECKS[head](check, row, context)


def _offer(check: Mapping[str, Any], row: Mapping[str, Any], context: _Context) -> Verdict:
    kind = "amenity" if "amenity" in check else "service"
    entry = row["amenities" if kind == "amenity" else "services"].get(check[kind])
    if entry is None or entry.value == "unknown":
        return "unknown"
    if entry.value == "nearby" and "nearby_m" in check:
        if entry.distance_m is None:
            return "unknown"
        held = entry.distance_m <= check["nearby_m"]
    else:
        held = entry.value in check.get("values", ("yes", "limited"))
    expired = check.get("unexpired", False) and entry.expires_on and entry.expires_on < context.today
    return _passes(held and not expired)


def _field(check: Mapping[str, Any], row: Mapping[str, Any], context: _Context) -> Verdict:
    value = row[check["field"]]
    if value is None or value in ("", "unknown", ()):
        return "unknown"
    if "fresh_days" in check:
        return _passes(value >= context.today - timedelta(days=check["fresh_days"]))
    if "equals" in check:
        return _passes(value == check["equals"])
    if "in" in check:
        return _passes(value in check["in"])
    return _passes(check.get("min", value) <= value <= check.get("max", value))


def _on_map(check: Mapping[str, Any], row: Mapping[str, Any], context: _Context) -> Verdict:
    rule = check["on_map"]
    listings = [getattr(row["on_map"], name) for name in _PLATFORMS]
    oldest = context.today - timedelta(days=rule["fresh_days"])
    known = [
        entry for entry in listings if entry and None not in (entry.id, entry.checked_on, entry.pin_error_m)
    ]
    good = [e for e in known if e.checked_on >= oldest and e.pin_error_m <= rule["pin_error_m"]]
    if len(good) >= rule["platforms"]:
        return "pass"
    unstated = len(listings) - len(known)
    return "unknown" if len(good) + unstated >= rule["platforms"] else "fail"


def _open_in(check: Mapping[str, Any], row: Mapping[str, Any], context: _Context) -> Verdict:
    rule = check["open_in"]
    hours = OpeningHours.parse(row["hours"])
    slots = np.concatenate([window_slots(window) for window in rule["windows"]])
    asked = np.zeros(7 * QUARTERS_PER_DAY, dtype=bool)
    asked[slots] = True
    by_day = (7, QUARTERS_PER_DAY)
    is_open = (hours.week_bitmap(context.week) & asked).reshape(by_day).any(axis=1)
    may_open = is_open | (hours.week_unknown_bitmap(context.week) & asked).reshape(by_day).any(axis=1)
    if is_open.sum() >= rule["days"]:
        return "pass"
    return "unknown" if may_open.sum() >= rule["days"] else "fail"


def _spacing(check: Mapping[str, Any], _row: Mapping[str, Any], context: _Context) -> Verdict:
    if context.nearest_other_m is None:
        return "unknown"
    return _passes(context.nearest_other_m <= check["nearest_station_m"]["max"])


_CHECKS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], _Context], Verdict]] = {
    "amenity": _offer,
    "service": _offer,
    "field": _field,
    "on_map": _on_map,
    "open_in": _open_in,
    "nearest_station_m": _spacing,
}


def _nearest_other_m(serving: gpd.GeoDataFrame) -> list[float | None]:
    """Return each station's geodesic metres to the nearest other one; None without a location.

    A located station that is the only one has no other at any distance: infinity.
    """
    placed = ~(serving.geometry.isna() | serving.geometry.is_empty).to_numpy()
    lon = np.where(placed, serving.geometry.x, np.nan).astype(float)
    lat = np.where(placed, serving.geometry.y, np.nan).astype(float)
    numbers = list(range(len(serving)))
    index = StationIndex(lon, lat, numbers)
    found: list[float | None] = []
    for number in numbers:
        if not placed[number]:
            found.append(None)
            continue
        others = [metres for other, metres in index.nearest(lon[number], lat[number], k=2) if other != number]
        found.append(others[0] if others else float("inf"))
    return found
