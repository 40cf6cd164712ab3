"""The stations on a map: each a button with its name and state, its facts in a pop-up, its row in a table.

List, table, pop-up and button say the same words, because all are made from one ``StationCard``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from geo.bilingual import Lang
from geo.stations import Station
from maps.finder_page import StationCard, any_illustrative, in_street_order, station_card
from maps.folium_local import DataLayer
from maps.legend import LegendBlock, LegendRow
from maps.map_texts import map_say
from maps.open_words import Code, station_state
from maps.page import PageView
from maps.texts import say

STATES: tuple[Code, ...] = get_args(Code)

MAX_MARKS = 1500
"""More stations than this are dots on a canvas: as many buttons would stall a browser."""

_DOTS: dict[Code, dict[str, str | float]] = {
    "open": {"fillColor": "#0B6B4F", "color": "#FFFFFF", "weight": 1},
    "soon": {"fillColor": "#9A5B00", "color": "#FFFFFF", "weight": 1},
    "closed": {"fillColor": "#FFFFFF", "color": "#5B6168", "weight": 1.5},
    "unknown": {"fillColor": "#FFFFFF", "color": "#1B1F23", "weight": 1, "dashArray": "2 2"},
    "stopped": {"fillColor": "#5B6168", "color": "#5B6168", "weight": 1},
}


@dataclass(frozen=True)
class MapStation:
    """A station as map, pop-up and table show it; ``at`` is (lon, lat) in WGS-84 degrees or None.

    ``label`` is its button's accessible name: the station and its state.
    """

    card: StationCard
    street: str
    hours: str | None
    at: tuple[float, float] | None
    label: str


@dataclass(frozen=True)
class StationsNow:
    """All stations of a register at one instant.

    ``rows`` are in street order, and empty beyond ``MAX_MARKS`` stations: then the map draws plain dots.
    ``dots`` are (lon, lat, state) of every station with coordinates, ``states`` those of all.
    """

    rows: tuple[MapStation, ...]
    dots: tuple[tuple[float, float, Code], ...]
    states: tuple[Code, ...]
    illustrative: bool

    @property
    def total(self) -> int:
        """How many stations there are, with coordinates or without."""
        return len(self.states)

    @property
    def located(self) -> tuple[MapStation, ...]:
        """The rows with coordinates: the ones a map can show."""
        return tuple(row for row in self.rows if row.at is not None)

    def count(self, *states: Code) -> int:
        """Return how many are in one of the states, with coordinates or without."""
        return sum(state in states for state in self.states)

    def bounds(self) -> list[list[float]] | None:
        """Return the south-west and north-east corners as [lon, lat], None without a located station."""
        if not self.dots:
            return None
        lons, lats, _ = zip(*self.dots, strict=True)
        return [[min(lons), min(lats)], [max(lons), max(lats)]]


def stations_now(stations: Sequence[Station], now: datetime, view: PageView, lang: Lang) -> StationsNow:
    """Return the stations at ``now`` (aware) in words of ``lang``."""
    ordered = in_street_order(stations)
    states = tuple(station_state(one, now, view.zone, view.holidays).code for one in ordered)
    rows = []
    for index, station in enumerate(ordered if len(ordered) <= MAX_MARKS else ()):
        card = station_card(index, station, now, view, lang)
        label = card.name + say(lang, "comma") + card.words
        rows.append(MapStation(card, station.street or "", station.hours, station.location, label))
    dots = tuple(
        (*one.location, state) for one, state in zip(ordered, states, strict=True) if one.location is not None
    )
    return StationsNow(tuple(rows), dots, states, any_illustrative(ordered))


def stations_layer(now: StationsNow, *, title: str, style: str, show: bool = True) -> DataLayer:
    """Return the located stations as buttons; ``style`` is ``symbol`` (planner) or ``sign`` (worker).

    Rows of ``stations``: index of the pop-up, lon, lat, state, accessible name, plate. Beyond ``MAX_MARKS``
    stations rows of ``dots`` instead: lon, lat, index into ``styles``.
    """
    if not now.rows:
        styles = [_DOTS[code] for code in STATES]
        dots = [[round(lon, 5), round(lat, 5), STATES.index(code)] for lon, lat, code in now.dots]
        return DataLayer("stations", "dots", {"styles": styles, "dots": dots}, title=title, show=show)
    rows: list[list[Any]] = []
    for row in now.rows:
        if row.at is not None:
            lon, lat = row.at
            mark = [round(lon, 6), round(lat, 6), row.card.state.code, row.label, row.card.plate]
            rows.append([row.card.index, *mark])
    return DataLayer("stations", "stations", {"style": style, "stations": rows}, title=title, show=show)


def stations_legend(now: StationsNow, lang: Lang, *, shown: bool = True) -> LegendBlock:
    """Return what the stations' marks mean, with how many of each the map shows."""
    counts = Counter(state for _, _, state in now.dots)
    rows = tuple(LegendRow(f"state-{code}", map_say(lang, f"state_{code}"), counts[code]) for code in STATES)
    notes = []
    if missing := now.total - len(now.dots):
        notes.append(map_say(lang, "no_location_note", n=missing))
    if now.total > len(now.rows):
        notes.append(map_say(lang, "dots_note", n=now.total, most=MAX_MARKS))
    return LegendBlock(
        map_say(lang, "stations"), rows, "stations", map_say(lang, "stations_unit"), tuple(notes), shown
    )
