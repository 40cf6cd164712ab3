"""What the handlers of one application share, and how they reach it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from api.analysis_features import AnalysisTables
from api.board import Board
from api.client import base_url
from api.feature_table import FeatureTable
from api.live import LiveRegister, View
from api.metrics import Metrics
from api.page_cache import PageCache
from api.planning import Basis, Grounds, Planning
from api.rate_limit import RateLimiter
from api.settings import Settings
from api.store_line import READING_S, StoreLine
from geo.errors import InvalidParameterError, NotFoundError, StoreUnavailableError
from geo.stations import Station
from geo.store.protocol import StationStore
from geo.store.snapshot import Snapshot, SnapshotKeeper

log = logging.getLogger("care_stations.api")

Answer = TypeVar("Answer")


def utc_now() -> datetime:
    """Return the present instant, aware."""
    return datetime.now(UTC)


@dataclass
class Service:
    """The parts of a running application; ``draining`` is set once it has been told to stop.

    ``asking``, ``writing`` and ``bulk`` (imported layers) lead to the store: together narrower than its pool,
    so that the keeper of the snapshot always gets a connection, and apart, so that stuck writes keep nobody
    from being known.
    ``thinking`` bounds the analyses worked out at a time: the finder must not wait for a planner.
    """

    settings: Settings
    store: StationStore
    keeper: SnapshotKeeper
    live: LiveRegister
    limiter: RateLimiter
    planning: Planning
    metrics: Metrics = field(default_factory=Metrics)
    pages: PageCache = field(default_factory=PageCache)
    clock: Callable[[], datetime] = utc_now
    draining: bool = False
    board: Board = field(init=False)
    asking: StoreLine = field(default_factory=lambda: StoreLine(6))
    writing: StoreLine = field(default_factory=lambda: StoreLine(1))
    bulk: StoreLine = field(default_factory=lambda: StoreLine(1, longest_s=READING_S, slow_s=READING_S))
    thinking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    def __post_init__(self) -> None:
        self.board = Board(self.store, self.now)
        self.keeper.heard = self._heard

    def _heard(self) -> None:
        for line in (self.asking, self.writing, self.bulk):
            line.hear()

    async def view(self) -> View:
        """Return the view of the register that answers a request; a first one is laid out off the loop.

        Handlers ask for it once the request has proved sound: a bad one is told so even without a register.

        Raises:
            StoreUnavailableError: there is no snapshot yet.
        """
        present = self.live.present()
        return present if present is not None else await run_in_threadpool(self.live.view)

    def now(self) -> datetime:
        """Return the present instant by the clock the service has now."""
        return self.clock()

    def today(self) -> date:
        """Return the present day in the service's time zone."""
        return self.now().astimezone(self.settings.timezone).date()

    async def analyse(
        self,
        snapshot: Snapshot,
        asked: Hashable,
        work: Callable[[Grounds], Answer],
        basis: Basis | None = None,
    ) -> Answer:
        """Return the answer to ``asked``: from the shelf, or worked out beside the event loop.

        Raises:
            InvalidParameterError: measured demand was asked for and none has been imported.
            StoreUnavailableError: imported demand and areas have to be read and the store is away.
        """
        known: Answer | None = self.planning.known(snapshot, asked, basis)
        if known is not None:
            return known
        await self.read_layers(snapshot)
        async with self.thinking:
            return await run_in_threadpool(self.planning.answer, snapshot, asked, work, basis)

    async def read_layers(self, snapshot: Snapshot) -> None:
        """See to it that the imported demand and areas of a snapshot are at hand.

        Raises:
            StoreUnavailableError: the store is away, or silent for too long.
        """
        if not self.planning.has_read(snapshot):
            await self.bulk.ask(self._read_layers_once, snapshot)

    def _read_layers_once(self, snapshot: Snapshot) -> None:
        if not self.planning.has_read(snapshot):
            self.planning.read(snapshot)

    async def count_reports(self) -> bool:
        """Count the workers' reports anew; False while the store is away: the last count stands then."""
        try:
            await self.asking.ask(self.planning.count_reports)
        except StoreUnavailableError:
            log.info("reports are not counted anew: the store is away")
            return False
        return True

    async def past_of(self, station: Station) -> tuple[Station, ...]:
        """Return a station's versions up to the given one, oldest first; none while the store is away."""
        if not self.keeper.status().writable:
            return ()  # a worker at the door does not wait for a store known to be away
        try:
            entries = await self.asking.ask(self.store.history, station.id)
        except (StoreUnavailableError, NotFoundError):
            log.info("the past of a station is not told: the store is away, or another's")
            return ()
        return tuple(entry.after for entry in entries if entry.after and entry.version <= station.version)

    async def table(self, collection_id: str, view: View) -> FeatureTable:
        """Return the features of a collection; those that are results of analysis are worked out.

        Raises:
            StoreUnavailableError: imported demand and areas have to be read and the store is away.
        """
        known = view.tables.get(collection_id)
        if known is not None:
            return known
        made = AnalysisTables(self.planning, view.snapshot, self.today(), self.settings.timezone)
        return await self.analyse(
            view.snapshot, made.key(collection_id), lambda grounds: made.table(collection_id, grounds)
        )


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
