"""Failures of the databases, told in the core's own errors and without host, SQL or password."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from geo.errors import CareStationError, ConflictError, StoreAccessError, StoreUnavailableError

# A refused login carries no SQLSTATE, only the server's words (in English or, by lc_messages, in Chinese).
_WRONG_PASSWORD = re.compile(r"password authentication failed|no password supplied|认证失败|没有提供口令")
_REFUSED_LOGIN = re.compile(
    r"no pg_hba\.conf entry|(role|database) \"[^\"]*\" (does not exist|is not permitted)"
    r"|permission denied for database|pg_hba\.conf 记录|(角色|数据库) *\"[^\"]*\" *不存在"
)
_ACCESS_SQLSTATES = ("28", "3D", "42501", "42P01")
_NOT_A_STORE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the database drivers raise inside the block into the core's errors.

    Raises:
        StoreAccessError: wrong password, no such database, no permission, not a store.
        ConflictError: a constraint of the database refused the write.
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
    if isinstance(error, IntegrityError):
        return ConflictError("the store refused the write: it breaks a rule of the database")
    if isinstance(cause, psycopg.Error):
        return _plain_postgresql(cause)
    if isinstance(cause, sqlite3.Error):
        return _plain_sqlite(cause)
    return StoreUnavailableError("the store gave no answer")


def _plain_postgresql(cause: psycopg.Error) -> CareStationError:
    state, words = cause.sqlstate or "", str(cause)
    if _WRONG_PASSWORD.search(words) or state == "28P01":
        return StoreAccessError("the database refuses the login: wrong user or password in the store URL")
    if _REFUSED_LOGIN.search(words) or state.startswith(_ACCESS_SQLSTATES):
        return StoreAccessError(
            "the database refuses this program: check user, database name and rights in the store URL"
        )
    if state == "53100":
        return StoreUnavailableError("the database's disk is full: nothing was written")
    if state == "57014":
        return StoreUnavailableError("the database took too long")
    if state == "55P03":
        return StoreUnavailableError("the database is busy with another write")
    return StoreUnavailableError("the database cannot be reached")


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
