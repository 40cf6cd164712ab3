"""What if: stations closed, hours changed, amenities added, sites added.

A ``Scenario`` is data: it can be written to a JSON file, read back and applied to any register. What
it changes for whom is told by ``scenario_difference``.

    {"name": "盘活", "closed": ["BQ-E01"], "hours": {"BQ-E02": "24/7"},
     "equipped": {"BQ-E03": ["microwave"]},
     "sites": [{"name": "香王", "lon": 109.05, "lat": 34.27, "hours": "24/7", "amenities": ["water_hot"]}]}
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.amenities import catalogue
from geo.errors import InvalidDataError, InvalidParameterError, Problem
from geo.opening_hours import OpeningHours
from geo.stations import Amenity, Station, station_from_record, stations_to_frame

MAX_CHANGES, MAX_CHARS = 200, 16_000
"""A scenario is what people discuss at a table, and it must fit into an address."""
_PACKED, _PACKED_FROM_BYTES = "z.", 1200  # an address has room for some thousands of bytes
_KEYS = frozenset({"name", "closed", "hours", "equipped", "sites"})
_SITE_KEYS = frozenset({"name", "lon", "lat", "hours", "amenities"})


def basic_amenities() -> tuple[str, ...]:
    """Return what a new site has where nothing is said: the amenities of the national basic list."""
    return tuple(code for code, kind in catalogue().items() if "N" in kind.level)


@dataclass(frozen=True)
class NewSite:
    """A site to be added: WGS-84 degrees, OSM opening hours, codes it has."""

    name: str
    lon: float
    lat: float
    hours: str = "24/7"
    amenities: tuple[str, ...] = field(default_factory=basic_amenities)


@dataclass(frozen=True)
class Scenario:
    """Changes to a register.

    Attributes:
        closed: ids of stations given up.
        hours: (id, opening hours) of stations open at other times.
        equipped: (id, codes) of stations that get, or get repaired, what they lack.
        sites: stations added.
    """

    name: str = ""
    closed: tuple[str, ...] = ()
    hours: tuple[tuple[str, str], ...] = ()
    equipped: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sites: tuple[NewSite, ...] = ()

    @property
    def changes(self) -> int:
        """How many things are different."""
        return len(self.closed) + len(self.hours) + len(self.equipped) + len(self.sites)

    @property
    def site_ids(self) -> tuple[str, ...]:
        """The ids the sites added have in the changed register."""
        return tuple(f"new-{number}" for number in range(1, len(self.sites) + 1))

    def with_closed(self, station_id: str) -> Scenario:
        """Return the scenario with a station closed; what else was changed of it is dropped."""
        rest = self.without(station_id)
        return replace(rest, closed=(*rest.closed, station_id))

    def with_hours(self, station_id: str, hours: str) -> Scenario:
        """Return the scenario with a station open at other times."""
        kept = tuple(one for one in self.hours if one[0] != station_id)
        closed = tuple(one for one in self.closed if one != station_id)
        return replace(self, closed=closed, hours=(*kept, (station_id, hours)))

    def with_equipped(self, station_id: str, codes: Sequence[str]) -> Scenario:
        """Return the scenario with a station that has more."""
        kept = tuple(one for one in self.equipped if one[0] != station_id)
        closed = tuple(one for one in self.closed if one != station_id)
        return replace(self, closed=closed, equipped=(*kept, (station_id, tuple(codes))))

    def with_site(self, site: NewSite) -> Scenario:
        """Return the scenario with one site more."""
        return replace(self, sites=(*self.sites, site))

    def without(self, station_id: str) -> Scenario:
        """Return the scenario with a station as it is in the register; ``new-1`` is the first site."""
        return replace(
            self,
            closed=tuple(one for one in self.closed if one != station_id),
            hours=tuple(one for one in self.hours if one[0] != station_id),
            equipped=tuple(one for one in self.equipped if one[0] != station_id),
            sites=tuple(
                site for number, site in enumerate(self.sites, start=1) if f"new-{number}" != station_id
            ),
        )

    def to_json(self) -> str:
        """Return the scenario as the text of its file; ``read_scenario`` reads it back."""
        data: dict[str, Any] = {"name": self.name} if self.name else {}
        if self.closed:
            data["closed"] = list(self.closed)
        if self.hours:
            data["hours"] = dict(self.hours)
        if self.equipped:
            data["equipped"] = {station: list(codes) for station, codes in self.equipped}
        if self.sites:
            data["sites"] = [_site_data(site) for site in self.sites]
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def in_address(scenario: Scenario) -> str:
    """Return the scenario as an address holds it: its text, packed where that is long; "" without changes.

    ``read_scenario`` reads both.

    >>> in_address(Scenario(closed=("a",)))
    '{"closed":["a"]}'
    """
    text = scenario.to_json() if scenario.changes else ""
    if len(text.encode()) <= _PACKED_FROM_BYTES:
        return text
    return _PACKED + base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def _unpacked(text: str) -> str:
    """Return the text of a packed scenario; any other text as it is.

    Raises:
        InvalidDataError: it is damaged, or longer than a scenario may be.
    """
    if not text.startswith(_PACKED):
        return text
    packed = text[len(_PACKED) :]
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        # never more than is needed to see that it is too long, whatever it claims to hold
        return zlib.decompressobj().decompress(raw, 4 * MAX_CHARS + 4).decode()
    except (ValueError, zlib.error) as error:
        raise InvalidDataError([Problem("scenario", None, None, None, "not JSON")]) from error


def _site_data(site: NewSite) -> dict[str, Any]:
    data: dict[str, Any] = {"name": site.name, "lon": site.lon, "lat": site.lat, "hours": site.hours}
    if site.amenities != basic_amenities():
        data["amenities"] = list(site.amenities)
    return data


def read_scenario(text: str) -> Scenario:
    """Return the scenario in a file's text, or in an address (``in_address``).

    Raises:
        InvalidDataError: every problem found, each naming station, field and value.

    >>> read_scenario('{"closed": ["a"], "hours": {"b": "24/7"}}').changes
    2
    """
    problems: list[Problem] = []

    def wrong(station: str | None, name: str | None, value: object, message: str) -> None:
        problems.append(Problem("scenario", station, name, value, message))

    data = _object(text)
    for key in data.keys() - _KEYS:
        wrong(None, key, None, f"unknown; known are {', '.join(sorted(_KEYS))}")
    name = data.get("name", "")
    if not isinstance(name, str) or len(name) > 100:
        wrong(None, "name", name, "must be a text of at most 100 characters")
    closed = data.get("closed", [])
    if not isinstance(closed, list) or not all(isinstance(one, str) for one in closed):
        wrong(None, "closed", closed, "must be a list of station ids")
        closed = []
    hours = _mapping(data, "hours", wrong)
    for station, value in hours.items():
        if not isinstance(value, str) or not _readable(value):
            wrong(station, "hours", value, "not opening hours, such as Mo-Su 08:00-20:00 or 24/7")
    equipped = _mapping(data, "equipped", wrong)
    for station, codes in equipped.items():
        if not isinstance(codes, list) or not codes or not all(code in catalogue() for code in codes):
            wrong(station, "equipped", codes, "must be a list of codes of the catalogue")
    sites = data.get("sites", [])
    if not isinstance(sites, list):
        wrong(None, "sites", sites, "must be a list")
        sites = []
    problems += [problem for number, site in enumerate(sites, 1) for problem in _site_problems(site, number)]
    if len(closed) + len(hours) + len(equipped) + len(sites) > MAX_CHANGES:
        wrong(None, None, None, f"more than {MAX_CHANGES} changes")
    if problems:
        raise InvalidDataError(problems)
    return Scenario(
        name=name,
        closed=tuple(dict.fromkeys(closed)),
        hours=tuple(hours.items()),
        equipped=tuple((station, tuple(codes)) for station, codes in equipped.items()),
        sites=tuple(_site(site) for site in sites),
    )


def _object(text: str) -> dict[str, Any]:
    text = _unpacked(text)
    if len(text) > MAX_CHARS:
        raise InvalidDataError([Problem("scenario", None, None, None, f"longer than {MAX_CHARS} characters")])
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDataError([Problem("scenario", None, None, None, "not JSON")]) from error
    if not isinstance(data, dict):
        raise InvalidDataError([Problem("scenario", None, None, None, "not a JSON object")])
    return data


def _mapping(data: Mapping[str, Any], name: str, wrong: Any) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        wrong(None, name, value, "must be an object: station id to value")
        return {}
    return value


def _readable(hours: str) -> bool:
    try:
        OpeningHours.parse(hours)
    except InvalidDataError:
        return False
    return True


def _site_problems(site: object, number: int) -> list[Problem]:
    key = f"new-{number}"
    if not isinstance(site, dict) or not {"lon", "lat"} <= site.keys() <= _SITE_KEYS:
        message = "must be an object with lon and lat, and perhaps name, hours, amenities"
        return [Problem("scenario", key, "sites", None, message)]
    if not all(isinstance(site[name], int | float) for name in ("lon", "lat")):
        return [Problem("scenario", key, "lon", site["lon"], "lon and lat must be numbers, degrees")]
    codes = site.get("amenities", [])
    if not isinstance(codes, list) or not all(
        isinstance(code, str) and code in catalogue() for code in codes
    ):
        return [Problem("scenario", key, "amenities", codes, "must be a list of codes of the catalogue")]
    try:
        _as_station(_site(site), key)
    except InvalidDataError as error:
        return list(error.problems)
    return []


def _site(site: Mapping[str, Any]) -> NewSite:
    made = NewSite(str(site.get("name") or "新站"), float(site["lon"]), float(site["lat"]))
    hours = str(site["hours"]) if site.get("hours") else made.hours
    return replace(made, hours=hours, amenities=tuple(site.get("amenities", made.amenities)))


def _as_station(site: NewSite, station_id: str) -> Station:
    """Return a site as a station that is open to everybody, checked as any other."""
    kinds = catalogue()
    held = {code: {"value": "yes"} for code in site.amenities}
    record = {
        "id": station_id,
        "name": site.name,
        "location": [site.lon, site.lat],
        "hours": site.hours,
        "amenities": {code: entry for code, entry in held.items() if kinds[code].kind == "amenity"},
        "services": {code: entry for code, entry in held.items() if kinds[code].kind == "service"},
    }
    return station_from_record(record, "scenario")


def apply(scenario: Scenario, stations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the register as it would be: a new table, closed stations ``retired``, new ones at the end.

    Raises:
        InvalidParameterError: a station of the scenario is not in the register, or ``new-1`` already is.
    """
    known = set(stations["id"])
    named = {*scenario.closed, *(one for one, _ in scenario.hours), *(one for one, _ in scenario.equipped)}
    for station_id in sorted(named - known):
        raise InvalidParameterError("scenario", station_id, "no such station in this register")
    added = [_as_station(site, f"new-{number}") for number, site in enumerate(scenario.sites, start=1)]
    for one in added:
        if one.id in known:
            raise InvalidParameterError("scenario", one.id, "a station of the register has this id")
    ids = stations["id"].tolist()
    hours, equipped = dict(scenario.hours), dict(scenario.equipped)
    kinds = catalogue()

    def fitted(column: str, kind: str) -> list[Any]:
        return [
            {**held, **{c: Amenity(value="yes") for c in equipped.get(one, ()) if kinds[c].kind == kind}}
            for one, held in zip(ids, stations[column], strict=True)
        ]

    changed = stations.assign(
        status=_column(
            stations,
            ("retired" if one in scenario.closed else old for one, old in _pairs(stations, "status")),
        ),
        hours=_column(stations, (hours.get(one, old) for one, old in _pairs(stations, "hours"))),
        amenities=_column(stations, fitted("amenities", "amenity")),
        services=_column(stations, fitted("services", "service")),
    )
    if not added:
        return changed
    both = pd.concat([changed, stations_to_frame(added)], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=stations.crs)


def _pairs(stations: gpd.GeoDataFrame, column: str) -> Any:
    return zip(stations["id"], stations[column], strict=True)


def _column(stations: gpd.GeoDataFrame, values: Iterable[Any]) -> pd.Series:
    """Return values as a column of objects: a null text stays null, a dictionary one value."""
    return pd.Series(list(values), index=stations.index, dtype=object)
