"""What is worked out before anybody asks: once, for the state that holds, never in a stop's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.register import shipped_register
from api.service import Service
from api.settings import Settings
from api.warming import QUIET_S, Warming
from geo.areas import shipped_areas
from geo.assessment import Assessment, assess
from geo.demand import Demand
from geo.demand_cells import area_cells, cell_table
from geo.errors import StoreUnavailableError
from geo.store.opening import open_store
from geo.store.planning_layers import keep_demand


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Steps:
    """Steps that go on when told; counts how often they were begun and how far they came."""

    def __init__(self) -> None:
        self.begun, self.done = 0, 0
        self.go = threading.Semaphore(0)

    def __call__(self) -> Iterator[None]:
        self.begun += 1
        for _ in range(3):
            assert self.go.acquire(timeout=10)
            self.done += 1
            yield


def until(found: Callable[[], object], limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not found():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def test_the_first_state_is_worked_on_at_once_and_once() -> None:
    steps, clock = Steps(), Clock()
    warming = Warming(steps, clock)
    warming.look(None)
    assert (steps.begun, warming.is_working) == (0, False)
    warming.look("one")
    until(lambda: steps.begun)
    warming.look("one")
    steps.go.release(3)
    until(lambda: not warming.is_working)
    clock.now += 60
    warming.look("one")
    assert (steps.begun, steps.done, warming.is_working) == (1, 3, False)


def test_a_later_state_is_worked_on_when_it_has_held() -> None:
    steps, clock = Steps(), Clock()
    warming = Warming(steps, clock)
    steps.go.release(100)
    warming.look("one")
    until(lambda: steps.done == 3 and not warming.is_working)
    for number in range(20):  # a keeper edits, once a second
        clock.now += 1
        warming.look(number)
    assert steps.begun == 1
    clock.now += QUIET_S
    warming.look(19)
    until(lambda: steps.done == 6 and not warming.is_working)
    assert steps.begun == 2


def test_work_for_what_no_longer_holds_is_given_up_after_the_step() -> None:
    steps, clock = Steps(), Clock()
    warming = Warming(steps, clock)
    warming.look("one")
    until(lambda: steps.begun)
    clock.now += QUIET_S
    warming.look("two")
    clock.now += QUIET_S
    warming.look("two")  # one at a time
    assert steps.begun == 1
    steps.go.release(1)
    until(lambda: not warming.is_working)
    assert steps.done == 1
    steps.go.release(3)
    warming.look("two")
    until(lambda: steps.done == 4 and not warming.is_working)


def test_a_stop_waits_for_the_step_and_nothing_begins_after_it() -> None:
    steps = Steps()
    warming = Warming(steps, Clock())
    warming.look("one")
    until(lambda: steps.begun)
    threading.Timer(0.2, steps.go.release, [3]).start()
    warming.stop()
    assert (steps.done, warming.is_working) == (1, False)
    warming.look("two")
    assert steps.begun == 1


def test_a_register_that_is_away_ends_the_work_quietly() -> None:
    def away() -> Iterator[None]:
        raise StoreUnavailableError("away")
        yield

    warming = Warming(away, Clock())
    warming.look("one")
    until(lambda: not warming.is_working)


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[TestClient]:
    """A server not yet started, whose demand was counted on 400 cells."""
    areas = shipped_areas()
    cells = cell_table(areas, area_cells(areas)[:400])
    rows = pd.DataFrame({"cell": cells["cell"], "group": "courier", "window": "T3", "day_type": "weekday"})
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", shipped_register)
    keep_demand(store, Demand(cells, rows.assign(demand=2.0), "measured", areas.basis))
    yield TestClient(create_app(Settings(), store))
    store.close()


def service_in(client: TestClient) -> Service:
    service: Service = cast(FastAPI, client.app).state.service
    return service


class Counted:
    """``assess``, counted, and slow enough to be waited for."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls, self.ended = 0, 0
        patch.setattr("api.planning.assess", self)

    def __call__(self, *args: Any, **named: Any) -> Assessment:
        self.calls += 1
        time.sleep(1.0)
        found = assess(*args, **named)
        self.ended += 1
        return found


def test_who_asks_while_it_is_worked_out_waits_for_it(
    counted: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routers.planner_map.MANY_CELLS", 300)
    work = Counted(monkeypatch)
    with counted as client:
        until(lambda: work.calls)
        assert client.get("/readyz").status_code == 200
        assert work.ended == 0  # the server is ready before it is done
        assert client.get("/planner/map").status_code == 200
        assert client.get("/planner").status_code == 200
        assert client.get("/api/gaps").status_code == 200
        assert work.calls == 1


def test_few_cells_are_not_worked_on_ahead(counted: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Counted(monkeypatch)
    with counted as client:
        service = service_in(client)
        until(lambda: service.planning.has_read(service.keeper.snapshot))
        time.sleep(1.5)  # a look and a half
        assert work.calls == 0


def test_new_demand_is_worked_on_when_it_has_come(
    counted: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routers.planner_map.MANY_CELLS", 300)
    monkeypatch.setattr("api.warming.QUIET_S", 0.5)
    work = Counted(monkeypatch)
    with counted as client:
        service = service_in(client)
        until(lambda: work.ended == 1)
        demand = service.planning.grounds(service.keeper.snapshot).demand
        keep_demand(service.store, demand)
        until(lambda: work.ended == 2)
        assert client.get("/planner/map").status_code == 200
        assert work.calls == 2
