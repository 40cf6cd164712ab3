"""The comparison ``/planner/compare``: two registers side by side, and a scenario made in the page.

What is compared is in the address: ``a`` and ``b`` are empty (the register now), ``v3`` (an older version of
it) or a scenario's JSON. Every edit is a form; a script only fills in what a click on the map means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from geo.amenities import catalogue
from geo.areas import Areas
from geo.bilingual import Lang
from geo.coverage import Figures
from geo.demand import GROUP_LABELS
from geo.register_changes import StationChange
from geo.report_text import amount as whole
from geo.scenario import MAX_CHARS, NewSite, Scenario
from geo.scenario_difference import CLASSES, Difference, Pair, Step
from geo.stations import Station
from geo.store.past import RegisterVersion
from geo.time_windows import WINDOWS
from maps.basemap import shipped_places
from maps.compare_texts import compare_say
from maps.map_credits import credit_lines
from maps.open_words import date_words
from maps.page import PageView, render
from maps.planner_page import page_frame, service_words, switches, when_words
from maps.planner_state import PlannerState
from maps.planner_texts import percent, planner_say, unit_words
from maps.sheet_frame import Frame
from maps.sheet_map import (
    COVERAGE_CLASSES,
    SheetMap,
    Spot,
    Thumbnail,
    coverage_class,
    sheet_map,
    thumbnail,
)
from maps.station_facts import display_name, station_fields

ADDRESS = "/planner/compare"
MAP_SIZE, THUMBNAIL_SIZE = (508, 606), (158, 188)
LEGEND_ROOM = (270, 0, 508, 225)  # where ``compare.css`` sets the legend, in the taller of both languages
DUMBBELL_PX = 156


@dataclass(frozen=True)
class Side:
    """One side of a comparison: as it stands in the address, and its scenario (empty for a register).

    >>> Side("v3").version
    3
    """

    text: str = ""
    scenario: Scenario = field(default_factory=Scenario)

    @property
    def version(self) -> int | None:
        """The version of the register asked for; None is the present one."""
        is_version = self.text.startswith("v") and self.text[1:].isdigit() and len(self.text) < 12
        return int(self.text[1:]) if is_version else None


@dataclass(frozen=True)
class Dumbbell:
    """One line of a comparison as drawn: px of both ends from 0 % on."""

    name: str
    before: float
    after: float
    words: str
    worse: bool


@dataclass(frozen=True)
class Compared:
    """What a comparison found.

    ``steps`` are of ``b`` where it is a scenario of the register of ``a``; ``stations`` are those that differ
    between two versions of the register.
    """

    difference: Difference
    steps: tuple[Step, ...]
    stations: tuple[StationChange, ...] = ()


def render_compare(
    found: Compared | None,
    sides: tuple[Side, Side],
    stations: Sequence[Station],
    state: PlannerState,
    *,
    versions: Sequence[RegisterVersion],
    areas: Areas,
    today: date,
    demand_basis: str,
    demand_unit: str,
    illustrative: bool,
    covers: Sequence[pd.DataFrame] = (),
    chosen: str = "",
    typed: str = "",
    hours: str = "",
    failure: str = "",
    view: PageView | None = None,
) -> str:
    """Return the comparison.

    Args:
        found: None where it could not be worked out; ``failure`` then says why.
        sides: what is compared.
        stations: the present register.
        state: the switches.
        versions: of the register, newest first.
        areas: the district and its streets.
        today: the day the page is of.
        demand_basis, demand_unit: of the figures.
        covers: cells of each side's coverage (``Coverage.cells``), where the comparison was worked out.
        chosen: id of the station the forms begin with.
        typed: the text of a scenario that could not be read, to be put right.
        hours: opening hours typed last, to be put right.
    """
    view, lang = view or PageView(), state.lang
    a, b = sides
    frame = page_frame(stations, state, today, "compare", illustrative=illustrative)
    own = {name: side.text for name, side in (("a", a), ("b", b)) if side.text}
    names = {one.id: display_name(one, lang) for one in stations}
    names |= {f"new-{number}": site.name for number, site in enumerate(b.scenario.sites, start=1)}
    other: Lang = "zh" if lang == "en" else "en"
    reach = _reach_words(state)
    context = {
        **frame,
        "c": lambda key, **fields: compare_say(lang, key, **fields),
        "title": compare_say(lang, "title"),
        "parameters": {**frame["parameters"], **own},
        "state_parameters": frame["parameters"],
        "other": _href(replace(state, lang=other), own),
        "switches": switches(state, demand_basis),
        "sides": (a, b),
        "options": _options(versions, sides, lang),
        "on_map": f"/planner/map{state.query(**own)}" if own else "",
        "swap": _href(state, {"a": b.text, "b": a.text}),
        "failure": failure,
        "stations": [(one.id, names[one.id]) for one in stations if one.status != "retired"],
        "chosen": chosen,
        "typed_hours": hours or "24/7",
        "credits": credit_lines(lang, view.map_review_number, areas=areas, leaflet=False),
        "amenities": [(kind.code, kind.en if lang == "en" else kind.zh) for kind in catalogue().values()],
        "plan": b.scenario,
        "plan_text": typed or (b.scenario.to_json() if b.scenario.changes else ""),
        "load": _href(state, own),
        "max_chars": MAX_CHARS,
        "save": f"{ADDRESS}/scenario.json?{urlencode({'b': b.text})}" if b.scenario.changes else "",
        "clear": _href(state, {"a": a.text}),
        "subject": " · ".join(
            (when_words(state), reach, service_words(state) or compare_say(lang, "any_service"))
        ),
        "changes": _changes(b.scenario, found, names, lang),
        "drop": {key: _href(state, {**own, "drop": key}) for key in _keys(b.scenario)},
        "unit": unit_words(demand_unit, lang),
        "classes": CLASSES,
        "modelled": demand_basis == "modelled",
        "found": found,
        "register_changes": _register_changes(found.stations, lang) if found else [],
        "label": _side_words(b, versions, lang),
    }
    if found is not None:
        context |= _found(found, b.scenario, stations, state=state, areas=areas, unit=demand_unit)
        context["thumbs"] = [
            (
                letter,
                _side_words(side, versions, lang),
                one_decimal(figures.share),
                _thumbnail(areas, cover, state),
            )
            for letter, side, figures, cover in zip("AB", sides, _sides_of(found), covers, strict=True)
        ]
        points = found.difference.total.points
        context["thumb_tone"] = "" if not points else "better" if points > 0 else "worse"
        context["xlsx"] = f"{ADDRESS}/difference.xlsx?{urlencode({**state.parameters(page=False), **own})}"
    return render("compare.html", view, lang, context)


def _found(
    found: Compared,
    scenario: Scenario,
    stations: Sequence[Station],
    *,
    state: PlannerState,
    areas: Areas,
    unit: str,
) -> dict[str, Any]:
    lang, difference = state.lang, found.difference
    streets = areas.street_names()
    day = state.day or "weekday"
    windows = [pair for pair in difference.by_window if (pair.key or "").endswith(f"/{day}")]
    by_size = sorted(difference.by_street, key=lambda pair: -abs(pair.points or 0.0))
    return {
        "rows": _rows(difference.total, state, unit_words(unit, lang)),
        "windows": [_dumbbell(pair, _window_name(pair.key, lang)) for pair in windows],
        "streets": [
            _dumbbell(pair, streets.get(pair.key or "", compare_say(lang, "no_street"))) for pair in by_size
        ],
        "groups": [
            _dumbbell(pair, GROUP_LABELS[pair.key or "other"][lang == "en"]) for pair in difference.by_group
        ],
        "day_words": planner_say(lang, day),
        "map": difference_map(difference, scenario, stations, areas),
        "class_rows": _class_rows(difference, [pair.key for pair in by_size], streets, lang),
        "dumbbell_px": DUMBBELL_PX,
    }


def _sides_of(found: Compared) -> tuple[Figures, Figures]:
    return found.difference.total.before, found.difference.total.after


def _thumbnail(areas: Areas, cells: pd.DataFrame, state: PlannerState) -> Thumbnail:
    classes = coverage_class(cells, is_hours=state.window is None)
    return thumbnail(areas, cells, classes, COVERAGE_CLASSES, THUMBNAIL_SIZE)


def _class_rows(
    difference: Difference, order: Sequence[str | None], streets: Mapping[str, str], lang: Lang
) -> list[tuple[str, list[str]]]:
    """Return the map as a table: each street's demand by what became of it."""
    cells = difference.cells
    street = cells["street_code"].fillna("")
    rows = []
    for code in order:
        own = cells[(street == (code or "")).to_numpy()]
        amounts = [whole(float(own["demand"][(own["change"] == kind).to_numpy()].sum())) for kind in CLASSES]
        rows.append((streets.get(code or "", compare_say(lang, "no_street")), amounts))
    return rows


