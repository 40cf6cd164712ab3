"""The register as the doors see it: one immutable view, laid out anew for each snapshot of the store."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from api.area_features import area_table
from api.feature_table import FeatureTable
from api.station_features import station_table
from api.zone_features import zone_table, zones_state
from geo.amenities import GROUPS
from geo.areas import Areas
from geo.finder import FinderTable
from geo.io.notices import credit
from geo.stations import Station
from geo.store.snapshot import Snapshot, SnapshotKeeper

_SMALL = 2_000  # a register up to this size is laid out by who asks; a larger one while the old view answers


@dataclass(frozen=True)
class View:
    """Everything that answers reads, of one version of the register."""

    snapshot: Snapshot
    version: int
    stations: tuple[Station, ...]
    by_id: Mapping[str, Station]
    finder: FinderTable
    tables: Mapping[str, FeatureTable]

    @property
    def stamp(self) -> str:
        """What names this state of this store and no other: for entity tags."""
        return self.snapshot.stamp

    @property
    def areas(self) -> Areas:
        """The imported areas, or the shipped ones."""
        return self.snapshot.areas

    @cached_property
    def notes(self) -> Mapping[str, Mapping[str, object]]:
        """What collections and their pages say of themselves: licence, source, present state."""
        credits = credit(self.stations)
        return {
            "stations": credits,
            "coverage-zones": {**credits, **zones_state(self.snapshot)},
            "areas": {"areas_basis": self.areas.basis},
            "worker-demand": credits,
            "service-gaps": credits,
        }


class LiveRegister:
    """Hands out the view of the keeper's snapshot; of a large register it is laid out before anyone asks."""

    def __init__(self, keeper: SnapshotKeeper, timezone: ZoneInfo) -> None:
        self._keeper, self._timezone = keeper, timezone
        self._view: View | None = None
        self._building = threading.Lock()
        self._following, self._follow_lock = False, threading.Lock()
        keeper.renewed = self._prepare

    def present(self) -> View | None:
        """Return the view of the keeper's snapshot if there is nothing to do for it, else None.

        Raises:
            StoreUnavailableError: there is no snapshot yet.
        """
        view = self._view
        return view if view is not None and view.snapshot is self._keeper.snapshot else None

    def view(self) -> View:
        """Return the present view; a large new snapshot is laid out beside it first.

        Raises:
            StoreUnavailableError: there is no snapshot yet.
        """
        snapshot = self._keeper.snapshot
        view = self._view
        if view is not None and view.snapshot is snapshot:
            return view
        if view is None or len(snapshot.stations) <= _SMALL:
            return self._lay_out(snapshot)
        self._prepare()
        return view

    def wait_for(self, version: int) -> View:
        """Return a view of at least ``version``, a committed write's: who wrote reads what was written.

        Raises:
            StoreUnavailableError: the store went away, or never had that version.
        """
        return self._lay_out(self._keeper.wait_for(version))

    def _prepare(self) -> None:
        """Have a large new snapshot laid out, by one thread however many there are to follow."""
        if len(self._keeper.snapshot.stations) <= _SMALL:
            return
        with self._follow_lock:
            if self._following:
                return
            self._following = True
        threading.Thread(target=self._follow, name="register view", daemon=True).start()

    def _follow(self) -> None:
        try:
            while self._lay_out(self._keeper.snapshot).snapshot is not self._keeper.snapshot:
                pass
        finally:
            with self._follow_lock:
                self._following = False
        # A snapshot swapped in between the last look and the flag has found nobody to tell.
        if self.present() is None:
            self._prepare()

    def _lay_out(self, snapshot: Snapshot) -> View:
        with self._building:
            view = self._view
            if view is not None and view.snapshot is snapshot:
                return view
            finder = FinderTable.build(snapshot.stations, self._timezone, view.finder if view else None)
            for group in GROUPS:
                finder.asked(group)  # what workers ask for, worked out before they do
            self._view = View(
                snapshot=snapshot,
                version=snapshot.version,
                stations=finder.stations,
                by_id=snapshot.by_id,
                finder=finder,
                tables=_tables(snapshot, finder, view),
            )
            return self._view


def _tables(snapshot: Snapshot, finder: FinderTable, earlier: View | None) -> dict[str, FeatureTable]:
    """Lay out the collections, taking over from the ``earlier`` view what has not changed."""
    if earlier is None:
        stations = station_table(finder)
        zones, areas = zone_table(snapshot), area_table(snapshot.areas)
    else:
        stations = station_table(finder, (earlier.finder, earlier.tables["stations"]))
        zones = zone_table(snapshot, (earlier.snapshot, earlier.tables["coverage-zones"]))
        same = earlier.areas is snapshot.areas
        areas = earlier.tables["areas"] if same else area_table(snapshot.areas)
    return {"stations": stations, "coverage-zones": zones, "areas": areas}
