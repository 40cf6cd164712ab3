"""The planner's matrix, report, comparison and the page of downloads."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.planning import Grounds
from api.routers.pages import WORKER_POLICY, PageDep
from api.routers.planner import PlannerQuestion
from api.table_files import MEDIA_TYPES, file_bytes
from geo.assessment import hours_unit, is_illustrative
from geo.io.exporter import export_register
from geo.service_matrix import StationRow, StreetRow, station_matrix, street_matrix
from maps.data_page import render_data
from maps.matrix_page import MatrixView, render_matrix
from maps.report_page import ReportGrounds, render_report

router = APIRouter(include_in_schema=False)


def strict(response: Response) -> Response:
    """Return the answer under the policy of pages without anything inline, the worker's too."""
    response.headers["Content-Security-Policy"] = WORKER_POLICY
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
        rows, streets = question.answer(("matrix page", standard), both)
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
            rows=question.answer(
                ("states", question.standard),
                lambda grounds: station_matrix(grounds.stations, question.standard),
            ),
            stations=asked.view.stations,
            areas=grounds.areas,
            register_version=grounds.version,
        )
        return render_report(on, question.state, asked.page_view)

    return strict(await question.page(page))


@router.get("/data")
async def data(asked: PageDep) -> Response:
    """Every download, what its columns mean, and where the data is from."""
    question = PlannerQuestion(asked)

    def page() -> str:
        illustrative = is_illustrative(asked.view.snapshot.frame)
        return render_data(
            asked.view.stations,
            question.state,
            question.today,
            illustrative=illustrative,
            areas=question.grounds().areas,
            view=asked.page_view,
        )

    return strict(await question.page(page))


@router.get("/data/stations.{form}")
async def register_file(
    asked: PageDep, form: Literal["geojson", "csv", "xlsx", "gpkg", "parquet"]
) -> Response:
    """The register as a file, in WGS-84."""
    service = asked.service

    def write() -> bytes:
        now = service.clock().astimezone(service.settings.timezone)
        return file_bytes(f"stations.{form}", lambda path: export_register(path, asked.view.stations, now))

    headers = {
        "Content-Disposition": f'attachment; filename="stations.{form}"',
        "Cache-Control": "no-cache",
    }
    return Response(await run_in_threadpool(write), 200, headers, MEDIA_TYPES[form])
