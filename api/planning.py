"""What the planner's questions rest on, and their answers kept for as long as they stay true.

An answer is kept under everything that was asked, for the snapshot it was worked out on; a new snapshot
empties the shelf, so none is ever stale. Whoever asks what is being worked out already waits for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeVar

import geopandas as gpd

from geo.areas import Areas, shipped_areas
from geo.assessment import Assessment, assess
from geo.demand import Demand
from geo.demand_model import build_demand, shipped_model, shipped_places
from geo.errors import InvalidParameterError, StoreUnavailableError
from geo.standard import Standard
from geo.store.planning_layers import PlanningLayers, read_planning_layers
from geo.store.protocol import StationStore
from geo.store.reports import answered_within
from geo.store.snapshot import Snapshot

ANSWER_DAYS = 7
"""Within how many days a worker's report should be answered (metric 12)."""
_KEPT = 80  # answers; the largest, a file of every gap, has about a megabyte
_KEPT_AT_LEAST, _KEPT_CELLS = 8, 1_000_000  # an answer on 500,000 cells has hundreds of megabytes
_READ_WAIT_S = 1.0
Answer = TypeVar("Answer")
Basis = Literal["modelled", "measured"]


@dataclass(frozen=True, eq=False)
class Grounds:
    """What every analysis of one register version stands on; equal to itself alone."""

    version: int
    stations: gpd.GeoDataFrame
    demand: Demand
    areas: Areas
    places: gpd.GeoDataFrame


