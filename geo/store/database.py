"""Connections to a store: the URL, the engine of each back end, read and write transactions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from geo.errors import InvalidParameterError, StoreAccessError
from geo.store.failures import told_plainly

LOCK_WAIT_S = 5.0
"""How long a write waits for another process's write before the store says it is busy."""
SCHEMA_LOCK_WAIT_S = 60.0
POOL_TIMEOUT_S = 1.0
CONNECT_TIMEOUT_S = 2
STATEMENT_TIMEOUT_S = 30


def parse_store_url(url: str) -> URL:
    """Read a store address: ``sqlite:///path`` or ``postgresql[+psycopg]://user:password@host/database``.

    Raises:
        InvalidParameterError: any other form (the address itself is not repeated: it may hold a password).

    >>> parse_store_url("postgresql://keeper@localhost/care").drivername
    'postgresql+psycopg'
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # an "@" and ":" in a password read as a host and a port
        parsed = URL.create("unreadable")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database not in (None, "", ":memory:"):
        if parsed.query or "?" in url:
            raise InvalidParameterError(
                "store URL", "sqlite", "takes no options: nothing may follow FILE after ?"
            )
        return parsed.set(drivername="sqlite")
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    message = "must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
    raise InvalidParameterError("store URL", parsed.drivername, message)


def sqlite_path(url: URL) -> Path:
    """Return the file of an SQLite address."""
    return Path(url.database or "")


class Database:
    """One engine with this project's transactions; safe to share between threads, not over a fork."""

    def __init__(self, url: URL, *, schema_work: bool = False, lock_wait_s: float | None = None) -> None:
        """``schema_work``: for migrations (long waits, foreign keys unchecked while tables are rebuilt).

        ``lock_wait_s``: how long a write waits for another process's (None: as is usual for its kind).
        """
        if lock_wait_s is None:
            lock_wait_s = SCHEMA_LOCK_WAIT_S if schema_work else LOCK_WAIT_S
        self.url = url
        self.embedded = url.drivername == "sqlite"
        if self.embedded:
            self.engine = _sqlite_engine(url, schema_work, lock_wait_s)
        else:
            self.engine = _postgresql_engine(url, schema_work, lock_wait_s)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one consistent, read-only view of the store.

        Raises:
            StoreUnavailableError, StoreAccessError: as ``told_plainly``.
        """
        options: dict[str, Any] = {}
        if not self.embedded:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            told_plainly(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a write transaction: committed at the end of the block, rolled back by any error.

        Raises:
            StoreUnavailableError, StoreAccessError, ConflictError: as ``told_plainly``.
        """
        with (
            told_plainly(),
            self.engine.connect().execution_options(care_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _sqlite_engine(url: URL, schema_work: bool, lock_wait_s: float) -> Engine:
    path = sqlite_path(url).absolute()
    # Only schema work may make the file: a store whose disk went away is not to be replaced by an empty one.
    address = f"{path.as_uri()}?mode={'rwc' if schema_work else 'rw'}"

    def connect() -> sqlite3.Connection:
        if schema_work:
            _make_folder(path.parent)
        # The driver's own way of opening transactions is late and can't say IMMEDIATE; ours is in `begin`.
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=lock_wait_s,
            isolation_level=None,
            check_same_thread=False,
        )
        if schema_work:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'OFF' if schema_work else 'ON'}")
        return connection

    engine = create_engine(
        url,
        creator=connect,
        poolclass=QueuePool,
        pool_timeout=POOL_TIMEOUT_S,
        json_serializer=_to_json,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock before the first read, so a write never builds on a stale read.
        write = schema_work or connection.get_execution_options().get("care_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreAccessError("the store's directory cannot be made") from error


def _postgresql_engine(url: URL, schema_work: bool, lock_wait_s: float) -> Engine:
    statement_ms = 0 if schema_work else STATEMENT_TIMEOUT_S * 1000
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=POOL_TIMEOUT_S,
        pool_use_lifo=True,
        json_serializer=_to_json,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "care-stations",
            "options": f"-c timezone=UTC -c statement_timeout={statement_ms}"
            f" -c lock_timeout={lock_wait_s * 1000:.0f} -c idle_in_transaction_session_timeout=60000",
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
