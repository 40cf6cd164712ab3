"""Datums of Chinese maps (WGS-84, GCJ-02, BD-09), geodesic measures and metric planes.

Everything the product stores and computes is WGS-84, longitude first, in degrees. GCJ-02 (Amap, Tencent)
and BD-09 (Baidu) exist only at the doors. "China" is the customary rectangle of the published formulas,
:data:`CHINA_BOUNDS`; Hong Kong, Macau and Taiwan fall inside it. Outside it every conversion is the identity.

Formulas: the publicly known GCJ-02 polynomial (Krasovsky 1940 ellipsoid) and Baidu's published polar shift.
Inverses solve the forward formula: round trips close within 1 mm (GCJ-02) and 1 cm (BD-09) anywhere at least
2 km inside the rectangle's edge. Nearer to the edge a converted point may leave the rectangle, where the
reverse conversion is the identity.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo.errors import InvalidParameterError

FloatArray: TypeAlias = npt.NDArray[np.float64]
Coordinate = TypeVar("Coordinate", float, FloatArray)
Kernel: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

CHINA_BOUNDS = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north in degrees: where GCJ-02 and BD-09 differ from WGS-84."""

GEOD = pyproj.Geod(ellps="WGS84")
"""The ellipsoid every distance of the product is measured on."""

_KRASOVSKY_A_M = 6378245.0
_KRASOVSKY_F = 1.0 / 298.3
_KRASOVSKY_E2 = _KRASOVSKY_F * (2.0 - _KRASOVSKY_F)
_DEGREES_PER_M = 180.0 / (np.pi * _KRASOVSKY_A_M)
_GCJ_CENTRE = np.array([[105.0], [35.0]])
_AMPLITUDE_30_M = np.array([[300.0], [320.0]]) * (2.0 / 3.0)  # east and north, wavelength 60 degrees
_AMPLITUDE_12_M = np.array([[150.0], [160.0]]) * (2.0 / 3.0)  # wavelength 24 degrees
_BD_LON, _BD_LAT = 0.0065, 0.006
_BD_RADIUS, _BD_ANGLE = 2e-5, 3e-6
_BD_RATE = np.pi * 3000.0 / 180.0
_BLOCK = 8192  # points worked on at once: the temporaries of one block stay in the processor's cache
_STEPS = 4  # each leaves less than 1/50 of the error: from 40 m (BD-09) or 1/140 from 740 m, to 10 µm


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
    return _convert(lon, lat, _gcj_from_wgs)


