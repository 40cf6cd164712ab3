"""Metrics read off the register alone: counts, compliance, maps, hours, use, freshness."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import geopandas as gpd

from geo.compliance import Compliance
from geo.metrics import NO_STATIONS, Benchmark, Figure, Metric, share
from geo.opening_hours import OpeningHours
from geo.time_windows import QUARTERS_PER_DAY
from geo.vocabulary import LABELS, SERVING_STATUSES

FRESH_DAYS = 90
LOW_USE_SHOWN = 3
WORST_RULES = 3
EXTENDED_HOURS_PER_DAY = 12.0
"""A station that is not open round the clock but at least this long, on at least five days, is extended."""
PIN_ERROR_LIMIT_M = 50.0
OWN_LIMITS = Benchmark(
    None, "90天、7天为本项目建议值，未见公开标准", "90 and 7 days are this project's proposals", "本项目"
)


def station_counts(stations: gpd.GeoDataFrame) -> Metric:
    """Metric 1: stations in normal operation, then every status, ownership, host type, level and street."""
    operating = stations[stations["status"] == "operating"]
    figures = [
        _count("operating", "正常开放", "Operating", len(operating)),
        share(
            "operating_share",
            "正常开放占比",
            "Operating, of all",
            len(operating),
            len(stations),
            why_not="登记表里没有站点",
        ),
    ]
    for field in ("status", "ownership", "host_type", "level"):
        table = stations if field == "status" else operating
        found = Counter(table[field])
        figures += [
            _count(f"{field}.{value}", *LABELS[field][value], found[value])
            for value in LABELS[field]
            if found[value]
        ]
        if found[None]:
            figures.append(_count(f"{field}.unknown", "未填", "Not stated", found[None]))
    streets = Counter(operating["street"].map(lambda name: name or "未填"))
    figures += [_count(f"street.{name}", name, name, streets[name]) for name in sorted(streets)]
    without = int((stations.geometry.isna() | stations.geometry.is_empty).sum())
    figures.append(_count("no_location", "没有坐标", "Without a location", without))
    return Metric(
        1,
        "stations",
        "站点数",
        "Stations",
        "状态为正常开放的站点数；其余状态分列。",
        "Stations in normal operation; every other status is listed by itself.",
        tuple(figures),
        (
            Benchmark(1029.0, "西安全市 2022-12-13：1029 站", "Xi'an, 2022", "西安报道 2022-12-14"),
            Benchmark(186100.0, "全国 2024 年底：18.61 万站", "National, end of 2024", "全总 2025 年初发布"),
        ),
    )


def _count(key: str, zh: str, en: str, number: int) -> Figure:
    return Figure(key, zh, en, float(number), "stations", float(number))


def compliance_metric(results: Iterable[Compliance]) -> Metric:
    """Metric 2: pass and fail share and completeness of each rule set, and each set's worst items."""
    figures: list[Figure] = []
    benchmarks = []
    for result in results:
        chosen, judged = result.rule_set, len(result.stations)
        verdicts = [station.verdict for station in result.stations]
        names = {rule.id: rule for rule in chosen.rules}
        known = sum(rule.passed + rule.failed for rule in result.rules)
        worst = sorted((r for r in result.rules if r.failed), key=lambda r: (-r.failed, r.rule_id))
        lines: list[tuple[str, str, str, int, int]] = [
            ("pass", f"{chosen.zh}达标率", f"{chosen.en}: pass", verdicts.count("pass"), judged),
            ("fail", f"{chosen.zh}不达标率", f"{chosen.en}: fail", verdicts.count("fail"), judged),
            ("known", f"{chosen.zh}资料完整率", f"{chosen.en}: known", known, judged * len(names)),
        ]
        lines += [
            (
                f"fail.{r.rule_id}",
                f"不达标：{names[r.rule_id].zh}",
                f"Fails: {names[r.rule_id].en}",
                r.failed,
                judged,
            )
            for r in worst[:WORST_RULES]
        ]
        figures += [
            share(f"{chosen.id}.{key}", zh, en, part, whole, why_not=NO_STATIONS)
            for key, zh, en, part, whole in lines
        ]
        benchmarks.append(Benchmark(None, f"{chosen.zh}（{chosen.date}）", chosen.en, chosen.source))
    if not figures:
        figures = [Figure("pass", "达标率", "Pass", None, "share", reason="没有选规则集")]
    definition = (
        "逐站逐条判断：达标、不达标或未知；未知不算不达标，资料完整率同列。",
        "Each rule at each serving station: pass, fail or unknown; unknown is no fail, "
        "completeness stands beside.",
    )
    return Metric(2, "compliance", "达标率", "Compliance", *definition, tuple(figures), tuple(benchmarks))


