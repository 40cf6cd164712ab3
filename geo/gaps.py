"""Where unmet demand lies: the fewest cells that hold most of it, grouped into ranked gap areas.

Definition: contract, "Gap areas". Areas are H3-adjacent gap cells of one street, at most 12 cells each;
larger sets are split around their local maxima.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

HELD_SHARE = 0.8
"""Part of all unserved demand the gap cells hold together."""
MIN_UNSERVED_SHARE = 0.5
"""Unserved share a cell needs to be a gap cell (inclusive)."""
MAX_AREA_CELLS = 12
_ROUNDING = 1e-12  # sums of shares carry rounding; "exactly 80 %" and "exactly half" must still count

Links = dict[int, list[int]]


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
    rows = np.flatnonzero((unserved > total * _ROUNDING) & half)
    names = np.array([cells[row] for row in rows], dtype=np.str_)
    order = rows[np.lexsort((names, -unserved[rows]))]
    held = np.cumsum(unserved[order])
    needed = int(np.searchsorted(held, total * HELD_SHARE * (1 - _ROUNDING))) + 1
    return [int(row) for row in order[: needed if total > 0 else 0]]


def gap_areas(table: pd.DataFrame, street_codes: npt.NDArray[np.object_]) -> list[GapArea]:
    """Return the gap areas, most unserved first.

    Args:
        table: per cell ``cell``, ``demand``, ``covered`` (a coverage answer's ``cells``).
        street_codes: each cell's street; None is a street of its own.
    """
    cells = table["cell"].tolist()
    demand, covered = table["demand"].to_numpy(dtype=float), table["covered"].to_numpy(dtype=float)
    chosen = gap_cells(demand, covered, cells)
    names = [cells[number] for number in chosen]
    unserved = (demand - covered)[chosen].tolist()
    joined = _joined(names, street_codes[chosen])
    areas = [
        GapArea(
            street_code=street_codes[chosen[members[0]]],
            cells=tuple(names[rank] for rank in members),
            unserved=sum(unserved[rank] for rank in sorted(members, key=names.__getitem__)),
        )
        for members in _members(joined)
    ]
    return sorted(areas, key=lambda area: (-area.unserved, area.cells[0]))


def _joined(names: list[str], streets: npt.NDArray[np.object_]) -> csr_array:
    """Return which gap cells are neighbours within one street: (cells x cells) ones.

    Cells are known by their rank, most unserved first and ties by id: the higher of two has the lower number.
    """
    cells = np.array([int(name, 16) for name in names], dtype=np.int64)
    disks = [h3.grid_disk(cell, 1) for cell in cells.tolist()]
    cell = np.repeat(np.arange(len(cells)), [len(disk) for disk in disks])
    around = np.fromiter(chain.from_iterable(disks), dtype=np.int64, count=len(cell))
    other = pd.Index(cells).get_indexer(around)
    street = pd.factorize(streets)[0]
    kept = (other >= 0) & (other != cell) & (street[other] == street[cell])
    ones = np.ones(int(kept.sum()), dtype=np.int8)
    return csr_array((ones, (cell[kept], other[kept])), shape=(len(cells), len(cells)))


def _members(joined: csr_array) -> Iterator[list[int]]:
    """Yield the cells of each area, the highest first."""
    count, label = connected_components(joined, directed=False)
    order = np.argsort(label, kind="stable").tolist()
    ends = np.cumsum(np.bincount(label, minlength=count)).tolist()
    flat, bounds = joined.indices.tolist(), joined.indptr.tolist()
    for start, end in zip([0, *ends], ends, strict=False):
        linked = order[start:end]
        if len(linked) <= MAX_AREA_CELLS:
            yield linked
            continue
        links = {rank: flat[bounds[rank] : bounds[rank + 1]] for rank in linked}
        yield from (sorted(part) for part in _split(set(linked), links))


def _linked_sets(members: set[int], links: Links) -> list[set[int]]:
    """Return the sets of cells that hang together among ``members``, which are used up."""
    found = []
    while members:
        first = members.pop()
        linked, edge = {first}, [first]
        while edge:
            for other in links[edge.pop()]:
                if other in members:
                    members.remove(other)
                    linked.add(other)
                    edge.append(other)
        found.append(linked)
    return found


def _split(linked: set[int], links: Links) -> list[set[int]]:
    """Split a set of over 12 cells around its local maxima into connected sets of at most 12."""
    if len(linked) <= MAX_AREA_CELLS:
        return [linked]
    basins = _basins(linked, links)
    if len(basins) == 1:
        grown = _grown(linked, links)
        rest = _linked_sets(linked - grown, links)
        return [grown, *(part for one in rest for part in _split(one, links))]
    return [part for basin in basins for part in _split(basin, links)]


def _basins(linked: set[int], links: Links) -> list[set[int]]:
    """Part cells by the summit reached when climbing from neighbour to highest neighbour."""
    summit: dict[int, int] = {}
    basins: dict[int, set[int]] = {}
    for cell in sorted(linked):  # whatever is climbed to has been reached before
        best = min((other for other in links[cell] if other in linked), default=cell)
        summit[cell] = cell if best > cell else summit[best]
        basins.setdefault(summit[cell], set()).add(cell)
    return list(basins.values())


def _grown(linked: set[int], links: Links) -> set[int]:
    """Grow a connected set of 12 from the one summit, always taking the highest cell at its edge."""
    grown = {min(linked)}
    while len(grown) < MAX_AREA_CELLS:
        grown.add(min({other for cell in grown for other in links[cell] if other in linked} - grown))
    return grown
