"""OGC API - Features: landing page, conformance, collections and their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import GEOJSON, JSON, OPENAPI_JSON, SCHEMA_JSON, GeoJson, answer, link, plain
from api.collection_files import FILE_COLLECTIONS, FILES, collection_file
from api.collections import Collection, collections, describe, find, queryables_schema
from api.conditional import parameters_key, weak_tag
from api.feature_table import Box
from api.item_pages import item_tag, items_page, matching, one_item
from api.items_query import parse_items_query
from api.live import View
from api.openapi import ITEMS_PARAMETERS
from api.planning import Grounds
from api.service import BaseDep, FormatDep, Service, ServiceDep
from api.table_files import MEDIA_TYPES, table_bytes
from geo.errors import NotFoundError
from geo.io.notices import credit

router = APIRouter(prefix="/api", tags=["OGC API - Features"])

KNOWN = collections()
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
)


@router.get("", summary="Landing page", operation_id="landing")
@router.get("/", include_in_schema=False)
async def landing(base: BaseDep, _: FormatDep) -> Response:
    """Where everything else is found."""
    return plain(
        {
            "title": "爱心驿站 Care stations",
            "description": "Care stations for outdoor workers: register, nearest open station, coverage.",
            "links": [
                link(f"{base}/api", "self"),
                link(f"{base}/api/openapi.json", "service-desc", OPENAPI_JSON, "API definition"),
                link(f"{base}/docs", "service-doc", "text/html", "API documentation"),
                link(f"{base}/api/conformance", "conformance"),
                link(f"{base}/api/collections", "data", JSON, "Collections"),
            ],
        }
    )


@router.get("/conformance", summary="Conformance classes", operation_id="conformance")
async def conformance(_: FormatDep) -> Response:
    """The requirements classes this service meets."""
    return plain({"conformsTo": CONFORMANCE})


@router.get("/collections", summary="Collections", operation_id="collections")
async def list_collections(service: ServiceDep, base: BaseDep, _: FormatDep) -> Response:
    """Every collection with its links."""
    view = await service.view()
    entries = [await _described(service, one, view, base) for one in KNOWN.values()]
    body = {"links": [link(f"{base}/api/collections", "self")], "collections": entries}
    return plain(body)


@router.get("/collections/{collection_id}", summary="One collection", operation_id="collection")
async def one_collection(collection_id: str, service: ServiceDep, base: BaseDep, _: FormatDep) -> Response:
    """One collection with its links and extent."""
    collection = find(KNOWN, collection_id)
    view = await service.view()
    return plain(await _described(service, collection, view, base))


async def _described(service: Service, collection: Collection, view: View, base: str) -> dict[str, Any]:
    described = describe(collection, await _extent(service, collection.id, view), base)
    return {**described, **view.notes.get(collection.id, {})}


async def _extent(service: Service, collection_id: str, view: View) -> Box | None:
    # gaps lie where demand does: a list of collections must not wait for an assessment
    table = await service.table("worker-demand" if collection_id == "service-gaps" else collection_id, view)
    return table.extent


@router.get(
    "/collections/{collection_id}/queryables", summary="What can be filtered by", operation_id="queryables"
)
async def queryables(collection_id: str, base: BaseDep, _: FormatDep) -> Response:
    """The properties items can be filtered by, as a JSON schema."""
    return plain(queryables_schema(find(KNOWN, collection_id), base), SCHEMA_JSON)


@router.get(
    "/collections/{collection_id}/items",
    summary="Features",
    operation_id="items",
    response_class=GeoJson,
    openapi_extra={"parameters": ITEMS_PARAMETERS},
)
async def items(request: Request, collection_id: str, service: ServiceDep, base: BaseDep) -> Response:
    """A page of features in the order of their ids, filtered by box and properties."""
    collection = find(KNOWN, collection_id)
    files = FILES if collection.id in FILE_COLLECTIONS else ()
    query = parse_items_query(request.query_params, collection.queryables, files)
    view = await service.view()
    here, stamp = f"{base}{request.url.path}", service.clock().isoformat()
    table = await service.table(collection.id, view)
    day = service.today() if collection.id == "service-gaps" else None
    asked = parameters_key(request.query_params.items())
    tag = weak_tag(view.stamp, here, asked, day)
    if (form := query.file) is not None:
        chosen, told = matching(table, query), {**query.filters, "bbox": query.box}

        def work(grounds: Grounds) -> bytes:
            return table_bytes(collection_file(grounds, collection.id, table, chosen, told), form)

        body = await service.analyse(view.snapshot, ("file", collection.id, asked, day), work)
        response = answer(request, body, tag, MEDIA_TYPES[form])
        response.headers["Content-Disposition"] = f'attachment; filename="{collection.id}.{form}"'
        return response
    notes = view.notes.get(collection.id, {})
    body = items_page(table, query, here, request.query_params, stamp=stamp, notes=notes)
    return answer(request, body, tag, GEOJSON)


@router.get(
    "/collections/{collection_id}/items/{feature_id}",
    summary="One feature",
    operation_id="item",
    response_class=GeoJson,
)
async def item(
    request: Request, collection_id: str, feature_id: str, service: ServiceDep, base: BaseDep, _: FormatDep
) -> Response:
    """One feature with its entity tag."""
    collection = find(KNOWN, collection_id)
    view = await service.view()
    table = await service.table(collection.id, view)
    if feature_id not in table.row_of:
        raise NotFoundError(f"{collection_id}/{feature_id}")
    row = table.row_of[feature_id]
    items_here = f"{base}/api/collections/{collection_id}/items"
    body = one_item(table, row, items_here, _item_notes(view, collection_id, feature_id))
    return answer(request, body, item_tag(table, row), GEOJSON)


def _item_notes(view: View, collection_id: str, feature_id: str) -> Mapping[str, str]:
    """Return the credits of one feature, from itself alone: they change only when its entity tag does."""
    if collection_id == "areas":
        return {}  # each area states its own
    return credit([view.by_id[feature_id]] if collection_id == "stations" else [])
