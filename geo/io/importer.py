"""What an import means: existing stations and a file's rows make a plan of changes, and a report.

A blank cell leaves its field, 清空 empties it, an absent row stays (or is retired), an older row that differs
is a conflict, an unchanged row changes nothing. Nothing here touches a store: the plan's changes are written
in one transaction by the caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import shapely

from geo.areas import Areas, shipped_areas
from geo.crs import Datum, convert_datum
from geo.io.datum_guard import KnownPlace, check_datum, shipped_places
from geo.io.duplicates import DuplicatePair, alike_pairs, likely_successors, similarity
from geo.io.matching import Match, Register
from geo.io.records import (
    FileMark,
    ImportContext,
    RowRefusedError,
    changed_fields,
    made_station,
    without_example_remark,
)
from geo.io.report import Conflict, ImportReport, Resolution, RowRef
from geo.io.rows import ParsedRow, parse_rows
from geo.io.table import SourceTable
from geo.stations import Amenity, LonLat, Provenance, Station
from geo.store.protocol import Change

Prefer = Literal["file", "store"]


@dataclass(frozen=True)
class ImportOptions:
    """How the file is to be taken: its datum, and what the operator decided beforehand."""

    datum: Datum = Datum.WGS84
    replace: bool = False
    prefer: Prefer | None = None
    force: bool = False


@dataclass(frozen=True)
class ImportPlan:
    """The changes to write, in order, and the report; no changes when the report says ``refused``."""

    changes: tuple[Change, ...]
    report: ImportReport


def plan_import(
    table: SourceTable,
    existing: Sequence[Station],
    options: ImportOptions,
    today: date,
    *,
    areas: Areas | None = None,
    places: Sequence[KnownPlace] | None = None,
) -> ImportPlan:
    """Return what importing ``table`` into a register of ``existing`` stations would do.

    ``today`` dates the source of imported facts. ``areas`` and ``places`` default to those shipped.
    """
    areas = areas or shipped_areas()
    report = ImportReport(table.file, options.datum.value, len(table.rows))
    report.problems += table.problems
    if fault := next(table.errors(), None):
        report.refused = str(fault.as_problem())
        return ImportPlan((), report)
    if table.datum not in (None, options.datum.value):
        report.refused = f"the file says its datum is {table.datum}, not {options.datum.value}"
        return ImportPlan((), report)
    rows = list(parse_rows(table))
    matches = Register(existing).match_all(rows)
    known_places = shipped_places() if places is None else places
    report.guard = check_datum(rows, matches, options.datum, areas, known_places)
    # a format or file that names its own datum is not asked for proof, only refused on proof of another
    doubtful = report.guard.verdict == "unchecked" and not table.typed and table.datum is None
    if (report.guard.verdict == "contradicted" or doubtful) and not options.force:
        report.refused = report.guard.message()
        report.problems += [problem for row in rows for problem in row.problems]
        return ImportPlan((), report)
    context = ImportContext(table, options.datum, FileMark(table.file, today), areas)
    return _Planning(context, existing, options, report).plan(rows, matches)


class _Planning:
    """One import being worked out; every row adds to the report and the changes."""

    def __init__(
        self,
        context: ImportContext,
        existing: Sequence[Station],
        options: ImportOptions,
        report: ImportReport,
    ) -> None:
        self._context, self._table = context, context.table
        self._existing, self._options, self._report = existing, options, report
        self._changes: list[Change] = []
        self._seen: set[str] = set()
        self._new: list[Station] = []
        self._rows: dict[str, int] = {}
        self._entries: dict[Amenity, Amenity] = {}

    def plan(self, rows: list[ParsedRow], matches: dict[int, Match]) -> ImportPlan:
        """Work out every row, then what the file says by leaving stations out."""
        self._refuse_same_code(rows, matches)
        removes = self._replaces_illustrative(rows, matches)
        for row, location in zip(rows, _located(rows, self._options.datum), strict=True):
            self._row(row, matches.get(row.number), location, removes)
            self._report.problems += row.problems
            row.values.clear()  # a national file's rows are as large as its stations
            row.offers.clear()
        if self._options.replace and not self._seen:
            self._report.refused = "--replace with no row that names a station would retire all of them"
            return ImportPlan((), self._report)
        if removes:
            self._remove_illustrative()
        if self._options.replace:
            self._warn_of_successors(rows, self._retire_absent())
        gone = {ref.station_id for ref in self._report.removed_illustrative}
        after = {change.station_id: change.station for change in self._changes}
        kept = [
            after.get(one.id) or one
            for one in self._existing
            if one.id not in gone and one.status != "retired"
        ]
        self._report.duplicates += alike_pairs(self._new, self._rows, kept)
        return ImportPlan(tuple(self._changes), self._report)

    def _refuse_same_code(self, rows: list[ParsedRow], matches: dict[int, Match]) -> None:
        """Keep out every row of a station that several rows name: nobody can say which holds."""
        by_id: dict[str, list[ParsedRow]] = defaultdict(list)
        for row in rows:
            if row.number in matches:
                by_id[matches[row.number].station_id].append(row)
        for station_id, same in by_id.items():
            first = same[0]
            for other in same[1:]:
                name, other_name = first.text("name") or "", other.text("name") or ""
                pair = DuplicatePair(
                    reason="same code",
                    station_id=station_id,
                    name=name,
                    row=first.number,
                    other_id=station_id,
                    other_name=other_name,
                    other_row=other.number,
                    distance_m=None,
                    similarity=similarity(name, other_name),
                )
                self._report.duplicates.append(pair)
            if len(same) > 1:
                numbers = ", ".join(str(row.number) for row in same)
                for row in same:
                    row.refused = True
                    message = f"rows {numbers} are the same station {station_id}; none of them is imported"
                    row.problems.append(self._table.problem("error", message, row.source, "id", station_id))
                self._seen.add(station_id)

    def _replaces_illustrative(self, rows: list[ParsedRow], matches: dict[int, Match]) -> bool:
        """Return whether a real register takes the place of the illustrative one with this file."""
        usable = [row for row in rows if not row.refused and row.number in matches]
        held = any(_is_illustrative(station) for station in self._existing)
        return bool(held and usable) and not any(
            _illustrative_row(row, matches[row.number]) for row in usable
        )

    def _row(self, row: ParsedRow, match: Match | None, location: LonLat | None, removes: bool) -> None:
        if match is None:
            if not row.refused:
                message = "names no station: 站点名称 (name) is blank"
                row.problems.append(self._table.problem("error", message, row.source, "name"))
            self._skip(row, None)
            return
        known = match.station
        if row.refused:
            self._seen.add(match.station_id)
            self._skip(row, match)
            return
        if row.text("id") not in (None, match.station_id):
            message = f"is {match.station_id} of the register, by name and address; its code is kept"
            row.problems.append(self._table.problem("note", message, row.source, "id", row.text("id")))
        base = _without_illustration(known) if known and removes else known
        self._seen.add(match.station_id)
        try:
            station = self._shared(made_station(self._context, row, match.station_id, base, location))
        except RowRefusedError:
            self._skip(row, match)
            return
        if station.location is None:
            self._report.without_location.append(RowRef(station.id, station.name, row.number))
        self._decide(row, known, station)

    def _shared(self, station: Station) -> Station:
        """Return the station with entries equal to another's shared with it: most say no more than "yes"."""
        shared = {
            name: {
                code: self._entries.setdefault(entry, entry) for code, entry in getattr(station, name).items()
            }
            for name in ("amenities", "services")
        }
        return station.model_copy(update=shared)

    def _decide(self, row: ParsedRow, known: Station | None, station: Station) -> None:
        report = self._report
        self._rows[station.id] = row.number
        if known is None:
            self._new.append(station)
            report.added.append(RowRef(station.id, station.name, row.number))
            self._changes.append(Change("create", station.id, station))
            return
        fields = changed_fields(known, station)
        if not fields:
            report.unchanged.append(RowRef(known.id, known.name, row.number))
            return
        if row.version is not None and row.version < known.version:
            resolution: Resolution = self._options.prefer or "open"
            differences = tuple((name, getattr(station, name), getattr(known, name)) for name in fields)
            report.conflicts.append(
                Conflict(
                    known.id, known.name, row.number, row.version, known.version, differences, resolution
                )
            )
            if resolution != "file":
                return
        report.changed.append(RowRef(known.id, station.name, row.number, tuple(fields)))
        self._changes.append(Change("replace", known.id, station, known.version))

    def _skip(self, row: ParsedRow, match: Match | None) -> None:
        name = row.text("name") or ""
        self._report.skipped.append(RowRef(match.station_id if match else "", name, row.number))

    def _remove_illustrative(self) -> None:
        """Remove invented stations; one whose name is real stays, without its invented place.

        So too under a row that was not applied: an example never stands beside the real register.
        """
        applied = {change.station_id for change in self._changes}
        for station in self._existing:
            if station.id in applied:
                continue
            if _is_illustrative(station):
                self._report.removed_illustrative.append(RowRef(station.id, station.name))
                self._changes.append(Change("delete", station.id, expected_version=station.version))
            elif "illustrative" in station.provenance.model_dump().values():
                honest = _without_illustration(station)
                fields = tuple(changed_fields(station, honest))
                self._report.changed.append(RowRef(station.id, station.name, None, fields))
                self._changes.append(Change("replace", station.id, honest, station.version))
                self._report.without_location.append(RowRef(station.id, station.name))

    def _retire_absent(self) -> list[Station]:
        gone = {ref.station_id for ref in self._report.removed_illustrative}
        touched = {change.station_id: place for place, change in enumerate(self._changes)}
        absent = [
            station
            for station in self._existing
            if station.id not in self._seen and station.id not in gone and station.status != "retired"
        ]
        for station in absent:
            place = touched.get(station.id)
            present = self._changes[place].station if place is not None else station
            retired = (present or station).model_copy(
                update={"status": "retired", "status_since": self._context.mark.day, "status_until": None}
            )
            change = Change("replace", station.id, retired, station.version)
            if place is None:
                self._changes.append(change)
            else:
                self._changes[place] = change
            self._report.retired.append(RowRef(station.id, station.name))
        return absent

    def _warn_of_successors(self, rows: Sequence[ParsedRow], retired: Sequence[Station]) -> None:
        """Name the rows that may be a retired station under a mistyped code and another name."""
        sources = {row.number: row.source for row in rows}
        for old, new, why in likely_successors(retired, self._new):
            message = (
                f"is new, while --replace retires {old.id} {old.name} ({why}): "
                f"if {new.name} is the same place, its row needs the code {old.id}"
            )
            source = sources[self._rows[new.id]]
            self._report.problems.append(self._table.problem("warning", message, source, "id", new.id))


