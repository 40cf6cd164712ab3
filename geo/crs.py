"""Datums of Chinese maps (WGS-84, GCJ-02, BD-09), geodesic measures and metric planes.

Everything the product stores and computes is WGS-84, longitude first, in degrees. GCJ-02 (Amap, Tencent)
and BD-09 (Baidu) exist only at the doors. "China" is the customary rectangle of the published formulas,
:data:`CHINA_BOUNDS`; Hong Kong, Macau and Taiwan fall inside it. Outside it every conversion is the identity.

The formulas are in :mod:`geo.datum_formulas`. Inverses solve the forward formula: round trips close within
1 mm (GCJ-02) and 1 cm (BD-09) anywhere at least 2 km inside the rectangle's edge. Nearer to the edge a
converted point may leave the rectangle, where the reverse conversion is the identity.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo.datum_formulas import (
    ROOMS,
    Kernel,
    bd_from_gcj,
    bd_from_wgs,
    gcj_from_bd,
    gcj_from_wgs,
    wgs_from_bd,
    wgs_from_gcj,
)
from geo.errors import InvalidParameterError

FloatArray: TypeAlias = npt.NDArray[np.float64]
Coordinate = TypeVar("Coordinate", float, FloatArray)
VertexMap: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

CHINA_BOUNDS = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north in degrees: where GCJ-02 and BD-09 differ from WGS-84."""

GEOD = pyproj.Geod(ellps="WGS84")
"""The ellipsoid every distance of the product is measured on."""

_BLOCK = 32768  # points worked on at once: many for the cost of a call, few for the processor's cache


class Datum(StrEnum):
    """The datums coordinates may arrive or leave in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def parse_datum(text: str) -> Datum:
    """Return the datum named by ``text``; case, spaces, ``-`` and ``_`` don't matter.

    Raises:
        InvalidParameterError: the name is not one of the three.

    >>> parse_datum("GCJ-02")
    <Datum.GCJ02: 'gcj02'>
    """
    name = str(text).casefold().translate({ord(mark): None for mark in " -_"})
    try:
        return Datum(name)
    except ValueError:
        known = ", ".join(datum.value for datum in Datum)
        raise InvalidParameterError("datum", text, f"unknown datum, expected one of {known}") from None


# --- conversions between datums -------------------------------------------------------------------------


def wgs84_to_gcj02(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert WGS-84 degrees to GCJ-02 degrees; scalars or arrays of one shape; NaN gives NaN.

    Raises:
        InvalidParameterError: shapes differ, a value is no number, |lat| > 90 or |lon| > 360.

    >>> lon, lat = wgs84_to_gcj02(109.067, 34.273)
    >>> round(lon, 7), round(lat, 7)
    (109.0721171, 34.2717328)
    """
    return _convert(lon, lat, gcj_from_wgs)


