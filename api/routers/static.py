"""Files that pages load: our own and, from their packages, Leaflet and jQuery. Nothing from another host."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from api.service import ServiceDep
from geo.errors import NotFoundError
from maps.page import ASSETS_DIR

router = APIRouter(include_in_schema=False)

_FOR_EVER = "public, max-age=31536000, immutable"


def static_files() -> Mapping[str, Path]:
    """Return the files served under ``/static/`` by name; no other path is ever opened."""
    return {path.relative_to(ASSETS_DIR).as_posix(): path for path in ASSETS_DIR.rglob("*") if path.is_file()}


@router.get("/static/{name:path}")
async def static_file(name: str, request: Request, service: ServiceDep) -> Response:
    """One file; an address with the content's hash may be kept for ever."""
    path = service.static_files.get(name)
    if path is None:
        raise NotFoundError(f"static file {name}")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix == ".webmanifest":
        media_type = "application/manifest+json"
    caching = _FOR_EVER if "v" in request.query_params else "no-cache"
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": caching})


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The icon, for browsers that ask without being told."""
    return FileResponse(ASSETS_DIR / "icon.svg", media_type="image/svg+xml")
