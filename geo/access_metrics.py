"""Metrics 7 and 8, how far and how evenly: nearest distance, seats per demand, their spread over streets."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.accessibility import seat_capacity, two_step_fca
from geo.coverage import WINDOW_HOURS, Floats, Situation
from geo.equity import gini, street_equity
from geo.metrics import NO_DEMAND, Benchmark, Figure, Metric, share
from geo.nearest import StationIndex
from geo.travel import Router, travel_minutes
from geo.vocabulary import SERVING_STATUSES

Name = tuple[str, str, str]
"""Key, Chinese and English name of a figure."""
DEFAULT_SEATS = 6.0
"""Seats taken for a station whose register states none: counted and printed wherever it is used."""
NETWORK_LIMIT_MIN = 240.0
"""How far a street network is searched for the nearest station."""
WORST_STREETS = 3
NO_STATIONS = "没有服务中且有坐标的站点"
NO_ACCESS = "没有一处需求走得到座位，谈不上均衡"
NO_STREETS = "没有街道划分"
STATION_SPACING = Benchmark(
    None,
    "武汉约2017：步行10至15分钟一站；山东2022：城区间距1公里以内、密集处0.5公里；都不是平均距离",
    "Wuhan about 2017: a station per 10-15 minutes' walk; Shandong 2022: spacing under 1 km",
    "山东 2022-08-12 报道；武汉约 2017 报道",
)
XIAMEN = Benchmark(
    None,
    "厦门岛 2024：次干路、科教医疗用地偏少；未公布可比系数",
    "Xiamen Island 2024: short on secondary roads; no comparable figure",
    "陕西师大学报自然版（据刊号推断）",
)


def seat_access(walk: Situation) -> tuple[Floats, int]:
    """Return each cell's seats per unit of demand on duty (2SFCA), and how many stations' seats were assumed.

    Demand on duty is the mean over the time asked for: demand-hours over the hours, or the window's demand.
    Stations that do not serve have no seats to offer; opening hours are not looked at.
    """
    serving = _is_serving(walk)
    seats, _ = seat_capacity(walk.stations["seats"], DEFAULT_SEATS)
    _, assumed = seat_capacity(walk.stations["seats"][serving], DEFAULT_SEATS)
    minutes = walk.standard.minutes
    assert minutes is not None  # noqa: S101 - within_minutes never hands over a radius
    return two_step_fca(walk.reach, demand_on_duty(walk), np.where(serving, seats, 0.0), minutes), assumed


def demand_on_duty(walk: Situation) -> Floats:
    """Return each cell's mean demand at a moment of the time asked for."""
    standard = walk.standard
    spans_hours = standard.window is None and standard.at is None
    hours = float(WINDOW_HOURS.sum()) * sum(standard.day_weights) if spans_hours else 1.0
    return np.asarray(walk.weights.sum(axis=(1, 2)) / hours)


def _is_serving(walk: Situation) -> npt.NDArray[np.bool_]:
    return np.asarray(walk.stations["status"].isin(SERVING_STATUSES), dtype=bool)


def distance_metric(
    walk: Situation, router: Router | None = None, street_names: Mapping[str, str] | None = None
) -> Metric:
    """Metric 7: demand-weighted distance and time to the nearest serving station, worst streets, 2SFCA.

    ``street_names`` is by code; a street it does not hold goes by its code.
    """
    weights = walk.weights.sum(axis=(1, 2))
    serving = walk.stations[_is_serving(walk)]
    why = NO_STATIONS if serving.empty else NO_DEMAND if weights.sum() == 0 else None
    if why is None:
        figures = _distances(walk, serving, weights, router, street_names or {})
    else:
        figures = [
            Figure("mean", "平均最近距离", "Mean distance", None, "m", reason=why),
            Figure("p90", "最近距离P90", "Distance, 90th percentile", None, "m", reason=why),
            Figure("mean_min", "平均最近用时", "Mean time", None, "min", reason=why),
            Figure("p90_min", "最近用时P90", "Time, 90th percentile", None, "min", reason=why),
        ]
    definition = (
        "每格到最近的服务中站点的测地线距离和用时，按需求加权，不看开门时间；座位数为两步移动搜索法。",
        "Geodesic distance and time from each cell to the nearest serving station, weighted by "
        "demand, whatever the hours; seats by the two-step floating catchment.",
    )
    shown = (*figures, *_seat_figures(walk, why))
    return Metric(7, "distance", "最近距离", "Nearest distance", *definition, shown, (STATION_SPACING,))


