"""The planner's dashboard, and what every planner's page is asked and made of."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import date

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer
from api.conditional import weak_tag
from api.planning import Answer, Grounds
from api.routers.pages import HTML, PageDep, PageRequest
from geo.assessment import Assessment
from geo.coverage import Coverage, coverage
from geo.errors import StoreUnavailableError
from geo.holidays import shipped_holidays
from geo.service_matrix import station_matrix
from geo.standard import Standard
from geo.time_windows import typical_week
from maps.folium_local import MapPage
from maps.map_layers_coverage import CellFacts, Floats, cell_facts, nearest_minutes
from maps.planner_map_layers import MapAnalysis
from maps.planner_page import render_failed, render_planner
from maps.planner_state import PlannerState
from maps.planner_texts import planner_say

router = APIRouter(include_in_schema=False)


class PlannerQuestion:
    """A planner's page asked for: its switches, and the answers it is made of, each worked out once."""

    def __init__(self, asked: PageRequest) -> None:
        self.asked, self.planning = asked, asked.service.planning
        self._wanted = PlannerState.read(asked.request.query_params)
        self.zone = asked.service.settings.timezone
        self.today: date = asked.service.today()
        self.away = False  # known once the page is asked for
        self.monday = typical_week(self.today, shipped_holidays())

    @property
    def state(self) -> PlannerState:
        """The switches; the demand asked for is left out where there is no other."""
        has_both = self.planning.own_basis(self.asked.view.snapshot) == "measured"
        modelled = has_both and self._wanted.demand_basis == "modelled"
        return replace(self._wanted, demand_basis="modelled" if modelled else None)

    @property
    def standard(self) -> Standard:
        """The standard the switches name."""
        return self.state.standard(self.monday, self.zone)

    def grounds(self) -> Grounds:
        """Return what the analyses stand on."""
        return self.planning.grounds(self.asked.view.snapshot, self.state.demand_basis)

    def answer(self, key: Hashable, work: Callable[[Grounds], Answer]) -> Answer:
        """Return what ``work`` makes of the grounds, worked out once."""
        return self.planning.answer(self.asked.view.snapshot, key, work, self.state.demand_basis)

    def assessment(self) -> Assessment:
        """Return the assessment under the standard."""
        snapshot, basis = self.asked.view.snapshot, self.state.demand_basis
        return self.planning.assessment(snapshot, self.standard, self.today, basis)

    def whole_week(self) -> Coverage:
        """Return the coverage of the whole week: what the clock chart shows."""
        week = self.state.whole_week().standard(self.monday, self.zone)
        if week == self.standard:
            return self.assessment().coverage
        return self.answer(("clock", week), lambda grounds: coverage(grounds.stations, grounds.demand, week))

    def analysis(self) -> MapAnalysis:
        """Return what the map's layers are made from."""
        grounds, found = self.grounds(), self.assessment()
        rows = station_matrix(grounds.stations, self.standard)
        return MapAnalysis(found, grounds.demand, grounds.stations, rows, self.state, self.facts())

    def facts(self) -> CellFacts:
        """Return what the map's cells show; the way to the nearest station is the same for all questions."""
        found, mode = self.assessment(), self.standard.mode

        def minutes(grounds: Grounds) -> Floats:
            lon, lat = (grounds.demand.cells[name].to_numpy(dtype=float) for name in ("lon", "lat"))
            return nearest_minutes(grounds.stations, lon, lat, mode)

        nearest = self.answer(("nearest", mode), minutes)
        return self.answer(
            ("cell facts", self.standard, self.today),
            lambda grounds: cell_facts(found, grounds.demand, grounds.stations, nearest),
        )

    async def page(
        self, render: Callable[[], str | MapPage], *more: Hashable, tells_time: bool = False
    ) -> Response:
        """Return the page, kept for the day, the register, the question and what workers reported.

        ``tells_time`` pages say what is open now and are kept for a minute.
        """
        asked = self.asked
        snapshot = asked.view.snapshot
        self.away = not await asked.service.count_reports()
        await asked.service.read_layers(snapshot)
        # a new snapshot of the same version may stand on newly imported demand
        stamp = (snapshot.version, id(snapshot), self.today, self.planning.answered, asked.told)
        minute = asked.now.strftime("%H%M") if tells_time else ""
        key = (asked.request.url.path, self.state, stamp, asked.base, minute, self.away, *more)
        page = await run_in_threadpool(asked.service.pages.get, key, render)
        found = answer(asked.request, page.body, weak_tag(asked.view.stamp, page.body), HTML)
        if page.policy:
            found.headers["Content-Security-Policy"] = page.policy
        return found


@router.get("/planner")
async def dashboard(asked: PageDep) -> Response:
    """The share, the hours, the causes, the gaps, the thirteen metrics."""
    question = PlannerQuestion(asked)

    def render() -> str:
        return render_planner(
            question.assessment(),
            question.whole_week(),
            asked.view.stations,
            question.state,
            areas=question.grounds().areas,
            today=question.today,
            away=question.away,
            view=asked.page_view,
        )

    try:
        return await question.page(render)
    except StoreUnavailableError:
        why = planner_say(question.state.lang, "store_silent")
        body = render_failed(question.state, why, question.today, asked.page_view)
        return Response(body, 503, {"Retry-After": "5", "Cache-Control": "no-store"}, HTML)
