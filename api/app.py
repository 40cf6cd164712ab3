"""The application: settings and a store in, an ASGI application out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from api import errors
from api.live import LiveRegister
from api.middleware import BodyLimit, HeadAsGet, Hygiene, Measured, NeutralErrors
from api.planning import Planning
from api.rate_limit import RateLimiter
from api.register import shipped_register
from api.routers import (
    catalogue,
    cell,
    compare,
    docs,
    features,
    keeper_pages,
    nearest,
    operation,
    pages,
    planner,
    planner_map,
    planner_pages,
    planning,
    reports,
    static,
    writes,
)
from api.service import Service, refuse_repeated
from api.settings import Settings
from api.store_line import LOCK_WAIT_S
from api.warming import Warming
from geo.errors import CareStationError
from geo.store.opening import open_store
from geo.store.protocol import StationStore
from geo.store.snapshot import SnapshotKeeper
from geo.store.zones import AT_ONCE, build_zones

log = logging.getLogger("care_stations.api")

MAX_BODY_BYTES = 1_000_000
"""Largest body a write may have; a station is a few kilobytes."""

_GZIP_FROM_BYTES = 1_000
_FOLLOW_S = 1.0
_EXPOSED = ["ETag", "Location", "Retry-After", "Age"]


def create_app(settings: Settings, store: StationStore | None = None) -> FastAPI:
    """Return the application. ``store`` defaults to the one at ``settings.store_url``.

    A store that cannot be reached now does not stop the start: reads answer 503 until it does.

    Raises:
        StoreAccessError: the store refuses this program (wrong password, no such database, not a store).
        StoreVersionError: its schema is another.
    """
    own = store is None
    kept = store or open_store(
        settings.store_url, shipped_register, must_answer=False, lock_wait_s=LOCK_WAIT_S
    )
    keeper = SnapshotKeeper(kept)
    service = Service(
        settings=settings,
        store=kept,
        keeper=keeper,
        live=LiveRegister(keeper, settings.timezone),
        limiter=RateLimiter(settings.rate_limit),
        planning=Planning(kept),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm, keeper, service.live, kept)
        warming = Warming(lambda: planner_map.first_answers(service))
        following = asyncio.create_task(_follow(service, warming))
        try:
            yield
        finally:
            service.draining = True
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await run_in_threadpool(warming.stop)
            await run_in_threadpool(keeper.stop)
            await run_in_threadpool(service.board.stop)
            if own:
                await run_in_threadpool(kept.close)

    app = FastAPI(
        title="care-stations",
        version=program_version(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_layers(service),
    )
    app.state.service = service
    # In order of use: an address is tried on each in turn, a fifth of the time of an answer for the last.
    for door in (nearest, planning, cell, features, writes, catalogue, reports):
        app.include_router(door.router, dependencies=[Depends(refuse_repeated)])
    for door in (operation, docs, pages, planner, planner_map, planner_pages, compare, keeper_pages, static):
        app.include_router(door.router)
    errors.install(app)
    return app


def program_version() -> str:
    """Return the installed version of the program."""
    try:
        return version("care-stations")
    except PackageNotFoundError:
        return "0+source"


def _warm(keeper: SnapshotKeeper, live: LiveRegister, store: StationStore) -> None:
    keeper.start()
    if keeper.status().version is not None:
        _tend_zones(keeper, store)
        live.view()


def _tend_zones(keeper: SnapshotKeeper, store: StationStore) -> None:
    """Bring coverage zones up to date where that takes seconds; else their collection says what is amiss."""
    if len(keeper.snapshot.located) > AT_ONCE:
        return
    try:
        if build_zones(store):
            keeper.refresh()
    except CareStationError as error:
        log.warning("coverage zones cannot be brought up to date: %s", type(error).__name__)


async def _follow(service: Service, warming: Warming) -> None:
    """Read imported demand and areas as soon as a snapshot is there, so that they outlast the store.

    Then what planners will ask of them is worked out.
    """
    told = False
    while True:
        if service.keeper.status().version is not None:
            try:
                snapshot = service.keeper.snapshot
                await service.read_layers(snapshot)
                warming.look(planner_map.first_question(service, snapshot))
                told = False
            except CareStationError as error:
                if not told:
                    log.warning("imported demand and areas cannot be read: %s", type(error).__name__)
                told = True
        await asyncio.sleep(_FOLLOW_S)


def _old_s(keeper: SnapshotKeeper) -> float | None:
    """Return the age of the snapshot while the store is away, else None."""
    known = keeper.status()
    return None if known.writable else known.age_s


def _layers(service: Service) -> list[Middleware]:
    """Return the layers around the handlers, the outermost first."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=service.settings.cors_origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match"],
        expose_headers=_EXPOSED,
    )
    return [
        Middleware(HeadAsGet),
        Middleware(Measured, metrics=service.metrics),
        Middleware(Hygiene, draining=lambda: service.draining, old_s=lambda: _old_s(service.keeper)),
        *([cross_origin] if service.settings.cors_origins else []),
        Middleware(GZipMiddleware, minimum_size=_GZIP_FROM_BYTES, compresslevel=9),
        Middleware(NeutralErrors),
        Middleware(BodyLimit, most_bytes=MAX_BODY_BYTES),
    ]
