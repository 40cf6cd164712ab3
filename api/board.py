"""What pages tell beside the register: stations in doubt and the heat step, read from the store now and then.

Pages never wait for the store: they show what was last read, and a reading older than two seconds is renewed
beside them. A process that wrote reads again at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from geo.errors import CareStationError
from geo.heat import HeatNotice
from geo.report_rules import Doubt, doubt
from geo.store.notices import heat_notice
from geo.store.protocol import StationStore
from geo.store.reports import Report, standing_reports

log = logging.getLogger("care_stations.api")

FRESH_S = 2.0
_FIRST_S = 0.5  # how long the very first page waits for the first reading
_STOP_S = 5.0


@dataclass(frozen=True)
class Told:
    """One reading: the reports that can put a station in doubt, by station, and the heat step."""

    reports: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)
    heat: HeatNotice | None = None

    def doubts(self, now: datetime) -> dict[str, Doubt]:
        """Return the stations in doubt at ``now`` (aware), by id."""
        found = ((name, doubt(reports, now)) for name, reports in self.reports.items())
        return {name: one for name, one in found if one is not None}

    def heat_at(self, now: datetime) -> HeatNotice | None:
        """Return the heat step in force at ``now`` (aware)."""
        return self.heat if self.heat is not None and self.heat.until > now else None


class Board:
    """Holds the last reading and renews it; ``now`` is the application's clock."""

    def __init__(self, store: StationStore, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._told: Told | None = None
        self._read_at = -FRESH_S
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def told(self) -> Told:
        """Return the last reading, at once; an old one is renewed for whoever asks next."""
        if time.monotonic() - self._read_at >= FRESH_S:
            reading = self._start()
            if self._told is None:
                reading.join(_FIRST_S)
        return self._told or Told()

    def refresh(self) -> Told:
        """Read the store now.

        Raises:
            StoreUnavailableError: it cannot be reached.
        """
        now = self._now()
        by_station: defaultdict[str, list[Report]] = defaultdict(list)
        for report in standing_reports(self._store, now):
            by_station[report.station_id].append(report)
        told = Told({name: tuple(found) for name, found in by_station.items()}, heat_notice(self._store, now))
        self._told, self._read_at = told, time.monotonic()
        return told

    def stop(self) -> None:
        """Wait for a reading under way."""
        thread = self._thread
        if thread is not None:
            thread.join(_STOP_S)

    def _start(self) -> threading.Thread:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._read_at = time.monotonic()
                self._thread = threading.Thread(target=self._renew, name="board", daemon=True)
                self._thread.start()
            return self._thread

    def _renew(self) -> None:
        try:
            self.refresh()
        except CareStationError as error:
            log.warning("reports and notices could not be read: %s", type(error).__name__)
