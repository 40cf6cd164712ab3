"""Where the register is kept: one protocol, one ORM model, SQLite and PostGIS back ends."""

from geo.store.opening import open_store
from geo.store.protocol import Change, ChangeKind, Difference, HistoryEntry, StationStore, Written
from geo.store.schema import SchemaStatus, check, upgrade

__all__ = [
    "Change",
    "ChangeKind",
    "Difference",
    "HistoryEntry",
    "SchemaStatus",
    "StationStore",
    "Written",
    "check",
    "open_store",
    "upgrade",
]
