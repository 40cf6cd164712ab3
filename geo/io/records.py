"""What one row makes of one station: fields laid over what is known, provenance, the check of the whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from geo.areas import Areas
from geo.crs import Datum, geodesic_distance_m
from geo.errors import InvalidDataError, Problem
from geo.io.rows import ROW_FIELDS, ParsedRow, offer_field
from geo.io.table import CLEAR, SourceTable
from geo.stations import FIELD_NAMES, LonLat, Station, station_from_record, station_properties

COMPARED: tuple[str, ...] = (
    *(name for name in FIELD_NAMES if name not in ("version", "updated_at")),
    "location",
)
"""Fields an import can change."""
SAME_PLACE_M = {Datum.WGS84: 0.001, Datum.GCJ02: 0.001, Datum.BD09: 0.01}
"""Conversions close within these distances: a point nearer to the stored one has not moved."""

_NAME_FIELDS = ("name", "aliases")
_LOCATION_FIELDS = ("location", "location_precision", "location_checked_on", "raw_coordinate")
_BOOKKEEPING = ("provenance", "source")
_DATES = ("status_since", "status_until")
_MARK = re.compile(r"(?:；)?导入：[^；]*$")
_EXAMPLE_REMARK = re.compile(r"[，；]?图上位置仅为示例")
_MAX_SOURCE = 2000


@dataclass(frozen=True)
class FileMark:
    """What facts of this import carry as their source: the file and the day."""

    file: str
    day: date

    def on(self, text: str | None) -> str:
        """Return a source text with the mark at its end, in place of an earlier import's.

        >>> FileMark("a.xlsx", date(2026, 11, 22)).on("街道报表；导入：b.csv，2026-05-01")
        '街道报表；导入：a.xlsx，2026-11-22'
        """
        mark = f"导入：{self.file.replace('；', ' ')}，{self.day.isoformat()}"[:_MAX_SOURCE]
        before = _MARK.sub("", text or "")[: _MAX_SOURCE - len(mark) - 1]
        return f"{before}；{mark}" if before else mark


@dataclass(frozen=True)
class ImportContext:
    """What every row of one import shares."""

    table: SourceTable
    datum: Datum
    mark: FileMark
    areas: Areas


class RowRefusedError(Exception):
    """The row makes no station; its problems say why."""


def made_station(
    context: ImportContext, row: ParsedRow, station_id: str, known: Station | None, location: LonLat | None
) -> Station:
    """Return the station as it is after the row; equal to ``known`` where the row changes nothing.

    ``location`` is the row's point in WGS-84. A value the record refuses is listed in the row's problems and
    leaves its field as it was.

    Raises:
        RowRefusedError: no name, an id or status that cannot stand, or values that exclude each other.
    """
    base = _base(known)
    base["id"] = station_id
    record = _laid_over(base, row)
    if known is not None and _same_source(row, record["source"], known):
        record["source"] = known.source
    moved = _locate(record, row, known, location, context.datum)
    station = _validated(context.table, row, record, base)
    if known is not None:
        changed = changed_fields(known, station)
        if not changed:
            return known
        return _sourced(station, known, changed, moved=moved, mark=context.mark)
    return _sourced_new(_with_street(station, row, context.areas), row, context.mark)


def changed_fields(known: Station, station: Station) -> list[str]:
    """Return the names of the fields in which two stations differ, version and time aside."""
    return [name for name in COMPARED if getattr(known, name) != getattr(station, name)]


def states(row: ParsedRow, name: str) -> bool:
    """Return whether the row itself says something of the field."""
    return name in row.values


@lru_cache(maxsize=1)
def _empty() -> Mapping[str, Any]:
    """Return the record of a station of which nothing is known: what an emptied field becomes."""
    return {**station_properties(Station(id="x", name="x")), "location": None}


def _base(known: Station | None) -> dict[str, Any]:
    if known is None:
        return {}
    return {**station_properties(known), "location": list(known.location) if known.location else None}


def _laid_over(base: Mapping[str, Any], row: ParsedRow) -> dict[str, Any]:
    record = {name: value for name, value in base.items() if name != "updated_at"}
    record["version"] = 1
    for name, value in row.values.items():
        if name == "id":
            continue
        if value is CLEAR:
            record[name] = _empty()[name]
        elif name == "provenance" and isinstance(value, dict):
            record[name] = {**record.get(name, {}), **value}
        else:
            record[name] = value
    for code, entry in row.offers.items():
        name = offer_field(code)
        entries = dict(record.get(name) or {})
        if entry is CLEAR:
            entries.pop(code, None)
        elif code not in entries or _says_more(entries[code], entry):
            entries[code] = entry
        record[name] = entries
    return record


def _same_source(row: ParsedRow, stated: object, known: Station) -> bool:
    """Return whether the row's source is the station's but for the mark of an import.

    A file read again, or exported before its own import, does not take that mark away. An emptied source
    counts only in a row older than the store, where it is what the source was.
    """
    if not states(row, "source") or not isinstance(stated, str | None):
        return False
    if stated is None and (row.version is None or row.version >= known.version):
        return False
    return _MARK.sub("", stated or "") == _MARK.sub("", known.source or "")


def _says_more(known: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Return whether a listed entry differs in what it states; a bare "yes" keeps the known details."""
    return any(known.get(part) != value for part, value in entry.items())


