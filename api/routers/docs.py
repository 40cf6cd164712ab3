"""The API's description, and its pages: a Swagger UI served from this host alone."""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
import orjson
from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from api.answers import OPENAPI_JSON, answer
from api.conditional import weak_tag
from api.openapi import describe_api
from api.service import BaseDep
from geo.errors import NotFoundError

router = APIRouter()

# the package's root also defines an application factory; only its files are wanted
_SWAGGER_DIR = Path(fastapi_offline.__file__).parent / "static"
_FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}

PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>爱心驿站 API</title>
<link rel="icon" type="image/png" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript><p>API 说明需要脚本；机器可读的说明见
<a href="/api/openapi.json">/api/openapi.json</a>。</p></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

START = """SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""


@router.get("/api/openapi.json", tags=["OGC API - Features"], summary="This document", operation_id="openapi")
async def openapi(request: Request, base: BaseDep) -> Response:
    """The OpenAPI 3.1 description of everything served here."""
    document = {**describe_api(request.app), "servers": [{"url": base}]}
    body = orjson.dumps(document)
    return answer(request, body, weak_tag("docs", body), OPENAPI_JSON)


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    """The API documentation."""
    return HTMLResponse(PAGE, headers={"Cache-Control": "no-cache"})


@router.get("/docs/start.js", include_in_schema=False)
async def start() -> Response:
    """The line that starts Swagger UI; a file of its own, as pages hold no script."""
    return Response(START, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/docs/{name}", include_in_schema=False)
async def docs_file(name: str) -> Response:
    """A file of Swagger UI."""
    if name not in _FILES:
        raise NotFoundError(name)
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(_SWAGGER_DIR / name, media_type=_FILES[name], headers=headers)
