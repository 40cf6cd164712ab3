"""Files that pages load: our own and, from their packages, Leaflet and jQuery. Nothing from another host."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import answer
from maps.assets import static_file

router = APIRouter(include_in_schema=False)

_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/static/{name:path}")
async def static(name: str, request: Request) -> Response:
    """One file; an address with the content's hash may be kept for ever."""
    file = static_file(name)
    found = answer(request, file.content, f'"{file.digest[:16]}"', file.media_type)
    if request.query_params.get("v") == file.digest[:10]:
        found.headers["Cache-Control"] = _FOR_EVER
    return found


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The icon, for browsers that ask without being told."""
    return await static("icon.svg", request)


@router.get("/apple-touch-icon.png")
async def touch_icon(request: Request) -> Response:
    """The icon phones put on the home screen; they ask for it under this name without being told."""
    return await static("icon-180.png", request)
