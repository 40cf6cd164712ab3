"""Stores to test: every test that asks for ``store`` runs on SQLite and on a real PostGIS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.store import open_store, upgrade
from geo.store.sql_store import SqlStore

BACK_ENDS = ("sqlite", "postgis")


def fresh_url(back_end: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty place for a store: a missing file, or a database without tables."""
    if back_end == "postgis":
        return str(request.getfixturevalue("postgis_url"))
    folder: Path = request.getfixturevalue("tmp_path")
    return f"sqlite:///{folder / 'var' / 'care-stations.db'}"


@pytest.fixture(params=BACK_ENDS)
def empty_url(request: pytest.FixtureRequest) -> str:
    """An empty place, on each back end."""
    return fresh_url(request.param, request)


@pytest.fixture
def store_url(empty_url: str) -> str:
    """A place with the present schema and no station, on each back end."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    """An open store without stations, on each back end."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def postgis_store(postgis_url: str) -> Iterator[SqlStore]:
    """An open PostGIS store without stations."""
    upgrade(postgis_url)
    opened = open_store(postgis_url)
    yield opened
    opened.close()
