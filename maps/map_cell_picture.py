"""Very many cells as an indexed picture: exact class colours, however many there are.

A picture shows a rectangle of the Web Mercator map pixel for pixel, so nothing is stretched or blurred and
only what is in view travels. One hexagon is stamped at every centre: time grows with the painted pixels, not
with the number of shapes. Cells too small to tell their size are drawn whole, without gaps between them.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import geometry_mask
from rasterio.transform import IDENTITY

from geo.demand_cells import cell_numbers, cell_polygons
from maps.map_layers_coverage import HATCH, SIZES, CellClass, CellFacts, Theme

MAX_SIDE_PX = 2048
"""Longest side of the picture of all cells; a view may be larger."""
CELL_PX = 9
"""How wide a hexagon is drawn in the picture of all cells, where its size allows it."""
SIZED_PX = 7
"""Narrower hexagons are drawn whole, whatever the demand in them."""
MAX_ZOOM, MAX_VIEW_SIDE_PX, MAX_VIEW_PX = 20.0, 8192, 12_000_000
_WORLD_PX = 256  # of the whole Earth at zoom 0
_AT_ONCE = 50_000
_HATCH_COLOURS = ("#F3F2EE", "#7A8087")
_HATCH_PITCH, _HATCH_LINE = 5, 2
_HOLLOW = "#FFFFFF"
_MOST_COLOURS = 16

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
Offsets = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class PictureView:
    """A rectangle of the map in whole pixels, from the world's upper left corner at ``zoom``.

    At zoom z the world is 256 · 2^z pixels wide. A screen of two pixels a point asks one zoom more.
    """

    zoom: float
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> PictureView | None:
        """Return the view an address asks for; None where it asks for none that can be drawn."""
        try:
            zoom = float(asked["zoom"])
            left, top, width, height = (int(asked[name]) for name in ("left", "top", "width", "height"))
        except (KeyError, ValueError):
            return None
        drawable = (
            0 <= zoom <= MAX_ZOOM
            and min(width, height) > 0
            and max(width, height) <= MAX_VIEW_SIDE_PX
            and width * height <= MAX_VIEW_PX
            and max(abs(left), abs(top)) <= _WORLD_PX * 2**MAX_ZOOM
        )
        return cls(zoom, left, top, width, height) if drawable else None

    def pixels(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return where WGS-84 points lie: pixels right of the left edge and below the upper one."""
        x, y = _world(lon, lat)
        scale = _WORLD_PX * 2**self.zoom
        return x * scale - self.left, y * scale - self.top

    def bounds(self) -> list[list[float]]:
        """Return the corners as [lon, lat] degrees: south-west, north-east."""
        scale = _WORLD_PX * 2**self.zoom
        west, east = (x / scale * 360 - 180 for x in (self.left, self.left + self.width))
        south, north = (
            math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / scale))))
            for y in (self.top + self.height, self.top)
        )
        return [[west, south], [east, north]]


def whole_view(facts: CellFacts) -> PictureView:
    """Return the view of all cells: hexagons ``CELL_PX`` wide, or smaller where it would grow too large.

    Raises:
        ValueError: there are no cells.
    """
    if not len(facts.cells):
        raise ValueError("a picture needs at least one cell")
    hexagon = _hexagon(facts)
    reach = np.abs(hexagon).max(axis=0)
    west, east = facts.lon.min() - reach[0], facts.lon.max() + reach[0]
    south, north = facts.lat.min() - reach[1], facts.lat.max() + reach[1]
    (left, right), (top, bottom) = _world(np.array([west, east]), np.array([north, south]))
    most = (MAX_SIDE_PX - 1) / max(right - left, bottom - top)
    scale = min(most, CELL_PX * 360 / float(np.ptp(hexagon[:, 0])))
    x, y = math.floor(left * scale), math.floor(top * scale)
    return PictureView(
        math.log2(scale / _WORLD_PX), x, y, math.ceil(right * scale) - x, math.ceil(bottom * scale) - y
    )


def cell_picture(
    facts: CellFacts, theme: Theme, district: shapely.Geometry, view: PictureView | None = None
) -> bytes:
    """Return a PNG of one theme, clipped to the district; of all cells where no ``view`` is asked for.

    Raises:
        ValueError: there are no cells.
    """
    view = view or whole_view(facts)
    picture = np.zeros((view.height, view.width), dtype=np.uint8)
    shape = _shape(facts, view)
    x, y = view.pixels(facts.lon, facts.lat)
    reach = np.abs(shape).max() + 1
    near = (x > -reach) & (x < view.width + reach) & (y > -reach) & (y < view.height + reach)
    rows = np.flatnonzero(near)
    small = bool(np.ptp(shape[:, 0]) < SIZED_PX)
    if small:
        rows = rows[np.argsort(facts.demand[rows], kind="stable")]  # where cells share a pixel, most demand
        _paint_whole(picture, x[rows], y[rows], shape, 1 + 2 * facts.classes[theme][rows])
    else:
        for number, scale in enumerate(SIZES):
            chosen = rows[facts.size[rows] == number]
            _paint_sized(picture, x[chosen], y[chosen], shape * scale, facts.classes[theme][chosen])
    line = shapely.transform(district, lambda at: np.stack(view.pixels(at[:, 0], at[:, 1]), axis=1))
    picture[geometry_mask([line], picture.shape, IDENTITY)] = 0
    for number, one in enumerate(facts.palettes[theme]):
        if one.fill == _HOLLOW and small:
            _outline(picture, 1 + 2 * number)
        if one.fill == HATCH:
            _hatch(picture, view, 1 + 2 * number)
    return png(picture, palette(facts.palettes[theme]))


