"""The page of one station, and the poster for its door."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import segno
from markupsafe import Markup

from geo.amenities import catalogue
from geo.bilingual import Lang
from geo.confirmations import confirmations
from geo.stations import Amenity, Station
from maps.finder_page import any_illustrative, door_data, station_card
from maps.open_words import date_words, offset_min, station_timeline, utc_minute, weekday_words
from maps.page import PageView, render
from maps.station_facts import amenity_words
from maps.texts import say, script_texts

_DAY_MIN = 24 * 60
_CONFIRMATIONS_SHOWN = 6
_NAMES_SHOWN = 6
_POSTER_TILES = (("water", "water_hot"), ("meal", "microwave"), ("rest", "seat"), ("toilet", "toilet"))


@dataclass(frozen=True)
class Span:
    """A stretch of a local day, in minutes from its midnight; ``state`` o, c or u."""

    state: str
    start_min: int
    end_min: int

    @property
    def words(self) -> str:
        """The stretch as clock times, 09:00–12:00."""
        return f"{_clock(self.start_min)}–{_clock(self.end_min)}"


@dataclass(frozen=True)
class DayHours:
    """The hours of one calendar day, holidays applied."""

    day: str
    today: bool
    words: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Fact:
    """A line of what the station has."""

    name: str
    mark: str
    words: str
    note: str | None
    checked: str


def render_station(
    station: Station, now: datetime, view: PageView, lang: Lang = "zh", past: Sequence[Station] = ()
) -> str:
    """Return the page of ``station`` at ``now`` (aware); no machine-readable data when illustrative.

    ``past`` are its earlier versions, for the history of confirmations.
    """
    card = station_card(0, station, now, view, lang)
    week = week_hours(station, now, view, lang)
    local = now.astimezone(view.zone)
    address = page_address(station, view)
    sample = any_illustrative([station])
    context = {
        "title": f"{card.name} · {say(lang, 'brand')}",
        "sample": sample,
        "station": station,
        "card": card,
        "week": week,
        "day": local.date().isoformat(),
        "now_min": local.hour * 60 + local.minute,
        "now_words": local.strftime("%H:%M"),
        "today": weekday_words(local.date(), lang),
        "parts": [
            (say(lang, title), _facts(entries, lang), _rest(entries, lang))
            for title, entries in (("what_it_has", station.amenities), ("services", station.services))
            if entries
        ],
        "confirmations": _confirmations([*past, station], local.date(), lang),
        "address": address,
        "qr": qr_code(address, say(lang, "share_page")),
        "machine": None if sample else machine_data(station, address, week, local.date()),
        "data": {
            "w": script_texts(lang),
            "lang": lang,
            "tz": offset_min(now, view.zone),
            "now": int(utc_minute(now)),
            "report": view.asset_url("report.js"),
            **door_data(station, now, view),
        },
        "until": local.strftime("%Y-%m-%d %H:%M"),
    }
    return render("station.html", view, lang, context)


def render_poster(station: Station, now: datetime, view: PageView, lang: Lang = "zh") -> str:
    """Return the A4 poster for the door, to be printed; it offers only what the station has."""
    card = station_card(0, station, now, view, lang)
    tiles = []
    for picture, code in _POSTER_TILES:
        entry = station.amenities.get(code)
        if entry is None or entry.value not in ("yes", "limited", "nearby"):
            continue
        near = entry.value == "nearby" and entry.distance_m is not None
        words = say(lang, "value_nearby_m", n=round(entry.distance_m or 0)) if near else None
        tiles.append((picture, amenity_words(code, lang), words))
    context = {
        "title": f"{say(lang, 'poster')} · {card.name}",
        "sample": any_illustrative([station]),
        "station": station,
        "card": card,
        "tiles": tiles,
        "week": poster_hours(week_hours(station, now, view, lang)),
        "qr": qr_code(page_address(station, view), say(lang, "poster_scan")),
    }
    return render("poster.html", view, lang, context)


def page_address(station: Station, view: PageView) -> str:
    """Return the address of the station's page, absolute where the public address is known."""
    return f"{view.public_url.rstrip('/')}/stations/{station.id}"


def qr_code(address: str, title: str) -> Markup:
    """Return a QR code as inline SVG with its quiet zone of four modules, level M."""
    buffer = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        buffer, kind="svg", xmldecl=False, svgns=True, border=4, title=title, svgclass="qr", lineclass=None,
        omitsize=True, dark="#000", light="#fff",
    )  # fmt: skip
    return Markup(buffer.getvalue().decode())  # noqa: S704 - segno escapes the title; the rest is its own


def week_hours(station: Station, now: datetime, view: PageView, lang: Lang) -> tuple[DayHours, ...]:
    """Return seven days from today as they will be, holidays and make-up days applied."""
    line = station_timeline(station, now, view.zone, view.holidays)
    today = now.astimezone(view.zone).date()
    days = []
    for step in range(7):
        day = today + timedelta(days=step)
        midnight = int(utc_minute(datetime.combine(day, time(), tzinfo=view.zone)))
        spans = tuple(
            Span(run.state, max(run.start_min - midnight, 0), min(run.end_min - midnight, _DAY_MIN))
            for run in line.runs
            if run.start_min < midnight + _DAY_MIN and run.end_min > midnight
        )
        name = f"{weekday_words(day, lang)} {date_words(day, lang)}"
        days.append(DayHours(name, step == 0, day_words(spans, lang), spans))
    return tuple(days)


