"""Station records to table rows and back, in bulk and without loss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import shapely
from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError
from shapely.geometry import Point
from sqlalchemy import (
    Connection,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

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
from geo.store.column_types import Wgs84Geometry
from geo.store.model import AmenityRow, Base, StationRow

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
_Item = TypeVar("_Item")
_STREAMED = {"yield_per": _CHUNK}
_COPIED_FROM, _COPIED_AT_ONCE = (
    200,
    20_000,
)  # rows; one COPY is one statement, and statements have a time limit


def load_stations(connection: Connection, ids: Collection[str] | None = None) -> list[Station]:
    """Return the stations named by ``ids`` (None: all), ordered by id.

    What the store holds was validated when it was written, so records are built without validating again.
    """
    if ids is None:
        return _load(connection, _station_query(connection), _amenity_query())
    return [
        station
        for chunk in chunks(sorted(filter(is_storable, ids)))
        for station in _load(
            connection,
            _station_query(connection).where(StationRow.id.in_(chunk)),
            _amenity_query().where(AmenityRow.station_id.in_(chunk)),
        )
    ]


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write new rows, all with the same columns; PostgreSQL takes many by COPY, at a tenth of the time."""
    if not rows:
        return
    table = cast(Table, model.__table__)
    if connection.dialect.name != "postgresql" or len(rows) < _COPIED_FROM:
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    written_as = [_copied(table.c[name].type, connection.dialect) for name in names]
    columns = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
    driver: Any = connection.connection.driver_connection
    for start in range(0, len(rows), _COPIED_AT_ONCE):
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in rows[start : start + _COPIED_AT_ONCE]:
                copy.write_row(
                    [
                        value if form is None else form(value)
                        for form, value in zip(written_as, row.values(), strict=True)
                    ]
                )


def _copied(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes of a value of a column what COPY takes; None where that is the value itself."""
    if isinstance(kind, Wgs84Geometry):
        return kind.as_ewkb_text
    return kind.dialect_impl(dialect).bind_processor(dialect)


def insert_stations(connection: Connection, stations: Sequence[Station]) -> None:
    """Write new stations and their amenities."""
    for chunk in chunks(stations):
        insert_rows(connection, StationRow, [_station_values(station) for station in chunk])
        _insert_amenities(connection, chunk)


def update_stations(connection: Connection, stations: Sequence[Station]) -> None:
    """Write stations over those stored under the same ids."""
    statement = (
        update(StationRow)
        .where(StationRow.id == bindparam("b_id"))
        .values({name: bindparam(f"b_{name}") for name in (*COLUMNS, "geom") if name != "id"})
    )
    for chunk in chunks(stations):
        rows = [{f"b_{name}": value for name, value in _station_values(station).items()} for station in chunk]
        connection.execute(statement, rows)
        connection.execute(delete(AmenityRow).where(AmenityRow.station_id.in_([row["b_id"] for row in rows])))
        _insert_amenities(connection, chunk)


def delete_stations(connection: Connection, ids: Sequence[str]) -> None:
    """Take stations out, with their amenities and zones."""
    for chunk in chunks(ids):
        connection.execute(delete(StationRow).where(StationRow.id.in_(chunk)))


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Yield ``items`` in parts small enough for one statement and for memory."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def refuse_unstorable(station: Station) -> None:
    """Refuse text that one of the databases cannot keep, so that both accept the same stations.

    Raises:
        InvalidDataError: a text holds the character U+0000 or half a surrogate pair.
    """
    if _surely_storable(station):
        return
    for name in FIELD_NAMES:
        for text in _texts(getattr(station, name)):
            if not is_storable(text):
                raise InvalidDataError(
                    [Problem("store", station.id, name, text, "holds a character no database can keep")]
                )


def is_storable(text: str) -> bool:
    """Return whether both databases can keep a text; an id that is not names no station.

    >>> is_storable("BQ-001"), is_storable("BQ\\x00001")
    (True, False)
    """
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _surely_storable(station: Station) -> bool:
    """Return whether the station's JSON, made faster than each text is looked at, shows no bad text."""
    try:
        return "\\u0000" not in station.model_dump_json(warnings=False)
    except PydanticSerializationError:  # half a surrogate pair
        return False


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
    insert_rows(connection, AmenityRow, rows)


def _station_query(connection: Connection) -> Select[Any]:
    table = StationRow.__table__
    # JSON as its text and points as plain WKB: both are decoded here, equal ones once or all at once
    columns = [sql_cast(table.c[name], Text()) if name in NESTED else table.c[name] for name in COLUMNS]
    geom = (
        func.ST_AsBinary(table.c.geom, "NDR", type_=LargeBinary())
        if connection.dialect.name == "postgresql"
        else type_coerce(table.c.geom, LargeBinary())
    )
    return select(*columns, geom).order_by(table.c.id)


def _amenity_query() -> Select[Any]:
    table = AmenityRow.__table__
    columns = [table.c[name] for name in ("station_id", "offer", "code", *_SERVICE_PARTS)]
    return select(*columns).order_by(table.c.station_id, table.c.position)


def _load(connection: Connection, station_query: Select[Any], amenity_query: Select[Any]) -> list[Station]:
    amenities, services = _offers(connection.execute(amenity_query, execution_options=_STREAMED))
    nested: dict[tuple[str, str], Any] = {}
    # a copy of one validated record costs a fifth of building each anew
    model = Station(id="model", name="model")
    stations: list[Station] = []
    for rows in connection.execute(station_query, execution_options=_STREAMED).partitions():
        for row, location in zip(rows, _locations([row[-1] for row in rows]), strict=True):
            fields: dict[str, Any] = dict(zip(COLUMNS, row, strict=False))
            for name, reader in NESTED.items():
                if (text := fields[name]) is not None:
                    if (name, text) not in nested:
                        nested[name, text] = reader.validate_json(text)
                    fields[name] = nested[name, text]
            fields["amenities"] = amenities.get(row[0], {})
            fields["services"] = services.get(row[0], {})
            fields["location"] = location
            stations.append(model.model_copy(update=fields))
    return stations


def _locations(wkb: Sequence[bytes | None]) -> list[LonLat | None]:
    points = shapely.from_wkb(np.array(wkb, dtype=object))
    lon, lat = shapely.get_x(points).tolist(), shapely.get_y(points).tolist()
    return [None if raw is None else LonLat(x, y) for raw, x, y in zip(wkb, lon, lat, strict=True)]


def _offers(rows: Iterable[Any]) -> tuple[dict[str, dict[str, Amenity]], dict[str, dict[str, Service]]]:
    """Group rows, given in the register's order, by station; equal entries share one frozen record."""
    amenities: dict[str, dict[str, Amenity]] = defaultdict(dict)
    services: dict[str, dict[str, Service]] = defaultdict(dict)
    amenity_of: dict[tuple[Any, ...], Amenity] = {}
    service_of: dict[tuple[Any, ...], Service] = {}
    for station_id, offer, code, *rest in rows:
        parts = tuple(rest)
        if offer == "amenity":
            if parts not in amenity_of:
                amenity_of[parts] = Amenity.model_construct(**dict(zip(_PARTS, parts, strict=False)))
            amenities[station_id][code] = amenity_of[parts]
        else:
            if parts not in service_of:
                service_of[parts] = Service.model_construct(**dict(zip(_SERVICE_PARTS, parts, strict=True)))
            services[station_id][code] = service_of[parts]
    return amenities, services
