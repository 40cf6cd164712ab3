"""Reading a register from a file of any of the five formats."""

from __future__ import annotations

from pathlib import Path

from geo.errors import InvalidParameterError
from geo.io.read_csv import read_csv
from geo.io.read_features import read_geojson, read_geoparquet, read_gpkg
from geo.io.read_xlsx import read_xlsx
from geo.io.table import SourceTable

TABLE_ENDINGS = (".xlsx", ".xlsm", ".csv", ".txt", ".tsv")
"""Files of cells: nothing in them says the datum for sure, so the importer must be told."""
_READERS = {
    **dict.fromkeys((".xlsx", ".xlsm"), read_xlsx),
    **dict.fromkeys((".csv", ".txt", ".tsv"), read_csv),
    **dict.fromkeys((".geojson", ".json"), read_geojson),
    ".gpkg": read_gpkg,
    **dict.fromkeys((".parquet", ".geoparquet"), read_geoparquet),
}


def read_register(path: Path) -> SourceTable:
    """Return the rows of a file; its ending says the format.

    Raises:
        InvalidParameterError: another ending.
        InvalidDataError: the file is not what its ending says, or damaged.
        OSError: the file cannot be opened.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidParameterError("FILE", path.name, f"must end in {', '.join(_READERS)}")
    return reader(path)
