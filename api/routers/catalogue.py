"""``GET /api/amenities``: the words stations are described and asked for with."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import plain
from api.service import FormatDep
from geo.amenities import GROUPS, catalogue

router = APIRouter(prefix="/api", tags=["Tasks"])


@router.get("/amenities", summary="Amenity codes and groups", operation_id="amenities")
async def amenities(_: FormatDep) -> Response:
    """Every code with its names, kind, level and group; and the groups with their members."""
    codes = [asdict(kind) for kind in catalogue().values()]
    groups = [asdict(group) for group in GROUPS.values()]
    return plain({"amenities": codes, "groups": groups})
