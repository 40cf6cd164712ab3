"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
from openpyxl.utils.exceptions import WorkbookAlreadySaved
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; the file takes its place when the block ends well.

    After an error nothing is left and ``path`` is as it was. The path given has the same name, in a directory
    of its own, so that formats which write more than one file while at work may do so.

    Raises:
        OSError: the directory is missing, full or not writable; names the directory as it was given.
    """
    try:
        made = tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.parent)) from error
    with made as directory:
        beside = Path(directory) / path.name
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)


@contextmanager
def written_by_gdal(path: Path) -> Iterator[None]:
    """Tell what keeps GDAL from writing the GeoPackage ``path`` inside the block as the system tells it.

    Raises:
        OSError: GDAL could not write the file; it does not tell a full disk from another fault.
    """
    pyogrio.set_gdal_config_options({"CPL_LOG": os.devnull})  # what fails is told by us, not in pages of SQL
    try:
        yield
    except (DataSourceError, DataLayerError, FeatureError, GeometryError) as error:
        message = "cannot be written as GeoPackage: is the disk full?"
        raise OSError(errno.EIO, message, path.name) from error


@contextmanager
def saved_workbook(path: Path) -> Iterator[Any]:
    """Give a write-only workbook to fill; it is saved to ``path`` when the block ends well.

    Raises:
        OSError: the disk of ``path``, or of temporary files, is full.
    """
    book = openpyxl.Workbook(write_only=True)
    try:
        yield book
        packed = (
            io.BytesIO()
        )  # openpyxl leaves a half-written archive open, which fails again when cleaned up
        book.save(packed)
        path.write_bytes(packed.getbuffer())
    except BaseException:
        for sheet in book.worksheets:
            _abandon(sheet)
        raise


def _abandon(sheet: Any) -> None:
    """Close the streams of a sheet nobody saves, and remove its file.

    Left to Python's clean-up, each stream would print a trace.
    """
    writer = getattr(sheet, "_writer", None)
    for close in (sheet.close, *([writer.xf.close, writer.cleanup] if writer is not None else [])):
        # what went wrong is under way to the caller; the same once more is no news
        with suppress(OSError, ValueError, WorkbookAlreadySaved):
            close()
