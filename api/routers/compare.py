"""The comparison of two registers: its page, its file, and a scenario as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import pandas as pd
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.compare_tables import difference_file
from api.middleware import MAX_TARGET_BYTES
from api.routers.pages import PageDep, PageRequest
from api.routers.planner import PlannerQuestion
from api.routers.planner_pages import strict
from api.side_answers import PRESENT, SideAnswers, read_side
from api.table_files import MEDIA_TYPES, table_bytes
from geo.assessment import hours_unit, is_illustrative
from geo.coverage import summarise
from geo.errors import InvalidDataError, InvalidParameterError, NotFoundError
from geo.register_changes import StationChange, station_changes
from geo.scenario import MAX_CHARS, Scenario, in_address, read_scenario
from geo.scenario_difference import Step, difference, steps
from geo.stations import Station
from geo.store.past import RegisterVersion, register_versions, stations_at
from maps.compare_page import Compared, Side, compare_address, edited, render_compare
from maps.compare_texts import compare_say, failure_words
from maps.planner_texts import planner_say

router = APIRouter(include_in_schema=False)


class Comparison(PlannerQuestion):
    """A comparison asked for, and what it is made of."""

    def __init__(self, asked: PageRequest) -> None:
        super().__init__(asked)
        self.failure = ""
        self.sides = (self._side("a"), self._side("b"))

    @property
    def answers(self) -> SideAnswers:
        """The answers on both sides."""
        asked = self.asked
        return SideAnswers(self.planning, asked.service.store, asked.view.snapshot, self.state.demand_basis)

    def _side(self, name: str) -> Side:
        try:
            return read_side(self.asked.request.query_params.get(name, ""))
        except InvalidDataError as error:
            self.failure = self.failure or failure_words(error, self.state.lang)
            return Side()

    def versions(self) -> list[RegisterVersion]:
        """Return the versions of the register."""
        return self.answer(("register versions",), lambda _: register_versions(self.asked.service.store))

    def cover(self, side: Side) -> pd.DataFrame:
        """Return the cells of one side: what its small map is drawn from.

        Raises:
            InvalidParameterError, NotFoundError: as for ``side_grounds``.
        """
        standard = self.standard
        return self.answer(
            ("cover", standard, side), lambda _: summarise(self.answers.situation(side, standard)).cells
        )

    def compared(self) -> Compared | None:
        """Return what the comparison found; None, with ``failure`` set, where it cannot be worked out."""
        try:
            if not any(len(self.answers.grounds(side).stations) for side in self.sides):
                self.failure = planner_say(self.state.lang, "empty").rstrip("。.")
                return None
            found = difference(*(self.answers.situation(side, self.standard) for side in self.sides))
        except (InvalidParameterError, NotFoundError) as error:
            self.failure = failure_words(error, self.state.lang)
            return None
        return Compared(found, self.steps(), self.station_changes())

    def station_changes(self) -> tuple[StationChange, ...]:
        """Return which stations differ between two versions of the register; nothing for a scenario."""
        a, b = self.sides
        if a == b or any(side.scenario.changes for side in self.sides):
            return ()
        return self.answer(
            ("station changes", a, b), lambda _: station_changes(self._stations(a), self._stations(b))
        )

    def _stations(self, side: Side) -> Sequence[Station]:
        version = side.version
        return self.asked.view.stations if version is None else stations_at(self.asked.service.store, version)

    def steps(self) -> tuple[Step, ...]:
        """Return what each change of a scenario of the present register adds; nothing for other sides."""
        a, b = self.sides
        if a != PRESENT or b.version is not None:
            return ()
        grounds = self.answers.grounds(PRESENT)
        return steps(b.scenario, grounds.stations, grounds.demand, self.standard)


@router.get("/planner/compare")
async def compare(asked: PageDep) -> Response:
    """Two registers side by side; an edit of the scenario is sent on to the address that shows it."""
    question = Comparison(asked)
    wanted: Mapping[str, str] = asked.request.query_params
    plan = edited(question.sides[1].scenario, wanted, question.state.lang)
    chosen = wanted.get("station", "")[:64]
    if plan is not None and not question.failure:
        try:
            return await _shown(question, read_scenario(plan.to_json()) if plan.changes else plan)
        except (
            InvalidDataError
        ) as error:  # what was typed last: the scenario so far is shown beside the words
            question.failure = failure_words(error, question.state.lang)
    return await _page(question, chosen, hours=wanted.get("hours", "")[:200])


@router.post("/planner/compare")
async def loaded(asked: PageDep) -> Response:
    """A scenario that was opened or pasted: sent on to its address, or told in the page what is wrong."""
    question = Comparison(asked)
    body = (await asked.request.body()).decode("utf-8", "replace")
    text = dict(parse_qsl(body, keep_blank_values=True)).get("b", "").strip()
    try:
        return await _shown(question, read_scenario(text) if text else Scenario())
    except InvalidDataError as error:
        question.failure = failure_words(error, question.state.lang)
        return await _page(question, typed=text[:MAX_CHARS])


async def _shown(question: Comparison, plan: Scenario) -> Response:
    """Send on to the address that holds the scenario; say so in the page where none can."""
    address = compare_address(question.state, question.sides[0].text, in_address(plan))
    if len(address) < MAX_TARGET_BYTES:
        return RedirectResponse(address, 303)
    question.failure = compare_say(question.state.lang, "too_large", n=plan.changes)
    return await _page(question)


async def _page(question: Comparison, chosen: str = "", typed: str = "", hours: str = "") -> Response:
    asked = question.asked

    def page() -> str:
        found, grounds = question.compared(), question.grounds()
        covers = tuple(question.cover(side) for side in question.sides) if found else ()
        return render_compare(
            found,
            question.sides,
            asked.view.stations,
            question.state,
            versions=question.versions(),
            areas=grounds.areas,
            today=question.today,
            demand_basis=grounds.demand.basis,
            demand_unit=hours_unit(grounds.demand.unit, question.state.is_hours),
            illustrative=is_illustrative(grounds.stations),
            covers=covers,
            chosen=chosen,
            typed=typed,
            hours=hours,
            failure=question.failure,
            view=asked.page_view,
        )

    return strict(await question.page(page, question.sides, chosen, typed, hours, question.failure))


@router.get("/planner/compare/difference.xlsx")
async def compare_file(asked: PageDep) -> Response:
    """The comparison as a workbook."""
    question = Comparison(asked)

    def work() -> bytes:
        found = question.compared()
        if found is None or question.failure:
            raise InvalidParameterError("b", None, question.failure)
        sides = {"a": question.sides[0].text, "b": question.sides[1].text}
        file = difference_file(question.grounds(), question.standard, found.difference, found.steps, sides)
        return table_bytes(file, "xlsx")

    headers = {"Content-Disposition": 'attachment; filename="difference.xlsx"', "Cache-Control": "no-cache"}
    return Response(await run_in_threadpool(work), 200, headers, MEDIA_TYPES["xlsx"])


@router.get("/planner/compare/scenario.json")
async def scenario_file(asked: PageDep) -> Response:
    """The scenario as a file, to be opened here again."""
    plan: Scenario = Comparison(asked).sides[1].scenario
    headers = {"Content-Disposition": 'attachment; filename="scenario.json"', "Cache-Control": "no-cache"}
    return Response(plan.to_json().encode(), 200, headers, "application/json")
