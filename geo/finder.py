"""The nearest stations a worker can use: filtered before the limit, every other one accounted for.

A register is laid out once as a :class:`FinderTable`; :func:`nearest_stations` answers questions on it.
Distances are geodesic metres, minutes are straight-line estimates (:mod:`geo.travel`).

A station is offered only under the statuses ``operating`` and ``trial``. A closure past its ``status_until``
keeps its status until somebody confirms the reopening, so such a station stays ``not_operating``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter, le
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.amenities import availability, parse_asked
from geo.crs import geodesic_distance_m
from geo.errors import InvalidParameterError
from geo.nearest import StationIndex
from geo.open_clock import OpenClock
from geo.open_state import State
from geo.stations import Station
from geo.travel import TravelBasis, TravelMode, travel_minutes
from geo.vocabulary import SERVING_STATUSES

OpenFilter = Literal["any", "now", "on_arrival"]
MAX_K = 100
REASONS = (
    "not_operating",
    "no_location",
    "missing_amenity",
    "unknown_amenity",
    "unknown_hours",
    "closed",
)
"""Why a station is left out; each is counted once, under the first that holds."""

_QUALIFIES = len(REASONS)
_AVAILABILITY = {"available": 0, "unknown": 1, "missing": 2}
_LACKING = (_QUALIFIES, REASONS.index("unknown_amenity"), REASONS.index("missing_amenity"))
_BY_HOURS = (REASONS.index("closed"), _QUALIFIES, REASONS.index("unknown_hours"))  # states 0, 1 and -1
_KEPT_SCREENS = 64  # combinations of amenities remembered; workers ask for few different ones

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int8]


@dataclass(frozen=True)
class NearestQuery:
    """A worker's question: a WGS-84 point, how many stations, and what they must offer.

    ``amenities`` are codes or groups, all required; ``max_distance_m`` is inclusive.

    Raises:
        InvalidParameterError: a value is out of range or unknown, named.
    """

    lon: float
    lat: float
    k: int = 5
    max_distance_m: float | None = None
    mode: TravelMode = TravelMode.WALK
    amenities: tuple[str, ...] = ()
    open: OpenFilter = "any"

    def __post_init__(self) -> None:
        _check_range("lon", self.lon, -180, 180)
        _check_range("lat", self.lat, -90, 90)
        _check_range("k", self.k, 1, MAX_K)
        if self.max_distance_m is not None:
            _check_range("max_distance_m", self.max_distance_m, 0, math.inf)
        if self.open not in get_args(OpenFilter):
            raise InvalidParameterError("open", self.open, "must be any, now or on_arrival")
        parse_asked(self.amenities)


@dataclass(frozen=True)
class FoundStation:
    """One station of the answer. Times are in the table's zone; None where unknown or not applicable."""

    station: Station
    distance_m: float
    travel_min: float
    travel_basis: TravelBasis
    open_state: State
    open_until: datetime | None
    opens_at: datetime | None
    open_state_on_arrival: State


