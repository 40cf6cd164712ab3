"""What the planner's questions rest on, and their answers kept for as long as they stay true.

An answer is kept under the register's version and everything that was asked; a new version empties the shelf,
so none is ever stale.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd

from geo.areas import Areas, shipped_areas
from geo.demand import Demand
from geo.demand_model import build_demand, shipped_model, shipped_places
from geo.store.planning_layers import PlanningLayers, read_planning_layers
from geo.store.protocol import StationStore
from geo.store.snapshot import Snapshot

_KEPT = 200
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Grounds:
    """What every analysis of one register version stands on."""

    version: int
    stations: gpd.GeoDataFrame
    demand: Demand
    areas: Areas
    places: gpd.GeoDataFrame


class Planning:
    """Lays the grounds once a register version and keeps the answers given on them."""

    def __init__(self, store: StationStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._layers: PlanningLayers | None = None
        self._grounds: Grounds | None = None
        self._answers: OrderedDict[Hashable, object] = OrderedDict()

    def grounds(self, snapshot: Snapshot) -> Grounds:
        """Return the grounds of a snapshot; imported demand and areas are read again only when replaced.

        Raises:
            StoreUnavailableError: they have to be read and the store is away.
        """
        with self._lock:
            if self._grounds is None or self._grounds.version != snapshot.version:
                self._layers = read_planning_layers(self._store, self._layers)
                self._grounds = self._lay(snapshot, self._layers)
                self._answers.clear()
            return self._grounds

    def answer(self, snapshot: Snapshot, asked: Hashable, work: Callable[[Grounds], Answer]) -> Answer:
        """Return the answer to ``asked`` on a snapshot, worked out when it is not on the shelf."""
        grounds = self.grounds(snapshot)
        key = (grounds.version, asked)
        with self._lock:
            kept = self._answers.get(key)
        if kept is None:
            kept = work(grounds)
            with self._lock:
                self._answers[key] = kept
                while len(self._answers) > _KEPT:
                    self._answers.popitem(last=False)
        return kept  # type: ignore[return-value] # the key holds what was asked, and so the answer's type

    @staticmethod
    def _lay(snapshot: Snapshot, layers: PlanningLayers) -> Grounds:
        stations, places = snapshot.frame, shipped_places()
        areas = layers.areas or shipped_areas()
        demand = layers.demand or build_demand(areas, places, stations, shipped_model())
        return Grounds(snapshot.version, stations, demand, areas, places)