def picture_bounds(facts: CellFacts) -> list[list[float]]:
    """Return the corners of the picture of all cells as [lon, lat] degrees: south-west, north-east."""
    return whole_view(facts).bounds()


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


def png(indices: Pixels, colours: list[tuple[int, int, int]]) -> bytes:
    """Return an indexed PNG of four bits a pixel whose index 0 is transparent.

    Raises:
        ValueError: there are more than 16 colours.
    """
    if len(colours) > _MOST_COLOURS:
        raise ValueError(f"{len(colours)} colours do not fit into four bits")
    height, width = indices.shape
    even = np.pad(indices, ((0, 0), (0, width % 2)))
    rows = np.zeros((height, even.shape[1] // 2 + 1), dtype=np.uint8)  # each row begins with filter type 0
    rows[:, 1:] = even[:, 0::2] << 4 | even[:, 1::2]
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
        (b"PLTE", bytes(value for colour in colours for value in colour)),
        (b"tRNS", b"\x00"),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def _world(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return Web Mercator places, 0-1 across the world from its upper left corner."""
    return (lon + 180) / 360, (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2


def _hexagon(facts: CellFacts) -> Floats:
    """Return the corners of a hexagon in the middle of all as degrees from its centre."""
    middle = len(facts.cells) // 2
    corners = shapely.get_coordinates(cell_polygons(cell_numbers(facts.cells[middle : middle + 1]))[0])
    return np.asarray(corners - [facts.lon[middle], facts.lat[middle]])


def _shape(facts: CellFacts, view: PictureView) -> Floats:
    """Return the corners of a hexagon as pixels from its centre."""
    middle = len(facts.cells) // 2
    at = np.array([facts.lon[middle], facts.lat[middle]])
    corners = _hexagon(facts) + at
    (x, *_), (y, *_) = view.pixels(at[:1], at[1:])
    return np.asarray(np.stack(view.pixels(corners[:, 0], corners[:, 1]), axis=1) - [x, y])


def _paint_sized(picture: Pixels, x: Floats, y: Floats, shape: Floats, classes: Pixels) -> None:
    """Paint hexagons of one size, each with its edge."""
    inside, edge = _stamp(shape)
    _paint(picture, x, y, inside, 1 + 2 * classes)
    _paint(picture, x, y, edge, 2 + 2 * classes)


def _paint_whole(picture: Pixels, x: Floats, y: Floats, shape: Floats, indices: Pixels) -> None:
    """Paint whole hexagons: first every pixel they touch, so that none is left between, then their own."""
    reach = math.ceil(float(np.abs(shape).max())) + 1
    columns, rows = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    hexagon = shapely.Polygon(shape)
    touched = shapely.intersects(shapely.box(columns - 0.5, rows - 0.5, columns + 0.5, rows + 0.5), hexagon)
    _paint(picture, x, y, (columns[touched], rows[touched]), indices)
    _paint(picture, x, y, _stamp(shape)[0], indices)


def _stamp(shape: Floats) -> tuple[Offsets, Offsets]:
    """Return the pixels of a hexagon around its centre's, and those at its edge if it has an inside too."""
    reach = math.ceil(float(np.abs(shape).max())) + 1
    columns, rows = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    inside = shapely.contains_xy(shapely.Polygon(shape), columns, rows)
    inside[reach, reach] = True
    edge = inside & ~_inner(inside)
    if edge[reach, reach]:
        edge[:] = False
    return (columns[inside], rows[inside]), (columns[edge], rows[edge])


def _inner(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the marked pixels whose four neighbours are marked too; beyond the picture counts as marked."""
    wide = np.pad(mask, 1, mode="edge")
    return mask & wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]


def _outline(picture: Pixels, fill: int) -> None:
    """Draw a line around what is hollow, whose fill alone could not be told from the land."""
    mask = picture == fill
    picture[mask & ~_inner(mask)] = fill + 1


def _hatch(picture: Pixels, view: PictureView, fill: int) -> None:
    """Draw the lines of what is unknown; they meet those of the picture beside."""
    rows, columns = np.nonzero(picture == fill)
    lines = (rows + columns + view.top + view.left) % _HATCH_PITCH < _HATCH_LINE
    picture[rows[lines], columns[lines]] = fill + 1


def _paint(picture: Pixels, x: Floats, y: Floats, stamp: Offsets, indices: Pixels) -> None:
    """Set the pixels of a stamp around the pixel each point lies in; what is painted later stays."""
    height, width = picture.shape
    for start in range(0, len(x), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        columns = np.floor(x[part]).astype(np.int64)[:, None] + stamp[0]
        rows = np.floor(y[part]).astype(np.int64)[:, None] + stamp[1]
        kept = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        values = np.broadcast_to(indices[part][:, None], kept.shape)
        picture[rows[kept], columns[kept]] = values[kept]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
