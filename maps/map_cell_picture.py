"""Very many cells as one indexed picture: exact class colours, however many there are.

Rows are Web Mercator, as the map stretches a picture; one hexagon is stamped at every centre, so the time
grows with the painted pixels and not with the number of shapes.
"""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import geometry_mask
from rasterio.transform import IDENTITY

from geo.demand_cells import cell_numbers, cell_polygons
from maps.map_layers_coverage import HATCH, SIZES, CellClass, CellFacts, Theme

MAX_SIDE_PX, MIN_SIDE_PX = 3072, 512
CELL_PX = 9
"""How wide a hexagon is drawn where the picture's size allows it."""
_AT_ONCE = 50_000
_HATCH_COLOURS = ("#F3F2EE", "#7A8087")
_HATCH_PITCH, _HATCH_LINE = 5, 2
_LEAST_EDGED_PX = 7

Floats = npt.NDArray[np.float64]
Offsets = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def cell_picture(facts: CellFacts, theme: Theme, district: shapely.Geometry) -> bytes:
    """Return a PNG of one theme, clipped to the district, between the corners of ``picture_bounds``.

    Raises:
        ValueError: there are no cells.
    """
    if not facts.cells:
        raise ValueError("a picture needs at least one cell")
    hexagon = _hexagon(facts)
    (west, south), (east, north) = picture_bounds(facts)
    top, bottom = (float(_mercator(np.asarray([lat]))[0]) for lat in (north, south))
    tall = (top - bottom) / math.radians(east - west)
    width = _side(CELL_PX * (east - west) / float(np.ptp(hexagon[:, 0])), tall)
    height = max(1, round(width * tall))
    step = width / (east - west)

    def pixels(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        return (lon - west) * step, (top - _mercator(lat)) / (top - bottom) * height

    x, y = pixels(facts.lon, facts.lat)
    down = height / math.degrees(top - bottom) / math.cos(math.radians((south + north) / 2))
    shape = hexagon * [step, -down]
    picture = np.zeros((height, width), dtype=np.uint8)
    for size, scale in enumerate(SIZES):
        whole, edge = _stamp(shape * scale)
        for number, one in enumerate(facts.palettes[theme]):
            chosen = np.flatnonzero((facts.size == size) & (facts.classes[theme] == number))
            _paint(picture, x[chosen], y[chosen], whole, 1 + 2 * number)
            if one.edge and one.fill != HATCH:
                _paint(picture, x[chosen], y[chosen], edge, 2 + 2 * number)
    for number, one in enumerate(facts.palettes[theme]):
        if one.fill == HATCH:
            rows, columns = np.nonzero(picture == 1 + 2 * number)
            lines = (rows + columns) % _HATCH_PITCH < _HATCH_LINE
            picture[rows[lines], columns[lines]] = 2 + 2 * number
    line = shapely.transform(district, lambda at: np.stack(pixels(at[:, 0], at[:, 1]), axis=1))
    picture[geometry_mask([line], picture.shape, IDENTITY)] = 0
    return png(picture, palette(facts.palettes[theme]))


def picture_bounds(facts: CellFacts) -> list[list[float]]:
    """Return the picture's corners as [lon, lat] degrees: south-west, north-east."""
    reach = np.abs(_hexagon(facts)).max(axis=0)
    west, south = facts.lon.min() - reach[0], facts.lat.min() - reach[1]
    east, north = facts.lon.max() + reach[0], facts.lat.max() + reach[1]
    return [[float(west), float(south)], [float(east), float(north)]]


def _hexagon(facts: CellFacts) -> Floats:
    middle = len(facts.cells) // 2
    corners = shapely.get_coordinates(cell_polygons(cell_numbers(facts.cells[middle : middle + 1]))[0])
    return np.asarray(corners - [facts.lon[middle], facts.lat[middle]])


def palette(classes: tuple[CellClass, ...]) -> list[tuple[int, int, int]]:
    """Return the colours by index: 0 is nothing, then a fill and an edge a class.

    >>> palette((CellClass("one", "#7CBDB3", "#4A938A"),))
    [(0, 0, 0), (124, 189, 179), (74, 147, 138)]
    """
    colours = [(0, 0, 0)]
    for one in classes:
        fill, edge = _HATCH_COLOURS if one.fill == HATCH else (one.fill, one.edge or one.fill)
        colours += [_rgb(fill), _rgb(edge)]
    return colours


def png(indices: npt.NDArray[np.uint8], colours: list[tuple[int, int, int]]) -> bytes:
    """Return an indexed PNG whose index 0 is transparent."""
    height, width = indices.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with filter type 0
    rows[:, 1:] = indices
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(value for colour in colours for value in colour)),
        (b"tRNS", b"\x00"),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def _side(wanted: float, tall: float) -> int:
    most = MAX_SIDE_PX / max(1.0, tall)
    return max(1, round(min(most, max(MIN_SIDE_PX / max(1.0, tall), wanted))))


def _mercator(lat: Floats) -> Floats:
    return np.asarray(np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)))


def _stamp(shape: Floats) -> tuple[Offsets, Offsets]:
    """Return the pixels of a hexagon around its centre, and those at its edge (none where it is tiny)."""
    reach = math.ceil(float(np.abs(shape).max()))
    grid = np.arange(-reach, reach + 1)
    columns, rows = np.meshgrid(grid, grid)
    inside = shapely.contains_xy(shapely.Polygon(shape), columns, rows)
    inside[reach, reach] = True
    core = inside.copy()
    for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        core &= np.roll(inside, shift, axis)
    edge = inside & ~core if 2 * reach >= _LEAST_EDGED_PX else np.zeros_like(inside)
    return (columns[inside], rows[inside]), (columns[edge], rows[edge])


def _paint(picture: npt.NDArray[np.uint8], x: Floats, y: Floats, stamp: Offsets, index: int) -> None:
    height, width = picture.shape
    for start in range(0, len(x), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        columns = np.rint(x[part]).astype(np.int64)[:, None] + stamp[0]
        rows = np.rint(y[part]).astype(np.int64)[:, None] + stamp[1]
        kept = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        picture[rows[kept], columns[kept]] = index


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
