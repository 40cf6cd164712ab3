"""The planner's dashboard and map, and what the map asks for: the figures of one cell, cells as a picture."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer
from api.conditional import weak_tag
from api.planning import Grounds
from api.routers.pages import HTML, PageDep, PageRequest
from geo.assessment import Assessment
from geo.coverage import Coverage, coverage
from geo.holidays import shipped_holidays
from geo.standard import Standard
from geo.time_windows import typical_week
from maps.folium_local import MapPage
from maps.planner_page import render_planner
from maps.planner_state import PlannerState

router = APIRouter(include_in_schema=False)


class PlannerQuestion:
    """A planner's page asked for: its switches, and the answers it is made of, each worked out once."""

    def __init__(self, asked: PageRequest) -> None:
        self.asked, self.planning = asked, asked.service.planning
        self.state = PlannerState.read(asked.request.query_params)
        self.zone = asked.service.settings.timezone
        self.today: date = asked.service.today()
        self.monday = typical_week(self.today, shipped_holidays())

    @property
    def standard(self) -> Standard:
        """The standard the switches name."""
        return self.state.standard(self.monday, self.zone)

    def grounds(self) -> Grounds:
        """Return what the analyses stand on."""
        return self.planning.grounds(self.asked.view.snapshot)

    def assessment(self) -> Assessment:
        """Return the assessment under the standard."""
        return self.planning.assessment(self.asked.view.snapshot, self.standard, self.today)

    def whole_week(self) -> Coverage:
        """Return the coverage of the whole week: what the clock chart shows."""
        week = self.state.whole_week().standard(self.monday, self.zone)
        return self.planning.answer(
            self.asked.view.snapshot,
            ("clock", week),
            lambda grounds: coverage(grounds.stations, grounds.demand, week),
        )

    async def page(self, render: Callable[[], str | MapPage], *more: Hashable) -> Response:
        """Return the page, kept for the day, the register and the question."""
        asked = self.asked
        snapshot = asked.view.snapshot
        # a new snapshot of the same version may stand on newly imported demand
        stamp = (snapshot.version, id(snapshot), self.today)
        key = (asked.request.url.path, self.state, stamp, asked.base, *more)
        await asked.service.read_layers(snapshot)
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
            question.grounds().areas,
            question.today,
            asked.page_view,
        )

    return await question.page(render)
