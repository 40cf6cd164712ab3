"""``GET /api/nearest``: the nearest stations a worker can use."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import GEOJSON, GeoJson, answer
from api.conditional import parameters_key, weak_tag
from api.instants import parse_instant, this_minute
from api.nearest_answer import encode_answer, to_wgs84
from api.plain_numbers import Decimal, Whole
from api.service import ServiceDep
from geo.amenities import parse_asked
from geo.crs import Datum
from geo.finder import MAX_K, NearestQuery, OpenFilter, nearest_stations
from geo.travel import TravelMode

router = APIRouter(prefix="/api", tags=["Tasks"])

_AT_ONCE = 5_000  # stations; a search through all of a larger register goes on beside the event loop


class NearestParameters(BaseModel):
    """What may be asked."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[Decimal, Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees, in `datum`")]
    lat: Annotated[Decimal, Field(ge=-90, le=90, allow_inf_nan=False, description="Degrees, in `datum`")]
    datum: Annotated[Datum, Field(description="Datum of the point; answers are WGS-84")] = Datum.WGS84
    k: Annotated[Whole, Field(ge=1, le=MAX_K, description="How many stations")] = 5
    max_distance_m: Annotated[
        Decimal | None, Field(ge=0, allow_inf_nan=False, description="Metres, inclusive")
    ] = None
    mode: TravelMode = Field(TravelMode.WALK, description="How the worker comes")
    amenities: Annotated[
        str, Field(max_length=1000, description="Codes or groups, comma-separated, all required")
    ] = ""
    open: Annotated[
        OpenFilter, Field(description="`now` at `at`; `on_arrival` at `at` plus the travel time")
    ] = "any"
    at: Annotated[
        str | None,
        Field(max_length=64, description="ISO 8601; local time when naive; default: the present minute"),
    ] = None
    f: Annotated[str, Field(pattern="^(json|geojson)$", description="Format of the answer")] = "geojson"


@router.get("/nearest", summary="Nearest stations", operation_id="nearest", response_class=GeoJson)
async def nearest(
    request: Request, wanted: Annotated[NearestParameters, Query()], service: ServiceDep
) -> Response:
    """The nearest stations that qualify, in order, and how many were left out by reason."""
    query, zone = as_query(wanted), service.settings.timezone
    at = parse_instant(wanted.at, zone) if wanted.at else this_minute(service.clock(), zone)
    view = await service.view()
    if len(view.stations) <= _AT_ONCE or _asks_the_tree(query):
        found = nearest_stations(query, view.finder, at)
    else:
        found = await run_in_threadpool(nearest_stations, query, view.finder, at)
    key = parameters_key(request.query_params.items())
    reported = service.board.told().doubts(service.clock()).keys()
    tag = weak_tag(view.stamp, "nearest", key, at.isoformat(timespec="minutes"), sorted(reported))
    body = encode_answer(
        found, view.tables["stations"], at, wanted.mode, view.notes["stations"], reported=reported
    )
    return answer(request, body, tag, GEOJSON)


def _asks_the_tree(query: NearestQuery) -> bool:
    """Is no look at every station needed? Then the answer takes less than going to another thread."""
    return query.max_distance_m is None and query.open == "any" and not query.amenities


def as_query(wanted: NearestParameters) -> NearestQuery:
    """Return the question in the core's terms, its point in WGS-84.

    Raises:
        InvalidParameterError: an amenity is unknown.
    """
    lon, lat = to_wgs84(wanted.lon, wanted.lat, wanted.datum)
    return NearestQuery(
        lon=lon,
        lat=lat,
        k=wanted.k,
        max_distance_m=wanted.max_distance_m,
        mode=wanted.mode,
        amenities=parse_asked(wanted.amenities),
        open=wanted.open,
    )
