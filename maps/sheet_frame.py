"""The plane a still map is drawn on: from degrees to px, and shapes as the data of SVG paths."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Frame:
    """The plane the map is drawn on: px from the top left; ``scale`` px a metre.

    >>> frame = Frame.around((109.0, 34.0, 109.2, 34.2), (400, 500), 10)
    >>> x, y = frame.at(109.1, 34.1)
    >>> round(x), round(y)
    (200, 250)
    """

    west: float
    north: float
    cosine: float
    scale: float
    left: float
    top: float
    width: int
    height: int

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        size: tuple[int, int],
        padding: float,
        at_left: float = 0.5,
    ) -> Frame:
        """Return the frame that shows ``bounds`` (west, south, east, north; degrees).

        ``at_left`` is the part of the room beside them that lies at the left: 0.5 is the middle.
        """
        width, height = size
        west, south, east, north = bounds
        cosine = math.cos(math.radians((south + north) / 2))
        wide_m = (east - west) * cosine * _METRES_PER_DEGREE
        high_m = (north - south) * _METRES_PER_DEGREE
        scale = min((width - 2 * padding) / wide_m, (height - 2 * padding) / high_m)
        left, top = (width - wide_m * scale) * at_left, (height - high_m * scale) / 2
        return cls(west, north, cosine, scale, left, top, width, height)

    def at(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """Return where a point (or arrays of points) lies, px."""
        x = self.left + (lon - self.west) * self.cosine * _METRES_PER_DEGREE * self.scale
        y = self.top + (self.north - lat) * _METRES_PER_DEGREE * self.scale
        return x, y

    @property
    def per_px(self) -> dict[str, float]:
        """Return what a script needs to read degrees off a click: corner, and degrees a px."""
        lon_px = 1 / (self.cosine * _METRES_PER_DEGREE * self.scale)
        lat_px = 1 / (_METRES_PER_DEGREE * self.scale)
        return {
            "west": self.west - self.left * lon_px,
            "north": self.north + self.top * lat_px,
            "lon": lon_px,
            "lat": lat_px,
        }

    def path(self, geometry: BaseGeometry) -> str:
        """Return the rings of a polygon as the data of an SVG path."""
        rings = []
        for part in getattr(geometry, "geoms", [geometry]):
            for ring in (part.exterior, *part.interiors):
                x, y = self.at(*np.array(ring.coords)[:, :2].T)
                rings.append(ring_path(zip(x, y, strict=True)))
        return "".join(rings)

    def shape(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry of degrees in px."""
        return shapely.transform(geometry, lambda at: np.column_stack(self.at(*at.T)))


def ring_path(points: Iterable[tuple[float, ...]]) -> str:
    """Return a closed ring of px as the data of an SVG path."""
    return "M" + "L".join(f"{point[0]:.1f} {point[1]:.1f}" for point in points) + "Z"
