"""The columns of an assessment's tables: name, words in both languages, unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geo.amenities import catalogue
from geo.coverage import CAUSES
from geo.demand import GROUP_LABELS
from geo.time_windows import WINDOWS

Kind = Literal["text", "count", "number"]
CAUSE_LABELS: dict[str, tuple[str, str]] = {
    "unknown": ("未知", "Unknown"),
    "lacks_service": ("开着但缺服务", "Open but lacks it"),
    "closed": ("有但没开", "Near but closed"),
    "nothing_near": ("附近没有", "None near"),
}


@dataclass(frozen=True)
class Column:
    """One column: its name in files and in the API, its words, its unit (empty where it has none).

    Unit ``demand`` means the row's or the table's ``unit`` or ``demand_unit``.
    """

    name: str
    zh: str
    en: str
    unit: str = ""
    kind: Kind = "text"


def number_columns(*lines: tuple[str, str, str, str]) -> tuple[Column, ...]:
    """Return columns of numbers from (name, zh, en, unit)."""
    return tuple(Column(*line, "number") for line in lines)


def text_columns(*lines: tuple[str, str, str]) -> tuple[Column, ...]:
    """Return columns of text from (name, zh, en)."""
    return tuple(Column(*line) for line in lines)


BASIS: tuple[Column, ...] = text_columns(
    ("week", "典型周（周一）", "Typical week (its Monday)"),
    ("demand_basis", "需求来源", "Basis of demand"),
    ("demand_unit", "需求单位", "Unit of demand"),
    ("areas_basis", "街道界线来源", "Basis of areas"),
    ("travel_basis", "路程来源", "Basis of travel"),
    ("notice", "声明", "Notice"),
)
NOTICE = BASIS[-1]
FIGURES = number_columns(
    ("demand", "需求", "Demand", "demand"),
    ("demand_covered", "覆盖的需求", "Demand covered", "demand"),
    ("share", "覆盖率", "Share", "share"),
    ("share_if_unknown_open", "若未核实的都算开", "Share if unknown hours were open", "share"),
    ("share_covered_twice", "交叉覆盖率", "Share covered twice", "share"),
)
"""The columns of one line of coverage, named as ``coverage.Figures`` names them."""
TABLES: dict[str, tuple[Column, ...]] = {
    "metrics": (
        Column("number", "序号", "Number", kind="count"),
        *text_columns(
            ("metric", "指标", "Metric"),
            ("metric_zh", "指标名", "Metric, Chinese"),
            ("metric_en", "指标英文名", "Metric, English"),
            ("figure", "数值代码", "Figure"),
            ("zh", "数值名", "Figure, Chinese"),
            ("en", "数值英文名", "Figure, English"),
        ),
        Column("value", "数值", "Value", "unit", "number"),
        Column("unit", "单位", "Unit"),
        *number_columns(("numerator", "分子", "Numerator", ""), ("denominator", "分母", "Denominator", "")),
        *text_columns(
            ("reason", "为何没有", "Why there is none"),
            ("benchmark_zh", "参照", "Benchmark, Chinese"),
            ("benchmark_en", "参照英文", "Benchmark, English"),
            ("benchmark_source", "参照来源", "Source of the benchmark"),
            ("definition_zh", "定义", "Definition, Chinese"),
            ("definition_en", "英文定义", "Definition, English"),
        ),
    ),
    "gaps": (
        Column("rank", "名次", "Rank", kind="count"),
        *text_columns(("place", "地点", "Place"), ("street_code", "街道代码", "Street code")),
        Column("cells", "格数", "Cells", "cells", "count"),
        *number_columns(
            ("lon", "中心经度", "Longitude of the centre", "degrees"),
            ("lat", "中心纬度", "Latitude of the centre", "degrees"),
            ("demand", "需求", "Demand", "demand"),
            ("unserved", "未服务的需求", "Unserved demand", "demand"),
            *(
                (
                    f"cause_{code}",
                    f"原因：{CAUSE_LABELS[code][0]}",
                    f"Cause: {CAUSE_LABELS[code][1]}",
                    "demand",
                )
                for code in CAUSES
            ),
            *(
                (f"unserved_{group}", f"{zh}未服务", f"{en}: unserved", "demand")
                for group, (zh, en) in GROUP_LABELS.items()
            ),
        ),
        *text_columns(
            ("main_cause", "主要原因", "Main cause"),
            ("worst_windows", "最差时段", "Worst windows"),
            ("missing", "缺的设施", "What is missing"),
            ("nearest_station", "最近站点", "Nearest station"),
        ),
        *number_columns(
            ("nearest_distance_m", "最近距离", "Nearest distance", "m"),
            ("nearest_min", "最近用时", "Nearest time", "min"),
        ),
        *text_columns(
            ("first_action", "先做这一件", "First action"),
            ("first_target", "在哪里做", "Where"),
            ("unit", "需求单位", "Unit of demand here"),
        ),
    ),
    "actions": (
        Column("gap_rank", "缺口名次", "Rank of the gap", kind="count"),
        Column("order", "先后", "Order within the gap", kind="count"),
        *text_columns(
            ("action", "做法", "Action"),
            ("zh", "做法名", "Action, Chinese"),
            ("en", "做法英文名", "Action, English"),
            ("target", "站点或地点", "Station or place"),
            ("detail", "时段或设施", "Windows or amenities"),
        ),
        Column("gain", "最多可补", "Gain at most", "demand", "number"),
        Column("needs", "还须同时做", "Needs besides, at the same place"),
        Column("unit", "需求单位", "Unit of demand here"),
    ),
    "coverage": (
        *text_columns(
            ("scope", "范围", "Scope"),
            ("street_code", "街道代码", "Street code"),
            ("window", "时段", "Window"),
            ("day_type", "日类", "Day type"),
        ),
        *FIGURES,
        Column("unit", "需求单位", "Unit of demand here"),
    ),
    "compliance": (
        *text_columns(
            ("ruleset", "规则集", "Rule set"),
            ("station_id", "站点", "Station"),
            ("rule", "规则", "Rule"),
            ("rule_zh", "规则名", "Rule, Chinese"),
            ("rule_en", "规则英文名", "Rule, English"),
            ("severity", "必备或建议", "Required or advised"),
            ("verdict", "结论", "Verdict"),
            ("station_verdict", "全站结论", "Verdict of the station"),
        ),
        *number_columns(
            ("completeness", "资料完整率", "Completeness", "share"), ("stars", "星级", "Stars", "stars")
        ),
        *text_columns(
            ("source", "规则来源", "Source of the rules"),
            ("date", "规则日期", "Date of the rules"),
            ("judged_on", "判断日期", "Judged on"),
        ),
    ),
    "station_matrix": (
        *text_columns(
            ("station_id", "站点", "Station"),
            ("name", "名称", "Name"),
            ("street_code", "街道代码", "Street code"),
            ("window_state", "所选时段", "State in the time asked for"),
        ),
        Column("open_share", "开放比例", "Share of time open", "share", "number"),
        *text_columns(
            *((code, f"{code} {window.label}", f"{code} {window.label}") for code, window in WINDOWS.items())
        ),
        Column("demand_covered", "覆盖的需求", "Demand covered", "demand", "number"),
    ),
    "street_matrix": (
        *text_columns(
            ("street_code", "街道代码", "Street code"),
            ("service", "服务", "Service"),
            ("zh", "服务名", "Service, Chinese"),
            ("en", "服务英文名", "Service, English"),
        ),
        *(
            Column(name, zh, en, "stations", "count")
            for name, zh, en in (
                ("stations", "站点数", "Stations"),
                ("available", "可用站数", "Stations that have it"),
                ("broken", "坏了的站数", "Stations where it is broken"),
                ("unknown", "未核实的站数", "Stations where it is unknown"),
            )
        ),
        Column("working_share", "完好率", "Working share", "share", "number"),
        *FIGURES[:3],
        Column("unit", "需求单位", "Unit of demand here"),
    ),
}
"""The columns of every table, in order; ``station_matrix`` has two more for each code of the catalogue."""


def columns(table: str) -> tuple[Column, ...]:
    """Return every column of a table in order, those of the catalogue and of the basis included."""
    codes = catalogue().values() if table == "station_matrix" else ()
    gains = (
        Column(
            f"gain_{kind.code}",
            f"{kind.zh}：有了多覆盖",
            f"{kind.en}: gain if it were there",
            "demand",
            "number",
        )
        for kind in codes
    )
    return (*TABLES[table], *(Column(kind.code, kind.zh, kind.en) for kind in codes), *gains, *BASIS)
