"""Where unmet demand lies: the fewest cells that hold most of it, grouped into ranked gap areas.

Definition: contract, "Gap areas". Areas are H3-adjacent gap cells of one street, at most 12 cells each;
larger sets are split around their local maxima.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache

import h3
import numpy as np
import numpy.typing as npt
import pandas as pd

HELD_SHARE = 0.8
"""Part of all unserved demand the gap cells hold together."""
MIN_UNSERVED_SHARE = 0.5
"""Unserved share a cell needs to be a gap cell (inclusive)."""
MAX_AREA_CELLS = 12
_ROUNDING = 1e-12  # sums of shares carry rounding; "exactly 80 %" and "exactly half" must still count


@dataclass(frozen=True)
class GapArea:
    """One gap area: its street, its cells (most unserved first) and their unserved demand together."""

    street_code: str | None
    cells: tuple[str, ...]
    unserved: float


def gap_cells(
    demand: npt.NDArray[np.float64], covered: npt.NDArray[np.float64], cells: list[str]
) -> list[int]:
    """Return the positions of the gap cells, most unserved first, ties by cell id.

    Args:
        demand: demand (or demand-hours) per cell.
        covered: the part of it that is covered, same unit.
        cells: H3 ids.

    If the cells that are at least half unserved hold less than 80 % together, all of them are gap cells.
    """
    unserved = demand - covered
    total = float(unserved[unserved > 0].sum())
    half = unserved >= demand * MIN_UNSERVED_SHARE * (1 - _ROUNDING)
    order = sorted(
        (number for number in range(len(cells)) if unserved[number] > total * _ROUNDING and half[number]),
        key=lambda number: (-unserved[number], cells[number]),
    )
    held, chosen = 0.0, []
    for number in order:
        if held >= total * HELD_SHARE * (1 - _ROUNDING):
            break
        chosen.append(number)
        held += float(unserved[number])
    return chosen


def gap_areas(table: pd.DataFrame, street_codes: npt.NDArray[np.object_]) -> list[GapArea]:
    """Return the gap areas, most unserved first.

    Args:
        table: per cell ``cell``, ``demand``, ``covered`` (a coverage answer's ``cells``).
        street_codes: each cell's street; None is a street of its own.
    """
    cells = table["cell"].tolist()
    demand, covered = table["demand"].to_numpy(dtype=float), table["covered"].to_numpy(dtype=float)
    chosen = gap_cells(demand, covered, cells)
    unserved = {cells[number]: float(demand[number] - covered[number]) for number in chosen}
    street = {cells[number]: street_codes[number] for number in chosen}
    areas = [
        GapArea(
            street_code=street[min(members)],
            cells=tuple(sorted(members, key=lambda cell: (-unserved[cell], cell))),
            unserved=sum(unserved[cell] for cell in sorted(members)),
        )
        for linked in _linked_sets(street)
        for members in _split(linked, unserved)
    ]
    return sorted(areas, key=lambda area: (-area.unserved, area.cells[0]))


def _neighbours(cell: str, members: Container[str]) -> list[str]:
    return [other for other in _ring(cell) if other in members]


@lru_cache(maxsize=1 << 15)  # a cell is asked again at every split of its set
def _ring(cell: str) -> tuple[str, ...]:
    return tuple(other for other in h3.grid_disk(cell, 1) if other != cell)


def _linked_sets(street: Mapping[str, object]) -> list[set[str]]:
    """Return the sets of H3-adjacent cells of one street."""
    waiting, found = dict.fromkeys(sorted(street)), []
    while waiting:
        first = next(iter(waiting))
        del waiting[first]
        linked, edge = {first}, [first]
        while edge:
            cell = edge.pop()
            for other in _neighbours(cell, waiting):
                if street[other] == street[first]:
                    del waiting[other]
                    linked.add(other)
                    edge.append(other)
        found.append(linked)
    return found


def _split(linked: set[str], unserved: dict[str, float]) -> list[set[str]]:
    """Split a set of over 12 cells around its local maxima into connected sets of at most 12."""
    if len(linked) <= MAX_AREA_CELLS:
        return [linked]
    basins: dict[str, set[str]] = {}
    for cell in linked:
        basins.setdefault(_summit(cell, linked, unserved), set()).add(cell)
    if len(basins) == 1:
        grown = _grown(linked, unserved)
        return [
            grown,
            *(
                part
                for rest in _linked_sets(dict.fromkeys(linked - grown))
                for part in _split(rest, unserved)
            ),
        ]
    return [part for basin in basins.values() for part in _split(basin, unserved)]


def _summit(cell: str, members: set[str], unserved: dict[str, float]) -> str:
    """Climb from neighbour to highest neighbour until none is higher; ties go to the lower cell id."""
    while True:
        best = min([cell, *_neighbours(cell, members)], key=lambda other: (-unserved[other], other))
        if best == cell:
            return cell
        cell = best


def _grown(linked: set[str], unserved: dict[str, float]) -> set[str]:
    """Grow a connected set of 12 from the one summit, always taking the highest cell at its edge."""
    top = min(linked, key=lambda cell: (-unserved[cell], cell))
    grown = {top}
    while len(grown) < MAX_AREA_CELLS:
        edge = {other for cell in grown for other in _neighbours(cell, linked)} - grown
        grown.add(min(edge, key=lambda cell: (-unserved[cell], cell)))
    return grown
