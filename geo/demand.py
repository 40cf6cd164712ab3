"""The worker-demand table: rows (cell, group, window, day type) on H3 cells.

Demand is either *measured* (unit ``workers``) or *modelled* (unit ``weight``, 1,000 per group over the
area); the two are never mixed in one table. How the table comes about is in ``demand_model`` (modelled)
and ``demand_import`` (measured).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.bilingual import Lang
from geo.errors import InvalidParameterError
from geo.time_windows import DAYS_BY_TYPE, WINDOWS

Group = Literal["sanitation", "delivery", "courier", "driver", "construction", "other"]
Basis = Literal["measured", "modelled"]
GROUPS: tuple[str, ...] = ("sanitation", "delivery", "courier", "driver", "construction", "other")
GROUP_LABELS: dict[str, tuple[str, str]] = {
    "sanitation": ("环卫", "Sanitation"),
    "delivery": ("外卖", "Food delivery"),
    "courier": ("快递", "Courier"),
    "driver": ("司机", "Driver"),
    "construction": ("建筑", "Construction"),
    "other": ("其他", "Other"),
}
MODELLED_TOTAL_PER_GROUP = 1000.0
"""Weight each group's model spreads over the area, in every window and day type it is present in."""

ROW_COLUMNS = ("cell", "group", "window", "day_type", "demand")
CELL_COLUMNS = ("cell", "lon", "lat", "street_code")


def in_both(zh: str, en: str) -> str:
    """Return a note of ``Demand.notes`` in both languages."""
    return f"{zh}\n{en}"


def notes_in(lang: Lang, notes: Iterable[str]) -> tuple[str, ...]:
    """Return notes in one language.

    >>> notes_in("zh", (in_both("来源：a.csv", "Source: a.csv"), "counted"))
    ('来源：a.csv', 'counted')
    """
    return tuple(note.split("\n")[-1 if lang == "en" else 0] for note in notes)


def source_note(name: str) -> str:
    """Return the note that names the file a demand was counted from."""
    return in_both(f"来源：{name}", f"Source: {name}")


