"""Commands on worker demand: build it from the model, or import what was measured."""

from __future__ import annotations

import sys
import time
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
from geo.areas import Areas, shipped_areas
from geo.crs import parse_datum
from geo.demand import Demand
from geo.demand_cells import DEFAULT_RESOLUTION
from geo.demand_columns import Presence
from geo.demand_files import is_demand_file, read_demand, write_demand
from geo.demand_import import import_demand
from geo.demand_model import build_demand, read_model, read_places, shipped_model, shipped_places
from geo.demand_rows import DAY_TYPES, WINDOW_CODES
from geo.errors import InvalidDataError, Problem
from geo.io.whole_file import written_by_gdal
from geo.stations import stations_to_frame
from geo.store.layers import demand_layer
from geo.store.planning_layers import clear_demand, imported_areas, keep_demand
from geo.store.protocol import StationStore

_QUIET_S = 2.0  # before progress is worth a line

demand = typer.Typer(help="Worker demand: modelled weights, or measured workers.")

ResolutionOption = Annotated[int, typer.Option(help="H3 resolution of the cells, 8 to 11.")]
OutputOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write the table: .parquet .csv .gpkg")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Keep nothing in the store.")]


@demand.command()
def build(
    model: Annotated[Path | None, typer.Option(metavar="FILE", help="A model; default: the shipped.")] = None,
    places: Annotated[Path | None, typer.Option(metavar="FILE", help="GeoJSON points with kind.")] = None,
    resolution: ResolutionOption = DEFAULT_RESOLUTION,
    output: OutputOption = None,
    *,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Model the demand of the area (weights, never people) and keep it in the store."""
    settings = settings_with(store)
    rules = read_model(model) if model else shipped_model()
    spots = read_places(places) if places else shipped_places()
    with opened_store(settings) as opened:
        stations = stations_to_frame(opened.stations())
        table = build_demand(_areas(opened), spots, stations, rules, resolution)
        _finish(opened, table, output, dry_run=dry_run, json=json)


@demand.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".csv .xlsx .gpkg .geojson .tif .parquet")],
    *,
    datum: Annotated[str | None, typer.Option(help="wgs84, gcj02 or bd09; tables need it.")] = None,
    group: Annotated[str, typer.Option(help="Of counts that name no group.")] = "other",
    windows: Annotated[str, typer.Option(help="Of counts that name no window, e.g. T2,T3.")] = ",".join(
        WINDOW_CODES
    ),
    day_types: Annotated[str, typer.Option(help="Of counts that name no day type.")] = ",".join(DAY_TYPES),
    resolution: ResolutionOption = DEFAULT_RESOLUTION,
    layer: Annotated[str | None, typer.Option(help="Of a GeoPackage with several.")] = None,
    band: Annotated[int, typer.Option(help="Of a raster.")] = 1,
    nodata: Annotated[float | None, typer.Option(help="A raster's value for no data.")] = None,
    output: OutputOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Bring counted workers onto the area's cells and keep them in place of all demand before."""
    settings = settings_with(store)
    presence = Presence(group, _listed(windows), _listed(day_types))
    with opened_store(settings) as opened:
        if is_demand_file(file):
            table = read_demand(file)
        else:
            table = import_demand(
                file,
                _areas(opened),
                datum=parse_datum(datum) if datum else None,
                presence=presence,
                resolution=resolution,
                layer=layer,
                band=band,
                nodata=nodata,
                progress=_Progress(f"reading {file.name}"),
            )
        _finish(opened, table, output, dry_run=dry_run, json=json)


@demand.command()
def clear(*, json: JsonOption = False, store: StoreOption = None) -> None:
    """Take the kept demand out: the shipped model is worked out for each register version again."""
    with opened_store(settings_with(store)) as opened:
        before = demand_layer(opened)
        version = clear_demand(opened)
    basis = before.details.get("basis") if before is not None else None
    say_taken_out(
        version,
        {"demand_basis_before": basis},
        nothing="no demand was kept; the shipped model holds already",
        done=f"{basis} demand taken out; the shipped model holds again",
        json=json,
    )


class _Progress:
    """Tells a person at a terminal the share that is done, once the work takes over two seconds."""

    def __init__(self, stage: str) -> None:
        self._stage, self._started = stage, time.monotonic()

    def __call__(self, share: float) -> None:
        if sys.stderr.isatty() and time.monotonic() - self._started > _QUIET_S:
            sys.stderr.write(f"\r{self._stage} {share:4.0%}{'' if share < 1 else chr(10)}")
            sys.stderr.flush()


def _areas(store: StationStore) -> Areas:
    found = imported_areas(store)
    return found[1] if found else shipped_areas()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _finish(store: StationStore, table: Demand, output: Path | None, *, dry_run: bool, json: bool) -> None:
    """Write the table where asked, keep it unless told not to, and say what came of it.

    Raises:
        InvalidDataError: none of the demand lies in the area; the stored demand stays as it was.
    """
    if table.rows.empty:
        text = (
            f"none of the demand lies in the area ({table.outside:g} {table.unit} outside); nothing was kept"
        )
        raise InvalidDataError([Problem("demand", None, None, None, text)])
    if output is not None:
        with written_by_gdal(output):
            write_demand(table, output)
    version = None if dry_run else keep_demand(store, table)
    kept = float(table.rows["demand"].sum())
    if json:
        say_json(
            {
                "demand_basis": table.basis,
                "demand_unit": table.unit,
                "areas_basis": table.areas_basis,
                "cells": len(table.cells),
                "rows": len(table.rows),
                "kept": kept,
                "outside": table.outside,
                "notes": list(table.notes),
                "register_version": version,
                "dry_run": dry_run,
                "output": None if output is None else str(output),
            }
        )
        return
    for note in table.notes:
        say(note)
    where = "not kept (dry run)" if version is None else f"kept as register version {version}"
    say(
        f"{table.basis} demand on {len(table.cells)} cells: {kept:,.1f} {table.unit} inside,"
        f" {table.outside:,.1f} outside, added up over windows and day types; {where}"
    )
