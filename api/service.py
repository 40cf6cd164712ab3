"""What the handlers of one application share, and how they reach it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from api.client import base_url
from api.live import LiveRegister, View
from api.metrics import Metrics
from api.page_cache import PageCache
from api.rate_limit import RateLimiter
from api.settings import Settings
from api.store_line import StoreLine
from geo.errors import InvalidParameterError
from geo.store.protocol import StationStore
from geo.store.snapshot import SnapshotKeeper


def utc_now() -> datetime:
    """Return the present instant, aware."""
    return datetime.now(UTC)


@dataclass
class Service:
    """The parts of a running application; ``draining`` is set once it has been told to stop.

    ``asking`` and ``writing`` lead to the store: together narrower than its pool, so that the keeper of the
    snapshot always gets a connection, and apart, so that stuck writes keep nobody from being known.
    """

    settings: Settings
    store: StationStore
    keeper: SnapshotKeeper
    live: LiveRegister
    limiter: RateLimiter
    metrics: Metrics = field(default_factory=Metrics)
    pages: PageCache = field(default_factory=PageCache)
    clock: Callable[[], datetime] = utc_now
    draining: bool = False
    asking: StoreLine = field(default_factory=lambda: StoreLine(6))
    writing: StoreLine = field(default_factory=lambda: StoreLine(2))

    async def view(self) -> View:
        """Return the view of the register that answers a request; a first one is laid out off the loop.

        Handlers ask for it once the request has proved sound: a bad one is told so even without a register.

        Raises:
            StoreUnavailableError: there is no snapshot yet.
        """
        present = self.live.present()
        return present if present is not None else await run_in_threadpool(self.live.view)


def service_of(request: Request) -> Service:
    """Return the application's service."""
    return cast(Service, request.app.state.service)


# Dependencies are coroutines: FastAPI would send plain functions through its thread pool, at a third of the
# throughput of answers from memory.


async def get_service(request: Request) -> Service:
    """Return the application's service, as a dependency."""
    return service_of(request)


async def get_base(request: Request) -> str:
    """Return the address links begin with."""
    return base_url(request, service_of(request).settings)


async def refuse_repeated(request: Request) -> None:
    """Refuse a query parameter given twice: which one was meant is anybody's guess.

    Raises:
        InvalidParameterError: names the parameter.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise InvalidParameterError(name[:64], "", "given more than once")


class OnlyFormat(BaseModel):
    """The one parameter of resources that take no other."""

    model_config = ConfigDict(extra="forbid")

    f: Annotated[str, Query(pattern="^(json|geojson)$", description="Format of the answer")] = "json"


ServiceDep = Annotated[Service, Depends(get_service)]
BaseDep = Annotated[str, Depends(get_base)]
FormatDep = Annotated[OnlyFormat, Query()]
