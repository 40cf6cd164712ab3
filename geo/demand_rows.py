"""The rows of a demand table, made from arrays; text columns as categories, since there are millions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.demand import GROUPS
from geo.time_windows import DAYS_BY_TYPE, WINDOWS

WINDOW_CODES = tuple(WINDOWS)
DAY_TYPES: tuple[str, ...] = tuple(DAYS_BY_TYPE)
PERIODS = len(WINDOW_CODES) * len(DAY_TYPES)
TEXT_COLUMNS: dict[str, tuple[str, ...]] = {"group": GROUPS, "window": WINDOW_CODES, "day_type": DAY_TYPES}

IntArray = npt.NDArray[np.intp]


def row_table(
    cells: Sequence[str] | pd.Series,
    *,
    cell: IntArray,
    group: IntArray,
    window: IntArray,
    day_type: IntArray,
    demand: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """Return demand rows, equal keys added up, zeros left out, sorted by cell, group, window, day type.

    Args:
        cells: H3 ids, ascending.
        cell, group, window, day_type: per row a number in ``cells``, ``GROUPS``, ``WINDOW_CODES``,
            ``DAY_TYPES``; they and ``demand`` broadcast against each other.
        demand: workers or weights.
    """
    shape = (len(cells), len(GROUPS), len(WINDOW_CODES), len(DAY_TYPES))
    parts = np.broadcast_arrays(cell, group, window, day_type, demand)
    keys = np.ravel_multi_index(tuple(part.ravel() for part in parts[:4]), shape)
    present, row = np.unique(keys, return_inverse=True)
    amounts = np.bincount(row, weights=parts[4].ravel(), minlength=len(present))
    kept = amounts > 0
    codes = np.unravel_index(present[kept], shape)
    numbers = dict(zip(("cell", *TEXT_COLUMNS), codes, strict=True))
    return rows_of(cells, numbers, amounts[kept].astype(np.float64))


def rows_of(
    cells: Sequence[str] | pd.Series,
    numbers: Mapping[str, npt.NDArray[np.signedinteger]],
    demand: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """Return demand rows of numbers in ``cells`` and in the lists of ``TEXT_COLUMNS``, in their order."""
    columns = {
        name: pd.Categorical.from_codes(numbers[name], categories=pd.Index(list(known), dtype=object))
        for name, known in {"cell": cells, **TEXT_COLUMNS}.items()
    }
    return pd.DataFrame({**columns, "demand": demand})
