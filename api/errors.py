"""One table from errors to answers: every error under ``/api`` is a problem document (RFC 9457).

Nothing in an answer tells a file path, a statement, a stack or a host: errors of the store and unforeseen
ones get fixed words, the rest name only what the client sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match

from geo.errors import (
    CareStationError,
    ConflictError,
    FileNotMadeError,
    InvalidDataError,
    InvalidParameterError,
    NotFoundError,
    StoreAccessError,
    StoreUnavailableError,
    StoreVersionError,
)
from maps.page import render_error

log = logging.getLogger("care_stations.api")

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = "2"
_FOR_PROGRAMS = ("/api", "/livez", "/readyz", "/metrics")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SHOWN = 200  # characters of a client's own value repeated to it


class ApiError(CareStationError):
    """An answer other than success that a handler chose: status, words for the client, headers."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem(
    status: int,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """Return a problem document with ``status``; ``members`` are added to it."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    return Response(
        orjson.dumps({**body, **members}),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        PROBLEM_JSON,
    )


def answer_to(error: Exception) -> Response:
    """Return the answer to ``error``; an error the table doesn't know is a 500 that says nothing."""
    for kind, answer in _ANSWERS:
        if isinstance(error, kind):
            return answer(error)
    return problem(500, "the request failed inside the service")


def install(app: FastAPI) -> None:
    """Let ``app`` answer every expected error from the table; ``NeutralErrors`` catches the others."""
    for kind in (CareStationError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    answer = shown(answer_to(error), request.url.path, english=request.query_params.get("lang") == "en")
    if answer.status_code >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, type(error).__name__)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(_methods_at(request))
    return answer


def _methods_at(request: Request) -> list[str]:
    """Return what may be asked at the request's address; Starlette tells the methods of one route only."""
    return [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": "GET" if method == "HEAD" else method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


def shown(answer: Response, path: str, *, english: bool) -> Response:
    """Return ``answer`` as it stands for a program, as a page for a reader of pages."""
    if path.startswith(_FOR_PROGRAMS) or answer.status_code not in (404, 500, 503):
        return answer
    words = render_error(answer.status_code, "en" if english else "zh", station=path.startswith("/stations/"))
    kept = {name: value for name, value in answer.headers.items() if name in ("cache-control", "retry-after")}
    return HTMLResponse(words, answer.status_code, kept)


def _http_detail(error: HTTPException) -> str | None:
    # Starlette's own phrases only repeat the title.
    return None if error.detail == HTTPStatus(error.status_code).phrase else _short(str(error.detail))


def _parameter_problems(error: RequestValidationError) -> list[dict[str, str]]:
    problems = []
    for detail in error.errors():
        place = [str(part) for part in detail["loc"]][1:] or ["body"]
        unknown = detail["type"] == "extra_forbidden"
        message = "unknown parameter" if unknown else str(detail["msg"]).removeprefix("Value error, ")
        problems.append({"parameter": _short(".".join(place)), "message": _short(message)})
    return problems


def _data_problems(error: InvalidDataError) -> list[dict[str, Any]]:
    return [
        {
            "where": one.where,
            "station": one.station and _short(one.station),
            "field": one.field,
            "value": None if one.value is None else _short(repr(one.value)),
            "message": _short(one.message),
        }
        for one in error.problems
    ]


def _short(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode()  # a lone surrogate cannot be written as JSON
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"


def _chosen(error: ApiError) -> Response:
    return problem(error.status, error.detail, error.headers)


def _bad_parameter(error: InvalidParameterError) -> Response:
    return problem(400, _short(str(error)), parameter=_short(error.name))


def _bad_data(error: InvalidDataError) -> Response:
    return problem(400, "the data breaks the rules of the register", errors=_data_problems(error))


def _bad_request(error: RequestValidationError) -> Response:
    errors = _parameter_problems(error)
    return problem(400, "; ".join(f"{one['parameter']}: {one['message']}" for one in errors), errors=errors)


def _http(error: HTTPException) -> Response:
    return problem(error.status_code, _http_detail(error), error.headers)


def _not_found(_: Exception) -> Response:
    return problem(404, "there is nothing of that name here")


def _conflict(_: Exception) -> Response:
    return problem(409, "the register holds another version, or the id is taken")


def _store_away(_: Exception) -> Response:
    headers = {"Retry-After": RETRY_AFTER_S}
    return problem(503, "the register cannot be reached now; try again later", headers)


def _no_room(_: Exception) -> Response:
    headers = {"Retry-After": RETRY_AFTER_S}
    return problem(507, "there is no room to make the file now; try again later", headers)


_ANSWERS: tuple[tuple[type[Exception], Callable[[Any], Response]], ...] = (
    (ApiError, _chosen),
    (InvalidParameterError, _bad_parameter),
    (InvalidDataError, _bad_data),
    (RequestValidationError, _bad_request),
    (NotFoundError, _not_found),
    (ConflictError, _conflict),
    (FileNotMadeError, _no_room),
    (StoreUnavailableError, _store_away),
    (StoreVersionError, _store_away),
    (StoreAccessError, _store_away),
    (HTTPException, _http),
)
