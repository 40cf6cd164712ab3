"""Failures of the databases, told in the core's own errors and without host, SQL or password."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from geo.errors import (
    CareStationError,
    ConflictError,
    InvalidDataError,
    Problem,
    StoreAccessError,
    StoreUnavailableError,
)

# A refused login carries no SQLSTATE, only the server's words (in English or, by lc_messages, in Chinese).
_WRONG_PASSWORD = re.compile(r"password authentication failed|no password supplied|认证失败|没有提供口令")
_REFUSED_LOGIN = re.compile(
    r"no pg_hba\.conf entry|(role|database) \"[^\"]*\" (does not exist|is not permitted)"
    r"|permission denied for database|pg_hba\.conf 记录|(角色|数据库) *\"[^\"]*\" *不存在"
)
_ACCESS_SQLSTATES = ("28", "3D", "42")
_BUSY = "the database is busy with another write"
_OUTAGES = {
    "53100": "the database's disk is full: nothing was written",
    "57014": "the database took too long",
    "55P03": _BUSY,
    "40001": _BUSY,
    "40P01": _BUSY,
}
_REFUSED_BY_TRIGGER = "P0001"
_NOT_A_STORE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the database drivers raise inside the block into the core's errors.

    Raises:
        StoreAccessError: wrong password, no such database, no permission, not a store.
        ConflictError: a constraint or a trigger of the database refused the write.
        InvalidDataError: a value does not fit its column.
        StoreUnavailableError: everything else that keeps the store from answering.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailableError("the store is busy: no free connection in time") from error
    except DBAPIError as error:
        raise _plain(error.orig, error) from error
    except (psycopg.Error, sqlite3.Error) as error:
        raise _plain(error, error) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError("the store gave no answer") from error


def _plain(cause: BaseException | None, error: BaseException) -> CareStationError:
    broken = isinstance(error, (IntegrityError, psycopg.IntegrityError))
    if broken or getattr(cause, "sqlstate", None) == _REFUSED_BY_TRIGGER:
        return ConflictError("the store refused the write: it breaks a rule of the database")
    if isinstance(error, (DataError, psycopg.DataError)):
        return InvalidDataError(
            [Problem("store", None, None, None, "holds a value the database cannot keep")]
        )
    if isinstance(cause, psycopg.Error):
        return _plain_postgresql(cause)
    if isinstance(cause, sqlite3.Error):
        return _plain_sqlite(cause)
    return StoreUnavailableError("the store gave no answer")


def _plain_postgresql(cause: psycopg.Error) -> CareStationError:
    state, words = cause.sqlstate or "", str(cause)
    refusal = _refusal(state, words)
    if refusal is not None:
        return StoreAccessError(refusal)
    return StoreUnavailableError(_OUTAGES.get(state, "the database cannot be reached"))


def _refusal(state: str, words: str) -> str | None:
    """Return why the database will not serve this program however often it asks, or None."""
    if _WRONG_PASSWORD.search(words) or state == "28P01":
        return "the database refuses the login: wrong user or password in the store URL"
    if 'extension "postgis" is not available' in words:
        return "the database server lacks PostGIS: install its postgis package"
    if 'create extension "postgis"' in words:
        return "the database lacks PostGIS: let its owner run CREATE EXTENSION postgis"
    if _REFUSED_LOGIN.search(words) or state.startswith(_ACCESS_SQLSTATES):
        return "the database refuses this program: check user, database name and rights in the store URL"
    return None


def _plain_sqlite(cause: sqlite3.Error) -> CareStationError:
    code = getattr(cause, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in _NOT_A_STORE:
        return StoreAccessError("the file is no care-stations store, or is damaged")
    if primary in _READ_ONLY:
        return StoreAccessError("the store's file or its directory cannot be written")
    if primary == sqlite3.SQLITE_FULL:
        return StoreUnavailableError("the disk is full: nothing was written")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnavailableError("the store is busy with another write")
    return StoreUnavailableError("the store's file cannot be opened or read")