def gcj02_to_wgs84(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert GCJ-02 degrees to WGS-84 degrees, the exact inverse of :func:`wgs84_to_gcj02`."""
    return _convert(lon, lat, wgs_from_gcj)


def gcj02_to_bd09(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert GCJ-02 degrees to BD-09 degrees; arguments and errors as in :func:`wgs84_to_gcj02`."""
    return _convert(lon, lat, bd_from_gcj)


def bd09_to_gcj02(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert BD-09 degrees to GCJ-02 degrees, the exact inverse of :func:`gcj02_to_bd09`."""
    return _convert(lon, lat, gcj_from_bd)


def wgs84_to_bd09(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert WGS-84 degrees to BD-09 degrees; arguments and errors as in :func:`wgs84_to_gcj02`.

    >>> lon, lat = wgs84_to_bd09(109.067, 34.273)
    >>> round(lon, 7), round(lat, 7)
    (109.078512, 34.2780291)
    """
    return _convert(lon, lat, bd_from_wgs)


def bd09_to_wgs84(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert BD-09 degrees to WGS-84 degrees, the exact inverse of :func:`wgs84_to_bd09`."""
    return _convert(lon, lat, wgs_from_bd)


def convert_datum(geometry: Any, source: Datum | str, target: Datum | str) -> Any:
    """Return ``geometry`` (any shapely geometry, or an array of them) with every vertex in ``target``.

    Holes, parts, Z values, the SRID, empty geometries and None are kept; M values are dropped. An array
    (or a list) gives an array of the same shape.

    Raises:
        InvalidParameterError: unknown datum, not a geometry, or a vertex that is no longitude and latitude.

    >>> convert_datum(shapely.Point(109.067, 34.273, 420), "wgs84", "gcj02").z
    420.0
    >>> convert_datum(shapely.Point(), "gcj02", "wgs84").is_empty
    True
    """
    kernel = _KERNELS.get((parse_datum(source), parse_datum(target)))

    def convert(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (lon, lat) if kernel is None else _convert(lon, lat, kernel)

    return _map_vertices(geometry, convert)


def _convert(lon: npt.ArrayLike, lat: npt.ArrayLike, kernel: Kernel) -> tuple[Any, Any]:
    """Apply ``kernel`` inside China, the identity outside, block by block."""
    lons, lats = _numbers("lon", lon), _numbers("lat", lat)
    if lons.shape != lats.shape:
        raise InvalidParameterError("lat", lats.shape, f"shape differs from that of lon, {lons.shape}")
    places = np.empty((2, lons.size))
    width = min(lons.size, _BLOCK)
    # Longer than used, by the length of the result: glibc keeps freed memory up to twice the largest piece,
    # and pages fresh from the system cost more than the whole conversion.
    scratch = np.empty((ROOMS * width + lons.size) * 2)
    room = scratch[: ROOMS * width * 2].reshape(ROOMS, 2, width)
    west, south, east, north = CHINA_BOUNDS
    for start in range(0, lons.size, _BLOCK):
        block = places[:, start : start + _BLOCK]
        block[0], block[1] = (
            lons.reshape(-1)[start : start + _BLOCK],
            lats.reshape(-1)[start : start + _BLOCK],
        )
        lows, highs = np.minimum.reduce(block, axis=1), np.maximum.reduce(block, axis=1)
        if lows[0] >= west and highs[0] <= east and lows[1] >= south and highs[1] <= north:
            kernel(block, room[:, :, : block.shape[1]])
            continue
        x, y = _within("lon", block[0], 360.0), _within("lat", block[1], 90.0)
        block[:, np.isnan(x) | np.isnan(y)] = np.nan  # half a location is none
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        moved = block[:, inside]
        kernel(moved, room[:, :, : moved.shape[1]])
        block[:, inside] = moved
    if lons.ndim == 0:
        return float(places[0, 0]), float(places[1, 0])
    return places[0].reshape(lons.shape), places[1].reshape(lons.shape)


def check_lonlat(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return ``lon`` and ``lat`` as float arrays; NaN is let through as "no location".

    Raises:
        InvalidParameterError: a value is no number, |lat| > 90 or |lon| > 360 (swapped axes, metres).
    """
    return _within("lon", _numbers("lon", lon), 360.0), _within("lat", _numbers("lat", lat), 90.0)


def _numbers(name: str, values: npt.ArrayLike) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidParameterError(name, values, "expected numbers, in degrees") from None


def _within(name: str, array: FloatArray, limit: float) -> FloatArray:
    if array.size and not (array.min() >= -limit and array.max() <= limit):  # NaN goes the long way
        beyond = array[np.abs(array) > limit]
        if beyond.size:
            raise InvalidParameterError(name, float(beyond[0]), f"outside -{limit:g}..{limit:g} degrees")
    return array


_KERNELS: dict[tuple[Datum, Datum], Kernel] = {
    (Datum.WGS84, Datum.GCJ02): gcj_from_wgs,
    (Datum.GCJ02, Datum.WGS84): wgs_from_gcj,
    (Datum.GCJ02, Datum.BD09): bd_from_gcj,
    (Datum.BD09, Datum.GCJ02): gcj_from_bd,
    (Datum.WGS84, Datum.BD09): bd_from_wgs,
    (Datum.BD09, Datum.WGS84): wgs_from_bd,
}


def _map_vertices(geometry: Any, convert: VertexMap) -> Any:
    """Apply ``convert`` to x and y of every vertex of one geometry or an array of them."""
    single = geometry is None or isinstance(geometry, shapely.Geometry)
    shapes = np.empty((), dtype=object) if single else np.asarray(geometry, dtype=object)
    if single:
        shapes[()] = geometry
    for shape in shapes.flat:
        if shape is not None and not isinstance(shape, shapely.Geometry):
            raise InvalidParameterError("geometry", shape, "not a shapely geometry")
    result = shapes.copy()
    solid = shapely.has_z(shapes)
    for has_z in (False, True):
        chosen = (solid == has_z) & ~shapely.is_missing(shapes)
        if not chosen.any():
            continue
        flat = shapes[chosen]
        measured = shapely.has_m(flat)  # shapely would mistake M for Z when it writes coordinates back
        flat[measured] = shapely.from_wkb(shapely.to_wkb(flat[measured], output_dimension=3))
        vertices = shapely.get_coordinates(flat, include_z=has_z)
        vertices[:, 0], vertices[:, 1] = convert(vertices[:, 0].copy(), vertices[:, 1].copy())
        moved = shapely.set_coordinates(flat, vertices)
        result[chosen] = shapely.set_srid(moved, shapely.get_srid(shapes[chosen]))
    return result[()] if single else result


# --- measures and planes --------------------------------------------------------------------------------


def geodesic_distance_m(
    lon1: npt.ArrayLike, lat1: npt.ArrayLike, lon2: npt.ArrayLike, lat2: npt.ArrayLike
) -> Any:
    """Return the geodesic length in metres on the WGS-84 ellipsoid (Karney 2013, through PROJ).

    Arguments are WGS-84 degrees and broadcast against each other; scalars give a float, NaN gives NaN.

    Raises:
        InvalidParameterError: shapes that don't broadcast, |lat| > 90, |lon| > 360, not a number.

    >>> round(geodesic_distance_m(109.0, 34.0, 109.0, 35.0), 3)
    110931.46
    """
    points = (*check_lonlat(lon1, lat1), *check_lonlat(lon2, lat2))
    try:
        spread = [np.ascontiguousarray(part) for part in np.broadcast_arrays(*points)]
    except ValueError:
        shapes = [part.shape for part in points]
        raise InvalidParameterError("lon1, lat1, lon2, lat2", shapes, "shapes don't match") from None
    shape = np.broadcast_shapes(*(part.shape for part in points))
    from_lon, from_lat, to_lon, to_lat = (part.ravel() for part in spread)
    distance = GEOD.inv(from_lon, from_lat, to_lon, to_lat)[2].reshape(shape)
    return distance if shape else float(distance)


def local_metric_crs(lon: float, lat: float, *, equal_area: bool = False) -> pyproj.CRS:
    """Return a plane in metres centred on a WGS-84 place, for planar work on an area the size of a district.

    Azimuthal equidistant by default (distances from the centre are exact; within 30 km lengths are true to
    1e-5); with ``equal_area`` Lambert azimuthal equal-area, in which areas are exact.

    Raises:
        InvalidParameterError: the centre is not a finite longitude and latitude.

    >>> local_metric_crs(109.07, 34.27).axis_info[0].unit_name
    'metre'
    """
    lons, lats = check_lonlat(lon, lat)
    if lons.ndim or lats.ndim or not np.isfinite(lons + lats):
        raise InvalidParameterError("lon, lat", (lon, lat), "the centre must be one finite place")
    projection = "laea" if equal_area else "aeqd"
    return pyproj.CRS.from_dict(
        {"proj": projection, "lon_0": float(lons), "lat_0": float(lats), "datum": "WGS84", "units": "m"}
    )


def to_plane(geometry: Any, plane: pyproj.CRS) -> Any:
    """Project a WGS-84 geometry (or an array of them) to ``plane``; Z and empties are kept."""
    return _map_vertices(geometry, pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True).transform)


def from_plane(geometry: Any, plane: pyproj.CRS) -> Any:
    """Bring a geometry (or an array of them) in ``plane`` back to WGS-84, the inverse of :func:`to_plane`."""
    return _map_vertices(geometry, pyproj.Transformer.from_crs(plane, "EPSG:4326", always_xy=True).transform)
