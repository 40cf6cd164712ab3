"""The service matrix ``/planner/matrix``: which station has what in which window; each cell tells why.

Street rows are the summary: the share of demand in reach of the service, or how many stations have it. Under
each stand its stations. The rows, their order and what is folded are in the address; no script is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from geo.amenities import AmenityKind, catalogue
from geo.areas import Areas
from geo.bilingual import Lang
from geo.report_text import amount as whole
from geo.service_matrix import StationCell, StationRow, StreetCell, StreetRow
from geo.stations import Station
from geo.vocabulary import label
from maps.map_credits import rough
from maps.matrix_texts import COLUMN_GROUPS, GAINS, MAIN_COLUMNS, SHORT, STATE_RANK, VALUE_RANK, matrix_say
from maps.open_words import date_words
from maps.page import PageView, render
from maps.planner_page import Choice, page_frame, switches
from maps.planner_state import PlannerState
from maps.planner_texts import percent, percent_words, planner_say, unit_words
from maps.station_facts import display_name

Show = Literal["share", "count"]
PERCENT_CLASSES = ((0.60, "p5"), (0.45, "p4"), (0.30, "p3"), (0.15, "p2"), (0.0, "p1"))


@dataclass(frozen=True)
class MatrixView:
    """How the matrix is looked at, beside the planner's switches.

    Attributes:
        show: what a street's cell prints: share in reach, or stations that have it.
        every: all codes of the catalogue instead of the eighteen that matter most.
        sort: ``street`` (as in the register), ``name``, ``state``, ``demand`` or a code.
        descending: the other way round.
        folded: street codes whose stations are hidden; ``*`` is all.

    >>> MatrixView.read({"sort": "-microwave", "show": "count"}).parameters()
    {'show': 'count', 'sort': '-microwave'}
    """

    show: Show = "share"
    every: bool = False
    sort: str = "street"
    descending: bool = False
    folded: frozenset[str] = frozenset()

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> MatrixView:
        """Return the view an address asks for; what it doesn't understand is as if it weren't there."""
        wanted = asked.get("sort", "street")
        name = wanted.removeprefix("-")
        known = name in catalogue() or name in ("street", "name", "state", "demand")
        return cls(
            show="count" if asked.get("show") == "count" else "share",
            every=asked.get("columns") == "all",
            sort=name if known else "street",
            descending=known and wanted.startswith("-"),
            folded=frozenset(code for code in asked.get("fold", "")[:2000].split(",") if code),
        )

    def parameters(self) -> dict[str, str]:
        """Return what differs from the defaults, as an address holds it."""
        values: dict[str, str] = {}
        if self.show != "share":
            values["show"] = self.show
        if self.every:
            values["columns"] = "all"
        if self.sort != "street" or self.descending:
            values["sort"] = ("-" if self.descending else "") + self.sort
        if self.folded:
            values["fold"] = ",".join(sorted(self.folded))
        return values

    def folds(self, street: str | None) -> bool:
        """Return whether a street's stations are hidden."""
        return "*" in self.folded or (street or "-") in self.folded

    def turned(self, column: str) -> MatrixView:
        """Return the view after a column's head was pressed."""
        turn = self.sort == column and not self.descending
        return replace(self, sort=column, descending=turn)


@dataclass(frozen=True)
class Mark:
    """One cell as drawn: class, what is printed in it, and what it says in words."""

    kind: str
    text: str
    words: str
    value: float | None = None


@dataclass(frozen=True)
class Line:
    """One row: the whole area, a street, or a station."""

    level: Literal["area", "street", "station"]
    key: str
    name: str
    count: int | None
    state: str
    state_words: str
    demand: float | None
    marks: tuple[Mark, ...]
    fold: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Head:
    """One column of services with the address that sorts by it."""

    code: str
    words: str
    full: str
    href: str
    sorted: str | None


