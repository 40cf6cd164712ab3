"""The planner's map, with a scenario over it where one is asked for, and the sheet of one gap."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.answers import answer
from api.conditional import weak_tag
from api.errors import ApiError
from api.planning import Answer, Grounds
from api.planning_tables import gap_file
from api.poster_file import NEEDED, draw_png, find_chromium
from api.report_tables import report_tables
from api.routers.compare import Comparison
from api.routers.pages import PageDep, PageRequest, Tiles
from api.routers.planner_pages import strict
from api.scenario_tables import with_scenario
from api.service import Service
from api.side_answers import PRESENT
from api.table_files import MEDIA_TYPES, table_bytes
from api.warming import MANY_CELLS
from geo.assessment import Assessment
from geo.errors import InvalidParameterError, NotFoundError
from geo.gap_details import Gap, named_places, unserved_by_window
from geo.service_matrix import station_matrix
from geo.stations import Station, frame_to_stations
from geo.store.snapshot import Snapshot
from maps.compare_page import Side
from maps.compare_texts import failure_words
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
    """The map asked for: the planner's switches, and the two sides of a comparison.

    All layers show the second side, the difference what changed since the first. A comparison that cannot be
    worked out is left away, and ``failure`` says why.
    """

    @cached_property
    def shown(self) -> Side:
        """The side the layers show."""
        if self.failure:
            return PRESENT
        try:
            for side in self.sides:
                self.answers.grounds(side)
        except (InvalidParameterError, NotFoundError) as error:
            self.failure = failure_words(error, self.state.lang)
            return PRESENT
        return self.sides[1]

    def grounds(self) -> Grounds:
        """Return what the layers stand on."""
        return self.answers.grounds(self.shown)

    def answer(self, key: Hashable, work: Callable[[Grounds], Answer]) -> Answer:
        """Return what ``work`` makes of the grounds, worked out once."""
        return self.answers.answer(self.shown, key, work)

    def assessment(self) -> Assessment:
        """Return the assessment of the side shown."""
        return self.answers.assessment(self.shown, self.standard, self.today)

    def stations(self) -> Sequence[Station]:
        """Return the stations of the side shown."""
        if self.shown == PRESENT:
            return self.asked.view.stations
        return self.answer("stations", lambda grounds: frame_to_stations(grounds.stations))

    def analysis(self) -> MapAnalysis:
        """Return what the map's layers are made from."""
        return replace(super().analysis(), plan=self.plan)

    def facts(self) -> CellFacts:
        """Return what the map's cells show, a comparison's difference among it."""
        facts, plan = super().facts(), self.plan
        return with_difference(facts, plan.difference) if plan else facts

    @cached_property
    def plan(self) -> ScenarioView | None:
        """What changes between the two sides, and the scenario of the second; None where both are one."""
        a, b = self.sides
        if self.shown != b or self.failure or a == b == PRESENT:
            return None
        found = self.answers.difference(a, b, self.standard, self.today)
        address = {name: side.text for name, side in zip("ab", self.sides, strict=True) if side.text}
        return ScenarioView(found, b.scenario, address, self.asked.view.stations)

    def drawn(self, *, embed: bool = False, still: bool = False) -> MapPage:
        """Return the map; ``still`` leaves away what only a hand can use, and every tile."""
        asked = self.asked
        tiles: Tiles = {"basemap": "none", "tianditu_key": None} if still else asked.tiles
        return render_planner_map(
            self.stations(),
            asked.now,
            asked.page_view,
            lang=asked.lang,
            areas=self.grounds().areas,
            analysis=self.analysis(),
            embed=embed,
            inline=still,
            still=still,
            failure=self.failure,
            **tiles,
        )


def first_question(service: Service, snapshot: Snapshot) -> Hashable:
    """Return what the answers of ``first_answers`` hold for; None where they need not be worked out ahead."""
    planning = service.planning
    if planning.imported_cells(snapshot) <= MANY_CELLS:
        return None
    return (snapshot.stamp, id(snapshot), service.today(), planning.answered)


def first_answers(service: Service) -> Iterator[object]:
    """Work out, step by step, what the map and then the dashboard are made of without any switch set.

    Raises:
        StoreUnavailableError: the register is away.
    """
    view = service.live.wait_for(service.keeper.snapshot.version)
    nobody = Request({"type": "http", "path": "/planner/map", "query_string": b"", "headers": []})
    question = MapQuestion(PageRequest(nobody, service, view, ""))
    yield question.assessment()
    yield question.facts()
    yield question.assessment().improvements
    yield question.whole_week()
    yield question.assessment().metrics


@router.get("/planner/map")
async def planner_map(asked: PageDep) -> Response:
    """The same question on a map; ``embed`` leaves the bar away, for the dashboard's frame."""
    question = MapQuestion(asked)
    embed = asked.request.query_params.get("embed") == "1"

    def render() -> MapPage:
        return question.drawn(embed=embed)

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
        return draw_png(question.drawn(still=True).html, chromium, PICTURE_PX)

    headers = {"Content-Disposition": 'inline; filename="map.png"', "Cache-Control": "no-cache"}
    return Response(await run_in_threadpool(work), 200, headers, "image/png")


@router.get("/planner/map.gpkg")
async def map_layers(asked: PageDep) -> Response:
    """Every layer of the map as a GeoPackage, a scenario's too, with the same numbers."""
    question = MapQuestion(asked)
    await asked.service.read_layers(asked.view.snapshot)

    def work() -> bytes:
        grounds, plan = question.grounds(), question.plan
        tables = report_tables(grounds, question.assessment(), question.stations())
        if plan:
            tables = with_scenario(tables, grounds, plan, question.steps())
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
        places = named_places(grounds.places)
        at = zip(places["lon"].astype(float), places["lat"].astype(float), strict=True)
        on = GapGrounds(
            found=question.assessment(),
            frame=grounds.stations,
            rows=station_matrix(grounds.stations, question.standard),
            stations=question.stations(),
            areas=grounds.areas,
            facts=question.facts(),
            by_window=question.by_window(gap),
            places=dict(zip(places["name"].astype(str), at, strict=True)),
            sides=(question.sides[0].text, question.sides[1].text),
            plan=question.sides[1].scenario,
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
