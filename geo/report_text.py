"""What an assessment found and what to do, in plain sentences made from its numbers; Chinese first.

Every sentence is put together from figures of the ``Assessment``: nothing is written by hand for a place.
While demand is modelled its unit is 需求权重, never 人. The words are in ``report_words``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo.assessment import Assessment
from geo.assessment_columns import CAUSE_LABELS
from geo.bilingual import Lang
from geo.coverage import Coverage
from geo.demand import GROUP_LABELS
from geo.gap_details import Gap
from geo.improvement import ACTION_LABELS, ACTION_ORDER, Action, ActionKind
from geo.report_words import DAY_NAMES, DEADLINES, UNIT_NAMES, WINDOW_NAMES, in_words, report_say, thing_words
from geo.time_windows import WINDOWS

CAUSE_ORDER = ("nothing_near", "closed", "lacks_service", "unknown")
"""The order causes are told in."""


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


def percent(share: float | None, lang: Lang = "zh") -> str:
    """Return a share as a whole percent with its sign; – where it cannot be given.

    >>> percent(0.415), percent(0.004), percent(None)
    ('42%', '不到1%', '–')
    """
    if share is None:
        return "–"
    return report_say(lang, "below_one") if 0 < share < 0.005 else f"{math.floor(share * 100 + 0.5)}%"


def tenths(share: float, lang: Lang = "zh") -> str:
    """Return a share as people say it.

    >>> tenths(0.58), tenths(0.6), tenths(0.43), tenths(0.03), tenths(0.5), tenths(0.98), tenths(1.0)
    ('近六成', '约六成', '四成多', '不到一成', '约一半', '几乎全部', '全部')
    >>> tenths(0.58, "en"), tenths(0.43, "en"), tenths(0.03, "en"), tenths(0.5, "en")
    ('nearly 60%', 'over 40%', 'under 10%', 'about half')
    """

    def say(key: str, tenth: int) -> str:
        return report_say(lang, key, n=tenth if lang == "en" else "零一二三四五六七八九"[tenth])

    if share >= 0.95:
        return report_say(lang, "all" if share >= 1 else "almost_all")
    if share < 0.095:
        return report_say(lang, "below_tenth")
    whole = math.floor(share * 10 + 0.5)
    if abs(share * 10 - whole) < 0.1:
        return report_say(lang, "about_half") if whole == 5 else say("about", whole)
    if 0 < whole - share * 10 <= 0.3:
        return say("near", whole)
    return say("over", math.floor(share * 10))


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


def when_words(found: Assessment, lang: Lang = "zh") -> str:
    """Return the time the assessment is of, in words."""
    asked = found.standard
    at = asked.local_at
    if at is not None:
        return f"{at:%Y-%m-%d %H:%M}"
    if asked.window:
        return in_words(f"{asked.window}/{asked.day or 'weekday'}", lang)
    if asked.day:
        return report_say(lang, "all_day", day=DAY_NAMES[asked.day][lang == "en"])
    return report_say(lang, "whole_week")


def service_words(found: Assessment, lang: Lang = "zh") -> str:
    """Return the services asked for in words, empty without any."""
    return report_say(lang, "comma").join(in_words(name, lang) for name in found.standard.amenities)


def reach_words(found: Assessment, lang: Lang = "zh") -> str:
    """Return the threshold in words.

    A radius is never called a walk.
    """
    asked = found.standard
    if asked.minutes is None:
        return report_say(lang, "radius", n=asked.radius_m)
    return report_say(lang, "ebike" if asked.mode == "ebike" else "walk", n=asked.minutes)


def findings(
    found: Assessment, week: Coverage, streets: Mapping[str, str], unit: str, lang: Lang = "zh"
) -> tuple[Finding, ...]:
    """Return what was found, most important first.

    Args:
        found: the assessment.
        week: coverage of the whole week under the same threshold and service: what is said of the hours.
        streets: names by code.
        unit: of the assessment's figures, one of ``UNIT_NAMES``.
        lang: the language of the sentences.
    """
    total = found.coverage.total
    if total.share is None:
        return (Finding(report_say(lang, "no_share"), report_say(lang, "no_share_why")),)
    unit_name = UNIT_NAMES[unit][lang == "en"]
    told = [_share(found, unit_name, lang)]
    unserved = total.demand - total.demand_covered
    if unserved > 0:
        told.append(_causes(found, lang))
        if found.gaps:
            told.append(_largest(found, unit_name, unserved, lang))
    if hours := _hours(week, lang):
        told.append(hours)
    if weakest := _weakest_street(found, streets, lang):
        told.append(weakest)
    if todo := _first_steps(found, unit_name, unserved, lang):
        told.append(todo)
    return tuple(told)


def _share(found: Assessment, unit: str, lang: Lang) -> Finding:
    total = found.coverage.total
    service = service_words(found, lang)
    what = report_say(lang, "station_with", what=service) if service else report_say(lang, "open_station")
    noun = "workers" if found.demand_basis == "measured" else "demand"
    group = found.standard.group
    who = (
        report_say(lang, f"group_{noun}", group=GROUP_LABELS[group][lang == "en"])
        if group
        else report_say(lang, noun)
    )
    missed = total.demand - total.demand_covered
    part = tenths(1 - (total.share or 0.0), lang)
    when = when_words(found, lang)
    head = report_say(
        lang, "missed_head" if missed > 0 else "reached_head", when=when, part=part, who=who, what=what
    )
    text = report_say(
        lang,
        "share_text",
        all=amount(total.demand),
        unit=unit,
        reach=reach_words(found, lang),
        missed=amount(missed),
        share=percent(total.share, lang),
        maybe=percent(total.share_if_unknown_open, lang),
    )
    return Finding(head, text)


def cause_amounts(found: Assessment) -> dict[str, float]:
    """Return the unserved demand by cause, in the order causes are told in."""
    cells = found.coverage.cells
    return {cause: float(cells[cause].sum()) if len(cells) else 0.0 for cause in CAUSE_ORDER}


def _causes(found: Assessment, lang: Lang) -> Finding:
    amounts = cause_amounts(found)
    total = sum(amounts.values())
    percents = dict(zip(amounts, whole_percents(list(amounts.values())), strict=True))
    near = 1 - amounts["nothing_near"] / total
    head = (
        report_say(lang, "near_head", part=tenths(near, lang))
        if near >= 0.5
        else report_say(lang, "far_head", part=tenths(1 - near, lang))
    )
    parts = (
        report_say(lang, "cause_part", cause=CAUSE_LABELS[cause][lang == "en"], n=percents[cause])
        for cause in CAUSE_ORDER
    )
    return Finding(head, report_say(lang, "sentence", text=report_say(lang, "clause").join(parts)))


def _largest(found: Assessment, unit: str, unserved: float, lang: Lang) -> Finding:
    top = found.gaps[:3]
    places = report_say(lang, "comma").join(
        report_say(lang, "place_amount", place=place_words(gap, lang), n=amount(gap.unserved)) for gap in top
    )
    share = percent(sum(gap.unserved for gap in top) / unserved, lang)
    return Finding(
        report_say(lang, "largest_head", n="一二三"[len(top) - 1]),
        report_say(lang, "largest_text", places=places, unit=unit, share=share),
    )


def _hours(week: Coverage, lang: Lang) -> Finding | None:
    days = "weekday" if any(day == "weekday" for _, day, _ in week.by_window) else "weekend"
    lines = [(w, line.share) for w, day, line in week.by_window if day == days and line.share is not None]
    if len(lines) < 2:
        return None
    best = max(lines, key=lambda line: (line[1], line[0]))
    worst = min(lines, key=lambda line: (line[1], line[0]))
    low, high = (WINDOW_NAMES[window][lang == "en"] for window, _ in (worst, best))
    text = report_say(
        lang,
        "hours_text",
        day=DAY_NAMES[days][lang == "en"],
        low=low,
        low_clock=WINDOWS[worst[0]].label,
        low_share=percent(worst[1], lang),
        high=high,
        high_clock=WINDOWS[best[0]].label,
        high_share=percent(best[1], lang),
    )
    return Finding(report_say(lang, "worst_head", window=low), text)


def _weakest_street(found: Assessment, streets: Mapping[str, str], lang: Lang) -> Finding | None:
    lines = [(line.share, code) for code, line in found.coverage.by_street if code and line.share is not None]
    if len(lines) < 2:
        return None
    low, high = min(lines), max(lines)
    text = report_say(
        lang,
        "streets_text",
        low=streets.get(low[1], low[1]),
        low_share=percent(low[0], lang),
        high=streets.get(high[1], high[1]),
        high_share=percent(high[0], lang),
    )
    return Finding(report_say(lang, "streets_far" if high[0] - low[0] >= 0.2 else "streets_near"), text)


def _first_steps(found: Assessment, unit: str, unserved: float, lang: Lang) -> Finding | None:
    cheap = [
        group
        for group in tasks(found, {}, {}, lang)
        if group.kind not in ("partner", "build", "map_and_sign")
    ]
    if not cheap:
        return None
    gain = sum(group.gain for group in cheap)
    parts = report_say(lang, "comma").join(
        report_say(lang, "step_part", title=group.title, n=len(group.tasks)) for group in cheap
    )
    return Finding(
        report_say(lang, "steps_head", n=sum(len(group.tasks) for group in cheap)),
        report_say(
            lang,
            "steps_text",
            parts=parts,
            gain=amount(gain),
            unit=unit,
            share=percent(gain / unserved, lang),
        ),
    )


def place_words(gap: Gap, lang: Lang = "zh") -> str:
    """Return what a gap area is called."""
    if gap.place:
        return report_say(lang, "around", place=gap.place)
    return report_say(lang, "nth_place", n=gap.rank)


def tasks(
    found: Assessment,
    stations: Mapping[str, str],
    street_of: Mapping[str, str | None],
    lang: Lang = "zh",
) -> tuple[TaskGroup, ...]:
    """Return what to do, cheapest kind first, each thing once however many gaps it helps.

    The gains of a gap's actions share out its unserved demand, so they add up without counting anyone twice.

    Args:
        found: the assessment.
        stations: names by id; ids stand where a name is missing.
        street_of: street code by station id.
        lang: the language of the words.
    """
    streets = {gap.rank: gap.area.street_code for gap in found.gaps}
    places = {gap.rank: place_words(gap, lang) for gap in found.gaps}
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
                    _task_words(kind, name, details, lang),
                    street_of.get(first.target or "") or streets[first.gap_rank],
                    sum(gains) if gains else None,
                    tuple(sorted(action.gap_rank for action in actions)),
                )
            )
        if chosen:
            chosen.sort(key=lambda task: (-(task.gain or 0.0), task.what))
            gain = sum(task.gain or 0.0 for task in chosen)
            title, deadline = (words[kind][lang == "en"] for words in (ACTION_LABELS, DEADLINES))
            groups.append(TaskGroup(kind, title, deadline, tuple(chosen), gain))
    return tuple(groups)


def _task_words(kind: ActionKind, name: str, details: Sequence[str], lang: Lang) -> str:
    comma = report_say(lang, "comma")
    what = comma.join(thing_words(detail, lang) for detail in details[:3])
    if kind == "map_and_sign":
        signs = {"map": "on_maps", "sign": "sign_outside"}
        what = comma.join(report_say(lang, signs[detail]) for detail in details if detail in signs)
    elif kind == "verify" and not what:
        what = report_say(lang, "hours")
    return name + report_say(lang, "colon") + report_say(lang, f"do_{kind}", what=what)
