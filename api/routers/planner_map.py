"""The planner's map, with a scenario over it where one is asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer
from api.conditional import weak_tag
from api.errors import ApiError
from api.routers.compare import Comparison
from api.routers.pages import PageDep
from maps.compare_page import Side
from maps.folium_local import MapPage
from maps.map_cell_picture import PictureView, cell_picture
from maps.map_layers_coverage import THEMES, CellFacts, Theme
from maps.map_layers_scenario import ScenarioView, with_difference
from maps.planner_map import render_planner_map
from maps.planner_map_layers import MapAnalysis

router = APIRouter(include_in_schema=False)


class MapQuestion(Comparison):
    """The map asked for: the planner's switches, and the two sides of a comparison."""

    def analysis(self) -> MapAnalysis:
        """Return what the map's layers are made from; a comparison that cannot be worked out is left away."""
        return replace(super().analysis(), plan=self.plan)

    def facts(self) -> CellFacts:
        """Return what the map's cells show, a comparison's difference among it."""
        facts, plan = super().facts(), self.plan
        return with_difference(facts, plan.difference) if plan else facts

    @cached_property
    def plan(self) -> ScenarioView | None:
        """Return the difference of the two sides and the scenario of the second; None where both are one."""
        if self.failure or all(side == Side() for side in self.sides):
            return None
        found = self.compared()
        if found is None:
            return None
        address = {name: side.text for name, side in zip("ab", self.sides, strict=True) if side.text}
        return ScenarioView(found.difference, self.sides[1].scenario, address)


@router.get("/planner/map")
async def planner_map(asked: PageDep) -> Response:
    """The same question on a map; ``embed`` leaves the bar away, for the dashboard's frame."""
    question = MapQuestion(asked)
    embed = asked.request.query_params.get("embed") == "1"

    def render() -> MapPage:
        return render_planner_map(
            asked.view.stations,
            asked.now,
            asked.page_view,
            lang=asked.lang,
            areas=question.grounds().areas,
            analysis=question.analysis(),
            embed=embed,
            failure=question.failure,
            **asked.tiles,
        )

    return await question.page(render, embed, question.sides, tells_time=True)


@router.get("/planner/cells.png")
async def cells_picture(asked: PageDep) -> Response:
    """One theme of the map as a picture: what is drawn where there are too many cells for shapes.

    ``zoom``, ``left``, ``top``, ``width`` and ``height`` name a view (:class:`PictureView`); all without.
    """
    question = MapQuestion(asked)
    wanted = asked.request.query_params.get("theme")
    theme: Theme = next((one for one in (*THEMES, "difference") if one == wanted), THEMES[0])
    view = PictureView.read(asked.request.query_params)

    def work() -> bytes:
        facts = question.facts()
        if not facts.cells:
            raise ApiError(404, "no cell holds demand under these switches")
        shown: Theme = theme if theme in facts.palettes else THEMES[0]
        return cell_picture(facts, shown, question.grounds().areas.district.geometry, view)

    snapshot = asked.view.snapshot
    await asked.service.read_layers(snapshot)
    asked_for = (theme, view, question.state, question.sides)
    key = ("cells.png", asked_for, snapshot.version, id(snapshot), question.today)
    async with asked.service.thinking:
        page = await run_in_threadpool(asked.service.pages.get, key, work)
    return answer(asked.request, page.body, weak_tag(asked.view.stamp, page.body), "image/png")
