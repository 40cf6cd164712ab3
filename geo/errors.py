"""Errors of the core. Each kind is also a standard type, so callers may catch either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CareStationError(Exception):
    """Base of every error this project raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with outside data: where it stands, what was found, why it is refused.

    ``where`` names the place in the file (``feature 3``, ``row 12``, ``line 5``); ``station`` is the
    station's id or name when known.
    """

    where: str
    station: str | None
    field: str | None
    value: object
    message: str

    def __str__(self) -> str:
        parts = [self.where]
        if self.station:
            parts.append(f"station {self.station}")
        if self.field:
            parts.append(f"field {self.field}")
        text = ", ".join(parts) + f": {self.message}"
        if self.value is not None:
            shown = repr(self.value)
            text += f" (value {shown if len(shown) <= 120 else shown[:117] + '...'})"
        return text


class InvalidDataError(CareStationError, ValueError):
    """Outside data that breaks the rules; carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidParameterError(CareStationError, ValueError):
    """A parameter of a call is unknown, malformed or out of range."""

    def __init__(self, name: str, value: object, message: str) -> None:
        self.name, self.value = name, value
        super().__init__(f"{name}={value!r}: {message}")


class NotFoundError(CareStationError, LookupError):
    """The thing asked for does not exist (or no longer does)."""


class ConflictError(CareStationError, RuntimeError):
    """The write was made against an older version than the one stored, or against a taken id."""


class FileNotMadeError(CareStationError, OSError):
    """A file asked for cannot be made here: there is no room for it, or no right to write."""


class StoreUnavailableError(CareStationError, ConnectionError):
    """The store cannot be reached now; trying again later may work."""


class StoreAccessError(CareStationError, PermissionError):
    """The store refuses this program: wrong password, no such database, no rights, or not a store."""


class StoreVersionError(CareStationError, RuntimeError):
    """The store's schema is behind or ahead of this program."""
