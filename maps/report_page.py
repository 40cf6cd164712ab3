"""The report for the next meeting: ``/planner/report``, and the same as one file that loads nothing.

One map a page, findings and actions in plain sentences from ``geo.report_text``, every number from one
``Assessment``; Chinese first, the same in English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from markupsafe import Markup

from geo.amenities import all_available
from geo.areas import Areas
from geo.assessment import Assessment, hours_unit
from geo.assessment_columns import CAUSE_LABELS
from geo.bilingual import Lang
from geo.coverage import Coverage
from geo.demand import GROUP_LABELS, notes_in
from geo.gap_details import Gap
from geo.report_text import (
    TaskGroup,
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
from geo.report_words import UNIT_NAMES, in_words, report_say
from geo.service_matrix import StationRow
from geo.stations import ILLUSTRATIVE_NOTICE, Station
from maps.assets import style_text
from maps.basemap import shipped_places
from maps.folium_local import content_policy, finish
from maps.map_credits import credit_lines, rough
from maps.page import PageView, render
from maps.planner_charts import CLOCK_HEIGHT, CLOCK_WIDTH, DUTY_HEIGHT, clock_bars
from maps.planner_metrics import metric_rows
from maps.planner_page import page_frame, switches
from maps.planner_state import PlannerState
from maps.planner_texts import planner_say
from maps.report_texts import REPORT_TEXTS, page_say
from maps.sheet_labels import Box
from maps.sheet_map import (
    CAUSE_CLASSES,
    COVERAGE_CLASSES,
    cause_class,
    coverage_class,
    sheet_map,
    station_spots,
)
from maps.station_facts import display_name
from maps.texts import say as words

STYLES = ("sheet_map.css", "report.css")
MAP_SIZE: dict[Lang, dict[str, tuple[int, int]]] = {
    "zh": {"coverage": (794, 650), "cause": (794, 600)},
    "en": {"coverage": (794, 590), "cause": (794, 560)},  # its sentences take more of the page
}
OUTLINED, LISTED, SHOWN_TASKS = 8, 8, 3
"""How many gaps the map outlines and the table lists; how many tasks of a kind stand by name."""
STATION_KINDS = ("open", "partly", "lacks", "closed", "unknown", "not_serving")


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
    view, lang = view or PageView(), state.lang
    frame = page_frame(on.stations, state, on.found.assessed_on, "report", illustrative=on.found.illustrative)
    files = {
        name: {form: f"/api/{name}{state.api_query(f=form)}" for form in ("xlsx", "gpkg")}
        for name in ("assessment", "gaps", "coverage")
    }
    files["layers"] = {"gpkg": f"/planner/map.gpkg{state.query()}"}
    context = {
        **frame,
        **report_context(on, view, lang),
        "title": page_say(lang, "title"),
        "map_note": planner_say(lang, f"map_note{rough(on.areas)['streets']}"),
        "switches": switches(state, demand_basis or on.found.demand_basis),
        "files": files,
        "page_styles": STYLES,
    }
    return render("report.html", view, lang, context)


def render_report_file(on: ReportGrounds, view: PageView | None = None, lang: Lang = "zh") -> str:
    """Return the report as one file: nothing is loaded, nothing is linked, no script.

    Raises:
        RemoteAddressError: the file would name another host.
    """
    view = view or PageView()
    context = {
        **report_context(on, view, lang),
        "styles": [Markup(style_text(name)) for name in STYLES],  # noqa: S704 - our own files
        "csp": content_policy((), inline=True),
    }
    html = render("report_file.html", view, lang, context)
    return finish(html, (), "none", inline=True).html


def report_context(on: ReportGrounds, view: PageView, lang: Lang) -> dict[str, Any]:
    """Return what the body of the report needs."""
    found, english = on.found, lang == "en"
    say = partial(page_say, lang)
    unit = hours_unit(found.demand_unit, found.coverage.is_hours)
    unit_name = UNIT_NAMES[unit][english]
    names = {one.id: display_name(one, lang) for one in on.stations}
    street_of = {one.id: one.street_code for one in on.stations}
    streets = on.areas.street_names()
    groups = tasks(found, names, street_of, lang)
    total = found.coverage.total
    unserved = total.demand - total.demand_covered
    gain = sum(group.gain for group in groups)
    updated = [one.updated_at.date() for one in on.stations if one.updated_at is not None]
    group = found.standard.group
    subject = [when_words(found, lang), reach_words(found, lang), service_words(found, lang)]
    subject[2] = subject[2] or say("any_service")
    return {
        "r": say,
        "nothing": not on.stations,
        "notice": _notice(lang) if found.illustrative else "",
        "tag": words(lang, "sample_notice"),
        "subject": " · ".join(subject + ([GROUP_LABELS[group][english]] if group else [])),
        "register_date": max(updated, default=found.assessed_on).isoformat(),
        "made_on": found.assessed_on.isoformat(),
        "total": total,
        "unit": unit_name,
        "unserved": unserved,
        "key_figures": _key_figures(found, unserved, unit_name, lang),
        "findings": findings(found, on.week, streets, unit, lang),
        "task_groups": groups,
        "group_numbers": "12345678" if english else "一二三四五六七八",
        "street_names": streets,
        "shown_tasks": SHOWN_TASKS,
        "share_after": percent((total.demand_covered + min(gain, unserved)) / total.demand, lang)
        if total.share is not None
        else "–",
        "gap_rows": [_gap_row(gap, streets, names, lang) for gap in found.gaps[:LISTED]],
        "gap_total": len(found.gaps),
        "causes": _cause_lines(found, lang),
        "coverage_map": _map(on, "coverage", lang),
        "cause_map": _map(on, "cause", lang),
        "coverage_order": COVERAGE_CLASSES,
        "coverage_note": planner_say(lang, "half_note") if found.coverage.is_hours else "",
        "cause_classes": CAUSE_CLASSES,
        "station_kinds": STATION_KINDS,
        "clock": clock_bars(on.week.by_window, found.standard.window, lang),
        "clock_size": (CLOCK_WIDTH, CLOCK_HEIGHT, DUTY_HEIGHT),
        "duty_unit": UNIT_NAMES[found.demand_unit][english],
        "street_rows": _street_rows(found, streets, lang),
        "metrics": metric_rows(found.metrics, lang),
        "parameters_told": _parameters(on, lang),
        "decisions": _decisions(groups, lang),
        "demand_notes": notes_in(lang, found.demand_notes),
        "modelled": found.demand_basis == "modelled",
        "credits": say("credit_comma").join(
            credit_lines(lang, view.map_review_number or say("unset"), areas=on.areas, leaflet=False)
        ),
        "street_line": say(f"street_line{rough(on.areas)['streets']}"),
        "comma": report_say(lang, "comma"),
        "amount": amount,
        "percent_words": partial(percent, lang=lang),
    }


def _notice(lang: Lang) -> str:
    """Return that the data are examples: in Chinese in every report, in English beside it."""
    return ILLUSTRATIVE_NOTICE if lang == "zh" else f"{ILLUSTRATIVE_NOTICE} · {words(lang, 'sample_notice')}"


def _key_figures(found: Assessment, unserved: float, unit: str, lang: Lang) -> list[tuple[str, str, str]]:
    """Return the four figures at the head: name, value, note."""
    say = partial(page_say, lang)
    total = found.coverage.total
    coverage_metric = next(metric for metric in found.metrics if metric.key == "coverage")
    figures = {one.key: one for one in coverage_metric.figures}
    other = "walk" if found.standard.minutes is None else "radius"
    amounts = cause_amounts(found)
    near = 1 - amounts["nothing_near"] / unserved if unserved > 0 else None
    maybe = percent(total.share_if_unknown_open, lang)
    other_share = percent(figures[other].value if other in figures else None, lang)
    return [
        (
            say("share_of", reach=reach_words(found, lang)),
            percent(total.share, lang),
            say("if_maybe", share=maybe),
        ),
        (
            say("missed", unit=unit),
            amount(unserved),
            say(f"all_{found.demand_basis}", n=amount(total.demand)),
        ),
        (say("no_building"), percent(near, lang), say("no_building_note")),
        (say(f"other_{other}"), other_share, say("other_note")),
    ]


def _map(on: ReportGrounds, which: Literal["coverage", "cause"], lang: Lang) -> Any:
    found = on.found
    asked = found.standard.amenities
    lacking = frozenset(
        one.id for one in on.stations if asked and all_available(asked, one.offers) != "available"
    )
    cells = found.coverage.cells
    if which == "coverage":
        spots = station_spots(on.rows, on.stations, lacking)
        gaps: Sequence[Gap] = ()
        classes, order = coverage_class(cells, is_hours=found.coverage.is_hours), COVERAGE_CLASSES
    else:
        spots, gaps = None, found.gaps[:OUTLINED]
        classes, order = cause_class(cells), CAUSE_CLASSES
    return sheet_map(
        on.areas,
        cells,
        classes,
        key=which,
        size=MAP_SIZE[lang][which],
        order=order,
        gaps=gaps,
        spots=spots,
        places=shipped_places(),
        at_left=0.28,
        kept=(_legend_room(*MAP_SIZE[lang][which]),),
    )


def _legend_room(width: int, height: int) -> Box:
    """Return the corner the legend stands in, as ``report.css`` has it on a sheet of A4."""
    return (width - 310, height - 310, width, height)


def _gap_row(gap: Gap, streets: Mapping[str, str], names: Mapping[str, str], lang: Lang) -> dict[str, str]:
    near = gap.nearest
    worst = gap.by_window[0] if gap.by_window else None
    return {
        "rank": str(gap.rank),
        "place": place_words(gap, lang),
        "street": streets.get(gap.area.street_code or "", "–"),
        "unserved": amount(gap.unserved),
        "share": percent(gap.unserved_share, lang),
        "cause": CAUSE_LABELS[gap.main_cause][lang == "en"],
        "worst": in_words(f"{worst[0]}/{worst[1]}", lang) if worst else "–",
        "nearest": page_say(
            lang, "nearest", station=names.get(near.station_id, near.station_id), n=near.travel_min
        )
        if near
        else "–",
    }


def _cause_lines(found: Assessment, lang: Lang) -> list[tuple[str, str, str, str]]:
    amounts = cause_amounts(found)
    percents = whole_percents(list(amounts.values()))
    return [
        (cause, CAUSE_LABELS[cause][lang == "en"], amount(value), f"{share}%" if any(percents) else "–")
        for (cause, value), share in zip(amounts.items(), percents, strict=True)
    ]


def _street_rows(
    found: Assessment, streets: Mapping[str, str], lang: Lang
) -> list[tuple[str, str, str, str, str]]:
    lines = sorted(
        found.coverage.by_street, key=lambda line: line[1].demand_covered - line[1].demand
    )  # most unserved first
    return [
        (
            streets.get(code or "", page_say(lang, "no_street")),
            amount(line.demand),
            amount(line.demand - line.demand_covered),
            percent(line.share, lang),
            percent(line.share_if_unknown_open, lang),
        )
        for code, line in lines
    ]


def _parameters(on: ReportGrounds, lang: Lang) -> list[tuple[str, str]]:
    found, say = on.found, partial(page_say, lang)
    asked = found.standard
    areas = "areas_imported" if rough(on.areas)["streets"] else "areas_schematic"
    told = {
        "p_reach": reach_words(found, lang),
        "p_service": service_words(found, lang) or say("p_any"),
        "p_time": when_words(found, lang),
        "p_week": asked.week.isoformat(),
        "p_group": GROUP_LABELS[asked.group][lang == "en"] if asked.group else say("p_all_groups"),
        "p_travel": say(f"travel_{found.travel_basis}"),
        "p_demand": say(f"demand_{found.demand_basis}"),
        "p_areas": say(areas),
        "p_register": say("register", version=on.register_version, n=len(on.stations)),
        "p_made": found.assessed_on.isoformat(),
        "p_grid": say("grid"),
    }
    return [(say(name), value) for name, value in told.items()]


def _decisions(groups: Sequence[TaskGroup], lang: Lang) -> list[str]:
    """Return at most three things for the meeting to decide, from the kinds of tasks there are."""
    told = [
        page_say(lang, f"ask_{group.kind}", n=len(group.tasks))
        for group in groups
        if f"ask_{group.kind}" in REPORT_TEXTS
    ]
    return [*told[:2], *told[-1:]] if len(told) > 3 else told
