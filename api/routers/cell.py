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
from api.side_answers import PRESENT, SideAnswers, read_side
from geo.errors import InvalidDataError, InvalidParameterError
from geo.scenario import MAX_CHARS
from maps.cell_answer import cell_answer
from maps.compare_page import Side

router = APIRouter(prefix="/api", tags=["Planning"])


class CellParameters(StandardParameters):
    """A place, and the standard its cell is asked under."""

    lon: Annotated[Decimal, Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees, WGS-84")]
    lat: Annotated[Decimal, Field(ge=-90, le=90, allow_inf_nan=False, description="Degrees, WGS-84")]
    a: Annotated[
        str,
        Field(max_length=MAX_CHARS, description="What `b` is compared with, as `b`; default: the register"),
    ] = ""
    b: Annotated[
        str,
        Field(
            max_length=MAX_CHARS,
            description="The register the figures are of: a scenario's JSON, plain or packed as in the "
            "addresses of `/planner/compare`, or `v3`, a version of it; default: the register",
        ),
    ] = ""

    def sides(self) -> tuple[Side, Side]:
        """Return the two sides of the comparison.

        Raises:
            InvalidParameterError: a scenario cannot be read.
        """
        return _side("a", self.a), _side("b", self.b)


def _side(name: str, text: str) -> Side:
    try:
        return read_side(text)
    except InvalidDataError as error:
        raise InvalidParameterError(name, text[:64], str(error)) from error


@router.get("/cell", summary="The figures of one cell", operation_id="cell")
async def cell(request: Request, wanted: Annotated[CellParameters, Query()], service: ServiceDep) -> Response:
    """Demand, coverage and causes of the cell a place lies in; ``cell`` is null where there is no demand.

    With ``a`` or ``b`` all figures are of ``b``, and ``difference`` tells what changes from ``a`` to it.
    """
    standard = wanted.standard(service.settings.timezone, service.today())
    a, b = wanted.sides()
    view, today = await service.view(), service.today()
    await service.read_layers(view.snapshot)

    def work() -> dict[str, Any]:
        answers = SideAnswers(service.planning, service.store, view.snapshot, wanted.demand_basis)
        grounds, found = answers.grounds(b), answers.assessment(b, standard, today)
        compared = None if a == b == PRESENT else answers.difference(a, b, standard, today)
        body = cell_answer(
            found, grounds.demand, grounds.stations, wanted.lon, wanted.lat, difference=compared
        )
        asked = {name: side.text for name, side in (("a", a), ("b", b)) if side.text}
        return {**body, "parameters": {**echoed(standard), **asked}}

    body = orjson.dumps(await run_in_threadpool(work))
    return answer(request, body, weak_tag(view.stamp, body))
