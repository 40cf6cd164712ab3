"""The keeper's page without a script: login, session, reports, edits, undo, conflicts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geo.store.keys import add_key, revoke_key
from geo.store.protocol import StationStore
from geo.store.reports import add_report, list_reports

HOME = {"Origin": "http://testserver"}
TODAY = "2026-11-23"


@pytest.fixture
def token(store: StationStore) -> str:
    return add_key(store, "李站长", "keeper")


@pytest.fixture
def keeper(own: TestClient, token: str) -> TestClient:
    """A client with a session."""
    own.headers.update(HOME)
    answer = own.post("/keeper/login", data={"key": token}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/keeper")
    return own


def hidden(page: str) -> dict[str, list[str]]:
    """The first undo strip's fields."""
    strip = page[page.index('class="strip"') : page.index("</form>", page.index('class="strip"'))]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', strip):
        found.setdefault(name, []).append(value)
    return found


def test_a_session_is_out_of_scripts_reach_and_lasts_twelve_hours(own: TestClient, token: str) -> None:
    assert "站长登录" in own.get("/keeper").text
    wrong = own.post("/keeper/login", data={"key": "cs_nothing"}, headers=HOME)
    assert wrong.status_code == 403 and "这把钥匙不对" in wrong.text
    answer = own.post("/keeper/login", data={"key": token}, headers=HOME, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "max-age=43200" in cookie
    assert "path=/keeper" in cookie and token not in cookie
    page = own.get("/keeper")
    assert "待处理 0" in page.text and page.headers["cache-control"] == "no-store"
    assert "unsafe-inline" not in page.headers["content-security-policy"]


def test_the_session_ends_by_time_by_logout_and_with_the_key(
    keeper: TestClient, app: FastAPI, store: StationStore, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = store.clock()
    with monkeypatch.context() as patch:
        patch.setattr(
            type(store), "clock", property(lambda _: lambda: start + timedelta(hours=11, minutes=59))
        )
        assert "退出" in keeper.get("/keeper").text
        patch.setattr(
            type(store), "clock", property(lambda _: lambda: start + timedelta(hours=12, minutes=1))
        )
        assert "站长登录" in keeper.get("/keeper").text
    before = keeper.cookies["care_keeper"]
    keeper.post("/keeper/logout")
    keeper.cookies.set("care_keeper", before, domain="testserver.local", path="/keeper")
    assert "站长登录" in keeper.get("/keeper").text
    keeper.post("/keeper/login", data={"key": token})
    assert "退出" in keeper.get("/keeper").text
    revoke_key(store, "李站长")
    assert "站长登录" in keeper.get("/keeper").text
    assert keeper.post("/keeper/stations/a/confirm", follow_redirects=False).headers["location"] == "/keeper"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example", None])
def test_another_sites_page_cannot_write(keeper: TestClient, store: StationStore, origin: str | None) -> None:
    del keeper.headers["origin"]
    headers = {} if origin is None else {"Origin": origin}
    before = store.get("a")
    for path in ("stations/a/confirm", "stations/a", "reports", "undo", "heat", "login", "logout"):
        assert keeper.post(f"/keeper/{path}", data={"version": "1"}, headers=headers).status_code == 403
    assert store.get("a") == before


def test_reports_are_answered_together_and_taken_back(keeper: TestClient, store: StationStore) -> None:
    for sender in ("x", "y"):
        add_report(store, "a", "locked", note="敲门没人", reporter_hash=sender)
    page = keeper.get("/keeper").text
    assert "2 人报：门锁着" in page and "没定期限" in page and "敲门没人" in page
    ids = [one.id for one in list_reports(store)]
    version = store.get("a").version
    keeper.post("/keeper/reports", data={"report": ids, "act": "due", "due": "2026-11-24"})
    assert "11月24日前处理" in keeper.get("/keeper").text
    done = keeper.post("/keeper/reports", data={"report": ids, "version": version, "act": "close"})
    assert "已标属实，今天停用 · 甲站" in done.text and "没有要处理的" in done.text
    after = store.get("a")
    assert (after.status, after.status_until) == (
        "temporarily_closed",
        datetime(2026, 11, 23, tzinfo=UTC).date(),
    )
    assert {one.status for one in list_reports(store)} == {"accepted"}
    assert "临时停用，到 11月23日" in keeper.get("/stations/a").text
    back = keeper.post("/keeper/undo", data=hidden(done.text))
    assert "已撤回" in back.text and "2 人报：门锁着" in back.text
    assert (store.get("a").status, store.get("a").version) == ("operating", after.version + 1)
    assert {one.reviewed_by for one in list_reports(store)} == {"李站长"}


def test_what_is_reported_broken_is_broken(keeper: TestClient, store: StationStore) -> None:
    report = add_report(store, "a", "no_water", reporter_hash="x")
    data = {"report": report.id, "version": store.get("a").version, "act": "repair"}
    keeper.post("/keeper/reports", data=data)
    water = store.get("a").amenities["water_hot"]
    assert (water.value, water.checked_on) == ("broken", datetime(2026, 11, 23, tzinfo=UTC).date())


def test_one_tap_confirms_and_a_change_in_between_is_told(keeper: TestClient, store: StationStore) -> None:
    version = store.get("a").version
    assert 'action="/keeper/stations/a/confirm"' in keeper.get("/keeper/stations/a").text
    done = keeper.post("/keeper/stations/a/confirm", data={"version": version})
    assert "已确认 · 甲站" in done.text
    after = store.get("a")
    assert {after.hours_confirmed_on, *(one.checked_on for one in after.amenities.values())} == {
        datetime(2026, 11, 23, tzinfo=UTC).date()
    }
    again = keeper.post("/keeper/stations/a/confirm", data={"version": version})
    assert "别人刚改过，看一眼再存" in again.text and store.get("a") == after
    form = {"version": version, "status": "retired", "hours": after.hours}
    late = keeper.post("/keeper/stations/a", data=form)
    assert late.status_code == 409 and "别人刚改过，看一眼再存" in late.text and store.get("a") == after
    keeper.post("/keeper/undo", data=hidden(done.text))
    assert store.get("a").hours_confirmed_on is None


@pytest.mark.parametrize("was", ["1", "3", "9" * 5000])
def test_only_the_last_change_is_taken_back(keeper: TestClient, store: StationStore, was: str) -> None:
    for _ in range(2):
        keeper.post("/keeper/stations/a/confirm", data={"version": store.get("a").version})
    before = store.get("a")
    report = add_report(store, "a", "locked", reporter_hash="x")
    assert before.version == 3
    data = {"station": "a", "was": was, "now": "3", "report": report.id}
    answer = keeper.post("/keeper/undo", data=data)
    assert answer.status_code == 200
    assert store.get("a") == before
    taken = keeper.post("/keeper/undo", data={**data, "was": "2"})
    assert "已撤回" in taken.text and store.get("a").version == 4


def test_a_clerks_hours_are_shown_as_understood_before_they_are_kept(
    keeper: TestClient, store: StationStore
) -> None:
    form = {"version": store.get("a").version, "status": "operating", "hours": "周一至周五 9:00—17:30"}
    asked = keeper.post("/keeper/stations/a", data=form)
    assert asked.status_code == 200 and store.get("a").hours == "08:00-18:00"
    assert "听懂的开门时间" in asked.text and "09:00–17:30" in asked.text
    saved = keeper.post("/keeper/stations/a", data={**form, "understood": "Mo-Fr 09:00-17:30"})
    assert "已存 · 甲站" in saved.text
    assert (store.get("a").hours, str(store.get("a").hours_confirmed_on)) == ("Mo-Fr 09:00-17:30", TODAY)
    unclear = keeper.post(
        "/keeper/stations/a", data={**form, "version": store.get("a").version, "hours": "8:00-5:00"}
    )
    assert unclear.status_code == 400 and "开门时间没听懂" in unclear.text
    assert store.get("a").hours == "Mo-Fr 09:00-17:30"


def test_hours_of_today_alone_and_amenities(keeper: TestClient, store: StationStore) -> None:
    form = {
        "version": store.get("a").version, "status": "trial", "hours": "08:00-18:00", "today": "9:00-11:00",
        "a_toilet": "nearby", "toilet_m": "120", "a_water_hot": "unknown", "a_aed": "yes",
        "understood": "08:00-18:00; 2026 Nov 23 09:00-11:00",
    }  # fmt: skip
    assert "已存" in keeper.post("/keeper/stations/a", data=form).text
    found = store.get("a")
    assert (found.status, found.amenities["toilet"].distance_m) == ("trial", 120)
    assert found.amenities["water_hot"].value == "unknown" and found.amenities["aed"].value == "yes"
    page = keeper.get("/stations/a").text
    assert "09:00–11:00" in page and "08:00–18:00" in page
    bad = keeper.post("/keeper/stations/a", data={**form, "version": found.version, "a_aed": "perhaps"})
    assert bad.status_code == 400 and "没存成" in bad.text


def test_what_the_address_says_was_done_cannot_carry_words(keeper: TestClient) -> None:
    page = keeper.get("/keeper?done=<b>x&station=<i>y").text
    assert 'class="strip"' not in page and "<b>x" not in page
    strip = keeper.get("/keeper?done=saved&station=<i>y&report=<script>").text
    assert 'class="strip"' in strip and "<script>" not in strip


def test_english_stays_english(keeper: TestClient, store: StationStore) -> None:
    done = keeper.post(
        "/keeper/stations/a/confirm?lang=en", data={"version": store.get("a").version}, follow_redirects=False
    )
    assert parse_qs(urlsplit(done.headers["location"]).query)["lang"] == ["en"]
    assert "Confirmed · 甲站" in keeper.get(done.headers["location"]).text
