"""What every command shares: the store it works on, and how its answer is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

import orjson
import typer

from api.register import shipped_register
from api.settings import Settings, load_settings, parse_store_url
from geo.store.opening import open_store
from geo.store.protocol import StationStore

StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="The store; default: CARE_STORE_URL.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def settings_with(store_url: str | None) -> Settings:
    """Return the settings of the environment, with the store of ``--store`` if given.

    Raises:
        SettingsError: a setting or the address cannot be used.
    """
    settings = load_settings(os.environ)
    return replace(settings, store_url=parse_store_url(store_url)) if store_url else settings


@contextmanager
def opened_store(settings: Settings) -> Iterator[StationStore]:
    """Open the store for one command and release it afterwards.

    Raises:
        CareStationError: it cannot be opened.
    """
    store = open_store(settings.store_url, shipped_register)
    try:
        yield store
    finally:
        store.close()


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{line}\n")


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def say_taken_out(
    version: int | None, before: Mapping[str, object], *, nothing: str, done: str, json: bool
) -> None:
    """Print what became of an imported layer; ``version`` is the register's since, None: there was none."""
    if json:
        say_json({"cleared": version is not None, **before, "register_version": version})
    else:
        say(nothing if version is None else f"{done} as of register version {version}")


def say_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns; Chinese characters take two places."""
    cells = [[_one_line(value) for value in row] for row in (heads, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        say("  ".join(padded).rstrip())


def _one_line(value: object) -> str:
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else " " for char in text)


def _width(text: str) -> int:
    return sum(2 if ord(char) >= 0x1100 else 1 for char in text)
