"""The planner's answers through writes, imports and outages: never stale, worked out once."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.planning import Grounds, Planning
from api.settings import Settings
from geo.areas import shipped_areas
from geo.demand import Demand
from geo.demand_cells import area_cells, cell_table
from geo.errors import StoreUnavailableError
from geo.store.opening import open_store
from geo.store.planning_layers import keep_demand, read_planning_layers
from geo.store.protocol import Change, StationStore
from geo.store.reports import add_report, review_report
from geo.store.snapshot import build_snapshot
from in_process import MONDAY_NOON

TASKS = ("coverage", "gaps", "service-matrix", "compliance", "accessibility", "assessment")


def test_a_write_changes_numbers_and_tags(own: TestClient, key: dict[str, str]) -> None:
    """Stations a and b of the small register lie in the district; only a's hours change."""
    one = "/api/collections/stations/items/a"
    before = own.get("/api/service-matrix?window=T7")
    assert before.json()["rows"][0]["window_state"] == "closed"
    patch = {**key, "If-Match": own.get(one).headers["etag"], "Content-Type": "application/merge-patch+json"}
    written = own.patch(one, headers=patch, content=orjson.dumps({"properties": {"hours": "24/7"}}))
    assert written.status_code == 200, written.text
    after = own.get("/api/service-matrix?window=T7", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["rows"][0]["window_state"] == "open"
    assert after.json()["register_version"] == before.json()["register_version"] + 1


def test_imported_demand_takes_the_place_of_the_model(
    own: TestClient, app: FastAPI, store: StationStore
) -> None:
    before = own.get("/api/coverage")
    assert before.json()["demand_basis"] == "modelled"
    cells = cell_table(shipped_areas(), area_cells(shipped_areas()))
    counted = {"cell": cells["cell"].iloc[0], "group": "driver", "window": "T3", "day_type": "weekday"}
    rows = pd.DataFrame([{**counted, "demand": 7.0}])
    measured = Demand(cells, rows, "measured", shipped_areas().basis, outside=2.5, notes=("counted",))
    version = keep_demand(store, measured)
    app.state.service.live.wait_for(version)
    after = own.get("/api/coverage?window=T3", headers={"If-None-Match": before.headers["etag"]}).json()
    assert (after["demand"], after["demand_unit"], after["demand_outside"]) == (7.0, "workers", 2.5)
    assert after["demand_notes"] == ["counted"]
    nobody = own.get("/api/coverage?window=T1").json()
    assert (nobody["demand"], nobody["share"], nobody["share_covered_twice"]) == (0.0, None, None)
    features = own.get("/api/collections/worker-demand/items?limit=1").json()["features"]
    assert features[0]["properties"]["demand_hours_driver"] == pytest.approx(7.0 * 3.5 * 5)


def test_an_empty_register_answers_everything(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}", list)
    app = create_app(Settings(), opened)
    with TestClient(app) as client:
        for task in TASKS:
            for form in ("json", "csv", "xlsx", "gpkg", "parquet", "geojson"):
                answer = client.get(f"/api/{task}", params={"f": form})
                assert answer.status_code == 200, (task, form, answer.text)
        covered = client.get("/api/coverage").json()
        assert (covered["share"], covered["notice"]) == (0.0, None)
        assert client.get("/api/gaps?top=1").json()["gaps"][0]["nearest"] is None
    opened.close()


def test_reports_answered_in_time_are_counted_at_once(own: TestClient, store: StationStore) -> None:
    def answered() -> dict[str, Any]:
        body = own.get("/api/assessment").json()
        metrics = {one["key"]: one["figures"] for one in body["metrics"]}
        return next(one for one in metrics["freshness"] if one["key"] == "answered")

    assert (answered()["value"], answered()["denominator"]) == (None, 0.0)
    tag = own.get("/api/assessment").headers["etag"]
    first, _ = add_report(store, "a", "locked"), add_report(store, "b", "no_water")
    review_report(store, first.id, "accepted", "王站长")
    assert own.get("/api/assessment", headers={"If-None-Match": tag}).status_code == 200
    assert (answered()["numerator"], answered()["denominator"], answered()["value"]) == (1.0, 2.0, 0.5)


class Away:
    """A store that cannot be reached, whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise StoreUnavailableError(name)


def test_answers_outlast_the_store(
    own: TestClient, app: FastAPI, store: StationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = app.state.service
    until = time.monotonic() + 20
    while not service.planning.has_read(service.keeper.snapshot):
        assert time.monotonic() < until
        time.sleep(0.02)
    monkeypatch.setattr(service.planning, "_store", Away())
    for task in ("coverage", "assessment"):
        assert own.get(f"/api/{task}").status_code == 200
    assert own.get("/api/collections/worker-demand/items?limit=1").status_code == 200
    written = store.apply([Change("delete", "b")], "test")
    service.live.wait_for(written)
    answer = own.get("/api/coverage")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"


def test_one_answer_is_worked_out_once_however_many_ask(store: StationStore) -> None:
    version, stations = store.read()
    snapshot = build_snapshot(version, {one.id: one for one in stations}, MONDAY_NOON)
    planning, calls, gate = Planning(store), [], threading.Event()

    def work(grounds: Grounds) -> int:
        gate.wait(10)
        calls.append(grounds.version)
        return len(calls)

    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(planning.answer(snapshot, "asked", work)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(20)
    assert (answers, calls) == ([1] * 6, [version])
    assert planning.known(snapshot, "asked") == 1
    later = build_snapshot(version + 1, {one.id: one for one in stations}, MONDAY_NOON)
    assert planning.known(later, "asked") is None
    assert planning.answer(later, "asked", work) == 2


def test_a_failed_answer_is_not_kept(store: StationStore) -> None:
    version, stations = store.read()
    snapshot = build_snapshot(version, {one.id: one for one in stations}, MONDAY_NOON)
    planning = Planning(store)

    def fails(_: Grounds) -> int:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        planning.answer(snapshot, "asked", fails)
    assert planning.answer(snapshot, "asked", lambda _: 3) == 3


def shares_in(value: object, name: str = "") -> list[tuple[str, float]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in shares_in(item, str(key))]
    if isinstance(value, list):
        return [found for item in value for found in shares_in(item, name)]
    return [(name, value)] if "share" in name and isinstance(value, float) else []


@pytest.mark.parametrize("amenities", ["", "toilet", "aed"])
@pytest.mark.parametrize("task", ["coverage", "gaps", "service-matrix"])
def test_no_share_leaves_its_bounds_or_carries_dust(own: TestClient, task: str, amenities: str) -> None:
    asked = {} if task == "service-matrix" else {"amenities": amenities}
    shares = shares_in(own.get(f"/api/{task}", params=asked).json())
    assert shares
    for name, share in shares:
        assert share in (0.0, 1.0) or 1e-12 < share < 1 - 1e-12, (name, share)


def test_demand_is_read_once_however_many_ask(store: StationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, reads = threading.Event(), threading.Event(), []

    def slowly(*args: Any) -> Any:
        reads.append(1)
        begun.set()
        assert go_on.wait(20)
        return read_planning_layers(*args)

    monkeypatch.setattr("api.planning.read_planning_layers", slowly)
    version, stations = store.read()
    planning = Planning(store)
    snapshot = build_snapshot(version, {one.id: one for one in stations}, MONDAY_NOON)
    first = threading.Thread(target=planning.read, args=(snapshot,))
    first.start()
    assert begun.wait(20)
    with pytest.raises(StoreUnavailableError, match="still being read"):
        planning.read(snapshot)
    second = threading.Thread(target=planning.read, args=(snapshot,))
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert planning.has_read(snapshot)
    assert reads == [1]
