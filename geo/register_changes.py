"""What became of each station from one version of the register to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from geo.stations import FIELD_NAMES, Station

_COMPARED = (*(name for name in FIELD_NAMES if name not in ("version", "updated_at")), "location")


@dataclass(frozen=True)
class StationChange:
    """One station that is new, gone or other; ``fields`` are those that differ."""

    kind: Literal["added", "changed", "removed"]
    station_id: str
    name: str
    fields: tuple[str, ...] = ()


def station_changes(before: Sequence[Station], after: Sequence[Station]) -> tuple[StationChange, ...]:
    """Return what differs between two registers, by id; a station's version and time of writing aside.

    >>> a, b = Station(id="a", name="a"), Station(id="b", name="b")
    >>> [(one.kind, one.name, one.fields) for one in station_changes([a], [Station(id="a", name="c"), b])]
    [('changed', 'c', ('name',)), ('added', 'b', ())]
    """
    old, new = ({one.id: one for one in side} for side in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            found.append(StationChange("added", key, now.name))
        elif now is None and was is not None:
            found.append(StationChange("removed", key, was.name))
        elif was is not None and now is not None:
            fields = tuple(name for name in _COMPARED if getattr(was, name) != getattr(now, name))
            if fields:
                found.append(StationChange("changed", key, now.name, fields))
    return tuple(found)