def render_matrix(
    rows: Sequence[StationRow],
    streets: Sequence[StreetRow],
    stations: Sequence[Station],
    state: PlannerState,
    *,
    looked: MatrixView,
    areas: Areas,
    today: date,
    demand_basis: str,
    demand_unit: str,
    illustrative: bool,
    view: PageView | None = None,
) -> str:
    """Return the matrix page.

    Args:
        rows, streets: the two matrices under the state's standard; ``demand_unit`` is of their demand.
        stations: the register, for names, dates and sources.
        state, looked: the switches, and how the matrix is looked at.
        areas: names the streets.
        today: the day the page is of.
    """
    lang = state.lang
    asked = replace(state, amenities=())  # every service has its column
    codes = tuple(catalogue()) if looked.every else MAIN_COLUMNS
    say = _Words(lang, unit_words(demand_unit, lang), {one.id: one for one in stations}, today)
    lines = _lines(rows, streets, codes=codes, looked=looked, areas=areas, say=say)
    frame = page_frame(stations, state, today, "matrix", illustrative=illustrative)
    extra = looked.parameters()
    address = "/planner/matrix"
    api = asked.api_query
    context = {
        **frame,
        "m": lambda key, **fields: matrix_say(lang, key, **fields),
        "title": matrix_say(lang, "title"),
        "nothing": not stations,
        "parameters": {**frame["parameters"], **extra},
        "other": frame["other"]
        + (("&" if "?" in frame["other"] else "?") + urlencode(extra) if extra else ""),
        "switches": _short_windows(switches(state, demand_basis)),
        "shows": [
            (
                name,
                matrix_say(lang, f"show_{name}"),
                _href(state, replace(looked, show=name)),
                looked.show == name,
            )
            for name in ("share", "count")
        ],
        "columns_href": _href(state, replace(looked, every=not looked.every)),
        "looked": looked,
        "groups": _column_groups(codes, lang),
        "heads": [_head(code, state, looked, lang) for code in codes],
        "sorts": {
            name: (_href(state, looked.turned(name)), _direction(looked, name))
            for name in ("street", "name", "state", "demand")
        },
        "fold_all": _href(state, replace(looked, folded=frozenset() if looked.folded else frozenset("*"))),
        "lines": [(line, _fold_href(line, state, looked, streets)) for line in lines],
        "unit": say.unit,
        "in_service": sum(line.count or 0 for line in lines if line.level == "area"),
        "registered": len(stations),
        "map_note": planner_say(lang, f"map_note{rough(areas)['streets']}"),
        "window_words": planner_say(lang, state.window or "all_day"),
        "files": {form: f"/api/service-matrix{api(by='station', f=form)}" for form in ("xlsx", "csv")},
        "street_files": {form: f"/api/service-matrix{api(by='street', f=form)}" for form in ("xlsx", "csv")},
        "station_suffix": "?lang=en" if lang == "en" else "",
        "modelled": demand_basis == "modelled",
        "address": address,
    }
    return render("matrix.html", view or PageView(), lang, context)


def _short_windows(choices: dict[str, list[Choice]]) -> dict[str, list[Choice]]:
    """Return the switches with the windows' clock times short enough for a row of segments."""
    short = [replace(one, words=one.words.replace(":00", "").replace("-", "–")) for one in choices["window"]]
    return {**choices, "window": short}


@dataclass(frozen=True)
class _Words:
    """What cells say of themselves."""

    lang: Lang
    unit: str
    stations: Mapping[str, Station]
    today: date

    def say(self, key: str, **fields: object) -> str:
        return matrix_say(self.lang, key, **fields)

    def service(self, code: str) -> str:
        kind = catalogue()[code]
        return kind.en if self.lang == "en" else kind.zh

    def amount(self, value: float | None) -> str:
        return "–" if value is None else whole(value)


