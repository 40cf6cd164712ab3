"""The register as reads see it: an immutable picture in memory, and the keeper that renews it."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType

import geopandas as gpd

from geo.areas import Areas, shipped_areas
from geo.errors import CareStationError, NotFoundError, StoreUnavailableError
from geo.stations import LonLat, Station, stations_to_frame
from geo.store.planning_layers import imported_areas
from geo.store.protocol import Difference, StationStore, StoreWatch
from geo.store.zone import Zone
from geo.store.zones import by_station, list_zones

_log = logging.getLogger(__name__)

HEARTBEAT_S = 0.5
"""The longest silence after which the keeper looks at the store again; also how long a stop may take."""
STOP_LIMIT_S = 5.0
SILENCE_S = 2.0
"""After this long without an answer a store that hangs counts as away."""
RETRY_S = 0.5
"""The pause between attempts to reach a store that is away."""


@dataclass(frozen=True)
class Layers:
    """What lies beside the stations: zones by station, imported areas with their version."""

    zones: Mapping[str, tuple[Zone, ...]] = field(default_factory=dict)
    imported: tuple[int, Areas] | None = None


@dataclass(frozen=True)
class Snapshot:
    """The whole register at one version; shared by all threads, changed by none."""

    version: int
    built_at: datetime
    stations: tuple[Station, ...]
    """Every station, ordered by id."""
    by_id: MappingProxyType[str, Station]
    layers: Layers = field(default_factory=Layers, repr=False)
    store_uuid: str = ""

    @property
    def stamp(self) -> str:
        """What names this state of this store and no other: for entity tags."""
        return f"{self.version}-{self.store_uuid[:8]}"

    @property
    def zones(self) -> Mapping[str, tuple[Zone, ...]]:
        """The coverage zones by station, those of each by mode and minutes."""
        return self.layers.zones

    @property
    def areas(self) -> Areas:
        """The imported areas, or the shipped ones."""
        return self.layers.imported[1] if self.layers.imported else shipped_areas()

    @cached_property
    def located(self) -> tuple[Station, ...]:
        """Those of ``stations`` that have a place."""
        return tuple(station for station in self.stations if station.location is not None)

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """The analysis table of ``stations``; callers must not write into it."""
        return stations_to_frame(self.stations)

    def get(self, station_id: str) -> Station:
        """Return one station.

        Raises:
            NotFoundError: no such station.
        """
        if station_id not in self.by_id:
            raise NotFoundError(f"station {station_id}: not in the register")
        return self.by_id[station_id]


def build_snapshot(
    version: int,
    stations: Mapping[str, Station],
    built_at: datetime,
    *,
    layers: Layers | None = None,
    store_uuid: str = "",
) -> Snapshot:
    """Return the snapshot of ``stations`` by id."""
    ordered = tuple(stations[name] for name in sorted(stations))
    by_id = MappingProxyType({station.id: station for station in ordered})
    return Snapshot(version, built_at, ordered, by_id, layers or Layers(), store_uuid)


def patched(
    earlier: Snapshot,
    difference: Difference,
    built_at: datetime,
    imported: tuple[int, Areas] | None = None,
) -> Snapshot:
    """Return ``earlier`` with the difference and the imported areas applied; ``earlier`` stays as it was."""
    now: dict[str, Station | None] = dict.fromkeys(difference.removed)
    now |= {station.id: station for station in difference.changed}
    moved = {name for name, station in now.items() if _place(earlier.by_id.get(name)) != _place(station)}
    zones = earlier.zones
    if moved or difference.zones:
        kept = {station_id: own for station_id, own in zones.items() if station_id not in moved}
        zones = {**kept, **by_station(difference.zones)}
    by_id: dict[str, Station] = earlier.by_id.copy()
    for name, station in now.items():
        if station is None:
            by_id.pop(name, None)
        else:
            by_id[name] = station
    return Snapshot(
        difference.version,
        built_at,
        _exchanged(earlier.stations, now),
        MappingProxyType(by_id),
        Layers(zones, imported),
        difference.store_uuid,
    )


def _exchanged(stations: Sequence[Station], now: Mapping[str, Station | None]) -> tuple[Station, ...]:
    """Return ``stations``, ordered by id, with those of ``now`` put in, exchanged or (None) taken out."""
    found = list(stations)
    for name, station in now.items():
        row = bisect_left(found, name, key=attrgetter("id"))
        end = row + (row < len(found) and found[row].id == name)
        found[row:end] = [] if station is None else [station]
    return tuple(found)


def _nobody_listens() -> None:
    """Stand for a listener where there is none."""


def _place(station: Station | None) -> LonLat | None:
    return None if station is None else station.location


@dataclass(frozen=True)
class SnapshotStatus:
    """What the keeper knows of itself: for ``/readyz``, ``/metrics`` and the age shown with answers.

    ``age_s`` is the time since the store last confirmed that the snapshot is the present register (None:
    there is no snapshot yet); ``writable`` whether the store answered at the last look.
    """

    version: int | None
    age_s: float | None
    writable: bool
    last_error: str | None


class SnapshotKeeper:
    """Holds the present snapshot and swaps in a new one when any process has written.

    Reading ``snapshot`` never waits. When the store goes away the last snapshot stays, and grows old.
    """

    def __init__(self, store: StationStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self.heard: Callable[[], None] = _nobody_listens
        """Called in the keeper's own thread whenever the store has answered one of its looks."""
        self.renewed: Callable[[], None] = _nobody_listens
        """Called whenever another snapshot has been swapped in, by the thread that did; must be quick."""
        self._snapshot: Snapshot | None = None
        self._confirmed_at = 0.0
        self._writable = False
        self._last_error: str | None = None
        self._renewing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the first snapshot if the store answers, and watch it in the background from now on.

        Raises:
            StoreAccessError, StoreVersionError: waiting would not help; nothing was started.
        """
        try:
            self.refresh()
            self._writable = self._store.probe()
        except StoreUnavailableError as error:
            self._note_failure(str(error))
        self._thread = threading.Thread(target=self._watch, name="snapshot keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background watch; the last snapshot can still be read."""
        self._stopping.set()
        if self._thread is not None:
            # A database that hangs must not keep the server from ending; the thread is a daemon.
            self._thread.join(STOP_LIMIT_S)
            self._thread = None

    @property
    def snapshot(self) -> Snapshot:
        """The present snapshot.

        Raises:
            StoreUnavailableError: the store never answered yet.
        """
        if self._snapshot is None:
            raise StoreUnavailableError("the store has not answered yet")
        return self._snapshot

    def status(self) -> SnapshotStatus:
        """Return version, age and health, without asking the store."""
        snapshot = self._snapshot
        if snapshot is None:
            return SnapshotStatus(None, None, self._writable, self._last_error)
        age_s = max(0.0, self._monotonic() - self._confirmed_at)
        # A database that hangs does not fail: the keeper waits for it, and only the age grows.
        writable = self._writable and age_s <= SILENCE_S
        return SnapshotStatus(snapshot.version, age_s, writable, self._last_error)

    def refresh(self) -> Snapshot:
        """Read what changed, build the new snapshot beside the old one, swap it in and return it.

        Raises:
            StoreUnavailableError, StoreAccessError, StoreVersionError: the old snapshot stays.
        """
        with self._renewing:
            asked_at = self._monotonic()
            known = current = self._snapshot
            now = self._store.clock()
            if current is None:
                current = self._whole(now)
            else:
                difference = self._store.read_since(current.version)
                if difference.store_uuid != current.store_uuid:
                    # a backup was restored: the store has another past, and versions mean nothing
                    current = self._whole(now)
                elif difference.version != current.version:
                    current = patched(current, difference, now, self._areas(current, difference))
            self._confirmed_at = asked_at
            self._snapshot = current
        if current is not known:
            self.renewed()
        return current

    def wait_for(self, version: int) -> Snapshot:
        """Return a snapshot of at least ``version``, a committed write's, reading the store if need be.

        Raises:
            StoreUnavailableError: the store went away, or never had that version.
        """
        snapshot = self._snapshot
        if snapshot is None or snapshot.version < version:
            snapshot = self.refresh()
        if snapshot.version < version:
            raise StoreUnavailableError(f"the store does not show register version {version}")
        return snapshot

    def _whole(self, now: datetime) -> Snapshot:
        store_uuid = self._store.uuid()  # first: a store exchanged meanwhile is found out at the next look
        version, stations = self._store.read()
        layers = Layers(by_station(list_zones(self._store)), imported_areas(self._store))
        by_id = {station.id: station for station in stations}
        return build_snapshot(version, by_id, now, layers=layers, store_uuid=store_uuid)

    def _areas(self, current: Snapshot, difference: Difference) -> tuple[int, Areas] | None:
        known = current.layers.imported
        unchanged = difference.areas_version == (known[0] if known else None)
        return known if unchanged else imported_areas(self._store)

    def _watch(self) -> None:
        watch = self._store.watch()
        try:
            while not self._stopping.is_set():
                try:
                    self._look(watch)
                except CareStationError as error:
                    self._note_failure(str(error))
                    self._stopping.wait(RETRY_S)
                except Exception:
                    # A watch that ended unnoticed would serve an old register for ever.
                    _log.exception("the snapshot cannot be renewed")
                    self._note_failure("the snapshot cannot be renewed")
                    self._stopping.wait(RETRY_S)
        finally:
            watch.close()

    def _look(self, watch: StoreWatch) -> None:
        known = self._snapshot.version if self._snapshot is not None else None
        asked_at = self._monotonic()
        version = watch.wait(known, HEARTBEAT_S)
        self.heard()
        if version != known:
            self.refresh()
        else:
            self._confirmed_at = max(self._confirmed_at, asked_at)
        writable = self._store.probe()
        if self._last_error is not None:
            _log.info("the store answers again")
        self._writable, self._last_error = writable, None

    def _note_failure(self, error: str) -> None:
        if self._last_error != error:
            _log.warning("the store does not answer: %s", error)
        self._writable, self._last_error = False, error
