"""Which station of the register a row means: by id, else by name and address."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geo.io.rows import ParsedRow
from geo.io.table import CLEAR
from geo.stations import Station

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Match:
    """The station a row means: one of the register, or (None) a new one under ``station_id``."""

    station_id: str
    station: Station | None
    by: str


class Register:
    """The stations of the register, findable by id and by name and address."""

    def __init__(self, stations: Iterable[Station]) -> None:
        self.by_id = {station.id: station for station in stations}
        self._by_name: dict[str, list[Station]] = defaultdict(list)
        for station in self.by_id.values():
            self._by_name[normal(station.name)].append(station)

    def match_all(self, rows: Sequence[ParsedRow]) -> dict[int, Match]:
        """Return the match of each row by its number; a row with neither id nor name has none.

        A station that one row names by id is never given to another by name.
        """
        taken = {row.values["id"] for row in rows if row.text("id") in self.by_id}
        found: dict[int, Match] = {}
        for row in rows:
            match = self._match(row, taken)
            if match is not None:
                found[row.number] = match
        return found

    def _match(self, row: ParsedRow, taken: set[str]) -> Match | None:
        given = row.text("id")
        if given in self.by_id and given is not None:
            return Match(given, self.by_id[given], "id")
        name = row.text("name")
        if name is None:
            return Match(given, None, "new") if given else None
        address = None if row.values.get("address") is CLEAR else row.text("address")
        same = [one for one in self._by_name.get(normal(name), ()) if one.id not in taken]
        exact = [one for one in same if normal(one.address or "") == normal(address or "")]
        likely = exact or [one for one in same if not (one.address or "").strip() or not address]
        if len(likely) == 1:
            return Match(likely[0].id, likely[0], "name and address")
        new_id = given or generated_id(name, address)
        return Match(new_id, self.by_id.get(new_id), "new" if new_id not in self.by_id else "id")


def normal(text: str) -> str:
    """Return a name or address in the form two are compared in.

    >>> normal(" 纺织公园 爱心驿站（东）") == normal("纺织公园爱心驿站(东)")
    True
    """
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def generated_id(name: str, address: str | None) -> str:
    """Return the id of a station whose file gives none: the same name and address give the same id.

    >>> generated_id("纺织公园爱心驿站", None) == generated_id("纺织公园 爱心驿站", "")
    True
    """
    text = f"{normal(name)}\n{normal(address or '')}"
    return "S-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
