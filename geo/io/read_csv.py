"""Reading CSV as clerks save it: UTF-8 with or without a mark, GB18030, UTF-16; comma, semicolon or tab."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from geo.errors import InvalidDataError, Problem
from geo.io.grids import table_of_grid
from geo.io.headers import find_header, map_headers
from geo.io.table import SourceTable

MAX_CELL_CHARS = 16_000_000
MAX_FILE_BYTES = 1_000_000_000

_BLOCK = 1 << 20
_SAMPLE_CHARS = 1 << 16
_DELIMITERS = ",\t;|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_csv(path: Path) -> SourceTable:
    """Read a CSV file into a source table; row 1 is the first line of the file as a spreadsheet shows it.

    Raises:
        InvalidDataError: not text in a known encoding, too large, or not CSV.
        OSError: the file cannot be opened.
    """
    return table_of_grid(path.name, None, csv_rows(path))


def csv_rows(path: Path) -> Iterator[list[str]]:
    """Yield the records of a CSV file, blank ones too."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _refused(f"is over {MAX_FILE_BYTES / 1e6:g} MB; such files are not read")
    encoding = _encoding(path)
    # The limit is the module's own and there is no other way to give it.
    csv.field_size_limit(MAX_CELL_CHARS)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE_CHARS)
        delimiter = _delimiter(sample)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=False)
        try:
            yield from reader
        except csv.Error as error:
            raise _refused(f"line {reader.line_num}: not CSV: {error}") from error


def _encoding(path: Path) -> str:
    """Return the encoding the whole file reads in."""
    with path.open("rb") as file:
        head = file.read(4)
        marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
        if head.startswith(b"PK\x03\x04"):
            raise _refused("is an Excel or zip file, not CSV")
        for name in [marked] if marked else ["utf-8", "gb18030"]:
            file.seek(0)
            if _reads(file, name):
                return name
    raise _refused("is not text in UTF-8, GB18030 or UTF-16")


def _reads(file: io.BufferedReader, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(_BLOCK):
            if "\x00" in decoder.decode(block):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(sample: str) -> str:
    """Return the delimiter under which most headers are understood; a comma when none is."""

    def understood(delimiter: str) -> int:
        try:
            grid = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))[:30]
        except csv.Error:
            return -1
        header = find_header(grid)
        return len(map_headers(header[2], None, None)[0]) if header else 0

    return max(_DELIMITERS, key=understood)


def _refused(message: str) -> InvalidDataError:
    return InvalidDataError([Problem("file", None, None, None, message)])
