"""The command ``care-stations``: its commands, and what it says and returns when one fails."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import typer

from api.commands import (
    areas,
    demand,
    import_export,
    planner_map,
    planning,
    register,
    report,
    serving,
    store,
    zones,
)
from api.settings import SettingsError
from geo.errors import CareStationError, InvalidDataError, InvalidParameterError

FAILED, WRONG_USAGE = 1, 2
_PROBLEMS_TOLD = 5
_NEGATIVE_NUMBERS = {"ignore_unknown_options": True}  # a western longitude is no option


def build() -> typer.Typer:
    """Return the command line with all its commands."""
    program = typer.Typer(
        name="care-stations",
        help="爱心驿站: the register of care stations, the nearest open one, and where they are missing.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    program.command()(serving.serve)
    program.command()(register.validate)
    program.command("import")(import_export.import_file)
    program.command()(import_export.export)
    program.command(context_settings=_NEGATIVE_NUMBERS)(register.nearest)
    program.command()(planning.assess)
    program.command()(planning.gaps)
    program.command()(planning.matrix)
    program.command("map")(planner_map.map_file)
    program.command()(report.report)
    program.command()(store.backup)
    program.command()(store.restore)
    program.add_typer(demand.demand, name="demand")
    program.add_typer(store.db, name="db")
    program.add_typer(store.keys, name="keys")
    program.add_typer(areas.areas, name="areas")
    program.add_typer(zones.zones, name="zones")
    return program


def main() -> None:
    """Run the command line: 0 done, 1 the work failed or was refused, 2 wrong usage."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; what goes wrong is one line on standard error."""
    command = typer.main.get_command(build())
    try:
        code = command.main(arguments, prog_name="care-stations", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt, Exception) as error:
        message, code = _told(error)
        sys.stderr.write(f"care-stations: {' '.join(message.split())}\n")
    return code if isinstance(code, int) else 0


def _told(error: BaseException) -> tuple[str, int]:
    """Return what to say of an error, and the exit code."""
    match error:
        case typer.TyperException():
            told = f"{error.format_message()} (--help says more)", error.exit_code
        case SettingsError() | InvalidParameterError():
            told = str(error), WRONG_USAGE
        case InvalidDataError():
            told = _first_of(error), FAILED
        case CareStationError():
            told = str(error), FAILED
        case OSError():
            told = f"{error.filename or 'input/output'}: {error.strerror or error}", FAILED
        case typer.Abort() | KeyboardInterrupt():
            told = "stopped", FAILED
        case _:
            told = f"a fault of this program, please report it: {error!r}{_place(error)}", FAILED
    return told


def _place(error: BaseException) -> str:
    """Return where an unforeseen error arose, for the report of it."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else ""


def _first_of(error: InvalidDataError) -> str:
    """Return the first problems of the data in one line, and how many more there are."""
    shown = "; ".join(str(problem) for problem in error.problems[:_PROBLEMS_TOLD])
    rest = len(error.problems) - _PROBLEMS_TOLD
    return f"{shown} (and {rest} more problems)" if rest > 0 else shown
