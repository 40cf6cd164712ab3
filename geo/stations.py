"""The station record, and its two other forms: a GeoJSON feature and a row of the analysis table.

``Station`` is frozen and validated once, where outside data enters; analysis takes the GeoDataFrame of
``stations_to_frame``. Field names and meanings are the outside contract.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple, TypeVar

import geopandas as gpd
import pandas as pd
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
)
from shapely.geometry import Point

from geo.amenities import amenity_codes, service_codes
from geo.crs import CHINA_BOUNDS
from geo.errors import InvalidDataError, Problem
from geo.geojson import NOT_A_POINT, point_coordinates
from geo.opening_hours import OpeningHours
from geo.vocabulary import (
    AmenityValue,
    EntryMethod,
    HonourLevel,
    HostType,
    Kind,
    Level,
    Ownership,
    Precision,
    ProvenanceValue,
    Status,
    YesNoUnknown,
)

ILLUSTRATIVE_NOTICE = "示例数据，不代表灞桥区实际情况"
"""Printed on pages, prints and exports until a real register takes the place of the illustrative one."""

PRIVATE_LINE = "looks like a private mobile number, which is never public; give a public line"
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d){8}(?!\d)")

_Entry = TypeVar("_Entry", bound="Amenity")


class LonLat(NamedTuple):
    """A point in degrees, longitude first."""

    lon: float
    lat: float


def _one_line(text: str) -> str:
    if any(ord(char) < 32 for char in text):
        raise ValueError("must be one line without control characters")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Text = Annotated[str, Field(max_length=2000)]
Line = Annotated[str, Field(max_length=300), AfterValidator(_one_line)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_one_line), AfterValidator(_not_blank)]
StationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Amenity(_Record):
    """What the register says of one amenity at one station."""

    value: AmenityValue
    kind: Line | None = None
    count: Count | None = None
    distance_m: Metres | None = None
    certified: bool | None = None
    note: Text | None = None
    checked_on: date | None = None
    expires_on: date | None = None

    @model_serializer(mode="wrap")
    def _without_unstated(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # An optional part nobody stated is left out of files, so an entry is {"value": "yes"} and no more.
        return {key: part for key, part in handler(self).items() if part is not None}


class Service(Amenity):
    """What the register says of one service: an amenity with a schedule and a contact."""

    schedule: Text | None = None
    contact: Line | None = None


class Honour(_Record):
    """An award; ``year`` is null where the source names none."""

    level: HonourLevel
    title: Name
    year: Annotated[int, Field(ge=1949, le=2200)] | None


class Visits(_Record):
    """A count of visits with its period (``2026-10``, ``2025``) and how it was counted."""

    period: Name
    count: Count
    method: Line | None = None


class Photo(_Record):
    """A photograph of the station, by address, with the words that describe it."""

    url: Annotated[str, Field(max_length=1000, pattern=r"^(https?://|/)[^\s<>\"']+$")]
    alt: Line = ""
    taken_on: date | None = None


class MapListing(_Record):
    """The station's entry on a map platform."""

    id: Line | None = None
    checked_on: date | None = None
    pin_error_m: Metres | None = None


class OnMap(_Record):
    """Entries on the three platforms; null where none is known."""

    amap: MapListing | None = None
    baidu: MapListing | None = None
    tencent: MapListing | None = None


class Provenance(_Record):
    """Where the name, the location and the other facts come from."""

    name: ProvenanceValue = "survey"
    location: ProvenanceValue = "survey"
    facts: ProvenanceValue = "survey"


