"""The keeper's pages: login, one page of what waits, and a form for a station. They need no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol, get_args

from geo.amenities import catalogue
from geo.bilingual import Lang
from geo.heat import HEAT_STEPS_C, HeatNotice
from geo.report_rules import ReportKind
from geo.stations import Station
from geo.vocabulary import LABELS, AmenityValue, Status
from maps.finder_page import StationCard, any_illustrative, in_street_order, station_card
from maps.keeper_texts import keeper_say
from maps.open_words import date_words
from maps.page import PageView, render
from maps.station_facts import STALE_DAYS, amenity_words, confirmed_words, last_confirmed
from maps.station_page import DayHours
from maps.texts import say

CONFIRM_SHOWN = 5
_VALUES: tuple[AmenityValue, ...] = get_args(AmenityValue)
_STATUSES: tuple[Status, ...] = get_args(Status)


class Report(Protocol):
    """A report as keepers see it."""

    @property
    def id(self) -> str: ...
    @property
    def station_id(self) -> str: ...
    @property
    def kind(self) -> ReportKind: ...
    @property
    def amenity(self) -> str | None: ...
    @property
    def note(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def reporter_hash(self) -> str | None: ...


@dataclass(frozen=True)
class Done:
    """What was just done, and what brings it back: reports, and a station's version before and now."""

    what: str
    station: str = ""
    was: int = 0
    now: int = 0
    reports: tuple[str, ...] = ()

    @property
    def can_undo(self) -> bool:
        """Whether there is something to bring back."""
        return bool(self.reports or self.was)


@dataclass(frozen=True)
class Matter:
    """Reports of one kind about one station, which are answered together."""

    ids: tuple[str, ...]
    station_id: str
    version: int
    name: str
    head: str
    times: str
    notes: tuple[str, ...]
    due: str
    pressing: bool
    act: str
    hours: bool
    sort_key: tuple[bool, float, float]


@dataclass(frozen=True)
class Facts:
    """A station's facts for a keeper to confirm."""

    card: StationCard
    version: int
    hours: str
    works: str
    known: bool
    """Whether there is anything to say yes to."""


@dataclass(frozen=True)
class EditForm:
    """What stands in the form of a station; ``understood`` are the hours to be said yes to."""

    version: int
    status: str
    status_until: str
    status_note: str
    hours: str
    today: str
    toilet_m: str
    amenities: Mapping[str, str]
    understood: str = ""
    week: tuple[DayHours, ...] = ()
    assumptions: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default_factory=tuple)


def render_keeper_login(view: PageView, lang: Lang = "zh", *, wrong: bool = False) -> str:
    """Return the page that asks for a key."""
    return _render("keeper_login.html", view, lang, {"wrong": wrong, "sample": False})


def render_keeper(
    stations: Sequence[Station],
    reports: Iterable[Report],
    now: datetime,
    view: PageView,
    lang: Lang = "zh",
    *,
    keeper: str,
    done: Done | None = None,
) -> str:
    """Return what waits for a keeper at ``now`` (aware): ``reports`` are the unanswered ones."""
    by_id = {one.id: one for one in stations}
    matters = matters_of(reports, by_id, now, view, lang)
    stale = stale_stations(stations, now.astimezone(view.zone).date())
    heat = view.heat
    context = {
        "sample": any_illustrative(stations),
        "keeper": keeper,
        "done": done,
        "done_words": None if done is None else _done_words(done, by_id, lang),
        "matters": matters,
        "stale": [facts_of(one, now, view, lang) for one in stale[:CONFIRM_SHOWN]],
        "stale_count": len(stale),
        "stations": [
            station_card(n, one, now, view, lang) for n, one in enumerate(in_street_order(stations))
        ],
        "heat_steps": HEAT_STEPS_C,
        "heat_words": keeper_say(lang, "heat_off") if heat is None else _heat_words(heat, now, view, lang),
        "heat": heat,
        "today": now.astimezone(view.zone).date().isoformat(),
    }
    return _render("keeper.html", view, lang, context)


def render_keeper_station(
    station: Station, form: EditForm, now: datetime, view: PageView, lang: Lang = "zh"
) -> str:
    """Return the form for one station, filled as ``form`` says."""
    column = 1 if lang == "en" else 0
    context = {
        "sample": any_illustrative([station]),
        "card": station_card(0, station, now, view, lang),
        "station": station,
        "form": form,
        "statuses": [(code, LABELS["status"][code][column]) for code in _STATUSES],
        "values": [(code, say(lang, f"value_{code}")) for code in _VALUES],
        "amenities": [
            (code, amenity_words(code, lang), form.amenities.get(code, "unknown"))
            for code, kind in catalogue().items()
            if kind.kind == "amenity"
        ],
        "last": confirmed_words(station, now, view.zone, lang),
        "known": station.hours is not None or any(one.value != "unknown" for one in station.offers.values()),
    }
    return _render("keeper_station.html", view, lang, context)


def form_of(station: Station) -> EditForm:
    """Return the form as a station's record fills it."""
    toilet = station.amenities.get("toilet")
    metres = None if toilet is None else toilet.distance_m
    return EditForm(
        version=station.version,
        status=station.status,
        status_until=station.status_until.isoformat() if station.status_until else "",
        status_note=station.status_note or "",
        hours=station.hours or "",
        today="",
        toilet_m="" if metres is None else f"{metres:g}",
        amenities={code: entry.value for code, entry in station.amenities.items()},
    )


