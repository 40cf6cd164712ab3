"""The finder ``/``: every station by street in one page, and the data its script needs beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely

from geo.amenities import GROUPS, availability
from geo.areas import Areas, shipped_areas
from geo.bilingual import Lang
from geo.stations import Station
from geo.travel import DETOUR_FACTOR, TravelMode
from geo.vocabulary import SERVING_STATUSES
from maps.assets import LEAFLET_CSS, LEAFLET_JS, static_url
from maps.navigation import NavLink, nav_links
from maps.offline import GROUND_PATH, PLACES_PATH
from maps.open_words import (
    PHONE_DAYS,
    SOON_MIN,
    DoorState,
    closure_end_min,
    doubt_words,
    offset_min,
    state_words,
    station_state,
    station_timeline,
    utc_minute,
)
from maps.page import PageView, render
from maps.station_facts import (
    Item,
    amenity_words,
    climate_code,
    confirmed_words,
    dial,
    display_name,
    entry_words,
    parking_words,
    place_words,
    plate_words,
    toilet_words,
    works,
)
from maps.texts import say, script_texts

NEEDS = ("water", "hot_meal", "rest", "toilet")
_NEED_ICONS = {"water": "water", "hot_meal": "meal", "rest": "rest", "toilet": "toilet"}
_PHONE_LETTER = {"available": "y", "missing": "n", "unknown": "u"}


@dataclass(frozen=True)
class StationCard:
    """A station as the list shows it."""

    index: int
    id: str
    name: str
    state: DoorState
    plate: str
    words: str
    place: str | None
    works: tuple[Item, ...]
    toilet: str
    entry: str
    parking: str
    confirmed: str
    illustrative: bool
    links: tuple[NavLink, ...]
    tel: str | None
    copy_text: str
    doubt: DoubtBox | None = None


@dataclass(frozen=True)
class DoubtBox:
    """What workers report, as seen today and on later days, and the minute it ends (UTC)."""

    words: str
    later: str
    until_min: int


@dataclass(frozen=True)
class StreetList:
    """The cards of one street."""

    anchor: str
    name: str
    cards: tuple[StationCard, ...]

    @property
    def short(self) -> str:
        """The name on a button, without the word every street has."""
        return self.name.removesuffix("街道") or self.name


def render_finder(
    stations: Sequence[Station],
    now: datetime,
    view: PageView,
    lang: Lang = "zh",
    *,
    areas: Areas | None = None,
) -> str:
    """Return the finder page at ``now`` (aware): a list that needs no script, and the data for the script.

    ``areas`` defaults to the shipped ones.
    """
    ordered = in_street_order(stations)
    streets = street_lists(ordered, now, view, lang)
    cards = [card for street in streets for card in street.cards]
    opened = sum(card.state.code in ("open", "soon") for card in cards)
    today = now.astimezone(view.zone).date()
    climate = climate_code(today)
    context = {
        "title": say(lang, "brand") + " · " + say(lang, "area"),
        "path": "/",
        "sample": any_illustrative(ordered),
        "streets": streets,
        "places_path": PLACES_PATH,
        "count": say(lang, "count_street", n=len(cards), open=opened),
        "needs": [(code, _NEED_ICONS[code], _group_words(code, lang)) for code in NEEDS],
        "chips": [("charging", _group_words("charging", lang)), ("climate", amenity_words(climate, lang))],
        "more_chips": [("baby", _group_words("baby", lang))],
        "data": {**finder_data(ordered, now, view, areas), "w": script_texts(lang), "lang": lang},
        "day": today.isoformat(),
        "heat": view.heat,
        "heat_until": 0 if view.heat is None else math.ceil(utc_minute(view.heat.until)),
        "until": now.astimezone(view.zone).strftime("%Y-%m-%d %H:%M"),
    }
    return render("finder.html", view, lang, context)


def finder_data(
    stations: Sequence[Station], now: datetime, view: PageView, areas: Areas | None = None
) -> dict[str, Any]:
    """Return what the phone computes with, in the order of ``in_street_order``.

    ``stations`` rows: id, lon, lat (WGS-84, null without location), index into ``hours``, 1 when it serves,
    minute a closure ends (0 none), words key of a station out of service, a letter y/n/u a group, flags
    (``a`` AED, ``f`` first aid, ``c`` cool room). ``hours``: runs from ``t0`` as state letter and minutes.
    """
    ordered = in_street_order(stations)
    timelines: dict[str, int] = {}
    start = math.floor(utc_minute(now))
    rows = []
    for station in ordered:
        line = station_timeline(station, now, view.zone, view.holidays)
        start = line.runs[0].start_min
        hours = timelines.setdefault(line.encode(), len(timelines))
        lon, lat = station.location or (None, None)
        serves = station.status in SERVING_STATUSES
        stopped = "" if serves else {"temporarily_closed": "stopped"}.get(station.status, station.status)
        letters = "".join(_PHONE_LETTER[availability(code, station.offers)] for code in GROUPS)
        flags = "".join(
            letter
            for code, letter in (("aed", "a"), ("first_aid", "f"), ("cooling", "c"))
            if availability(code, station.offers) == "available"
        )
        until = closure_end_min(station, view.zone) or 0
        rows.append([station.id, lon, lat, hours, int(serves), until, stopped, letters, flags])
    return {
        "t0": start,
        "now": math.floor(utc_minute(now)),
        "tz": offset_min(now, view.zone),
        "days": PHONE_DAYS,
        "soon": SOON_MIN,
        "detour": DETOUR_FACTOR,
        "speed": {mode.value: mode.speed_m_per_s for mode in TravelMode},
        "groups": list(GROUPS),
        "hours": list(timelines),
        "stations": rows,
        "stamp": view.stamp,
        "bounds": district_bounds(areas or shipped_areas()),
        "search": view.asset_url("search.js"),
        "report": view.asset_url("report.js"),
        "links": view.asset_url("links.js"),
        "sheet": view.asset_url("station.css"),
        "nothing": view.asset_url("finder_nothing.js"),
        "map": view.asset_url("finder_map.js"),
        "map_css": view.asset_url("finder_map.css"),
        "map_labels": view.asset_url("map_labels.js"),
        "leaflet": [static_url(LEAFLET_CSS), static_url(LEAFLET_JS)],
        "ground": GROUND_PATH,
        "tiles": [list(tile) for tile in view.tiles],
        "heat": 0 if view.heat is None else view.heat.level_c,
    }


def district_bounds(areas: Areas) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the areas, degrees, rounded outward: beyond is outside."""
    west, south, east, north = shapely.total_bounds(
        [area.geometry for area in (areas.district, *areas.streets)]
    )
    return (
        math.floor(west * 1e3) / 1e3,
        math.floor(south * 1e3) / 1e3,
        math.ceil(east * 1e3) / 1e3,
        math.ceil(north * 1e3) / 1e3,
    )


