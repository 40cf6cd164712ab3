"""The planner's map, with a scenario over it where one is asked for, and the sheet of one gap."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from api.answers import answer
from api.conditional import weak_tag
from api.errors import ApiError
from api.planning_tables import gap_file
from api.poster_file import NEEDED, draw_png, find_chromium
from api.report_tables import report_tables
from api.routers.compare import Comparison
from api.routers.pages import PageDep
from api.routers.planner_pages import strict
from api.table_files import MEDIA_TYPES, table_bytes
from geo.errors import NotFoundError
from geo.gap_details import Gap, named_places, unserved_by_window
from geo.service_matrix import station_matrix
from maps.compare_page import Side
from maps.folium_local import MapPage
from maps.gap_page import GapGrounds, render_gap
from maps.map_cell_picture import PictureView, cell_picture
from maps.map_layers_coverage import THEMES, CellFacts, Theme
from maps.map_layers_scenario import ScenarioView, with_difference
from maps.planner_map import render_planner_map
from maps.planner_map_layers import MapAnalysis

router = APIRouter(include_in_schema=False)

PICTURE_PX = (1600, 1200)


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


@router.get("/planner/map.png")
async def map_picture(asked: PageDep) -> Response:
    """The map as a picture, where there is a Chromium to draw it; 501 says what to install."""
    chromium = find_chromium(asked.service.settings.chromium)
    if chromium is None:
        return PlainTextResponse(NEEDED, 501, {"Cache-Control": "no-store"})
    question = MapQuestion(asked)
    await asked.service.read_layers(asked.view.snapshot)

    def work() -> bytes:
        page = render_planner_map(
            asked.view.stations,
            asked.now,
            asked.page_view,
            lang=asked.lang,
            areas=question.grounds().areas,
            analysis=question.analysis(),
            inline=True,
            still=True,
        )
        return draw_png(page.html, chromium, PICTURE_PX)

    headers = {"Content-Disposition": 'inline; filename="map.png"', "Cache-Control": "no-cache"}
    return Response(await run_in_threadpool(work), 200, headers, "image/png")


@router.get("/planner/map.gpkg")
async def map_layers(asked: PageDep) -> Response:
    """Every layer of the map as a GeoPackage: cells, gaps, stations, areas, places, with the same numbers."""
    question = MapQuestion(asked)
    await asked.service.read_layers(asked.view.snapshot)

    def work() -> bytes:
        tables = report_tables(question.grounds(), question.assessment(), asked.view.stations)
        return table_bytes(replace(tables, name="map"), "gpkg")

    headers = {"Content-Disposition": 'attachment; filename="map.gpkg"', "Cache-Control": "no-cache"}
    return Response(await run_in_threadpool(work), 200, headers, MEDIA_TYPES["gpkg"])


class GapQuestion(MapQuestion):
    """One gap asked for, by its rank under the switches."""

    def gap(self) -> Gap:
        """Return the gap.

        Raises:
            NotFoundError: there is no gap of that rank.
        """
        rank = self.asked.request.query_params.get("rank", "")
        gaps = self.assessment().gaps
        if not (rank.isascii() and rank.isdigit() and len(rank) < 7 and 1 <= int(rank) <= len(gaps)):
            raise NotFoundError(f"no gap of rank {rank[:16]!r} under these settings")
        return gaps[int(rank) - 1]

    def by_window(self, gap: Gap) -> dict[str, float]:
        """Return the demand-hours unserved in each window."""
        standard, area = self.standard, gap.area
        return self.answer(
            ("gap windows", standard, area),
            lambda grounds: unserved_by_window(grounds.stations, grounds.demand, area, standard),
        )


@router.get("/planner/gap")
async def gap_sheet(asked: PageDep) -> Response:
    """One gap: where, who, when, for lack of what, and what to do first."""
    question = GapQuestion(asked)

    def page() -> str:
        gap, grounds = question.gap(), question.grounds()
        a, b = question.sides
        places = named_places(grounds.places)
        at = zip(places["lon"].astype(float), places["lat"].astype(float), strict=True)
        on = GapGrounds(
            found=question.assessment(),
            frame=grounds.stations,
            rows=station_matrix(grounds.stations, question.standard),
            stations=asked.view.stations,
            areas=grounds.areas,
            facts=question.facts(),
            by_window=question.by_window(gap),
            places=dict(zip(places["name"].astype(str), at, strict=True)),
            plan=(a.text, b.scenario),
        )
        return render_gap(on, gap, question.state, today=question.today, view=asked.page_view)

    rank = asked.request.query_params.get("rank", "")[:8]
    return strict(await question.page(page, question.sides, rank))


@router.get("/planner/gap.xlsx")
async def gap_workbook(asked: PageDep) -> Response:
    """The figures of one gap as a workbook."""
    question = GapQuestion(asked)

    def work() -> tuple[int, bytes]:
        gap = question.gap()
        file = gap_file(question.grounds(), question.assessment(), gap, question.by_window(gap))
        return gap.rank, table_bytes(file, "xlsx")

    await asked.service.read_layers(asked.view.snapshot)
    rank, body = await run_in_threadpool(work)
    name = f'attachment; filename="gap-{rank}.xlsx"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-cache"}
    return Response(body, 200, headers, MEDIA_TYPES["xlsx"])


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
