"""The planner's matrix, report, comparison and the page of downloads."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from api.planning import Grounds
from api.routers.pages import PageDep
from api.routers.planner import PlannerQuestion
from geo.assessment import hours_unit, is_illustrative
from geo.service_matrix import StationRow, StreetRow, station_matrix, street_matrix
from maps.matrix_page import MatrixView, render_matrix
from maps.report_page import ReportGrounds, render_report

router = APIRouter(include_in_schema=False)

STRICT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""These pages hold no inline script and no inline style."""


def strict(response: Response) -> Response:
    """Return the answer under the policy of pages without anything inline."""
    response.headers["Content-Security-Policy"] = STRICT_POLICY
    return response


@router.get("/planner/matrix")
async def matrix(asked: PageDep) -> Response:
    """Which station, and which street, offers which service in the time asked for."""
    question = PlannerQuestion(asked)
    looked = MatrixView.read(asked.request.query_params)
    standard = replace(question.standard, amenities=())

    def both(grounds: Grounds) -> tuple[tuple[StationRow, ...], tuple[StreetRow, ...]]:
        return (
            station_matrix(grounds.stations, standard, grounds.demand),
            street_matrix(grounds.stations, grounds.demand, standard),
        )

    def page() -> str:
        grounds = question.grounds()
        rows, streets = question.planning.answer(asked.view.snapshot, ("matrix page", standard), both)
        return render_matrix(
            rows,
            streets,
            asked.view.stations,
            question.state,
            looked=looked,
            areas=grounds.areas,
            today=question.today,
            demand_basis=grounds.demand.basis,
            demand_unit=hours_unit(grounds.demand.unit, question.state.is_hours),
            illustrative=is_illustrative(grounds.stations),
            view=asked.page_view,
        )

    return strict(await question.page(page, looked))


@router.get("/planner/report")
async def report(asked: PageDep) -> Response:
    """The report for the next meeting, to be read or printed."""
    question = PlannerQuestion(asked)

    def page() -> str:
        grounds = question.grounds()
        on = ReportGrounds(
            found=question.assessment(),
            week=question.whole_week(),
            rows=question.planning.answer(
                asked.view.snapshot,
                ("states", question.standard),
                lambda grounds: station_matrix(grounds.stations, question.standard),
            ),
            stations=asked.view.stations,
            areas=grounds.areas,
            register_version=grounds.version,
        )
        return render_report(on, question.state, asked.page_view)

    return strict(await question.page(page))
