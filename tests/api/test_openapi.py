"""The API's description: complete, consistent, and shown by a page that loads nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    answer = client.get("/api/openapi.json")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.1"
    return answer.json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_it_is_openapi_3_1_of_this_server(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "http://testserver"}]
    assert document["info"]["title"] and document["info"]["version"]


def test_every_resource_of_the_contract_is_declared(document: dict[str, Any]) -> None:
    declared = {(method, path) for path, method, _ in operations(document)}
    items = "/api/collections/stations/items"
    item = "/api/collections/{collection_id}/items"
    for expected in (
        ("get", "/api"),
        ("get", "/api/conformance"),
        ("get", "/api/openapi.json"),
        ("get", "/api/collections"),
        ("get", "/api/collections/{collection_id}"),
        ("get", "/api/collections/{collection_id}/queryables"),
        ("get", item),
        ("get", f"{item}/{{feature_id}}"),
        ("post", items),
        ("put", f"{items}/{{feature_id}}"),
        ("patch", f"{items}/{{feature_id}}"),
        ("delete", f"{items}/{{feature_id}}"),
        ("get", "/api/nearest"),
        ("get", "/api/amenities"),
        ("get", "/api/coverage"),
        ("get", "/api/gaps"),
        ("get", "/api/service-matrix"),
        ("get", "/api/compliance"),
        ("get", "/api/accessibility"),
        ("get", "/api/assessment"),
        ("get", "/api/rulesets"),
        ("post", "/api/reports"),
        ("get", "/livez"),
        ("get", "/readyz"),
        ("get", "/metrics"),
    ):
        assert expected in declared


def test_operations_are_named_once_and_described(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, _, operation in operations(document):
        assert operation["summary"] and operation["description"]
        in_path = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        places = [(one["name"], one["in"]) for one in operation.get("parameters", [])]
        assert len(places) == len(set(places))
        error = operation["responses"]["default"]["content"]
        assert list(error) == ["application/problem+json"]
        assert "422" not in operation["responses"]


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        value: Any = document
        for step in reference.removeprefix("#/").split("/"):
            value = value[step]
        assert value


def test_parameters_and_media_types(document: dict[str, Any]) -> None:
    nearest = document["paths"]["/api/nearest"]["get"]
    assert {one["name"] for one in nearest["parameters"]} == {
        *("lon", "lat", "datum", "k", "max_distance_m", "mode", "amenities", "open", "at", "f")
    }
    assert list(nearest["responses"]["200"]["content"]) == ["application/geo+json"]
    items = document["paths"]["/api/collections/{collection_id}/items"]["get"]
    assert {"bbox", "datetime", "limit", "offset"} <= {one["name"] for one in items["parameters"]}
    replace = document["paths"]["/api/collections/stations/items/{feature_id}"]["put"]
    assert replace["security"]
    assert "If-Match" in {one["name"] for one in replace["parameters"]}


def test_no_route_is_left_out(app: FastAPI, document: dict[str, Any]) -> None:
    served = {
        (method.lower(), route.path)
        for route in app.routes
        for method in getattr(route, "methods", None) or ()
        if getattr(route, "include_in_schema", False)
    }
    assert served <= {(method, path) for path, method, _ in operations(document)}
