"""An application over a small register of its own in a new embedded store, and a client in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from geo.stations import Station
from geo.store.keys import add_key
from geo.store.opening import open_store
from geo.store.protocol import StationStore
from in_process import MONDAY_NOON, shipped_client

HOSTILE = "</script><img src=x onerror=alert(1)>`${1}`\"'"


def register() -> list[Station]:
    """Six stations: on both sides of 180°, one without a place, one with a hostile name."""
    rows = [
        {
            "id": "a",
            "name": "甲站",
            "location": (109.0, 34.0),
            "hours": "08:00-18:00",
            "street": "一街",
            "seats": 4,
        },
        {"id": "b", "name": HOSTILE, "location": (109.01, 34.0), "hours": "24/7", "street": "一街"},
        {"id": "c", "name": "丙站", "hours": "24/7", "street": "二街"},
        {"id": "d", "name": "丁站", "location": (109.02, 34.0), "status": "retired"},
        {"id": "e", "name": "戊站", "location": (73.0, 40.0), "entry_method": ("walk_in", "scan")},
        {"id": "f", "name": "己站", "location": (134.0, 48.0), "hours": "12:30-18:00"},
    ]
    rows[0]["amenities"] = {"water_hot": {"value": "yes"}, "toilet": {"value": "no"}}
    return [Station.model_validate(row) for row in rows]


def application(store: StationStore) -> FastAPI:
    """The application at Monday noon."""
    made = create_app(Settings(), store)
    made.state.service.clock = lambda: MONDAY_NOON
    return made


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of this machine; those of the tests themselves stay."""
    for name in [one for one in os.environ if one.startswith("CARE_") and not one.startswith("CARE_TEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client for a module's tests that only read."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('register') / 'register.db'}", register)
    with TestClient(application(opened), raise_server_exceptions=False) as started:
        yield started
    opened.close()


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the shipped register on a Monday noon."""
    with shipped_client(tmp_path_factory.mktemp("planner")) as started:
        yield started


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StationStore]:
    """A store of the test's own."""
    opened = open_store(f"sqlite:///{tmp_path / 'register.db'}", register)
    yield opened
    opened.close()


@pytest.fixture
def app(store: StationStore) -> FastAPI:
    """An application of the test's own, over ``store``."""
    return application(store)


@pytest.fixture
def own(app: FastAPI) -> Iterator[TestClient]:
    """A client of the test's own, over ``app``."""
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def key(store: StationStore) -> dict[str, str]:
    """Headers with a keeper's key."""
    return {"Authorization": f"Bearer {add_key(store, '王站长', 'keeper')}"}