def _distances(
    walk: Situation,
    serving: gpd.GeoDataFrame,
    weights: Floats,
    router: Router | None,
    street_names: Mapping[str, str],
) -> list[Figure]:
    index = StationIndex(serving.geometry.x.to_numpy(), serving.geometry.y.to_numpy(), serving["id"].tolist())
    metres = index.nearest_many(walk.demand.cells["lon"], walk.demand.cells["lat"], k=1)[1][:, 0]
    by_network = router is not None and router.basis == "network"
    minutes = (
        _network_minutes(walk, serving, router)
        if router is not None and by_network
        else np.asarray(travel_minutes(metres, walk.standard.mode))
    )
    reached = np.isfinite(minutes)
    basis = ("路网", "network") if by_network else ("估算", "estimate")
    figures = [
        _mean(("mean", "平均最近距离", "Mean distance"), "m", metres, weights),
        Figure("p90", "最近距离P90", "Distance, 90th percentile", percentile(metres, weights, 0.9), "m"),
        _mean(
            ("mean_min", f"平均最近用时（{basis[0]}）", f"Mean time ({basis[1]})"),
            "min",
            minutes[reached],
            weights[reached],
        ),
        Figure(
            "p90_min",
            f"最近用时P90（{basis[0]}）",
            f"Time, 90th percentile ({basis[1]})",
            percentile(minutes[reached], weights[reached], 0.9),
            "min",
            reason=None if weights[reached].sum() > 0 else NO_DEMAND,
        ),
    ]
    if by_network:
        left = float(weights[~reached].sum())
        name = (f"路网{NETWORK_LIMIT_MIN:g}分钟内走不到", f"Not within {NETWORK_LIMIT_MIN:g} min by network")
        figures.append(share("unreached", *name, left, float(weights.sum()), why_not=NO_DEMAND))
    return figures + _worst_streets(walk, metres, weights, street_names)


def _network_minutes(walk: Situation, serving: gpd.GeoDataFrame, router: Router) -> Floats:
    """Return each cell's minutes to the nearest serving station by the network; infinite past the limit."""
    cells = walk.demand.cells
    matrix = router.minutes_matrix(
        cells["lon"], cells["lat"], serving.geometry.x, serving.geometry.y, NETWORK_LIMIT_MIN
    ).tocsr()
    least = np.full(len(cells), np.inf)
    np.minimum.at(least, np.repeat(np.arange(len(cells)), np.diff(matrix.indptr)), matrix.data)
    return least


def _mean(name: Name, unit: str, values: Floats, weights: Floats) -> Figure:
    total, weight = float((values * weights).sum()), float(weights.sum())
    if weight == 0:
        return Figure(*name, None, unit, total, weight, NO_DEMAND)
    return Figure(*name, total / weight, unit, total, weight)


def percentile(values: Floats, weights: Floats, part: float) -> float | None:
    """Return the smallest value that at least ``part`` of the weight does not exceed; None without weight.

    >>> percentile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0]), 0.9)
    2.0
    """
    held = weights > 0
    if not held.any():
        return None
    order = np.argsort(values[held], kind="stable")
    running = np.cumsum(weights[held][order])
    place = np.searchsorted(running, part * running[-1] * (1 - 1e-12))
    return float(values[held][order][place])


def _worst_streets(
    walk: Situation, metres: Floats, weights: Floats, names: Mapping[str, str]
) -> list[Figure]:
    street, codes = pd.factorize(walk.demand.cells["street_code"].astype(object), sort=True)
    held = np.bincount(street[weights > 0] + 1, minlength=len(codes) + 1)[1:]
    means = [
        _mean(
            (
                f"street.{code}",
                f"最远街道：{names.get(code, code)}",
                f"Farthest street: {names.get(code, code)}",
            ),
            "m",
            metres[street == number],
            weights[street == number],
        )
        for number, code in enumerate(codes)
        if held[number]
    ]
    return sorted(means, key=lambda figure: -(figure.value or 0.0))[:WORST_STREETS]


