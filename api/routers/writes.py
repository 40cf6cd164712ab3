"""Writes on stations (OGC API - Features Part 4), their history, and bringing back an earlier version."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import GEOJSON, GeoJson, plain
from api.auth import KeeperDep, require_role
from api.errors import ApiError
from api.item_pages import item_address
from api.service import BaseDep, FormatDep, Service, ServiceDep
from api.station_edits import (
    FEATURE_TYPES,
    MERGE_PATCH,
    check_match,
    new_station_id,
    patched_station,
    read_body,
    station_of,
    station_tag,
)
from geo.errors import ConflictError, NotFoundError, StoreUnavailableError
from geo.stations import Station, station_to_feature
from geo.store.keys import Key
from geo.store.protocol import Change, HistoryEntry, Written

router = APIRouter(prefix="/api/collections/stations/items", tags=["Writes"])
log = logging.getLogger("care_stations.api")

_FEATURE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            GEOJSON: {"schema": {"type": "object"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}
_PATCH_BODY = {"requestBody": {"required": True, "content": {MERGE_PATCH: {"schema": {"type": "object"}}}}}


def _if_match(**extra: Any) -> dict[str, Any]:
    header = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
    return {"parameters": [header], **extra}


@router.post(
    "",
    summary="Add a station",
    operation_id="create",
    response_class=GeoJson,
    status_code=201,
    openapi_extra=_FEATURE_BODY,
)
async def create(
    request: Request, service: ServiceDep, key: KeeperDep, base: BaseDep, _: FormatDep
) -> Response:
    """Add a station; its id, version and time of change are the server's."""
    station_id = new_station_id()
    station = station_of(await read_body(request, FEATURE_TYPES), station_id)
    written = await _write(service, Change("create", station_id, station), key.name)
    address = item_address(f"{base}/api/collections/stations/items", station_id)
    return _representation(written, 201, {"Location": address})


@router.put(
    "/{feature_id}",
    summary="Replace a station",
    operation_id="replace",
    response_class=GeoJson,
    openapi_extra=_if_match(**_FEATURE_BODY),
)
async def replace(
    request: Request, feature_id: str, service: ServiceDep, key: KeeperDep, _: FormatDep
) -> Response:
    """Replace a station by the feature sent."""
    body = await read_body(request, FEATURE_TYPES)
    return await _replace(
        request, feature_id, service, key, lambda before: station_of(body, feature_id, before)
    )


@router.patch(
    "/{feature_id}",
    summary="Change a station",
    operation_id="update",
    response_class=GeoJson,
    openapi_extra=_if_match(**_PATCH_BODY),
)
async def update(
    request: Request, feature_id: str, service: ServiceDep, key: KeeperDep, _: FormatDep
) -> Response:
    """Change parts of a station by a JSON merge patch of its feature."""
    patch = await read_body(request, (MERGE_PATCH,))
    return await _replace(request, feature_id, service, key, lambda before: patched_station(before, patch))


@router.delete(
    "/{feature_id}",
    summary="Take a station out of the register",
    operation_id="delete",
    status_code=204,
    openapi_extra=_if_match(),
)
async def delete(
    request: Request, feature_id: str, service: ServiceDep, key: KeeperDep, _: FormatDep
) -> Response:
    """Take a station out of the register; its history stays."""
    before = await service.asking.ask(service.store.get, feature_id)
    check_match(request, before)
    await _write(service, Change("delete", feature_id, expected_version=before.version), key.name)
    return Response(None, 204)


@router.get("/{feature_id}/history", summary="History of a station", operation_id="history")
async def history(feature_id: str, service: ServiceDep, _key: KeeperDep, _: FormatDep) -> Response:
    """Who changed the station when, from what to what; the oldest change first. For keepers."""
    entries = await service.asking.ask(service.store.history, feature_id)
    return plain({"id": feature_id, "history": [_entry(entry) for entry in entries]})


@router.post(
    "/{feature_id}/history/{version}/restore",
    summary="Bring back an earlier version",
    operation_id="restore",
    response_class=GeoJson,
    openapi_extra=_if_match(),
)
async def restore(
    request: Request, feature_id: str, version: int, service: ServiceDep, key: KeeperDep, _: FormatDep
) -> Response:
    """Write the station anew as it was in ``version``; a deleted one needs no If-Match.

    A keeper may take back the last change; going further back, or undoing a delete, is an administrator's.
    """
    before = await service.asking.ask(_present, service, feature_id)
    if before is None or version != before.version - 1:
        require_role(key, "admin")
    if before is not None:
        check_match(request, before)
    expected = before.version if before else None
    change = Change("restore", feature_id, expected_version=expected, restore_version=version)
    return _representation(await _write(service, change, key.name))


async def _replace(
    request: Request, feature_id: str, service: Service, key: Key, made: Callable[[Station], Station]
) -> Response:
    """Put what ``made`` makes of the present station in its place, if it is the one the request speaks of."""
    before = await service.asking.ask(service.store.get, feature_id)
    check_match(request, before)
    change = Change("replace", feature_id, made(before), before.version)
    return _representation(await _write(service, change, key.name))


async def _write(service: Service, change: Change, actor: str) -> Written:
    """Write one change and wait until this process reads it.

    Raises:
        ApiError: 412, somebody else has written since the client's version was checked.
    """
    try:
        written = await service.writing.ask(service.store.write, [change], actor)
    except ConflictError:
        raise ApiError(412, "the station has changed meanwhile; read it again") from None
    try:
        await service.asking.ask(service.live.wait_for, written.version)
    except StoreUnavailableError:
        log.warning("written, but the snapshot could not be renewed yet")
    return written


def _representation(written: Written, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    station = written.stations[0]
    if station is None:
        raise NotFoundError("the station was deleted")
    answer = plain(station_to_feature(station), GEOJSON)
    answer.status_code = status
    answer.headers.update({"ETag": station_tag(station), **(headers or {})})
    return answer


def _present(service: Service, feature_id: str) -> Station | None:
    try:
        return service.store.get(feature_id)
    except NotFoundError:
        return None


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "version": entry.version,
        "kind": entry.kind,
        "actor": entry.actor,
        "at": entry.at,
        "before": entry.before and station_to_feature(entry.before),
        "after": entry.after and station_to_feature(entry.after),
    }