def matters_of(
    reports: Iterable[Report], by_id: Mapping[str, Station], now: datetime, view: PageView, lang: Lang
) -> list[Matter]:
    """Return the reports by station, kind and thing; what is due first comes first, then the newest."""
    groups: dict[tuple[str, str, str | None], list[Report]] = {}
    for report in reports:
        groups.setdefault((report.station_id, report.kind, report.amenity), []).append(report)
    found = [_matter(group, by_id, now, view, lang) for group in groups.values()]
    return sorted(found, key=lambda one: one.sort_key)


def stale_stations(stations: Iterable[Station], today: date) -> list[Station]:
    """Return the stations nobody confirmed within 60 days, the never confirmed first, then the oldest."""
    days = [(last_confirmed(one), one) for one in stations if one.status != "retired"]
    stale = [(day, one) for day, one in days if day is None or (today - day).days >= STALE_DAYS]
    stale.sort(key=lambda pair: (pair[0] is not None, pair[0] or date.min, pair[1].id))
    return [one for _, one in stale]


def facts_of(station: Station, now: datetime, view: PageView, lang: Lang) -> Facts:
    """Return the facts a keeper confirms with one tap."""
    card = station_card(0, station, now, view, lang)
    works = ("、" if lang == "zh" else ", ").join(item.words for item in card.works)
    known = station.hours is not None or any(one.value != "unknown" for one in station.offers.values())
    return Facts(card, station.version, station.hours or say(lang, "unknown"), works, known)


def _matter(
    group: Sequence[Report], by_id: Mapping[str, Station], now: datetime, view: PageView, lang: Lang
) -> Matter:
    first = group[0]
    station = by_id.get(first.station_id)
    what = kind_words(first.kind, first.amenity, lang)
    people = len({report.reporter_hash or report.id for report in group})
    times = sorted(report.created_at for report in group)
    seen = keeper_say(lang, "marked")
    if first.station_id not in view.doubts:
        seen = keeper_say(lang, "unmarked", n=people)
    dues = [report.due_at for report in group if report.due_at is not None]
    due = min(dues, default=None)
    act = {"locked": "close", "no_water": "repair", "broken": "repair" if first.amenity else "accept"}
    return Matter(
        ids=tuple(report.id for report in group),
        station_id=first.station_id,
        version=0 if station is None else station.version,
        name=keeper_say(lang, "gone") if station is None else station.name,
        head=keeper_say(lang, "people", n=people, what=what),
        times=_times_words(times, now, view, lang) + " · " + seen,
        notes=tuple(report.note for report in group if report.note),
        due=_due_words(due, now, view, lang),
        pressing=due is not None and due.astimezone(view.zone).date() <= now.astimezone(view.zone).date(),
        act="accept" if station is None else act.get(first.kind, "accept"),
        hours=first.kind == "locked" and station is not None,
        sort_key=(due is None, due.timestamp() if due else 0.0, -times[-1].timestamp()),
    )


def kind_words(kind: ReportKind, amenity: str | None, lang: Lang) -> str:
    """Return what was reported.

    >>> kind_words("broken", "microwave", "zh"), kind_words("locked", None, "en")
    ('微波炉坏了', 'locked')
    """
    if kind == "broken" and amenity is not None:
        return keeper_say(lang, "kind_broken_of", what=amenity_words(amenity, lang))
    return keeper_say(lang, f"kind_{kind}")


def _times_words(times: Sequence[datetime], now: datetime, view: PageView, lang: Lang) -> str:
    by_day: dict[str, list[str]] = {}
    today = now.astimezone(view.zone).date()
    for at in times[-6:]:
        local = at.astimezone(view.zone)
        age = (today - local.date()).days
        day = say(lang, ("today", "yesterday")[age]) if age in (0, 1) else date_words(local.date(), lang)
        by_day.setdefault(day, []).append(local.strftime("%H:%M"))
    return "，".join(f"{day} {'、'.join(clocks)}" for day, clocks in by_day.items())


def _due_words(due: datetime | None, now: datetime, view: PageView, lang: Lang) -> str:
    if due is None:
        return keeper_say(lang, "due_none")
    local, today = due.astimezone(view.zone), now.astimezone(view.zone).date()
    late = (today - local.date()).days
    if late > 0:
        return keeper_say(lang, "due_late", n=late)
    clock = local.strftime("%H:%M")
    if late == 0:
        return keeper_say(lang, "due_today" if due > now else "due_past", time=clock)
    return keeper_say(lang, "due_on", date=date_words(local.date(), lang))


def _heat_words(heat: HeatNotice, now: datetime, view: PageView, lang: Lang) -> str:
    local = heat.until.astimezone(view.zone)
    clock = local.strftime("%H:%M")
    if local.date() != now.astimezone(view.zone).date():
        clock = f"{date_words(local.date(), lang)} {clock}"
    return keeper_say(lang, "heat_now", n=heat.level_c, when=clock)


def _done_words(done: Done, by_id: Mapping[str, Station], lang: Lang) -> str:
    station = by_id.get(done.station)
    words = keeper_say(lang, f"done_{done.what}")
    return words if station is None else f"{words} · {station.name}"


def _render(template: str, view: PageView, lang: Lang, context: Mapping[str, Any]) -> str:
    title = keeper_say(lang, "title")
    shared = {"title": title, "path": "/keeper", "k": partial(keeper_say, lang)}
    return render(template, view, lang, {**shared, **context})
