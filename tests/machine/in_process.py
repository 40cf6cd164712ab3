"""The application in the test's own process, over the register the product ships with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from api.register import shipped_register
from api.settings import Settings
from geo.store.opening import open_store

MONDAY_NOON = datetime(2026, 11, 23, 4, 10, tzinfo=UTC)  # 12:10 in Xi'an


@contextmanager
def shipped_client(folder: Path) -> Iterator[TestClient]:
    """A client of the shipped register on a Monday noon; its store is in ``folder``."""
    store = open_store(f"sqlite:///{folder / 'register.db'}", shipped_register)
    app = create_app(Settings(), store)
    app.state.service.clock = lambda: MONDAY_NOON
    with TestClient(app) as started:
        yield started
    store.close()
