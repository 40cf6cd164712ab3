"""Commands that bring the register in from a file, and out to one."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.terminal import JsonOption, StoreOption, opened_store, say, say_json, settings_with
from api.service import utc_now
from geo.crs import Datum, parse_datum
from geo.errors import InvalidParameterError
from geo.io.exporter import export_register
from geo.io.importer import ImportOptions, ImportPlan, plan_import
from geo.io.map_list import PLATFORM_DATUMS, write_map_list
from geo.io.reader import TABLE_ENDINGS, read_register
from geo.io.report_xlsx import write_report
from geo.store.planning_layers import imported_areas
from geo.store.zones import AT_ONCE


class Side(StrEnum):
    """Whose values win a conflict."""

    FILE = "file"
    STORE = "store"


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx .csv .geojson .gpkg .parquet")],
    *,
    datum: Annotated[str | None, typer.Option(help="wgs84, gcj02 or bd09; required for tables.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Retire stations the file lacks.")] = False,
    prefer: Annotated[Side | None, typer.Option(help="Who wins where a row is older.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take the datum at its word.")] = False,
    report: Annotated[Path | None, typer.Option(help="Also write the report as FILE.xlsx.")] = None,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Bring a file into the register in one transaction, and say what became of every row."""
    if datum is None and file.suffix.lower() in TABLE_ENDINGS:
        raise InvalidParameterError("datum", datum, "a table needs --datum wgs84, gcj02 or bd09")
    if report is not None and report.suffix.lower() != ".xlsx":
        raise InvalidParameterError("report", report.name, "must end in .xlsx")
    if report is not None and report.exists() and file.exists() and report.samefile(file):
        raise InvalidParameterError("report", report.name, "is the file to import; name another")
    if report is not None and not report.parent.is_dir():
        raise InvalidParameterError("report", str(report), "lies in no directory; nothing was written")
    settings = settings_with(store)
    options = ImportOptions(
        datum=parse_datum(datum) if datum else Datum.WGS84,
        replace=replace,
        prefer=prefer.value if prefer else None,
        force=force,
    )
    _progress(f"reading {file.name}")
    table = read_register(file)
    with opened_store(settings) as opened:
        _progress(f"comparing {len(table.rows)} rows with the register")
        today = utc_now().astimezone(settings.timezone).date()
        areas = imported_areas(opened)
        plan = plan_import(table, opened.stations(), options, today, areas=areas[1] if areas else None)
        plan.report.dry_run = dry_run
        if plan.changes and not dry_run:
            _progress(f"writing {len(plan.changes)} changes")
            plan.report.register_version = opened.apply(plan.changes, f"import {file.name}")
    _tell(plan, json)
    if report is not None:  # last: what was written is told even where the report's own disk is full
        write_report(report, plan.report, table, file)
    if plan.report.refused is not None:
        raise typer.Exit(1)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".geojson .csv .xlsx .gpkg .parquet")],
    *,
    datum: Annotated[str, typer.Option(help="wgs84, or for .csv and .xlsx also gcj02 or bd09.")] = "wgs84",
    platform: Annotated[
        str | None, typer.Option("--for", help="amap, baidu or tencent: the list to put on that map.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Write the register to a file; its ending says the format."""
    settings = settings_with(store)
    chosen = parse_datum(datum)
    if platform is not None and chosen not in (Datum.WGS84, PLATFORM_DATUMS.get(platform)):
        raise InvalidParameterError("datum", datum, f"--for {platform} has a datum of its own")
    with opened_store(settings) as opened:
        stations = opened.stations()
    now = utc_now().astimezone(settings.timezone)
    if platform is not None:
        result = write_map_list(file, stations, platform, now)
        say(f"{file}: {result.line()}")
        return
    export_register(file, stations, now, chosen)
    say(f"{len(stations)} stations written to {file} ({chosen.value})")


def _tell(plan: ImportPlan, json: bool) -> None:
    if json:
        say_json(plan.report.as_json())
        return
    for line in plan.report.lines():
        say(line)
    if len(plan.changes) > AT_ONCE and not plan.report.dry_run:
        say("too many to compute coverage zones with: run `care-stations zones build`")


def _progress(stage: str) -> None:
    """Say what is going on, to a person at a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{stage} …\n")