def _located(rows: Sequence[ParsedRow], datum: Datum) -> list[LonLat | None]:
    """Return each row's point in WGS-84."""
    points = [row.point if isinstance(row.point, tuple) else None for row in rows]
    given = [point for point in points if point is not None]
    if not given:
        return [None] * len(rows)
    if datum is not Datum.WGS84:
        converted = convert_datum(shapely.points(np.array(given)), datum, Datum.WGS84)
        given = list(zip(shapely.get_x(converted).tolist(), shapely.get_y(converted).tolist(), strict=True))
    rest = iter(given)
    return [None if point is None else LonLat(*next(rest)) for point in points]


def _is_illustrative(station: Station) -> bool:
    """Return whether the station itself is invented, not only its place."""
    return station.provenance.name == "illustrative"


def _illustrative_row(row: ParsedRow, match: Match) -> bool:
    stated = row.values.get("provenance")
    if isinstance(stated, dict):
        return "illustrative" in stated.values()
    known = match.station
    if known is None or not _is_illustrative(known):
        return False
    return row.text("name") in (None, known.name)


def _without_illustration(station: Station) -> Station:
    """Return what is really known of a station: nothing invented, and no invented place."""
    if _is_illustrative(station):
        real = Provenance(name="source", location="source", facts="source")
        return Station(id=station.id, name=station.name, version=station.version, provenance=real)
    if station.provenance.location != "illustrative":
        return station
    provenance = station.provenance.model_copy(update={"location": "source"})
    source = without_example_remark(station.source)
    gone = {
        "source": source,
        "location": None,
        "location_precision": None,
        "location_checked_on": None,
        "raw_coordinate": None,
    }
    return station.model_copy(update={**gone, "provenance": provenance})
