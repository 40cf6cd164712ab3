"""The pages: what ``maps`` renders, at the addresses people open. Unknown query parameters are ignored."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.service import BaseDep, Service, ServiceDep, ViewDep
from maps.finder_page import render_finder
from maps.page import PageView
from maps.texts import Lang

router = APIRouter(include_in_schema=False)


@router.get("/")
async def finder(request: Request, service: ServiceDep, view: ViewDep, base: BaseDep) -> Response:
    """The finder: every station by street, the nearest with a script."""
    page_view = _page_view(service, view.version, base)
    return _page(render_finder(view.stations, service.clock(), page_view, _lang(request)))


def _page(html: str) -> Response:
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})


def _lang(request: Request) -> Lang:
    return "en" if request.query_params.get("lang") == "en" else "zh"


def _page_view(service: Service, version: int, base: str) -> PageView:
    settings = service.settings
    return PageView(
        zone=settings.timezone,
        public_url=base,
        map_review_number=settings.map_review_number,
        stamp=str(version),
    )
