"""Column types that mean the same in SQLite and in PostGIS: WGS-84 geometry, instants, exact text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import JSON, DateTime, LargeBinary, String
from sqlalchemy.dialects.postgresql import VARCHAR
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

WGS84_SRID = 4326


class Wgs84Geometry(TypeDecorator[BaseGeometry]):
    """A shapely geometry in WGS-84: ``geometry(…, 4326)`` in PostGIS, WKB bytes in SQLite.

    Both keep the coordinates' 64 bits. Spatial indexes are made by the migrations, where they can be read.
    """

    impl = Geometry
    cache_ok = True

    def __init__(self, shape: str = "GEOMETRY") -> None:
        super().__init__(geometry_type=shape, srid=WGS84_SRID, spatial_index=False)
        self.shape = shape

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        if dialect is None or dialect.name == "sqlite":
            return LargeBinary()
        return dialect.type_descriptor(self.impl_instance)

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return shapely.to_wkb(value)
        return from_shape(value, srid=WGS84_SRID)

    @staticmethod
    def as_ewkb_text(value: BaseGeometry | None) -> str | None:
        """Return the text PostGIS reads as this geometry, to the last bit."""
        if value is None:
            return None
        return str(shapely.to_wkb(shapely.set_srid(value, WGS84_SRID), hex=True, include_srid=True))

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return shapely.from_wkb(value)
        return to_shape(value)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, given back in UTC to the microsecond; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return String(32) if dialect.name == "sqlite" else dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def code_text(length: int) -> TypeEngine[str]:
    """Return text ordered by code point in both databases, as Python orders it (ids, codes)."""
    return String(length).with_variant(VARCHAR(length, collation="C"), "postgresql")


def json_text() -> JSON:
    """Return JSON that keeps the order of keys and the difference between null and absent."""
    return JSON(none_as_null=True)
