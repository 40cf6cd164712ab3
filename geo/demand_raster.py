"""Counted workers in the pixels of a raster, such as a grid of people, read window by window."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
import shapely
from pyproj.exceptions import ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from geo.areas import Areas
from geo.crs import to_plane
from geo.demand import Demand, in_both, source_note
from geo.demand_cells import DEFAULT_RESOLUTION, FloatArray, covered_by, dense
from geo.demand_columns import Counts, Presence
from geo.demand_spread import CellGround, Shares
from geo.errors import InvalidDataError, InvalidParameterError, Problem

_STRIP_PIXELS = 4_000_000  # read at once
_BATCH_PIXELS = 50_000  # made into polygons at once

BoolArray = npt.NDArray[np.bool_]


@dataclass
class _Sums:
    """What a raster has come to so far."""

    by_cell: FloatArray
    outside: float = 0.0
    nodata: int = 0
    nodata_inside: int = 0


def import_raster(
    path: Path,
    areas: Areas,
    *,
    band: int = 1,
    nodata: float | None = None,
    presence: Presence | None = None,
    resolution: int = DEFAULT_RESOLUTION,
    progress: Callable[[float], None] | None = None,
) -> Demand:
    """Return the measured demand of a raster whose pixels count workers, each spread over its area.

    Any CRS, rotated grids too; area is measured in an equal-area plane, in which pixels' edges are straight
    lines between their corners. Pixels of no data count nothing; ``Demand.notes`` says how many there were,
    in the file and with their centre in the district. The whole file is read, strip by strip, since what lies
    outside is added up.

    Args:
        path: a GeoTIFF, or any raster GDAL reads.
        areas: the district and its streets.
        band: which band, from 1.
        nodata: a value that means no data, beside the file's own.
        presence: group, windows and day types the counts hold in; default: other, all, both.
        resolution: of the H3 cells, 8-11.
        progress: is told the share of the file that is done, 0-1.

    Raises:
        InvalidDataError: unreadable, no CRS, only nodata, or a pixel that is NaN, infinite or negative.
        InvalidParameterError: no such band; the resolution is not 8-11.
    """
    ground = CellGround(areas, resolution)
    sums = _Sums(np.zeros(len(ground.cells)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # told below, as an error
            source = rasterio.open(path)
        with source:
            grid = _Grid.of(source, areas)
            if not 1 <= band <= source.count:
                raise InvalidParameterError("band", band, f"the file has bands 1 to {source.count}")
            pixels = source.width * source.height
            for window in _strips(source):
                _add(sums, ground, grid, _read(source, band, window, nodata))
                if progress is not None:
                    progress((window.row_off + window.height) / source.height)
    except RasterioError as error:
        raise InvalidDataError([Problem("file", None, None, None, f"cannot be read: {error}")]) from error
    if sums.nodata == pixels:
        raise InvalidDataError([Problem("file", None, None, None, f"all {pixels} pixels are nodata")])
    numbers = np.arange(len(ground.cells))
    notes = (
        source_note(path.name),
        in_both(
            f"像元按面积分摊；{pixels} 个像元中 {sums.nodata} 个无数据，"
            f"其中 {sums.nodata_inside} 个中心在范围内。",
            f"Pixels are spread by area; {sums.nodata} of {pixels} hold no data,"
            f" {sums.nodata_inside} of these have their centre in the area.",
        ),
    )
    return ground.demand(
        Shares(numbers, numbers, np.ones(len(numbers))),
        Counts.of(sums.by_cell, presence or Presence()),
        notes,
        already_outside=sums.outside,
    )


class _Strip(NamedTuple):
    """Some rows of a raster: the number of the first, values (zero without data), which pixels hold data."""

    first: int
    values: FloatArray
    known: BoolArray


@dataclass(frozen=True)
class _Grid:
    """Where pixels lie: the way from (column, row) to WGS-84, and the pixels that may touch the district."""

    affine: rasterio.Affine
    to_wgs84: pyproj.Transformer
    boundary: shapely.Geometry
    columns: tuple[int, int]
    rows: tuple[int, int]

    @classmethod
    def of(cls, source: rasterio.DatasetReader, areas: Areas) -> _Grid:
        if source.crs is None:
            raise InvalidDataError([Problem("file", None, "crs", None, "has no coordinate reference system")])
        boundary = areas.district.geometry
        edge = shapely.get_coordinates(shapely.boundary(dense(boundary)))
        try:
            crs = pyproj.CRS.from_wkt(source.crs.to_wkt())
            to_wgs84 = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
            x, y = to_wgs84.transform(edge[:, 0], edge[:, 1], direction="INVERSE", errcheck=True)
            columns, rows = _apply(~source.transform, x, y)
        except (ProjError, rasterio.errors.CRSError, ZeroDivisionError) as error:
            raise InvalidDataError(
                [Problem("file", None, "crs", None, f"cannot be used: {error}")]
            ) from error
        spans = [
            (int(np.clip(np.floor(at.min()) - 1, 0, size)), int(np.clip(np.ceil(at.max()) + 1, 0, size)))
            for at, size in ((columns, source.width), (rows, source.height))
        ]
        return cls(source.transform, to_wgs84, boundary, spans[0], spans[1])

    def lonlat(self, column: npt.NDArray[Any], row: npt.NDArray[Any]) -> tuple[FloatArray, FloatArray]:
        lon, lat = self.to_wgs84.transform(*_apply(self.affine, column, row), errcheck=True)
        return np.asarray(lon), np.asarray(lat)


def _apply(
    affine: rasterio.Affine, x: npt.NDArray[Any], y: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    # by hand: versions of the package differ in which operator takes arrays
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _strips(source: rasterio.DatasetReader) -> Iterator[Window]:
    block = source.block_shapes[0][0]
    height = max(_STRIP_PIXELS // max(source.width, 1) // block, 1) * block
    for top in range(0, source.height, height):
        yield Window(0, top, source.width, min(height, source.height - top))


def _read(source: rasterio.DatasetReader, band: int, window: Window, nodata: float | None) -> _Strip:
    found = source.read(band, window=window, masked=True)
    if np.iscomplexobj(found):
        raise InvalidDataError([Problem("file", None, "band", band, "holds complex numbers")])
    known = ~np.ma.getmaskarray(found)
    values = np.ma.getdata(found).astype(np.float64)
    if nodata is not None:
        known &= ~(np.isnan(values) if np.isnan(nodata) else values == nodata)
    values = values * source.scales[band - 1] + source.offsets[band - 1]
    bad = np.argwhere(known & ~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        row, column = bad[0].tolist()
        where = f"pixel row {window.row_off + row + 1}, column {column + 1}"
        text = f"must be a finite number >= 0 or nodata ({len(bad)} such pixels in this part)"
        raise InvalidDataError([Problem(where, None, "count", float(values[row, column]), text)])
    return _Strip(window.row_off, np.where(known, values, 0.0), known)


def _add(sums: _Sums, ground: CellGround, grid: _Grid, strip: _Strip) -> None:
    """Add one strip: pixels near the district by area, the others to what is outside."""
    first, values, known = strip
    (left, right), (top, bottom) = grid.columns, grid.rows
    near = np.zeros(values.shape, dtype=bool)
    near[max(top - first, 0) : max(bottom - first, 0), left:right] = True
    sums.outside += float(values[~near].sum())
    sums.nodata += int(np.sum(~known))
    row, column = np.nonzero(near & ~known)
    if len(row):
        centres = grid.lonlat(column + 0.5, row + first + 0.5)
        sums.nodata_inside += int(covered_by(grid.boundary, *centres).sum())
    row, column = np.nonzero(near & (values > 0))
    for start in range(0, len(row), _BATCH_PIXELS):
        rows, columns = row[start : start + _BATCH_PIXELS], column[start : start + _BATCH_PIXELS]
        amounts = values[rows, columns]
        shares = ground.of_shapes(_squares(ground, grid, columns, rows + first))
        sums.by_cell += np.bincount(
            shares.cell, weights=amounts[shares.source] * shares.share, minlength=len(sums.by_cell)
        )
        sums.outside += float(np.sum(amounts * shares.missing(len(amounts))))


def _squares(
    ground: CellGround, grid: _Grid, column: npt.NDArray[np.intp], row: npt.NDArray[np.intp]
) -> npt.NDArray[np.object_]:
    """Return the pixels as polygons in the ground's plane; neighbours share their corners."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.intp)
    at = (np.stack([column, row], axis=-1)[:, np.newaxis, :] + corners).reshape(-1, 2)
    key = at[:, 1] * (int(at[:, 0].max()) + 1) + at[:, 0]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    points = shapely.points(*grid.lonlat(at[first, 0], at[first, 1]))
    plane = shapely.get_coordinates(to_plane(points, ground.plane))
    return np.asarray(shapely.polygons(plane[which].reshape(-1, 4, 2)))
