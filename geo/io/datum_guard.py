"""The datum guard: does the declared datum fit what is known of the places in the file?

A GCJ-02 point read as WGS-84 lands here about 464 m east and 148 m south: near enough to pass unseen, far
enough to send a worker to a wrong street.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely

from geo.areas import Areas
from geo.crs import Datum, convert_datum, geodesic_distance_m
from geo.data_files import data_path
from geo.geojson import FeatureReader
from geo.io.matching import Match, normal
from geo.io.rows import ParsedRow
from geo.stations import LonLat, Station

MIN_EVIDENCE = 3
THIRD = 1 / 3
LEAVE_SHARE, FIT_SHARE = 0.20, 0.05
_PRECISE_PLACE = "500-1000 m"  # seats of streets are too vague to tell datums apart
_MIN_PLACE_NAME = 3
_TRUSTED = ("survey", "source")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KnownPlace:
    """A public place by name; WGS-84."""

    name: str
    location: LonLat


@dataclass(frozen=True)
class GuardResult:
    """What the guard found.

    ``verdict`` is ``fits``, ``contradicted`` (then ``likelier`` names the datum), ``unchecked`` (too little
    evidence) or ``no_locations``. ``median_m`` is the median distance by datum over ``evidence`` rows,
    ``outside`` the share of rows outside the district by datum.
    """

    verdict: str
    declared: str
    evidence: int = 0
    likelier: str | None = None
    median_m: dict[str, float] | None = None
    outside: dict[str, float] | None = None

    def message(self) -> str:
        """Return the verdict in one line."""
        if self.verdict == "contradicted":
            figures = []
            if self.evidence >= MIN_EVIDENCE and self.median_m:
                shown = ", ".join(f"{name} {metres:.0f} m" for name, metres in self.median_m.items())
                figures.append(f"median distance of {self.evidence} known places: {shown}")
            if self.outside:
                shown = ", ".join(f"{name} {share:.0%}" for name, share in self.outside.items())
                figures.append(f"rows outside the district: {shown}")
            return f"the coordinates look like {self.likelier}, not {self.declared} ({'; '.join(figures)})"
        if self.verdict == "unchecked":
            return (
                f"the datum can't be checked: {self.evidence} rows match a located station or a known place, "
                f"{MIN_EVIDENCE} are needed; --force takes {self.declared} at its word"
            )
        if self.verdict == "no_locations":
            return "no row has coordinates; there is no datum to check"
        return f"the coordinates fit {self.declared}"


def check_datum(
    rows: Sequence[ParsedRow],
    matches: dict[int, Match],
    declared: Datum,
    areas: Areas,
    places: Sequence[KnownPlace],
) -> GuardResult:
    """Compare the rows' points, read in each datum, with what is known of them.

    Evidence are rows whose id, or name and address, match a located station (location by survey or source) or
    a known place. Contradicted: at least 3 match and another datum's median distance is under a third of the
    declared one's; or over 20 % of the rows leave the district as declared and under 5 % as another.
    """
    located = [row for row in rows if isinstance(row.point, tuple)]
    if not located:
        return GuardResult("no_locations", declared.value)
    points = np.array([row.point for row in located], dtype=float)
    read_as = {datum: _wgs84(points, datum) for datum in Datum}
    by_name = {normal(place.name): place for place in places}
    named = re.compile("|".join(sorted(map(re.escape, by_name), key=len, reverse=True)) or "(?!)")
    known = [_known(row, matches.get(row.number), named, by_name) for row in located]
    sure = [index for index, place in enumerate(known) if place is not None]
    medians = _medians(read_as, sure, [known[index] for index in sure])
    outside = _outside(read_as, areas)
    likelier = None
    others = [datum for datum in Datum if datum is not declared]
    if len(sure) >= MIN_EVIDENCE:
        best = min(others, key=medians.__getitem__)
        if medians[best] < medians[declared] * THIRD:
            likelier = best
    if likelier is None and outside[declared] > LEAVE_SHARE:
        best = min(others, key=outside.__getitem__)
        likelier = best if outside[best] < FIT_SHARE else None
    verdict = "contradicted" if likelier else "fits" if len(sure) >= MIN_EVIDENCE else "unchecked"
    return GuardResult(
        verdict,
        declared.value,
        len(sure),
        likelier.value if likelier else None,
        {datum.value: round(metres, 1) for datum, metres in medians.items()} if sure else None,
        {datum.value: round(share, 3) for datum, share in outside.items()},
    )


@lru_cache(maxsize=1)
def shipped_places() -> tuple[KnownPlace, ...]:
    """Return the known places shipped with the product that are located to 300 m or better."""
    places = []
    for _, feature in FeatureReader(data_path("places.geojson")):
        properties = feature["properties"]
        if properties["precision"] != _PRECISE_PLACE and len(properties["name"]) >= _MIN_PLACE_NAME:
            places.append(KnownPlace(properties["name"], LonLat(*feature["geometry"]["coordinates"])))
    return tuple(places)


def _wgs84(points: Floats, datum: Datum) -> Floats:
    converted = convert_datum(shapely.points(points), datum, Datum.WGS84)
    return np.column_stack([shapely.get_x(converted), shapely.get_y(converted)])


def _known(
    row: ParsedRow, match: Match | None, named: re.Pattern[str], places: Mapping[str, KnownPlace]
) -> LonLat | None:
    """Return where the row's station is known to be; of several places named, the longest name counts."""
    station: Station | None = match.station if match else None
    if station is not None and station.location is not None and station.provenance.location in _TRUSTED:
        return station.location
    texts = [normal(text) for name in ("landmark", "name", "address") if (text := row.text(name))]
    found = [name for text in texts for name in named.findall(text)]
    return places[max(found, key=len)].location if found else None


def _medians(read_as: dict[Datum, Floats], sure: list[int], known: list[LonLat | None]) -> dict[Datum, float]:
    if not sure:
        return dict.fromkeys(read_as, float("nan"))
    target = np.array([place for place in known if place is not None], dtype=float)
    return {
        datum: float(
            np.median(geodesic_distance_m(points[sure, 0], points[sure, 1], target[:, 0], target[:, 1]))
        )
        for datum, points in read_as.items()
    }


def _outside(read_as: dict[Datum, Floats], areas: Areas) -> dict[Datum, float]:
    district = areas.district.geometry
    shapely.prepare(district)
    return {
        datum: float(1.0 - shapely.intersects(district, shapely.points(points)).mean())
        for datum, points in read_as.items()
    }
