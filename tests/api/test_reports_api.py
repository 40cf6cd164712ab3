"""Reports from workers to keepers: two independent ones mark a station; nothing of a sender is kept."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from starlette.testclient import TestClient

from geo.store.model import ReportRow
from geo.store.protocol import StationStore
from geo.store.report_salts import daily_salt, sender_hash
from geo.store.reports import list_reports
from in_process import MONDAY_NOON


def send(client: TestClient, app: FastAPI, address: str, kind: str = "locked", **body: str) -> str:
    app.state.service.settings.__dict__["trusted_hops"] = 1
    sent = client.post(
        "/api/reports", json={"station": "a", "kind": kind, **body}, headers={"X-Forwarded-For": address}
    )
    assert sent.status_code == 201
    return str(sent.json()["id"])


def made_at(store: StationStore, report_id: str, at: datetime) -> None:
    with store.writing() as connection:
        connection.execute(update(ReportRow).where(ReportRow.id == report_id).values(created_at=at))


def test_two_independent_reports_mark_a_station_until_a_keeper_answers(
    own: TestClient, app: FastAPI, store: StationStore, key: dict[str, str]
) -> None:
    first = send(own, app, "192.0.2.1")
    second = send(own, app, "192.0.2.2")
    made_at(store, first, MONDAY_NOON - timedelta(minutes=40))
    made_at(store, second, MONDAY_NOON - timedelta(minutes=20))
    app.state.service.board.refresh()
    assert 'class="told"' not in own.get("/").text  # twenty minutes apart
    made_at(store, second, MONDAY_NOON - timedelta(minutes=5))
    app.state.service.board.refresh()
    for path in ("/", "/stations/a"):
        assert "今天 2 人报“门锁着”，待核实" in own.get(path).text
    assert "2 people reported “locked” today, being checked" in own.get("/stations/a?lang=en").text
    assert own.get("/api/collections/stations/items/a").json()["properties"]["status"] == "operating"
    found = own.get("/api/nearest", params={"lon": 109.0, "lat": 34.0, "k": 1}).json()
    assert found["features"][0]["properties"]["open_state"] == "open"
    assert found["features"][0]["properties"]["reported"] is True
    answered = own.post(f"/api/reports/{first}/dismiss", headers=key)
    assert (answered.status_code, answered.json()["status"]) == (200, "rejected")
    assert 'class="told"' not in own.get("/stations/a").text


def test_one_sender_marks_nothing_however_often(own: TestClient, app: FastAPI, store: StationStore) -> None:
    for hours in range(1, 5):
        made_at(store, send(own, app, f"2001:db8::{hours}"), MONDAY_NOON - timedelta(hours=hours))
    app.state.service.board.refresh()
    assert 'class="told"' not in own.get("/").text


def test_nothing_of_a_sender_is_kept_or_logged(
    own: TestClient, app: FastAPI, store: StationStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(own, app, "192.0.2.77", note="找王师傅 138-0013-8000")
    kept = list_reports(store)[0]
    assert kept.note == "找王师傅 ***"
    assert "192.0.2.77" not in repr(kept) and "192.0.2.77" not in caplog.text
    day = MONDAY_NOON.date()
    assert kept.reporter_hash == sender_hash(store, "192.0.2.77", day)
    salt = daily_salt(store, day)
    assert daily_salt(store, day) == salt
    tomorrow = day + timedelta(days=1)
    assert daily_salt(store, tomorrow) != salt
    assert daily_salt(store, day) != salt  # yesterday's went with the day


def test_keepers_list_confirm_and_set_deadlines(own: TestClient, app: FastAPI, key: dict[str, str]) -> None:
    first = send(own, app, "192.0.2.1", note="敲门没人")
    second = send(own, app, "192.0.2.2", "broken", amenity="toilet")
    assert own.get("/api/reports").status_code == 401
    listed = own.get("/api/reports", headers=key).json()["reports"]
    assert {one["id"] for one in listed} == {first, second}
    assert "reporter_hash" not in listed[0]
    by_kind = own.get("/api/reports", params={"kind": "broken"}, headers=key).json()["reports"]
    assert [one["id"] for one in by_kind] == [second]
    assert own.get("/api/reports", params={"kind": "fire"}, headers=key).status_code == 400
    due = own.put(f"/api/reports/{first}/deadline", json={"due_at": "2026-11-24T18:00:00+08:00"}, headers=key)
    assert due.json()["due_at"] == "2026-11-24T10:00:00+00:00"
    confirmed = own.post(f"/api/reports/{first}/confirm", json={"note": "看过了"}, headers=key).json()
    assert (confirmed["status"], confirmed["review_note"], confirmed["reviewed_by"]) == (
        "accepted", "看过了", "王站长",
    )  # fmt: skip
    left = own.get("/api/reports", params={"status": "new"}, headers=key).json()["reports"]
    assert [one["id"] for one in left] == [second]
    assert own.post("/api/reports/none/confirm", headers=key).status_code == 404


def test_the_heat_banner_ends_by_itself(own: TestClient, app: FastAPI, key: dict[str, str]) -> None:
    service = app.state.service
    start = service.store.clock()
    until = (start + timedelta(hours=3)).isoformat()
    service.clock = lambda: start
    assert own.put("/api/notices/heat", json={"level_c": 36, "until": until}, headers=key).status_code == 400
    assert own.put("/api/notices/heat", json={"level_c": 37, "until": until}).status_code == 401
    assert own.put("/api/notices/heat", json={"level_c": 37, "until": until}, headers=key).status_code == 200
    assert "高温 37℃" in own.get("/").text
    assert own.get("/api/notices/heat").json()["heat"]["level_c"] == 37
    service.clock = lambda: start + timedelta(hours=3)
    assert 'id="heat"' not in own.get("/").text
    assert own.get("/api/notices/heat").json() == {"heat": None}
    service.clock = lambda: start
    assert own.delete("/api/notices/heat", headers=key).status_code == 204
    assert 'id="heat"' not in own.get("/").text
