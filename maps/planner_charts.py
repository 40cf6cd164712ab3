"""The dashboard's charts as plain numbers a template draws: no library, no script, no inline style.

Clock chart: the 24 hours unrolled from 04:00; a bar's width is its window's length, its height the share,
always on a scale of 0 to 100 %. Grey bars under the axis are demand on duty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo.bilingual import Lang
from geo.coverage import Figures
from geo.report_text import whole_percents
from geo.time_windows import WINDOWS
from maps.planner_texts import percent, percent_words, planner_say

CAUSE_ORDER = ("nothing_near", "closed", "lacks_service", "unknown")
"""The order of the parts in every cause bar."""

CLOCK_WIDTH, CLOCK_HEIGHT, DUTY_HEIGHT = 304.0, 108.0, 16.0
_FROM_MIN, _DAY_MIN = 4 * 60, 24 * 60
_GAP = 2.0  # px between bars


@dataclass(frozen=True)
class ClockBar:
    """One window of the clock chart, in px: y and heights from the top of the 0-100 % scale."""

    window: str
    name: str
    clock: str
    x: float
    width: float
    height: float
    maybe: float
    weekend: float | None
    duty: float
    share: str
    most: str
    label: str
    chosen: bool

    @property
    def y(self) -> float:
        """Top of the bar."""
        return round(CLOCK_HEIGHT - self.height, 2)

    @property
    def middle(self) -> float:
        """Middle of the bar across."""
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class CausePart:
    """One part of a cause bar: width in 0-100 % of the bar, whole percent, amount."""

    cause: str
    x: float
    width: float
    percent: int
    amount: float


def clock_bars(
    by_window: Sequence[tuple[str, str, Figures]], chosen: str | None, lang: Lang
) -> tuple[ClockBar, ...]:
    """Return the seven bars from 04:00 on. ``by_window`` holds both day types (``Coverage.by_window``)."""
    lines: Mapping[tuple[str, str], Figures] = {(w, day): line for w, day, line in by_window}
    most_duty = max((line.demand for line in lines.values()), default=0.0) or 1.0
    bars = []
    for code, window in WINDOWS.items():
        weekday, weekend = lines[code, "weekday"], lines[code, "weekend"]
        start = (window.start_min - _FROM_MIN) % _DAY_MIN
        share, most = weekday.share or 0.0, weekday.share_if_unknown_open or 0.0
        name = planner_say(lang, code)
        label = planner_say(
            lang,
            "clock_bar",
            name=name,
            clock=window.label,
            a=percent_words(weekday.share, lang),
            b=percent_words(weekday.share_if_unknown_open, lang),
            c=percent_words(weekend.share, lang),
        )
        bars.append(
            ClockBar(
                window=code,
                name=name,
                clock=window.label,
                x=round(start / _DAY_MIN * CLOCK_WIDTH + _GAP / 2, 2),
                width=round((window.end_min - window.start_min) / _DAY_MIN * CLOCK_WIDTH - _GAP, 2),
                height=round(share * CLOCK_HEIGHT, 2),
                maybe=round(max(0.0, most - share) * CLOCK_HEIGHT, 2),
                weekend=None if weekend.share is None else round((1 - weekend.share) * CLOCK_HEIGHT, 2),
                duty=round(weekday.demand / most_duty * DUTY_HEIGHT, 2),
                share=percent(weekday.share),
                most=percent(weekday.share_if_unknown_open),
                label=label,
                chosen=code == chosen,
            )
        )
    return tuple(bars)


def cause_parts(by_cause: Mapping[str, float]) -> tuple[CausePart, ...]:
    """Return the parts of a cause bar in their fixed order; percents add to 100.

    >>> [(part.cause, part.x, part.percent) for part in cause_parts({"closed": 1.0, "unknown": 3.0})]
    [('closed', 0.0, 25), ('unknown', 25.0, 75)]
    """
    amounts = [by_cause.get(cause, 0.0) for cause in CAUSE_ORDER]
    total, x = sum(amounts), 0.0
    parts = []
    for cause, amount, share in zip(CAUSE_ORDER, amounts, whole_percents(amounts), strict=True):
        if amount > 0:
            width = amount / total * 100
            parts.append(CausePart(cause, round(x, 3), round(width, 3), share, amount))
            x += width
    return tuple(parts)