def day_words(spans: Iterable[Span], lang: Lang) -> str:
    """Return the open stretches of a day; unknown ones are said to be unknown, none is 不开门.

    >>> day_words([Span("c", 0, 540), Span("o", 540, 720), Span("u", 720, 1440)], "zh")
    '09:00–12:00，12:00–24:00 时间未核实'
    """
    parts = []
    for span in spans:
        whole = span.end_min - span.start_min == _DAY_MIN
        if span.state == "o":
            parts.append(say(lang, "all_day") if whole else span.words)
        elif span.state == "u":
            parts.append(say(lang, "unknown") if whole else f"{span.words} {say(lang, 'unknown')}")
    return say(lang, "comma").join(parts) or say(lang, "day_closed")


def poster_hours(week: tuple[DayHours, ...]) -> list[tuple[str, str]]:
    """Return the days of a week in a few lines: neighbours with the same hours share one."""
    lines: list[tuple[list[str], str]] = []
    for day in week:
        name = day.day.split()[0]
        if lines and lines[-1][1] == day.words:
            lines[-1][0].append(name)
        else:
            lines.append(([name], day.words))
    return [(names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}", words) for names, words in lines]


def machine_data(station: Station, address: str, week: tuple[DayHours, ...], today: date) -> dict[str, Any]:
    """Return the schema.org description (JSON-LD) of a real station; unknown facts are left out."""
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "CivicStructure",
        "name": station.name,
        "url": address,
        "isAccessibleForFree": True,
        "amenityFeature": [
            {"@type": "LocationFeatureSpecification", "name": catalogue()[code].en, "value": value}
            for code, entry in station.offers.items()
            if (value := {"yes": True, "limited": True, "no": False, "broken": False}.get(entry.value))
            is not None
        ],
        "openingHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "opens": _clock(span.start_min),
                "closes": "23:59" if span.end_min == _DAY_MIN else _clock(span.end_min),
                "validFrom": (today + timedelta(days=step)).isoformat(),
                "validThrough": (today + timedelta(days=step)).isoformat(),
            }
            for step, day in enumerate(week)
            for span in day.spans
            if span.state == "o"
        ],
    }
    if station.address:
        described["address"] = {
            "@type": "PostalAddress",
            "streetAddress": station.address,
            "addressLocality": "西安市灞桥区",
            "addressCountry": "CN",
        }
    if station.location is not None:
        lon, lat = station.location
        described["geo"] = {"@type": "GeoCoordinates", "longitude": lon, "latitude": lat}
    if station.phone:
        described["telephone"] = station.phone
    return described


def _facts(entries: Mapping[str, Amenity], lang: Lang) -> list[Fact]:
    """Return a line for each thing that is there, near or broken."""
    shown = ("yes", "limited", "nearby", "broken")
    return [_fact(code, entries[code], lang) for code in _in_order(entries) if entries[code].value in shown]


def _rest(entries: Mapping[str, Amenity], lang: Lang) -> list[tuple[str, str]]:
    """Return what is not there and what nobody knows, each in one line."""
    lines = []
    for value in ("no", "unknown"):
        names = [amenity_words(code, lang) for code in _in_order(entries) if entries[code].value == value]
        if names:
            lines.append((say(lang, f"value_{value}"), _listed(names, lang)))
    return lines


def _in_order(entries: Mapping[str, Amenity]) -> list[str]:
    known = list(catalogue())
    return sorted(entries, key=known.index)


def _listed(names: Iterable[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(names)


def _fact(code: str, entry: Amenity, lang: Lang) -> Fact:
    if entry.value == "nearby" and entry.distance_m is not None:
        words = say(lang, "value_nearby_m", n=round(entry.distance_m))
    elif entry.value == "yes" and entry.count is not None:
        words = say(lang, "value_count", n=entry.count)
    else:
        words = say(lang, f"value_{entry.value}")
    mark = {"yes": "check", "limited": "check", "nearby": "pin", "broken": "wrench", "no": "cross"}
    checked = "" if entry.checked_on is None else date_words(entry.checked_on, lang)
    return Fact(amenity_words(code, lang), mark.get(entry.value, "question"), words, entry.note, checked)


def _confirmations(past: Sequence[Station], today: date, lang: Lang) -> list[tuple[str, str]]:
    """Return the last days on which something was confirmed, with what; ``past`` ends with the present."""
    station = past[-1]
    known = sum(entry.value != "unknown" for entry in station.offers.values()) + (station.hours is not None)
    words = {"hours": say(lang, "hours_confirmed"), "location": say(lang, "location_checked")}
    return [
        (
            date_words(day, lang),
            _confirmed([words.get(f) or amenity_words(f, lang) for f in facts], known, lang),
        )
        for day, facts in confirmations(past, today)[:_CONFIRMATIONS_SHOWN]
    ]


def _confirmed(names: list[str], known: int, lang: Lang) -> str:
    """Return what was confirmed on one day; a keeper's one tap confirms all there is to know."""
    if len(names) > _NAMES_SHOWN and len(names) >= known:
        return say(lang, "all_facts", n=len(names))
    if len(names) > _NAMES_SHOWN:
        return say(lang, "and_more", what=_listed(names[:_NAMES_SHOWN], lang), n=len(names))
    return _listed(names, lang)


def _clock(minute: int) -> str:
    """Return a minute of the day as a clock time.

    >>> _clock(510), _clock(1440)
    ('08:30', '24:00')
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"
