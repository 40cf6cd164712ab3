"""What to do about each gap, cheapest first: the action that follows from its cause.

Order everywhere: verify, extend hours (or reopen), repair or equip, put on the map and sign, partner, build.
The causes of a gap share out its unserved demand, and each action answers one cause (a site also those that
no station can answer), so gains add up without counting anyone twice. What a station is promised to gain is
worked out quarter-hour by quarter-hour: done, with all it needs besides, it gains just that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.amenities import Availability, availability
from geo.coverage import Situation
from geo.coverage_patterns import (
    CAUSES,
    DAY_TYPES,
    WINDOW_CODES,
    Bools,
    Floats,
    StationTimes,
    distinct_slots,
    slot_shares,
    slot_states,
    station_times,
)
from geo.gap_details import Gaps
from geo.nearest import StationIndex
from geo.stations import Amenity, OnMap
from geo.travel import reach_m
from geo.vocabulary import SERVING_STATUSES

Rows = npt.NDArray[np.intp]

ActionKind = Literal[
    "verify", "extend_hours", "reopen", "repair", "equip", "map_and_sign", "partner", "build"
]
ACTION_ORDER: tuple[ActionKind, ...] = (
    "verify", "extend_hours", "reopen", "repair", "equip", "map_and_sign", "partner", "build",
)  # fmt: skip
ACTION_LABELS: dict[ActionKind, tuple[str, str]] = {
    "verify": ("先核实", "Verify first"),
    "extend_hours": ("延长开放", "Longer hours"),
    "reopen": ("恢复开放", "Reopen"),
    "repair": ("修好设施", "Repair"),
    "equip": ("补设施", "Add what is missing"),
    "map_and_sign": ("上图挂牌", "Put on maps and sign"),
    "partner": ("合作点", "Partner site"),
    "build": ("新建", "Build"),
}
PARTNER_KINDS = frozenset(
    {
        "union", "bank", "post", "fuel", "public_toilet", "mall", "market", "hospital", "bus_station",
        "metro_station", "rail_station", "bus_depot", "government", "subdistrict_seat", "park", "shop",
        "parcel_shop",
    }
)  # fmt: skip
"""Kinds of named places that could host a station as partners."""


WORST_WINDOWS = 3
"""How many windows an action on hours names."""


@dataclass(frozen=True)
class Candidate:
    """A named place that might host a partner site."""

    name: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Action:
    """One thing to do for one gap.

    Attributes:
        gap_rank: the gap it answers.
        target: station id, or the name of a candidate place, or None where a site must be found.
        detail: the windows (``T3/weekday``) most is gained in, the amenities or groups concerned, ``hours``
            to be verified, or what of ``map`` and ``sign`` is wanting.
        gain: what of the cause it serves when it is done, in the unit of the gap: over the cells in the
            target's reach, demand x the share of quarter-hours that are unserved for the cause and in which
            the target changes it; a verification gains it when it finds yes; a site at most. None where it
            serves nobody by itself: a sign, or what another action at the target ``needs``.
        needs: what has to be done besides at the same target for the gain: a repair beside longer hours.
    """

    gap_rank: int
    kind: ActionKind
    target: str | None
    detail: tuple[str, ...]
    gain: float | None
    needs: tuple[ActionKind, ...] = ()


@dataclass(frozen=True)
class _Option:
    """One way to answer a cause: at which slots each station could change it, and what that takes first."""

    cause: str
    kind: ActionKind
    changes: Bools


def improvements(gaps: Gaps, found: Situation, candidates: tuple[Candidate, ...] = ()) -> tuple[Action, ...]:
    """Return what to do for every gap, gap by gap in rank order, cheapest action first.

    Of each cause the station that could serve most of it is named, ties by id. What no station can answer is
    left to a partner site at the candidate nearest to the gap's centre, if within reach, else to a new one.
    """
    slots, in_period = distinct_slots(found.states)
    found = replace(found, states=found.states[:, slots])
    times = station_times(found.stations, found.states, found.standard.amenities)
    around = _Around.of(gaps, found, times, in_period)
    options, there = _options(found, times), _There.of(found)
    unsigned = [
        _unsigned(row.on_map, row.sign_outside) if row.status in SERVING_STATUSES else ()
        for row in found.stations.itertuples()
    ]
    hosts = _hosts(gaps, found, candidates)
    actions: list[Action] = []
    for number, causes in enumerate(gaps.by_cause.tolist()):
        rank, by_cause = number + 1, dict(zip(CAUSES, causes, strict=True))
        chosen = around.answers(number, by_cause, options)
        answered = {option.cause for option, *_ in chosen}
        left = sum(amount for cause, amount in by_cause.items() if cause not in answered)
        todo = [action for answer in chosen for action in _actions(rank, *answer, there)]
        todo += [
            Action(rank, "map_and_sign", around.ids[row], unsigned[row], None)
            for row in around.stations(number)
            if unsigned[row]
        ]
        if left > 0:
            todo.append(Action(rank, "partner" if hosts[number] else "build", hosts[number], (), left))
        actions += sorted(_once(todo), key=lambda action: ACTION_ORDER.index(action.kind))
    return tuple(actions)


def _options(found: Situation, times: StationTimes) -> list[_Option]:
    """Return the ways to answer each cause, the preferred first."""
    has, could = times.available[:, None], times.possible[:, None]
    status = found.stations["status"]
    serving = status.isin(SERVING_STATUSES).to_numpy(dtype=bool)[:, None]
    shut = serving & (found.states == 0)
    present = times.present[:, None]
    reopened, unsure = present & ~serving & (found.states == 1), present & (found.states == -1)
    # whoever has all that is asked for comes before whoever lacks some of it
    return [
        _Option("unknown", "verify", times.maybe & could & ~(times.open & has)),
        *(
            _Option("closed", kind, changes & fit)
            for fit in (has, ~has)
            for kind, changes in _hours_ways(shut, reopened, unsure)
        ),
        _Option("lacks_service", "equip", times.open & ~could),
    ]


def _hours_ways(shut: Bools, reopened: Bools, unsure: Bools) -> tuple[tuple[ActionKind, Bools], ...]:
    """Return the ways to answer ``closed``; where the hours of a station are unknown they come first."""
    return (("extend_hours", shut), ("reopen", reopened), ("verify", unsure))


@dataclass(frozen=True)
class _There:
    """What actions are made from of each station, in the order of the situation's."""

    ids: list[str]
    status: list[str]
    held: list[dict[str, Amenity]]
    hours_unknown: list[bool]
    amenities: tuple[str, ...]

    @classmethod
    def of(cls, found: Situation) -> _There:
        stations = found.stations
        held = zip(stations["amenities"], stations["services"], strict=True)
        return cls(
            ids=stations["id"].tolist(),
            status=stations["status"].tolist(),
            held=[{**amenities, **services} for amenities, services in held],
            hours_unknown=(found.states == -1).any(axis=1).tolist(),
            amenities=found.standard.amenities,
        )

    def asked(self, row: int, state: Availability) -> tuple[str, ...]:
        """Return what is asked for and in that state at a station."""
        return tuple(name for name in self.amenities if availability(name, self.held[row]) == state)


