"""``care-stations zones build``: coverage zones a large import left out, or a new standard made stale."""

from __future__ import annotations

import sys

import typer

from api.commands.terminal import JsonOption, StoreOption, opened_store, say, say_json, settings_with
from geo.store.zones import build_zones, stations_due

zones = typer.Typer(help="Coverage zones.")


@zones.command()
def build(json: JsonOption = False, store: StoreOption = None) -> None:
    """Compute every zone that is missing or stale; may be stopped and run again."""
    with opened_store(settings_with(store)) as opened:
        done = build_zones(opened, _progress)
    if json:
        say_json({"stations": done})
    else:
        say(f"coverage zones of {done} stations computed" if done else "all coverage zones are up to date")


@zones.command()
def check(json: JsonOption = False, store: StoreOption = None) -> None:
    """Say how many stations' zones are missing or stale; fails when there are any."""
    with opened_store(settings_with(store)) as opened, opened.reading() as connection:
        due = len(stations_due(connection))
    if json:
        say_json({"stations_due": due})
    else:
        say(
            f"coverage zones of {due} stations are missing or stale"
            if due
            else "all coverage zones are up to date"
        )
    raise typer.Exit(1 if due else 0)


def _progress(done: int, due: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{done} of {due} stations\n")
