"""The heat steps at which outdoor work is to be limited, and a step in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

HEAT_STEPS_C = (35, 37, 40)
"""Degrees Celsius; no other step is told."""


@dataclass(frozen=True)
class HeatNotice:
    """A heat step in force until an instant (aware), set by a keeper."""

    level_c: int
    until: datetime
    set_by: str
    set_at: datetime
