"""Metrics of who is covered: by threshold, twice, by window, by amenity, how far, how evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np

from geo.accessibility import seat_capacity, two_step_fca
from geo.coverage import (
    Coverage,
    Figures,
    Situation,
    ask_again,
    coverage,
    located,
    reach_matrix,
    summarise,
)
from geo.demand import GROUP_LABELS, Demand
from geo.equity import gini, street_equity
from geo.metrics import Benchmark, Figure, Metric
from geo.nearest import StationIndex
from geo.standard import DEFAULT_MINUTES, Standard
from geo.time_windows import WINDOWS
from geo.travel import Router, StraightLineRouter, travel_minutes
from geo.vocabulary import SERVING_STATUSES

RADIUS_M = 1000.0
DEFAULT_SEATS = 6.0
"""Seats taken for a station whose register states none: counted and printed wherever it is used."""
NO_DEMAND = "这个人群在这个时段没有需求，算不出"
NO_STATIONS = "没有服务中且有坐标的站点"
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
    "15分钟服务圈：1公里服务半径、15分钟步行可达",
    "15-minute circle; no share published",
    "全总“双15工程” 2023-07-11",
)


def _covered(key: str, zh: str, en: str, figures: Figures) -> Figure:
    reason = None if figures.share is not None else NO_DEMAND
    return Figure(key, zh, en, figures.share, "share", figures.demand_covered, figures.demand, reason)


def threshold_metric(stations: gpd.GeoDataFrame, found: Situation, main: Coverage) -> Metric:
    """Metric 3: the share within the walk, the 1 km radius as a figure of its own, and each group."""
    standard = found.standard
    minutes = standard.minutes or DEFAULT_MINUTES
    radius = coverage(stations, found.demand, replace(standard, minutes=None, radius_m=RADIUS_M))
    unknown_open = main.total.share_if_unknown_open
    figures = [
        _covered("walk", f"{minutes:g}分钟步行覆盖率", f"Within a {minutes:g}-minute walk", main.total),
        Figure(
            "walk_if_unknown_open",
            "若未核实的都算开",
            "If unverified hours counted as open",
            unknown_open,
            "share",
            None if unknown_open is None else unknown_open * main.total.demand,
            main.total.demand,
            None if unknown_open is not None else NO_DEMAND,
        ),
        _covered(
            "radius", "1公里半径（另一口径，不可混用）", "1 km radius (a different measure)", radius.total
        ),
    ]
    for group, (zh, en) in GROUP_LABELS.items():
        if standard.group in (None, group):
            one = summarise(ask_again(found, replace(standard, group=group)))
            figures.append(_covered(f"group.{group}", zh, en, one.total))
    definition = "走得到一个开着、有所选服务的驿站的需求 ÷ 全部需求，逐刻钟计算；1公里半径是另一个数。"
    return Metric(3, "coverage", "步行覆盖率", "Coverage", definition, tuple(figures), (ROUND_CIRCLE,))


def twice_metric(main: Coverage) -> Metric:
    """Metric 4: the share with two or more open stations at different places in reach."""
    total = main.total
    figure = Figure(
        "twice",
        "交叉覆盖率",
        "Covered twice",
        total.share_covered_twice,
        "share",
        None if total.share_covered_twice is None else total.share_covered_twice * total.demand,
        total.demand,
        None if total.share_covered_twice is not None else NO_DEMAND,
    )
    definition = "同一刻钟走得到两个以上开着的站（同一坐标的算一个）的需求 ÷ 全部需求。"
    return Metric(4, "twice", "交叉覆盖率", "Covered twice", definition, (figure,), (ROUND_CIRCLE,))


def window_metric(
    stations: gpd.GeoDataFrame, demand: Demand, standard: Standard, router: Router | None
) -> Metric:
    """Metric 5: coverage of every window and day type, with the midday and the night gap by name."""
    whole = coverage(stations, demand, replace(standard, window=None, day=None, at=None), router)
    lines = {(window, day): figures for window, day, figures in whole.by_window}
    night_need = sum(lines[w, "weekday"].demand * WINDOWS[w].hours for w in ("T6", "T7"))
    night_met = sum(lines[w, "weekday"].demand_covered * WINDOWS[w].hours for w in ("T6", "T7"))
    midday = lines["T3", "weekday"]
    figures = [
        _gap(
            "midday_gap",
            "午间缺口（T3，工作日）",
            "Midday gap",
            midday.demand - midday.demand_covered,
            midday.demand,
        ),
        _gap("night_gap", "夜间缺口（T6–T7，工作日）", "Night gap", night_need - night_met, night_need),
    ]
    figures += [
        _covered(
            f"{w}.{d}", f"{w} {WINDOWS[w].label} {'工作日' if d == 'weekday' else '周末'}", f"{w} {d}", line
        )
        for (w, d), line in lines.items()
    ]
    definition = "每个时段、每种日类各算一次覆盖率；缺口＝没有覆盖的需求 ÷ 全部需求。"
    return Metric(5, "windows", "分时段覆盖率", "By window", definition, tuple(figures))


def _gap(key: str, zh: str, en: str, unmet: float, need: float) -> Figure:
    value = unmet / need if need > 0 else None
    return Figure(key, zh, en, value, "share", unmet, need, None if need > 0 else NO_DEMAND)


def service_metric(found: Situation) -> Metric:
    """Metric 6: the share in reach of a station where the service works and the door is open."""
    figures = tuple(
        _covered(code, zh, en, summarise(ask_again(found, replace(found.standard, amenities=(code,)))).total)
        for code, zh, en in SERVICES
    )
    definition = "走得到一个开着、且该设施可用的驿站的需求 ÷ 全部需求。"
    return Metric(6, "services", "按设施覆盖率", "By service", definition, figures)


def distance_metric(stations: gpd.GeoDataFrame, demand: Demand, standard: Standard) -> Metric:
    """Metric 7: demand-weighted mean and P90 to the nearest serving station, and the worst streets."""
    serving = located(stations[stations["status"].isin(SERVING_STATUSES)])
    weights = demand.table(standard.group).sum(axis=(1, 2))
    if serving.empty or weights.sum() == 0:
        why = NO_STATIONS if serving.empty else NO_DEMAND
        figures: tuple[Figure, ...] = (
            Figure("mean", "平均最近距离", "Mean distance", None, "m", reason=why),
        )
    else:
        index = StationIndex(serving.geometry.x, serving.geometry.y, serving["id"].tolist())
        metres = index.nearest_many(demand.cells["lon"], demand.cells["lat"], k=1)[1][:, 0]
        mean, p90 = float(np.average(metres, weights=weights)), _percentile(metres, weights, 0.9)
        minutes = float(travel_minutes(mean, standard.mode))
        worst = _worst_streets(metres, weights, demand)
        figures = (
            Figure(
                "mean",
                "平均最近距离",
                "Mean distance",
                mean,
                "m",
                float((metres * weights).sum()),
                float(weights.sum()),
            ),
            Figure("mean_min", "平均最近用时", "Mean time", minutes, "min"),
            Figure("p90", "最远十分之一的起点（P90）", "90th percentile", p90, "m"),
            *(Figure(f"street.{code}", code, code, value, "m") for code, value in worst),
        )
    definition = "每格到最近的服务中站点的测地线距离，按需求加权；不看开门时间。"
    return Metric(7, "distance", "最近距离", "Nearest distance", definition, figures)


def _percentile(values: np.ndarray, weights: np.ndarray, part: float) -> float:
    """Return the smallest value that at least ``part`` of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(running, part * running[-1] * (1 - 1e-12))])


