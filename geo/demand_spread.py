"""Counts at points and in polygons, brought onto the H3 cells of an area.

Shares of a polygon are shares of its area in an equal-area plane centred on the district. What lies outside
the district's boundary is added up, never dropped: input = kept + outside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.areas import Areas, areas_plane
from geo.crs import to_plane
from geo.demand import Demand
from geo.demand_cells import (
    FloatArray,
    area_cells,
    cell_names,
    cell_polygons,
    cell_table,
    cells_of_points,
    cells_touching,
    covered_by,
    dense,
)
from geo.demand_columns import Counts
from geo.demand_rows import IntArray, row_table

_WHOLE = 1e-11  # a polygon this share of which is missing lies inside: the sum of its pieces is rounded


class Shares(NamedTuple):
    """Shares of inputs in cells: ``source`` (number of the input), ``cell`` (number), ``share`` in (0, 1]."""

    source: IntArray
    cell: IntArray
    share: FloatArray

    def inside(self, size: int) -> FloatArray:
        """Return how much of each of ``size`` inputs lies in the area."""
        return np.bincount(self.source, weights=self.share, minlength=size).astype(np.float64)

    def missing(self, size: int) -> FloatArray:
        """Return how much of each of ``size`` inputs lies outside the area."""
        missing = 1 - self.inside(size)
        missing[missing < _WHOLE] = 0.0
        return missing


class CellGround:
    """The ground counts fall on: every cell that touches the district, cut at its boundary.

    ``cells`` are those cells, ascending; the numbers of :class:`Shares` count in them. ``plane`` is the
    equal-area plane of the district.

    Raises:
        InvalidParameterError: the resolution is not 8-11.
    """

    def __init__(self, areas: Areas, resolution: int) -> None:
        self.areas, self.resolution = areas, resolution
        self.boundary = areas.district.geometry
        self._own = area_cells(areas, resolution)
        self.cells = np.union1d(cells_touching(self.boundary, resolution), self._own)
        self.plane = areas_plane(areas)
        self._pieces: npt.NDArray[np.object_] | None = None
        self._tree: shapely.STRtree | None = None

    def of_points(self, lon: FloatArray, lat: FloatArray) -> Shares:
        """Return the cell of each WGS-84 point that the boundary covers."""
        inside = np.flatnonzero(covered_by(self.boundary, lon, lat))
        found = cells_of_points(lon[inside], lat[inside], self.resolution)
        return Shares(inside, np.searchsorted(self.cells, found), np.ones(len(inside)))

    def of_polygons(self, polygons: npt.NDArray[np.object_]) -> Shares:
        """Return the share of each WGS-84 polygon's area in each cell, inside the boundary."""
        return self.of_shapes(to_plane(dense(polygons), self.plane))

    def of_shapes(self, shapes: npt.NDArray[np.object_]) -> Shares:
        """Return the share of each polygon in ``plane`` in each cell, inside the boundary."""
        pieces, tree = self._ground()
        source, cell = tree.query(shapes)
        order = np.lexsort((cell, source))
        source, cell = source[order], cell[order]
        whole_m2, piece_m2 = shapely.area(shapes)[source], shapely.area(pieces)[cell]
        shapely.prepare(shapes)
        within = shapely.covers(pieces[cell], shapes[source])
        filled = ~within & shapely.covers(shapes[source], pieces[cell])
        common_m2 = np.where(within, whole_m2, np.where(filled, piece_m2, 0.0))
        cut = np.flatnonzero(~within & ~filled)
        common_m2[cut] = shapely.area(shapely.intersection(shapes[source[cut]], pieces[cell[cut]]))
        kept = common_m2 > 0
        found = Shares(source[kept], cell[kept], common_m2[kept] / whole_m2[kept])
        inside = found.inside(len(shapes))
        # rounded sums of pieces are made whole, so that nothing is lost or made at the cells' edges
        factor = np.where(inside > 1 - _WHOLE, 1 / np.where(inside > 0, inside, 1.0), 1.0)
        return found._replace(share=found.share * factor[found.source])

    def demand(
        self, shares: Shares, counts: Counts, notes: tuple[str, ...], already_outside: float = 0.0
    ) -> Demand:
        """Return the measured demand of counts that lie as ``shares`` say; the rest is ``outside``.

        ``already_outside`` is what never came to be an input, in the counts' unit.
        """
        source = shares.source
        rows = row_table(
            cell_names(self.cells),
            cell=shares.cell.reshape(-1, 1, 1),
            group=counts.group[source],
            window=counts.window if counts.window.shape[0] == 1 else counts.window[source],
            day_type=counts.day_type if counts.day_type.shape[0] == 1 else counts.day_type[source],
            demand=counts.amount[source] * shares.share.reshape(-1, 1, 1),
        )
        amount = counts.amount.ravel()
        outside = float(np.sum(amount * shares.missing(len(amount)))) + already_outside
        used = self.cells[np.unique(rows["cell"].cat.codes.to_numpy())]
        cells = cell_table(self.areas, np.union1d(self._own, used))
        rows["cell"] = rows["cell"].cat.set_categories(cells["cell"].tolist())
        return Demand(
            cells, rows, "measured", self.areas.basis, outside=outside * counts.periods, notes=notes
        )

    def _ground(self) -> tuple[npt.NDArray[np.object_], shapely.STRtree]:
        """Return the cells cut at the boundary, in the plane, and the tree over them."""
        if self._pieces is None or self._tree is None:
            district = to_plane(dense(self.boundary), self.plane)
            pieces = to_plane(cell_polygons(self.cells), self.plane)
            shapely.prepare(district)
            rim = np.flatnonzero(~shapely.covers(district, pieces))
            pieces[rim] = shapely.intersection(pieces[rim], district)
            shapely.prepare(pieces)
            self._pieces, self._tree = pieces, shapely.STRtree(pieces)
        return self._pieces, self._tree