class RawCoordinate(_Record):
    """The coordinate as it was handed in, in its own datum, degrees."""

    datum: Annotated[str, Field(pattern="^(wgs84|gcj02|bd09)$")]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class Station(_Record):
    """One care station. ``location`` is WGS-84 or null; null ``hours`` are unknown hours."""

    id: StationId
    name: Name
    aliases: tuple[Name, ...] = ()
    kind: Kind = "fixed"
    street_code: Line | None = None
    street: Line | None = None
    address: Line | None = None
    landmark: Line | None = None
    door_note: Text | None = None
    status: Status = "operating"
    status_since: date | None = None
    status_until: date | None = None
    status_note: Text | None = None
    hours: Text | None = None
    hours_confirmed_on: date | None = None
    entry_method: tuple[EntryMethod, ...] = ()
    welcome_note: Text | None = None
    ownership: Ownership | None = None
    host_type: HostType | None = None
    level: Level | None = None
    honours: tuple[Honour, ...] = ()
    amenities: dict[str, Amenity] = {}
    services: dict[str, Service] = {}
    seats: Count | None = None
    area_m2: Metres | None = None
    phone: Annotated[str, Field(pattern=r"^[0-9+][0-9 ()\-,;转]{2,39}$")] | None = None
    opened_on: date | None = None
    visits: tuple[Visits, ...] = ()
    photos: tuple[Photo, ...] = ()
    on_map: OnMap = OnMap()
    sign_outside: YesNoUnknown = "unknown"
    notice_board: YesNoUnknown = "unknown"
    rules_posted: YesNoUnknown = "unknown"
    hotline_posted: YesNoUnknown = "unknown"
    manager_named: YesNoUnknown = "unknown"
    street_facing: YesNoUnknown = "unknown"
    inside_compound: YesNoUnknown = "unknown"
    step_free: YesNoUnknown = "unknown"
    provenance: Provenance = Provenance()
    source: Text | None = None
    location_precision: Precision | None = None
    location_checked_on: date | None = None
    raw_coordinate: RawCoordinate | None = None
    updated_at: AwareDatetime | None = None
    version: Annotated[int, Field(ge=1)] = 1
    location: LonLat | None = None

    @field_validator("amenities")
    @classmethod
    def _known_amenities(cls, value: dict[str, Amenity]) -> dict[str, Amenity]:
        return _known_codes(value, amenity_codes())

    @field_validator("services")
    @classmethod
    def _known_services(cls, value: dict[str, Service]) -> dict[str, Service]:
        return _known_codes(value, service_codes())

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, value: str | None) -> str | None:
        try:
            OpeningHours.parse(value)
        except InvalidDataError as error:
            raise ValueError("; ".join(problem.message for problem in error.problems)) from error
        return value

    @field_validator("location")
    @classmethod
    def _located_in_china(cls, value: LonLat | None) -> LonLat | None:
        if value is None:
            return None
        if not (math.isfinite(value.lon) and math.isfinite(value.lat)):
            raise ValueError("coordinates must be finite numbers")
        if not _in_china(value.lon, value.lat):
            hint = "; longitude and latitude look swapped" if _in_china(value.lat, value.lon) else ""
            raise ValueError(f"the point lies outside China{hint}")
        return value

    @field_validator("status_until")
    @classmethod
    def _ends_after_its_start(cls, value: date | None, info: ValidationInfo) -> date | None:
        since = info.data.get("status_since")
        if value and since and value < since:
            raise ValueError(f"lies before status_since {since}")
        return value

    @property
    def offers(self) -> dict[str, Amenity]:
        """Amenities and services together, by code."""
        return {**self.amenities, **self.services}


FIELD_NAMES: tuple[str, ...] = tuple(name for name in Station.model_fields if name != "location")
"""Property names of a station's feature, in the order every export uses."""


def _in_china(lon: float, lat: float) -> bool:
    west, south, east, north = CHINA_BOUNDS
    return west <= lon <= east and south <= lat <= north


def _known_codes(value: dict[str, _Entry], known: tuple[str, ...]) -> dict[str, _Entry]:
    unknown = [code for code in value if code not in known]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not a code of the catalogue")
    return value


def looks_private(phone: str) -> bool:
    """Return whether a mobile number stands in a station's public line.

    >>> looks_private("+86 138-0013 8000"), looks_private("029-83521234转8001")
    (True, False)
    """
    return _MOBILE.search(unicodedata.normalize("NFKC", phone)) is not None


