"""When workers' reports put a station in doubt (待核实), and what is taken out of their notes.

Two independent reports do: from different senders, at least half an hour and at most 14 days apart, neither
answered by a keeper. The doubt ends with a keeper's answer, or 14 days after the second of them.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

ReportKind = Literal["locked", "no_water", "broken", "wrong_place", "other"]

APART_MIN = timedelta(minutes=30)
"""Two reports closer in time than this may be one event told twice."""
DOUBT_DAYS = timedelta(days=14)
"""The two reports lie at most this far apart, and the doubt lasts as long after the second."""

_BETWEEN = r"[\s\-‐‑‒–—―－.·()（）]{0,3}"
# Numbers of mobiles with and without the country's code, landlines with their area, 400 and 800 lines,
# landlines of eight digits.
_PHONE = re.compile(
    rf"(?<!\d)(?:"
    rf"(?:\+|＋)?(?:[0０]{{2}})?[8８][6６]{_BETWEEN}[1１](?:{_BETWEEN}\d){{10}}"
    rf"|[1１]{_BETWEEN}[3-9３-９](?:{_BETWEEN}\d){{9}}"
    rf"|[(（]?(?:\+?86{_BETWEEN})?[0０]\d{{2,3}}{_BETWEEN}[2-8２-８](?:{_BETWEEN}\d){{6,7}}"
    rf"|[48４８][0０][0０]{_BETWEEN}\d{{3,4}}{_BETWEEN}\d{{3,4}}"
    rf"|[2-8２-８]\d{{3}}{_BETWEEN}\d{{4}}"
    rf")(?!\d)"
)
_MASKED = "***"


class Filed(Protocol):
    """What the rule looks at; ``reporter_hash`` tells senders apart, None when it is not known."""

    @property
    def kind(self) -> ReportKind: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def reporter_hash(self) -> str | None: ...
    @property
    def status(self) -> str: ...


@dataclass(frozen=True)
class Doubt:
    """A station in doubt: how many people report, what most of them say, when the last did, until when."""

    people: int
    kinds: tuple[ReportKind, ...]
    last_at: datetime
    until: datetime


def doubt(reports: Iterable[Filed], now: datetime) -> Doubt | None:
    """Return the doubt that one station's reports raise at ``now`` (aware), or None.

    Only unanswered reports (status ``new``) with a known sender count; a sender who is not known is
    independent of nobody. Time and memory grow with the reports, however many there are.
    """
    known = sorted(
        (one for one in reports if one.status == "new" and one.reporter_hash and one.created_at <= now),
        key=lambda one: one.created_at,
    )
    marked_at = _last_independent(known)
    if marked_at is None or now >= marked_at + DOUBT_DAYS:
        return None
    standing = [one for one in known if one.created_at >= marked_at - DOUBT_DAYS]
    said = Counter(one.kind for one in standing)
    return Doubt(
        people=len({one.reporter_hash for one in standing}),
        kinds=tuple(kind for kind, _ in said.most_common()),
        last_at=standing[-1].created_at,
        until=marked_at + DOUBT_DAYS,
    )


def _last_independent(reports: list[Filed]) -> datetime | None:
    """Return when the last report came that an earlier one of somebody else supports."""
    marked: datetime | None = None
    earlier: deque[Filed] = deque()
    senders: Counter[str | None] = Counter()
    waiting = iter(reports)
    ahead = next(waiting, None)
    for one in reports:
        while ahead is not None and ahead.created_at <= one.created_at - APART_MIN:
            earlier.append(ahead)
            senders[ahead.reporter_hash] += 1
            ahead = next(waiting, None)
        while earlier and earlier[0].created_at < one.created_at - DOUBT_DAYS:
            senders[earlier.popleft().reporter_hash] -= 1
        if len(earlier) > senders[one.reporter_hash]:
            marked = one.created_at
    return marked


def masked_note(text: str) -> str:
    """Return ``text`` without telephone numbers: mobile, landline and 400 lines, however they are spaced.

    Short public numbers stay: they name nobody.

    >>> masked_note("找王师傅 138 0013-8000，或 029-83521234；12351 没人接")
    '找王师傅 ***，或 ***；12351 没人接'
    """
    return _PHONE.sub(_MASKED, text)
