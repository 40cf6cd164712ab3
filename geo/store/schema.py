"""The schema of a store: which revision it has, which this program needs, and the way there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from geo.errors import StoreAccessError, StoreVersionError
from geo.store.database import Database, parse_store_url, sqlite_path
from geo.store.failures import told_plainly

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_UPGRADE_LOCK = 0x63617265
_FOREIGN = r"""SELECT 1 FROM sqlite_master WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'
 AND name <> 'alembic_version' LIMIT 1"""
SchemaState = Literal["current", "empty", "behind", "ahead"]


@dataclass(frozen=True)
class SchemaStatus:
    """Where a store's schema stands: ``found`` (None: no tables yet) against ``needed``."""

    state: SchemaState
    found: str | None
    needed: str

    def require_current(self) -> None:
        """Refuse any schema but the present one.

        Raises:
            StoreVersionError: one line that says what to do.
        """
        if self.state == "current":
            return
        if self.state == "ahead":
            raise StoreVersionError(
                f"the store's schema {self.found} is newer than this program's {self.needed}: "
                "use the newer care-stations"
            )
        found = "has no tables yet" if self.state == "empty" else f"is at {self.found}"
        raise StoreVersionError(
            f"the store's schema {found}, this program needs {self.needed}: run `care-stations db upgrade`"
        )


def check(url: str) -> SchemaStatus:
    """Return where the schema of the store at ``url`` stands; changes and creates nothing.

    Raises:
        StoreUnavailableError, StoreAccessError: it can't be reached, or is a file of another program.
    """
    parsed = parse_store_url(url)
    if parsed.drivername == "sqlite" and not sqlite_path(parsed).exists():
        return SchemaStatus("empty", None, _needed(_scripts()))
    database = Database(parsed)
    try:
        with database.reading() as connection:
            return status_of(connection)
    finally:
        database.close()


def upgrade(url: str, revision: str = "head") -> SchemaStatus:
    """Bring the store at ``url`` to ``revision`` in one transaction and return its status.

    An embedded store that holds tables is copied first, to a file beside it.

    Raises:
        StoreVersionError: the store is ahead of this program.
        StoreUnavailableError, StoreAccessError: nothing was changed.
    """
    check(url)  # schema work opens for writing, which marks even a file it then refuses
    database = Database(parse_store_url(url), schema_work=True)
    try:
        with database.writing() as connection:
            hold_schema(connection)
            status = status_of(connection)
            if status.state == "ahead":
                status.require_current()
            if status.state == "current":
                return status
            if database.embedded and status.found is not None:
                copy_beside(sqlite_path(database.url), status.found)
            migrate(connection, revision)
            return status_of(connection)
    finally:
        database.close()


def status_of(connection: sa.Connection) -> SchemaStatus:
    """Return the schema status as seen by ``connection``.

    Raises:
        StoreAccessError: an SQLite file holds tables, but none of a store.
    """
    scripts = _scripts()
    needed = _needed(scripts)
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        if connection.dialect.name == "sqlite" and connection.execute(sa.text(_FOREIGN)).first():
            raise StoreAccessError("the file holds tables of another program: it is no care-stations store")
        return SchemaStatus("empty", None, needed)
    if found == needed:
        return SchemaStatus("current", found, needed)
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaStatus("behind" if found in known else "ahead", found, needed)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _needed(scripts: ScriptDirectory) -> str:
    head = scripts.get_current_head()
    if head is None:
        raise FileNotFoundError("this installation lacks the migrations of the store")
    return head


def hold_schema(connection: sa.Connection) -> None:
    """Keep other programs' schema work out until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})


def migrate(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the schema forward to ``revision`` inside the transaction of ``connection``.

    Raises:
        StoreVersionError: this program knows no such revision.
    """
    scripts = _scripts()
    if revision != "head" and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreVersionError(
            f"schema {revision} is not known to this program: use the newer care-stations"
        )
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS postgis"))
    _run(connection, scripts, revision, lambda found: scripts._upgrade_revs(revision, found))


def remove_all(connection: sa.Connection) -> None:
    """Drop every table of the store inside the transaction of ``connection``."""
    scripts = _scripts()
    _run(connection, scripts, "base", lambda found: scripts._downgrade_revs("base", found))


def _run(
    connection: sa.Connection, scripts: ScriptDirectory, target: str, steps: Callable[[Any], Any]
) -> None:
    environment = EnvironmentContext(
        Config(), scripts, fn=lambda found, _context: steps(found), destination_rev=target
    )
    with environment:
        # DDL is transactional in SQLite too, now that `begin` is ours: the way is gone whole or not at all.
        environment.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()


def copy_beside(path: Path, revision: str) -> Path:
    """Copy an embedded store to a file beside it and return that file; writers may be at work meanwhile."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.{revision}-{stamp}.bak")
    unfinished = target.with_name(target.name + ".part")
    with (
        told_plainly(),
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(unfinished)) as copy,
    ):
        source.backup(copy)
    unfinished.replace(target)
    return target