def _lines(
    rows: Sequence[StationRow],
    streets: Sequence[StreetRow],
    *,
    codes: Sequence[str],
    looked: MatrixView,
    areas: Areas,
    say: _Words,
) -> list[Line]:
    """Return the whole area, then street by street its own line and its stations', in the order asked for."""
    names = areas.street_names()
    by_street: dict[str | None, list[Line]] = {}
    for row in rows:
        by_street.setdefault(row.street_code, []).append(_station_line(row, codes, say))
    of_code = {row.street_code: row for row in streets}
    area = of_code.pop(None)
    lines = [_street_line(area, say.say("area"), "area", codes=codes, say=say, looked=looked)]
    heads = [
        _street_line(row, names.get(code or "", code or ""), "street", codes=codes, say=say, looked=looked)
        for code, row in of_code.items()
    ]
    strays = [code for code in by_street if code not in of_code]
    nothing = tuple(Mark("none", "", say.say("no_demand_here")) for _ in codes)
    for code in strays:
        name = names.get(code or "", say.say("no_street"))
        heads.append(Line("street", code or "-", name, len(by_street[code]), "", "", None, nothing))
    for head in _ordered(heads, codes, looked):
        code = None if head.key == "-" else head.key
        folded = looked.folds(code)
        own = by_street.get(code, [])
        lines.append(replace(head, fold=head.key if own else "", folded=folded))
        if not folded:
            lines += _ordered(own, codes, looked)
    return lines


def _ordered(lines: list[Line], codes: Sequence[str], looked: MatrixView) -> list[Line]:
    def value(line: Line) -> tuple[float, str]:
        if looked.sort == "name":
            return (0.0, line.name)
        if looked.sort == "demand":
            return (-(line.demand if line.demand is not None else -1.0), line.name)
        if looked.sort == "state":
            return (float(STATE_RANK.index(line.state)) if line.state else 9.0, line.name)
        if looked.sort in codes:
            mark = line.marks[codes.index(looked.sort)]
            rank = mark.value if mark.value is not None else -1.0
            return (-rank, line.name)
        return (0.0, "")

    return sorted(lines, key=value, reverse=looked.descending)


def _street_line(
    row: StreetRow,
    name: str,
    level: Literal["area", "street"],
    *,
    codes: Sequence[str],
    say: _Words,
    looked: MatrixView,
) -> Line:
    cells = {cell.code: cell for cell in row.cells}
    demand = row.cells[0].demand if row.cells else None
    marks = tuple(_street_mark(cells[code], row.stations, say, looked.show, name) for code in codes)
    return Line(level, row.street_code or "*", name, row.stations, "", "", demand, marks)


def _street_mark(cell: StreetCell, stations: int, say: _Words, show: Show, street: str) -> Mark:
    words = say.say(
        "street_cell",
        street=street,
        service=say.service(cell.code),
        share=percent_words(cell.share, say.lang),
        covered=say.amount(cell.demand_covered),
        demand=say.amount(cell.demand),
        unit=say.unit,
        available=cell.available,
        stations=stations,
        broken=cell.broken,
        unknown=cell.unknown,
    )
    if show == "count":
        part = cell.available / stations if stations else None
        return Mark(_class_of(part), str(cell.available), words, float(cell.available))
    return Mark(_class_of(cell.share), percent(cell.share), words, cell.share)


def _class_of(share: float | None) -> str:
    """Return the class of the percent scale; nothing at all has none.

    >>> _class_of(0.45), _class_of(0.149), _class_of(0.0)
    ('p4', 'p1', 'p0')
    """
    if not share:
        return "p0"
    return next(name for limit, name in PERCENT_CLASSES if round(share, 9) >= limit)


def _station_line(row: StationRow, codes: Sequence[str], say: _Words) -> Line:
    station = say.stations.get(row.station_id)
    name = display_name(station, say.lang) if station else row.name
    cells = {cell.code: cell for cell in row.cells}
    return Line(
        "station",
        row.station_id,
        name,
        None,
        row.window_state,
        say.say(f"state_{row.window_state}"),
        row.demand_covered,
        tuple(_station_mark(cells[code], row, name, station, say) for code in codes),
    )


