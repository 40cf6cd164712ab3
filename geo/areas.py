"""The district and its street areas: reading them, and which street a place lies in.

The shipped areas are schematic (``areas_basis`` says how they were made); ``areas import FILE`` puts an
operator's own in their place, through :func:`read_areas`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from geo.crs import CHINA_BOUNDS, check_lonlat, local_metric_crs, to_plane
from geo.data_files import data_path
from geo.errors import InvalidDataError, Problem
from geo.geojson import FeatureReader, nonfinite_fields

MAX_AREAS_BYTES = 100_000_000
OVERLAP_SHARE = 0.01
"""Streets may overlap each other, or leave the district, by this share of their area: drawn lines differ."""

_TEXTS = ("areas_basis", "source", "licence", "note")
_COLUMNS = ("code", "name", "kind", "communities", *_TEXTS)

AreaKind = Literal["district", "street"]


@dataclass(frozen=True)
class Area:
    """A district or a street: WGS-84 polygon or multipolygon, and where it comes from.

    ``communities`` is the number of its communities and villages, None where not known.
    """

    code: str
    name: str
    kind: AreaKind
    geometry: BaseGeometry
    communities: int | None = None
    areas_basis: str = "imported"
    source: str = ""
    licence: str = ""
    note: str = ""


@dataclass(frozen=True)
class Areas:
    """One district and its streets, the streets in order of their codes."""

    district: Area
    streets: tuple[Area, ...]

    @property
    def basis(self) -> str:
        """How the streets' areas were made; what results by street carry as ``areas_basis``."""
        return "; ".join(dict.fromkeys(street.areas_basis for street in self.streets))

    def street_names(self) -> dict[str, str]:
        """Return the streets' names by code."""
        return {street.code: street.name for street in self.streets}

    def street_of(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.object_]:
        """Return the code of the street each place lies in, None outside all; an array shaped like ``lon``.

        WGS-84 degrees. A place on a shared edge belongs to the street with the lowest code. NaN gives None.

        Raises:
            InvalidParameterError: not numbers, |lat| > 90, |lon| > 360.

        >>> shipped_areas().street_of([109.1128, 0.0], [34.3182, 0.0])
        array(['610111005', None], dtype=object)
        """
        lons, lats = np.broadcast_arrays(*check_lonlat(lon, lat))
        codes = np.full(lons.size, None, dtype=object)
        finite = np.flatnonzero(np.isfinite(lons.ravel() + lats.ravel()))
        x, y = lons.ravel()[finite], lats.ravel()[finite]
        for street in reversed(self.streets):  # the lowest code is written last
            west, south, east, north = street.geometry.bounds
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            shapely.prepare(street.geometry)
            codes[finite[near[shapely.intersects_xy(street.geometry, x[near], y[near])]]] = street.code
        return codes.reshape(lons.shape)

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the district, then the streets, as a WGS-84 table."""
        areas = (self.district, *self.streets)
        columns = {name: [getattr(area, name) for area in areas] for name in _COLUMNS}
        return gpd.GeoDataFrame(columns, geometry=[area.geometry for area in areas], crs="EPSG:4326")


@lru_cache(maxsize=1)
def shipped_areas() -> Areas:
    """Return the areas shipped with the product."""
    return read_areas(data_path("areas.geojson"))


def areas_plane(areas: Areas) -> pyproj.CRS:
    """Return the equal-area plane in metres centred on the district."""
    middle = shapely.box(*areas.district.geometry.bounds).centroid
    return local_metric_crs(middle.x, middle.y, equal_area=True)


def area_to_feature(area: Area) -> dict[str, Any]:
    """Return the GeoJSON feature of an area."""
    properties = {name: getattr(area, name) for name in _COLUMNS}
    geometry = shapely.geometry.mapping(area.geometry)
    return {"type": "Feature", "id": area.code, "geometry": geometry, "properties": properties}


def read_areas(source: Path | bytes) -> Areas:
    """Read and check areas from a GeoJSON file (WGS-84, longitude first) or its bytes.

    Each feature is a Polygon or MultiPolygon with ``code`` and ``name``; ``kind`` is ``district`` or
    ``street`` (the default). Without a district feature the union of the streets is the district, its code
    the six digits all street codes begin with.

    Raises:
        InvalidDataError: every problem found: geometry, codes, names, kinds, overlaps, streets out of the
            district.
    """
    reader = FeatureReader(source, max_bytes=MAX_AREAS_BYTES)
    areas: list[Area] = []
    problems: list[Problem] = []
    for number, feature in reader:
        found = list(_feature_problems(feature, f"feature {number}"))
        problems += found
        if not found:
            areas.append(_area(feature))
    if areas or not problems:
        problems += _set_problems(areas)
    if problems:
        raise InvalidDataError(problems)
    streets = tuple(sorted((area for area in areas if area.kind == "street"), key=lambda area: area.code))
    district = next((area for area in areas if area.kind == "district"), None) or _union_of(streets)
    result = Areas(district, streets)
    if misplaced := list(_misplaced(result)):
        raise InvalidDataError(misplaced)
    return result


def _area(feature: Mapping[str, Any]) -> Area:
    properties = feature["properties"]
    texts = {name: properties[name] for name in _TEXTS if properties.get(name) is not None}
    return Area(
        code=properties["code"],
        name=properties["name"].strip(),
        kind=properties.get("kind") or "street",
        geometry=_shape(feature["geometry"]),
        communities=properties.get("communities"),
        **texts,
    )


def _feature_problems(feature: Any, where: str) -> Iterator[Problem]:
    """Yield what is wrong with one feature by itself."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        yield Problem(where, None, "properties", properties, "not a GeoJSON feature with properties")
        return
    known = properties.get("name") if isinstance(properties.get("name"), str) else None
    for name in ("code", "name"):
        value = properties.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > 100:
            yield Problem(where, known, name, value, "must be a text of 1 to 100 characters")
    for name in _TEXTS:
        value = properties.get(name)
        if value is not None and not isinstance(value, str):
            yield Problem(where, known, name, value, "must be a text or left out")
    if properties.get("kind") not in (None, "district", "street"):
        yield Problem(where, known, "kind", properties["kind"], "must be district or street")
    count = properties.get("communities")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
        yield Problem(where, known, "communities", count, "must be a whole number, or left out")
    if message := _shape_fault(feature.get("geometry")):
        yield Problem(where, known, "geometry", None, message)


