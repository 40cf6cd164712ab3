"""Workers' reports: sent without login, read and answered by keepers; and the heat step."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.auth import KeeperDep
from api.client import client_address
from api.plain_numbers import Whole
from api.service import FormatDep, Service, ServiceDep
from geo.heat import HeatNotice
from geo.report_rules import ReportKind
from geo.store.notices import end_heat, set_heat
from geo.store.report_salts import sender_hash
from geo.store.reports import (
    NOTE_LIMIT,
    Report,
    ReportStatus,
    add_report,
    list_reports,
    review_report,
    set_deadline,
)

router = APIRouter(prefix="/api", tags=["Tasks"])

_NO_STORE = {"Cache-Control": "no-store"}
MOST_LISTED = 1000


class ReportBody(BaseModel):
    """What is wrong at which station."""

    model_config = ConfigDict(extra="forbid")

    station: Annotated[str, Field(min_length=1, max_length=64)]
    kind: ReportKind
    amenity: Annotated[str | None, Field(max_length=64)] = None
    note: Annotated[str | None, Field(max_length=NOTE_LIMIT)] = None


class ReportFilter(BaseModel):
    """Which reports to list."""

    model_config = ConfigDict(extra="forbid")

    station: Annotated[str | None, Field(max_length=64)] = None
    status: ReportStatus | None = None
    kind: ReportKind | None = None
    limit: Annotated[Whole, Field(ge=1, le=MOST_LISTED)] = 100
    f: Annotated[str, Field(pattern="^json$")] = "json"


class AnswerBody(BaseModel):
    """What a keeper says to a report."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str | None, Field(max_length=NOTE_LIMIT)] = None


class DeadlineBody(BaseModel):
    """Until when a report is to be answered; null takes the deadline away."""

    model_config = ConfigDict(extra="forbid")

    due_at: AwareDatetime | None


class HeatBody(BaseModel):
    """A heat step (35, 37 or 40 °C) and when it ends."""

    model_config = ConfigDict(extra="forbid")

    level_c: int
    until: AwareDatetime


@router.post("/reports", summary="Report a fault", operation_id="report", status_code=201)
async def report(request: Request, body: ReportBody, service: ServiceDep, _: FormatDep) -> Response:
    """Keep a worker's report for review; no name is asked, no address kept."""
    address = client_address(request, service.settings)
    service.limiter.take(address)
    kept = await service.writing.ask(_keep, service, body, address)
    return JSONResponse({"id": kept.id, "status": kept.status}, 201, _NO_STORE)


@router.get("/reports", summary="Reports", operation_id="reports")
async def reports(wanted: Annotated[ReportFilter, Query()], service: ServiceDep, _: KeeperDep) -> Response:
    """The newest reports first, of a station, kind or status (``new``, ``accepted``, ``rejected``)."""
    found = await service.asking.ask(
        list_reports,
        service.store,
        station_id=wanted.station,
        status=wanted.status,
        kind=wanted.kind,
        limit=wanted.limit,
    )
    return JSONResponse({"reports": [_shown(one) for one in found]}, 200, _NO_STORE)


@router.post("/reports/{report_id}/confirm", summary="Confirm a report", operation_id="confirmReport")
async def confirm(
    report_id: str, service: ServiceDep, key: KeeperDep, _: FormatDep, body: AnswerBody | None = None
) -> Response:
    """Say that a report is true: it then puts its station in doubt no longer."""
    return await _answered(service, report_id, "accepted", key.name, body)


@router.post("/reports/{report_id}/dismiss", summary="Dismiss a report", operation_id="dismissReport")
async def dismiss(
    report_id: str, service: ServiceDep, key: KeeperDep, _: FormatDep, body: AnswerBody | None = None
) -> Response:
    """Say that a report is not true."""
    return await _answered(service, report_id, "rejected", key.name, body)


@router.put("/reports/{report_id}/deadline", summary="Set a deadline", operation_id="setDeadline")
async def deadline(
    report_id: str, body: DeadlineBody, service: ServiceDep, _: KeeperDep, __: FormatDep
) -> Response:
    """Say until when a report is to be answered."""
    kept = await service.writing.ask(set_deadline, service.store, report_id, body.due_at)
    return JSONResponse(_shown(kept), 200, _NO_STORE)


@router.get("/notices/heat", summary="The heat step in force", operation_id="heat")
async def heat(service: ServiceDep, _: FormatDep) -> Response:
    """The heat step in force, or null."""
    found = service.board.told().heat_at(service.clock())
    return JSONResponse({"heat": found and _heat_shown(found)}, 200, {"Cache-Control": "no-cache"})


@router.put("/notices/heat", summary="Set the heat step", operation_id="setHeat")
async def put_heat(body: HeatBody, service: ServiceDep, key: KeeperDep, _: FormatDep) -> Response:
    """Show the heat banner on every page until the given instant."""
    kept = await service.writing.ask(set_heat, service.store, body.level_c, body.until, key.name)
    await service.asking.ask(service.board.refresh)
    return JSONResponse({"heat": _heat_shown(kept)}, 200, _NO_STORE)


@router.delete("/notices/heat", summary="End the heat step", operation_id="endHeat", status_code=204)
async def delete_heat(service: ServiceDep, _: KeeperDep, __: FormatDep) -> Response:
    """End the heat banner before its time."""
    await service.writing.ask(end_heat, service.store)
    await service.asking.ask(service.board.refresh)
    return Response(None, 204)


def _keep(service: Service, body: ReportBody, address: str) -> Report:
    day = service.clock().astimezone(service.settings.timezone).date()
    kept = add_report(
        service.store,
        body.station,
        body.kind,
        amenity=body.amenity,
        note=body.note,
        reporter_hash=sender_hash(service.store, address, day),
    )
    service.board.refresh()
    return kept


async def _answered(
    service: Service, report_id: str, status: ReportStatus, keeper: str, body: AnswerBody | None
) -> Response:
    note = None if body is None else body.note
    kept = await service.writing.ask(review_report, service.store, report_id, status, keeper, note)
    await service.asking.ask(service.board.refresh)
    return JSONResponse(_shown(kept), 200, _NO_STORE)


def _shown(report: Report) -> dict[str, Any]:
    """Return a report as keepers see it: everything but the hash of its sender."""
    return {
        "id": report.id,
        "station": report.station_id,
        "kind": report.kind,
        "amenity": report.amenity,
        "note": report.note,
        "created_at": _instant(report.created_at),
        "status": report.status,
        "due_at": _instant(report.due_at),
        "reviewed_by": report.reviewed_by,
        "reviewed_at": _instant(report.reviewed_at),
        "review_note": report.review_note,
    }


def _heat_shown(heat: HeatNotice) -> dict[str, Any]:
    return {"level_c": heat.level_c, "until": _instant(heat.until)}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