def station_properties(station: Station) -> dict[str, Any]:
    """Return the feature properties of ``station`` as JSON-ready values, in contract order."""
    return station.model_dump(mode="json", exclude={"location"})


def station_to_feature(station: Station) -> dict[str, Any]:
    """Return the GeoJSON feature (RFC 7946) of ``station``; geometry is null without a location."""
    geometry = None
    if station.location is not None:
        geometry = {"type": "Point", "coordinates": list(station.location)}
    return {
        "type": "Feature",
        "id": station.id,
        "geometry": geometry,
        "properties": station_properties(station),
    }


def station_from_record(record: Mapping[str, Any], where: str) -> Station:
    """Validate a JSON-ready record (contract field names and ``location``) into a ``Station``.

    Raises:
        InvalidDataError: every problem found, each naming station, field and value.
    """
    try:
        return Station.model_validate_json(json.dumps(dict(record)), strict=True)
    except ValidationError as error:
        raise InvalidDataError(_problems(error, record, where)) from error


def station_from_feature(feature: Mapping[str, Any], where: str = "feature") -> Station:
    """Validate a GeoJSON feature into a ``Station``.

    The id is taken from the properties, else from the feature; they may not differ.

    Raises:
        InvalidDataError: every problem found, each naming station, field and value.
    """
    properties = feature.get("properties")
    feature_id = feature.get("id")
    if feature.get("type") != "Feature":
        raise InvalidDataError(
            [Problem(where, None, "type", feature.get("type"), "not a GeoJSON feature with properties")]
        )
    if not isinstance(properties, Mapping):
        known_as = None if feature_id is None else str(feature_id)
        raise InvalidDataError([Problem(where, known_as, "properties", properties, "must be an object")])
    record = dict(properties)
    if "location" in record:
        raise InvalidDataError(
            [Problem(where, None, "location", record["location"], "unknown field; use the geometry")]
        )
    if record.setdefault("id", feature_id) != feature_id and feature_id is not None:
        raise InvalidDataError(
            [Problem(where, str(record["id"]), "id", feature_id, "differs from the property id")]
        )
    record["location"] = _point(feature.get("geometry"), record, where)
    return station_from_record(record, where)


def _point(geometry: object, record: Mapping[str, Any], where: str) -> list[Any] | None:
    if geometry is None:
        return None
    place = point_coordinates(geometry)
    if place is None:
        raise InvalidDataError([Problem(where, _known_as(record), "geometry", geometry, NOT_A_POINT)])
    return place


def _known_as(record: Mapping[str, Any]) -> str | None:
    known = record.get("id") or record.get("name")
    return str(known) if known else None


def _problems(error: ValidationError, record: Mapping[str, Any], where: str) -> list[Problem]:
    problems = []
    for detail in error.errors(include_url=False):
        field = ".".join(str(part) for part in detail["loc"]) or None
        message = detail["msg"].removeprefix("Value error, ")
        value = detail["input"] if detail["type"] != "missing" else None
        problems.append(Problem(where, _known_as(record), field, value, message))
    return problems


def stations_to_frame(stations: Iterable[Station]) -> gpd.GeoDataFrame:
    """Return the analysis table: one row a station, ``FIELD_NAMES`` columns, WGS-84 point or null geometry.

    ``amenities`` and ``services`` hold the entries by code; lists stay tuples.

    >>> stations_to_frame([]).crs.to_epsg()
    4326
    """
    rows = list(stations)
    # object columns: pandas would turn a null text into NaN, and null is a meaning here
    columns = {
        name: pd.Series([getattr(station, name) for station in rows], dtype=object) for name in FIELD_NAMES
    }
    points = [Point(station.location) if station.location else None for station in rows]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


def frame_to_stations(frame: gpd.GeoDataFrame) -> list[Station]:
    """Return the stations of an analysis table, the inverse of ``stations_to_frame``."""
    stations = []
    for row in frame.to_dict("records"):
        point = row.pop("geometry")
        location = None if point is None or point.is_empty else LonLat(point.x, point.y)
        stations.append(Station.model_validate({**row, "location": location}))
    return stations