def _locate(
    record: dict[str, Any], row: ParsedRow, known: Station | None, location: LonLat | None, datum: Datum
) -> bool:
    """Set location and raw coordinate; return whether the station got another place."""
    if row.point is CLEAR:
        record["location"] = None
        return known is not None and known.location is not None
    if location is None:
        return False
    before = known.location if known else None
    if before is not None and geodesic_distance_m(*before, *location) <= SAME_PLACE_M[datum]:
        return False
    record["location"] = list(location)
    raw_now = row.values.get("raw_coordinate")
    raw_before = station_properties(known)["raw_coordinate"] if known else None
    repeated = known is not None and (None if raw_now is CLEAR else raw_now) == raw_before
    if not states(row, "raw_coordinate") or repeated:
        lon, lat = row.point if row.point is not None else location
        record["raw_coordinate"] = {"datum": datum.value, "lon": lon, "lat": lat}
    if known is not None and known.provenance.location == "illustrative":
        for name in ("location_precision", "location_checked_on"):
            value = row.values.get(name)
            if value is None or value is CLEAR or value == station_properties(known)[name]:
                record[name] = None
    return True


def _validated(
    table: SourceTable, row: ParsedRow, record: dict[str, Any], base: Mapping[str, Any]
) -> Station:
    """Check the record; a refused value is listed and its field stays as it was."""
    where = f"row {row.number}"
    for _ in range(2):
        try:
            return station_from_record(record, where)
        except InvalidDataError as error:
            refused = _refused_fields(table, row, error.problems)
            for name in refused:
                if name in base:
                    record[name] = base[name]
                else:
                    record.pop(name, None)
    row.refused = True
    raise RowRefusedError


def _refused_fields(table: SourceTable, row: ParsedRow, problems: tuple[Problem, ...]) -> set[str]:
    """List the problems and return the fields to take back.

    Raises:
        RowRefusedError: one of them is a field the row cannot do without.
    """
    refused: set[str] = set()
    fatal = False
    for problem in problems:
        name = (problem.field or "").partition(".")[0]
        fatal = fatal or name in ROW_FIELDS
        severe = name in ROW_FIELDS
        column = name if name in table.columns else "lon" if name == "location" else name or None
        value = row.source.values.get(name, problem.value)
        message = (
            problem.message if "." not in (problem.field or "") else f"{problem.field}: {problem.message}"
        )
        row.problems.append(
            table.problem("error" if severe else "warning", message, row.source, column, value)
        )
        refused |= set(_DATES) if name in _DATES else {name}  # two dates out of order: neither is taken
    if fatal:
        row.refused = True
        raise RowRefusedError
    return refused


def _sourced(station: Station, known: Station, changed: list[str], *, moved: bool, mark: FileMark) -> Station:
    """Return a changed station whose imported facts carry the file as their source."""
    facts = [name for name in changed if name not in _BOOKKEEPING]
    if not facts:
        return station
    touched = {
        "name": any(name in _NAME_FIELDS for name in facts),
        "location": moved or any(name in _LOCATION_FIELDS for name in facts),
        "facts": any(name not in (*_NAME_FIELDS, *_LOCATION_FIELDS) for name in facts),
    }
    restated = {
        group: "source"
        for group, yes in touched.items()
        if yes and getattr(station.provenance, group) == getattr(known.provenance, group)
    }
    provenance = station.provenance.model_copy(update=restated)
    invented = moved and known.provenance.location == "illustrative"
    source = without_example_remark(station.source) if invented else station.source
    return station.model_copy(update={"provenance": provenance, "source": mark.on(source)})


def without_example_remark(source: str | None) -> str | None:
    """Return a source text without the remark that the place is an example, for a station that lost it.

    >>> without_example_remark("公开报道：名称；位置未公布，图上位置仅为示例")
    '公开报道：名称；位置未公布'
    """
    return (_EXAMPLE_REMARK.sub("", source) or None) if source else source


def _sourced_new(station: Station, row: ParsedRow, mark: FileMark) -> Station:
    """Return a new station; one whose row states its provenance (an export's) keeps it."""
    if states(row, "provenance"):
        return station
    provenance = station.provenance.model_copy(
        update={"name": "source", "location": "source", "facts": "source"}
    )
    return station.model_copy(update={"provenance": provenance, "source": mark.on(station.source)})


def _with_street(station: Station, row: ParsedRow, areas: Areas) -> Station:
    """Fill in the street a new station lies in, where its row says nothing of street and code."""
    if states(row, "street") and station.street and not states(row, "street_code"):
        codes = {name: code for code, name in areas.street_names().items()}
        code = codes.get(station.street) or codes.get(f"{station.street}街道")
        return station.model_copy(update={"street_code": code}) if code else station
    if states(row, "street") or states(row, "street_code") or station.location is None:
        return station
    code = areas.street_of(*station.location).item()
    if code is None:
        return station
    return station.model_copy(update={"street_code": code, "street": areas.street_names()[code]})