def on_map_metric(stations: gpd.GeoDataFrame) -> Metric:
    """Metric 9: serving stations listed on a map platform, and listings whose pin is near the door."""
    serving = _serving(stations)
    listings = [
        [entry for name in ("amap", "baidu", "tencent") if (entry := getattr(row, name)) is not None]
        for row in serving["on_map"]
    ]
    listed = sum(any(entry.id for entry in entries) for entries in listings)
    errors = [e.pin_error_m for entries in listings for e in entries if e.pin_error_m is not None]
    good = sum(error <= PIN_ERROR_LIMIT_M for error in errors)
    reason = "登记表没有填写上图情况" if len(serving) else NO_STATIONS
    stated = sum(any(entry.id or entry.checked_on for entry in entries) for entries in listings)
    figures = (
        share("listed", "上图率", "Listed on a map", listed, len(serving) if stated else 0, why_not=reason),
        share("stated", "填写了上图情况", "Listing stated", stated, len(serving), why_not=NO_STATIONS),
        share(
            "pin", "标点误差不超过50米", "Pin within 50 m", good, len(errors), why_not="没有核对过标点误差"
        ),
    )
    benchmark = Benchmark(0.80, "江西 4636 站中 3700 余站上图", "Jiangxi 2024", "工人日报 2024-04-22")
    definition = (
        "在至少一个地图平台有编号的站点 ÷ 服务中的站点。",
        "Stations with an id on at least one map platform ÷ serving stations.",
    )
    return Metric(9, "on_map", "上图率", "On the map", *definition, figures, (benchmark,))


def long_hours_metric(stations: gpd.GeoDataFrame, week: date) -> Metric:
    """Metric 10: stations open round the clock, and extended ones, among the serving ones."""
    serving = _serving(stations)
    kinds = Counter(_hours_kind(text, week) for text in serving["hours"])
    known = len(serving) - kinds["unknown"]
    figures = (
        share("24h", "24小时站占比", "24-hour stations", kinds["24h"], len(serving), why_not=NO_STATIONS),
        share(
            "extended", "延时站占比", "Extended hours", kinds["extended"], len(serving), why_not=NO_STATIONS
        ),
        share("known", "开放时间已知", "Hours known", known, len(serving), why_not=NO_STATIONS),
    )
    benchmarks = (
        Benchmark(
            0.065, "全国 24 小时站 1.21 万 / 18.61 万", "National, 24 h, end of 2024", "全总 2025 年初发布"
        ),
        Benchmark(
            0.109, "全国延时站 2.03 万 / 18.61 万", "National, extended, end of 2024", "全总 2025 年初发布"
        ),
        Benchmark(0.15, "浙江 2026 年 24 小时智能站目标", "Zhejiang target 2026", "浙江在线 2024-03-26"),
    )
    definition = (
        "典型周全部刻钟都开为24小时站；不是全天、但至少5天每天开12小时以上为延时站（本项目口径）。",
        "24-hour: open in every quarter-hour of a typical week. Extended: not that, but at least "
        "12 hours on at least five days (this project's measure).",
    )
    return Metric(10, "long_hours", "延时与24小时站", "Long hours", *definition, figures, benchmarks)


def _hours_kind(text: str | None, week: date) -> str:
    hours = OpeningHours.parse(text)
    is_open = hours.week_bitmap(week)
    if is_open.all():
        return "24h"
    per_day = is_open.reshape(7, QUARTERS_PER_DAY).sum(axis=1) / 4
    if (per_day >= EXTENDED_HOURS_PER_DAY).sum() >= 5:
        return "extended"
    return "unknown" if hours.week_unknown_bitmap(week).any() else "ordinary"


