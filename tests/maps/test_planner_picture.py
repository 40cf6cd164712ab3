"""Very many cells as a picture, and the outlines of gaps: colours, places and limits by independent means."""

from __future__ import annotations

import io

import h3
import numpy as np
import pytest
import shapely
from PIL import Image

from geo.areas import areas_plane, shipped_areas
from geo.crs import to_plane
from geo.demand_cells import area_cells, cell_centres, cell_names
from geo.gap_details import area_polygon
from geo.gaps import GapArea
from maps.map_cell_picture import MAX_SIDE_PX, cell_picture, picture_bounds
from maps.map_layers_coverage import CAUSE, COVERAGE, DEMAND, MAX_STYLED_CELLS, CellFacts
from maps.map_layers_gaps import OUTWARD_M, gap_outlines

DISTRICT = shipped_areas().district.geometry


@pytest.fixture(scope="module")
def facts() -> CellFacts:
    """25,000 cells of the district, their classes in stripes."""
    cells = area_cells(shipped_areas(), 10)
    lon, lat = cell_centres(cells)
    demand = np.linspace(1.0, 2.0, len(cells))
    stripes = (np.arange(len(cells)) % 5).astype(np.uint8)
    size = np.full(len(cells), 2, dtype=np.uint8)
    return CellFacts(
        cells=tuple(cell_names(cells)),
        lon=lon,
        lat=lat,
        demand=demand,
        share=demand * 0,
        if_open=demand * 0,
        minutes=demand,
        size=size,
        thirds=(1.3, 1.6),
        classes={"coverage": stripes, "cause": stripes, "minutes": stripes, "demand": size},
        palettes={"coverage": COVERAGE, "cause": CAUSE, "minutes": COVERAGE, "demand": DEMAND},
    )


def test_every_centre_has_the_colour_of_its_class(facts: CellFacts) -> None:
    assert len(facts.cells) > MAX_STYLED_CELLS
    assert facts.path == "picture"
    image = Image.open(io.BytesIO(cell_picture(facts, "coverage", DISTRICT)))
    assert image.mode == "P"
    assert max(image.size) <= MAX_SIDE_PX
    picture = np.asarray(image.convert("RGBA"))
    (west, south), (east, north) = picture_bounds(facts)

    def mercator(lat: float) -> float:
        return float(np.arctanh(np.sin(np.radians(lat))))

    inner = shapely.buffer(DISTRICT, -0.002)
    seen = 0
    for number in range(0, len(facts.cells), 97):
        if not inner.contains(shapely.Point(facts.lon[number], facts.lat[number])):
            continue
        x = round((facts.lon[number] - west) / (east - west) * image.size[0])
        y = round(
            (mercator(north) - mercator(facts.lat[number]))
            / (mercator(north) - mercator(south))
            * image.size[1]
        )
        fill = COVERAGE[int(facts.classes["coverage"][number])].fill
        assert "#{:02X}{:02X}{:02X}".format(*picture[y, x][:3]) == fill
        assert picture[y, x][3] == 255
        seen += 1
    assert seen > 100


def test_nothing_is_painted_outside_the_district(facts: CellFacts) -> None:
    picture = np.asarray(Image.open(io.BytesIO(cell_picture(facts, "demand", DISTRICT))).convert("RGBA"))
    (west, south), (east, north) = picture_bounds(facts)
    rows, columns = np.nonzero(picture[:, :, 3])
    height, width = picture.shape[:2]
    top, bottom = (np.arctanh(np.sin(np.radians(lat))) for lat in (north, south))
    lat = np.degrees(np.arcsin(np.tanh(top - (rows + 0.5) / height * (top - bottom))))
    lon = west + (columns + 0.5) / width * (east - west)
    pixel = (east - west) / width
    chosen = np.random.default_rng(3).choice(len(rows), 3000, replace=False)
    wider = shapely.buffer(DISTRICT, 1.5 * pixel)
    assert shapely.contains_xy(wider, lon[chosen], lat[chosen]).all()


def test_outline_holds_its_cells_and_stays_near_them() -> None:
    middle = h3.latlng_to_cell(34.27, 109.06, 9)
    ring = tuple(h3.grid_ring(middle, 1))  # six cells around a hole
    plane = areas_plane(shipped_areas())
    outline = gap_outlines([GapArea("610111001", ring, 1.0)], plane)[0]
    cells = to_plane(area_polygon(GapArea("610111001", ring, 1.0)), plane)
    drawn = to_plane(outline, plane)
    assert not outline.interiors
    assert drawn.buffer(1).contains(cells)
    assert cells.buffer(OUTWARD_M + 1).contains(drawn.exterior)
