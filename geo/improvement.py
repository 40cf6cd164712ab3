"""What to do about each gap, cheapest first: the action that follows from its cause.

Order everywhere: verify, extend hours (or reopen), repair or equip, put on the map and sign, partner, build.
The causes of a gap share out its unserved demand, and each action answers one cause (a site also those that
no station can answer), so gains add up without counting anyone twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.amenities import Availability, availability
from geo.coverage import (
    CAUSES,
    DAY_TYPES,
    WINDOW_CODES,
    Bools,
    Floats,
    Situation,
    slot_shares,
    station_times,
)
from geo.gap_details import Gap
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
        gain: what it could serve at most, in the unit of the gap: over the cells in the target's reach and
            each period, demand x the lesser of the share unserved for the cause and the share of time in
            which the target could change it. None where it serves nobody by itself: a sign, or a repair that
            only helps together with longer hours.
    """

    gap_rank: int
    kind: ActionKind
    target: str | None
    detail: tuple[str, ...]
    gain: float | None


@dataclass(frozen=True)
class _Option:
    """One way to answer a cause: what share of each period each station could change."""

    cause: str
    kind: ActionKind
    share: Floats
    fits: bool = True
    """False where the station lacks something asked for besides, which has to be put right too."""


def improvements(
    gaps: tuple[Gap, ...], found: Situation, candidates: tuple[Candidate, ...] = ()
) -> tuple[Action, ...]:
    """Return what to do for every gap, gap by gap in rank order, cheapest action first.

    Of each cause the station that could serve most of it is named, ties by id. What no station can answer is
    left to a partner site at the candidate nearest to the gap's centre, if within reach, else to a new one.
    """
    around = _Around.of(gaps, found)
    options = _options(found)
    unsigned = [
        _unsigned(row.on_map, row.sign_outside) if row.status in SERVING_STATUSES else ()
        for row in found.stations.itertuples()
    ]
    hosts = _hosts(gaps, found, candidates)
    actions: list[Action] = []
    for number, gap in enumerate(gaps):
        chosen = around.answers(number, gap, options)
        left = sum(
            amount
            for cause, amount in gap.by_cause.items()
            if cause not in {option.cause for option, *_ in chosen}
        )
        todo = [action for answer in chosen for action in _actions(gap, *answer, found)]
        todo += [
            Action(gap.rank, "map_and_sign", around.ids[row], unsigned[row], None)
            for row in around.stations(number)
            if unsigned[row]
        ]
        if left > 0:
            todo.append(Action(gap.rank, "partner" if hosts[number] else "build", hosts[number], (), left))
        actions += sorted(_once(todo), key=lambda action: ACTION_ORDER.index(action.kind))
    return tuple(actions)


def _options(found: Situation) -> list[_Option]:
    """Return the ways to answer each cause, the preferred first."""
    times = station_times(found.stations, found.states, found.standard.amenities)
    has, could = times.available[:, None], times.possible[:, None]
    status = found.stations["status"]
    serving = status.isin(SERVING_STATUSES).to_numpy(dtype=bool)[:, None]
    shut = serving & (found.states == 0)
    paused = times.present[:, None] & ~serving & (found.states != 0)
    ways: tuple[tuple[str, ActionKind, Bools, bool], ...] = (
        ("unknown", "verify", times.maybe & could & ~(times.open & has), True),
        ("closed", "extend_hours", shut & has, True),
        ("closed", "reopen", paused & has, True),
        ("closed", "extend_hours", shut & ~has, False),
        ("closed", "reopen", paused & ~has, False),
        ("lacks_service", "equip", times.open & ~could, True),
    )
    return [_Option(cause, kind, slot_shares(marked), fits) for cause, kind, marked, fits in ways]


