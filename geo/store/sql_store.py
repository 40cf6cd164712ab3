"""The register in a database: one class for SQLite and PostGIS over the one model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, func, select

from geo.errors import CareStationError, ConflictError, NotFoundError
from geo.stations import Station, station_from_record
from geo.store.counter import bump_version, current_version, lock_register
from geo.store.database import Database, sqlite_path
from geo.store.history_rows import history_values, read_history, station_at
from geo.store.model import AreaRow, HistoryRow, LayerRow, MetaRow
from geo.store.nearest_query import nearest_in_postgis, nearest_in_process
from geo.store.protocol import Change, Difference, HistoryEntry, StoreWatch, Written
from geo.store.schema import status_of
from geo.store.station_rows import (
    chunks,
    delete_stations,
    insert_rows,
    insert_stations,
    is_storable,
    load_stations,
    refuse_unstorable,
    update_stations,
)
from geo.store.watches import PollingWatch, PostgresqlWatch
from geo.store.zones import follow_stations, load_zones

SEED_ACTOR = "register"
"""The actor of the changes that filled a new store from the register file."""


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class SqlStore:
    """The register in SQLite or PostGIS; see ``StationStore`` for what each method promises.

    The schema is checked by the first operation that reaches the database, so a store may be made while its
    database is down.
    """

    def __init__(
        self,
        url: URL,
        register: Callable[[], Iterable[Station]] | None = None,
        clock: Callable[[], datetime] = utc_now,
        lock_wait_s: float | None = None,
    ) -> None:
        """``register`` gives the stations of a store that never held one."""
        self._database = Database(url, lock_wait_s=lock_wait_s)
        self._register = register
        self._clock = clock
        self._checked = False
        self._check_lock = Lock()

    @property
    def url(self) -> str:
        return self._database.url.render_as_string(hide_password=True)

    @property
    def clock(self) -> Callable[[], datetime]:
        return self._clock

    def reading(self) -> AbstractContextManager[Connection]:
        return self._checked_first(self._database.reading)

    def writing(self) -> AbstractContextManager[Connection]:
        return self._checked_first(self._database.writing)

    @contextmanager
    def _checked_first(
        self, opener: Callable[[], AbstractContextManager[Connection]]
    ) -> Iterator[Connection]:
        self.ready()
        with opener() as connection:
            yield connection

    def ready(self) -> None:
        """Make sure, once, that the schema is the present one and that a new store has its register.

        Raises:
            StoreVersionError: the schema is another.
        """
        if self._checked:
            return
        with self._check_lock:
            if self._checked:
                return
            with self._database.reading() as connection:
                status_of(connection).require_current()
                fresh = _never_filled(connection)
            if fresh and self._register is not None:
                self._fill(self._register())
            self._checked = True

    def version(self) -> int:
        with self.reading() as connection:
            return current_version(connection)

    def uuid(self) -> str:
        with self.reading() as connection:
            return connection.execute(select(MetaRow.store_uuid)).scalar_one()

    def stations(self) -> list[Station]:
        return self.read()[1]

    def read(self) -> tuple[int, list[Station]]:
        with self.reading() as connection:
            return current_version(connection), load_stations(connection)

    def read_since(self, version: int) -> Difference:
        with self.reading() as connection:
            touched = set(
                connection.scalars(
                    select(HistoryRow.station_id).where(HistoryRow.register_version > version).distinct()
                )
            )
            changed = load_stations(connection, touched)
            present = {station.id for station in changed}
            store_uuid = connection.execute(select(MetaRow.store_uuid)).scalar_one()
            areas_version = connection.execute(
                select(LayerRow.version).where(LayerRow.name == AreaRow.__tablename__)
            ).scalar()
            return Difference(
                store_uuid,
                current_version(connection),
                tuple(changed),
                frozenset(touched - present),
                tuple(load_zones(connection, since=version)),
                areas_version,
            )

    def get(self, station_id: str) -> Station:
        with self.reading() as connection:
            found = load_stations(connection, [station_id])
        if not found:
            raise NotFoundError(f"station {station_id}: not in the register")
        return found[0]

    def nearest(self, lon: float, lat: float, k: int = 5) -> list[tuple[str, float]]:
        with self.reading() as connection:
            ask = nearest_in_process if self._database.embedded else nearest_in_postgis
            return ask(connection, lon, lat, k)

    def create_from(self, stations: Iterable[Station]) -> bool:
        self.ready()
        return self._fill(stations)

    def _fill(self, stations: Iterable[Station]) -> bool:
        given = sorted(stations, key=lambda station: station.id)
        for station in given:
            refuse_unstorable(station)
        now = self._clock().astimezone(UTC)
        with self._database.writing() as connection:
            lock_register(connection)
            if not _never_filled(connection):
                return False
            version = bump_version(connection)
            filled = [
                station.model_copy(update={"updated_at": (station.updated_at or now).astimezone(UTC)})
                for station in given
            ]
            insert_stations(connection, filled)
            follow_stations(connection, filled, version, now)
            for chunk in chunks(filled):
                rows = [
                    history_values(
                        station.id,
                        station.version,
                        register_version=version,
                        kind="create",
                        actor=SEED_ACTOR,
                        at=now,
                        before=None,
                        after=station,
                    )
                    for station in chunk
                ]
                insert_rows(connection, HistoryRow, rows)
        return True

    def apply(self, changes: Sequence[Change], actor: str) -> int:
        return self.write(changes, actor).version

    def write(self, changes: Sequence[Change], actor: str) -> Written:
        if not changes:
            return Written(self.version(), ())
        for change in changes:
            if change.kind != "create" and not is_storable(change.station_id):
                raise NotFoundError(f"station {change.station_id}: not in the register")
            if change.station is not None:
                refuse_unstorable(change.station)
        now = self._clock().astimezone(UTC)
        with self.writing() as connection:
            version = bump_version(connection)
            step = _Step(connection, {change.station_id for change in changes}, version, actor, now)
            results = tuple(step.do(change) for change in changes)
            step.save()
        return Written(version, results)

    def history(self, station_id: str) -> list[HistoryEntry]:
        with self.reading() as connection:
            entries = read_history(connection, station_id)
        if not entries:
            raise NotFoundError(f"station {station_id}: the register never knew it")
        return entries

    def restore(
        self, station_id: str, version: int, actor: str, expected_version: int | None = None
    ) -> Station:
        change = Change("restore", station_id, expected_version=expected_version, restore_version=version)
        restored = self.write([change], actor).stations[0]
        if restored is None:
            raise NotFoundError(f"station {station_id}: version {version} is a deletion")
        return restored

    def probe(self) -> bool:
        try:
            with self.reading() as connection:
                if self._database.embedded:
                    path = sqlite_path(self._database.url)
                    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
                standby: bool = connection.execute(select(func.pg_is_in_recovery())).scalar_one()
                return not standby
        except CareStationError:
            return False

    def watch(self) -> StoreWatch:
        if self._database.embedded:
            return PollingWatch(self.version)
        return PostgresqlWatch(self._database.url, self.version)

    def close(self) -> None:
        self._database.close()


def _never_filled(connection: Connection) -> bool:
    return connection.execute(select(HistoryRow.sequence).limit(1)).first() is None


class _Step:
    """One transaction's changes, worked out in memory against the stored stations, then saved."""

    def __init__(
        self, connection: Connection, ids: set[str], version: int, actor: str, now: datetime
    ) -> None:
        self._connection = connection
        self._version, self._actor, self._now = version, actor, now
        self._stored = {station.id: station for station in load_stations(connection, ids)}
        self._present = dict(self._stored)
        self._last_version = {name: station.version for name, station in self._stored.items()}
        self._history: list[dict[str, Any]] = []

    def do(self, change: Change) -> Station | None:
        """Work out one change; nothing is written yet."""
        before = self._present.get(change.station_id)
        self._guard(change, before)
        version = self._next_version(change.station_id)
        wanted = self._wanted(change)
        after = None
        if wanted is not None:
            after = wanted.model_copy(update={"version": version, "updated_at": self._now})
            self._present[change.station_id] = after
        else:
            self._present.pop(change.station_id)
        self._history.append(
            history_values(
                change.station_id,
                version,
                register_version=self._version,
                kind=change.kind,
                actor=self._actor,
                at=self._now,
                before=before,
                after=after,
            )
        )
        return after

    def save(self) -> None:
        """Write the outcome, the zones of what is new or has moved, and the history."""
        stored, present = self._stored, self._present
        delete_stations(self._connection, [name for name in stored if name not in present])
        insert_stations(
            self._connection, [station for name, station in present.items() if name not in stored]
        )
        update_stations(
            self._connection,
            [station for name, station in present.items() if name in stored and station is not stored[name]],
        )
        moved = [
            station
            for name, station in present.items()
            if name not in stored or station.location != stored[name].location
        ]
        follow_stations(self._connection, moved, self._version, self._now)
        for rows in chunks(self._history):
            insert_rows(self._connection, HistoryRow, rows)

    def _guard(self, change: Change, before: Station | None) -> None:
        name = change.station_id
        if change.kind == "create" and before is not None:
            raise ConflictError(f"station {name}: the id is taken")
        if change.kind in ("replace", "delete") and before is None:
            raise NotFoundError(f"station {name}: not in the register")
        if change.expected_version is not None:
            found = before.version if before is not None else None
            if found != change.expected_version:
                raise ConflictError(
                    f"station {name}: version {change.expected_version} was expected, {found} is stored"
                )

    def _wanted(self, change: Change) -> Station | None:
        if change.kind == "delete":
            return None
        if change.kind == "restore":
            record = station_at(self._connection, change.station_id, change.restore_version)
            return station_from_record(record, f"history of {change.station_id}")
        if change.station is None or change.station.id != change.station_id:
            raise ValueError(f"change of station {change.station_id}: carries no station of that id")
        return change.station

    def _next_version(self, station_id: str) -> int:
        if station_id not in self._last_version:
            known = select(func.max(HistoryRow.version)).where(HistoryRow.station_id == station_id)
            self._last_version[station_id] = self._connection.execute(known).scalar() or 0
        self._last_version[station_id] += 1
        return self._last_version[station_id]
