"""Workers' reports about stations, and their review by keepers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast, get_args

from sqlalchemy import Connection, func, insert, select, update

from geo.amenities import amenity_codes, service_codes
from geo.errors import InvalidParameterError, NotFoundError
from geo.report_rules import DOUBT_DAYS, ReportKind, masked_note
from geo.store.model import ReportRow, StationRow
from geo.store.protocol import StationStore
from geo.store.station_rows import is_storable

ReportStatus = Literal["new", "accepted", "rejected"]
NOTE_LIMIT = 1000


@dataclass(frozen=True)
class Report:
    """A worker's report; ``reporter_hash`` tells one sender from another and names nobody."""

    id: str
    station_id: str
    kind: ReportKind
    amenity: str | None
    note: str | None
    created_at: datetime
    reporter_hash: str | None
    status: ReportStatus
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_note: str | None
    due_at: datetime | None = None


def add_report(
    store: StationStore,
    station_id: str,
    kind: ReportKind,
    *,
    amenity: str | None = None,
    note: str | None = None,
    reporter_hash: str | None = None,
) -> Report:
    """Keep a worker's report for review; telephone numbers in its note are masked before anything is kept.

    Raises:
        InvalidParameterError: unknown kind or amenity, an overlong note, control characters.
        NotFoundError: no such station.
    """
    _known("kind", kind, get_args(ReportKind))
    if amenity is not None:
        _known("amenity", amenity, (*amenity_codes(), *service_codes()))
    values = {
        "id": uuid.uuid4().hex,
        "station_id": station_id,
        "kind": kind,
        "amenity": amenity,
        "note": _without_numbers(_checked_note("note", note)),
        "created_at": store.clock().astimezone(UTC),
        "reporter_hash": reporter_hash,
        "status": "new",
    }
    if not is_storable(station_id):
        raise NotFoundError(f"station {station_id}: not in the register")
    with store.writing() as connection:
        if connection.execute(select(StationRow.id).where(StationRow.id == station_id)).first() is None:
            raise NotFoundError(f"station {station_id}: not in the register")
        connection.execute(insert(ReportRow).values(**values))
        return _get(connection, str(values["id"]))


def list_reports(
    store: StationStore,
    *,
    station_id: str | None = None,
    status: ReportStatus | None = None,
    kind: ReportKind | None = None,
    limit: int = 100,
) -> list[Report]:
    """Return at most ``limit`` reports, the newest first, of one station, status or kind if given.

    Raises:
        InvalidParameterError: unknown status or kind, or a limit below 1.
    """
    table = ReportRow.__table__
    query = select(table).order_by(table.c.created_at.desc(), table.c.id)
    if station_id is not None:
        query = query.where(table.c.station_id == station_id)
    if status is not None:
        _known("status", status, get_args(ReportStatus))
        query = query.where(table.c.status == status)
    if kind is not None:
        _known("kind", kind, get_args(ReportKind))
        query = query.where(table.c.kind == kind)
    if limit < 1:
        raise InvalidParameterError("limit", limit, "must be at least 1")
    if station_id is not None and not is_storable(station_id):
        return []
    with store.reading() as connection:
        return [_report(row) for row in connection.execute(query.limit(limit))]


def count_reports(store: StationStore, status: ReportStatus = "new") -> int:
    """Return how many reports have ``status``."""
    with store.reading() as connection:
        query = select(func.count()).select_from(ReportRow).where(ReportRow.status == status)
        return connection.execute(query).scalar_one()


def answered_within(store: StationStore, days: float) -> tuple[int, int]:
    """Return (reports reviewed within ``days`` of their coming, reports in all)."""
    with store.reading() as connection:
        found = connection.execute(select(ReportRow.created_at, ReportRow.reviewed_at)).all()
    limit = timedelta(days=days)
    return sum(at is not None and at - came <= limit for came, at in found), len(found)


def review_report(
    store: StationStore, report_id: str, status: ReportStatus, reviewer: str, note: str | None = None
) -> Report:
    """Record a keeper's decision on a report; a later decision takes the place of an earlier one.

    Raises:
        InvalidParameterError: unknown status or an overlong note.
        NotFoundError: no such report.
    """
    _known("status", status, get_args(ReportStatus))
    values = {
        "status": status,
        "reviewed_by": reviewer,
        "reviewed_at": store.clock().astimezone(UTC),
        "review_note": _checked_note("review_note", note),
    }
    with store.writing() as connection:
        _get(connection, report_id)
        connection.execute(update(ReportRow).where(ReportRow.id == report_id).values(**values))
        return _get(connection, report_id)


def set_deadline(store: StationStore, report_id: str, due_at: datetime | None) -> Report:
    """Say until when a report is to be answered (aware), or that no deadline stands.

    Raises:
        NotFoundError: no such report.
    """
    due = None if due_at is None else due_at.astimezone(UTC)
    with store.writing() as connection:
        _get(connection, report_id)
        connection.execute(update(ReportRow).where(ReportRow.id == report_id).values(due_at=due))
        return _get(connection, report_id)


def standing_reports(store: StationStore, now: datetime, most: int = 5000) -> list[Report]:
    """Return the unanswered reports that can still put a station in doubt at ``now``, the newest first.

    The doubt ends 14 days after the second of two reports at most 14 days apart, hence the double span.
    """
    table = ReportRow.__table__
    since = (now - 2 * DOUBT_DAYS).astimezone(UTC)
    query = select(table).where(table.c.status == "new", table.c.created_at >= since)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.created_at.desc(), table.c.id).limit(most))
        return [_report(row) for row in rows]


def _without_numbers(note: str | None) -> str | None:
    return None if note is None else masked_note(note)


def _known(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidParameterError(name, value, f"must be one of {', '.join(allowed)}")


def _checked_note(name: str, note: str | None) -> str | None:
    if note is None:
        return None
    if len(note) > NOTE_LIMIT:
        raise InvalidParameterError(name, note[:40] + "…", f"must have at most {NOTE_LIMIT} characters")
    if any((ord(char) < 32 and char not in "\n\t\r") or "\ud800" <= char <= "\udfff" for char in note):
        raise InvalidParameterError(name, note[:40], "must not hold control characters")
    return note


def _get(connection: Connection, report_id: str) -> Report:
    query = select(ReportRow.__table__).where(ReportRow.id == report_id)
    row = connection.execute(query).first() if is_storable(report_id) else None
    if row is None:
        raise NotFoundError(f"report {report_id}: no such report")
    return _report(row)


def _report(row: Any) -> Report:
    return Report(
        id=row.id,
        station_id=row.station_id,
        kind=cast("ReportKind", row.kind),
        amenity=row.amenity,
        note=row.note,
        created_at=row.created_at,
        reporter_hash=row.reporter_hash,
        status=cast("ReportStatus", row.status),
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
        review_note=row.review_note,
        due_at=row.due_at,
    )
