"""Very many cells as a picture, and the outlines of gaps: colours, places and limits by independent means."""

from __future__ import annotations

import io
from dataclasses import replace

import h3
import numpy as np
import pytest
import shapely
from PIL import Image
from scipy import ndimage

from geo.areas import areas_plane, shipped_areas
from geo.crs import to_plane
from geo.demand_cells import area_cells, cell_centres, cell_names
from geo.gap_details import area_polygon
from geo.gaps import GapArea
from maps.map_cell_picture import MAX_SIDE_PX, PictureView, cell_picture, picture_bounds
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


def mercator(lat: float) -> float:
    """Web Mercator's north from the pole-to-pole formula, in radians."""
    return float(np.arctanh(np.sin(np.radians(lat))))


def view_around(lon: float, lat: float, zoom: float) -> PictureView:
    """A view of 801 x 601 pixels whose middle pixel holds the place."""
    world = 256 * 2**zoom
    x, y = (lon + 180) / 360 * world, (1 - mercator(lat) / np.pi) / 2 * world
    return PictureView(zoom, int(x) - 400, int(y) - 300, 801, 601)


@pytest.mark.parametrize("zoom", [12.25, 13, 14.5, 17])
def test_a_view_shows_a_cell_in_its_place_and_colour(facts: CellFacts, zoom: float) -> None:
    inner = shapely.buffer(DISTRICT, -0.002)
    seen = 0
    for number in range(0, len(facts.cells), 1201):
        lon, lat = float(facts.lon[number]), float(facts.lat[number])
        if not inner.contains(shapely.Point(lon, lat)):
            continue
        image = Image.open(io.BytesIO(cell_picture(facts, "cause", DISTRICT, view_around(lon, lat, zoom))))
        assert image.size == (801, 601)
        colour = "#{:02X}{:02X}{:02X}".format(*image.convert("RGB").getpixel((400, 300)))
        one = CAUSE[int(facts.classes["cause"][number])]
        assert colour in ({"#F3F2EE", "#7A8087"} if one.fill == "hatch" else {one.fill})
        seen += 1
    assert seen > 5


@pytest.mark.parametrize("zoom", [9.5, 12, 13.75, 15])
def test_pictures_beside_each_other_meet(facts: CellFacts, zoom: float) -> None:
    whole = view_around(109.06, 34.28, zoom)
    left = replace(whole, width=333)
    right = replace(whole, left=whole.left + 333, width=whole.width - 333)
    one, *parts = (
        np.asarray(Image.open(io.BytesIO(cell_picture(facts, "cause", DISTRICT, view))))
        for view in (whole, left, right)
    )
    assert (np.concatenate(parts, axis=1) == one).all()


def test_small_cells_leave_no_holes_and_the_unverified_are_outlined(facts: CellFacts) -> None:
    unsure = replace(facts, classes={**facts.classes, "coverage": np.full_like(facts.size, 4)})
    for zoom in (9.0, 10.5, 12.0, 12.25):
        picture = np.asarray(
            Image.open(io.BytesIO(cell_picture(unsure, "coverage", DISTRICT, view_around(109.1, 34.3, zoom))))
        )
        drawn = picture > 0
        assert drawn.any()
        assert (ndimage.binary_fill_holes(drawn) == drawn).all()
        rim = drawn & ~ndimage.binary_erosion(drawn, border_value=1)
        assert set(np.unique(picture[rim]).tolist()) == {10}  # the edge of the fifth class
        assert set(np.unique(picture[drawn]).tolist()) <= {9, 10}


def test_views_are_read_from_addresses_and_bounded() -> None:
    asked = {"zoom": "12.5", "left": "840000", "top": "416000", "width": "1280", "height": "800"}
    assert PictureView.read(asked) == PictureView(12.5, 840000, 416000, 1280, 800)
    for wrong in ({"width": "0"}, {"height": "x"}, {"zoom": "nan"}, {"zoom": "40"}, {"width": "9000"}):
        assert PictureView.read({**asked, **wrong}) is None
    assert PictureView.read({**asked, "width": "8000", "height": "8000"}) is None
    assert PictureView.read({}) is None


def test_bounds_are_the_corners_of_the_pixels() -> None:
    view = PictureView(11.25, 500480, 248064, 192, 640)
    (west, south), (east, north) = view.bounds()
    world = 256 * 2**11.25
    assert (west + 180) / 360 * world == pytest.approx(500480)
    assert (east + 180) / 360 * world == pytest.approx(500480 + 192)
    assert (1 - mercator(north) / np.pi) / 2 * world == pytest.approx(248064)
    assert (1 - mercator(south) / np.pi) / 2 * world == pytest.approx(248064 + 640)


def test_half_a_million_cells_weigh_little() -> None:
    """Random classes in patches of about a kilometre, as coverage has them, over a whole window."""
    side = 720
    number = np.arange(side * side)
    lon, lat = 108.9 + number % side * 0.00055, 34.1 + number // side * 0.00042
    patch = np.random.default_rng(2).integers(0, 5, (side // 20, side // 20))
    classes = patch.repeat(20, axis=0).repeat(20, axis=1).reshape(-1).astype(np.uint8)
    middle = h3.latlng_to_cell(float(lat[len(lat) // 2]), float(lon[len(lat) // 2]), 11)
    many = CellFacts(
        cells=(middle,) * len(lon),
        lon=lon,
        lat=lat,
        demand=np.ones(len(lon)),
        share=lon * 0,
        if_open=lon * 0,
        minutes=lon * 0,
        size=(number % 3).astype(np.uint8),
        thirds=(1.0, 2.0),
        classes={"coverage": classes, "cause": classes, "minutes": classes, "demand": classes},
        palettes={"coverage": COVERAGE, "cause": CAUSE, "minutes": COVERAGE, "demand": COVERAGE},
    )
    assert len(many.cells) > 500_000
    everywhere = shapely.box(108, 33, 111, 36)
    for zoom in (10.75, 12.0, 13.0):
        view = replace(view_around(109.1, 34.25, zoom), width=2048, height=1280)
        assert len(cell_picture(many, "coverage", everywhere, view)) < 60_000
