"""The report for the next meeting: ``/planner/report``, and the same as one file that loads nothing.

One map a page, findings and actions in plain Chinese from ``geo.report_text``, every number from one
``Assessment``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from geo.amenities import all_available
from geo.areas import Areas
from geo.assessment import Assessment, hours_unit
from geo.assessment_columns import CAUSE_LABELS
from geo.coverage import Coverage
from geo.demand import GROUP_LABELS
from geo.gap_details import Gap
from geo.report_text import (
    CAUSE_ORDER,
    UNIT_NAMES,
    WINDOW_NAMES,
    amount,
    cause_amounts,
    findings,
    percent,
    place_words,
    reach_words,
    service_words,
    tasks,
    when_words,
    whole_percents,
)
from geo.service_matrix import StationRow
from geo.stations import ILLUSTRATIVE_NOTICE, Station
from maps.assets import style_text
from maps.basemap import shipped_places
from maps.folium_local import content_policy, finish
from maps.map_credits import credit_lines
from maps.page import PageView, render
from maps.planner_charts import CLOCK_HEIGHT, CLOCK_WIDTH, DUTY_HEIGHT, clock_bars
from maps.planner_metrics import metric_rows
from maps.planner_page import page_frame, switches
from maps.planner_state import PlannerState
from maps.sheet_map import (
    CAUSE_CLASSES,
    COVERAGE_CLASSES,
    cause_class,
    coverage_class,
    sheet_map,
    station_spots,
)
from maps.station_facts import display_name

STYLES = ("sheet_map.css", "report.css")
MAP_SIZE = {"coverage": (794, 650), "cause": (794, 600)}
OUTLINED, LISTED, SHOWN_TASKS = 8, 8, 3
"""How many gaps the map outlines and the table lists; how many tasks of a kind stand by name."""
CLASS_WORDS = {
    "twice": "两站以上可到",
    "once": "一站可到",
    "part": "只有部分时段",
    "none": "没有服务",
    "unverified": "时间未核实",
    "served": "多半走得到",
    **{cause: CAUSE_LABELS[cause][0] for cause in CAUSE_ORDER},
}
STATION_WORDS = (
    ("open", "全程开"),
    ("partly", "开一部分"),
    ("lacks", "开，缺所选服务"),
    ("closed", "没开"),
    ("unknown", "未核实"),
    ("not_serving", "暂停、在建"),
)


@dataclass(frozen=True)
class ReportGrounds:
    """What a report is made of, beside the switches.

    Attributes:
        found: the assessment; ``week`` the coverage of the whole week under the same threshold and service.
        rows: the service matrix of the stations, for the marks' states.
        stations, areas, register_version: what the assessment stands on.
    """

    found: Assessment
    week: Coverage
    rows: Sequence[StationRow]
    stations: Sequence[Station]
    areas: Areas
    register_version: int


def render_report(
    on: ReportGrounds, state: PlannerState, view: PageView | None = None, demand_basis: str | None = None
) -> str:
    """Return the report inside the planner's frame, with its switches."""
    view = view or PageView()
    frame = page_frame(on.stations, state, on.found.assessed_on, "report", illustrative=on.found.illustrative)
    files = {
        name: {form: f"/api/{name}{state.api_query(f=form)}" for form in ("xlsx", "gpkg")}
        for name in ("assessment", "gaps", "coverage")
    }
    context = {
        **frame,
        **report_context(on, view),
        "title": "报告" if state.lang == "zh" else "Report",
        "switches": switches(state, demand_basis or on.found.demand_basis),
        "files": files,
        "page_styles": STYLES,
    }
    return render("report.html", view, state.lang, context)


def render_report_file(on: ReportGrounds, view: PageView | None = None) -> str:
    """Return the report as one file: nothing is loaded, nothing is linked, no script.

    Raises:
        RemoteAddressError: the file would name another host.
    """
    view = view or PageView()
    context = {
        **report_context(on, view),
        "styles": [Markup(style_text(name)) for name in STYLES],  # noqa: S704 - our own files
        "csp": content_policy((), inline=True),
    }
    html = render("report_file.html", view, "zh", context)
    return finish(html, (), "none", inline=True).html


