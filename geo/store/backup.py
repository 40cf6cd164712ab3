"""Backup and restore of a whole store, in one portable form for SQLite and PostGIS.

A backup is gzip-compressed JSON lines: a head (format, schema revision, register version), every row of
every table from one consistent read, and a foot with the row count and the SHA-256 of all lines before it.
It needs no database program, and a backup of one kind of store restores into the other.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import uuid
import zlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import shapely
import sqlalchemy as sa

from geo.errors import CareStationError, ConflictError, InvalidDataError, Problem, StoreAccessError
from geo.store.column_types import Instant, Wgs84Geometry
from geo.store.counter import bump_version, current_version
from geo.store.database import Database, parse_store_url, sqlite_path
from geo.store.model import Base, MetaRow, SaltRow, SessionRow
from geo.store.schema import check, copy_beside, hold_schema, migrate, remove_all, status_of

FORMAT = "care-stations backup 1"
_PASSING = frozenset({SaltRow.__tablename__, SessionRow.__tablename__})
_ROWS_AT_ONCE = 5000
_NEXT_SEQUENCE = "SELECT setval(pg_get_serial_sequence('history', 'sequence'), max(sequence)) FROM history"


@dataclass(frozen=True)
class BackupSummary:
    """What a backup holds: its schema, the register version, and the number of rows by table."""

    schema: str
    version: int
    rows: dict[str, int]


def backup(url: str, path: Path) -> BackupSummary:
    """Write the store at ``url`` to the new file ``path``; the store may be in use.

    Raises:
        ConflictError: the file exists.
        StoreAccessError: it cannot be written, or the store refuses this program.
        StoreVersionError: the store's schema is not the present one.
        StoreUnavailableError: no file was made.
    """
    if path.exists():
        raise ConflictError(f"{path.name} exists: a backup is never written over another")
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    database = Database(parse_store_url(url))
    try:
        unfinished.touch(mode=0o600)  # it holds hashes of keys
        with database.reading() as connection, unfinished.open("wb") as file:
            status = status_of(connection)
            status.require_current()
            version = current_version(connection)
            with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
                rows = _write(packed, connection, {"schema": status.needed, "version": version})
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except CareStationError:
        raise
    except OSError as error:
        raise StoreAccessError(f"{path.name} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
        database.close()
    return BackupSummary(status.needed, version, rows)


def restore(path: Path, url: str, *, force: bool = False) -> BackupSummary:
    """Put the backup ``path`` into the store at ``url``, in one transaction, at the present schema.

    The store gets a new uuid and a register version above both pasts, so nobody takes it for the old one.
    With ``force`` what the store held is lost (an embedded store is copied beside first).

    Raises:
        ConflictError: the store holds something, and ``force`` is false.
        InvalidDataError: the file is no backup, or is damaged or cut short.
        StoreVersionError: the backup or the store comes from a newer program.
        StoreUnavailableError, StoreAccessError: the store is as it was.
    """
    head = _verified_head(path)
    check(url)  # schema work opens for writing, which marks even a file it then refuses
    database = Database(parse_store_url(url), schema_work=True)
    try:
        with database.writing() as connection:
            hold_schema(connection)
            earlier = _make_room(database, connection, force)
            migrate(connection, head["schema"])
            connection.execute(sa.delete(MetaRow))
            rows = _insert_rows(connection, path)
            migrate(connection)
            version = max(earlier, head["version"])
            connection.execute(sa.update(MetaRow).values(store_uuid=str(uuid.uuid4()), version=version))
            version = bump_version(connection)
            if not database.embedded:
                connection.execute(sa.text(_NEXT_SEQUENCE))
    finally:
        database.close()
    return BackupSummary(head["schema"], version, rows)


def _make_room(database: Database, connection: sa.Connection, force: bool) -> int:
    """Leave an empty database and return the version the store had (0: it held nothing)."""
    status = status_of(connection)
    if status.state == "ahead":
        status.require_current()
    if status.found is None:
        return 0
    earlier = current_version(connection)
    present = sa.inspect(connection).get_table_names()
    used = earlier > 0 or any(
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        for table in Base.metadata.sorted_tables
        if table.name in present and table.name != MetaRow.__tablename__
    )
    if used and not force:
        raise ConflictError("the store already holds a register: restore into an empty one, or use force")
    if used and database.embedded:
        copy_beside(sqlite_path(database.url), f"{status.found}-before-restore")
    remove_all(connection)
    return earlier


def _write(packed: gzip.GzipFile, connection: sa.Connection, about: dict[str, Any]) -> dict[str, int]:
    digest = hashlib.sha256()
    counts: dict[str, int] = {}

    def put(line: dict[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        digest.update(data)
        packed.write(data)

    put({"format": FORMAT, **about, "made_at": datetime.now(UTC).isoformat()})
    for table in Base.metadata.sorted_tables:
        if table.name in _PASSING:
            continue
        query = sa.select(table).order_by(*table.primary_key.columns)
        counts[table.name] = 0
        for row in connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
            cells = zip(table.columns.keys(), row, strict=True)
            put({"table": table.name, "row": {name: _plain(value) for name, value in cells}})
            counts[table.name] += 1
    foot = {"rows": sum(counts.values()), "sha256": digest.hexdigest()}
    packed.write(json.dumps(foot).encode() + b"\n")
    return counts


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value, hex=True)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value


def _lines(path: Path) -> Generator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            yield from file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(path, "is damaged or cut short") from error
    except OSError as error:
        raise _damaged(path, f"cannot be read: {error.strerror}") from error


def _verified_head(path: Path) -> dict[str, Any]:
    """Read the whole file once against its checksum and return its head."""
    digest, count, held = hashlib.sha256(), -1, b""
    head: dict[str, Any] = {}
    with closing(_lines(path)) as lines:
        for line in lines:
            if held:
                digest.update(held)
                count += 1
            else:
                head = _json(path, line)
            held = line
    foot = _json(path, held)
    if head.get("format") != FORMAT:
        raise _damaged(path, "is no backup of care-stations")
    if foot != {"rows": count, "sha256": digest.hexdigest()}:
        raise _damaged(path, "is damaged or cut short")
    return head


def _json(path: Path, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise _damaged(path, "is no backup of care-stations, or damaged") from error
    if not isinstance(value, dict):
        raise _damaged(path, "is no backup of care-stations")
    return value


def _damaged(path: Path, message: str) -> InvalidDataError:
    return InvalidDataError([Problem(path.name, None, None, None, message)])


def _insert_rows(connection: sa.Connection, path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    with closing(_lines(path)) as lines:
        records = (record for record in (_json(path, line) for line in lines) if "table" in record)
        for name, group in groupby(records, key=lambda record: record["table"]):
            table, counts[name] = Base.metadata.tables[name], 0
            while records_now := list(islice(group, _ROWS_AT_ONCE)):
                rows = [
                    {column: _value(table.c[column], value) for column, value in record["row"].items()}
                    for record in records_now
                ]
                connection.execute(sa.insert(table), rows)
                counts[name] += len(rows)
    return counts


def _value(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Wgs84Geometry):
        return shapely.from_wkb(value)
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return value
