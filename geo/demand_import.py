"""Measured worker demand from a file of any supported kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from geo.areas import Areas
from geo.crs import Datum
from geo.demand import Demand
from geo.demand_cells import DEFAULT_RESOLUTION
from geo.demand_columns import Presence
from geo.demand_points import import_table
from geo.demand_polygons import import_features
from geo.demand_raster import import_raster
from geo.errors import InvalidParameterError

TABLES, FEATURES, RASTERS = (".csv", ".xlsx"), (".gpkg", ".geojson", ".json"), (".tif", ".tiff")


def import_demand(
    path: Path,
    areas: Areas,
    *,
    datum: Datum | None = None,
    presence: Presence | None = None,
    resolution: int = DEFAULT_RESOLUTION,
    layer: str | None = None,
    band: int = 1,
    nodata: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Demand:
    """Return the measured demand of a file, by its ending; input total = kept + ``outside``.

    Counts that hold in several windows and day types count once in each, inside and outside alike.

    Args:
        path: ``.csv``, ``.xlsx`` (points or cells), ``.gpkg``, ``.geojson`` (polygons or points), ``.tif``.
        areas: the district and its streets.
        datum: of coordinates; required for tables with ``lon`` and ``lat``, not used for rasters.
        presence: group, windows and day types where the file doesn't say; default: other, all, both.
        resolution: of the H3 cells, 8-11.
        layer: of a GeoPackage with several.
        band: of a raster.
        nodata: a raster's value for no data, beside its own.
        progress: is told the share that is done (rasters only).

    Raises:
        InvalidDataError: the file, or rows, features or pixels of it, each named.
        InvalidParameterError: the ending is none of these; as for the three kinds of import.
    """
    ending = path.suffix.lower()
    if ending in TABLES:
        return import_table(path, areas, datum=datum, presence=presence, resolution=resolution)
    if ending in FEATURES:
        return import_features(
            path,
            areas,
            layer=layer,
            datum=datum or Datum.WGS84,
            presence=presence,
            resolution=resolution,
        )
    if ending in RASTERS:
        return import_raster(
            path,
            areas,
            band=band,
            nodata=nodata,
            presence=presence,
            resolution=resolution,
            progress=progress,
        )
    known = ", ".join((*TABLES, *FEATURES, *RASTERS))
    raise InvalidParameterError("file", path.name, f"must end in one of {known}")