@dataclass(frozen=True)
class _Around:
    """Which stations each gap's cells reach: entry by entry, the entries of one gap side by side."""

    ids: list[str]
    by_id: Rows
    weights: Floats
    reach: csr_array
    times: StationTimes
    in_period: npt.NDArray[np.float32]
    cells: Rows
    cell: Rows
    station: Rows
    bounds: Rows

    @classmethod
    def of(
        cls,
        gaps: Gaps,
        found: Situation,
        times: StationTimes,
        in_period: npt.NDArray[np.float32],
    ) -> _Around:
        rows = gaps.rows
        reach = found.reach[rows]
        ids = found.stations["id"].tolist()
        ends = np.cumsum([0, *(len(area.cells) for area in gaps.areas)])
        return cls(
            ids=ids,
            by_id=np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp),
            weights=found.weights[rows],
            reach=csr_array((np.ones(reach.nnz, np.float32), reach.indices, reach.indptr), reach.shape),
            times=times,
            in_period=in_period,
            cells=np.asarray(ends, dtype=np.intp),
            cell=np.repeat(np.arange(len(rows)), np.diff(reach.indptr)),
            station=reach.indices.astype(np.intp),
            bounds=reach.indptr[ends].astype(np.intp),
        )

    def stations(self, gap: int) -> Rows:
        """Return the stations in reach of any cell of the gap, ordered by id."""
        if self.bounds[gap] == self.bounds[gap + 1]:
            return self.by_id[:0]
        near = np.zeros(len(self.ids), dtype=bool)
        near[self.station[self.bounds[gap] : self.bounds[gap + 1]]] = True
        return self.by_id[near[self.by_id]]

    def answers(
        self, number: int, by_cause: dict[str, float], options: list[_Option]
    ) -> list[tuple[_Option, int, Floats]]:
        """Return per cause the first option any station can take: with the best station and its gains."""
        taken: dict[str, tuple[_Option, int, Floats]] = {}
        if self.bounds[number] == self.bounds[number + 1]:
            return []
        cells = slice(self.cells[number], self.cells[number + 1])
        causes = slot_states(self.reach[cells], self.times)[-len(CAUSES) :]
        for option in options:
            if option.cause in taken or by_cause[option.cause] <= 0:
                continue
            best = self._best(number, option, causes[CAUSES.index(option.cause)])
            if best is not None:
                taken[option.cause] = (option, *best)
        return list(taken.values())

    def _best(self, gap: int, option: _Option, blocked: Bools) -> tuple[int, Floats] | None:
        """Return the station of most gain and its gains per period; None where no station gains."""
        span = slice(self.bounds[gap], self.bounds[gap + 1])
        able = np.asarray(option.changes.any(axis=1))[self.station[span]]
        if not able.any():
            return None
        cell, station = self.cell[span][able], self.station[span][able]
        marked = np.logical_and(blocked[cell - self.cells[gap]], option.changes[station])
        changed = slot_shares(marked, self.in_period)
        gains = self.weights[cell] * changed
        total = np.bincount(station, gains.sum(axis=(1, 2)), minlength=len(self.ids))[self.by_id]
        if total.max() <= 0:
            return None
        best = int(self.by_id[int(np.argmax(total >= total.max() * (1 - 1e-12)))])
        return best, np.asarray(gains[station == best].sum(axis=0))


