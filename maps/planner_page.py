"""The planner's dashboard ``/planner``: how much, at which hour, for lack of what, where, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.amenities import catalogue, fitting_words
from geo.areas import Areas
from geo.assessment import Assessment, hours_unit
from geo.bilingual import Lang
from geo.coverage import Coverage, Figures
from geo.demand import GROUP_LABELS, GROUPS, notes_in
from geo.gap_details import Gap
from geo.improvement import Action
from geo.metrics import Metric
from geo.report_text import amount as whole
from geo.stations import Station
from geo.time_windows import WINDOWS
from maps.assets import static_url
from maps.basemap import short_street
from maps.map_credits import rough
from maps.page import PageView, render
from maps.planner_charts import CAUSE_ORDER, CLOCK_HEIGHT, CLOCK_WIDTH, DUTY_HEIGHT, cause_parts, clock_bars
from maps.planner_metrics import metric_rows
from maps.planner_state import MINUTES, RADIUS_M, PlannerState
from maps.planner_texts import percent, planner_say, unit_words
from maps.station_facts import display_name

FIRST_GAPS, LISTED_GAPS = 7, 30
"""How many gaps stand in the first view, and how many the page lists and the map outlines."""
STALE_AFTER = timedelta(days=90)
_TABS = (
    ("overview", "/planner"),
    ("matrix", "/planner/matrix"),
    ("compare", "/planner/compare"),
    ("report", "/planner/report"),
    ("data", "/data"),
)
_FILES = ("xlsx", "gpkg", "csv")


@dataclass(frozen=True)
class Choice:
    """One choice of a switch: the parameter and value its button sends; ``title`` says why it cannot."""

    name: str
    value: str
    words: str
    chosen: bool
    title: str = ""


@dataclass(frozen=True)
class GapRow:
    """A gap as the list shows it; ``parts`` are of its own bar, whose length is ``length`` % of rank 1's."""

    gap: Gap
    name: str
    street: str
    amount: str
    length: float
    parts: tuple[Any, ...]
    cause: str
    cause_percent: int
    nearest: str | None
    groups: str
    action: str | None


def render_planner(
    found: Assessment,
    week: Coverage,
    stations: Sequence[Station],
    state: PlannerState,
    *,
    areas: Areas,
    today: date,
    away: bool = False,
    view: PageView | None = None,
) -> str:
    """Return the dashboard.

    Args:
        found: the assessment under the state's standard.
        week: coverage under ``state.whole_week()``: the clock chart and the figure of all day.
        stations: the register.
        state: the switches.
        areas: the district and its streets.
        today: the day the page is of.
        away: the store cannot be reached: what is shown is what was read last.
    """
    view, lang = view or PageView(), state.lang
    unit = hours_unit(found.demand_unit, found.coverage.is_hours)
    unserved = {
        cause: float(found.coverage.cells[cause].sum()) if len(found.coverage.cells) else 0.0
        for cause in CAUSE_ORDER
    }
    total = sum(unserved.values())
    parts = cause_parts(unserved)
    metrics = {metric.key: metric for metric in found.metrics}
    context = {
        **page_frame(stations, state, today, "overview", illustrative=found.illustrative),
        "title": planner_say(lang, "title"),
        "nothing": not stations,
        "switches": switches(state, found.demand_basis),
        "figures": found.coverage.total,
        "headline": headline_words(state, found, unit),
        "plain": _plain_figures(found, week, state, metrics),
        "clock": clock_bars(week.by_window, state.window, lang),
        "clock_size": (CLOCK_WIDTH, CLOCK_HEIGHT, DUTY_HEIGHT),
        "clock_has_demand": any(line.demand > 0 for _, _, line in week.by_window),
        "duty_unit": unit_words(found.demand_unit, lang),
        "causes": parts,
        "cause_order": CAUSE_ORDER,
        "unserved_by": unserved,
        "unserved": total,
        "near_percent": 100 - next((part.percent for part in parts if part.cause == "nothing_near"), 0),
        "unit": unit_words(unit, lang),
        "gaps": gap_rows(found, stations, areas, lang),
        "gap_total": len(found.gaps),
        "first_gaps": FIRST_GAPS,
        "when": when_words(state),
        "metrics": metric_rows(found.metrics, lang),
        "notices": _away(stations, lang, away=away) + _notices(found, stations, state, today),
        "modelled": found.demand_basis == "modelled",
        "map_note": planner_say(lang, f"map_note{rough(areas)['streets']}"),
        "demand_notes": notes_in(lang, found.demand_notes),
        "map_src": f"/planner/map{state.query(embed='1')}",
        "map_full": f"/planner/map{state.query()}",
        "files": {
            name: {form: f"/api/{name}{state.api_query(f=form)}" for form in _FILES}
            for name in ("gaps", "coverage")
        },
        "metrics_files": {form: f"/api/assessment{state.api_query(f=form)}" for form in ("csv", "xlsx")},
    }
    return render("planner.html", view, lang, context)