@dataclass(frozen=True)
class NearestAnswer:
    """Stations in order of distance (ties by id), and how many were left out by reason (every reason)."""

    stations: tuple[FoundStation, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class _Screen:
    """Per row the first reason that holds whatever the distance; which rows have none; the sums."""

    reasons: IntArray
    qualifies: NDArray[np.bool_]
    left_out: Mapping[str, int]

    @classmethod
    def of(cls, reasons: IntArray) -> _Screen:
        return cls(reasons, reasons == _QUALIFIES, _left_out(reasons))


@dataclass(frozen=True)
class FinderTable:
    """A register laid out for questions: one row a station, ordered by id."""

    stations: tuple[Station, ...]
    index: StationIndex
    located: NDArray[np.bool_]
    lon: FloatArray  # NaN without location
    lat: FloatArray
    standing: IntArray  # per row: reason code of status and location, or _QUALIFIES
    texts: tuple[str | None, ...]  # distinct hours texts
    text_of: NDArray[np.intp]  # per row: position in texts
    clock: OpenClock
    row_of: Mapping[str, int]
    _asked: dict[str, IntArray] = field(default_factory=dict)  # per code or group asked for so far
    _usual: dict[tuple[str, ...], _Screen] = field(default_factory=dict)  # per amenities asked for, any hours

    @classmethod
    def build(
        cls, stations: Sequence[Station], timezone: ZoneInfo, earlier: FinderTable | None = None
    ) -> FinderTable:
        """Lay out ``stations``; naive times are in ``timezone``.

        What ``earlier`` had worked out of the same records (the very objects) is taken over: of a national
        register of which one station changed, only that one is looked at again.
        """
        rows, ids = _ordered(stations)
        taken = _Taken.of(rows, earlier)
        points = [station.location or (math.nan, math.nan) for station in taken.fresh]
        lon = taken.column(earlier.lon if earlier else None, [x for x, _ in points])
        lat = taken.column(earlier.lat if earlier else None, [y for _, y in points])
        standing = [_standing(station) for station in taken.fresh]
        texts = dict.fromkeys([*(earlier.texts if earlier else ()), *(one.hours for one in taken.fresh)])
        number_of = dict(zip(texts, range(len(texts)), strict=True))
        numbers = [number_of[station.hours] for station in taken.fresh]
        text_of, used = pd.factorize(taken.column(earlier.text_of if earlier else None, numbers, np.intp))
        table = cls(
            stations=rows,
            index=_index(lon, lat, ids, earlier),
            located=np.isfinite(lon),
            lon=lon,
            lat=lat,
            standing=taken.column(earlier.standing if earlier else None, standing, np.int8),
            texts=tuple(np.array([*texts, None], dtype=object)[used]),
            text_of=text_of,
            clock=OpenClock(timezone),
            row_of=dict(zip(ids, range(len(ids)), strict=True)),
        )
        for name, known in list(earlier._asked.items()) if earlier else ():
            table._asked[name] = taken.column(known, _states(name, taken.fresh), np.int8)
        return table

    def asked(self, name: str) -> IntArray:
        """Return 0 available, 1 unknown, 2 missing for a code or group, per row; kept once worked out."""
        known = self._asked.get(name)
        if known is None:
            known = self._asked[name] = np.array(_states(name, self.stations), dtype=np.int8)
        return known

    def usual(self, amenities: tuple[str, ...]) -> _Screen:
        """Return what holds for ``amenities`` at any hour; kept once worked out."""
        known = self._usual.get(amenities)
        if known is None:
            reasons = self.standing
            if amenities:
                worst = np.maximum.reduce([self.asked(name) for name in amenities])
                lacking = np.array(_LACKING, dtype=np.int8)[worst]
                reasons = np.minimum(reasons, lacking)
            known = _Screen.of(reasons)
            if len(self._usual) < _KEPT_SCREENS:
                self._usual[amenities] = known
        return known


@dataclass(frozen=True)
class _Taken:
    """What a new table takes over from an earlier one: for each row the earlier row of its record, or -1."""

    row: NDArray[np.intp]
    is_new: NDArray[np.bool_]
    fresh: list[Station]
    """The stations that have to be looked at, in order."""

    @classmethod
    def of(cls, stations: Sequence[Station], earlier: FinderTable | None) -> _Taken:
        if earlier is None:
            every = len(stations)
            return cls(np.full(every, -1, dtype=np.intp), np.ones(every, dtype=bool), list(stations))
        # Records are told apart by identity, in bulk: dictionaries of a national register take a second.
        known = pd.Index(_identities(earlier.stations))
        row: NDArray[np.intp] = known.get_indexer(_identities(stations))
        is_new = row < 0
        return cls(row, is_new, [stations[place] for place in np.flatnonzero(is_new).tolist()])

    def column(
        self, earlier: NDArray[Any] | None, fresh: Sequence[float], dtype: Any = float
    ) -> NDArray[Any]:
        """Return a column: ``fresh`` values for the fresh stations, the ``earlier`` ones for all others."""
        made = np.empty(len(self.row), dtype=dtype)
        made[self.is_new] = fresh
        if earlier is not None:
            made[~self.is_new] = earlier[self.row[~self.is_new]]
        return made


def _ordered(stations: Sequence[Station]) -> tuple[tuple[Station, ...], list[str]]:
    """Return the stations by id, and their ids; those of a snapshot are in order as they come."""
    ids = [station.id for station in stations]
    if all(map(le, ids, islice(ids, 1, None))):
        return tuple(stations), ids
    rows = tuple(sorted(stations, key=attrgetter("id")))
    return rows, [station.id for station in rows]


def _identities(stations: Sequence[Station]) -> NDArray[np.intp]:
    return np.fromiter(map(id, stations), dtype=np.intp, count=len(stations))


def _index(lon: FloatArray, lat: FloatArray, ids: list[str], earlier: FinderTable | None) -> StationIndex:
    same = (
        earlier is not None
        and earlier.index.ids == ids
        and np.array_equal(earlier.lon, lon, equal_nan=True)
        and np.array_equal(earlier.lat, lat, equal_nan=True)
    )
    return earlier.index if earlier is not None and same else StationIndex(lon, lat, ids)


def _states(name: str, stations: Sequence[Station]) -> list[int]:
    return [_AVAILABILITY[availability(name, station.offers)] for station in stations]


def nearest_stations(query: NearestQuery, table: FinderTable, at: datetime) -> NearestAnswer:
    """Answer ``query`` at the instant ``at`` (naive: wall-clock time of the table's zone).

    ``left_out`` counts every station within ``max_distance_m`` (all stations without one) that doesn't
    qualify; a station without location lies within every distance. Those cut off by ``k`` aren't counted.
    """
    local = table.clock.local(at)
    screen = _screen(query, table, local)
    if query.max_distance_m is None and query.open != "on_arrival":
        found = table.index.nearest(query.lon, query.lat, query.k, screen.qualifies)
        return NearestAnswer(_describe(query, table, local, found), screen.left_out)
    rows, distance_m = _within(query, table)
    reasons = screen.reasons[rows]
    if query.open == "on_arrival":
        minutes = travel_minutes(distance_m, query.mode)
        reasons = _arrival_reasons(reasons, table, table.text_of[rows], local, minutes)
    chosen = np.flatnonzero(reasons == _QUALIFIES)
    # rows are ordered by id, so a stable sort by distance leaves ties in the order of ids
    first = chosen[np.argsort(distance_m[chosen], kind="stable")[: query.k]]
    found = [(table.stations[rows[i]].id, float(distance_m[i])) for i in first]
    counted = np.concatenate([reasons, screen.reasons[~table.located]])
    return NearestAnswer(_describe(query, table, local, found), _left_out(counted))


def _screen(query: NearestQuery, table: FinderTable, local: datetime) -> _Screen:
    asked = tuple(sorted(set(query.amenities)))
    usual = table.usual(asked)
    if query.open != "now" or not table.texts:
        return usual
    by_text = [_hours_reason(table.clock.is_open(text, local)) for text in table.texts]
    at_once = np.array(by_text, dtype=np.int8)[table.text_of]
    return _Screen.of(np.minimum(usual.reasons, at_once))


def _hours_reason(is_open: bool | None) -> int:
    return _BY_HOURS[-1 if is_open is None else int(is_open)]


def _within(query: NearestQuery, table: FinderTable) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the rows within the distance asked for, in order, and their distances."""
    if query.max_distance_m is None:
        rows = np.flatnonzero(table.located)
        return rows, geodesic_distance_m(query.lon, query.lat, table.lon[rows], table.lat[rows])
    near = table.index.within(query.lon, query.lat, query.max_distance_m)
    rows = np.array([table.row_of[station_id] for station_id, _ in near], dtype=np.intp)
    order = np.argsort(rows)
    return rows[order], np.array([distance_m for _, distance_m in near], dtype=float)[order]


def _arrival_reasons(
    reasons: IntArray, table: FinderTable, text_of: NDArray[np.intp], local: datetime, minutes: FloatArray
) -> IntArray:
    """Return ``reasons`` with the hours looked at on arrival, for those that qualify so far."""
    result = reasons.copy()
    for number in np.unique(text_of[reasons == _QUALIFIES]):
        rows = np.flatnonzero((text_of == number) & (reasons == _QUALIFIES))
        states = table.clock.states_after(table.texts[number], local, minutes[rows])
        result[rows] = np.array(_BY_HOURS, dtype=np.int8)[states]
    return result


def _describe(
    query: NearestQuery, table: FinderTable, local: datetime, found: Sequence[tuple[str, float]]
) -> tuple[FoundStation, ...]:
    described = []
    for station_id, distance_m in found:
        station = table.stations[table.row_of[station_id]]
        travel_min = float(travel_minutes(distance_m, query.mode))
        now = table.clock.state(station.hours, local)
        arrival = table.clock.state(station.hours, local + timedelta(minutes=travel_min))
        described.append(
            FoundStation(
                station=station,
                distance_m=distance_m,
                travel_min=travel_min,
                travel_basis="estimate",
                open_state=now.state,
                open_until=now.open_until,
                opens_at=now.opens_at,
                open_state_on_arrival=arrival.state,
            )
        )
    return tuple(described)


def _left_out(reasons: IntArray) -> dict[str, int]:
    counts = np.bincount(reasons, minlength=_QUALIFIES).tolist()
    return dict(zip(REASONS, counts, strict=False))


def _standing(station: Station) -> int:
    if station.status not in SERVING_STATUSES:
        return REASONS.index("not_operating")
    return _QUALIFIES if station.location else REASONS.index("no_location")


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise InvalidParameterError(name, value, f"must be a number from {low:g} to {high:g}")
