"""What a keeper does on the keeper's pages: each act writes, and says what would bring it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from api.service import Service
from api.station_edits import patched_station
from geo.amenities import amenity_codes
from geo.bilingual import Lang
from geo.clerk_hours import parse_clerk_hours
from geo.errors import ConflictError, InvalidDataError, InvalidParameterError, NotFoundError
from geo.stations import Station
from geo.store.keys import Key
from geo.store.notices import end_heat, set_heat
from geo.store.protocol import Change
from geo.store.reports import Report, ReportStatus, list_reports, review_report, set_deadline
from maps.keeper_page import Done, EditForm, form_of
from maps.keeper_texts import keeper_say
from maps.page import PageView
from maps.station_page import week_hours

Fields = Mapping[str, Sequence[str]]
DUE_AT = time(18, 0)
MOST_TOGETHER = 200
"""Reports answered by one tap."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REPAIRED = {"no_water": ("water_hot", "water_cool")}


def first(fields: Fields, name: str) -> str:
    """Return the first value of a form's field, without space around it; "" when it was not sent."""
    return (fields.get(name) or [""])[0].strip()


def answer_reports(service: Service, key: Key, fields: Fields) -> Done:
    """Answer reports of one kind about one station, or give them a deadline.

    ``act``: accept, reject, due, close (accept; the station is closed for today), repair (accept; what is
    reported counts as broken).

    Raises:
        ConflictError: the station is not the one the keeper saw. Nothing is written then.
        NotFoundError: no such report.
    """
    wanted = fields.get("report", [])[:MOST_TOGETHER]
    known = {one.id: one for one in list_reports(service.store, status="new", limit=100_000)}
    if not wanted or any(one not in known for one in wanted):
        raise NotFoundError("report: answered already, or no such report")
    act, report = first(fields, "act"), known[wanted[0]]
    if act == "due":
        day = _day(first(fields, "due"))
        due = None if day is None else datetime.combine(day, DUE_AT, service.settings.timezone)
        for one in wanted:
            set_deadline(service.store, one, due)
        return Done("due", report.station_id)
    done = Done("rejected" if act == "reject" else "accepted", report.station_id, reports=tuple(wanted))
    if act in ("close", "repair"):
        now = _changed(
            service, key, report.station_id, first(fields, "version"), _patch_for(service, act, report)
        )
        done = replace(done, what=act, was=now.version - 1, now=now.version)
    status: ReportStatus = "rejected" if act == "reject" else "accepted"
    for one in wanted:
        review_report(service.store, one, status, key.name)
    return done


def confirm_station(service: Service, key: Key, station_id: str, fields: Fields) -> Done:
    """Confirm today what the register says of a station: its hours and every amenity it knows of.

    Raises:
        ConflictError: the station is not the one the keeper saw.
        NotFoundError: no such station.
    """
    station = service.store.get(station_id)
    today = service.today().isoformat()
    checked = {
        code: {"checked_on": today} for code, one in station.amenities.items() if one.value != "unknown"
    }
    offered = {
        code: {"checked_on": today} for code, one in station.services.items() if one.value != "unknown"
    }
    facts: dict[str, Any] = {"amenities": checked, "services": offered}
    if station.hours is not None:
        facts["hours_confirmed_on"] = today
    now = _changed(service, key, station_id, first(fields, "version"), facts)
    return Done("confirm", station_id, now.version - 1, now.version)


def save_station(
    service: Service, key: Key, station_id: str, fields: Fields, *, view: PageView, lang: Lang
) -> Done | EditForm:
    """Write what the form says, or return the form with what is unclear, or with the hours to say yes to.

    Raises:
        ConflictError: the station is not the one the keeper saw.
        NotFoundError: no such station.
    """
    station = service.store.get(station_id)
    form = _filled(form_of(station), fields)
    hours, assumptions, problem = _hours(form, station, service.today())
    if problem is not None:
        return replace(form, problems=(keeper_say(lang, "edit_unclear", text=problem),))
    if hours != station.hours and hours is not None and first(fields, "understood") != hours:
        seen = station.model_copy(update={"hours": hours})
        week = week_hours(seen, service.clock(), view, lang)
        return replace(form, understood=hours, week=week, assumptions=assumptions)
    try:
        now = _changed(
            service, key, station_id, first(fields, "version"), _facts(form, station, hours, service)
        )
    except InvalidDataError as error:
        said = "; ".join(f"{one.field}: {one.message}" for one in error.problems)
        return replace(form, problems=(keeper_say(lang, "edit_wrong", text=said),))
    return Done("saved", station_id, now.version - 1, now.version)


