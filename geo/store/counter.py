"""The version of the register: one row, raised by every change that a reader can see."""

from __future__ import annotations

from sqlalchemy import Connection, select, text, update

from geo.store.model import MetaRow

NOTIFY_CHANNEL = "care_stations"


def current_version(connection: Connection) -> int:
    """Return the register version inside the transaction of ``connection``."""
    return connection.execute(select(MetaRow.version)).scalar_one()


def lock_register(connection: Connection) -> None:
    """Wait until no other writer is in the register (SQLite's write transactions are alone anyway)."""
    connection.execute(select(MetaRow.id).with_for_update())


def bump_version(connection: Connection) -> int:
    """Raise the version by one and return it.

    Do it first in a write: the row's lock puts all writers in one line. Listeners on PostgreSQL hear of it
    when the transaction commits.
    """
    connection.execute(update(MetaRow).values(version=MetaRow.version + 1))
    version = current_version(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_notify(:channel, :version)"),
            {"channel": NOTIFY_CHANNEL, "version": str(version)},
        )
    return version
