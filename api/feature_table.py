"""Features laid out for the OGC API: filtered by box and property, encoded once.

A collection of 200,000 features answers from numpy masks; the bytes of a feature are made when it is first
asked for and kept as long as the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class FeatureTable:
    """Features in order. ``feature(row)`` gives the GeoJSON object, ``value(row, name)`` one property."""

    ids: Sequence[str]
    geometries: Callable[[NDArray[np.intp]], NDArray[np.object_]]
    """The geometries of rows, None where one has no place."""
    feature: Callable[[int], Mapping[str, Any]]
    value: Callable[[int, str], Any]
    row_of: Mapping[str, int]
    _bounds: NDArray[np.float64]
    _encoded: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        ids: Sequence[str],
        geometries: Sequence[shapely.Geometry | None],
        feature: Callable[[int], Mapping[str, Any]],
        value: Callable[[int, str], Any],
    ) -> FeatureTable:
        """Lay out features; ``geometries`` are WGS-84 or None."""
        shapes = np.array([*geometries, None], dtype=object)[:-1]
        row_of = dict(zip(ids, range(len(ids)), strict=True))
        return cls(ids, shapes.__getitem__, feature, value, row_of, shapely.bounds(shapes).reshape(-1, 4))

    @classmethod
    def of_points(
        cls,
        row_of: Mapping[str, int],
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        feature: Callable[[int], Mapping[str, Any]],
        value: Callable[[int, str], Any],
    ) -> FeatureTable:
        """Lay out features that are points in the order of ``row_of``; NaN where one has no place."""

        def points(rows: NDArray[np.intp]) -> NDArray[np.object_]:
            made: NDArray[np.object_] = shapely.points(lon[rows], lat[rows])
            made[np.isnan(lon[rows])] = None
            return made

        return cls(tuple(row_of), points, feature, value, row_of, np.column_stack([lon, lat, lon, lat]))

    def with_properties(
        self, feature: Callable[[int], Mapping[str, Any]], value: Callable[[int, str], Any]
    ) -> FeatureTable:
        """Return the same ids and shapes with other properties; nothing encoded is taken over."""
        return replace(self, feature=feature, value=value, _encoded={})

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def extent(self) -> Box | None:
        """West, south, east, north of all geometries; None when there is none."""
        located = self._bounds[~np.isnan(self._bounds[:, 0])]
        if not len(located):
            return None
        west, south = located[:, :2].min(axis=0).tolist()
        east, north = located[:, 2:].max(axis=0).tolist()
        return west, south, east, north

    def encoded(self, row: int) -> bytes:
        """Return the feature as JSON bytes."""
        known = self._encoded.get(row)
        if known is None:
            known = self._encoded[row] = orjson.dumps(self.feature(row))
        return known

    def in_box(self, box: Box) -> BoolArray:
        """Return which features touch the box (west, south, east, north; west > east crosses 180°).

        Features without geometry match any box, as OGC API - Features has it.
        """
        west, south, east, north = box
        if west > east:
            crossing: BoolArray = self.in_box((west, south, 180.0, north))
            return crossing | self.in_box((-180.0, south, east, north))
        low_x, low_y, high_x, high_y = self._bounds.T
        missing = np.isnan(low_x)
        near = (low_x <= east) & (high_x >= west) & (low_y <= north) & (high_y >= south)
        # The bounds of a point are the point; other shapes are looked at themselves.
        wide = np.flatnonzero(near & ((low_x < high_x) | (low_y < high_y)))
        near[wide] = shapely.intersects(self.geometries(wide), rectangle(box))
        matches: BoolArray = near | missing
        return matches

    def with_values(self, rows: NDArray[np.intp], wanted: Mapping[str, Any]) -> NDArray[np.intp]:
        """Return those of ``rows`` whose properties equal ``wanted``."""
        if not wanted:
            return rows
        keep = [row for row in rows.tolist() if all(self._is(row, *pair) for pair in wanted.items())]
        return np.array(keep, dtype=np.intp)

    def _is(self, row: int, name: str, wanted: Any) -> bool:
        value = self.value(row, name)
        return bool(wanted in value if isinstance(value, tuple | list) else value == wanted)


def rectangle(box: Box) -> shapely.Geometry:
    """Return the box as a geometry; a box without width or height is a line or a point."""
    west, south, east, north = box
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def with_members(feature: bytes, members: Mapping[str, Any]) -> bytes:
    """Return an encoded JSON object with ``members`` added at its end.

    >>> with_members(b'{"a":1}', {"b": 2})
    b'{"a":1,"b":2}'
    """
    return feature[:-1] + b"," + orjson.dumps(members)[1:] if members else feature
