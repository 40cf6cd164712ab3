"""Rows that may be one station twice: the same code, or near each other and alike by name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from geo.io.matching import normal
from geo.nearest import StationIndex
from geo.stations import Station

NEAR_M = 150.0
ALIKE = 0.6
MAX_LISTED = 1000

_EVERYDAY = re.compile(
    r"\s|\([^)]*\)|工会|户外|劳动者|爱心|暖心|服务|驿站|站点|驿家|职工|之家|西安市?|灞桥区?|示例站\d*|附近"
)


@dataclass(frozen=True)
class DuplicatePair:
    """Two stations someone should look at; ``distance_m`` is None where one has no location.

    ``row`` and ``other_row`` are rows of the file; ``other_row`` is None for a station of the register.
    """

    reason: str
    station_id: str
    name: str
    row: int | None
    other_id: str
    other_name: str
    other_row: int | None
    distance_m: float | None
    similarity: float


def name_core(name: str) -> str:
    """Return what tells one station's name from another's.

    >>> name_core("灞桥区纺织公园工会爱心驿站（东门）")
    '纺织公园'
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _EVERYDAY.sub("", plain) or plain


def similarity(name: str, other: str) -> float:
    """Return how alike two names are, 0 to 1; one core inside the other counts as 0.9.

    >>> similarity("纺织公园爱心驿站", "纺织公园工会驿站")
    1.0
    """
    first, second = name_core(name), name_core(other)
    if first == second:
        return 1.0
    if min(len(first), len(second)) >= 2 and (first in second or second in first):
        return 0.9
    return round(SequenceMatcher(None, first, second, autojunk=False).ratio(), 2)


def alike_pairs(
    added: Sequence[Station], rows: Mapping[str, int], kept: Iterable[Station]
) -> list[DuplicatePair]:
    """Return pairs of a new station and another (new or kept) that may be the same, at most 1,000.

    Near (150 m) and alike by name (0.6); or the same core of the name where one of them has no location.
    """
    everyone = [*added, *kept]
    pairs = {(one.id, two.id): metres for one, two, metres in _near(added, everyone)}
    pairs |= {(one.id, two.id): None for one, two in _same_core(added, everyone)}
    by_id = {station.id: station for station in everyone}
    new = {station.id for station in added}
    found: list[DuplicatePair] = []
    for (one, two), metres in sorted(pairs.items(), key=lambda pair: pair[0]):
        if two in new and two < one:  # both new: listed once
            continue
        likeness = similarity(by_id[one].name, by_id[two].name)
        if likeness < ALIKE:
            continue
        reason = "same name, one without location" if metres is None else "near and alike by name"
        pair = DuplicatePair(
            reason, one, by_id[one].name, rows.get(one), two, by_id[two].name, rows.get(two), metres, likeness
        )
        found.append(pair)
        if len(found) >= MAX_LISTED:
            break
    return found


def likely_successors(
    retired: Sequence[Station], added: Sequence[Station]
) -> list[tuple[Station, Station, str]]:
    """Return (retired station, new one, why) where the new one may be the retired one under a mistyped code.

    Why: "N m apart" (150 m), "same address" or "codes alike" (one character more, less, other or elsewhere);
    for each retired station the first of these that holds.
    """
    places = [(station, station.location) for station in added if station.location is not None]
    lon, lat = [point.lon for _, point in places], [point.lat for _, point in places]
    index = StationIndex(lon, lat, [station.id for station, _ in places])
    by_id = {station.id: station for station in added}
    by_address = {normal(station.address): station for station in added if station.address}
    by_code = {slip: station for station in added for slip in _slips(station.id)}
    found: list[tuple[Station, Station, str]] = []
    for old in retired:
        near = index.within(*old.location, NEAR_M) if old.location is not None else []
        same = by_address.get(normal(old.address or ""))
        alike = next((by_code[slip] for slip in _slips(old.id) if slip in by_code), None)
        if near:
            name, metres = near[0]
            found.append((old, by_id[name], f"{metres:.0f} m apart"))
        elif same is not None:
            found.append((old, same, "same address"))
        elif alike is not None:
            found.append((old, alike, "codes alike"))
    return found


def _slips(code: str) -> list[str]:
    """Return a code's forms with a character left out: two codes one slip of typing apart share one."""
    plain = normal(code)
    return [plain, *(plain[:place] + plain[place + 1 :] for place in range(len(plain)))]


def _near(
    added: Sequence[Station], everyone: Sequence[Station]
) -> Iterator[tuple[Station, Station, float | None]]:
    located = [(station, station.location) for station in everyone if station.location is not None]
    lon, lat = [point.lon for _, point in located], [point.lat for _, point in located]
    index = StationIndex(lon, lat, [station.id for station, _ in located])
    by_id = {station.id: station for station, _ in located}
    for station in added:
        if station.location is not None:
            for other, metres in index.within(*station.location, NEAR_M):
                if other != station.id:
                    yield station, by_id[other], round(metres, 1)


def _same_core(added: Sequence[Station], everyone: Sequence[Station]) -> Iterator[tuple[Station, Station]]:
    by_core: dict[str, list[Station]] = defaultdict(list)
    for station in everyone:
        by_core[name_core(station.name)].append(station)
    for station in added:
        for other in by_core[name_core(station.name)][:MAX_LISTED]:
            if other.id != station.id and (station.location is None or other.location is None):
                yield station, other