def render_failed(state: PlannerState, why: str, today: date, view: PageView | None = None) -> str:
    """Return the page that stands where the dashboard could not be worked out: why, and once more."""
    view, lang = view or PageView(), state.lang
    context = {
        **page_frame((), state, today, "overview", illustrative=False),
        "title": planner_say(lang, "title"),
        "register": "",
        "why": why,
        "again": f"/planner{state.query()}",
    }
    return render("planner_failed.html", view, lang, context)


def page_frame(
    stations: Sequence[Station], state: PlannerState, today: date, tab: str, *, illustrative: bool
) -> dict[str, Any]:
    """Return what the frame of every planner's page needs: words, tabs, tag, the register's date."""
    lang = state.lang
    other: Lang = "zh" if lang == "en" else "en"
    address = dict(_TABS)[tab]
    return {
        "p": lambda key, **fields: planner_say(lang, key, **fields),
        "whole": whole,
        "percent": percent,
        "static": static_url,
        "state": state,
        "parameters": state.parameters(),
        "tabs": planner_tabs(state, tab),
        "other": f"{address}{replace(state, lang=other).query()}",
        "address": address,
        "sample": illustrative,
        "register": register_words(stations, today, lang),
    }


def register_words(stations: Sequence[Station], today: date, lang: Lang) -> str:
    """Return the register's date, the day of its latest change (else ``today``), and its stations."""
    updated = [one.updated_at.date() for one in stations if one.updated_at is not None]
    day = max(updated, default=today).isoformat() if stations else "–"
    return planner_say(lang, "register", date=day, n=len(stations))


def planner_tabs(
    state: PlannerState, here: str, sides: Mapping[str, str] | None = None
) -> list[tuple[str, str, bool]]:
    """Return the tabs: key, address with the same question, whether it is this page.

    ``sides`` are those of the comparison under way.
    """
    own = {"compare": sides or {}}
    return [(key, f"{path}{state.query(**own.get(key, {}))}", key == here) for key, path in _TABS]


