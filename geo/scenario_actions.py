"""What was found to be done, as a change of a scenario: what a gap's card adds to the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import geopandas as gpd

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.gap_details import Gap
from geo.improvement import Action
from geo.scenario import NewSite, Scenario
from geo.time_windows import WINDOWS


def with_action(
    plan: Scenario,
    action: Action,
    gap: Gap,
    stations: gpd.GeoDataFrame,
    places: Mapping[str, tuple[float, float]],
) -> Scenario | None:
    """Return the scenario with an action done; None where it changes nothing a scenario can tell.

    Longer hours are the station's own and the windows named; a site is open round the clock and stands at
    its place (name to lon, lat), else at the gap's centre. What is to be done at a site of the scenario
    itself is left to whoever drew it.
    """
    target = action.target or ""
    if target in plan.site_ids:
        return None
    match action.kind:
        case "extend_hours":
            own = dict(zip(stations["id"], stations["hours"], strict=True)).get(target)
            return plan.with_hours(target, longer_hours(own, action.detail))
        case "repair" | "equip":
            held = dict(plan.equipped).get(target, ())
            added = [code for name in action.detail for code in _codes(name)]
            return plan.with_equipped(target, tuple(dict.fromkeys((*held, *added))))
        case "partner" | "build":
            lon, lat = places.get(target, (gap.lon, gap.lat))
            return plan.with_site(NewSite(target or gap.place or "", round(lon, 6), round(lat, 6)))
    return None


def longer_hours(hours: str | None, windows: tuple[str, ...]) -> str:
    """Return opening hours with the windows (``T3/weekday``) besides.

    >>> longer_hours("Mo-Fr 08:00-11:00", ("T3/weekday", "T3/weekend"))
    'Mo-Fr 08:00-11:00, Mo-Fr 11:00-14:30, Sa,Su 11:00-14:30'
    """
    named = sorted({tuple(one.split("/", 1)[::-1]) for one in windows})
    rules = [
        f"{'Sa,Su' if day == 'weekend' else 'Mo-Fr'} " + ",".join(WINDOWS[code].label for _, code in some)
        for day, some in groupby(named, key=lambda one: one[0])
    ]
    return ", ".join(([hours] if hours else []) + rules)


def _codes(name: str) -> tuple[str, ...]:
    """Return an amenity's code, or the first of a group's: one is enough to have it."""
    group = AMENITY_GROUPS.get(name)
    return (group.members[0],) if group else (name,)