def difference_map(
    difference: Difference, scenario: Scenario, stations: Sequence[Station], areas: Areas
) -> SheetMap:
    """Return the map of a difference, with the marks of the scenario that made it."""
    at = {one.id: one.location for one in stations}
    marks: list[tuple[str, str, tuple[float, float] | None]] = [
        (change, key, at.get(key)) for change, key in _marked(scenario)
    ]
    marks += [
        ("new", f"new-{number}", (site.lon, site.lat)) for number, site in enumerate(scenario.sites, start=1)
    ]

    def spots(frame: Frame) -> tuple[Spot, ...]:
        made = []
        for change, key, place in marks:
            if place is not None:
                x, y = frame.at(*place)
                made.append(Spot(change, round(float(x), 1), round(float(y), 1), key, key))
        return tuple(made)

    return sheet_map(
        areas,
        difference.cells,
        difference.cells["change"].to_numpy(),
        key="difference",
        size=MAP_SIZE,
        order=CLASSES,
        spots=spots,
        places=shipped_places(),
        kept=(LEGEND_ROOM,),
    )


def _marked(scenario: Scenario) -> list[tuple[str, str]]:
    return [
        *(("ext", one) for one, _ in scenario.hours),
        *(("equip", one) for one, _ in scenario.equipped),
        *(("shut", one) for one in scenario.closed),
    ]


