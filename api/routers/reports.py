"""``POST /api/reports``: what a worker found at the door, without login, for keepers to review."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.client import client_address
from api.service import FormatDep, Service, ServiceDep
from geo.store.reports import NOTE_LIMIT, Report, ReportKind, add_report

router = APIRouter(prefix="/api", tags=["Tasks"])


class ReportBody(BaseModel):
    """What is wrong at which station."""

    model_config = ConfigDict(extra="forbid")

    station: Annotated[str, Field(min_length=1, max_length=64)]
    kind: ReportKind
    amenity: Annotated[str | None, Field(max_length=64)] = None
    note: Annotated[str | None, Field(max_length=NOTE_LIMIT)] = None


@router.post("/reports", summary="Report a fault", operation_id="report", status_code=201)
async def report(request: Request, body: ReportBody, service: ServiceDep, _: FormatDep) -> Response:
    """Keep a worker's report for review; no name is asked, no address kept."""
    address = client_address(request, service.settings)
    service.limiter.take(address)
    kept = await service.writing.ask(_keep, service, body, address)
    return JSONResponse({"id": kept.id, "status": kept.status}, 201, {"Cache-Control": "no-store"})


def _keep(service: Service, body: ReportBody, address: str) -> Report:
    # The hash tells two senders of one day apart; the day and the store's own id keep it from naming anyone.
    day = service.clock().date().isoformat()
    sender = hashlib.sha256(f"{service.store.uuid()} {day} {address}".encode()).hexdigest()[:16]
    return add_report(
        service.store, body.station, body.kind, amenity=body.amenity, note=body.note, reporter_hash=sender
    )