def _shape(geometry: Mapping[str, Any]) -> BaseGeometry:
    return shapely.force_2d(shapely.geometry.shape(geometry))


def _shape_fault(geometry: object) -> str | None:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return "must be a Polygon or a MultiPolygon"
    if any(True for _ in nonfinite_fields(geometry)):
        return "NaN and Infinity are no coordinates"
    try:
        shape = _shape(geometry)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, ShapelyError) as error:
        return f"unreadable coordinates: {error}"
    if shape.is_empty:
        return "is empty"
    china = shapely.box(*CHINA_BOUNDS)
    if not china.covers(shape.envelope):
        swapped = china.covers(shapely.transform(shape.envelope, lambda lonlat: lonlat[:, ::-1]))
        return "lies outside China" + ("; longitude and latitude look swapped" if swapped else "")
    return None if shape.is_valid else f"is not valid: {shapely.is_valid_reason(shape)}"


def _set_problems(areas: list[Area]) -> Iterator[Problem]:
    """Yield what is wrong with the areas taken together: kinds, codes, names, the missing district."""
    kinds = Counter(area.kind for area in areas)
    if kinds["district"] > 1:
        yield Problem("document", None, "kind", kinds["district"], "only one district is possible")
    if not kinds["street"]:
        yield Problem("document", None, "kind", 0, "at least one street is needed")
    for name in ("code", "name"):
        counts = Counter((getattr(area, name), area.kind if name == "name" else "") for area in areas)
        for (value, _), count in counts.items():
            if count > 1:
                yield Problem("document", None, name, value, f"used by {count} areas")
    if kinds["street"] and not kinds["district"] and len({area.code[:6] for area in areas}) > 1:
        yield Problem(
            "document",
            None,
            "code",
            None,
            "without a district, street codes must begin with the same six digits",
        )


def _union_of(streets: tuple[Area, ...]) -> Area:
    code = streets[0].code[:6]
    basis = "union of the imported streets"
    return Area(code, code, "district", shapely.union_all([s.geometry for s in streets]), areas_basis=basis)


def _misplaced(areas: Areas) -> Iterator[Problem]:
    """Yield the streets that overlap each other, or leave the district, by more than drawing error."""
    plane = areas_plane(areas)
    district = to_plane(areas.district.geometry, plane)
    shapes = {street.name: to_plane(street.geometry, plane) for street in areas.streets}
    for name, shape in shapes.items():
        outside_m2 = shape.difference(district).area
        if outside_m2 > OVERLAP_SHARE * shape.area:
            km2 = round(outside_m2 / 1e6, 3)
            yield Problem("document", name, "geometry", km2, "km² of the street lie outside the district")
    for (name, shape), (other, other_shape) in combinations(shapes.items(), 2):
        shared_m2 = shape.intersection(other_shape).area
        if shared_m2 > OVERLAP_SHARE * min(shape.area, other_shape.area):
            km2 = round(shared_m2 / 1e6, 3)
            yield Problem("document", name, "geometry", km2, f"km² of the street overlap {other}")