def _keys(scenario: Scenario) -> list[str]:
    sites = [f"new-{number}" for number in range(1, len(scenario.sites) + 1)]
    return list(dict.fromkeys([*(key for _, key in _marked(scenario)), *sites]))


def _rows(pair: Pair, state: PlannerState, unit: str) -> list[tuple[str, str, str, str, bool]]:
    """Return the figures side by side: name, A, B, change, whether it is for the worse."""
    lang, reach = state.lang, _reach_words(state)
    lines = []
    for key, name in (
        ("share", compare_say(lang, "row_share", n=reach)),
        ("share_if_unknown_open", compare_say(lang, "row_maybe")),
        ("share_covered_twice", compare_say(lang, "row_twice")),
    ):
        a, b = getattr(pair.before, key), getattr(pair.after, key)
        change = None if a is None or b is None else (b - a) * 100
        words = "–" if change is None else compare_say(lang, "points", n=signed(change, 1))
        lines.append((name, one_decimal(a), one_decimal(b), words, bool(change and change < 0)))
    covered = (pair.before.demand_covered, pair.after.demand_covered)
    missed = (_missed(pair.before), _missed(pair.after))
    for key, (a, b), good in (("row_covered", covered, 1), ("row_missed", missed, -1)):
        name = compare_say(lang, key, unit=unit)
        lines.append((name, whole(a), whole(b), signed(b - a, 0), (b - a) * good < -0.5))
    return lines


def _reach_words(state: PlannerState) -> str:
    return compare_say(
        state.lang, "radius" if state.minutes is None else "minutes", n=f"{state.minutes or 0:g}"
    )


def _missed(figures: Figures) -> float:
    return figures.demand - figures.demand_covered


def one_decimal(share: float | None) -> str:
    """Return a share with one decimal.

    >>> one_decimal(0.4125), one_decimal(None)
    ('41.3%', '–')
    """
    return "–" if share is None else f"{int(share * 1000 + 0.5) / 10:.1f}%"


def signed(value: float, digits: int) -> str:
    """Return a change with its sign; nothing has none.

    >>> signed(22.24, 1), signed(-112.4, 0), signed(0.001, 1)
    ('+22.2', '−112', '0.0')
    """
    text = f"{abs(value):,.{digits}f}"
    if not any(char in "123456789" for char in text):
        return text
    return ("+" if value > 0 else "−") + text


def _dumbbell(pair: Pair, name: str) -> Dumbbell:
    a, b = pair.before.share, pair.after.share
    if a is None or b is None:
        return Dumbbell(name, 0.0, 0.0, "–", False)
    words = f"{percent(a)} → {percent(b)}"
    return Dumbbell(name, round(a * DUMBBELL_PX, 1), round(b * DUMBBELL_PX, 1), words, b < a - 1e-9)


def _window_name(key: str | None, lang: Lang) -> str:
    code = (key or "").partition("/")[0]
    return f"{planner_say(lang, code)} {WINDOWS[code].label}".replace(":00", "").replace("-", "–")


