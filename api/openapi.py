"""The API's own description (OpenAPI 3.1): what FastAPI derives, and the parts it cannot see."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.items_query import DEFAULT_LIMIT, MAX_LIMIT

TITLE = "care-stations"
DESCRIPTION = "爱心驿站: the register of care stations, the nearest open one, and where they are missing."

ITEMS_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "bbox",
        "in": "query",
        "description": "west,south,east,north in degrees (WGS-84); west > east crosses the antimeridian. "
        "Features without geometry match any box.",
        "schema": {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "style": "form",
        "explode": False,
    },
    {
        "name": "datetime",
        "in": "query",
        "description": "RFC 3339 instant or interval. The features have no time of their own: all match.",
        "schema": {"type": "string"},
    },
    {
        "name": "limit",
        "in": "query",
        "description": f"Features a page; above {MAX_LIMIT} it is taken as {MAX_LIMIT}.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
    {
        "name": "offset",
        "in": "query",
        "description": "Features skipped before the page.",
        "schema": {"type": "integer", "minimum": 0, "default": 0},
    },
    {
        "name": "f",
        "in": "query",
        "description": "Form of the answer; csv, xlsx, gpkg, parquet of worker-demand and service-gaps only: "
        "every match, no pages.",
        "schema": {
            "type": "string",
            "enum": ["json", "geojson", "csv", "xlsx", "gpkg", "parquet"],
            "default": "json",
        },
    },
    {
        "name": "filters",
        "in": "query",
        "description": "Any queryable of the collection: property=value.",
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        "style": "form",
        "explode": True,
    },
]

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def describe_api(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``; errors are problem documents throughout."""
    document = get_openapi(title=TITLE, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = {
        "description": "Problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
            _say_objects(operation["responses"])
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["key"] = {"type": "http", "scheme": "bearer"}
    return document


def _say_objects(responses: dict[str, Any]) -> None:
    """Bodies are written as bytes, so FastAPI cannot see that they are JSON objects."""
    for response in responses.values():
        for media_type, content in response.get("content", {}).items():
            if media_type.endswith("json") and "$ref" not in content.get("schema", {}):
                content["schema"] = {"type": "object"}
