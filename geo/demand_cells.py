"""The H3 cells of an area: which belong to it, where their centres lie, and in which street."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.areas import Areas, areas_plane
from geo.crs import to_plane
from geo.errors import InvalidParameterError

RESOLUTIONS = range(8, 12)
"""H3 resolutions demand may lie on: from 0.7 km² to 0.002 km² a cell."""
DEFAULT_RESOLUTION = 9
_MAX_EDGE_DEG = 0.01  # longer lines are given more vertices before they are projected

_STEPS = np.array([(0, 0), (-1, -1), (0, 1), (-1, 0), (1, 0), (0, -1), (1, 1)])
"""Where H3's digits 0 to 6 lie about a cell's centre, along its i and j axes; the last six are neighbours."""
_TURNS = (np.array([(3, 1), (-1, 2)]), np.array([(2, -1), (1, 3)]))
"""The i and j axes in those of the next finer resolution, where that is even, and odd (H3, "aperture 7")."""

CellArray = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]


def check_resolution(resolution: int) -> int:
    """Return the resolution, if demand may lie on it.

    Raises:
        InvalidParameterError: not 8, 9, 10 or 11.
    """
    if isinstance(resolution, bool) or resolution not in RESOLUTIONS:
        raise InvalidParameterError("resolution", resolution, "must be 8, 9, 10 or 11")
    return int(resolution)


def cells_of_points(lon: npt.ArrayLike, lat: npt.ArrayLike, resolution: int) -> CellArray:
    """Return the H3 cell (as a number) each WGS-84 point lies in.

    >>> cell_names(cells_of_points([109.07], [34.27], 9))
    ['89408e2ca67ffff']
    """
    find = h3.latlng_to_cell
    points = zip(np.asarray(lat, dtype=float).tolist(), np.asarray(lon, dtype=float).tolist(), strict=True)
    return np.array([find(y, x, resolution) for y, x in points], dtype=np.uint64)


def cell_centres(cells: CellArray) -> tuple[FloatArray, FloatArray]:
    """Return longitude and latitude of the cells' centres, WGS-84 degrees."""
    centres = np.array([h3.cell_to_latlng(cell) for cell in cells.tolist()], dtype=float).reshape(-1, 2)
    return centres[:, 1], centres[:, 0]


def cell_polygons(cells: CellArray) -> npt.NDArray[np.object_]:
    """Return the cells as WGS-84 polygons (hexagons; a few cells of the Earth have more corners)."""
    rings = [h3.cell_to_boundary(cell) for cell in cells.tolist()]
    if not rings:
        return np.empty(0, dtype=object)
    sizes = [len(ring) for ring in rings]
    corners = np.array([corner for ring in rings for corner in ring], dtype=float)[:, ::-1]
    return np.asarray(
        shapely.polygons(shapely.linearrings(corners, indices=np.repeat(np.arange(len(sizes)), sizes)))
    )


def cell_names(cells: Iterable[int] | CellArray) -> list[str]:
    """Return the cells' ids as H3 writes them, 15 hexadecimal digits.

    >>> cell_names([0x8931A8B4AABFFFF])
    ['8931a8b4aabffff']
    """
    numbers = np.fromiter(cells, dtype=">u8") if not isinstance(cells, np.ndarray) else cells.astype(">u8")
    text = numbers.tobytes().hex()
    return [text[at + 1 : at + 16] for at in range(0, len(text), 16)]


def cell_numbers(names: Iterable[str]) -> CellArray:
    """Return the cells of H3 ids, the inverse of :func:`cell_names`."""
    return np.array([int(name, 16) for name in names], dtype=np.uint64)


def neighbour_pairs(cells: CellArray) -> tuple[IntArray, IntArray]:
    """Return every pair of neighbours among different cells of one resolution, both ways round, as two rows
    of numbers in ``cells``.

    >>> ring = np.asarray(h3.grid_ring(0x8931A8B4AABFFFF, 1), dtype=np.uint64)
    >>> len(neighbour_pairs(ring)[0])
    12
    """
    prefixes = np.unique(cells >> np.uint64(45))  # resolution and base cell
    if len(prefixes) == 1 and not h3.is_pentagon(h3.cell_to_parent(int(cells[0]), 0)):
        return _lattice_neighbours(cells)
    disks = [h3.grid_disk(cell, 1) for cell in cells.tolist()]
    cell = np.repeat(np.arange(len(cells)), [len(disk) for disk in disks])
    other = pd.Index(cells).get_indexer(np.concatenate([np.empty(0, dtype=np.uint64), *disks]))
    kept = (other >= 0) & (other != cell)
    return cell[kept], np.asarray(other[kept])


