"""What an address asks of the finder, for pages that filter on the server, by ``finder.js``'s rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from geo.amenities import GROUPS, availability
from geo.bilingual import Lang
from geo.stations import Station
from geo.vocabulary import SERVING_STATUSES
from maps.open_words import station_state, station_timeline
from maps.page import PageView
from maps.texts import say

FLAGS = ("open", "arrival", "allday", "night", "unknown")
_FLAG_WORDS = {"open": "open_now", "arrival": "open_arrival", "allday": "all_day", "night": "night"}
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_NIGHT_H, _NIGHT_ENDS_H = 2, 4


@dataclass(frozen=True)
class Filters:
    """Amenity groups, all of which are asked for, flags in force, and the time of day to go ("" now)."""

    needs: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    clock: str = ""

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Filters:
        """Return what the finder reads from the same query; what it doesn't know is ignored.

        >>> Filters.of_query({"amenities": "water,gold", "open": "1", "time": "25:00"}).query("zh")
        'amenities=water&open=1'
        """
        asked = query.get("amenities", "").split(",")
        clock = query.get("time", "")
        return cls(
            tuple(dict.fromkeys(code for code in asked if code in GROUPS)),
            frozenset(flag for flag in FLAGS if query.get(flag) == "1"),
            clock if _CLOCK.fullmatch(clock) else "",
        )

    def query(self, lang: Lang) -> str:
        """Return the query that asks for the same, for the list and the map."""
        asked = {"lang": "en"} if lang == "en" else {}
        if self.needs:
            asked["amenities"] = ",".join(self.needs)
        asked |= {flag: "1" for flag in FLAGS if flag in self.flags}
        if self.clock:
            asked["time"] = self.clock
        return urlencode(asked, safe=",:")

    def words(self, lang: Lang) -> str:
        """Return what is asked for, "" when nothing is left out."""
        groups = (GROUPS[code] for code in self.needs)
        parts = [group.en if lang == "en" else group.zh for group in groups]
        parts += [say(lang, words) for flag, words in _FLAG_WORDS.items() if flag in self.flags]
        if self.clock:
            parts.append(say(lang, "at_time", time=self.clock))
        return say(lang, "and").join(parts)

    def instant(self, now: datetime, view: PageView) -> datetime:
        """Return when the worker goes: now, or the next time the clock shows what was asked."""
        if not self.clock:
            return now
        hour, minute = map(int, self.clock.split(":"))
        today = now.astimezone(view.zone).date()
        asked = datetime.combine(today, time(hour, minute), tzinfo=view.zone)
        return asked if asked >= now - timedelta(minutes=1) else asked + timedelta(days=1)

    def match(self, station: Station, at: datetime, view: PageView) -> bool:
        """Return whether the list shows ``station`` at ``at`` (aware), seen from nowhere: arrival is then."""
        if not self.needs and not self.flags - {"unknown"}:
            return True
        if station.status not in SERVING_STATUSES:
            return False
        if any(availability(code, station.offers) != "available" for code in self.needs):
            return False
        if "allday" in self.flags and not station_timeline(station, at, view.zone, view.holidays).always_open:
            return False
        instants = [at] if self.flags & {"open", "arrival"} else []
        if "night" in self.flags:
            instants.append(_night(at, view))
        passing = {"open", "soon"} | ({"unknown"} if "unknown" in self.flags else set())
        return all(station_state(station, one, view.zone, view.holidays).code in passing for one in instants)


def _night(at: datetime, view: PageView) -> datetime:
    """Return 02:00 of the night that is on or comes next."""
    local = at.astimezone(view.zone)
    day = local.date() if local.hour < _NIGHT_ENDS_H else local.date() + timedelta(days=1)
    return datetime.combine(day, time(_NIGHT_H), tzinfo=view.zone)
