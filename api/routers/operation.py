"""Operation: is the process alive, does it answer, what has it counted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.errors import RETRY_AFTER_S
from api.metrics import MEDIA_TYPE
from api.plain_numbers import Whole
from api.service import Service, ServiceDep

router = APIRouter(tags=["Operation"])

_HEADERS = {"Cache-Control": "no-store"}


class ReadyParameters(BaseModel):
    """``writes=1``: ready only if the store takes writes."""

    model_config = ConfigDict(extra="forbid")

    writes: Annotated[Whole, Query(ge=0, le=1)] = 0


@router.get("/livez", summary="Alive", operation_id="livez")
async def livez() -> Response:
    """200 as long as the process answers at all."""
    return JSONResponse({"status": "ok"}, headers=_HEADERS)


@router.get("/readyz", summary="Ready", operation_id="readyz")
async def readyz(service: ServiceDep, asked: Annotated[ReadyParameters, Query()]) -> Response:
    """200 while a snapshot answers reads; with ``writes=1`` also only while the store takes writes."""
    report = readiness(service)
    ready = report["status"] != "unavailable" and bool(report["writes"] or not asked.writes)
    headers = _HEADERS if ready else {**_HEADERS, "Retry-After": RETRY_AFTER_S}
    return JSONResponse(report, 200 if ready else 503, headers)


@router.get("/metrics", summary="Counters", operation_id="metrics")
async def metrics(service: ServiceDep) -> Response:
    """Counters of this process as Prometheus text."""
    known = service.keeper.status()
    gauges = {"care_draining": float(service.draining), "care_store_writable": float(known.writable)}
    if known.age_s is not None and known.version is not None:
        gauges |= {"care_snapshot_age_seconds": known.age_s, "care_register_version": float(known.version)}
    return PlainTextResponse(service.metrics.text(gauges), headers=_HEADERS, media_type=MEDIA_TYPE)


def readiness(service: Service) -> dict[str, Any]:
    """Return what ``/readyz`` says, without asking the store: the keeper has looked within the second."""
    known = service.keeper.status()
    if known.age_s is None or service.draining:
        status = "unavailable"
    else:
        status = "ok" if known.writable else "degraded"
    return {"status": status, "writes": known.writable, "snapshot_age_s": known.age_s}