def report_context(on: ReportGrounds, view: PageView) -> dict[str, Any]:
    """Return what the body of the report needs."""
    found = on.found
    unit = hours_unit(found.demand_unit, found.coverage.is_hours)
    names = {one.id: display_name(one, "zh") for one in on.stations}
    street_of = {one.id: one.street_code for one in on.stations}
    streets = on.areas.street_names()
    groups = tasks(found, names, street_of)
    total = found.coverage.total
    unserved = total.demand - total.demand_covered
    gain = sum(group.gain for group in groups)
    updated = [one.updated_at.date() for one in on.stations if one.updated_at is not None]
    return {
        "notice": ILLUSTRATIVE_NOTICE if found.illustrative else "",
        "heading": "灞桥区户外劳动者服务缺口报告",
        "subject": f"{when_words(found)} · {reach_words(found)} · {service_words(found) or '任一服务'}"
        + (f" · {GROUP_LABELS[found.standard.group][0]}" if found.standard.group else ""),
        "register_date": max(updated, default=found.assessed_on).isoformat(),
        "made_on": found.assessed_on.isoformat(),
        "total": total,
        "unit": UNIT_NAMES[unit],
        "unserved": unserved,
        "key_figures": _key_figures(found, unserved, UNIT_NAMES[unit]),
        "findings": findings(found, on.week, streets, unit),
        "task_groups": groups,
        "street_names": streets,
        "shown_tasks": SHOWN_TASKS,
        "share_after": percent((total.demand_covered + min(gain, unserved)) / total.demand)
        if total.share is not None
        else "–",
        "gap_rows": [_gap_row(gap, streets, names) for gap in found.gaps[:LISTED]],
        "gap_total": len(found.gaps),
        "cause_words": CLASS_WORDS,
        "causes": _cause_lines(found),
        "coverage_map": _map(on, "coverage"),
        "cause_map": _map(on, "cause"),
        "coverage_order": COVERAGE_CLASSES,
        "cause_classes": CAUSE_CLASSES,
        "station_words": STATION_WORDS,
        "class_words": CLASS_WORDS,
        "clock": clock_bars(on.week.by_window, found.standard.window, "zh"),
        "clock_size": (CLOCK_WIDTH, CLOCK_HEIGHT, DUTY_HEIGHT),
        "duty_unit": UNIT_NAMES[found.demand_unit],
        "street_rows": _street_rows(found, streets),
        "metrics": metric_rows(found.metrics, "zh"),
        "parameters_told": _parameters(on),
        "decisions": _decisions(groups),
        "demand_notes": found.demand_notes,
        "modelled": found.demand_basis == "modelled",
        "credits": credit_lines("zh", view.map_review_number or "未设置"),
        "amount": amount,
        "percent_words": percent,
    }


def _key_figures(found: Assessment, unserved: float, unit: str) -> list[tuple[str, str, str]]:
    """Return the four figures at the head: name, value, note."""
    total = found.coverage.total
    coverage_metric = next(metric for metric in found.metrics if metric.key == "coverage")
    figures = {one.key: one for one in coverage_metric.figures}
    other = "walk" if found.standard.minutes is None else "radius"
    amounts = cause_amounts(found)
    near = 1 - amounts["nothing_near"] / unserved if unserved > 0 else None
    other_name = {"walk": "15 分钟步行覆盖率", "radius": "1 公里半径覆盖率"}[other]
    of_all = f"共 {amount(total.demand)}" + (
        "（模型估算）" if found.demand_basis == "modelled" else "（实测）"
    )
    return [
        (
            f"{reach_words(found)}覆盖率",
            percent(total.share),
            f"若未核实的都算开：{percent(total.share_if_unknown_open)}",
        ),
        (f"走不到的{unit}", amount(unserved), of_all),
        ("不用新建也可能补上", percent(near), "占缺口；附近有站：没开、缺服务或未核实"),
        (other_name, percent(figures[other].value if other in figures else None), "另一口径，不可混用"),
    ]


