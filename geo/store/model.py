"""The one ORM model of the register, for SQLite and PostGIS alike.

The tables are made by the migrations; this model is how the program reads and writes them. A test holds
the two together.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Date, Double, ForeignKey, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from geo.store.column_types import Instant, Wgs84Geometry, code_text, json_text

ID_LENGTH = 64


class Base(DeclarativeBase):
    """Base of all tables; unnamed constraints get the same names in every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        float: Double(),
        date: Date(),
        datetime: Instant(),
        Any: json_text(),
    }


class StationRow(Base):
    """A station: a typed column for every scalar of the contract, JSON for its small lists and objects."""

    __tablename__ = "stations"

    id: Mapped[str] = mapped_column(code_text(ID_LENGTH), primary_key=True)
    name: Mapped[str]
    aliases: Mapped[Any] = mapped_column(json_text(), nullable=False)
    kind: Mapped[str]
    street_code: Mapped[str | None]
    street: Mapped[str | None]
    address: Mapped[str | None]
    landmark: Mapped[str | None]
    door_note: Mapped[str | None]
    status: Mapped[str]
    status_since: Mapped[date | None]
    status_until: Mapped[date | None]
    status_note: Mapped[str | None]
    hours: Mapped[str | None]
    hours_confirmed_on: Mapped[date | None]
    entry_method: Mapped[Any] = mapped_column(json_text(), nullable=False)
    welcome_note: Mapped[str | None]
    ownership: Mapped[str | None]
    host_type: Mapped[str | None]
    level: Mapped[str | None]
    honours: Mapped[Any] = mapped_column(json_text(), nullable=False)
    seats: Mapped[int | None]
    area_m2: Mapped[float | None]
    phone: Mapped[str | None]
    opened_on: Mapped[date | None]
    visits: Mapped[Any] = mapped_column(json_text(), nullable=False)
    photos: Mapped[Any] = mapped_column(json_text(), nullable=False)
    on_map: Mapped[Any] = mapped_column(json_text(), nullable=False)
    sign_outside: Mapped[str]
    notice_board: Mapped[str]
    rules_posted: Mapped[str]
    hotline_posted: Mapped[str]
    manager_named: Mapped[str]
    street_facing: Mapped[str]
    inside_compound: Mapped[str]
    step_free: Mapped[str]
    provenance: Mapped[Any] = mapped_column(json_text(), nullable=False)
    source: Mapped[str | None]
    location_precision: Mapped[str | None]
    location_checked_on: Mapped[date | None]
    raw_coordinate: Mapped[Any | None] = mapped_column(json_text(), nullable=True)
    updated_at: Mapped[datetime | None]
    version: Mapped[int]
    geom: Mapped[BaseGeometry | None] = mapped_column(Wgs84Geometry("POINT"))


class AmenityRow(Base):
    """One amenity or service of one station, in the order the register gives them."""

    __tablename__ = "station_amenities"

    station_id: Mapped[str] = mapped_column(
        code_text(ID_LENGTH), ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True
    )
    offer: Mapped[str] = mapped_column(code_text(8), primary_key=True)
    """``amenity`` or ``service``."""
    code: Mapped[str] = mapped_column(code_text(40), primary_key=True)
    position: Mapped[int]
    value: Mapped[str]
    kind: Mapped[str | None]
    count: Mapped[int | None]
    distance_m: Mapped[float | None]
    certified: Mapped[bool | None]
    note: Mapped[str | None]
    checked_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    schedule: Mapped[str | None]
    contact: Mapped[str | None]


class HistoryRow(Base):
    """One change of one station; triggers refuse to alter or delete it."""

    __tablename__ = "history"
    __table_args__ = ({"sqlite_autoincrement": True},)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    station_id: Mapped[str] = mapped_column(code_text(ID_LENGTH))
    version: Mapped[int]
    register_version: Mapped[int]
    kind: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    before: Mapped[Any | None] = mapped_column(json_text(), nullable=True)
    after: Mapped[Any | None] = mapped_column(json_text(), nullable=True)


