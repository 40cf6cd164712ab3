"""The amenity catalogue and the one rule for what counts as available.

The catalogue is data (``data/amenities.csv``): code, Chinese and English name, kind (``amenity`` or
``service``), level (N national, X required in Xi'an, E extended, S service), group, OpenStreetMap tag.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from geo.data_files import data_path
from geo.errors import InvalidParameterError

TOILET_NEARBY_LIMIT_M = 300.0
"""A toilet ``nearby`` counts as available up to this walking distance (inclusive)."""

Availability = Literal["available", "missing", "unknown"]


@dataclass(frozen=True)
class AmenityKind:
    """One line of the catalogue."""

    code: str
    zh: str
    en: str
    kind: Literal["amenity", "service"]
    level: str
    group: str | None
    osm_tag: str | None


@dataclass(frozen=True)
class AmenityGroup:
    """A need a worker asks for: any of its codes meets it."""

    code: str
    zh: str
    en: str
    members: tuple[str, ...]


class AmenityState(Protocol):
    """What availability needs to know of a station's amenity entry."""

    @property
    def value(self) -> str: ...
    @property
    def distance_m(self) -> float | None: ...


GROUPS: dict[str, AmenityGroup] = {
    group.code: group
    for group in (
        AmenityGroup("water", "喝水", "Water", ("water_hot", "water_cool")),
        AmenityGroup("hot_meal", "热饭", "Heat food", ("microwave",)),
        AmenityGroup("rest", "歇脚", "Rest", ("seat", "nap")),
        AmenityGroup("toilet", "上厕所", "Toilet", ("toilet",)),
        AmenityGroup("charging", "充电", "Charging", ("charge_phone", "power_bank")),
        AmenityGroup("climate", "纳凉取暖", "Cool or warm", ("cooling", "heating")),
        AmenityGroup("baby", "母婴", "Nursing room", ("nursing_room",)),
    )
}
"""The seven groups, usable wherever amenities are asked for."""


@lru_cache(maxsize=1)
def catalogue() -> dict[str, AmenityKind]:
    """Return the catalogue by code, in the order of the file."""
    with data_path("amenities.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: AmenityKind(
                code=row["code"],
                zh=row["zh"],
                en=row["en"],
                kind="service" if row["kind"] == "service" else "amenity",
                level=row["level"],
                group=row["group"] or None,
                osm_tag=row["osm_tag"] or None,
            )
            for row in csv.DictReader(file)
        }


def amenity_codes() -> tuple[str, ...]:
    """Codes that stand in a station's ``amenities``."""
    return tuple(code for code, kind in catalogue().items() if kind.kind == "amenity")


def service_codes() -> tuple[str, ...]:
    """Codes that stand in a station's ``services``."""
    return tuple(code for code, kind in catalogue().items() if kind.kind == "service")


def parse_asked(text: str | Iterable[str]) -> tuple[str, ...]:
    """Return the amenity codes or groups asked for, in order, without repeats.

    Raises:
        InvalidParameterError: a name is neither a code of the catalogue nor a group.

    >>> parse_asked("water, toilet,water")
    ('water', 'toilet')
    >>> parse_asked("")
    ()
    """
    names = text.split(",") if isinstance(text, str) else list(text)
    cleaned = dict.fromkeys(name.strip() for name in names if name.strip())
    known = catalogue()
    for name in cleaned:
        if name not in known and name not in GROUPS:
            raise InvalidParameterError("amenities", name, "not an amenity code or group")
    return tuple(cleaned)


def fitting_words(asked: str) -> tuple[str, str]:
    """Return what to install for a code or group, in Chinese and English: any one of its codes does.

    >>> fitting_words("hot_meal"), fitting_words("water")[0]
    (('微波炉', 'Microwave'), '热水或常温水')
    """
    codes = GROUPS[asked].members if asked in GROUPS else (asked,)
    kinds = [catalogue()[code] for code in codes]
    return "或".join(kind.zh for kind in kinds), " or ".join(kind.en for kind in kinds)


def code_availability(code: str, state: AmenityState | None) -> Availability:
    """Say whether one code counts as available at a station.

    ``yes`` and ``limited`` count; a toilet also when ``nearby`` within 300 m. A code the register does
    not state, and a nearby toilet of unstated distance, are unknown: never a yes, never a no.
    """
    if state is None or state.value == "unknown":
        return "unknown"
    if state.value in ("yes", "limited"):
        return "available"
    if code == "toilet" and state.value == "nearby":
        if state.distance_m is None:
            return "unknown"
        return "available" if state.distance_m <= TOILET_NEARBY_LIMIT_M else "missing"
    return "missing"


def availability(asked: str, states: Mapping[str, AmenityState]) -> Availability:
    """Say whether a code or a group (any of its codes) counts as available.

    >>> availability("water", {})
    'unknown'
    """
    members = GROUPS[asked].members if asked in GROUPS else (asked,)
    found = {code_availability(code, states.get(code)) for code in members}
    if "available" in found:
        return "available"
    return "unknown" if "unknown" in found else "missing"


def all_available(asked: Iterable[str], states: Mapping[str, AmenityState]) -> Availability:
    """Say whether everything asked for is available; a missing one outweighs an unknown one."""
    found = {availability(name, states) for name in asked}
    if "missing" in found:
        return "missing"
    return "unknown" if "unknown" in found else "available"
