"""Which H3 cells belong to an area, against plain point-in-polygon on every cell around it."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.areas import Area, Areas, shipped_areas
from geo.demand_cells import (
    area_cells,
    cell_centres,
    cell_names,
    cell_numbers,
    cell_polygons,
    cell_table,
    cells_of_points,
    cells_touching,
    neighbour_pairs,
)
from geo.errors import InvalidParameterError

HOLED = shapely.MultiPolygon(
    [
        shapely.Polygon(
            [(109.00, 34.20), (109.06, 34.20), (109.06, 34.25), (109.00, 34.25)],
            [[(109.02, 34.21), (109.05, 34.21), (109.05, 34.24), (109.02, 34.24)]],
        ),
        shapely.Polygon([(109.08, 34.20), (109.10, 34.20), (109.09, 34.23)]),
    ]
)


def areas_of(shape, *streets) -> Areas:
    parts = streets or (shape,)
    return Areas(
        Area("610111", "区", "district", shape),
        tuple(Area(f"61011100{n}", f"街{n}", "street", part) for n, part in enumerate(parts, start=1)),
    )


def cells_around(shape, resolution: int) -> list[str]:
    """Every cell anywhere near a shape, by walking outwards from its middle, without its outline."""
    west, south, east, north = shape.bounds
    middle = h3.latlng_to_cell((south + north) / 2, (west + east) / 2, resolution)
    corner_km = max(
        h3.great_circle_distance(h3.cell_to_latlng(middle), (lat, lon), unit="km")
        for lon in (west, east)
        for lat in (south, north)
    )
    rings = int(corner_km / h3.average_hexagon_edge_length(resolution, unit="km")) + 3
    return h3.grid_disk(middle, rings)


def plainly_inside(point_lon: float, point_lat: float, shape) -> bool:
    return bool(shape.covers(shapely.Point(point_lon, point_lat)))


@pytest.mark.parametrize("resolution", [8, 9, 10])
def test_cells_are_those_whose_centre_the_boundary_covers(resolution: int) -> None:
    expected = []
    for cell in cells_around(HOLED, resolution):
        lat, lon = h3.cell_to_latlng(cell)
        if plainly_inside(lon, lat, HOLED):
            expected.append(cell)
    assert len(expected) > 5
    assert cell_names(area_cells(areas_of(HOLED), resolution)) == sorted(expected)


@given(
    st.lists(st.tuples(st.floats(109.0, 109.03), st.floats(34.2, 34.23)), min_size=3, max_size=7, unique=True)
)
@settings(max_examples=25)
def test_random_shapes_agree_with_brute_force(corners) -> None:
    shape = shapely.MultiPoint(corners).convex_hull.buffer(
        0.002
    )  # a shape like any other: no measure is taken
    near = {cell: h3.cell_to_latlng(cell)[::-1] for cell in cells_around(shape, 9)}
    expected = sorted(cell for cell, (lon, lat) in near.items() if plainly_inside(lon, lat, shape))
    assert cell_names(area_cells(areas_of(shape), 9)) == expected
    touching = set(cell_names(cells_touching(shape, 9)))
    polygons = {cell: shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(cell)]) for cell in near}
    assert {cell for cell, polygon in polygons.items() if polygon.intersects(shape)} <= touching


def test_shipped_district_has_cells_in_every_street() -> None:
    areas = shipped_areas()
    table = cell_table(areas, area_cells(areas))
    assert table["cell"].is_monotonic_increasing and table["cell"].is_unique
    assert set(table["street_code"]) == {street.code for street in areas.streets}
    for row in table.iloc[::400].itertuples():
        assert h3.cell_to_latlng(row.cell) == (row.lat, row.lon)
        street = next(one for one in areas.streets if one.geometry.covers(shapely.Point(row.lon, row.lat)))
        assert row.street_code == street.code


def test_a_cell_outside_belongs_to_the_nearest_street_and_a_street_gap_to_none() -> None:
    west, east = shapely.box(109.00, 34.20, 109.02, 34.25), shapely.box(109.04, 34.20, 109.06, 34.25)
    areas = areas_of(shapely.box(109.00, 34.20, 109.06, 34.25), west, east)
    cells = cells_of_points([109.01, 109.03, 109.065, 108.995], [34.22] * 4, 9)
    table = cell_table(areas, cells).set_index("cell")["street_code"]
    wanted = dict(zip(cell_names(cells), ["610111001", None, "610111002", "610111001"], strict=True))
    assert {cell: table[cell] for cell in wanted} == wanted


def test_names_numbers_polygons_and_centres_agree_with_h3() -> None:
    names = [h3.latlng_to_cell(34.27, 109.07, 9), h3.get_pentagons(9)[0]]
    numbers = cell_numbers(names)
    assert cell_names(numbers) == names
    for name, polygon, lon, lat in zip(names, cell_polygons(numbers), *cell_centres(numbers), strict=True):
        assert (lat, lon) == h3.cell_to_latlng(name)
        corners = [(x, y) for y, x in h3.cell_to_boundary(name)]
        np.testing.assert_array_equal(shapely.get_coordinates(polygon)[:-1], corners)
    assert len(cell_polygons(cell_numbers([]))) == 0


@pytest.mark.parametrize("resolution", [7, 12, True, "9"])
def test_other_resolutions_are_refused(resolution) -> None:
    with pytest.raises(InvalidParameterError, match="8, 9, 10 or 11"):
        area_cells(areas_of(HOLED), resolution)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-85, 85),
    st.sampled_from(["anywhere", "pentagon", "seam"]),
    st.integers(1, 11),
    st.randoms(use_true_random=False),
)
def test_neighbours_are_those_of_h3(lon: float, lat: float, where: str, resolution: int, chance) -> None:
    middle = h3.latlng_to_cell(lat, lon, resolution)
    base = h3.cell_to_parent(middle, 0)
    if where == "pentagon":
        middle = chance.choice(list(h3.get_pentagons(resolution)))
    elif where == "seam":  # where three base cells meet
        middle = h3.latlng_to_cell(*h3.cell_to_boundary(base)[0], resolution)
    cells = [cell for cell in h3.grid_disk(middle, 3) if chance.random() < 0.8]
    chance.shuffle(cells)
    one, other = neighbour_pairs(cell_numbers(cells))
    number = {cell: row for row, cell in enumerate(cells)}
    expected = {
        (number[cell], number[near])
        for cell in cells
        for near in h3.grid_disk(cell, 1)
        if near in number and near != cell
    }
    found = list(zip(one.tolist(), other.tolist(), strict=True))
    assert set(found) == expected
    assert len(found) == len(expected)
