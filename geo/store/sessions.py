"""Keepers' sessions in a browser: opened with a key, ended by time, by logging out or with the key."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, timedelta

from sqlalchemy import delete, insert, select

from geo.store.keys import Key, key_named
from geo.store.model import SessionRow
from geo.store.protocol import StationStore

SESSION_LASTS = timedelta(hours=12)


def open_session(store: StationStore, key: Key) -> str:
    """Open a session for the holder of ``key`` and return its token; sessions past their end are removed."""
    token = secrets.token_urlsafe(32)
    now = store.clock().astimezone(UTC)
    with store.writing() as connection:
        connection.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
        values = {"token_sha256": _sha256(token), "key_name": key.name, "expires_at": now + SESSION_LASTS}
        connection.execute(insert(SessionRow).values(**values))
    return token


def session_key(store: StationStore, token: str) -> Key | None:
    """Return whose session ``token`` is, or None when there is none, it has ended, or the key is revoked.

    Asks the store each time, so that a revocation holds at once in every process.
    """
    now = store.clock().astimezone(UTC)
    query = select(SessionRow.key_name).where(
        SessionRow.token_sha256 == _sha256(token), SessionRow.expires_at > now
    )
    with store.reading() as connection:
        name = connection.execute(query).scalar()
        return None if name is None else key_named(connection, name)


def end_session(store: StationStore, token: str) -> None:
    """End a session; one that is over stays so."""
    with store.writing() as connection:
        connection.execute(delete(SessionRow).where(SessionRow.token_sha256 == _sha256(token)))


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
