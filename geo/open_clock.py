"""Open states of many stations at about the same time, without reading the same hours twice.

An :class:`OpenClock` remembers, for each hours text, the stretches of one state it was asked about; asking
again within one costs a comparison. Answers are those of :func:`geo.open_state.open_state`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.open_state import CLOSING_SOON, OpenState, open_state
from geo.opening_hours import OpeningHours

_KEPT = 8  # stretches remembered per text: now, on arrival, and some chosen times
_MINUTE = timedelta(minutes=1)
_CODES = {"open": 1, "closing_soon": 1, "closed": 0, "unknown": -1}


@dataclass(frozen=True)
class _Stretch:
    """Naive local time of one state, from an instant asked for (not its true start) to the next change."""

    start: datetime
    end: datetime | None
    first: OpenState

    def holds(self, local: datetime) -> bool:
        return self.start <= local and (self.end is None or local < self.end)


@dataclass(frozen=True)
class OpenClock:
    """Reads hours texts in one time zone; safe to share by threads.

    >>> clock = OpenClock(ZoneInfo("Asia/Shanghai"))
    >>> clock.state("08:00-18:00", datetime(2026, 11, 23, 17, 45)).state
    'closing_soon'
    >>> print(clock.is_open(None, datetime(2026, 11, 23, 12)))
    None
    """

    timezone: ZoneInfo
    _seen: dict[str | None, tuple[_Stretch, ...]] = field(default_factory=dict)

    def local(self, at: datetime) -> datetime:
        """Return ``at`` as naive wall-clock time of the zone; naive times are that already."""
        return at if at.tzinfo is None else at.astimezone(self.timezone).replace(tzinfo=None)

    def is_open(self, text: str | None, local: datetime) -> bool | None:
        """Return True, False or None (unknown) at a naive local time."""
        state = self._stretch(text, local).first.state
        return None if state == "unknown" else state != "closed"

    def state(self, text: str | None, local: datetime) -> OpenState:
        """Return what to tell a worker at a naive local time; times in the answer carry the zone."""
        stretch = self._stretch(text, local)
        first = stretch.first
        if first.state in ("open", "closing_soon"):
            soon = stretch.end is not None and stretch.end - local <= CLOSING_SOON
            return OpenState("closing_soon" if soon else "open", open_until=self._zoned(stretch.end))
        return OpenState(first.state, opens_at=self._zoned(first.opens_at))

    def states_after(
        self, text: str | None, local: datetime, minutes: NDArray[np.float64]
    ) -> NDArray[np.int8]:
        """Return 1 open, 0 closed or -1 unknown at ``local`` plus each of ``minutes`` (not negative)."""
        states = np.empty(minutes.shape, dtype=np.int8)
        pending = np.ones(minutes.shape, dtype=bool)
        while pending.any():
            stretch = self._stretch(text, local + timedelta(minutes=float(minutes[pending].min())))
            is_open = _CODES[stretch.first.state]
            until_min = np.inf if stretch.end is None else (stretch.end - local) / _MINUTE
            # The first pending instant lies within the stretch, whatever the rounding of its minutes.
            here = pending & (minutes < max(until_min, np.nextafter(minutes[pending].min(), np.inf)))
            states[here] = is_open
            pending &= ~here
        return states

    def _stretch(self, text: str | None, local: datetime) -> _Stretch:
        kept = self._seen.get(text, ())
        for stretch in kept:
            if stretch.holds(local):
                return stretch
        hours = OpeningHours.parse(text, timezone=self.timezone)
        start = local.replace(second=0, microsecond=0)
        stretch = _Stretch(start, hours.next_change(start), open_state(hours, start))
        self._seen[text] = (stretch, *kept[: _KEPT - 1])
        return stretch

    def _zoned(self, local: datetime | None) -> datetime | None:
        return local.replace(tzinfo=self.timezone) if local else None
