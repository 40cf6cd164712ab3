"""What to do about each gap, cheapest first: the action that follows from its cause.

Order everywhere: verify, extend hours (or reopen), equip or repair, put on the map and sign, partner, build.
The causes of a gap share out its unserved demand, and each action answers one cause, so gains add up without
counting anyone twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.amenities import availability
from geo.coverage import CAUSES, Bools, Situation, StationTimes, station_times
from geo.crs import geodesic_distance_m
from geo.gap_details import Gap
from geo.travel import reach_m
from geo.vocabulary import SERVING_STATUSES

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
        detail: the windows or amenities concerned.
        gain: the demand the target has in reach that is unserved for that cause, in the unit of the gap: what
            the action could serve at most. None where it makes service easier to find but serves nobody new.
    """

    gap_rank: int
    kind: ActionKind
    target: str | None
    detail: tuple[str, ...]
    gain: float | None


def improvements(
    gaps: tuple[Gap, ...], found: Situation, candidates: tuple[Candidate, ...] = ()
) -> tuple[Action, ...]:
    """Return what to do for every gap, gap by gap in rank order, cheapest action first."""
    row_of = {cell: row for row, cell in enumerate(found.demand.cells["cell"])}
    times = station_times(found.stations, found.states, found.standard.amenities)
    return tuple(
        action
        for gap in gaps
        for action in sorted(
            _actions(gap, [row_of[cell] for cell in gap.area.cells], found, times, candidates),
            key=lambda action: ACTION_ORDER.index(action.kind),
        )
    )


def _actions(
    gap: Gap, rows: list[int], found: Situation, times: StationTimes, candidates: tuple[Candidate, ...]
) -> list[Action]:
    serving = found.stations["status"].isin(SERVING_STATUSES).to_numpy(dtype=bool)
    windows = tuple(f"{window}/{day}" for window, day, _ in gap.by_window[:3])
    answers: tuple[tuple[str, ActionKind, Bools], ...] = (
        ("unknown", "verify", times.maybe.any(axis=1) & times.possible),
        ("closed", "extend_hours", serving & times.available),
        ("closed", "reopen", times.present & ~serving & times.available),
        ("lacks_service", "equip", times.open.any(axis=1) & ~times.available),
    )
    actions: list[Action] = []
    for cause, kind, allowed in answers:
        target = _best_station(rows, found, cause, allowed)
        if target is None or (kind == "reopen" and actions and actions[-1].kind == "extend_hours"):
            continue
        if kind == "equip":
            actions.append(_equip(gap, *target, found))
        else:
            actions.append(Action(gap.rank, kind, target[0], windows if cause == "closed" else (), target[1]))
    actions += _signs(gap, rows, found, serving)
    if gap.by_cause["nothing_near"] > 0:
        actions.append(_new_site(gap, found, candidates))
    return actions


def _best_station(rows: list[int], found: Situation, cause: str, allowed: Bools) -> tuple[str, float] | None:
    """Return the allowed station in reach of most demand unserved for ``cause``, with that demand.

    Ties go to the lower id; None where no allowed station is in reach of any.
    """
    blocked = (found.weights[rows] * found.shares.causes[CAUSES.index(cause)][rows]).sum(axis=(1, 2))
    reach = found.reach[rows].tocsr()
    # every stored entry is a station in reach, also at zero minutes, so entries are counted, not values
    per_entry = np.repeat(blocked, np.diff(reach.indptr))
    touched = np.where(allowed, np.bincount(reach.indices, per_entry, minlength=reach.shape[1]), 0.0)
    if not len(touched) or touched.max() <= 0:
        return None
    ids = found.stations["id"].to_numpy(dtype=object)
    return str(min(ids[touched >= touched.max() * (1 - 1e-12)])), float(touched.max())


def _equip(gap: Gap, target: str, gain: float, found: Situation) -> Action:
    station = found.stations[found.stations["id"] == target].iloc[0]
    held = {**station["amenities"], **station["services"]}
    missing = tuple(name for name in found.standard.amenities if availability(name, held) == "missing")
    members = {name: AMENITY_GROUPS[name].members if name in AMENITY_GROUPS else (name,) for name in missing}
    all_broken = all(
        any(code in held and held[code].value == "broken" for code in members[name]) for name in missing
    )
    return Action(gap.rank, "repair" if missing and all_broken else "equip", target, missing, gain)


def _signs(gap: Gap, rows: list[int], found: Situation, serving: Bools) -> list[Action]:
    """Return a map-and-sign action for each serving station in reach that has no listing or no sign."""
    touched = np.unique(found.reach[rows].tocsr().indices)
    actions = []
    for number in touched[serving[touched]]:
        station = found.stations.iloc[int(number)]
        listed = any(getattr(station["on_map"], name) for name in ("amap", "baidu", "tencent"))
        lacks = tuple(
            part
            for part, missing in (("map", not listed), ("sign", station["sign_outside"] == "no"))
            if missing
        )
        if lacks:
            actions.append(Action(gap.rank, "map_and_sign", str(station["id"]), lacks, None))
    return actions


def _new_site(gap: Gap, found: Situation, candidates: tuple[Candidate, ...]) -> Action:
    """Return a partner site at the nearest candidate within reach of the area's centre, else a new site."""
    gain = gap.by_cause["nothing_near"]
    hosts = [place for place in candidates if place.kind in PARTNER_KINDS]
    if hosts:
        metres = geodesic_distance_m(
            gap.lon, gap.lat, np.array([h.lon for h in hosts]), np.array([h.lat for h in hosts])
        )
        best = int(np.argmin(metres))
        if metres[best] <= _reach_limit_m(found):
            return Action(gap.rank, "partner", hosts[best].name, (), gain)
    return Action(gap.rank, "build", None, (), gain)


def _reach_limit_m(found: Situation) -> float:
    standard = found.standard
    if standard.radius_m is not None:
        return standard.radius_m
    return reach_m(standard.minutes or 0.0, standard.mode)
