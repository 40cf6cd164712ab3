"""Metrics 3 to 6, who is covered: within the walk and the radius, twice, by window, by service."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from geo.coverage import (
    Figures,
    Situation,
    ask_again,
    group_totals,
    served_with,
    situation,
    totals,
    window_figures,
)
from geo.demand import GROUP_LABELS
from geo.metrics import NO_DEMAND, Benchmark, Figure, Metric, share
from geo.standard import DEFAULT_MINUTES
from geo.time_windows import WINDOWS
from geo.travel import Router, TravelMode

RADIUS_M = 1000.0
SERVICES: tuple[tuple[str, str, str], ...] = (
    ("water", "喝水", "Water"),
    ("hot_meal", "热饭", "Heat food"),
    ("seat", "座椅", "Seats"),
    ("toilet", "上厕所", "Toilet"),
    ("cooling", "纳凉", "Cooling"),
    ("charging", "充电", "Charging"),
    ("aed", "AED除颤器", "Defibrillator"),
)
"""The services metric 6 prints one by one."""
ROUND_CIRCLE = Benchmark(
    None,
    "15分钟服务圈：1公里服务半径、15分钟步行可达、交叉覆盖；未公布比例",
    "15-minute circle with overlap; no share published",
    "全总“双15工程” 2023-07-11",
)
LONGER_HOURS = Benchmark(
    None,
    "增加开放时间，积极向8小时之外延伸服务；未公布比例",
    "Longer hours beyond the working day; no share published",
    "全总 2025 年初发布",
)
BASIC_SERVICES = Benchmark(
    None,
    "全国基本服务：饮水、热饭、应急简易药品、休息、如厕（附近）；未公布比例",
    "National basic services; no share published",
    "中国青年报 2023-12-11",
)


def within_minutes(stations: gpd.GeoDataFrame, found: Situation, router: Router | None) -> Situation:
    """Return the situation by travel time that metrics are read from.

    That is ``found`` itself, unless a radius was asked for: the default minutes then, as a radius is never
    named a walk.
    """
    if found.standard.minutes is not None:
        return found
    walk = replace(found.standard, minutes=DEFAULT_MINUTES, radius_m=None)
    return situation(stations, found.demand, walk, router)


def _covered(key: str, zh: str, en: str, figures: Figures) -> Figure:
    return share(key, zh, en, figures.demand_covered, figures.demand, why_not=NO_DEMAND)


def _part(key: str, zh: str, en: str, part: float | None, demand: float) -> Figure:
    if part is None:
        return Figure(key, zh, en, None, "share", 0.0, demand, NO_DEMAND)
    return Figure(key, zh, en, part, "share", part * demand, demand)


def threshold_metric(stations: gpd.GeoDataFrame, walk: Situation, asked: Situation) -> Metric:
    """Metric 3: the share within the walk, the 1 km radius as a figure of its own, and each group.

    Args:
        stations: canonical station table.
        walk: the situation by travel time (``within_minutes``).
        asked: the situation asked for; reused where it is the 1 km radius.
    """
    standard, total = walk.standard, totals(walk)
    by_radius = replace(standard, minutes=None, radius_m=RADIUS_M)
    circle = asked if asked.standard == by_radius else situation(stations, walk.demand, by_radius)
    walking = standard.mode is TravelMode.WALK
    zh = f"{standard.minutes:g}分钟{'步行' if walking else '电动车'}覆盖率"
    en = f"Within a {standard.minutes:g}-minute {'walk' if walking else 'e-bike ride'}"
    figures = [
        _covered("walk" if walking else "ebike", zh, en, total),
        _part(
            "if_unknown_open",
            "若未核实的都算开",
            "If unverified hours counted as open",
            total.share_if_unknown_open,
            total.demand,
        ),
        _covered(
            "radius", "1公里半径（另一口径，不可混用）", "1 km radius (another measure)", totals(circle)
        ),
    ]
    for group, (group_zh, group_en) in GROUP_LABELS.items():
        if standard.group in (None, group):
            figures.append(_covered(f"group.{group}", group_zh, group_en, group_totals(walk, group)))
    definition = (
        "走得到一个开着、有所选服务的驿站的需求 ÷ 全部需求，逐刻钟计算；1公里半径是另一个数。",
        "Demand within reach of a station that is open and has what is asked for ÷ all demand, "
        "quarter-hour by quarter-hour; the 1 km radius is a separate figure.",
    )
    return Metric(3, "coverage", "步行覆盖率", "Coverage", *definition, tuple(figures), (ROUND_CIRCLE,))


def twice_metric(walk: Situation) -> Metric:
    """Metric 4: the share with two or more open stations at different places in reach."""
    total = totals(walk)
    figure = _part("twice", "交叉覆盖率", "Covered twice", total.share_covered_twice, total.demand)
    definition = (
        "同一刻钟走得到两个以上开着的站（同一坐标的算一个）的需求 ÷ 全部需求。",
        "Demand within reach of two or more open stations in the same quarter-hour (equal "
        "coordinates count once) ÷ all demand.",
    )
    return Metric(4, "twice", "交叉覆盖率", "Covered twice", *definition, (figure,), (ROUND_CIRCLE,))


def window_metric(stations: gpd.GeoDataFrame, walk: Situation, router: Router | None) -> Metric:
    """Metric 5: coverage of every window and day type, with the midday and the night gap by name.

    It spans the week of the standard, also where one window, day or instant was asked for.
    """
    whole = replace(walk.standard, window=None, day=None, at=None)
    same_slots = walk.standard.at is None
    week = ask_again(walk, whole) if same_slots else situation(stations, walk.demand, whole, router)
    lines = {(window, day): figures for window, day, figures in window_figures(week)}
    figures = [
        _gap(
            "midday_gap",
            "午间缺口（T3，工作日）",
            "Midday gap (T3, weekdays)",
            [(1.0, lines["T3", "weekday"])],
        ),
        _gap(
            "night_gap",
            "夜间缺口（T6–T7，工作日）",
            "Night gap (T6-T7, weekdays)",
            [(WINDOWS[window].hours, lines[window, "weekday"]) for window in ("T6", "T7")],
        ),
    ]
    figures += [
        _covered(
            f"{window}.{day}",
            f"{window} {WINDOWS[window].label} {'工作日' if day == 'weekday' else '周末'}",
            f"{window} {WINDOWS[window].label} {day}",
            line,
        )
        for (window, day), line in lines.items()
    ]
    definition = (
        "每个时段、每种日类各算一次覆盖率；缺口＝没有覆盖的需求 ÷ 全部需求，夜间按时段小时数加权。",
        "Coverage of each window and day type; a gap is demand not covered ÷ all demand, nights "
        "weighted by the windows' hours.",
    )
    return Metric(5, "windows", "分时段覆盖率", "By window", *definition, tuple(figures), (LONGER_HOURS,))


def _gap(key: str, zh: str, en: str, lines: list[tuple[float, Figures]]) -> Figure:
    """Return the uncovered share over windows, each weighed by its hours."""
    need = sum(hours * line.demand for hours, line in lines)
    unmet = sum(hours * (line.demand - line.demand_covered) for hours, line in lines)
    return share(key, zh, en, unmet, need, why_not=NO_DEMAND)


def service_metric(walk: Situation) -> Metric:
    """Metric 6: the share in reach of a station where the service works and the door is open."""
    demand = float(walk.by_pattern.sum())
    figures = tuple(
        share(
            code,
            zh,
            en,
            served_with(walk, (code,)),
            demand,
            why_not=NO_DEMAND,
        )
        for code, zh, en in SERVICES
    )
    definition = (
        "走得到一个开着、且该设施可用的驿站的需求 ÷ 全部需求；每项单独算。",
        "Demand within reach of a station that is open and where the amenity works ÷ all demand; "
        "each amenity by itself.",
    )
    return Metric(6, "services", "按设施覆盖率", "By service", *definition, figures, (BASIC_SERVICES,))