class MetaRow(Base):
    """The single row about the store itself."""

    __tablename__ = "meta"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    store_uuid: Mapped[str]
    version: Mapped[int]
    """Grows by one with each committed change of stations, zones, areas or demand."""
    created_at: Mapped[datetime]


class KeyRow(Base):
    """A keeper's key: its name, role and hash, never the key itself."""

    __tablename__ = "keys"

    name: Mapped[str] = mapped_column(code_text(100), primary_key=True)
    role: Mapped[str]
    prefix: Mapped[str] = mapped_column(code_text(16), unique=True)
    key_sha256: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ReportRow(Base):
    """A worker's report about a station; it stays when the station goes."""

    __tablename__ = "reports"

    id: Mapped[str] = mapped_column(code_text(32), primary_key=True)
    station_id: Mapped[str] = mapped_column(code_text(ID_LENGTH), index=True)
    kind: Mapped[str]
    amenity: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    reporter_hash: Mapped[str | None]
    status: Mapped[str]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str | None]
    due_at: Mapped[datetime | None]


class SaltRow(Base):
    """What senders' addresses of one day are hashed with; it goes with the day, and is never backed up."""

    __tablename__ = "report_salts"

    day: Mapped[date] = mapped_column(primary_key=True)
    salt: Mapped[str]


class SessionRow(Base):
    """A keeper's session in a browser: the hash of its token, never the token; never backed up."""

    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(code_text(64), primary_key=True)
    key_name: Mapped[str] = mapped_column(code_text(100), ForeignKey("keys.name", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class NoticeRow(Base):
    """A notice every worker sees until it ends; one of a kind."""

    __tablename__ = "notices"

    kind: Mapped[str] = mapped_column(code_text(20), primary_key=True)
    level: Mapped[int]
    until: Mapped[datetime]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class ZoneRow(Base):
    """The area around a station within a travel time, with everything it was computed from."""

    __tablename__ = "coverage_zones"

    station_id: Mapped[str] = mapped_column(
        code_text(ID_LENGTH), ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[str] = mapped_column(code_text(16), primary_key=True)
    minutes: Mapped[float] = mapped_column(Double(), primary_key=True)
    geom: Mapped[BaseGeometry] = mapped_column(Wgs84Geometry("MULTIPOLYGON"))
    standard: Mapped[Any] = mapped_column(json_text(), nullable=False)
    center_lon: Mapped[float]
    center_lat: Mapped[float]
    station_version: Mapped[int]
    computed_at: Mapped[datetime]
    register_version: Mapped[int] = mapped_column(index=True)


class AreaRow(Base):
    """The district or a street area."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(code_text(ID_LENGTH), primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]
    properties: Mapped[Any] = mapped_column(json_text(), nullable=False)
    geom: Mapped[BaseGeometry] = mapped_column(Wgs84Geometry())


class LayerRow(Base):
    """A layer that was imported (``areas``, ``demand``): at which register version, and with what details."""

    __tablename__ = "layers"

    name: Mapped[str] = mapped_column(code_text(20), primary_key=True)
    version: Mapped[int]
    details: Mapped[Any] = mapped_column(json_text(), nullable=False)


class DemandRow(Base):
    """Demand of one worker group in one H3 cell, time window and day type."""

    __tablename__ = "demand"

    cell: Mapped[str] = mapped_column(code_text(16), primary_key=True)
    worker_group: Mapped[str] = mapped_column(code_text(20), primary_key=True)
    time_window: Mapped[str] = mapped_column(code_text(4), primary_key=True)
    day_type: Mapped[str] = mapped_column(code_text(10), primary_key=True)
    demand: Mapped[float]
    basis: Mapped[str]
    unit: Mapped[str]
    source: Mapped[str | None]
