"""``/keeper``: what waits for keepers, on a phone, without a script. A write is answered by a redirect."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Annotated
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.client import client_address
from api.errors import ApiError
from api.keeper_acts import (
    MOST_TOGETHER,
    Fields,
    answer_reports,
    confirm_station,
    first,
    save_station,
    tell_heat,
    undo,
)
from api.routers.pages import WORKER_POLICY, PageDep, PageRequest
from api.sessions import COOKIE, KeeperSessionDep, SessionDep, drop_cookie, own_origin, set_cookie
from geo.errors import ConflictError, NotFoundError, StoreUnavailableError
from geo.store.keys import verify_key
from geo.store.reports import list_reports
from geo.store.sessions import end_session, open_session
from maps.keeper_page import (
    Done,
    EditForm,
    form_of,
    render_keeper,
    render_keeper_login,
    render_keeper_station,
)
from maps.keeper_texts import KEEPER_TEXTS, keeper_say

router = APIRouter(include_in_schema=False, prefix="/keeper")

_MOST_SHOWN = 1000


async def form(request: Request) -> Fields:
    """Return the fields of a form that one of our own pages sent.

    Raises:
        ApiError: 403 from another site's page, 415 for anything but a form.
    """
    await own_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise ApiError(415, "send a form")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)


FormDep = Annotated[Fields, Depends(form)]


@router.get("")
async def keeper(asked: PageDep, key: SessionDep) -> Response:
    """What waits for keepers; the login without a session."""
    if key is None:
        return _page(await run_in_threadpool(render_keeper_login, asked.page_view, asked.lang))
    service = asked.service
    reports = await service.asking.ask(list_reports, service.store, status="new", limit=_MOST_SHOWN)
    page = await run_in_threadpool(
        render_keeper,
        asked.view.stations,
        reports,
        asked.now,
        asked.page_view,
        asked.lang,
        keeper=key.name,
        done=_done(asked.request),
    )
    return _page(page)


@router.post("/login")
async def login(asked: PageDep, fields: FormDep) -> Response:
    """Open a session for the holder of a key."""
    service = asked.service
    key = await service.asking.ask(verify_key, service.store, first(fields, "key"))
    if key is None:
        service.limiter.take(client_address(asked.request, service.settings))
        return _page(render_keeper_login(asked.page_view, asked.lang, wrong=True), 403)
    token = await service.writing.ask(open_session, service.store, key)
    found = _redirect(asked)
    set_cookie(found, token, asked.base)
    return found


@router.post("/logout")
async def logout(asked: PageDep, _: FormDep) -> Response:
    """End the session."""
    token = asked.request.cookies.get(COOKIE)
    if token:
        await asked.service.writing.ask(end_session, asked.service.store, token)
    found = _redirect(asked)
    drop_cookie(found)
    return found


@router.post("/reports")
async def reports(asked: PageDep, key: KeeperSessionDep, fields: FormDep) -> Response:
    """Answer reports, or give them a deadline."""
    return await _do(asked, lambda: answer_reports(asked.service, key, fields))


@router.post("/undo")
async def bring_back(asked: PageDep, key: KeeperSessionDep, fields: FormDep) -> Response:
    """Bring back what the last act changed."""
    return await _do(asked, lambda: undo(asked.service, key, fields))


@router.post("/heat")
async def heat(asked: PageDep, key: KeeperSessionDep, fields: FormDep) -> Response:
    """Show the heat banner until a time of today, or take it down."""
    return await _do(asked, lambda: tell_heat(asked.service, key, fields))


@router.post("/stations/{station_id}/confirm")
async def confirm(station_id: str, asked: PageDep, key: KeeperSessionDep, fields: FormDep) -> Response:
    """Confirm a station's facts with one tap."""
    return await _do(asked, lambda: confirm_station(asked.service, key, station_id, fields))


@router.get("/stations/{station_id}")
async def station(station_id: str, asked: PageDep, _: KeeperSessionDep) -> Response:
    """The form for one station, filled from the store itself."""
    return await _edit(asked, station_id, None)


@router.post("/stations/{station_id}")
async def save(station_id: str, asked: PageDep, key: KeeperSessionDep, fields: FormDep) -> Response:
    """Save a station, or show what is unclear."""
    service = asked.service
    try:
        saved = await service.writing.ask(
            save_station, service, key, station_id, fields, view=asked.page_view, lang=asked.lang
        )
    except ConflictError:
        return await _edit(asked, station_id, None, "done_changed", 409)
    if isinstance(saved, EditForm):
        return await _edit(asked, station_id, saved, status=400 if saved.problems else 200)
    return await _did(asked, saved)


async def _edit(
    asked: PageRequest, station_id: str, filled: EditForm | None, problem: str = "", status: int = 200
) -> Response:
    found = await asked.service.asking.ask(asked.service.store.get, station_id)
    shown = filled or form_of(found)
    if problem:
        shown = replace(shown, problems=(keeper_say(asked.lang, problem),))
    page = await run_in_threadpool(
        render_keeper_station, found, shown, asked.now, asked.page_view, asked.lang
    )
    return _page(page, status)


async def _do(asked: PageRequest, act: Callable[[], Done]) -> Response:
    """Do one act and return to the keeper's page, which says what was done."""
    try:
        done = await asked.service.writing.ask(act)
    except (ConflictError, NotFoundError):
        done = Done("changed")
    return await _did(asked, done)


async def _did(asked: PageRequest, done: Done) -> Response:
    service = asked.service
    # Written already: pages follow as soon as the store answers again.
    with suppress(StoreUnavailableError):
        await service.asking.ask(service.board.refresh)
        await service.asking.ask(service.live.wait_for, await service.asking.ask(service.store.version))
    return _redirect(asked, done)


def _done(request: Request) -> Done | None:
    """Return what the address says was just done; its words are ours, whatever it says."""
    sent = request.query_params
    what = sent.get("done", "")
    if f"done_{what}" not in KEEPER_TEXTS:
        return None
    was, now = sent.get("was", ""), sent.get("now", "")
    return Done(
        what,
        sent.get("station", ""),
        int(was) if was.isdecimal() else 0,
        int(now) if now.isdecimal() else 0,
        tuple(sent.getlist("report")[:MOST_TOGETHER]),
    )


def _redirect(asked: PageRequest, done: Done | None = None) -> Response:
    query: list[tuple[str, str]] = [("lang", "en")] if asked.lang == "en" else []
    if done is not None:
        query += [("done", done.what), ("station", done.station)]
        query += [("was", str(done.was)), ("now", str(done.now))] if done.was else []
        query += [("report", one) for one in done.reports]
    address = "/keeper" + ("?" + urlencode(query) if query else "")
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, {"Cache-Control": "no-store", "Content-Security-Policy": WORKER_POLICY})
