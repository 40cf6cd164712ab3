"""What a card and a station page say of one station, in words: works, toilet, entry, confirmed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from geo.amenities import catalogue
from geo.bilingual import Lang
from geo.data_files import data_path
from geo.stations import Amenity, Station
from maps.open_words import DoorState, date_words
from maps.texts import say

Mark = Literal["ok", "limited", "broken", "unknown"]
STALE_DAYS = 60

# What a worker looks for first, shorter than the catalogue's words.
_SHORT: dict[str, tuple[str, str]] = {
    "water_hot": ("热水", "Hot water"),
    "water_cool": ("凉水", "Water"),
    "microwave": ("微波炉", "Microwave"),
    "seat": ("座位", "Seats"),
    "toilet": ("厕所", "Toilet"),
    "charge_phone": ("充电", "Charging"),
    "cooling": ("纳凉", "Cooling"),
    "heating": ("取暖", "Heating"),
    "nursing_room": ("母婴室", "Nursing room"),
}
_WARM_MONTHS = range(5, 10)


@dataclass(frozen=True)
class Item:
    """One word of the line that says what works."""

    mark: Mark
    words: str
    short_only: bool = False


def amenity_words(code: str, lang: Lang) -> str:
    """Return the short name of an amenity or service.

    >>> amenity_words("seat", "zh"), amenity_words("aed", "en")
    ('座位', 'Defibrillator (AED)')
    """
    kind = catalogue()[code]
    zh, en = _SHORT.get(code, (kind.zh, kind.en))
    return en if lang == "en" else zh


def climate_code(today: date) -> str:
    """Return which of the two climate amenities matters now: cooling from May to September."""
    return "cooling" if today.month in _WARM_MONTHS else "heating"


def display_name(station: Station, lang: Lang) -> str:
    """Return the name; a known name at an illustrative place says so."""
    known_name = station.provenance.name != "illustrative"
    if known_name and station.provenance.location == "illustrative":
        return station.name + say(lang, "sample_place")
    return station.name


def place_words(station: Station) -> str | None:
    """Return the line that says where it is: address, else landmark."""
    return station.address or station.landmark


def works(station: Station, today: date, lang: Lang) -> tuple[Item, ...]:
    """Return what works, what is broken and what is not known; what is absent is left out.

    One item says so when nothing of it is known.
    """
    water = "water_hot" if _value(station, "water_hot") in ("yes", "limited", "broken") else "water_cool"
    if _value(station, "water_cool") == "unknown":
        water = "water_hot"
    codes = (water, "microwave", "seat", "toilet", "charge_phone", climate_code(today))
    if all(_value(station, code) == "unknown" for code in codes):
        return (Item("unknown", say(lang, "amenities_unknown")),)
    items = []
    for code in codes:
        value, words = _value(station, code), amenity_words(code, lang)
        toilet = code == "toilet"
        if value == "yes":
            items.append(Item("ok", words, toilet))
        elif value == "limited":
            items.append(Item("limited", say(lang, "limited", what=words), toilet))
        elif value == "broken":
            items.append(Item("broken", say(lang, "broken", what=words), toilet))
        elif value == "unknown" and not toilet:
            items.append(Item("unknown", say(lang, "unclear", what=words)))
    return tuple(items)


def toilet_words(station: Station, lang: Lang) -> str:
    """Return the toilet truth: inside, nearby with metres, none, out of use or not known."""
    toilet = station.amenities.get("toilet", Amenity(value="unknown"))
    if toilet.value == "nearby" and toilet.distance_m is not None:
        return say(lang, "toilet_nearby", n=round(toilet.distance_m))
    key = {
        "yes": "toilet_always" if _value(station, "toilet_open") == "yes" else "toilet_inside",
        "limited": "toilet_limited",
        "nearby": "toilet_nearby_unknown",
        "broken": "toilet_broken",
        "no": "toilet_none",
        "unknown": "toilet_unknown",
    }[toilet.value]
    return say(lang, key)


def entry_words(station: Station, lang: Lang) -> str:
    """Return how to get in, with the welcome line where getting in is open to all."""
    if not station.entry_method:
        words = say(lang, "entry_unknown")
    else:
        words = say(lang, "entry_or").join(say(lang, f"entry_{how}") for how in station.entry_method)
    welcome = station.welcome_note
    if welcome is None and "walk_in" in station.entry_method:
        welcome = say(lang, "welcome")
    return words if welcome is None else words + say(lang, "comma") + welcome


def parking_words(station: Station, lang: Lang) -> str:
    """Return where the e-bike can stand."""
    value = _value(station, "parking_ebike")
    if value in ("yes", "limited", "nearby"):
        return say(lang, "parking_yes")
    return say(lang, "parking_unknown" if value == "unknown" else "parking_no")


def last_confirmed(station: Station) -> date | None:
    """Return the newest day on which any fact of the station was confirmed."""
    days = [entry.checked_on for entry in station.offers.values()]
    known = [day for day in (*days, station.hours_confirmed_on, station.location_checked_on) if day]
    return max(known, default=None)


def confirmed_words(station: Station, now: datetime, zone: ZoneInfo, lang: Lang) -> str:
    """Return when the facts were last confirmed and how long ago that is."""
    day = last_confirmed(station)
    if day is None:
        return say(lang, "never_confirmed")
    age = (now.astimezone(zone).date() - day).days
    if age <= 1:
        ago = say(lang, "today" if age <= 0 else "yesterday")
    else:
        ago = say(lang, "days_ago" if age <= STALE_DAYS else "days_old", n=age)
    return say(lang, "confirmed", when=date_words(day, lang), ago=ago)


def plate_words(state: DoorState, minutes_left: int | None, lang: Lang) -> str:
    """Return the character of the door plate, or the minutes left."""
    if state.code == "soon" and minutes_left is not None:
        return str(minutes_left)
    order = ("open", "closed", "unknown", "stopped")
    return say(lang, "plates").split()[order.index(state.code)]


def dial(phone: str) -> str:
    """Return the digits a ``tel:`` link dials.

    >>> dial("029-8352 1234")
    '02983521234'
    """
    return "".join(char for char in phone.partition("转")[0] if char in "+0123456789")


def _value(station: Station, code: str) -> str:
    entry = station.offers.get(code)
    return "unknown" if entry is None else entry.value


@lru_cache(maxsize=1)
def station_fields() -> tuple[dict[str, str], ...]:
    """Return the fields of a station as ``data/fields.csv`` tells them."""
    with data_path("fields.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
