"""``GET /api/cell``: the figures of one cell, by a place in it."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer
from api.conditional import weak_tag
from api.plain_numbers import Decimal
from api.planning_parameters import StandardParameters, echoed
from api.service import ServiceDep
from maps.cell_answer import cell_answer

router = APIRouter(prefix="/api", tags=["Planning"])


class CellParameters(StandardParameters):
    """A place, and the standard its cell is asked under."""

    lon: Annotated[Decimal, Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees, WGS-84")]
    lat: Annotated[Decimal, Field(ge=-90, le=90, allow_inf_nan=False, description="Degrees, WGS-84")]


@router.get("/cell", summary="The figures of one cell", operation_id="cell")
async def cell(request: Request, wanted: Annotated[CellParameters, Query()], service: ServiceDep) -> Response:
    """Demand, coverage and causes of the cell a place lies in; ``cell`` is null where there is no demand."""
    standard = wanted.standard(service.settings.timezone, service.today())
    view, today = await service.view(), service.today()
    await service.read_layers(view.snapshot)

    def work() -> dict[str, Any]:
        grounds = service.planning.grounds(view.snapshot, wanted.demand_basis)
        found = service.planning.assessment(view.snapshot, standard, today, wanted.demand_basis)
        body = cell_answer(found, grounds.demand, grounds.stations, wanted.lon, wanted.lat)
        return {**body, "parameters": echoed(standard)}

    body = orjson.dumps(await run_in_threadpool(work))
    return answer(request, body, weak_tag(view.stamp, body))
