"""The columns of a table of counted workers, by their many names, as checked arrays.

Rows of a CSV or Excel table and attributes of polygons are read alike. Text columns of the table become
numbers in ``GROUPS``, ``WINDOW_CODES`` and ``DAY_TYPES``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.demand import GROUP_LABELS, GROUPS
from geo.demand_rows import DAY_TYPES, WINDOW_CODES, IntArray
from geo.errors import InvalidDataError, InvalidParameterError, Problem
from geo.time_windows import WINDOWS

MAX_PROBLEMS = 100
"""Faults listed of one column; a further line counts the rest."""

HEADERS: dict[str, tuple[str, ...]] = {
    "lon": ("lon", "lng", "long", "longitude", "x", "经度"),
    "lat": ("lat", "latitude", "y", "纬度"),
    "cell": ("cell", "h3", "h3_cell", "h3_index", "网格", "网格编号", "单元"),
    "group": ("group", "worker_group", "群体", "人群", "工种", "职业", "类别"),
    "window": ("window", "time_window", "时段", "时间段"),
    "day_type": ("day_type", "daytype", "day", "日期类型", "日类型"),
    "count": ("count", "workers", "demand", "population", "pop", "value", "人数", "数量", "人口"),
}
"""Names each column may stand under, in small letters; the first that a table has is taken."""

_GROUP_WORDS = {
    "sanitation": ("环卫工人", "环卫工", "保洁"),
    "delivery": ("外卖骑手", "外卖员", "骑手", "网约配送员", "外卖配送员"),
    "courier": ("快递员", "快递小哥"),
    "driver": ("驾驶员", "货车司机", "网约车司机", "出租车司机"),
    "construction": ("建筑工人", "建筑工"),
    "other": ("其它",),
}
_DAY_WORDS = {"weekday": ("工作日", "平日"), "weekend": ("周末", "双休日", "休息日")}

FloatArray = npt.NDArray[np.float64]


class RowNames(NamedTuple):
    """What rows are called in messages: ``row 2``, ``feature 1``; ``first`` is the number of the first."""

    place: str
    first: int


@dataclass(frozen=True)
class Presence:
    """What counts stand for whose table doesn't say: the group, the windows and day types they hold in.

    Raises:
        InvalidParameterError: a name is unknown, or none is given.
    """

    group: str = "other"
    windows: tuple[str, ...] = WINDOW_CODES
    day_types: tuple[str, ...] = DAY_TYPES

    def __post_init__(self) -> None:
        asked = (
            ("group", (self.group,), GROUPS),
            ("windows", self.windows, WINDOW_CODES),
            ("day_types", self.day_types, DAY_TYPES),
        )
        for name, given, known in asked:
            if not given or len(set(given)) < len(given) or not set(given) <= set(known):
                raise InvalidParameterError(name, given, f"must be of {', '.join(known)}, none twice")


@dataclass(frozen=True)
class Counts:
    """Counted workers: arrays that broadcast to (rows, windows, day types).

    ``amount`` and ``group`` are (n, 1, 1); ``window`` is (n, 1, 1), or (1, k, 1) where the table doesn't say
    and each row holds in k windows; ``day_type`` likewise along the last axis.
    """

    amount: FloatArray
    group: IntArray
    window: IntArray
    day_type: IntArray

    @property
    def periods(self) -> int:
        """How many (window, day type) each row holds in."""
        return int(self.window.shape[1] * self.day_type.shape[2])

    @classmethod
    def of(
        cls, amount: FloatArray, presence: Presence, codes: Mapping[str, IntArray] | None = None
    ) -> Counts:
        """Return counts; ``codes`` (group, window, day_type) are by row, what they lack by ``presence``."""
        by_row = {name: numbers.reshape(-1, 1, 1) for name, numbers in (codes or {}).items()}
        group = np.full((len(amount), 1, 1), GROUPS.index(presence.group), dtype=np.intp)
        windows = np.array([WINDOW_CODES.index(one) for one in presence.windows], dtype=np.intp)
        day_types = np.array([DAY_TYPES.index(one) for one in presence.day_types], dtype=np.intp)
        return cls(
            amount=amount.reshape(-1, 1, 1),
            group=by_row.get("group", group),
            window=by_row.get("window", windows.reshape(1, -1, 1)),
            day_type=by_row.get("day_type", day_types.reshape(1, 1, -1)),
        )


def counts_of(
    table: pd.DataFrame, presence: Presence, names: RowNames, *, needs_count: bool = False
) -> Counts:
    """Read group, window, day type and count of each row.

    Args:
        table: columns under any of their names.
        presence: what holds for columns the table lacks.
        names: what rows are called in messages.
        needs_count: refuse a table without counts; otherwise each row then counts one worker.

    Raises:
        InvalidDataError: no row, a name standing twice, an unknown group, window or day type, a count that
            is no finite number >= 0; every fault with its row.
    """
    if table.empty:
        raise InvalidDataError([Problem("file", None, None, None, f"holds no {names.place}")])
    columns = find_columns(table)
    if needs_count and "count" not in columns:
        present = ", ".join(map(str, table.columns))
        known = ", ".join(HEADERS["count"])
        raise InvalidDataError([Problem("file", None, "count", present, f"no column of counts: {known}")])
    problems: list[Problem] = []
    amount = np.ones(len(table))
    if "count" in columns:
        amount = read_numbers(table[columns["count"]], (0.0, np.inf), names, problems)
    codes = {
        name: _codes(table[columns[name]], words, names, problems)
        for name, words in _words().items()
        if name in columns
    }
    if problems:
        raise InvalidDataError(problems)
    return Counts.of(amount, presence, codes)


def find_columns(table: pd.DataFrame) -> dict[str, str]:
    """Return the table's column of each known name, for those it has.

    Raises:
        InvalidDataError: two columns have the same name.
    """
    present: dict[str, str] = {}
    for column in table.columns:
        name = str(column).strip().lower()
        if name in present:
            raise InvalidDataError([Problem("header", None, name, None, "stands twice")])
        present[name] = column
    found = {}
    for field, names in HEADERS.items():
        matching = [present[name] for name in names if name in present]
        if matching:
            found[field] = matching[0]
    return found


def read_numbers(
    values: pd.Series, limits: tuple[float, float], names: RowNames, problems: list[Problem]
) -> FloatArray:
    """Return a column as finite numbers within ``limits``; faults are added to ``problems``."""
    low, high = limits
    numbers = np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= low) & (numbers <= high)))
    rule = f"must be a number {low:g} to {high:g}" if np.isfinite(high) else f"must be a number >= {low:g}"
    problems += _listed(bad, values, rule, names)
    return numbers


def _codes(values: pd.Series, words: Mapping[str, int], names: RowNames, problems: list[Problem]) -> IntArray:
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip().str.lower()
    categories = pd.Categorical(text)
    numbers = np.array([words.get(word, -1) for word in categories.categories], dtype=np.intp)
    found = numbers[categories.codes]
    known = ", ".join(dict.fromkeys(word for word in words if word.isascii()))
    problems += _listed(np.flatnonzero(found < 0), values, f"is none of {known}", names)
    return np.asarray(found)


def _listed(bad: IntArray, values: pd.Series, rule: str, names: RowNames) -> Iterator[Problem]:
    field = str(values.name)
    for row in bad[:MAX_PROBLEMS].tolist():
        yield Problem(f"{names.place} {row + names.first}", None, field, str(values.iloc[row]), rule)
    if len(bad) > MAX_PROBLEMS:
        yield Problem("file", None, field, None, f"{len(bad) - MAX_PROBLEMS} more rows of the same fault")


def _words() -> dict[str, dict[str, int]]:
    """Return every word a group, window or day type may be written as, with its number."""

    def numbered(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, int]:
        return {
            word.lower(): number for number, (code, words) in enumerate(entries) for word in (code, *words)
        }

    return {
        "group": numbered((code, (*GROUP_LABELS[code], *_GROUP_WORDS[code])) for code in GROUPS),
        "window": numbered((code, (WINDOWS[code].label,)) for code in WINDOW_CODES),
        "day_type": numbered((code, _DAY_WORDS[code]) for code in DAY_TYPES),
    }