def door_data(station: Station, now: datetime, view: PageView) -> dict[str, Any]:
    """Return what a page of one station needs to keep its state up with the clock."""
    data = finder_data([station], now, view)
    return {"t0": data["t0"], "soon": data["soon"], "hours": data["hours"], "station": data["stations"][0]}


def places_data(places: Mapping[str, Any], stations: Iterable[Station]) -> dict[str, Any]:
    """Return what the place search looks through, loaded when the search is opened.

    ``places`` is the GeoJSON of named places. Rows: name, pinyin initials, lon, lat; stations: id, initials.
    """
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - 60 ms of tables no other page needs

    def initials(text: str) -> str:
        return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()

    rows = []
    for feature in places["features"]:
        if feature["geometry"] is not None:
            lon, lat = feature["geometry"]["coordinates"][:2]
            name = str(feature["properties"]["name"])
            rows.append([name, initials(name), lon, lat])
    words = [[station.id, initials(" ".join((station.name, *station.aliases)))] for station in stations]
    return {"places": rows, "stations": words}


def street_lists(
    stations: Sequence[Station], now: datetime, view: PageView, lang: Lang
) -> tuple[StreetList, ...]:
    """Return the cards by street, in the order given; stations without a street come under one heading."""
    by_street: dict[tuple[str, str], list[StationCard]] = {}
    for index, station in enumerate(stations):
        key = (station.street_code or "none", station.street or say(lang, "street_unknown"))
        by_street.setdefault(key, []).append(station_card(index, station, now, view, lang))
    return tuple(
        StreetList(f"street-{number}", name, tuple(cards))
        for number, ((_, name), cards) in enumerate(by_street.items(), start=1)
    )


def in_street_order(stations: Iterable[Station]) -> list[Station]:
    """Return the stations by street, then id; those without a street last."""
    return sorted(stations, key=lambda one: (one.street_code is None, one.street_code or "", one.id))


def any_illustrative(stations: Iterable[Station]) -> bool:
    """Return whether any part of any station is illustrative."""
    return any(
        "illustrative" in (one.provenance.name, one.provenance.location, one.provenance.facts)
        for one in stations
    )


def station_card(index: int, station: Station, now: datetime, view: PageView, lang: Lang) -> StationCard:
    """Return a station in words at ``now``, as list and station page show it."""
    minute, tz_min = utc_minute(now), offset_min(now, view.zone)
    state = station_state(station, now, view.zone, view.holidays)
    left = None if state.until_min is None else math.ceil(state.until_min - minute)
    name = display_name(station, lang)
    links = () if station.location is None else nav_links(station.name, *station.location)
    place = place_words(station)
    return StationCard(
        index=index,
        id=station.id,
        name=name,
        state=state,
        plate=plate_words(state, left, lang),
        words=state_words(state, minute, tz_min, lang),
        place=place,
        works=works(station, now.astimezone(view.zone).date(), lang),
        toilet=toilet_words(station, lang),
        entry=entry_words(station, lang),
        parking=parking_words(station, lang),
        confirmed=confirmed_words(station, now, view.zone, lang),
        illustrative=station.provenance.location == "illustrative",
        links=links,
        tel=None if station.phone is None else dial(station.phone),
        copy_text=" ".join(part for part in (station.name, place) if part),
        doubt=_doubt_box(station, now, view, lang),
    )


def _doubt_box(station: Station, now: datetime, view: PageView, lang: Lang) -> DoubtBox | None:
    doubt = view.doubts.get(station.id)
    if doubt is None:
        return None
    today = now.astimezone(view.zone).date()
    later = doubt_words(doubt, date.max, view.zone, lang)
    return DoubtBox(doubt_words(doubt, today, view.zone, lang), later, math.ceil(utc_minute(doubt.until)))


def _group_words(code: str, lang: Lang) -> str:
    return GROUPS[code].en if lang == "en" else GROUPS[code].zh
