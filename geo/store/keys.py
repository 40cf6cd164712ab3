"""Keepers' keys: made once, shown once, stored as a hash, revocable at once."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy import Connection, insert, select, update

from geo.errors import ConflictError, InvalidParameterError, NotFoundError
from geo.store.model import KeyRow
from geo.store.protocol import StationStore

Role = Literal["keeper", "admin"]

_TOKEN = re.compile(r"cs_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")


@dataclass(frozen=True)
class Key:
    """A keeper's key as the store knows it; the key itself is kept nowhere."""

    name: str
    role: Role
    prefix: str
    created_at: datetime
    revoked_at: datetime | None


def add_key(store: StationStore, name: str, role: Role) -> str:
    """Make a key and return it; this is the only time it can be seen.

    A name is never used twice, also after a revocation: the history speaks of people by it.

    Raises:
        InvalidParameterError: the name is blank or longer than 100 characters, or the role is unknown.
        ConflictError: the name is taken.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise InvalidParameterError("name", name, "must be 1-100 characters on one line")
    if role not in get_args(Role):
        raise InvalidParameterError("role", role, "must be keeper or admin")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = f"cs_{prefix}_{secret}"
    with store.writing() as connection:
        if _find(connection, KeyRow.name, name) is not None:
            raise ConflictError(f"key {name}: the name is taken (also a revoked key keeps its name)")
        values = {
            "name": name,
            "role": role,
            "prefix": prefix,
            "key_sha256": _sha256(token),
            "created_at": store.clock().astimezone(UTC),
        }
        connection.execute(insert(KeyRow).values(**values))
    return token


def list_keys(store: StationStore) -> list[Key]:
    """Return all keys, the oldest first, revoked ones too."""
    with store.reading() as connection:
        rows = connection.execute(select(KeyRow.__table__).order_by(KeyRow.created_at, KeyRow.name))
        return [_key(row) for row in rows]


def revoke_key(store: StationStore, name: str) -> Key:
    """Revoke the key of ``name`` from this moment on; a second revocation changes nothing.

    Raises:
        NotFoundError: no key has that name.
    """
    with store.writing() as connection:
        row = _find(connection, KeyRow.name, name)
        if row is None:
            raise NotFoundError(f"key {name}: no such key")
        if row.revoked_at is None:
            now = store.clock().astimezone(UTC)
            connection.execute(update(KeyRow).where(KeyRow.name == name).values(revoked_at=now))
            row = _find(connection, KeyRow.name, name)
        return _key(row)


def verify_key(store: StationStore, token: str) -> Key | None:
    """Return the key that ``token`` is, or None when it is unknown, malformed or revoked.

    Asks the store each time, so that a revocation holds at once in every process. The token carries 256
    random bits, which no guessing finds: one round of SHA-256 protects it as well as a slow hash would.
    """
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    with store.reading() as connection:
        row = _find(connection, KeyRow.prefix, parts[1])
    if row is None or not hmac.compare_digest(row.key_sha256, _sha256(token)) or row.revoked_at is not None:
        return None
    return _key(row)


def key_named(connection: Connection, name: str) -> Key | None:
    """Return the key of ``name`` unless it is revoked, within the caller's transaction."""
    row = _find(connection, KeyRow.name, name)
    return None if row is None or row.revoked_at is not None else _key(row)


def _find(connection: Connection, column: Any, value: str) -> Any:
    return connection.execute(select(KeyRow.__table__).where(column == value)).first()


def _key(row: Any) -> Key:
    return Key(row.name, cast("Role", row.role), row.prefix, row.created_at, row.revoked_at)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
