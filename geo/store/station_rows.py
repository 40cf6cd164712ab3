"""Station records to table rows and back, in bulk and without loss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import shapely
from pydantic import BaseModel, TypeAdapter
from shapely.geometry import Point
from sqlalchemy import Connection, LargeBinary, Select, bindparam, delete, func, insert, select, update
from sqlalchemy import type_coerce as as_type

from geo.errors import InvalidDataError, Problem
from geo.stations import (
    FIELD_NAMES,
    Amenity,
    Honour,
    LonLat,
    OnMap,
    Photo,
    Provenance,
    RawCoordinate,
    Service,
    Station,
    Visits,
)
from geo.store.model import AmenityRow, StationRow

NESTED: dict[str, TypeAdapter[Any]] = {
    "aliases": TypeAdapter(tuple[str, ...]),
    "entry_method": TypeAdapter(tuple[str, ...]),
    "honours": TypeAdapter(tuple[Honour, ...]),
    "visits": TypeAdapter(tuple[Visits, ...]),
    "photos": TypeAdapter(tuple[Photo, ...]),
    "on_map": TypeAdapter(OnMap),
    "provenance": TypeAdapter(Provenance),
    "raw_coordinate": TypeAdapter(RawCoordinate | None),
}
"""Fields kept as JSON, each with the reader of its form."""

COLUMNS = tuple(name for name in FIELD_NAMES if name not in ("amenities", "services"))
_PARTS = ("value", "kind", "count", "distance_m", "certified", "note", "checked_on", "expires_on")
_SERVICE_PARTS = (*_PARTS, "schedule", "contact")
_CHUNK = 5000
_Entry = TypeVar("_Entry", bound=BaseModel)


def load_stations(connection: Connection, ids: Collection[str] | None = None) -> list[Station]:
    """Return the stations named by ``ids`` (None: all), ordered by id.

    What the store holds was validated when it was written, so records are built without validating again.
    """
    if ids is None:
        return _load(connection, _station_query(connection), select(*_amenity_columns()))
    wanted, stations = sorted(ids), []
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        stations += _load(
            connection,
            _station_query(connection).where(StationRow.id.in_(chunk)),
            select(*_amenity_columns()).where(AmenityRow.station_id.in_(chunk)),
        )
    return stations


def insert_stations(connection: Connection, stations: Sequence[Station]) -> None:
    """Write new stations and their amenities."""
    if stations:
        connection.execute(insert(StationRow), [_station_values(station) for station in stations])
        _insert_amenities(connection, stations)


def update_stations(connection: Connection, stations: Sequence[Station]) -> None:
    """Write stations over those stored under the same ids."""
    if stations:
        names = [*COLUMNS, "geom"]
        statement = (
            update(StationRow)
            .where(StationRow.id == bindparam("b_id"))
            .values({name: bindparam(f"b_{name}") for name in names if name != "id"})
        )
        rows = [
            {f"b_{name}": value for name, value in _station_values(station).items()} for station in stations
        ]
        connection.execute(statement, rows)
        _delete_where(connection, AmenityRow, AmenityRow.station_id, [station.id for station in stations])
        _insert_amenities(connection, stations)


def delete_stations(connection: Connection, ids: Sequence[str]) -> None:
    """Take stations out, with their amenities and zones."""
    _delete_where(connection, StationRow, StationRow.id, ids)


def refuse_unstorable(station: Station) -> None:
    """Refuse text that one of the databases cannot keep, so that both accept the same stations.

    Raises:
        InvalidDataError: a text holds the character U+0000 or half a surrogate pair.
    """
    for name in FIELD_NAMES:
        for text in _texts(getattr(station, name)):
            if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
                raise InvalidDataError(
                    [Problem("store", station.id, name, text, "holds a character no database can keep")]
                )


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name))
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)


def _delete_where(connection: Connection, row: Any, column: Any, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _CHUNK):
        connection.execute(delete(row).where(column.in_(ids[start : start + _CHUNK])))


def _station_values(station: Station) -> dict[str, Any]:
    values = {
        name: NESTED[name].dump_python(getattr(station, name), mode="json")
        if name in NESTED
        else getattr(station, name)
        for name in COLUMNS
    }
    values["geom"] = None if station.location is None else Point(station.location)
    return values


def _insert_amenities(connection: Connection, stations: Sequence[Station]) -> None:
    rows = [
        {
            "station_id": station.id,
            "offer": offer,
            "code": code,
            "position": position,
            **{part: getattr(entry, part, None) for part in _SERVICE_PARTS},
        }
        for station in stations
        for offer, entries in (("amenity", station.amenities), ("service", station.services))
        for position, (code, entry) in enumerate(entries.items())
    ]
    if rows:
        connection.execute(insert(AmenityRow), rows)


def _station_query(connection: Connection) -> Select[Any]:
    table = StationRow.__table__
    # plain WKB bytes, decoded for all rows at once
    geom = (
        func.ST_AsBinary(table.c.geom, "NDR", type_=LargeBinary())
        if connection.dialect.name == "postgresql"
        else as_type(table.c.geom, LargeBinary())
    )
    return select(*(table.c[name] for name in COLUMNS), geom.label("wkb")).order_by(table.c.id)


def _amenity_columns() -> list[Any]:
    table = AmenityRow.__table__
    return [table.c[name] for name in ("station_id", "position", "offer", "code", *_SERVICE_PARTS)]


def _load(connection: Connection, station_query: Select[Any], amenity_query: Select[Any]) -> list[Station]:
    rows = connection.execute(station_query).all()
    offers = _offers(connection.execute(amenity_query))
    points = shapely.from_wkb(np.array([row.wkb for row in rows], dtype=object))
    located = ~shapely.is_missing(points)
    lon, lat = shapely.get_x(points).tolist(), shapely.get_y(points).tolist()
    read_nested: dict[tuple[str, str], Any] = {}
    stations = []
    for row, has_point, x, y in zip(rows, located.tolist(), lon, lat, strict=True):
        fields = dict(zip(COLUMNS, row, strict=False))
        for name, reader in NESTED.items():
            raw = fields[name]
            seen = (name, repr(raw))
            if seen not in read_nested:
                read_nested[seen] = reader.validate_python(raw)
            fields[name] = read_nested[seen]
        amenities, services = offers.get(row.id, ({}, {}))
        fields["amenities"], fields["services"] = amenities, services
        fields["location"] = LonLat(x, y) if has_point else None
        stations.append(Station.model_construct(**fields))
    return stations


def _offers(rows: Iterable[Any]) -> dict[str, tuple[dict[str, Amenity], dict[str, Service]]]:
    """Group amenity rows by station, in the register's order; equal entries share one frozen record."""
    amenity_of: dict[tuple[Any, ...], Amenity] = {}
    service_of: dict[tuple[Any, ...], Service] = {}
    found: dict[str, list[tuple[int, str, str, tuple[Any, ...]]]] = defaultdict(list)
    for station_id, position, offer, code, *parts in rows:
        found[station_id].append((position, offer, code, tuple(parts)))
    grouped: dict[str, tuple[dict[str, Amenity], dict[str, Service]]] = {}
    for station_id, entries in found.items():
        entries.sort(key=lambda entry: entry[0])
        amenities: dict[str, Amenity] = {}
        services: dict[str, Service] = {}
        for _position, offer, code, parts in entries:
            if offer == "amenity":
                amenities[code] = _entry(amenity_of, Amenity, _PARTS, parts)
            else:
                services[code] = _entry(service_of, Service, _SERVICE_PARTS, parts)
        grouped[station_id] = (amenities, services)
    return grouped


def _entry(
    known: dict[tuple[Any, ...], _Entry], form: type[_Entry], names: Sequence[str], parts: tuple[Any, ...]
) -> _Entry:
    if parts not in known:
        known[parts] = form.model_construct(**dict(zip(names, parts, strict=False)))
    return known[parts]