def _map(on: ReportGrounds, which: Literal["coverage", "cause"]) -> Any:
    found = on.found
    asked = found.standard.amenities
    lacking = frozenset(
        one.id for one in on.stations if asked and all_available(asked, one.offers) != "available"
    )
    cells = found.coverage.cells
    if which == "coverage":
        spots = station_spots(on.rows, on.stations, lacking)
        gaps: Sequence[Gap] = ()
        classes, order = coverage_class(cells), COVERAGE_CLASSES
    else:
        spots, gaps = None, found.gaps[:OUTLINED]
        classes, order = cause_class(cells), CAUSE_CLASSES
    return sheet_map(
        on.areas,
        cells,
        classes,
        key=which,
        size=MAP_SIZE[which],
        order=order,
        gaps=gaps,
        spots=spots,
        places=shipped_places(),
        at_left=0.28,
    )


def _gap_row(gap: Gap, streets: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    near = gap.nearest
    groups = "、".join(
        f"{GROUP_LABELS[name][0]} {amount(value)}" for name, value in gap.by_group[:2] if value > 0
    )
    worst = gap.by_window[0] if gap.by_window else None
    return {
        "rank": str(gap.rank),
        "place": place_words(gap),
        "street": streets.get(gap.area.street_code or "", "–"),
        "unserved": amount(gap.unserved),
        "share": percent(gap.unserved / gap.demand if gap.demand > 0 else None),
        "cause": CLASS_WORDS[gap.main_cause],
        "groups": groups,
        "worst": ("工作日" if worst[1] == "weekday" else "周末") + WINDOW_NAMES[worst[0]] if worst else "–",
        "nearest": f"{names.get(near.station_id, near.station_id)} {near.travel_min:.0f} 分钟"
        if near
        else "–",
    }


def _cause_lines(found: Assessment) -> list[tuple[str, str, str, int]]:
    amounts = cause_amounts(found)
    percents = whole_percents(list(amounts.values()))
    return [
        (cause, CLASS_WORDS[cause], amount(value), share)
        for (cause, value), share in zip(amounts.items(), percents, strict=True)
    ]


def _street_rows(found: Assessment, streets: Mapping[str, str]) -> list[tuple[str, str, str, str, str]]:
    lines = sorted(
        found.coverage.by_street, key=lambda line: line[1].demand_covered - line[1].demand
    )  # most unserved first
    return [
        (
            streets.get(code or "", "未注明街道"),
            amount(line.demand),
            amount(line.demand - line.demand_covered),
            percent(line.share),
            percent(line.share_if_unknown_open),
        )
        for code, line in lines
    ]


def _parameters(on: ReportGrounds) -> list[tuple[str, str]]:
    found = on.found
    asked = found.standard
    travel = {
        "estimate": "直线 × 1.35 ÷ 1.11 米/秒（估算）",
        "network": "街道网络",
        "straight_line": "直线距离",
    }
    bases = {"modelled": "模型估算（需求权重，不是人数）", "measured": "实测"}
    return [
        ("口径", reach_words(found)),
        ("服务", service_words(found) or "任一服务（开着就算）"),
        ("时间", when_words(found)),
        ("典型周（周一）", asked.week.isoformat()),
        ("人群", GROUP_LABELS[asked.group][0] if asked.group else "全部六类"),
        ("路程", travel[found.travel_basis]),
        ("需求", bases[found.demand_basis]),
        ("街道界线", {"imported": "导入"}.get(found.areas_basis, "示意，近似划分")),
        ("登记表版本", f"第 {on.register_version} 版，{len(on.stations)} 站"),
        ("生成日期", found.assessed_on.isoformat()),
        ("坐标与网格", "WGS-84；H3 第 9 级"),
    ]


def _decisions(groups: Sequence[Any]) -> list[str]:
    """Return at most three things for the meeting to decide, from the kinds of tasks there are."""
    asks = {
        "verify": "{n} 站的时间和设施，由谁在一周内打电话核实：",
        "extend_hours": "{n} 站延长开放，由谁去谈：",
        "reopen": "{n} 站恢复开放，何时：",
        "repair": "{n} 处修理的经费来源：",
        "equip": "{n} 处添置的经费来源：",
        "partner": "{n} 处合作点，先谈哪几处：",
        "build": "{n} 处新建，是否列入计划：",
    }
    told = [asks[group.kind].format(n=len(group.tasks)) for group in groups if group.kind in asks]
    return [*told[:2], *told[-1:]] if len(told) > 3 else told
