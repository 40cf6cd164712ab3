"""What every back end of the register promises. One contract test suite holds them to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from geo.stations import Station

ChangeKind = Literal["create", "replace", "delete", "restore"]


@dataclass(frozen=True)
class Change:
    """One wanted write.

    ``create`` and ``replace`` carry the whole ``station`` (its ``version`` and ``updated_at`` are ignored:
    they are the store's). ``expected_version`` guards a replace or delete; None means "whatever is stored".
    ``delete`` takes the station out of the register; its history stays.
    """

    kind: ChangeKind
    station_id: str
    station: Station | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the append-only history: who changed which station when, from what to what."""

    sequence: int
    station_id: str
    version: int
    kind: ChangeKind
    actor: str
    at: datetime
    before: Station | None
    after: Station | None


class StationStore(Protocol):
    """The register: stations, their history and a version that grows with every write."""

    @property
    def url(self) -> str:
        """The store's address without its password."""
        ...

    def version(self) -> int:
        """Return the version of the whole register: it grows by one with each committed transaction.

        Raises:
            StoreUnavailableError: the store cannot be reached.
        """
        ...

    def stations(self) -> list[Station]:
        """Return every station, ordered by id, from one consistent read."""
        ...

    def read(self) -> tuple[int, list[Station]]:
        """Return (version, stations) from one consistent read."""
        ...

    def get(self, station_id: str) -> Station:
        """Return one station.

        Raises:
            NotFoundError: no such station.
        """
        ...

    def apply(self, changes: Sequence[Change], actor: str) -> int:
        """Write all changes in one transaction, all or none, and return the new register version.

        Raises:
            ConflictError: a create meets a taken id, or ``expected_version`` is not the stored one.
            NotFoundError: a replace or delete names no station.
            StoreUnavailableError: nothing was written.
        """
        ...

    def history(self, station_id: str) -> list[HistoryEntry]:
        """Return the changes of one station, oldest first (also of a deleted one).

        Raises:
            NotFoundError: the register never knew that id.
        """
        ...

    def close(self) -> None:
        """Release connections."""
        ...
