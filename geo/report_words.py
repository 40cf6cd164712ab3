"""Words of the report's sentences, in Chinese and English, by key; ``report_text`` fills in the numbers."""

from __future__ import annotations

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.amenities import catalogue, fitting_words
from geo.bilingual import Lang, Sayer
from geo.improvement import ActionKind

WINDOW_NAMES: dict[str, tuple[str, str]] = {
    "T1": ("清晨", "dawn"),
    "T2": ("上午", "morning"),
    "T3": ("午间", "midday"),
    "T4": ("下午", "afternoon"),
    "T5": ("傍晚", "early evening"),
    "T6": ("夜间", "late evening"),
    "T7": ("凌晨", "night"),
}
DAY_NAMES: dict[str, tuple[str, str]] = {
    "weekday": ("工作日", "weekday"),
    "weekend": ("周末", "weekend"),
}
UNIT_NAMES: dict[str, tuple[str, str]] = {
    "weight": ("需求权重", "demand weight"),
    "weight-hours": ("权重·小时", "weight-hours"),
    "workers": ("人", "workers"),
    "worker-hours": ("人时", "worker-hours"),
}
DEADLINES: dict[ActionKind, tuple[str, str]] = {
    "verify": ("一周内", "within a week"),
    "extend_hours": ("本月", "this month"),
    "reopen": ("本月", "this month"),
    "repair": ("一个月内", "within a month"),
    "equip": ("一个月内", "within a month"),
    "map_and_sign": ("一个月内", "within a month"),
    "partner": ("一季度", "this quarter"),
    "build": ("列入计划", "to plan"),
}
"""Proposed by the report for the meeting to settle; no source sets them."""

REPORT_WORDS: dict[str, tuple[str, str]] = {
    "comma": ("、", ", "),
    "colon": ("：", ": "),
    "clause": ("，", ", "),
    "whole_week": ("全周全天", "whole week"),
    "all_day": ("{day}全天", "{day}, all day"),
    "window_on": ("{day}{window}", "{day} {window}"),
    "radius": ("直线 {n:g} 米", "{n:g} m in a straight line"),
    "walk": ("步行 {n:g} 分钟", "{n:g}-minute walk"),
    "ebike": ("骑电动车 {n:g} 分钟", "{n:g}-minute e-bike ride"),
    "below_one": ("不到1%", "under 1%"),
    # how much, as people say it
    "all": ("全部", "all"),
    "almost_all": ("几乎全部", "almost all"),
    "below_tenth": ("不到一成", "under 10%"),
    "about_half": ("约一半", "about half"),
    "about": ("约{n}成", "about {n}0%"),
    "near": ("近{n}成", "nearly {n}0%"),
    "over": ("{n}成多", "over {n}0%"),
    # what was found
    "no_share": ("算不出覆盖率。", "No share can be given."),
    "no_share_why": ("这个人群在这个时段没有需求。", "There is no demand of this group in this time."),
    "open_station": ("开着的驿站", "an open station"),
    "station_with": ("有{what}的驿站", "an open station that offers {what}"),
    "demand": ("需求", "demand"),
    "workers": ("劳动者", "workers"),
    "group_demand": ("{group}需求", "demand ({group})"),
    "group_workers": ("{group}劳动者", "workers ({group})"),
    "missed_head": (
        "{when}{part}{who}走不到{what}。",
        "In the time asked for ({when}), {part} of {who} cannot reach {what}.",
    ),
    "reached_head": ("{who}都走得到{what}。", "All {who} can reach {what}."),
    "share_text": (
        "共 {all} {unit}，{reach}以内到不了的有 {missed}，覆盖率 {share}；"
        "若未核实的开放时间都算开，是 {maybe}。",
        "Of {all} {unit} in all, {missed} cannot get there ({reach}). In reach: {share}; "
        "{maybe} if all unverified hours counted as open.",
    ),
    "near_head": ("{part}缺口的附近其实有站。", "For {part} of the gap there is a station nearby."),
    "far_head": ("{part}缺口是因为附近没有站。", "For {part} of the gap there is no station nearby."),
    "cause_part": ("{cause} {n}%", "{cause} {n}%"),
    "sentence": ("{text}。", "{text}."),
    "largest_head": ("最大的{n}处缺口：", "The largest gaps: "),
    "place_amount": ("{place}（{n}）", "{place} ({n})"),
    "largest_text": (
        "{places}，单位{unit}，合占全部缺口的 {share}。",
        "{places}, in {unit}; together {share} of the whole gap.",
    ),
    "worst_head": ("{window}最难。", "Hardest: {window}."),
    "hours_text": (
        "{day}覆盖率最低的是{low}（{low_clock}）{low_share}，最高的是{high}（{high_clock}）{high_share}。",
        "On a {day} the share is lowest in the {low} ({low_clock}), {low_share}, and highest in the {high} "
        "({high_clock}), {high_share}.",
    ),
    "streets_far": ("街道之间差得多。", "Streets differ much."),
    "streets_near": ("各街道差得不多。", "Streets differ little."),
    "streets_text": ("{low} {low_share}，{high} {high_share}。", "{low} {low_share}, {high} {high_share}."),
    "steps_head": (
        "先做 {n} 件不用新建的事。",
        "First do the {n} things that need nothing built.",
    ),
    "step_part": ("{title} {n} 项", "{title} {n}"),
    "steps_text": (
        "{parts}，最多再覆盖 {gain} {unit}，是缺口的 {share}。",
        "{parts}; at most {gain} {unit} more in reach, {share} of the gap.",
    ),
    # what to do
    "around": ("{place}一带", "around {place}"),
    "nth_place": ("第 {n} 处", "gap {n}"),
    "hours": ("开放时间", "opening hours"),
    "on_maps": ("登上地图", "put on the maps"),
    "sign_outside": ("门外挂牌", "sign outside"),
    "do_verify": ("打电话核实{what}", "verify {what} by phone"),
    "do_extend_hours": ("{what}延长开放", "open longer: {what}"),
    "do_reopen": ("恢复开放", "reopen"),
    "do_repair": ("修好{what}", "repair {what}"),
    "do_equip": ("添{what}", "add {what}"),
    "do_map_and_sign": ("{what}", "{what}"),
    "do_partner": ("谈一处合作点", "partner site"),
    "do_build": ("选址新建一站", "a new station"),
}
report_say = Sayer(REPORT_WORDS)


def thing_words(code: str, lang: Lang) -> str:
    """Return what the detail of an action is called where something is to be done: a need by what meets it.

    >>> thing_words("hot_meal", "zh"), thing_words("T3", "zh")
    ('微波炉', '午间')
    """
    if code not in AMENITY_GROUPS:
        return in_words(code, lang)
    zh, en = fitting_words(code)
    return en[0].lower() + en[1:] if lang == "en" else zh


def in_words(code: str, lang: Lang) -> str:
    """Return what the detail of an action is called: a window with its day, hours, a group or a service.

    >>> in_words("T3/weekday", "zh"), in_words("hot_meal", "en")
    ('工作日午间', 'heat food')
    """
    window, _, day = code.partition("/")
    english = lang == "en"
    if window in WINDOW_NAMES:
        name = WINDOW_NAMES[window][english]
        return report_say(lang, "window_on", day=DAY_NAMES[day][english], window=name) if day else name
    if code == "hours":
        return report_say(lang, "hours")
    kind = AMENITY_GROUPS.get(code) or catalogue().get(code)
    if kind is None:
        return code
    if not english:
        return kind.zh
    return kind.en[0].lower() + kind.en[1:] if kind.en[1:2].islower() else kind.en
