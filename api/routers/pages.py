"""The pages: what ``maps`` renders, at the addresses people open. Unknown query parameters are ignored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer
from api.conditional import weak_tag
from api.live import View
from api.service import BaseDep, Service, ServiceDep
from geo.data_files import data_path
from maps.about_page import render_about
from maps.finder_page import places_data, render_finder
from maps.folium_local import MapPage
from maps.offline import PLACES_PATH, render_service_worker
from maps.page import PageView
from maps.planner_map import render_planner_map
from maps.station_page import render_poster, render_station
from maps.texts import Lang
from maps.worker_map import render_worker_map

router = APIRouter(include_in_schema=False)

HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"


WORKER_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Content-Security-Policy of a page that holds neither scripts nor styles of its own."""


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
        self, render: Callable[[], str | MapPage], media_type: str = HTML, *, tells_time: bool = True
    ) -> Response:
        """Return the page, kept for the minute or the register; 304 when the reader's copy is the same."""
        minute = self.now.strftime("%Y%m%d%H%M") if tells_time else ""
        key = (self.request.url.path, self.lang, self.view.stamp, minute, self.base, self.told)
        page = await run_in_threadpool(self.service.pages.get, key, render)
        found = answer(self.request, page.body, weak_tag(self.view.stamp, page.body), media_type)
        found.headers["Content-Security-Policy"] = page.policy or WORKER_POLICY
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
    return await asked.page(lambda: render_station(found, asked.now, asked.page_view, asked.lang))


@router.get("/stations/{station_id}/poster")
async def poster(station_id: str, asked: PageDep) -> Response:
    """The poster for the station's door."""
    found = asked.view.snapshot.get(station_id)
    return await asked.page(lambda: render_poster(found, asked.now, asked.page_view, asked.lang))


@router.get("/map")
async def worker_map(asked: PageDep) -> Response:
    """The stations on a map, for workers."""
    return await asked.page(
        lambda: render_worker_map(
            asked.view.stations,
            asked.now,
            asked.page_view,
            lang=asked.lang,
            areas=asked.view.areas,
            **asked.tiles,
        )
    )


@router.get("/planner/map")
async def planner_map(asked: PageDep) -> Response:
    """The stations and streets on a map, for planners."""
    return await asked.page(
        lambda: render_planner_map(
            asked.view.stations,
            asked.now,
            asked.page_view,
            lang=asked.lang,
            areas=asked.view.areas,
            **asked.tiles,
        )
    )


@router.get(PLACES_PATH)
async def places(asked: PageDep) -> Response:
    """What the finder's place search looks through."""
    return await asked.page(lambda: _places_text(asked.view), "application/json", tells_time=False)


@router.get("/sw.js")
async def service_worker(asked: PageDep) -> Response:
    """The script that keeps the finder usable without a network."""
    return await asked.page(lambda: render_service_worker(asked.page_view), JAVASCRIPT, tells_time=False)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _places_text(view: View) -> str:
    known = json.loads(data_path("places.geojson").read_text(encoding="utf-8"))
    return json.dumps(places_data(known, view.stations), ensure_ascii=False, separators=(",", ":"))