def use_metric(stations: gpd.GeoDataFrame) -> Metric:
    """Metric 11: visits per station and day, from counts whose period is a year or a month."""
    serving = _serving(stations)
    counted = {
        row["id"]: [(v.count, days) for v in row["visits"] if (days := _days_in(v.period)) is not None]
        for row in serving.to_dict("records")
    }
    any_visits = any(len(visits) > 0 for visits in serving["visits"])
    reason = "服务人次没有写明年或月" if any_visits else "登记表没有带时段的服务人次"
    rates = {
        station: _visit_rate(
            f"low.{station}", f"人次最少：{station}", f"Least used: {station}", pairs, reason
        )
        for station, pairs in counted.items()
        if pairs
    }
    everything = [pair for pairs in counted.values() for pair in pairs]
    rate = _visit_rate("visits", "日均服务人次/站", "Visits per station and day", everything, reason)
    lowest = sorted(rates.values(), key=lambda figure: (figure.value or 0.0, figure.key))[:LOW_USE_SHOWN]
    cost = Figure("cost", "每人次成本", "Cost per visit", None, "yuan/visit", reason="登记表没有经费数据")
    benchmarks = (
        Benchmark(
            12.4,
            "全国 2024 年底：230.97 万人次/日 ÷ 18.61 万站",
            "National, end of 2024",
            "全总 2025 年初发布",
        ),
        Benchmark(5.3, "西安 2022：200 万人次以上/年 ÷ 1029 站", "Xi'an 2022", "西安报道 2022-12-14"),
    )
    definition = (
        "有时段的服务人次合计 ÷ 站·日合计；没有时段的不计。",
        "Visits whose period is stated ÷ station-days; counts without a period are left out.",
    )
    return Metric(11, "use", "日均服务人次", "Use", *definition, (rate, cost, *lowest), benchmarks)


def _visit_rate(key: str, zh: str, en: str, pairs: list[tuple[int, int]], reason: str) -> Figure:
    """Return visits per station and day of (visits, days) counts; null with the reason without any."""
    visits, days = float(sum(pair[0] for pair in pairs)), float(sum(pair[1] for pair in pairs))
    if days == 0:
        return Figure(key, zh, en, None, "visits/station/day", reason=reason)
    return Figure(key, zh, en, visits / days, "visits/station/day", visits, days)


def _days_in(period: str) -> int | None:
    """Return the days of a period ``2025`` or ``2025-10``; None for anything else."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?", period)
    if match is None:
        return None
    year, month = int(match[1]), match[2]
    if month is None:
        return 366 if calendar.isleap(year) else 365
    return calendar.monthrange(year, int(month))[1] if 1 <= int(month) <= 12 else None


def freshness_metric(
    stations: gpd.GeoDataFrame, today: date, answered: tuple[int, int] | None, answer_days: int = 7
) -> Metric:
    """Metric 12: facts confirmed in the last 90 days, and reports answered in time.

    Args:
        stations: canonical station table.
        today: the day counted back from.
        answered: (reports answered within ``answer_days``, reports in all); None where none are kept.
        answer_days: the answering time meant.
    """
    facts = [confirmed for row in _serving(stations).to_dict("records") for confirmed in _confirmations(row)]
    limit = today - timedelta(days=FRESH_DAYS)
    fresh = sum(confirmed is not None and confirmed >= limit for confirmed in facts)
    within, total = answered or (0, 0)
    figures = (
        share(
            "fresh",
            "90天内核实过的资料",
            "Facts confirmed in 90 days",
            fresh,
            len(facts),
            why_not="没有可核实的资料",
        ),
        share(
            "answered",
            f"{answer_days}天内答复的报错",
            f"Reports answered in {answer_days} days",
            within,
            total,
            why_not="没有保存报错记录" if answered is None else "还没有收到报错",
        ),
    )
    definition = (
        "开放时间、位置和每项已知设施各算一条；90天内有核实日期的条数 ÷ 全部条数。",
        "Hours, location and each known amenity are one fact each: facts confirmed within 90 days "
        "÷ all facts.",
    )
    return Metric(12, "freshness", "可信度", "Credibility", *definition, figures, (OWN_LIMITS,))


def _confirmations(row: Mapping[str, Any]) -> list[date | None]:
    """Return the day each known fact of a station was confirmed, None where nobody says."""
    found = [row["hours_confirmed_on"]] if row["hours"] is not None else []
    if row["geometry"] is not None:
        found.append(row["location_checked_on"])
    offers = {**row["amenities"], **row["services"]}.values()
    return found + [entry.checked_on for entry in offers if entry.value != "unknown"]


def _serving(stations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return stations[stations["status"].isin(SERVING_STATUSES)]