def _seat_figures(walk: Situation, why: str | None) -> list[Figure]:
    """Return seats in reach per unit of demand, and how many stations' seats were assumed."""
    unit = f"seats/{'worker' if walk.demand.unit == 'workers' else 'weight'}"
    access, assumed = seat_access(walk)
    duty = demand_on_duty(walk)
    name = ("每单位在岗需求的座位（2SFCA）", "Seats per unit of demand on duty (2SFCA)")
    if why is not None:
        seats = Figure("seats", *name, None, unit, reason=why)
    else:
        held, need = float((access * duty).sum()), float(duty.sum())
        seats = Figure("seats", *name, held / need, unit, held, need)
    return [seats, _assumed(assumed, int(_is_serving(walk).sum()))]


def _assumed(assumed: int, serving: int) -> Figure:
    zh = f"座位数未填、按{DEFAULT_SEATS:g}座计的站"
    en = f"Stations with {DEFAULT_SEATS:g} seats assumed"
    return share("seats_assumed", zh, en, assumed, serving, why_not=NO_STATIONS)


def balance_metric(walk: Situation) -> Metric:
    """Metric 8: Gini and P90/P10 of seats per demand (2SFCA), over streets and over demand."""
    access, assumed = seat_access(walk)
    duty = demand_on_duty(walk)
    serving = int(_is_serving(walk).sum())
    codes = [code if isinstance(code, str) else None for code in walk.demand.cells["street_code"]]
    by_street = street_equity(access, duty, codes)
    why = NO_STATIONS if serving == 0 else NO_DEMAND if duty.sum() == 0 else None
    if why is None and not (access * duty).any():
        why = NO_ACCESS
    figures = (
        _gini(
            ("gini_streets", "街道间基尼系数", "Gini over streets"), by_street.gini, why or NO_STREETS, why
        ),
        _gini(("gini_demand", "需求间基尼系数", "Gini over demand"), gini(access, duty), NO_DEMAND, why),
        _spread(by_street.access, why or NO_STREETS),
        _assumed(assumed, serving),
        Figure(
            "road_class", "按道路等级的短缺", "Shortage by road class", None, "index", reason="没有载入道路网"
        ),
        Figure("land_use", "按用地的短缺", "Shortage by land use", None, "index", reason="没有载入用地数据"),
    )
    definition = (
        "两步移动搜索法（2SFCA）的每单位在岗需求座位数，按街道（各街道算一个）、按需求的基尼系数："
        "洛伦兹曲线与对角线之间的面积 ÷ 对角线下的面积；0 为完全均衡。",
        "Gini coefficient of seats per unit of demand on duty (2SFCA), over streets (each counts "
        "once) and over demand: the area between the Lorenz curve and the diagonal ÷ the area "
        "under the diagonal; 0 is perfectly even.",
    )
    return Metric(8, "balance", "布局均衡", "Balance", *definition, figures, (XIAMEN,))


def _gini(name: Name, value: float | None, why_none: str, why: str | None) -> Figure:
    """Return a Gini coefficient as the ratio of areas it is: null where there is nothing to share out."""
    if value is None or why is not None:
        return Figure(*name, None, "index", reason=why or why_none)
    return Figure(*name, value, "index", value / 2, 0.5)


def _spread(means: Floats, why: str) -> Figure:
    """Return P90 ÷ P10 of the streets' means; null where the worst have nothing."""
    name = ("p90_p10", "街道间P90/P10", "P90/P10 over streets")
    each = np.ones(len(means))
    high, low = percentile(means, each, 0.9), percentile(means, each, 0.1)
    if high is None or low is None or high == 0:
        return Figure(*name, None, "ratio", reason=why)
    if low == 0:
        return Figure(*name, None, "ratio", high, low, "最差的街道一个座位也走不到，比值没有意义")
    return Figure(*name, high / low, "ratio", high, low)