def switches(state: PlannerState, basis: str) -> dict[str, list[Choice]]:
    """Return the choices of every switch, the chosen one marked."""
    lang = state.lang

    def say(key: str, **fields: object) -> str:
        return planner_say(lang, key, **fields)

    def words(pair: tuple[str, str]) -> str:
        return pair[1] if lang == "en" else pair[0]

    reach = [Choice("minutes", f"{n:g}", say("minutes", n=f"{n:g}"), state.minutes == n) for n in MINUTES]
    if state.minutes is not None and state.minutes not in MINUTES:
        reach.append(Choice("minutes", f"{state.minutes:g}", say("minutes", n=f"{state.minutes:g}"), True))
    reach.append(Choice("radius_m", f"{RADIUS_M:g}", say("radius"), state.radius_m is not None))
    service = ",".join(state.amenities)
    services = [Choice("amenities", "", say("any_service"), not service)]
    services += [
        Choice("amenities", code, words((group.zh, group.en)), service == code)
        for code, group in AMENITY_GROUPS.items()
    ]
    if service and service not in AMENITY_GROUPS:
        services.append(Choice("amenities", service, service_words(state), True))
    windows = [Choice("window", "", say("all_day"), state.window is None)]
    windows += [
        Choice("window", code, f"{say(code)} {window.label}", state.window == code)
        for code, window in WINDOWS.items()
    ]
    days = [Choice("day", "", say("all_week"), state.shown_day is None)] if state.window is None else []
    days += [Choice("day", day, say(day), state.shown_day == day) for day in ("weekday", "weekend")]
    groups = [Choice("group", "", say("all_groups"), state.group is None)]
    groups += [Choice("group", code, words(GROUP_LABELS[code]), state.group == code) for code in GROUPS]
    bases = [
        Choice("demand_basis", "modelled", say("modelled"), basis == "modelled"),
        Choice(
            "demand_basis",
            # the measured side is the default where there are counts: no parameter says so
            "",
            say("measured"),
            basis == "measured",
            "" if basis == "measured" or state.demand_basis else say("no_measured"),
        ),
    ]
    return {
        "reach": reach,
        "service": services,
        "window": windows,
        "day": days,
        "group": groups,
        "basis": bases,
    }


def service_words(state: PlannerState) -> str:
    """Return the services asked for in words, empty without any."""
    known: dict[str, Any] = {**catalogue(), **AMENITY_GROUPS}
    names = [known[name].en if state.lang == "en" else known[name].zh for name in state.amenities]
    return (", " if state.lang == "en" else "、").join(names)


def when_words(state: PlannerState) -> str:
    """Return the time asked for in words.

    >>> when_words(PlannerState(window="T3")), when_words(PlannerState(lang="en"))
    ('工作日午间', 'Week, all day')
    """
    day = planner_say(state.lang, state.shown_day or "all_week")
    window = planner_say(state.lang, state.window or "all_day")
    return f"{day}, {window.lower()}" if state.lang == "en" else day + window


def headline_words(state: PlannerState, found: Assessment, unit: str) -> dict[str, str]:
    """Return title, subtitle and definition of the share."""
    lang = state.lang
    what = service_words(state)
    plain = unit_words(found.demand_unit, lang)
    radius = state.minutes is None
    minutes = f"{state.minutes or 0:g}"
    return {
        "title": planner_say(lang, "headline_radius" if radius else "headline", n=minutes),
        "line": planner_say(
            lang,
            "weighed",
            unit=unit_words(unit, lang),
            when=when_words(state),
            what=planner_say(lang, "has", what=what) if what else planner_say(lang, "every_service"),
        ),
        "definition": planner_say(
            lang, "definition_radius" if radius else "definition", n=minutes, unit=plain
        ),
    }


def _plain_figures(
    found: Assessment, week: Coverage, state: PlannerState, metrics: Mapping[str, Metric]
) -> list[tuple[str, str, str]]:
    """Return three plain figures: name, percent, note."""
    lang, figures = state.lang, {one.key: one for one in metrics["coverage"].figures}
    if state.window is None:
        night = {(w, day): line for w, day, line in week.by_window}["T6", state.day or "weekday"]
        first = (f"{planner_say(lang, 'T6')} {WINDOWS['T6'].label}", percent(night.share), "")
    else:
        first = (planner_say(lang, "fig_day"), percent(week.total.share), "")
    other = "walk" if state.minutes is None else "radius"
    return [
        first,
        (planner_say(lang, "fig_twice"), percent(found.coverage.total.share_covered_twice), ""),
        (
            planner_say(lang, f"fig_{other}"),
            percent(figures[other].value if other in figures else None),
            planner_say(lang, "other_measure"),
        ),
    ]