@dataclass(frozen=True)
class _Around:
    """Which stations each gap's cells reach: entry by entry, the entries of one gap side by side."""

    ids: list[str]
    by_id: Rows
    weights: Floats
    causes: Floats
    cell: Rows
    station: Rows
    bounds: Rows

    @classmethod
    def of(cls, gaps: tuple[Gap, ...], found: Situation) -> _Around:
        row_of = {cell: row for row, cell in enumerate(found.demand.cells["cell"])}
        rows = np.array([row_of[cell] for gap in gaps for cell in gap.area.cells], dtype=np.intp)
        reach = found.reach[rows]
        ids = found.stations["id"].tolist()
        ends = np.cumsum([0, *(len(gap.area.cells) for gap in gaps)])
        return cls(
            ids=ids,
            by_id=np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp),
            weights=found.weights[rows],
            causes=found.shares.causes[:, rows],
            cell=np.repeat(np.arange(len(rows)), np.diff(reach.indptr)),
            station=reach.indices.astype(np.intp),
            bounds=reach.indptr[ends].astype(np.intp),
        )

    def stations(self, gap: int) -> Rows:
        """Return the stations in reach of any cell of the gap, ordered by id."""
        near = np.zeros(len(self.ids), dtype=bool)
        near[self.station[self.bounds[gap] : self.bounds[gap + 1]]] = True
        return self.by_id[near[self.by_id]]

    def answers(self, number: int, gap: Gap, options: list[_Option]) -> list[tuple[_Option, int, Floats]]:
        """Return per cause the first option any station can take: with the best station and its gains."""
        taken: dict[str, tuple[_Option, int, Floats]] = {}
        for option in options:
            if option.cause in taken or gap.by_cause[option.cause] <= 0:
                continue
            best = self._best(number, option)
            if best is not None:
                taken[option.cause] = (option, *best)
        return list(taken.values())

    def _best(self, gap: int, option: _Option) -> tuple[int, Floats] | None:
        """Return the station of most gain and its gains per period; None where no station gains."""
        span = slice(self.bounds[gap], self.bounds[gap + 1])
        cell, station = self.cell[span], self.station[span]
        blocked = self.causes[CAUSES.index(option.cause)][cell]
        gains = self.weights[cell] * np.minimum(blocked, option.share[station])
        total = np.bincount(station, gains.sum(axis=(1, 2)), minlength=len(self.ids))[self.by_id]
        if not total.size or total.max() <= 0:
            return None
        best = int(self.by_id[int(np.argmax(total >= total.max() * (1 - 1e-12)))])
        return best, np.asarray(gains[station == best].sum(axis=0))


def _actions(gap: Gap, option: _Option, row: int, gains: Floats, found: Situation) -> list[Action]:
    """Return what has to be done at one station to answer one cause."""
    gain, target = float(gains.sum()), str(found.stations["id"].iloc[row])
    if option.cause == "closed":
        hours = Action(gap.rank, option.kind, target, _worst(gains), gain)
        return [hours] if option.fits else [hours, *_put_right(gap, row, found, None)]
    if option.kind == "verify":
        unsure = ("hours",) if bool((found.states[row] == -1).any()) else ()
        return [Action(gap.rank, "verify", target, (*unsure, *_asked(found, row, "unknown")), gain)]
    return _put_right(gap, row, found, gain)


def _once(actions: list[Action]) -> list[Action]:
    """Drop what is needed besides another action where it already stands with a gain of its own."""
    gaining = {(a.kind, a.target, a.detail) for a in actions if a.gain is not None}
    return [a for a in actions if a.gain is not None or (a.kind, a.target, a.detail) not in gaining]


def _put_right(gap: Gap, row: int, found: Situation, gain: float | None) -> list[Action]:
    """Return the repair or addition a station needs to have all that is asked for, or what to verify."""
    target = str(found.stations["id"].iloc[row])
    missing = _asked(found, row, "missing")
    if not missing:
        return [Action(gap.rank, "verify", target, _asked(found, row, "unknown"), gain)]
    held = _held(found, row)
    repair = all(any(_is_broken(held.get(code)) for code in _members(name)) for name in missing)
    return [Action(gap.rank, "repair" if repair else "equip", target, missing, gain)]


def _asked(found: Situation, row: int, state: Availability) -> tuple[str, ...]:
    held = _held(found, row)
    return tuple(name for name in found.standard.amenities if availability(name, held) == state)


def _held(found: Situation, row: int) -> dict[str, Amenity]:
    station = found.stations.iloc[row]
    return {**station["amenities"], **station["services"]}


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


def _hosts(gaps: tuple[Gap, ...], found: Situation, candidates: tuple[Candidate, ...]) -> list[str | None]:
    """Return for each gap the candidate host nearest to its centre, None where none is within reach."""
    able = [place for place in candidates if place.kind in PARTNER_KINDS]
    if not able or not gaps:
        return [None] * len(gaps)
    standard = found.standard
    limit_m = standard.radius_m or reach_m(standard.minutes or 0.0, standard.mode)
    hosts = [place.name for place in able]
    index = StationIndex([place.lon for place in able], [place.lat for place in able], hosts)
    rows, _ = index.nearest_many(
        [gap.lon for gap in gaps], [gap.lat for gap in gaps], k=1, max_distance_m=limit_m
    )
    return [hosts[row] if row >= 0 else None for row in rows[:, 0]]