def gcj02_to_wgs84(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert GCJ-02 degrees to WGS-84 degrees, the exact inverse of :func:`wgs84_to_gcj02`."""
    return _convert(lon, lat, _wgs_from_gcj)


def gcj02_to_bd09(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert GCJ-02 degrees to BD-09 degrees; arguments and errors as in :func:`wgs84_to_gcj02`."""
    return _convert(lon, lat, _bd_from_gcj)


def bd09_to_gcj02(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert BD-09 degrees to GCJ-02 degrees, the exact inverse of :func:`gcj02_to_bd09`."""
    return _convert(lon, lat, _gcj_from_bd)


def wgs84_to_bd09(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert WGS-84 degrees to BD-09 degrees; arguments and errors as in :func:`wgs84_to_gcj02`.

    >>> lon, lat = wgs84_to_bd09(109.067, 34.273)
    >>> round(lon, 7), round(lat, 7)
    (109.078512, 34.2780291)
    """
    return _convert(lon, lat, _bd_from_wgs)


def bd09_to_wgs84(lon: Coordinate, lat: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Convert BD-09 degrees to WGS-84 degrees, the exact inverse of :func:`wgs84_to_bd09`."""
    return _convert(lon, lat, _wgs_from_bd)


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
    lons, lats = check_lonlat(lon, lat)
    if lons.shape != lats.shape:
        raise InvalidParameterError("lat", lats.shape, f"shape differs from that of lon, {lons.shape}")
    out_lons, out_lats = np.empty(lons.size), np.empty(lons.size)
    west, south, east, north = CHINA_BOUNDS
    for start in range(0, lons.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        x, y = lons.reshape(-1)[block], lats.reshape(-1)[block]
        if x.min() >= west and x.max() <= east and y.min() >= south and y.max() <= north:
            out_lons[block], out_lats[block] = kernel(x, y)
            continue
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        unknown = np.isnan(x) | np.isnan(y)  # half a location is none
        for out, given in ((out_lons[block], x), (out_lats[block], y)):
            out[:] = np.where(unknown, np.nan, given)
        out_lons[block][inside], out_lats[block][inside] = kernel(x[inside], y[inside])
    if lons.ndim == 0:
        return float(out_lons[0]), float(out_lats[0])
    return out_lons.reshape(lons.shape), out_lats.reshape(lons.shape)


def check_lonlat(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return ``lon`` and ``lat`` as float arrays; NaN is let through as "no location".

    Raises:
        InvalidParameterError: a value is no number, |lat| > 90 or |lon| > 360 (swapped axes, metres).
    """
    return _degrees("lon", lon, 360.0), _degrees("lat", lat, 90.0)


def _degrees(name: str, values: npt.ArrayLike, limit: float) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidParameterError(name, values, "expected numbers, in degrees") from None
    if array.size and not (array.min() >= -limit and array.max() <= limit):  # NaN goes the long way
        beyond = array[np.abs(array) > limit]
        if beyond.size:
            raise InvalidParameterError(name, float(beyond[0]), f"outside -{limit:g}..{limit:g} degrees")
    return array


def _gcj_shift_m(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how far GCJ-02 lies east and north of WGS-84 at a WGS-84 place, in the formula's metres.

    A tangent is several times faster than a sine in numpy, and sines follow from the tangent of half the
    angle; the high harmonics follow from the low by the double- and triple-angle formulas. Working in place
    saves a fifth of the time, which goes into fresh memory. ``sin_n`` is sin(πd / n), d = x and y.
    """
    place = np.array([lon, lat])
    place -= _GCJ_CENTRE
    x, y = place
    shift_m = place * (np.pi / 60.0)  # becomes the waves along x (east) and along y (north), then all
    np.tan(shift_m, out=shift_m)
    secant2 = shift_m * shift_m
    secant2 += 1.0
    shift_m /= secant2
    shift_m *= 2.0 * _AMPLITUDE_30_M

    half_sin_12 = place * (np.pi / 24.0)
    np.tan(half_sin_12, out=half_sin_12)
    np.multiply(half_sin_12, half_sin_12, out=secant2)
    secant2 += 1.0
    half_sin_12 /= secant2
    cos_6 = half_sin_12 * half_sin_12
    cos_6 *= -8.0
    cos_6 += 1.0
    sin_3 = np.divide(16.0, secant2, out=secant2)
    sin_3 -= 8.0  # 8 cos_12 so far; sin_3 = 2 sin_6 cos_6 = 8 (sin_12 / 2) cos_12 cos_6
    sin_3 *= half_sin_12
    sin_3 *= cos_6
    half_sin_12 *= 2.0 * _AMPLITUDE_12_M
    shift_m += half_sin_12
    square_3 = sin_3 * sin_3
    square_3 *= -4.0
    cos_1 = (2.0 * cos_6[0] * cos_6[0] - 1.0) * (1.0 + square_3[0])
    square_3 += 3.0
    sin_1 = np.multiply(square_3, sin_3, out=square_3)
    cos_1 *= sin_1[0]
    half = cos_1 * 2.0  # sin(2πx), the double angle
    sin_3 *= 80.0 / 3.0
    shift_m += sin_3
    sin_1 *= 40.0 / 3.0
    shift_m += sin_1

    both_m = half * half
    both_m *= -160.0 / 3.0
    both_m += 160.0 / 3.0
    both_m *= half  # 40/3 (sin(2πx) + sin(6πx)), the triple angle
    both_m += 0.1 * x * y
    shift_m += both_m
    root = 0.1 * np.sqrt(np.abs(x))
    east, north = shift_m
    east += x * (0.1 * x + 1.0) + 2.0 * y + root + 300.0
    north += y * (0.2 * y + 3.0) + 2.0 * (x + root) - 100.0
    return east, north


def _gcj_from_wgs(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    east, north = _gcj_shift_m(lon, lat)
    secant2 = np.tan(lat * (np.pi / 180.0))
    secant2 *= secant2
    secant2 += 1.0
    bend = _KRASOVSKY_E2 / secant2
    bend += 1.0 - _KRASOVSKY_E2  # 1 - e² sin² of the latitude: both radii of curvature follow from it
    east *= np.sqrt(bend * secant2) * _DEGREES_PER_M
    north *= np.sqrt(bend) * bend * (_DEGREES_PER_M / (1.0 - _KRASOVSKY_E2))
    east += lon
    north += lat
    return east, north


def _bd_from_gcj(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    # The published form goes through polar coordinates; turning the vector by so small an angle needs none.
    tangent = np.array([lon, lat])
    tangent *= 0.5 * _BD_RATE
    np.tan(tangent, out=tangent)
    secant2 = tangent * tangent
    secant2 += 1.0
    turn = np.divide(2.0 * _BD_ANGLE, secant2[0], out=secant2[0])
    turn -= _BD_ANGLE  # times cosine
    radius = lon * lon
    radius += lat * lat
    np.sqrt(radius, out=radius)
    radius *= secant2[1]
    scale = np.multiply(2.0 * _BD_RADIUS, tangent[1], out=tangent[1])
    scale /= radius
    scale += 1.0
    across = scale * turn
    turn *= across
    turn *= 0.5
    scale -= turn  # times cosine of the turn
    east, north = scale * lon, scale * lat
    east -= across * lat
    east += _BD_LON
    across *= lon
    north += across
    north += _BD_LAT
    return east, north


def _settle(forward: Kernel, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solve ``forward(x, y) == (lon, lat)`` by fixed-point steps.

    Their number is fixed, not stopped by a tolerance: a vertex must come out the same to the last bit
    whatever else is converted with it, or rings would open and shared borders part.
    """
    x, y = lon, lat
    for _ in range(_STEPS):
        image_x, image_y = forward(x, y)
        x, y = x + (lon - image_x), y + (lat - image_y)
    return x, y


def _wgs_from_gcj(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _settle(_gcj_from_wgs, lon, lat)


def _gcj_from_bd(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _settle(_bd_from_gcj, lon, lat)


def _bd_from_wgs(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _bd_from_gcj(*_gcj_from_wgs(lon, lat))


def _wgs_from_bd(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _wgs_from_gcj(*_gcj_from_bd(lon, lat))


_KERNELS: dict[tuple[Datum, Datum], Kernel] = {
    (Datum.WGS84, Datum.GCJ02): _gcj_from_wgs,
    (Datum.GCJ02, Datum.WGS84): _wgs_from_gcj,
    (Datum.GCJ02, Datum.BD09): _bd_from_gcj,
    (Datum.BD09, Datum.GCJ02): _gcj_from_bd,
    (Datum.WGS84, Datum.BD09): _bd_from_wgs,
    (Datum.BD09, Datum.WGS84): _wgs_from_bd,
}


def _map_vertices(geometry: Any, convert: Kernel) -> Any:
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
