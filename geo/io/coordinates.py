"""Coordinates as clerks type them: decimal degrees, or a named problem that says what to write instead."""

from __future__ import annotations

import math
import re
import unicodedata

from geo.crs import CHINA_BOUNDS

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_DMS = re.compile(
    r"(?P<d>\d{1,3})\s*[°度]\s*(?P<m>\d{1,2}(?:\.\d+)?)\s*['′’分]?\s*(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:[\"″”秒]|'')?)?"
)
_PAIR = re.compile(r"[\s,;，；、/|]+")


class CoordinateError(Exception):
    """A coordinate cannot be taken as it stands; the message says what to write."""


def parse_degrees(cell: object, name: str) -> float:
    """Return a longitude or latitude (``name`` is ``lon`` or ``lat``) in decimal degrees.

    Raises:
        CoordinateError: degrees and minutes, units, more than a number, out of range.

    >>> parse_degrees("109.067", "lon")
    109.067
    >>> parse_degrees("109°4'1.2\\"", "lon")
    Traceback (most recent call last):
    geo.io.coordinates.CoordinateError: degrees, minutes and seconds: write decimal degrees, 109.067000
    """
    if isinstance(cell, bool) or cell is None:
        raise CoordinateError("not a number of degrees")
    if isinstance(cell, int | float):
        number = float(cell)
    else:
        text = unicodedata.normalize("NFKC", str(cell)).strip()
        if not _NUMBER.fullmatch(text):
            raise CoordinateError(_advice(text))
        number = float(text)
    limit = 180.0 if name == "lon" else 90.0
    if not math.isfinite(number):
        raise CoordinateError("not a finite number of degrees")
    if abs(number) > limit:
        hint = "; longitude and latitude look swapped" if name == "lat" and abs(number) <= 180 else ""
        scale = f"; {number:g} looks like metres of a plane grid, not degrees" if abs(number) > 1000 else ""
        raise CoordinateError(f"{number:g} is beyond {limit:g} degrees{hint}{scale}")
    return number


def parse_pair(cell: object) -> tuple[float, float]:
    """Return (lon, lat) of one cell that holds both, longitude first.

    Raises:
        CoordinateError: not two numbers of degrees, or not clearly longitude first.

    >>> parse_pair("109.067，34.273")
    (109.067, 34.273)
    """
    parts = [part for part in _PAIR.split(str(cell).strip().strip("()[]（）")) if part]
    if len(parts) != 2:
        raise CoordinateError(
            _advice(str(cell)) if "°" in str(cell) else "not two numbers: longitude, latitude"
        )
    lon, lat = parse_degrees(parts[0], "lon"), parse_degrees(parts[1], "lon")
    check_in_china(lon, lat)
    return lon, lat


def check_in_china(lon: float, lat: float) -> None:
    """Refuse a place outside the rectangle the datums of Chinese maps are made for.

    Raises:
        CoordinateError: outside; says so when the two look swapped, or when both are zero.
    """
    west, south, east, north = CHINA_BOUNDS
    if west <= lon <= east and south <= lat <= north:
        return
    if lon == 0 and lat == 0:
        raise CoordinateError("0, 0 is no place: leave both cells blank where the coordinates are not known")
    swapped = west <= lat <= east and south <= lon <= north
    hint = "; longitude and latitude look swapped" if swapped else ""
    raise CoordinateError(f"longitude {lon:g}, latitude {lat:g} lies outside China{hint}")


def _advice(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    match = _DMS.search(plain)
    if match:
        degrees = float(match["d"]) + float(match["m"]) / 60 + float(match["s"] or 0) / 3600
        return f"degrees, minutes and seconds: write decimal degrees, {degrees:.6f}"
    number = _NUMBER.search(plain)
    if number and re.fullmatch(
        r"(?:东经|北纬|经度|纬度|[enewslonat:=])*[\d.]+(?:°|度|[ensw])*", plain, re.IGNORECASE
    ):
        return f"text beside the number: write only {number[0]}"
    if len(_NUMBER.findall(plain)) > 1:
        return "more than one number: longitude and latitude stand in a column each"
    return "not a number of degrees"
