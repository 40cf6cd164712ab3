"""The stations on a map: each a button with its name and state, its facts in a pop-up, its row in a table.

List, table, pop-up and button say the same words, because all are made from one ``StationCard``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from geo.stations import Station
from maps.finder_page import StationCard, any_illustrative, in_street_order, station_card
from maps.folium_local import DataLayer
from maps.legend import LegendBlock, LegendRow
from maps.map_texts import map_say
from maps.open_words import Code
from maps.page import PageView
from maps.texts import Lang, say

STATES: tuple[Code, ...] = get_args(Code)


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
    """All stations of a register at one instant, in street order."""

    rows: tuple[MapStation, ...]
    illustrative: bool

    @property
    def located(self) -> tuple[MapStation, ...]:
        """Those with coordinates: the ones a map can show."""
        return tuple(row for row in self.rows if row.at is not None)

    def count(self, *states: Code) -> int:
        """Return how many are in one of the states, with coordinates or without."""
        return sum(row.card.state.code in states for row in self.rows)

    def bounds(self) -> list[list[float]] | None:
        """Return the south-west and north-east corners as [lon, lat], None without a located station."""
        points = [row.at for row in self.rows if row.at is not None]
        if not points:
            return None
        lons, lats = zip(*points, strict=True)
        return [[min(lons), min(lats)], [max(lons), max(lats)]]


def stations_now(stations: Sequence[Station], now: datetime, view: PageView, lang: Lang) -> StationsNow:
    """Return the stations at ``now`` (aware) in words of ``lang``."""
    rows = []
    for index, station in enumerate(in_street_order(stations)):
        card = station_card(index, station, now, view, lang)
        at = None if station.location is None else (station.location.lon, station.location.lat)
        label = card.name + say(lang, "comma") + card.words
        rows.append(MapStation(card, station.street or "", station.hours, at, label))
    return StationsNow(tuple(rows), any_illustrative(stations))


def stations_layer(now: StationsNow, *, title: str, style: str, show: bool = True) -> DataLayer:
    """Return the located stations as buttons; ``style`` is ``symbol`` (planner) or ``sign`` (worker).

    Rows of ``stations``: index of the pop-up, lon, lat, state, accessible name, plate.
    """
    rows: list[list[Any]] = [
        [
            row.card.index,
            round(row.at[0], 6),
            round(row.at[1], 6),
            row.card.state.code,
            row.label,
            row.card.plate,
        ]
        for row in now.rows
        if row.at is not None
    ]
    return DataLayer("stations", "stations", {"style": style, "stations": rows}, title=title, show=show)


def stations_legend(now: StationsNow, lang: Lang, *, shown: bool = True) -> LegendBlock:
    """Return what the stations' marks mean, with how many of each the map shows."""
    counts = Counter(row.card.state.code for row in now.located)
    rows = tuple(LegendRow(f"state-{code}", map_say(lang, f"state_{code}"), counts[code]) for code in STATES)
    missing = len(now.rows) - len(now.located)
    notes = (map_say(lang, "no_location_note", n=missing),) if missing else ()
    return LegendBlock(
        map_say(lang, "stations"), rows, "stations", map_say(lang, "stations_unit"), notes, shown
    )