def undo(service: Service, key: Key, fields: Fields) -> Done:
    """Bring back what the last act changed: the reports wait again, the station is as before.

    Only the last change is taken back; going further back is an administrator's, over the API.

    Raises:
        ConflictError: the station has changed since, or more than one change is to be taken back.
        NotFoundError: no such report, station or version.
    """
    was, now = _number(first(fields, "was")), _number(first(fields, "now"))
    station_id = first(fields, "station")
    if was > 0:
        if was != now - 1:
            raise ConflictError(f"station {station_id}: version {was} is not the one before {now}")
        change = Change("restore", station_id, expected_version=now, restore_version=was)
        service.store.write([change], key.name)
    for one in fields.get("report", [])[:MOST_TOGETHER]:
        review_report(service.store, one, "new", key.name)
    return Done("undone", station_id)


def _changed(service: Service, key: Key, station_id: str, version: str, facts: Mapping[str, Any]) -> Station:
    """Write new facts onto the version of a station that the keeper saw and return it as it is now."""
    station = service.store.get(station_id)
    seen = _number(version)
    wanted = patched_station(station, {"properties": facts})
    written = service.store.write([Change("replace", station_id, wanted, seen)], key.name)
    after = written.stations[0]
    if after is None:
        raise NotFoundError(f"station {station_id}: not in the register")
    return after


def _patch_for(service: Service, act: str, report: Report) -> dict[str, Any]:
    today = service.today().isoformat()
    if act == "close":
        return {"status": "temporarily_closed", "status_since": today, "status_until": today}
    codes = (report.amenity,) if report.amenity else _REPAIRED.get(report.kind, ())
    station = service.store.get(report.station_id)
    group = "amenities" if not codes or codes[0] in amenity_codes() else "services"
    present = [code for code in codes if code in station.offers and station.offers[code].value != "no"]
    broken = {"value": "broken", "checked_on": today}
    return {group: dict.fromkeys(present or codes[:1], broken)}


def _filled(form: EditForm, fields: Fields) -> EditForm:
    codes = [name.removeprefix("a_") for name in fields if name.startswith("a_")]
    return replace(
        form,
        version=_number(first(fields, "version")),
        status=first(fields, "status") or form.status,
        status_until=first(fields, "status_until"),
        status_note=first(fields, "status_note"),
        hours=first(fields, "hours"),
        today=first(fields, "today"),
        toilet_m=first(fields, "toilet_m"),
        amenities={**form.amenities, **{code: first(fields, f"a_{code}") for code in codes}},
    )


def _hours(form: EditForm, station: Station, today: date) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return opening_hours for what was written, what was assumed, and what is unclear."""
    assumptions: tuple[str, ...] = ()
    hours: str | None = form.hours or None
    if hours is not None and hours != station.hours:
        read = parse_clerk_hours(hours)
        if read.opening_hours is None:
            return None, (), f"{hours}: {read.problem}"
        hours, assumptions = read.opening_hours, read.assumptions
    if form.today:
        read = parse_clerk_hours(form.today)
        if read.opening_hours is None or any(char.isalpha() for char in read.opening_hours):
            return None, (), f"{form.today}: {read.problem or 'clock times of one day are needed'}"
        spans = "00:00-24:00" if read.opening_hours == "24/7" else read.opening_hours
        month = _MONTHS[today.month - 1]
        rule = f"{today.year} {month} {today.day:02d} {spans}"
        hours = f"{hours}; {rule}" if hours else rule
    return hours, assumptions, None


def tell_heat(service: Service, key: Key, fields: Fields) -> Done:
    """Show the heat banner until a time of today, or take it down (``act``: end)."""
    if first(fields, "act") == "end":
        end_heat(service.store)
        return Done("cool")
    try:
        clock = time.fromisoformat(first(fields, "until"))
        until = datetime.combine(service.today(), clock, service.settings.timezone)
        set_heat(service.store, int(first(fields, "level")), until, key.name)
    except (ValueError, InvalidParameterError):
        return Done("heat_past")
    return Done("heat")


def _facts(form: EditForm, station: Station, hours: str | None, service: Service) -> dict[str, Any]:
    today = service.today().isoformat()
    facts: dict[str, Any] = {
        "status": form.status,
        "status_until": form.status_until or None,
        "status_note": form.status_note or None,
        "hours": hours,
    }
    if form.status != station.status:
        facts["status_since"] = today
    if hours != station.hours:
        facts["hours_confirmed_on"] = today if hours is not None else None
    changed: dict[str, Any] = {}
    for code, value in form.amenities.items():
        entry = station.amenities.get(code)
        if value != ("unknown" if entry is None else entry.value):
            changed[code] = {"value": value, "checked_on": None if value == "unknown" else today}
    toilet = form.amenities.get("toilet")
    if toilet == "nearby" and form.toilet_m:
        metres = float(form.toilet_m) if form.toilet_m.replace(".", "", 1).isdecimal() else form.toilet_m
        changed["toilet"] = {"value": toilet, "checked_on": today, "distance_m": metres}
    elif "toilet" in changed:
        changed["toilet"]["distance_m"] = None
    if changed:
        facts["amenities"] = changed
    return facts


def _number(text: str) -> int:
    """Return the version a form states; 0, which none has, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