def gap_rows(
    found: Assessment,
    stations: Sequence[Station],
    areas: Areas,
    lang: Lang,
    gaps: Sequence[Gap] | None = None,
) -> tuple[GapRow, ...]:
    """Return the first gaps, or those given, as rows of the list."""
    names = {one.id: display_name(one, lang) for one in stations}
    streets = areas.street_names()
    firsts = {action.gap_rank: action for action in reversed(found.improvements)}
    most = found.gaps[0].unserved if found.gaps else 1.0
    rows = []
    for gap in found.gaps[:LISTED_GAPS] if gaps is None else gaps:
        street = streets.get(gap.area.street_code or "", "")
        parts = cause_parts(gap.by_cause)
        first = firsts.get(gap.rank)
        groups = [f"{GROUP_LABELS[g][lang == 'en']} {whole(n)}" for g, n in gap.by_group[:2] if n > 0]
        rows.append(
            GapRow(
                gap=gap,
                name=gap_name(gap, street, lang),
                street=short_street(street),
                amount=whole(gap.unserved),
                length=round(gap.unserved / most * 100, 2),
                parts=parts,
                cause=planner_say(lang, f"cause_{gap.main_cause}"),
                cause_percent=next(part.percent for part in parts if part.cause == gap.main_cause),
                nearest=planner_say(lang, "nearest", n=whole_minutes(gap)) if gap.nearest else None,
                groups=" · ".join(groups),
                action=action_words(first, names, lang) if first else None,
            )
        )
    return tuple(rows)


def gap_name(gap: Gap, street: str, lang: Lang) -> str:
    """Return what people call a gap area."""
    key = "around" if gap.place else "no_place"
    return planner_say(lang, key, place=gap.place, street=street)


def whole_minutes(gap: Gap) -> str:
    """Return the minutes to a gap's nearest station, whole."""
    return f"{gap.nearest.travel_min:.0f}" if gap.nearest else "–"


def action_words(action: Action, names: Mapping[str, str], lang: Lang) -> str:
    """Return one thing to do in words, with the name of its station or place."""
    things = {**catalogue(), **AMENITY_GROUPS}

    def named(code: str) -> str:
        window, _, day = code.partition("/")
        if window in WINDOWS:
            gap = " " if lang == "en" else ""
            return planner_say(lang, day) + gap + planner_say(lang, window)
        if code == "hours":
            return planner_say(lang, "hours_word")
        return fitting_words(code)[lang == "en"] if code in things else code

    several = (", " if lang == "en" else "、").join(named(code) for code in action.detail[:2])
    where = names.get(action.target or "", action.target or "")
    return planner_say(lang, f"action_{action.kind}", where=where, what=several)


def _away(stations: Sequence[Station], lang: Lang, *, away: bool) -> list[dict[str, str]]:
    """Return that the store is away, with the day of the register that is shown."""
    if not away:
        return []
    days = [one.updated_at.date() for one in stations if one.updated_at is not None]
    words = planner_say(lang, "store_away", date=max(days).isoformat() if days else "–")
    return [{"words": words, "link": "", "link_words": ""}]


def _notices(
    found: Assessment, stations: Sequence[Station], state: PlannerState, today: date
) -> list[dict[str, str]]:
    """Return what a reader must know before the figures: nothing open, old hours."""
    lang = state.lang
    notices = []
    total: Figures = found.coverage.total
    if total.demand > 0 and total.demand_covered == 0:
        unknown = sum(one.hours is None for one in stations)
        notices.append({"words": planner_say(lang, "none_open", n=unknown), "link": "", "link_words": ""})
    stale = sum(
        one.hours_confirmed_on is not None and today - one.hours_confirmed_on > STALE_AFTER
        for one in stations
    )
    if stale:
        link = f"/planner/matrix{state.query()}"
        words = planner_say(lang, "stale", n=stale)
        notices.append({"words": words, "link": link, "link_words": planner_say(lang, "stale_link")})
    return notices