def _worst_streets(metres: np.ndarray, weights: np.ndarray, demand: Demand) -> list[tuple[str, float]]:
    street = demand.cells["street_code"].astype(object).to_numpy()
    codes = sorted({code for code in street if isinstance(code, str)})
    means = [
        (code, float(np.average(metres[street == code], weights=weights[street == code])))
        for code in codes
        if weights[street == code].sum() > 0
    ]
    return sorted(means, key=lambda pair: -pair[1])[:3]


def balance_metric(
    stations: gpd.GeoDataFrame, demand: Demand, standard: Standard, router: Router | None
) -> Metric:
    """Metric 8: Gini of seats in reach per demand (2SFCA), over demand and over streets."""
    serving = located(stations[stations["status"].isin(SERVING_STATUSES)])
    weights = demand.table(standard.group).sum(axis=(1, 2))
    walk = replace(standard, minutes=standard.minutes or DEFAULT_MINUTES, radius_m=None)
    reach = reach_matrix(demand.cells, serving, walk, router or StraightLineRouter(standard.mode))
    seats, assumed = seat_capacity(serving["seats"], DEFAULT_SEATS)
    access = two_step_fca(reach, weights, seats, walk.minutes or DEFAULT_MINUTES)
    streets: Sequence[str | None] = [
        code if isinstance(code, str) else None for code in demand.cells["street_code"]
    ]
    by_street = street_equity(access, weights, streets)
    figures = (
        _plain("gini_streets", "街道间基尼系数", "Gini over streets", by_street.gini),
        _plain("gini_demand", "需求间基尼系数", "Gini over demand", gini(access, weights)),
        Figure(
            "seats_assumed",
            f"座位数未知、按{DEFAULT_SEATS:g}座计的站",
            "Stations with assumed seats",
            float(assumed),
            "stations",
        ),
        Figure("roads", "按道路等级的短缺", "Shortage by road class", None, "index", reason="没有载入道路网"),
    )
    definition = "两步移动搜索法（2SFCA）的每单位需求座位数，按街道、按需求的基尼系数；0 为完全均衡。"
    source = Benchmark(
        None,
        "厦门岛 2024：次干路、科教医疗用地偏少",
        "Xiamen Island 2024",
        "陕西师大学报自然版（据刊号推断）",
    )
    return Metric(8, "balance", "布局均衡", "Balance", definition, figures, (source,))


def _plain(key: str, zh: str, en: str, value: float | None) -> Figure:
    return Figure(key, zh, en, value, "index", reason=None if value is not None else NO_DEMAND)
