"""Names on printed maps: neighbours outside the district, places beside marks, nothing over anything."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely

from geo.areas import shipped_areas
from maps.basemap import shipped_places
from maps.sheet_frame import Frame
from maps.sheet_labels import Label, map_labels

SIZE = (794, 650)
LEGEND = (484.0, 340.0, 794.0, 650.0)


def frame() -> Frame:
    """The report's first map."""
    return Frame.around(shipped_areas().district.geometry.bounds, SIZE, 16, 0.28)


def marks(number: int) -> list[tuple[float, float]]:
    """Marks on the plane at the first located places: where stations stand."""
    at = [one["geometry"]["coordinates"][:2] for one in shipped_places() if one["geometry"]][:number]
    x, y = frame().at(*np.array(at).reshape(-1, 2).T)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def covered(label: Label) -> shapely.Geometry:
    """The letters of a name: 10 px wide each at least, 8 px high."""
    width = 10.0 * len(label.text)
    left = {"start": label.x, "end": label.x - width, "middle": label.x - width / 2}[label.anchor]
    return shapely.box(left, label.y - 9, left + width, label.y - 1)


@pytest.mark.parametrize("number", [0, 60])
def test_names_stand_clear_of_each_other_of_marks_and_legend(number: int) -> None:
    found = map_labels(frame(), shipped_areas(), list(shipped_places()), marks(number), (LEGEND,))
    names = [one for one in found if one.kind != "street"]
    assert sum(one.kind == "street" for one in found) == 9
    assert sum(one.kind == "place" for one in found) > 10
    for one, other in combinations(found, 2):
        assert not covered(one).intersects(covered(other)), (one, other)
    for one in names:
        assert not covered(one).intersects(shapely.box(*LEGEND))
        assert shapely.box(0, 0, *SIZE).contains(covered(one))
        for x, y in marks(number):
            assert covered(one).distance(shapely.Point(x, y)) > 4


def test_neighbours_are_named_outside_the_district() -> None:
    found = map_labels(frame(), shipped_areas(), [], [], (LEGEND,))
    near = {one.text: one for one in found if one.kind == "near"}
    assert {"未央区", "临潼区", "长安区", "蓝田县"} <= set(near)
    district = frame().shape(shipped_areas().district.geometry)
    assert not any(covered(one).intersects(district) for one in near.values())
    # by the map: Weiyang lies west, Lintong east, Chang'an south of the district's middle
    middle = district.centroid
    assert near["未央区"].x < middle.x < near["临潼区"].x
    assert near["长安区"].y > middle.y


def test_a_map_of_one_corner_names_no_neighbour_that_lies_elsewhere() -> None:
    corner = Frame.around((109.06, 34.26, 109.08, 34.28), SIZE, 16)
    assert not [one for one in map_labels(corner, shipped_areas(), [], []) if one.kind == "near"]
