"""Counted workers in polygons (or at points) of a GeoPackage or GeoJSON layer."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataSourceError
from pyproj.exceptions import ProjError

from geo.areas import Areas
from geo.crs import Datum, convert_datum
from geo.demand import Demand, in_both, source_note
from geo.demand_cells import DEFAULT_RESOLUTION
from geo.demand_columns import MAX_PROBLEMS, Presence, RowNames, counts_of
from geo.demand_spread import CellGround, Shares
from geo.errors import InvalidDataError, InvalidParameterError, Problem

_AREAS, _POINT = ("Polygon", "MultiPolygon"), "Point"


def import_features(
    path: Path,
    areas: Areas,
    *,
    layer: str | None = None,
    datum: Datum = Datum.WGS84,
    presence: Presence | None = None,
    resolution: int = DEFAULT_RESOLUTION,
) -> Demand:
    """Return the measured demand of features with counts: polygons spread by area, points in their cell.

    Area is measured in an equal-area plane. Attributes go by the names of
    :data:`geo.demand_columns.HEADERS`; a column of counts is required. Features may overlap: each counts.

    Args:
        path: a file of one layer, or of several with ``layer``.
        areas: the district and its streets.
        layer: which layer.
        datum: what the file's degrees really are, where its CRS says WGS-84 but it was drawn on a map in
            GCJ-02 or BD-09.
        presence: group, windows and day types for attributes the layer lacks; default: other, all, both.
        resolution: of the H3 cells, 8-11.

    Raises:
        InvalidDataError: unreadable, no CRS, empty, no counts, or features at fault, each named.
        InvalidParameterError: no such layer, or one must be chosen; the resolution is not 8-11.
    """
    table = _read(path, layer)
    counts = counts_of(
        table.drop(columns="geometry"), presence or Presence(), RowNames("feature", 1), needs_count=True
    )
    shapes = np.asarray(convert_datum(table.geometry.to_numpy(), datum, Datum.WGS84))
    ground = CellGround(areas, resolution)
    flat = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    spots = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    spread = ground.of_polygons(shapes[flat])
    found = ground.of_points(shapely.get_x(shapes[spots]), shapely.get_y(shapes[spots]))
    shares = Shares(
        np.concatenate([flat[spread.source], spots[found.source]]),
        np.concatenate([spread.cell, found.cell]),
        np.concatenate([spread.share, found.share]),
    )
    notes = [source_note(path.name)]
    if len(flat):
        notes.append(
            in_both("面内人数按面积分摊到网格。", "Counts of polygons are spread by area over the cells.")
        )
    return ground.demand(shares, counts, tuple(notes))


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """Return one layer in WGS-84, its geometry checked."""
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer not in layers and (layer is not None or len(layers) != 1):
            raise InvalidParameterError("layer", layer, f"must be one of {', '.join(layers)}")
        table = gpd.read_file(path, layer=layer or layers[0])
    except (DataSourceError, UnicodeDecodeError) as error:
        raise InvalidDataError([Problem("file", None, None, None, f"cannot be read: {error}")]) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise InvalidDataError([Problem("file", None, "geometry", None, "the layer has no geometry")])
    if table.empty:
        raise InvalidDataError([Problem("file", None, None, None, "holds no feature")])
    if table.crs is None:
        raise InvalidDataError([Problem("file", None, "crs", None, "has no coordinate reference system")])
    _check(table)
    try:
        table = table.to_crs("EPSG:4326")
    except ProjError as error:
        raise InvalidDataError([Problem("file", None, "crs", None, f"cannot be used: {error}")]) from error
    table["geometry"] = shapely.force_2d(table.geometry.to_numpy())
    _check(table)
    return table


def _check(table: gpd.GeoDataFrame) -> None:
    problems = []
    for number, shape in enumerate(table.geometry, start=1):
        fault = _fault(shape)
        if fault:
            problems.append(Problem(f"feature {number}", None, "geometry", None, fault))
            if len(problems) >= MAX_PROBLEMS:
                break
    if problems:
        raise InvalidDataError(problems)


def _fault(shape: shapely.Geometry | None) -> str | None:
    if shape is None or shape.is_empty:
        return "is missing"
    if shape.geom_type not in (*_AREAS, _POINT):
        return f"must be a polygon, a multipolygon or a point, not a {shape.geom_type}"
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return "holds coordinates that are not finite"
    if not shape.is_valid:
        return f"is not valid: {shapely.is_valid_reason(shape)}"
    return "has no area" if shape.geom_type in _AREAS and shape.area == 0 else None