def _lattice_neighbours(cells: CellArray) -> tuple[IntArray, IntArray]:
    """Return the pairs of neighbours among cells of one hexagonal base cell: there they are one lattice."""
    at = _lattice(cells)
    at -= at.min(axis=0) - 1
    width = int(at[:, 1].max()) + 2
    place = at @ (width, 1)
    order = np.argsort(place)
    ordered = place[order]
    found = [(np.empty(0, dtype=np.intp),) * 2]
    for step in _STEPS[4:] @ (width, 1):  # the other three lead back
        there = np.searchsorted(ordered, place + step).clip(max=len(cells) - 1)
        cell = np.flatnonzero(ordered[there] == place + step)
        found += [(cell, order[there[cell]]), (order[there[cell]], cell)]
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    return one, other


def _lattice(cells: CellArray) -> npt.NDArray[np.int64]:
    """Return the cells' whole coordinates (cells, 2) about their base cell's centre, along H3's i and j.

    Each digit of a cell's id is a step from its parent's centre (h3geo.org, "H3 Index Representations").
    """
    numbers = cells.astype(np.int64)
    at = np.zeros((len(cells), 2), dtype=np.int64)
    for resolution in range(1, h3.get_resolution(int(cells[0])) + 1):
        digit = (numbers >> (3 * (15 - resolution))) & 7
        at = at @ _TURNS[resolution % 2] + _STEPS[digit]
    return at


def cells_touching(geometry: shapely.Geometry, resolution: int) -> CellArray:
    """Return the cells any part of which may lie in a WGS-84 polygon, ascending; a few more do no harm."""
    if geometry.is_empty:
        return np.empty(0, dtype=np.uint64)
    found = h3.geo_to_cells(geometry, resolution)  # centres; the border's cells are added
    border = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(geometry), _cell_width_deg(resolution))
    )
    rim = np.unique(cells_of_points(border[:, 0], border[:, 1], resolution))
    rings = [np.asarray(h3.grid_disk(cell, 1), dtype=np.uint64) for cell in rim.tolist()]
    return np.unique(np.concatenate([np.asarray(found, dtype=np.uint64), *rings]))


def area_cells(areas: Areas, resolution: int = DEFAULT_RESOLUTION) -> CellArray:
    """Return the cells whose centre the district's boundary covers, ascending.

    Raises:
        InvalidParameterError: the resolution is not 8-11.
    """
    boundary = areas.district.geometry
    cells = cells_touching(boundary, check_resolution(resolution))
    return np.asarray(cells[covered_by(boundary, *cell_centres(cells))])


def covered_by(geometry: shapely.Geometry, lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which points a WGS-84 geometry covers, its edge included."""
    shapely.prepare(geometry)
    return np.asarray(shapely.intersects_xy(geometry, lon, lat), dtype=bool)


def cell_table(
    areas: Areas, cells: CellArray, centres: tuple[FloatArray, FloatArray] | None = None
) -> pd.DataFrame:
    """Return the table of cells a :class:`geo.demand.Demand` holds, sorted by cell.

    ``centres`` are their longitudes and latitudes where known already; the cells are sorted then.
    A cell belongs to the street its centre lies in. A cell whose centre lies outside the district (kept for
    the demand inside) belongs to the street nearest to its centre, the lowest code among equals; a centre
    inside the district but outside every street has no street.
    """
    order = np.unique(cells) if centres is None else cells
    lon, lat = centres or cell_centres(order)
    streets = areas.street_of(lon, lat)
    stray = np.flatnonzero(~covered_by(areas.district.geometry, lon, lat) & pd.isna(streets))
    if len(stray):
        plane = areas_plane(areas)
        tree = shapely.STRtree([to_plane(street.geometry, plane) for street in areas.streets])
        place, street = tree.query_nearest(to_plane(shapely.points(lon[stray], lat[stray]), plane))
        for index in np.lexsort((-street, place)):  # the lowest code is written last
            streets[stray[place[index]]] = areas.streets[street[index]].code
    columns = {
        "cell": np.array(cell_names(order), dtype=object),
        "lon": lon,
        "lat": lat,
        "street_code": streets,
    }
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})


def dense(geometry: Any) -> Any:
    """Return WGS-84 geometry, one or an array, with a vertex every 0.01°, so that its edges stay in place."""
    return shapely.segmentize(geometry, _MAX_EDGE_DEG)


def _cell_width_deg(resolution: int) -> float:
    """Return less than the width of a cell in degrees of latitude."""
    return float(h3.average_hexagon_edge_length(resolution, unit="km")) / 111.2