def _actions(rank: int, option: _Option, row: int, gains: Floats, there: _There) -> list[Action]:
    """Return what has to be done at one station to answer one cause: the first gains, with all the others."""
    todo = _todo(option, row, gains, there)
    target, gain = there.ids[row], float(gains.sum())
    needs = tuple(kind for kind, _ in todo[1:])
    (kind, detail), *others = todo
    return [
        Action(rank, kind, target, detail, gain, needs),
        *(Action(rank, kind, target, detail, None) for kind, detail in others),
    ]


def _todo(
    option: _Option, row: int, gains: Floats, there: _There
) -> list[tuple[ActionKind, tuple[str, ...]]]:
    """Return the kinds and details of these actions; the one that is promised to gain comes first."""
    unsure = ("hours",) if option.kind == "verify" and there.hours_unknown[row] else ()
    missing, unknown = there.asked(row, "missing"), (*unsure, *there.asked(row, "unknown"))
    todo: list[tuple[ActionKind, tuple[str, ...]]] = []
    if option.cause == "closed" and option.kind != "verify":
        todo.append((option.kind, _worst(gains)))
    if unknown:
        todo.append(("verify", unknown))
    if there.status[row] not in SERVING_STATUSES and option.kind == "verify":
        todo.append(("reopen", _worst(gains)))
    if missing:
        held = there.held[row]
        broken = all(any(_is_broken(held.get(code)) for code in _members(name)) for name in missing)
        todo.append(("repair" if broken else "equip", missing))
    return todo


def _once(actions: list[Action]) -> list[Action]:
    """Drop what is needed besides another action where one with a gain of its own holds it already."""
    gaining = [action for action in actions if action.gain is not None]

    def held(action: Action) -> bool:
        same = [g for g in gaining if (g.kind, g.target) == (action.kind, action.target)]
        return any(set(action.detail) <= set(g.detail) for g in same)

    return [action for action in actions if action.gain is not None or not held(action)]


def _members(name: str) -> tuple[str, ...]:
    return AMENITY_GROUPS[name].members if name in AMENITY_GROUPS else (name,)


def _is_broken(entry: Amenity | None) -> bool:
    return entry is not None and entry.value == "broken"


def _worst(gains: Floats) -> tuple[str, ...]:
    """Return the windows most is gained in; none at one instant, whose gains have one period."""
    if gains.size == 1:
        return ()
    order = np.argsort(-gains, axis=None, kind="stable")[:WORST_WINDOWS]
    return tuple(
        f"{WINDOW_CODES[place // len(DAY_TYPES)]}/{DAY_TYPES[place % len(DAY_TYPES)]}"
        for place in order.tolist()
        if gains.flat[place] > 0
    )


def _unsigned(on_map: OnMap, sign_outside: str) -> tuple[str, ...]:
    """Return what is known to be wanting: a map listing (looked for, none found), a sign outside.

    A listing without id but with a date was looked for in vain; no listing at all is unknown, not unlisted.
    """
    entries = [entry for entry in (on_map.amap, on_map.baidu, on_map.tencent) if entry is not None]
    unlisted = not any(entry.id for entry in entries) and any(entry.checked_on for entry in entries)
    return (*(("map",) if unlisted else ()), *(("sign",) if sign_outside == "no" else ()))


def _hosts(gaps: Gaps, found: Situation, candidates: tuple[Candidate, ...]) -> list[str | None]:
    """Return for each gap the candidate host nearest to its centre, None where none is within reach."""
    able = [place for place in candidates if place.kind in PARTNER_KINDS]
    if not able or not gaps:
        return [None] * len(gaps)
    standard = found.standard
    limit_m = standard.radius_m or reach_m(standard.minutes or 0.0, standard.mode)
    hosts = [place.name for place in able]
    index = StationIndex([place.lon for place in able], [place.lat for place in able], hosts)
    rows, _ = index.nearest_many(gaps.lon, gaps.lat, k=1, max_distance_m=limit_m)
    return [hosts[row] if row >= 0 else None for row in rows[:, 0]]
