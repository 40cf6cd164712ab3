"""The pages: what ``maps`` renders, at the addresses people open. Unknown query parameters are ignored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from typing import Annotated, TypedDict
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from api.answers import answer
from api.conditional import weak_tag
from api.live import View
from api.poster_file import NEEDED, find_chromium, print_pdf
from api.service import BaseDep, Service, ServiceDep
from geo.bilingual import Lang
from geo.data_files import data_path
from maps.about_page import render_about
from maps.finder_filters import Filters
from maps.finder_page import places_data, render_finder
from maps.folium_local import MapPage, tile_hosts
from maps.ground import ground_data, ground_tiles
from maps.offline import GROUND_PATH, PLACES_PATH, render_service_worker
from maps.page import PageView
from maps.station_page import render_poster, render_station
from maps.worker_map import render_worker_map

router = APIRouter(include_in_schema=False)

HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"


WORKER_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Content-Security-Policy of a page that holds neither scripts nor styles of its own."""


def worker_policy(basemap: str) -> str:
    """Return the policy of a worker's page: tiles, where a setting asks for them, come from their hosts.

    >>> worker_policy("none") == WORKER_POLICY
    True
    """
    return WORKER_POLICY.replace("data:;", " ".join(("data:", *tile_hosts(basemap))) + ";")


class Tiles(TypedDict):
    """The tiles under a map, as the renderers take them."""

    basemap: str
    tianditu_key: str | None


class PageRequest:
    """A page asked for: in which language, of which register, in which minute."""

    def __init__(self, request: Request, service: Service, view: View, base: str) -> None:
        self.request, self.service, self.view, self.base = request, service, view, base
        self.lang: Lang = "en" if request.query_params.get("lang") == "en" else "zh"
        self.now = self.service.clock()
        told = self.service.board.told()
        self.doubts, self.heat = told.doubts(self.now), told.heat_at(self.now)

    @property
    def page_view(self) -> PageView:
        """What the renderers know of this installation."""
        settings = self.service.settings
        return PageView(
            zone=settings.timezone,
            public_url=self.base,
            map_review_number=settings.map_review_number,
            stamp=f"{self.view.stamp}-{_short(self.told)}" if self.told else self.view.stamp,
            doubts=self.doubts,
            heat=self.heat,
            tiles=ground_tiles(**self.tiles),
        )

    @property
    def told(self) -> str:
        """What the page tells beside the register, for telling pages apart; "" when nothing."""
        return repr((sorted(self.doubts.items()), self.heat)) if self.doubts or self.heat else ""

    @property
    def tiles(self) -> Tiles:
        """Which tiles lie under a map."""
        settings = self.service.settings
        return {"basemap": settings.basemap, "tianditu_key": settings.tianditu_key}

    async def page(
        self,
        render: Callable[[], str | MapPage],
        media_type: str = HTML,
        *,
        tells_time: bool = True,
        asked: Hashable = None,
    ) -> Response:
        """Return the page, kept for the minute or the register; 304 when the reader's copy is the same.

        ``asked`` is what else shapes the page.
        """
        minute = self.now.strftime("%Y%m%d%H%M") if tells_time else ""
        key = (self.request.url.path, self.lang, self.view.stamp, minute, self.base, self.told, asked)
        page = await run_in_threadpool(self.service.pages.get, key, render)
        found = answer(self.request, page.body, weak_tag(self.view.stamp, page.body), media_type)
        found.headers["Content-Security-Policy"] = page.policy or worker_policy(self.tiles["basemap"])
        return found


async def page_request(request: Request, service: ServiceDep, base: BaseDep) -> PageRequest:
    """Return the page asked for, as a dependency."""
    return PageRequest(request, service, await service.view(), base)


PageDep = Annotated[PageRequest, Depends(page_request)]


@router.get("/")
async def finder(asked: PageDep) -> Response:
    """The finder: every station by street, the nearest with a script."""
    return await asked.page(
        lambda: render_finder(
            asked.view.stations, asked.now, asked.page_view, asked.lang, areas=asked.view.areas
        )
    )


@router.get("/about")
async def about(asked: PageDep) -> Response:
    """What the pages compute, from which sources."""
    return await asked.page(
        lambda: render_about(asked.view.stations, asked.page_view, asked.lang), tells_time=False
    )


@router.get("/stations/{station_id}")
async def station(station_id: str, asked: PageDep) -> Response:
    """The page of one station."""
    found = asked.view.snapshot.get(station_id)
    past = await asked.service.past_of(found)
    return await asked.page(
        lambda: render_station(found, asked.now, asked.page_view, asked.lang, past), asked=len(past)
    )


@router.get("/stations/{station_id}/poster")
async def poster(station_id: str, asked: PageDep) -> Response:
    """The poster for the station's door."""
    found = asked.view.snapshot.get(station_id)
    return await asked.page(lambda: render_poster(found, asked.now, asked.page_view, asked.lang))


@router.get("/stations/{station_id}/poster.pdf")
async def poster_pdf(station_id: str, asked: PageDep) -> Response:
    """The poster as PDF, where there is a Chromium to print it; 501 says what to install."""
    found = asked.view.snapshot.get(station_id)
    chromium = find_chromium(asked.service.settings.chromium)
    if chromium is None:
        return PlainTextResponse(NEEDED, 501, {"Cache-Control": "no-store"})
    html = await run_in_threadpool(render_poster, found, asked.now, asked.page_view, asked.lang)
    body = await run_in_threadpool(print_pdf, html, chromium)
    name = f"inline; filename*=UTF-8''{quote(found.id, safe='')}.pdf"
    return Response(body, 200, {"Content-Disposition": name, "Cache-Control": "no-cache"}, "application/pdf")


@router.get("/map")
async def worker_map(asked: PageDep) -> Response:
    """The stations on a map, for workers: those the list shows for the same filters."""
    filters = Filters.of_query(asked.request.query_params)
    return await asked.page(
        lambda: render_worker_map(
            asked.view.stations,
            asked.now,
            asked.page_view,
            lang=asked.lang,
            areas=asked.view.areas,
            filters=filters,
            **asked.tiles,
        ),
        asked=filters,
    )


@router.get(PLACES_PATH)
async def places(asked: PageDep) -> Response:
    """What the finder's place search looks through."""
    return await asked.page(lambda: _places_text(asked.view), "application/json", tells_time=False)


@router.get(GROUND_PATH)
async def ground(asked: PageDep) -> Response:
    """What the finder's map stands on."""
    settings = asked.service.settings

    def text() -> str:
        data = ground_data(
            asked.lang,
            review=settings.map_review_number,
            basemap=settings.basemap,
            areas=asked.view.areas,
        )
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    return await asked.page(text, "application/json", tells_time=False)


@router.get("/sw.js")
async def service_worker(asked: PageDep) -> Response:
    """The script that keeps the finder usable without a network."""
    return await asked.page(lambda: render_service_worker(asked.page_view), JAVASCRIPT, tells_time=False)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _places_text(view: View) -> str:
    known = json.loads(data_path("places.geojson").read_text(encoding="utf-8"))
    return json.dumps(places_data(known, view.stations), ensure_ascii=False, separators=(",", ":"))