@dataclass(frozen=True)
class Demand:
    """Worker demand of an area.

    Attributes:
        cells: one row a cell: ``cell`` (H3 id), ``lon``, ``lat`` (its centre, degrees), ``street_code``
            (None outside every street); sorted by cell.
        rows: one row a (cell, group, window, day_type) with ``demand`` >= 0; every cell is in ``cells``.
        basis: ``measured`` or ``modelled``.
        areas_basis: how the street areas were drawn, printed beside every figure by street.
        outside: demand of the input that fell outside the area, in the same unit.
        notes: what a reader must know of the source (counts of nodata pixels, files, the model's name), each
            in Chinese and, on a line of its own, in English; one line stands for both.
    """

    cells: pd.DataFrame
    rows: pd.DataFrame
    basis: Basis
    areas_basis: str
    outside: float = 0.0
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name, table, columns in (("cells", self.cells, CELL_COLUMNS), ("rows", self.rows, ROW_COLUMNS)):
            missing = [column for column in columns if column not in table.columns]
            if missing:
                raise InvalidParameterError(name, missing, "columns are missing from the demand table")
        values = self.rows["demand"].to_numpy(dtype=float)
        if not np.all(np.isfinite(values)) or np.any(values < 0):
            bad = self.rows[~(np.isfinite(values) & (values >= 0))].iloc[0]
            raise InvalidParameterError(
                "demand", float(bad["demand"]), f"must be a finite number >= 0 (cell {bad['cell']})"
            )
        names = self.cells["cell"].to_numpy(dtype=object)
        if not np.all(names[1:] > names[:-1]):  # sorted ones need no search for equals
            twice = self.cells["cell"][self.cells["cell"].duplicated()]
            if len(twice):
                raise InvalidParameterError("cell", twice.iloc[0], "stands twice in the table of cells")
        for column, numbers in self.numbers.items():
            unknown = self.rows[column][numbers < 0]
            if len(unknown) and column == "cell":
                raise InvalidParameterError(
                    "cell", min(unknown), "has demand but is not in the table of cells"
                )
            if len(unknown):
                raise InvalidParameterError(column, sorted(set(map(str, unknown))), "not a known value")

    @property
    def unit(self) -> Literal["workers", "weight"]:
        """``workers`` where demand was measured, ``weight`` where it was modelled."""
        return "workers" if self.basis == "measured" else "weight"

    def table(
        self, group: str | None = None, rows: npt.NDArray[np.intp] | None = None
    ) -> npt.NDArray[np.float64]:
        """Return demand as an array (cells, windows, day types), summed over groups or for one group.

        Of all cells, or of the ``rows`` of the table of cells, in their order.

        Raises:
            InvalidParameterError: ``group`` is not a group.
        """
        if group is not None and group not in GROUPS:
            raise InvalidParameterError("group", group, f"must be one of {', '.join(GROUPS)}")
        shape = (len(self.cells), len(WINDOWS), len(DAYS_BY_TYPE))
        groups, places, amounts = self._positions
        if group is not None:
            chosen = groups == GROUPS.index(group)
            places, amounts = places[chosen], amounts[chosen]
        if rows is not None:
            # the few cells asked for are numbered anew; an array of all would cost more than they do
            wanted, again = np.unique(rows, return_inverse=True)
            cell, period = np.divmod(places, shape[1] * shape[2])
            of_wanted = np.full(len(self.cells), -1)
            of_wanted[wanted] = np.arange(len(wanted))
            kept = of_wanted[cell] >= 0
            places, amounts = (of_wanted[cell] * (shape[1] * shape[2]) + period)[kept], amounts[kept]
            shape = (len(wanted), *shape[1:])
        totals = np.bincount(places, weights=amounts, minlength=int(np.prod(shape)))
        table = totals.reshape(shape).astype(np.float64, copy=False)
        return table if rows is None else table[again]

    def by_part(
        self, part_of_cell: npt.NDArray[np.int64], parts: int, group: str | None = None
    ) -> npt.NDArray[np.float64]:
        """Return demand as ``table`` does, added up over parts of the area: (parts, windows, day types).

        Args:
            part_of_cell: the number of each cell's part, below ``parts``.
        """
        shape = (parts, len(WINDOWS), len(DAYS_BY_TYPE))
        at, amounts = self.numbers, self.rows["demand"].to_numpy(dtype=float)
        keys = (part_of_cell[at["cell"]], at["window"], at["day_type"])
        if group is not None:
            chosen = at["group"] == GROUPS.index(group)
            keys, amounts = (keys[0][chosen], keys[1][chosen], keys[2][chosen]), amounts[chosen]
        place = np.ravel_multi_index(keys, shape)
        return np.bincount(place, amounts, int(np.prod(shape))).reshape(shape).astype(np.float64, copy=False)

    @cached_property
    def numbers(self) -> dict[str, npt.NDArray[np.signedinteger]]:
        """Each row's place among groups, windows, day types, cells; -1 for none of them."""
        lists = {"group": GROUPS, "window": WINDOWS, "day_type": DAYS_BY_TYPE, "cell": self.cells["cell"]}
        return {
            name: _places(self.rows[name], pd.Index(list(known), dtype=object))
            for name, known in lists.items()
        }

    @cached_property
    def _positions(
        self,
    ) -> tuple[npt.NDArray[np.signedinteger], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """Return each row's group number, its place in the flat (cells, windows, day types) array, demand."""
        at, shape = self.numbers, (len(self.cells), len(WINDOWS), len(DAYS_BY_TYPE))
        place = np.ravel_multi_index((at["cell"], at["window"], at["day_type"]), shape)
        return at["group"], place, self.rows["demand"].to_numpy(dtype=float)


def _places(values: pd.Series, known: pd.Index) -> npt.NDArray[np.signedinteger]:
    """Return the place of each value in ``known``, -1 where it isn't there."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        # object, not text columns: looking up Arrow text is ten times slower
        return np.asarray(known.get_indexer(pd.Index(values.astype(object), dtype=object)))
    codes, named = values.cat.codes.to_numpy(), values.cat.categories.astype(object)
    if named.equals(known):
        return np.asarray(codes)
    places = np.append(known.get_indexer(named), -1)  # the last stands for a missing value's code, -1
    return np.asarray(places[codes])
