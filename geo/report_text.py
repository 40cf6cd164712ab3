"""What an assessment found and what to do, in plain Chinese sentences made from its numbers.

Every sentence is put together from figures of the ``Assessment``: nothing is written by hand for a place.
While demand is modelled its unit is 需求权重, never 人.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.amenities import catalogue
from geo.assessment import Assessment
from geo.assessment_columns import CAUSE_LABELS
from geo.coverage import Coverage
from geo.demand import GROUP_LABELS
from geo.gap_details import Gap
from geo.improvement import ACTION_LABELS, ACTION_ORDER, Action, ActionKind
from geo.time_windows import WINDOWS

CAUSE_ORDER = ("nothing_near", "closed", "lacks_service", "unknown")
"""The order causes are told in."""
WINDOW_NAMES: dict[str, str] = {
    "T1": "清晨", "T2": "上午", "T3": "午间", "T4": "下午", "T5": "傍晚", "T6": "夜间", "T7": "凌晨",
}  # fmt: skip
DAY_NAMES: dict[str, str] = {"weekday": "工作日", "weekend": "周末"}
UNIT_NAMES: dict[str, str] = {
    "weight": "需求权重",
    "weight-hours": "权重·小时",
    "workers": "人",
    "worker-hours": "人时",
}
DEADLINES: dict[ActionKind, str] = {
    "verify": "一周内",
    "extend_hours": "本月",
    "reopen": "本月",
    "repair": "一个月内",
    "equip": "一个月内",
    "map_and_sign": "一个月内",
    "partner": "一季度",
    "build": "列入计划",
}
"""Proposed by the report for the meeting to settle; no source sets them."""


@dataclass(frozen=True)
class Finding:
    """One thing found: what it comes to, and the numbers."""

    head: str
    text: str


@dataclass(frozen=True)
class Task:
    """One thing to do at one place, for all the gaps it helps; ``gain`` at most, None: not counted."""

    kind: ActionKind
    what: str
    street_code: str | None
    gain: float | None
    gaps: tuple[int, ...]


@dataclass(frozen=True)
class TaskGroup:
    """All tasks of one kind, most gain first; ``gain`` is their sum."""

    kind: ActionKind
    title: str
    deadline: str
    tasks: tuple[Task, ...]
    gain: float


def amount(value: float) -> str:
    """Return an amount with thousands, one decimal below ten.

    >>> amount(3896.4), amount(7.25), amount(0)
    ('3,896', '7.3', '0')
    """
    if value == 0 or abs(value) >= 9.95:
        return f"{math.floor(value + 0.5):,}"
    return f"{math.floor(value * 10 + 0.5) / 10:.1f}"


def percent(share: float | None) -> str:
    """Return a share as a whole percent with its sign; – where it cannot be given.

    >>> percent(0.415), percent(0.004), percent(None)
    ('42%', '不到1%', '–')
    """
    if share is None:
        return "–"
    return "不到1%" if 0 < share < 0.005 else f"{math.floor(share * 100 + 0.5)}%"


def tenths(share: float) -> str:
    """Return a share as people say it.

    >>> tenths(0.58), tenths(0.6), tenths(0.43), tenths(0.03), tenths(0.5), tenths(0.98), tenths(1.0)
    ('近六成', '约六成', '四成多', '不到一成', '约一半', '几乎全部', '全部')
    """
    names = "零一二三四五六七八九"
    if share >= 1:
        return "全部"
    if share >= 0.95:
        return "几乎全部"
    if share < 0.095:
        return "不到一成"
    whole = math.floor(share * 10 + 0.5)
    if abs(share * 10 - whole) < 0.1:
        return "约一半" if whole == 5 else f"约{names[whole]}成"
    if 0 < whole - share * 10 <= 0.3:
        return f"近{names[whole]}成"
    return f"{names[math.floor(share * 10)]}成多"


def whole_percents(parts: Sequence[float]) -> list[int]:
    """Return whole percents that add to 100, by largest remainder; all 0 where there is nothing.

    >>> whole_percents([1, 1, 1])
    [34, 33, 33]
    """
    total = sum(parts)
    if total <= 0:
        return [0] * len(parts)
    exact = [part / total * 100 for part in parts]
    floors = [math.floor(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: (-(exact[i] - floors[i]), i))
    for index in order[: 100 - sum(floors)]:
        floors[index] += 1
    return floors


def when_words(found: Assessment) -> str:
    """Return the time the assessment is of, in words."""
    asked = found.standard
    at = asked.local_at
    if at is not None:
        return f"{at:%Y-%m-%d %H:%M}"
    day = asked.day or ("weekday" if asked.window else None)
    return DAY_NAMES.get(day or "", "全周") + WINDOW_NAMES.get(asked.window or "", "全天")


def service_words(found: Assessment) -> str:
    """Return the services asked for in words, empty without any."""
    return "、".join(_named(name) for name in found.standard.amenities)


def reach_words(found: Assessment) -> str:
    """Return the threshold in words.

    A radius is never called a walk.
    """
    asked = found.standard
    if asked.minutes is None:
        return f"直线 {asked.radius_m:g} 米"
    way = "骑电动车" if asked.mode == "ebike" else "步行"
    return f"{way} {asked.minutes:g} 分钟"


def findings(found: Assessment, week: Coverage, streets: Mapping[str, str], unit: str) -> tuple[Finding, ...]:
    """Return what was found, most important first.

    Args:
        found: the assessment.
        week: coverage of the whole week under the same threshold and service: what is said of the hours.
        streets: names by code.
        unit: of the assessment's figures, one of ``UNIT_NAMES``.
    """
    total = found.coverage.total
    if total.share is None:
        return (Finding("算不出覆盖率。", "这个人群在这个时段没有需求。"),)
    told = [_share(found, unit)]
    unserved = total.demand - total.demand_covered
    if unserved > 0:
        told.append(_causes(found))
        if found.gaps:
            told.append(_largest(found, unit, unserved))
    if hours := _hours(week):
        told.append(hours)
    if weakest := _weakest_street(found, streets):
        told.append(weakest)
    if todo := _first_steps(found, unit, unserved):
        told.append(todo)
    return tuple(told)


def _share(found: Assessment, unit: str) -> Finding:
    total = found.coverage.total
    share = total.share or 0.0
    missed = total.demand - total.demand_covered
    what = f"有{words}的驿站" if (words := service_words(found)) else "开着的驿站"
    noun = "劳动者" if found.demand_basis == "measured" else "需求"
    who = GROUP_LABELS[found.standard.group][0] + noun if found.standard.group else noun
    head = (
        f"{when_words(found)}{tenths(1 - share)}{who}走不到{what}。"
        if missed > 0
        else f"{who}都走得到{what}。"
    )
    text = (
        f"共 {amount(total.demand)} {UNIT_NAMES[unit]}，{reach_words(found)}以内到不了的有 {amount(missed)}，"
        f"覆盖率 {percent(total.share)}；若未核实的开放时间都算开，"
        f"是 {percent(total.share_if_unknown_open)}。"
    )
    return Finding(head, text)


def cause_amounts(found: Assessment) -> dict[str, float]:
    """Return the unserved demand by cause, in the order causes are told in."""
    cells = found.coverage.cells
    return {cause: float(cells[cause].sum()) if len(cells) else 0.0 for cause in CAUSE_ORDER}


def _causes(found: Assessment) -> Finding:
    amounts = cause_amounts(found)
    total = sum(amounts.values())
    percents = dict(zip(amounts, whole_percents(list(amounts.values())), strict=True))
    near = 1 - amounts["nothing_near"] / total
    head = (
        f"{tenths(near)}缺口的附近其实有站。" if near >= 0.5 else f"{tenths(1 - near)}缺口是因为附近没有站。"
    )
    parts = "，".join(f"{CAUSE_LABELS[cause][0]} {percents[cause]}%" for cause in CAUSE_ORDER)
    return Finding(head, f"{parts}。")


def _largest(found: Assessment, unit: str, unserved: float) -> Finding:
    top = found.gaps[:3]
    names = "、".join(f"{place_words(gap)}（{amount(gap.unserved)}）" for gap in top)
    together = sum(gap.unserved for gap in top) / unserved
    count = "一二三"[len(top) - 1]
    return Finding(
        f"最大的{count}处缺口：", f"{names}，单位{UNIT_NAMES[unit]}，合占全部缺口的 {percent(together)}。"
    )


def _hours(week: Coverage) -> Finding | None:
    days = "weekday" if any(day == "weekday" for _, day, _ in week.by_window) else "weekend"
    lines = [(w, line.share) for w, day, line in week.by_window if day == days and line.share is not None]
    if len(lines) < 2:
        return None
    best = max(lines, key=lambda line: (line[1], line[0]))
    worst = min(lines, key=lambda line: (line[1], line[0]))
    return Finding(
        f"{WINDOW_NAMES[worst[0]]}最难。",
        f"{DAY_NAMES[days]}覆盖率最低的是{WINDOW_NAMES[worst[0]]}（{WINDOWS[worst[0]].label}）{percent(worst[1])}，"
        f"最高的是{WINDOW_NAMES[best[0]]}（{WINDOWS[best[0]].label}）{percent(best[1])}。",
    )


def _weakest_street(found: Assessment, streets: Mapping[str, str]) -> Finding | None:
    lines = [(line.share, code) for code, line in found.coverage.by_street if code and line.share is not None]
    if len(lines) < 2:
        return None
    low, high = min(lines), max(lines)
    low_name, high_name = (streets.get(code, code) for _, code in (low, high))
    return Finding(
        "街道之间差得多。" if high[0] - low[0] >= 0.2 else "各街道差得不多。",
        f"{low_name} {percent(low[0])}，{high_name} {percent(high[0])}。",
    )


def _first_steps(found: Assessment, unit: str, unserved: float) -> Finding | None:
    cheap = [
        group for group in tasks(found, {}, {}) if group.kind not in ("partner", "build", "map_and_sign")
    ]
    if not cheap:
        return None
    count = sum(len(group.tasks) for group in cheap)
    gain = sum(group.gain for group in cheap)
    parts = "、".join(f"{group.title} {len(group.tasks)} 项" for group in cheap)
    return Finding(
        f"先做 {count} 件不用新建的事。",
        f"{parts}，最多再覆盖 {amount(gain)} {UNIT_NAMES[unit]}，是缺口的 {percent(gain / unserved)}。",
    )


def place_words(gap: Gap) -> str:
    """Return what a gap area is called."""
    return f"{gap.place}一带" if gap.place else f"第 {gap.rank} 处"


def tasks(
    found: Assessment, stations: Mapping[str, str], street_of: Mapping[str, str | None]
) -> tuple[TaskGroup, ...]:
    """Return what to do, cheapest kind first, each thing once however many gaps it helps.

    The gains of a gap's actions share out its unserved demand, so they add up without counting anyone twice.

    Args:
        found: the assessment.
        stations: names by id; ids stand where a name is missing.
        street_of: street code by station id.
    """
    streets = {gap.rank: gap.area.street_code for gap in found.gaps}
    places = {gap.rank: place_words(gap) for gap in found.gaps}
    merged: dict[tuple[object, ...], list[Action]] = {}
    for action in found.improvements:
        # a site still to be found is a thing of its own in every gap
        where = action.target or f"gap {action.gap_rank}"
        merged.setdefault((action.kind, where), []).append(action)
    groups = []
    for kind in ACTION_ORDER:
        chosen = []
        for (of_kind, _), actions in merged.items():
            if of_kind != kind:
                continue
            first = actions[0]
            gains = [action.gain for action in actions if action.gain is not None]
            details = tuple(dict.fromkeys(name for action in actions for name in action.detail))
            name = stations.get(first.target or "", first.target or places[first.gap_rank])
            chosen.append(
                Task(
                    kind,
                    _task_words(kind, name, details),
                    street_of.get(first.target or "") or streets[first.gap_rank],
                    sum(gains) if gains else None,
                    tuple(sorted(action.gap_rank for action in actions)),
                )
            )
        if chosen:
            chosen.sort(key=lambda task: (-(task.gain or 0.0), task.what))
            gain = sum(task.gain or 0.0 for task in chosen)
            groups.append(TaskGroup(kind, ACTION_LABELS[kind][0], DEADLINES[kind], tuple(chosen), gain))
    return tuple(groups)


def _task_words(kind: ActionKind, name: str, details: Sequence[str]) -> str:
    what = "、".join(_named(detail) for detail in details[:3])
    if kind == "map_and_sign":
        signs = {"map": "登上地图", "sign": "门外挂牌"}
        what = "、".join(signs[detail] for detail in details if detail in signs)
    words = {
        "verify": f"打电话核实{what or '开放时间'}",
        "extend_hours": f"{what}延长开放",
        "reopen": "恢复开放",
        "repair": f"修好{what}",
        "equip": f"添{what}",
        "map_and_sign": what,
        "partner": "谈一处合作点",
        "build": "选址新建一站",
    }
    return f"{name}：{words[kind]}"


def _named(code: str) -> str:
    window, _, day = code.partition("/")
    if window in WINDOW_NAMES:
        return DAY_NAMES.get(day, "") + WINDOW_NAMES[window]
    if code == "hours":
        return "开放时间"
    if code in AMENITY_GROUPS:
        return AMENITY_GROUPS[code].zh
    return catalogue()[code].zh if code in catalogue() else code
