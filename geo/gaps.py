"""Where unmet demand lies: the fewest cells that hold most of it, grouped into ranked gap areas.

Definition: contract, "Gap areas". Areas are H3-adjacent gap cells of one street, at most 12 cells each;
larger sets are split around their local maxima.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.demand_cells import CellArray, cell_numbers, neighbour_pairs

HELD_SHARE = 0.8
"""Part of all unserved demand the gap cells hold together."""
MIN_UNSERVED_SHARE = 0.5
"""Unserved share a cell needs to be a gap cell (inclusive)."""
MAX_AREA_CELLS = 12
_ROUNDING = 1e-12  # sums of shares carry rounding; "exactly 80 %" and "exactly half" must still count

Numbers = npt.NDArray[np.intp]


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
    names = np.array(cells, dtype=object)
    by_id = np.arange(len(names)) if np.all(names[1:] > names[:-1]) else np.argsort(names)
    rows = by_id[((unserved > total * _ROUNDING) & half)[by_id]]
    order = rows[np.argsort(-unserved[rows], kind="stable")]
    held = np.cumsum(unserved[order])
    needed = int(np.searchsorted(held, total * HELD_SHARE * (1 - _ROUNDING))) + 1
    chosen: list[int] = order[: needed if total > 0 else 0].tolist()
    return chosen


def gap_areas(table: pd.DataFrame, street_codes: npt.NDArray[np.object_]) -> list[GapArea]:
    """Return the gap areas, most unserved first; arguments as for ``placed_gap_areas``."""
    return placed_gap_areas(table, street_codes)[0]


def placed_gap_areas(
    table: pd.DataFrame, street_codes: npt.NDArray[np.object_]
) -> tuple[list[GapArea], Numbers]:
    """Return the gap areas, most unserved first, and the rows of all their cells, in the areas' order.

    Args:
        table: per cell ``cell``, ``demand``, ``covered`` (a coverage answer's ``cells``).
        street_codes: each cell's street; None is a street of its own.
    """
    cells = table["cell"].tolist()
    demand, covered = table["demand"].to_numpy(dtype=float), table["covered"].to_numpy(dtype=float)
    chosen = np.array(gap_cells(demand, covered, cells), dtype=np.intp)
    ids, street = cell_numbers(cells[number] for number in chosen.tolist()), street_codes[chosen]
    area_of = _areas_of(ids, pd.factorize(street)[0])
    by_area = np.argsort(area_of, kind="stable")  # of each area the most unserved cell first
    sizes = np.bincount(area_of)
    first = by_area[np.cumsum(sizes) - sizes]
    by_id = np.argsort(ids)
    # one after the other by id, so that the sum is the same to the last bit however the cells came
    unserved = np.bincount(area_of[by_id], weights=(demand - covered)[chosen][by_id])
    order = np.lexsort((ids[first], -unserved))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    rows = chosen[by_area[np.argsort(place[area_of[by_area]], kind="stable")]]
    held = tuple(cells[row] for row in rows.tolist())
    ends = np.cumsum(sizes[order])
    stretches = zip((ends - sizes[order]).tolist(), ends.tolist(), strict=True)
    areas = [
        GapArea(code, held[start:end], amount)
        for code, (start, end), amount in zip(
            street[first[order]], stretches, unserved[order].tolist(), strict=True
        )
    ]
    return areas, rows


def _areas_of(ids: CellArray, street: Numbers) -> Numbers:
    """Return the number of each gap cell's area: linked sets, those of over 12 cells split again and again.

    Cells are known by their rank, most unserved first and ties by id: the higher of two has the lower number.
    """
    cell, other = neighbour_pairs(ids)
    kept = street[cell] == street[other]
    order = np.argsort(cell[kept], kind="stable")
    cell, other = cell[kept][order], other[kept][order]
    area_of = _linked(len(ids), cell, other)
    while len(ids) and (large := np.bincount(area_of) > MAX_AREA_CELLS).any():
        inside = large[area_of[cell]] & (area_of[cell] == area_of[other])
        part_of = _parts(area_of, large, cell[inside], other[inside])
        same = part_of[cell] == part_of[other]
        cell, other = cell[same], other[same]
        area_of = _linked(len(ids), cell, other)
    return area_of


def _linked(count: int, cell: Numbers, other: Numbers) -> Numbers:
    """Return the number of the linked set each of ``count`` cells is in."""
    links = csr_array((np.ones(len(cell), dtype=np.int8), (cell, other)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def _parts(area_of: Numbers, large: npt.NDArray[np.bool_], cell: Numbers, other: Numbers) -> Numbers:
    """Return a number for each cell, the same for those that stay together when the large areas are split.

    A large area parts around its local maxima; one of a single summit into the first 12 grown from it and
    the rest. ``cell`` and ``other`` are the links within large areas, by ``cell``.
    """
    summit = np.arange(len(area_of))
    np.minimum.at(summit, cell, other)  # the highest neighbour, or the cell itself
    while np.any(summit[summit] != summit):
        summit = summit[summit]
    within = np.flatnonzero(large[area_of])
    tops = within[summit[within] == within]
    alone = np.bincount(area_of[tops], minlength=len(large)) == 1
    part_of = len(area_of) + area_of
    part_of[within] = summit[within]
    bounds = np.searchsorted(cell, np.arange(len(area_of) + 1))
    for top in tops[alone[area_of[tops]]].tolist():
        grown = _grown(top, other, bounds)
        part_of[grown] = -1 - top
    return part_of


def _grown(top: int, other: Numbers, bounds: Numbers) -> list[int]:
    """Grow a connected set of 12 from the one summit, always taking the highest cell at its edge."""
    grown: list[int] = []
    seen, edge = {top}, [top]
    while len(grown) < MAX_AREA_CELLS:
        grown.append(heappop(edge))
        for near in other[bounds[grown[-1]] : bounds[grown[-1] + 1]].tolist():
            if near not in seen:
                seen.add(near)
                heappush(edge, near)
    return grown