class Planning:
    """Lays the grounds once a snapshot and keeps the answers given on them."""

    def __init__(self, store: StationStore) -> None:
        self._store = store
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self._layers: PlanningLayers | None = None
        self.answered: tuple[int, int] | None = None
        self._read_for: Snapshot | None = None
        self._snapshot: Snapshot | None = None
        self._grounds: Grounds | None = None
        self._modelled: Grounds | None = None
        self._answers: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def has_read(self, snapshot: Snapshot) -> bool:
        """Return whether the imported demand and areas that go with a snapshot are at hand."""
        return self._read_for is snapshot

    def read(self, snapshot: Snapshot) -> None:
        """Read the imported demand and areas that go with a snapshot, those that were replaced since.

        Nobody else waits meanwhile: a store that hangs keeps no answer back that is there already. Millions
        of rows take a while and are read once, however many ask at a time.

        Raises:
            StoreUnavailableError: the store is away, or is being read for another asker still.
        """
        if not self._reading.acquire(timeout=_READ_WAIT_S):
            raise StoreUnavailableError("imported demand is still being read")
        try:
            if self._read_for is not snapshot:
                self.count_reports()
                layers = read_planning_layers(self._store, self._layers)
                with self._lock:
                    self._layers, self._read_for = layers, snapshot
        finally:
            self._reading.release()

    def count_reports(self) -> None:
        """Count the workers' reports anew: they come and are answered without a new register version.

        Raises:
            StoreUnavailableError: the store is away; the last count stays.
        """
        self.answered = answered_within(self._store, ANSWER_DAYS)

    def own_basis(self, snapshot: Snapshot) -> Basis | None:
        """Return which demand a snapshot's answers stand on by default; None before it is read."""
        with self._lock:
            if self._layers is None or self._read_for is not snapshot:
                return None
            imported = self._layers.demand
            return "measured" if imported is not None and imported.basis == "measured" else "modelled"

    def imported_cells(self, snapshot: Snapshot) -> int:
        """Return on how many cells a snapshot's imported demand lies; 0 without, or before it is read."""
        with self._lock:
            layers = self._layers if self._read_for is snapshot else None
        return 0 if layers is None or layers.demand is None else len(layers.demand.cells)

    def grounds(self, snapshot: Snapshot, basis: Basis | None = None) -> Grounds:
        """Return the grounds of a snapshot, on the demand imported, or on the ``basis`` asked for.

        Raises:
            InvalidParameterError: measured demand was asked for and none has been imported.
            StoreUnavailableError: imported demand and areas are not at hand and the store is away.
        """
        if not self.has_read(snapshot):
            self.read(snapshot)
        with self._lock:
            if self._grounds is None or self._snapshot is not snapshot:
                assert self._layers is not None  # noqa: S101 - read above
                self._grounds, self._modelled = self._lay(snapshot, self._layers), None
                self._snapshot = snapshot
                self._answers.clear()
            first = self._grounds
            if basis is None or basis == first.demand.basis:
                return first
            if basis == "measured":
                raise InvalidParameterError("demand_basis", basis, "no counts have been imported")
            if self._modelled is None:
                demand = build_demand(first.areas, first.places, first.stations, shipped_model())
                self._modelled = replace(first, demand=demand)
            return self._modelled

    def laid(self, snapshot: Snapshot, basis: Basis | None = None) -> Grounds | None:
        """Return the grounds of a snapshot where they are laid already, else None; never waits for work."""
        if self._snapshot is not snapshot:
            return None
        laid = (self._grounds, self._modelled)
        return next((one for one in laid if one and basis in (None, one.demand.basis)), None)

    def answer(
        self,
        snapshot: Snapshot,
        asked: Hashable,
        work: Callable[[Grounds], Answer],
        basis: Basis | None = None,
    ) -> Answer:
        """Return the answer to ``asked`` on a snapshot, worked out once however many ask at a time.

        Raises:
            InvalidParameterError: as for ``grounds``.
            StoreUnavailableError: the grounds have to be read and the store is away.
            Exception: whatever ``work`` raised; nothing is kept then.
        """
        grounds = self.grounds(snapshot, basis)
        key = (grounds, asked)
        with self._lock:
            future = self._answers.get(key)
            mine = future is None
            if future is None:
                future = self._answers[key] = Future()
            self._answers.move_to_end(key)
            while len(self._answers) > _shelf(len(grounds.demand.cells)):
                self._answers.popitem(last=False)
        if mine:
            self._work_out(key, future, lambda: work(grounds))
        answer: Answer = future.result()
        return answer

    def known(self, snapshot: Snapshot, asked: Hashable, basis: Basis | None = None) -> Any | None:
        """Return the answer to ``asked`` if it is on the shelf, else None; never waits."""
        grounds = self.laid(snapshot, basis)
        future = self._answers.get((grounds, asked))
        return future.result() if future is not None and future.done() and not future.exception() else None

    def assessment(
        self, snapshot: Snapshot, standard: Standard, today: date, basis: Basis | None = None
    ) -> Assessment:
        """Return the assessment of a snapshot under ``standard``, judged on ``today``.

        Raises:
            InvalidParameterError: as for ``grounds``.
            StoreUnavailableError: the grounds have to be read and the store is away.
        """
        self.grounds(snapshot, basis)  # counts the reports where nobody has yet
        answered = self.answered

        def work(grounds: Grounds) -> Assessment:
            return assessed(grounds, standard, today, answered)

        return self.answer(snapshot, ("assessment", standard, today, answered), work, basis)

    def _work_out(self, key: Hashable, future: Future[Any], work: Callable[[], object]) -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            with self._lock:
                if self._answers.get(key) is future:
                    del self._answers[key]
            future.set_exception(error)  # raised where the answer is read, here and by all who wait

    @staticmethod
    def _lay(snapshot: Snapshot, layers: PlanningLayers) -> Grounds:
        stations, places = snapshot.frame, shipped_places()
        areas = layers.areas or shipped_areas()
        demand = layers.demand or build_demand(areas, places, stations, shipped_model())
        return Grounds(snapshot.version, stations, demand, areas, places)


def assessed(
    grounds: Grounds, standard: Standard, today: date, answered: tuple[int, int] | None
) -> Assessment:
    """Return the assessment of what stands on ``grounds``; ``answered`` counts the workers' reports."""
    return assess(
        grounds.stations,
        grounds.demand,
        standard,
        today=today,
        places=grounds.places,
        answered=answered,
        street_names=grounds.areas.street_names(),
    )


def _shelf(cells: int) -> int:
    """Return how many answers on so many cells are kept: a question needs four or five."""
    return max(_KEPT_AT_LEAST, min(_KEPT, _KEPT_CELLS // max(cells, 1)))
