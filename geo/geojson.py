"""Outside GeoJSON, read feature by feature in bounded memory, with the place of every fault.

The whole file is never held: a national register of 186,100 stations is about 400 MB. Text is UTF-8 (a byte
order mark is let pass); anything else is refused by name, so that a table saved as GBK says so.
"""

from __future__ import annotations

import codecs
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from geo.errors import InvalidDataError, Problem

MAX_FILE_BYTES = 1_000_000_000
"""Larger files are refused unread: more than twice the whole nation's register."""
MAX_VALUE_CHARS = 16_000_000
"""The longest single feature (or other member) that is read."""

_BLOCK_BYTES = 1 << 20
_WHITE_SPACE = re.compile(r"[ \t\r\n]*")
_CUT_OFF_CHARS = 16  # a fault this near the window's end may only mean that the value goes on
_FOREIGN = {
    codecs.BOM_UTF32_LE: "UTF-32 text",
    codecs.BOM_UTF32_BE: "UTF-32 text",
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
    b"PK\x03\x04": "a zip or Excel file",
    b"\x1f\x8b": "a gzip file",
    b"SQLite format 3": "a GeoPackage or SQLite file",
}
_WGS84_NAMES = ("CRS84", "EPSG:4326", "EPSG::4326", "OGC:1.3:CRS84")

NOT_A_POINT = "must be null or a Point with numeric [longitude, latitude]"
"""What is said of a geometry that has no ``point_coordinates``."""


class FeatureReader:
    """Iterate over the features of a FeatureCollection; ``members`` then holds its other members.

    ``source`` is a path or the bytes themselves. Iterating gives ``(number, feature)``, counted from 1, where
    a feature is whatever JSON value stands in the array, numbers finite or ``math.nan``/``math.inf`` as
    written. Single use.

    Raises:
        InvalidDataError: from the iteration, at the first fault of the document itself (unreadable file,
            wrong encoding, broken JSON with its line and column, not a FeatureCollection, another CRS).
    """

    def __init__(self, source: Path | bytes, *, max_bytes: int = MAX_FILE_BYTES) -> None:
        self._source, self._max_bytes = source, max_bytes
        self.members: dict[str, Any] = {}

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        try:
            with closing(self._open()) as stream:
                text = _Text(stream)
                yield from self._document(text)
        except OSError as error:
            raise _fault("file", None, f"cannot be read: {error.strerror}") from error
        self._check_members()

    def _open(self) -> BinaryIO:
        if isinstance(self._source, bytes):
            size, stream = len(self._source), io.BytesIO(self._source)
        else:
            size = self._source.stat().st_size
        if size > self._max_bytes:
            limit = f"{self._max_bytes / 1e6:g} MB"
            raise _fault("file", None, f"is {size / 1e6:.0f} MB; files over {limit} are not read")
        return stream if isinstance(self._source, bytes) else self._source.open("rb")

    def _document(self, text: _Text) -> Iterator[tuple[int, Any]]:
        if text.peek() != "{":
            found = f"{text.peek()!r}" if text.peek() else "the end of the file"
            raise text.fault(f"not a GeoJSON document: expected an object {{…}}, found {found}")
        for _ in text.items("{", "}"):
            key = text.value() if text.peek() == '"' else None
            if not isinstance(key, str):
                raise text.fault("expected the quoted name of a member")
            if text.peek() != ":":
                raise text.fault("expected ':' after the name of a member")
            text.skip()
            if key in self.members:
                raise text.fault(f"the member {key!r} stands twice")
            if key == "features" and text.peek() == "[":
                self.members[key] = None
                for number, _ in enumerate(text.items("[", "]"), start=1):
                    yield number, text.value()
            else:
                self.members[key] = text.value()
        if text.peek():
            raise text.fault("text after the end of the GeoJSON object")

    def _check_members(self) -> None:
        kind, features = self.members.get("type"), self.members.pop("features", "missing")
        if kind != "FeatureCollection":
            raise _fault("document", "type", "must be FeatureCollection", kind)
        if features is not None:
            raise _fault("document", "features", "must be an array of features")
        crs = self.members.get("crs")
        name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else crs
        if crs is not None and not str(name).endswith(_WGS84_NAMES):
            raise _fault("document", "crs", "must be WGS-84, longitude first; convert the file first", name)


def point_coordinates(geometry: object) -> list[int | float] | None:
    """Return [lon, lat] of a GeoJSON Point as written, a height left off; None for anything else.

    >>> point_coordinates({"type": "Point", "coordinates": [109, 34.5, 400]})
    [109, 34.5]
    """
    if not isinstance(geometry, Mapping) or geometry.get("type") != "Point":
        return None
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) not in (2, 3):
        return None
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in coordinates):
        return None
    return coordinates[:2]


