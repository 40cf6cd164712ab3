"""Where names stand on a still map: streets, places, neighbours. A name that finds no room is left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.areas import Areas
from maps.basemap import neighbours, short_street
from maps.sheet_frame import Frame

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; px."""
MARK_PX = 7.0
_STREET_PX, _PLACE_PX, _NEAR_PX = 17.0, 12.3, 19.5  # a letter with its spacing
_PLACE_CHARS, _NEAR_REACH_PX, _ASIDE_PX = 8, 40.0, 5.0
_PLACE_ROOM = (  # which names come first where there is not room for all
    "rail_station", "stadium", "expo", "park", "scenic", "mall", "hospital", "market", "metro_station",
    "college", "government",
)  # fmt: skip


@dataclass(frozen=True)
class Label:
    """A name on the map; ``kind`` is ``street``, ``place`` or ``near``; ``dot`` is the place it names."""

    text: str
    x: float
    y: float
    kind: str
    anchor: str = "middle"
    dot: tuple[float, float] | None = None


def map_labels(
    frame: Frame,
    areas: Areas,
    places: Iterable[Mapping[str, Any]],
    marks: Sequence[tuple[float, float]],
    kept: Sequence[Box] = (),
) -> tuple[Label, ...]:
    """Return the names of streets, of places where nothing else stands, and of the neighbours.

    Args:
        frame: the plane.
        areas: names the streets; a neighbour's name stands wholly outside the district.
        places: GeoJSON point features with ``name`` and ``kind``.
        marks: where marks stand, px.
        kept: room for other things, px.
    """
    signs = [(x - MARK_PX, y - MARK_PX, x + MARK_PX, y + MARK_PX) for x, y in marks]
    boxes = [*signs, *kept]
    labels = []
    for street in areas.streets:
        middle = shapely.get_point(shapely.maximum_inscribed_circle(street.geometry, tolerance=1e-4), 0)
        x, y = frame.at(middle.x, middle.y)
        text = short_street(street.name)
        x, y, box = _free(float(x), float(y), len(text) * _STREET_PX, _STREET_PX, boxes)
        boxes.append(box)
        labels.append(Label(text, round(x, 1), round(y + 5, 1), "street"))
    labels += _places(frame, areas, places, signs, boxes)
    return (*labels, *_neighbours(frame, areas, boxes))


def _places(
    frame: Frame,
    areas: Areas,
    places: Iterable[Mapping[str, Any]],
    signs: Sequence[Box],
    boxes: list[Box],
) -> Iterator[Label]:
    """Yield the places' names, the weightiest first; each takes its room of ``boxes``."""
    ranked = sorted(
        (place for place in places if place["properties"]["kind"] in _PLACE_ROOM and place["geometry"]),
        key=lambda place: (
            _PLACE_ROOM.index(place["properties"]["kind"]),
            len(place["properties"]["name"]),
            place["properties"]["name"],
        ),
    )
    for place in ranked:
        name, at = str(place["properties"]["name"]), place["geometry"]["coordinates"][:2]
        if len(name) > _PLACE_CHARS or not shapely.Point(at).within(areas.district.geometry):
            continue
        x, y = (round(float(value), 1) for value in frame.at(*at))
        is_marked = any(_meet((x, y, x, y), sign) for sign in signs)
        aside = MARK_PX + 2 if is_marked else _ASIDE_PX
        width = len(name) * _PLACE_PX
        for anchor, left, top in (
            ("start", x + aside, y - 7),
            ("end", x - aside - width, y - 7),
            ("middle", x - width / 2, y + aside),
            ("middle", x - width / 2, y - aside - 14),
        ):
            box = (left, top, left + width, top + 14)
            own = (
                box
                if is_marked
                else (min(left, x - 3), min(top, y - 3), max(box[2], x + 3), max(box[3], y + 3))
            )
            if _inside(box, frame) and not any(_meet(own, other) for other in boxes):
                boxes.append(own)
                at_x = {"start": left, "end": left + width, "middle": x}[anchor]
                yield Label(
                    name, round(at_x, 1), round(top + 11, 1), "place", anchor, None if is_marked else (x, y)
                )
                break


def _neighbours(frame: Frame, areas: Areas, boxes: list[Box]) -> Iterator[Label]:
    """Yield the names of what lies around, each wholly outside the district."""
    district = frame.shape(areas.district.geometry).buffer(_ASIDE_PX)
    shapely.prepare(district)
    for name, lon, lat in neighbours(areas):
        x, y = (float(value) for value in frame.at(lon, lat))
        width = len(name) * _NEAR_PX
        if not (-_NEAR_REACH_PX < x < frame.width + _NEAR_REACH_PX and -_NEAR_REACH_PX < y < frame.height):
            continue
        for dx, dy in _shifts(150.0, 15.0, 16):
            box = (x + dx - width / 2, y + dy - 9, x + dx + width / 2, y + dy + 9)
            if (
                _inside(box, frame)
                and not any(_meet(box, other) for other in boxes)
                and not district.intersects(shapely.box(*box))
            ):
                boxes.append(box)
                yield Label(name, round(x + dx, 1), round(y + dy + 5, 1), "near")
                break


def _inside(box: Box, frame: Frame) -> bool:
    return box[0] > 4 and box[1] > 4 and box[2] < frame.width - 4 and box[3] < frame.height - 4


def _shifts(most: float, step: float, turns: int) -> list[tuple[float, float]]:
    """Return (0, 0) and the points around it, the nearest first."""
    radii = np.arange(step, most + step / 2, step)
    angles = np.linspace(0, 2 * math.pi, turns, endpoint=False)
    return [(0.0, 0.0)] + [(float(r * math.cos(t)), float(r * math.sin(t))) for r in radii for t in angles]


def _free(
    x: float, y: float, width: float, height: float, boxes: Sequence[tuple[float, float, float, float]]
) -> tuple[float, float, tuple[float, float, float, float]]:
    """Return where a street's name stands: at its point, or moved up to 70 px to a free spot near it."""
    shifts = _shifts(70.0, 14.0, 12)

    def box(dx: float, dy: float) -> tuple[float, float, float, float]:
        return (x + dx - width / 2, y + dy - height / 2, x + dx + width / 2, y + dy + height / 2)

    dx, dy = min(
        shifts, key=lambda shift: (sum(_meet(box(*shift), other) for other in boxes), shifts.index(shift))
    )
    return x + dx, y + dy, box(dx, dy)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