def _changes(
    scenario: Scenario, found: Compared | None, names: Mapping[str, str], lang: Lang
) -> list[tuple[str, str, str, str, bool]]:
    """Return the scenario's changes: mark, words, gain, key to undo by, whether it takes."""
    gains: dict[tuple[str, str], float] = {}
    if found:
        gains = {(step.change, step.station_id): step.gain for step in found.steps}
    told: list[tuple[str, str, str]] = []
    comma = ", " if lang == "en" else "、"
    for key, hours in scenario.hours:
        told.append(("ext", key, compare_say(lang, "ext_words", station=names.get(key, key), hours=hours)))
    for key, codes in scenario.equipped:
        what = comma.join(catalogue()[code].en if lang == "en" else catalogue()[code].zh for code in codes)
        told.append(("equip", key, compare_say(lang, "equip_words", station=names.get(key, key), what=what)))
    for number, site in enumerate(scenario.sites, start=1):
        key = f"new-{number}"
        told.append(("new", key, compare_say(lang, "new_words", station=site.name, hours=site.hours)))
    for key in scenario.closed:
        told.append(("shut", key, compare_say(lang, "shut_words", station=names.get(key, key))))
    rows = []
    for change, key, words in told:
        gain = gains.get((change, key))
        rows.append((change, words, "" if gain is None else signed(gain, 0), key, bool(gain and gain < -0.5)))
    return rows


def _register_changes(changes: Sequence[StationChange], lang: Lang) -> list[tuple[str, str, str]]:
    """Return what became of each station: kind, name, the fields that differ in words."""
    fields = {one["field"]: one[lang] for one in station_fields()} | {
        "location": compare_say(lang, "place_of_station")
    }
    comma = ", " if lang == "en" else "、"
    return [
        (compare_say(lang, f"station_{one.kind}"), one.name, comma.join(fields[name] for name in one.fields))
        for one in changes
    ]


def _options(
    versions: Sequence[RegisterVersion], sides: tuple[Side, Side], lang: Lang
) -> list[list[tuple[str, str, bool]]]:
    """Return for each side what it may be: value, words, chosen."""
    both = []
    for side in sides:
        newest = versions[0].version if versions else 0
        options = [("", compare_say(lang, "side_now", n=newest), side.text == "")]
        options += [
            (
                f"v{one.version}",
                compare_say(lang, "side_past", n=one.version, date=date_words(one.at.date(), lang)),
                side.version == one.version,
            )
            for one in versions[1:]
        ]
        for plan in dict.fromkeys(one for one in sides if one.scenario.changes):
            options.append((plan.text, _side_words(plan, versions, lang), side == plan))
        both.append(options)
    return both


def _side_words(side: Side, versions: Sequence[RegisterVersion], lang: Lang) -> str:
    if side.scenario.changes:
        name = side.scenario.name or compare_say(lang, "plan")
        return compare_say(lang, "side_plan", name=name, n=side.scenario.changes)
    version = side.version
    dates = {one.version: date_words(one.at.date(), lang) for one in versions}
    if version is not None:
        return compare_say(lang, "side_past", n=version, date=dates.get(version, "–"))
    return compare_say(lang, "side_now", n=versions[0].version if versions else 0)


def edited(scenario: Scenario, asked: Mapping[str, str], lang: Lang) -> Scenario | None:
    """Return the scenario after the edit an address asks for; None where it asks for none.

    ``do`` is ``close``, ``hours``, ``equip`` (of ``station``) or ``add`` (at ``lon``,
    ``lat``); ``drop`` undoes.
    The result is checked where it is read back, as any other scenario.
    """
    station = asked.get("station", "")
    match asked.get("do"):
        case "close" if station:
            return scenario.with_closed(station)
        case "hours" if station:
            return scenario.with_hours(station, asked.get("hours", "").strip())
        case "equip" if station:
            codes = dict(scenario.equipped).get(station, ())
            wanted = dict.fromkeys((*codes, asked.get("amenity", "")))
            return scenario.with_equipped(station, tuple(wanted))
        case "add":
            site = _new_site(asked, compare_say(lang, "new_site"))
            return scenario.with_site(site) if site else None
    dropped = asked.get("drop")
    return scenario.without(dropped) if dropped else None


def _new_site(asked: Mapping[str, str], name: str) -> NewSite | None:
    try:
        lon, lat = float(asked.get("lon", "")), float(asked.get("lat", ""))
    except ValueError:
        return None
    hours = asked.get("hours", "").strip() or "24/7"
    return NewSite(asked.get("name", "").strip() or name, lon, lat, hours)


def _href(state: PlannerState, own: Mapping[str, str]) -> str:
    values = {**state.parameters(), **{name: value for name, value in own.items() if value}}
    return f"{ADDRESS}?{urlencode(values)}" if values else ADDRESS


def compare_address(state: PlannerState, a: str, b: str) -> str:
    """Return the address of a comparison."""
    return _href(state, {"a": a, "b": b})