def nonfinite_fields(value: object, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield the dotted path and value of every NaN or infinity inside a JSON value.

    >>> list(nonfinite_fields({"seats": 3, "area_m2": math.inf}))
    [('area_m2', inf)]
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from nonfinite_fields(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from nonfinite_fields(part, f"{path}.{index}" if path else str(index))


class _Text:
    """A sliding window over the decoded text that knows its line and column."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._buffer, self._at, self._ended = "", 0, False
        self._line, self._column = 1, 1
        self._read(first=True)
        if self.peek() == "":
            raise _fault("file", None, "is empty")

    def peek(self) -> str:
        """Return the next character that isn't white space, or "" at the end."""
        while True:
            run = _WHITE_SPACE.match(self._buffer, self._at)
            self._at = run.end() if run else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if self._ended:
                return ""
            self._read()

    def skip(self) -> None:
        """Step over the character ``peek`` showed."""
        self._at += 1

    def items(self, opening: str, closing_: str) -> Iterator[None]:
        """Step through a bracketed list; the caller reads one item at each step."""
        self.skip()
        if self.peek() == closing_:
            self.skip()
            return
        while True:
            yield None
            mark = self.peek()
            if mark not in (",", closing_):
                found = repr(mark) if mark else "the end of the file"
                raise self.fault(f"expected ',' or '{closing_}' in {opening}…{closing_}, found {found}")
            self.skip()
            if mark == closing_:
                return

    def value(self) -> Any:
        """Return the JSON value that starts here."""
        if self.peek() == "":
            raise self.fault("the file ends where a value is expected")
        while True:
            try:
                value, end = self._json.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                near_end = error.pos >= len(self._buffer) - _CUT_OFF_CHARS
                if self._ended or not (near_end or error.msg.startswith("Unterminated string")):
                    raise self.fault(f"not JSON: {error.msg}", error.pos) from error
                self._grow()
            except RecursionError as error:
                raise self.fault("values are nested too deeply") from error
            except ValueError as error:  # an integer of thousands of digits
                raise self.fault(f"not readable: {error}") from error
            else:
                if end < len(self._buffer) or self._ended:
                    self._at = end
                    return value
                self._grow()  # a number may go on in the next block

    def fault(self, message: str, at: int | None = None) -> InvalidDataError:
        """Return the error for the current place, or for offset ``at`` of the window."""
        line, column = self._place(self._at if at is None else at)
        return _fault(f"line {line}, column {column}", None, message)

    def _grow(self) -> None:
        """Lengthen the window for a value that goes on past it."""
        if len(self._buffer) - self._at > MAX_VALUE_CHARS:
            raise self.fault(f"one value is longer than {MAX_VALUE_CHARS:,} characters or never ends")
        self._read(max(_BLOCK_BYTES, len(self._buffer) - self._at))

    def _read(self, size: int = _BLOCK_BYTES, *, first: bool = False) -> None:
        block = self._stream.read(size)
        if first:
            _refuse_foreign(block)
        self._line, self._column = self._place(self._at)
        try:
            more = self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            good = block[: error.start].decode("utf-8", errors="ignore")
            self._buffer, self._at = self._buffer[self._at :] + good, 0
            line, _ = self._place(len(self._buffer))
            hint = "; it looks like GBK: save it as UTF-8" if _reads_as_gbk(block) else ""
            raise _fault(f"line {line}", None, f"the file is not UTF-8 text{hint}") from error
        self._buffer, self._at = self._buffer[self._at :] + more, 0
        self._ended = not block

    def _place(self, at: int) -> tuple[int, int]:
        lines = self._buffer.count("\n", 0, at)
        if not lines:
            return self._line, self._column + at
        return self._line + lines, at - self._buffer.rindex("\n", 0, at)


def _refuse_foreign(block: bytes) -> None:
    kind = next((name for mark, name in _FOREIGN.items() if block.startswith(mark)), None)
    if kind is None and block[:2].count(0) == 1:
        kind = "UTF-16 text"
    if kind is not None:
        raise _fault("file", None, f"is {kind}, not UTF-8 GeoJSON")


def _reads_as_gbk(block: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("gb18030")().decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _fault(where: str, field: str | None, message: str, value: object = None) -> InvalidDataError:
    return InvalidDataError([Problem(where, None, field, value, message)])
