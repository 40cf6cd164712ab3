"""What every back end of the register promises. One contract test suite holds them to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Connection

from geo.stations import Station
from geo.store.zone import Zone

ChangeKind = Literal["create", "replace", "delete", "restore"]


@dataclass(frozen=True)
class Change:
    """One wanted write.

    ``create`` and ``replace`` carry the whole ``station`` (its ``version`` and ``updated_at`` are ignored:
    they are the store's). ``delete`` takes the station out of the register; its history stays. ``restore``
    brings back the station as it was in ``restore_version``, as a new version, also after a delete.
    ``expected_version`` guards a replace, delete or restore; None means "whatever is stored".
    """

    kind: ChangeKind
    station_id: str
    station: Station | None = None
    expected_version: int | None = None
    restore_version: int | None = None


@dataclass(frozen=True)
class Written:
    """What a committed write made: the new register version and each change's result (None: deleted)."""

    version: int
    stations: tuple[Station | None, ...]


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the append-only history: who changed which station when, from what to what.

    ``version`` is the station's after the change; a delete counts as one too, so a version (and an ETag)
    never comes twice.
    """

    sequence: int
    station_id: str
    version: int
    kind: ChangeKind
    actor: str
    at: datetime
    before: Station | None
    after: Station | None


@dataclass(frozen=True)
class Difference:
    """What changed since a register version: the present state of touched stations, and who is gone.

    ``zones`` are those written since, ``areas_version`` what the imported areas have (None: there are
    none). It means something only to a reader who knew the same ``store_uuid``.
    """

    store_uuid: str
    version: int
    changed: tuple[Station, ...]
    removed: frozenset[str]
    zones: tuple[Zone, ...] = ()
    areas_version: int | None = None


class StoreWatch(Protocol):
    """Waits for writes of any process. Used by one thread only."""

    def wait(self, known_version: int | None, timeout_s: float) -> int:
        """Return the register version: at once if it is not ``known_version``, else after ``timeout_s``.

        Raises:
            StoreUnavailableError: the store went away; call again to try anew.
        """
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class StationStore(Protocol):
    """The register: stations, their history and a version that grows with every write.

    Every method may raise ``StoreUnavailableError`` (the store cannot be reached now),
    ``StoreAccessError`` (it refuses this program) and ``StoreVersionError`` (its schema is another).
    """

    @property
    def url(self) -> str:
        """The store's address without its password."""
        ...

    def version(self) -> int:
        """Return the version of the whole register: it grows by one with each committed transaction."""
        ...

    def uuid(self) -> str:
        """Return what names this store, and changes when a backup is restored into it (for ETags)."""
        ...

    def stations(self) -> list[Station]:
        """Return every station, ordered by id, from one consistent read."""
        ...

    def read(self) -> tuple[int, list[Station]]:
        """Return (version, stations) from one consistent read."""
        ...

    def read_since(self, version: int) -> Difference:
        """Return what changed in the stations after register version ``version``, read consistently."""
        ...

    def get(self, station_id: str) -> Station:
        """Return one station.

        Raises:
            NotFoundError: no such station.
        """
        ...

    def nearest(self, lon: float, lat: float, k: int = 5) -> list[tuple[str, float]]:
        """Return (id, geodesic distance in metres) of the ``k`` nearest located stations, ties by id.

        Raises:
            InvalidParameterError: the point is not on Earth, or ``k`` is below 1.
        """
        ...

    def create_from(self, stations: Iterable[Station]) -> bool:
        """Fill a store that never held a station; return False, changing nothing, if it did.

        Two processes may call it at once: one fills, the other finds it full. Versions and ``updated_at``
        of the register are kept.
        """
        ...

    def write(self, changes: Sequence[Change], actor: str) -> Written:
        """Write all changes in one transaction, all or none, each seeing those before it.

        If the connection breaks while the commit is under way, the outcome is unknown to the caller: read
        before writing again (``expected_version`` makes a second try safe).

        Raises:
            ConflictError: a create meets a taken id, or ``expected_version`` is not the stored one.
            NotFoundError: a change names no station, or a version that never was.
            InvalidDataError: a station holds text no database can keep.
        """
        ...

    def apply(self, changes: Sequence[Change], actor: str) -> int:
        """Do ``write`` and return the new register version."""
        ...

    def history(self, station_id: str) -> list[HistoryEntry]:
        """Return the changes of one station, oldest first (also of a deleted one).

        Raises:
            NotFoundError: the register never knew that id.
        """
        ...

    def restore(
        self, station_id: str, version: int, actor: str, expected_version: int | None = None
    ) -> Station:
        """Bring back the station as it was in ``version``, as a new change, and return it.

        Raises:
            NotFoundError: no such version, or it is a deletion.
            ConflictError: ``expected_version`` is not the stored one.
        """
        ...

    def probe(self) -> bool:
        """Return whether the store would take a write now; never raises."""
        ...

    def watch(self) -> StoreWatch:
        """Return a watch for one background thread."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """Open one consistent read, for the other tables of the store (keys, reports, zones …)."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """Open one write transaction, for the other tables of the store."""
        ...

    @property
    def clock(self) -> Callable[[], datetime]:
        """The clock that stamps changes (aware)."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