def _station_mark(
    cell: StationCell, row: StationRow, name: str, station: Station | None, say: _Words
) -> Mark:
    kind, text = _drawn(cell, row, say)
    parts = [
        say.say("cell_head", station=name, service=say.service(cell.code), what=say.say(f"kind_{kind}")),
        say.say("cell_hours_unknown")
        if row.open_share is None
        else say.say("cell_hours", state=say.say(f"state_{row.window_state}"), share=percent(row.open_share)),
    ]
    if cell.distance_m is not None:
        parts.append(say.say("cell_distance", n=whole(cell.distance_m)))
    if cell.note:
        parts.append(cell.note if cell.note.endswith((".", "。")) else f"{cell.note}。")
    if cell.checked_on is not None and kind == "broken":
        days = (say.today - cell.checked_on).days
        parts.append(say.say("cell_broken", date=date_words(cell.checked_on, say.lang), n=max(days, 0)))
    elif cell.checked_on is not None:
        parts.append(say.say("cell_checked", date=date_words(cell.checked_on, say.lang)))
    elif cell.value != "unknown":
        parts.append(say.say("cell_unchecked"))
    if station is not None:
        parts.append(say.say("cell_source", source=label("provenance", station.provenance.facts, say.lang)))
    if kind in GAINS and cell.gain:
        parts.append(say.say(f"gain_{kind}", n=whole(cell.gain), unit=say.unit))
    return Mark(kind, text, " ".join(parts) if say.lang == "en" else "".join(parts), VALUE_RANK[kind])


def _drawn(cell: StationCell, row: StationRow, say: _Words) -> tuple[str, str]:
    """Return how a station's cell is drawn and what is printed in it."""
    by_value = {"broken": ("broken", say.say("mark_broken")), "no": ("no", "–"), "unknown": ("unknown", "?")}
    if cell.value in by_value:
        return by_value[cell.value]
    if cell.value == "nearby":
        metres = say.say("mark_metres", n=f"{cell.distance_m:.0f}") if cell.distance_m is not None else "≈"
        return "nearby", metres
    if row.window_state == "unknown":
        return "time", say.say("mark_time")
    if row.window_state in ("closed", "not_serving"):
        return "shut", ""
    if cell.value == "limited":
        return "limited", say.say("mark_limited")
    return ("full", "") if row.window_state == "open" else ("half", "")


def _head(code: str, state: PlannerState, looked: MatrixView, lang: Lang) -> Head:
    kind = catalogue()[code]
    full = kind.en if lang == "en" else kind.zh
    short = SHORT.get(code, (kind.zh, kind.en))[lang == "en"]
    return Head(code, short, full, _href(state, looked.turned(code)), _direction(looked, code))


def _direction(looked: MatrixView, column: str) -> str | None:
    if looked.sort != column:
        return None
    # shares and states run best first, names from the beginning
    rising = looked.descending == (column not in ("name", "street", "state"))
    return "ascending" if rising else "descending"


def _column_groups(codes: Sequence[str], lang: Lang) -> list[tuple[str, int]]:
    """Return the groups of columns in order with how many columns each spans."""
    groups: list[tuple[str, int]] = []
    for code in codes:
        name = _group_of(catalogue()[code])
        if groups and groups[-1][0] == name:
            groups[-1] = (name, groups[-1][1] + 1)
        else:
            groups.append((name, 1))
    return [(matrix_say(lang, f"group_{name}"), span) for name, span in groups]


def _group_of(kind: AmenityKind) -> str:
    if kind.code in COLUMN_GROUPS:
        return COLUMN_GROUPS[kind.code]
    if kind.kind == "service":
        return "union"
    return "basic" if "N" in kind.level else "xian" if "X" in kind.level else "extended"


def _href(state: PlannerState, looked: MatrixView) -> str:
    values = {**state.parameters(), **looked.parameters()}
    return f"/planner/matrix{'?' + urlencode(values, safe=',*') if values else ''}"


def _fold_href(line: Line, state: PlannerState, looked: MatrixView, streets: Sequence[StreetRow]) -> str:
    if not line.fold:
        return ""
    known = {row.street_code for row in streets if row.street_code} | {"-"}
    folded = known if "*" in looked.folded else looked.folded
    return _href(state, replace(looked, folded=frozenset(folded ^ {line.fold})))
