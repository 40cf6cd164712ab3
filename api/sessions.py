"""Keepers' sessions at the door: a cookie of twelve hours, and writes only from our own pages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.responses import Response

from api.client import base_url
from api.errors import ApiError
from api.service import service_of
from geo.store.keys import Key
from geo.store.sessions import SESSION_LASTS, session_key

COOKIE = "care_keeper"
_PATH = "/keeper"


async def session(request: Request) -> Key | None:
    """Return whose session the request belongs to, None without one; the store is asked each time."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    service = service_of(request)
    return await service.asking.ask(session_key, service.store, token)


async def keeper_session(request: Request) -> Key:
    """Return the keeper of the request.

    Raises:
        ApiError: 303 to the login without a session.
    """
    key = await session(request)
    if key is None:
        raise ApiError(303, "log in first", {"Location": _PATH})
    return key


async def own_origin(request: Request) -> None:
    """Refuse a write that another site's page sends.

    Raises:
        ApiError: 403, neither Origin nor Referer names this service.
    """
    sent = request.headers.get("origin") or request.headers.get("referer", "")
    own = {request.headers.get("host", ""), urlsplit(base_url(request, service_of(request).settings)).netloc}
    if urlsplit(sent).netloc not in own - {""}:
        raise ApiError(403, "this must be sent from the service's own page")


def set_cookie(answer: Response, token: str, base: str) -> None:
    """Hand the session's token to the browser: for this site and these pages only, out of scripts' reach."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="strict",
        secure=base.startswith("https:"),
    )


def drop_cookie(answer: Response) -> None:
    """Take the token from the browser."""
    answer.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="strict")


SessionDep = Annotated[Key | None, Depends(session)]
KeeperSessionDep = Annotated[Key, Depends(keeper_session)]
