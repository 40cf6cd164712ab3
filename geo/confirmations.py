"""What has been confirmed of a station, and on which day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from geo.stations import Station


def confirmations(versions: Iterable[Station], today: date) -> list[tuple[date, tuple[str, ...]]]:
    """Return each day on which facts were confirmed, the latest first, with the facts of that day.

    ``versions`` are the station as it stands and as its history holds it, in any order: a later confirmation
    takes the place of an earlier one in the record, not in the history. Facts are ``hours``, ``location`` and
    the codes of amenities and services, each once a day, in that order. A day after ``today`` is a mistake of
    the pen and left out; without versions there is nothing to tell.

    >>> confirmations([], date(2026, 11, 22))
    []
    """
    facts: dict[date, dict[str, None]] = {}
    for station in versions:
        days = {"hours": station.hours_confirmed_on, "location": station.location_checked_on}
        days |= {code: entry.checked_on for code, entry in station.offers.items()}
        for fact, day in days.items():
            if day is not None and day <= today:
                facts.setdefault(day, {})[fact] = None
    return [(day, tuple(sorted(facts[day], key=_rank))) for day in sorted(facts, reverse=True)]


def _rank(fact: str) -> int:
    return {"hours": 0, "location": 1}.get(fact, 2)
