"""``care-stations areas import``: an operator's own district and streets in place of the shipped ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.commands.terminal import (
    JsonOption,
    StoreOption,
    opened_store,
    say,
    say_json,
    say_taken_out,
    settings_with,
)
from geo.areas import Areas, read_areas
from geo.errors import InvalidDataError
from geo.stations import Station
from geo.store.planning_layers import clear_areas, imported_areas, keep_areas
from geo.store.protocol import Change

areas = typer.Typer(help="The district and its streets.")

_LISTED = 20


@dataclass(frozen=True)
class StreetCheck:
    """Where located stations lie by the new areas, against what the register says of them.

    ``elsewhere``: (station, code of the street it lies in) where that is another; ``outside``: in no street.
    """

    elsewhere: tuple[tuple[Station, str], ...]
    outside: tuple[Station, ...]


@areas.command("import")
def import_areas(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON in WGS-84, longitude first.")],
    *,
    assign_streets: Annotated[
        bool, typer.Option("--assign-streets", help="Write the street each station lies in into its record.")
    ] = False,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Put the areas of a file in place of the present ones; the stations' own streets stay as they are."""
    try:
        found = read_areas(file)
    except InvalidDataError as error:
        _tell_problems(error, file, json)
        raise typer.Exit(1) from None
    with opened_store(settings_with(store)) as opened:
        version = keep_areas(opened, found)
        check = check_streets(opened.stations(), found)
        assigned = len(check.elsewhere) if assign_streets else 0
        if assigned:
            version = opened.apply(assignments(check, found), f"areas import {file.name}")
    if json:
        say_json(
            {
                "district": found.district.name,
                "streets": len(found.streets),
                "areas_basis": found.basis,
                "register_version": version,
                "stations_elsewhere": [station.id for station, _ in check.elsewhere],
                "stations_outside": [station.id for station in check.outside],
                "stations_assigned": assigned,
            }
        )
        return
    say(f"{found.district.name}: {len(found.streets)} streets imported from {file.name}")
    _tell_streets(check, found, assigned)


@areas.command()
def clear(*, json: JsonOption = False, store: StoreOption = None) -> None:
    """Take the imported areas out: the shipped ones hold again; the stations' own streets stay."""
    with opened_store(settings_with(store)) as opened:
        before = imported_areas(opened)
        version = clear_areas(opened)
    name = before[1].district.name if before is not None else None
    say_taken_out(
        version,
        {"district_before": name},
        nothing="no areas were imported; the shipped ones hold already",
        done=f"areas of {name} taken out; the shipped ones hold again",
        json=json,
    )


def check_streets(stations: Sequence[Station], found: Areas) -> StreetCheck:
    """Return which located stations lie in another street than their record says, or in none."""
    located = [(station, station.location) for station in stations if station.location is not None]
    codes = found.street_of([place.lon for _, place in located], [place.lat for _, place in located])
    names = found.street_names()
    elsewhere = tuple(
        (station, code)
        for (station, _), code in zip(located, codes.tolist(), strict=True)
        if code is not None and (station.street_code, station.street) != (code, names[code])
    )
    outside = tuple(
        station for (station, _), code in zip(located, codes.tolist(), strict=True) if code is None
    )
    return StreetCheck(elsewhere, outside)


def assignments(check: StreetCheck, found: Areas) -> list[Change]:
    """Return the changes that write the streets stations lie in into their records."""
    names = found.street_names()
    return [
        Change(
            "replace",
            station.id,
            station.model_copy(update={"street_code": code, "street": names[code]}),
            expected_version=station.version,
        )
        for station, code in check.elsewhere
    ]


def _tell_problems(error: InvalidDataError, file: Path, json: bool) -> None:
    if json:
        problems = [vars(problem) | {"value": repr(problem.value)} for problem in error.problems]
        say_json({"imported": False, "problems": problems})
        return
    for problem in error.problems:
        say(str(problem))
    say(f"nothing imported: {len(error.problems)} problems in {file.name}")


def _tell_streets(check: StreetCheck, found: Areas, assigned: int) -> None:
    names = found.street_names()
    if assigned:
        say(f"{assigned} stations now carry the street they lie in")
    elif check.elsewhere:
        say(f"{len(check.elsewhere)} stations lie in another street than their record says (unchanged):")
        for station, code in check.elsewhere[:_LISTED]:
            said = f"{station.street or 'no street'} ({station.street_code or 'no code'})"
            say(f"  {station.id} {station.name}: {said}, lies in {names[code]} ({code})")
        if len(check.elsewhere) > _LISTED:
            say(f"  and {len(check.elsewhere) - _LISTED} more; --json lists them all")
        say("--assign-streets writes the streets into the register, kept in its history")
    else:
        say(
            "every located station carries the street it lies in"
            if not check.outside
            else "no street differs"
        )
    if check.outside:
        say(f"{len(check.outside)} located stations lie in no street: {', '.join(_ids(check.outside))}")


def _ids(stations: Sequence[Station]) -> list[str]:
    ids = [station.id for station in stations[:_LISTED]]
    return ids if len(stations) <= _LISTED else [*ids, "…"]
