"""The sides of a comparison: the register an address tells of, and the answers given on it.

A side is the present register, an older version of it, or a scenario applied to the present one. All sides
stand on the demand and the areas of the present register.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import date

from api.planning import Answer, Basis, Grounds, Planning, assessed
from geo.assessment import Assessment
from geo.coverage import Situation, situation
from geo.scenario import apply, read_scenario
from geo.scenario_difference import Difference, difference
from geo.standard import Standard
from geo.stations import stations_to_frame
from geo.store.past import stations_at
from geo.store.protocol import StationStore
from geo.store.snapshot import Snapshot
from maps.compare_page import Side

PRESENT = Side()


def read_side(text: str) -> Side:
    """Return the side a text names: "" the present register, ``v3`` a version of it, else a scenario.

    Raises:
        InvalidDataError: the scenario cannot be read.

    >>> read_side("v3").version, read_side('{"closed": ["a"]}').scenario.changes
    (3, 1)
    """
    side = Side(text)
    return side if not text or side.version is not None else Side(text, read_scenario(text))


def side_grounds(grounds: Grounds, side: Side, store: StationStore) -> Grounds:
    """Return what the analyses of a side stand on: the grounds of the present register with its stations.

    Raises:
        InvalidParameterError: the scenario names a station that isn't there.
        NotFoundError: no such version of the register.
        StoreUnavailableError: an older version is asked for and the store is away.
    """
    if side == PRESENT:
        return grounds
    if side.version is not None:
        return replace(grounds, stations=stations_to_frame(stations_at(store, side.version)))
    return replace(grounds, stations=apply(side.scenario, grounds.stations))


@dataclass(frozen=True)
class SideAnswers:
    """Answers on the sides of one snapshot, each worked out once; errors as for ``side_grounds``."""

    planning: Planning
    store: StationStore
    snapshot: Snapshot
    basis: Basis | None = None

    def grounds(self, side: Side) -> Grounds:
        """Return what the analyses of a side stand on."""
        if side == PRESENT:
            return self.planning.grounds(self.snapshot, self.basis)
        return self._kept(("side", side), lambda grounds: side_grounds(grounds, side, self.store))

    def answer(self, side: Side, key: Hashable, work: Callable[[Grounds], Answer]) -> Answer:
        """Return what ``work`` makes of a side's grounds."""
        if side == PRESENT:
            return self._kept(key, work)
        return self._kept((side, key), lambda _: work(self.grounds(side)))

    def assessment(self, side: Side, standard: Standard, today: date) -> Assessment:
        """Return the assessment of a side."""
        if side == PRESENT:
            return self.planning.assessment(self.snapshot, standard, today, self.basis)
        self.grounds(PRESENT)  # counts the reports where nobody has yet
        answered = self.planning.answered
        key = ("assessment", standard, today, answered)
        return self.answer(side, key, lambda grounds: assessed(grounds, standard, today, answered))

    def situation(self, side: Side, standard: Standard) -> Situation:
        """Return who reaches what on a side."""
        return self.answer(
            side,
            ("situation", standard),
            lambda grounds: situation(grounds.stations, grounds.demand, standard),
        )

    def difference(self, a: Side, b: Side, standard: Standard, today: date) -> Difference:
        """Return what changes from one side to the other, whose assessment is asked for beside it."""

        def work(_: Grounds) -> Difference:
            return difference(self.situation(a, standard), self.assessment(b, standard, today).grounds.found)

        return self._kept(("difference", a, b, standard, today), work)

    def _kept(self, key: Hashable, work: Callable[[Grounds], Answer]) -> Answer:
        return self.planning.answer(self.snapshot, key, work, self.basis)
