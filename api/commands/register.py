"""Commands on the register: check a file, find the nearest stations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from api.commands.terminal import (
    JsonOption,
    StoreOption,
    opened_store,
    say,
    say_json,
    say_table,
    settings_with,
)
from api.instants import parse_instant, this_minute
from api.nearest_answer import encode_answer, to_wgs84
from api.service import utc_now
from api.station_features import station_table
from geo.amenities import parse_asked
from geo.crs import parse_datum
from geo.finder import FinderTable, FoundStation, NearestQuery, OpenFilter, nearest_stations
from geo.io.notices import credit
from geo.travel import TravelMode
from geo.validation import validate_geojson


def validate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A register as GeoJSON.")],
    json: JsonOption = False,
    store: StoreOption = None,  # noqa: ARG001 - every command takes it; this one touches no store
) -> None:
    """List every problem of a register file, with its feature and field; nothing is written."""
    report = validate_geojson(file)
    if json:
        problems = [vars(problem) | {"value": repr(problem.value)} for problem in report.problems]
        say_json({"features": report.features, "problem_count": report.problem_count, "problems": problems})
    else:
        for line in report.lines():
            say(line)
    raise typer.Exit(0 if report.ok else 1)


def nearest(
    lon: Annotated[float, typer.Argument(metavar="LON", help="Degrees, longitude first.")],
    lat: Annotated[float, typer.Argument(metavar="LAT")],
    *,
    datum: Annotated[str, typer.Option(help="Datum of the point: wgs84, gcj02 or bd09.")] = "wgs84",
    k: Annotated[int, typer.Option("-k", "--k", help="How many stations, 1 to 100.")] = 5,
    max_distance_m: Annotated[float | None, typer.Option(help="Metres, inclusive.")] = None,
    mode: Annotated[str, typer.Option(help="walk or ebike.")] = "walk",
    amenities: Annotated[str, typer.Option(help="Codes or groups, comma-separated, all required.")] = "",
    open_: Annotated[str, typer.Option("--open", help="any, now or on_arrival.")] = "any",
    at: Annotated[str | None, typer.Option(help="ISO 8601; local time when naive; default: now.")] = None,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """List the nearest stations a worker can use."""
    settings = settings_with(store)
    query = NearestQuery(
        *to_wgs84(lon, lat, parse_datum(datum)),
        k=k,
        max_distance_m=max_distance_m,
        mode=TravelMode(mode),
        amenities=parse_asked(amenities),
        open=cast("OpenFilter", open_),
    )
    when = parse_instant(at, settings.timezone) if at else this_minute(utc_now(), settings.timezone)
    with opened_store(settings) as opened:
        table = FinderTable.build(opened.stations(), settings.timezone)
    answer = nearest_stations(query, table, when)
    if json:
        stations = table.stations
        say(encode_answer(answer, station_table(table), when, query.mode, credit(stations)).decode())
        return
    heads = ("id", "metres", "minutes", "state", "until / opens", "name")
    say_table(heads, [_row(one) for one in answer.stations])
    left = ", ".join(f"{reason} {count}" for reason, count in answer.left_out.items() if count)
    say(f"{len(answer.stations)} stations; left out: {left or 'none'}")


def _row(found: FoundStation) -> tuple[object, ...]:
    change = found.open_until or found.opens_at
    when = change.strftime("%m-%d %H:%M") if change else ""
    station = found.station
    return (
        station.id,
        round(found.distance_m),
        round(found.travel_min, 1),
        found.open_state,
        when,
        station.name,
    )
