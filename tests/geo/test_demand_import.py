"""Measured demand from tables, polygons and rasters: nothing lost, every fault named.

The oracle spreads by area with exact polygons in another equal-area plane, pair by pair.
"""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo.areas import Area, Areas
from geo.crs import Datum, wgs84_to_gcj02
from geo.demand import Demand
from geo.demand_columns import Presence
from geo.demand_import import import_demand
from geo.demand_polygons import import_features
from geo.demand_raster import import_raster
from geo.errors import InvalidDataError, InvalidParameterError

BOX = shapely.box(109.00, 34.20, 109.06, 34.25)
HOLE = shapely.box(109.02, 34.215, 109.04, 34.235)
RING = BOX.difference(HOLE)
NOON = Presence("courier", ("T3",), ("weekday",))
# China's equal-area conic
TO_ALBERS = Transformer.from_crs(
    "EPSG:4326", "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84 +units=m", always_xy=True
)


def areas_of(shape=BOX) -> Areas:
    return Areas(Area("610111", "区", "district", shape), (Area("610111001", "街", "street", shape),))


def total(demand: Demand) -> float:
    return math.fsum(demand.rows["demand"]) + demand.outside


def by_cell(demand: Demand) -> dict[str, float]:
    return demand.rows.groupby(demand.rows["cell"].astype(str))["demand"].sum().to_dict()


def in_albers(shape):
    vertices = shapely.segmentize(shape, 0.003)
    return shapely.transform(vertices, lambda xy: np.column_stack(TO_ALBERS.transform(*xy.T)))


def hexagon(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def spread_by_hand(shapes, counts, boundary, cells) -> dict[str, float]:
    """Each cell's demand: area of shape ∩ boundary ∩ cell over the shape's, pair by pair."""
    ground = in_albers(boundary)
    found = dict.fromkeys(cells, 0.0)
    for shape, count in zip(shapes, counts, strict=True):
        flat = in_albers(shape)
        for cell in cells:
            found[cell] += (
                count * flat.intersection(ground).intersection(in_albers(hexagon(cell))).area / flat.area
            )
    return found


def write_raster(path: Path, values, west: float, north: float, step: float, crs="EPSG:4326", **more) -> Path:
    values = np.asarray(values)
    transform = more.pop("transform", rasterio.Affine(step, 0, west, 0, -step, north))
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype=values.dtype, crs=crs,
        transform=transform, **more,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


# --- tables ---------------------------------------------------------------------------------------------


def test_points_fall_in_their_cell_and_those_outside_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(
        "经度,纬度,工种,时段,日类型,人数\n"
        "109.01,34.21,快递员,T3,工作日,2\n"
        "109.01,34.21,courier,11:00-14:30,weekday,3.5\n"
        "109.05,34.24,外卖,t6,周末,7\n"
        "109.50,34.24,环卫,T1,weekday,4\n",
        encoding="gb18030",
    )
    demand = import_demand(path, areas_of(), datum=Datum.WGS84)
    rows = {(r.cell, r.group, r.window, r.day_type): r.demand for r in demand.rows.itertuples()}
    assert rows == {
        (h3.latlng_to_cell(34.21, 109.01, 9), "courier", "T3", "weekday"): 5.5,
        (h3.latlng_to_cell(34.24, 109.05, 9), "delivery", "T6", "weekend"): 7.0,
    }
    assert demand.outside == 4.0 and demand.basis == "measured" and demand.unit == "workers"
    assert "w.csv" in demand.notes[0]


def test_excel_and_csv_read_alike_and_without_counts_a_row_is_a_worker(tmp_path: Path) -> None:
    table = pd.DataFrame({"lng": [109.01, 109.02], "lat": [34.21, 34.21]})
    table.to_csv(tmp_path / "w.csv", index=False)
    table.to_excel(tmp_path / "w.xlsx", index=False)
    one, other = (
        import_demand(tmp_path / name, areas_of(), datum=Datum.WGS84, presence=NOON)
        for name in ("w.csv", "w.xlsx")
    )
    assert one.rows.equals(other.rows)
    assert one.rows["demand"].tolist() == [1.0, 1.0] and set(one.rows["group"]) == {"courier"}
    assert any("one worker" in note for note in one.notes)


def test_columns_a_table_lacks_hold_in_every_window_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("lon,lat,count\n109.01,34.21,2\n108.5,34.21,1\n", encoding="utf-8")
    demand = import_demand(path, areas_of(), datum=Datum.WGS84)
    assert set(demand.rows["group"]) == {"other"} and len(demand.rows) == 14
    assert demand.table()[:, :, :].max(axis=0).tolist() == [[2.0, 2.0]] * 7
    assert demand.outside == 14.0
    path.write_text("lon,lat,count,window\n109.01,34.21,2,T1\n109.01,34.21,5,T2\n", encoding="utf-8")
    part = import_demand(
        path, areas_of(), datum=Datum.WGS84, presence=Presence("driver", day_types=("weekend",))
    )
    found = {(r.group, r.window, r.day_type): r.demand for r in part.rows.itertuples()}
    assert found == {("driver", "T1", "weekend"): 2.0, ("driver", "T2", "weekend"): 5.0}


def test_the_datum_is_required_and_used(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    lon, lat = wgs84_to_gcj02(109.01, 34.21)
    path.write_text(f"lon,lat,count\n{lon!r},{lat!r},1\n", encoding="utf-8")
    with pytest.raises(InvalidParameterError, match="datum"):
        import_demand(path, areas_of())
    moved = import_demand(path, areas_of(), datum=Datum.GCJ02, presence=NOON)
    assert by_cell(moved) == {h3.latlng_to_cell(34.21, 109.01, 9): 1.0}


def test_cells_count_at_their_centre_and_coarser_ones_are_spread(tmp_path: Path) -> None:
    same, fine = h3.latlng_to_cell(34.22, 109.01, 9), h3.latlng_to_cell(34.22, 109.05, 11)
    coarse = h3.latlng_to_cell(34.225, 109.03, 8)
    path = tmp_path / "w.csv"
    path.write_text(f"cell,count\n{same},2\n{fine.upper()},3\n{coarse},70\n", encoding="utf-8")
    demand = import_demand(path, areas_of(), presence=NOON)
    found = by_cell(demand)
    assert found[same] == pytest.approx(2.0) and found[h3.latlng_to_cell(*h3.cell_to_latlng(fine), 9)] == 3.0
    children = h3.cell_to_children(coarse, 9)
    assert 50 < sum(found.get(cell, 0.0) for cell in children) < 70  # hexagons don't nest exactly
    expected = spread_by_hand([hexagon(coarse)], [70.0], BOX, set(found) - {same})
    for cell in set(found) - {same, h3.latlng_to_cell(*h3.cell_to_latlng(fine), 9)}:
        assert found[cell] == pytest.approx(expected[cell], abs=1e-4)
    assert total(demand) == pytest.approx(75.0, rel=1e-12)


def test_a_cell_with_its_centre_outside_is_kept_for_the_demand_inside(tmp_path: Path) -> None:
    beyond = next(
        cell
        for cell in h3.grid_disk(h3.latlng_to_cell(34.22, 109.0, 9), 2)
        if not BOX.covers(shapely.Point(h3.cell_to_latlng(cell)[::-1]))
        and hexagon(cell).intersection(BOX).area > 0
    )
    inside = hexagon(beyond).intersection(BOX).representative_point()
    path = tmp_path / "w.csv"
    path.write_text(f"lon,lat,count\n{inside.x!r},{inside.y!r},3\n", encoding="utf-8")
    demand = import_demand(path, areas_of(), datum=Datum.WGS84, presence=NOON)
    assert by_cell(demand) == {beyond: 3.0} and demand.outside == 0.0
    row = demand.cells.set_index("cell").loc[beyond]
    assert row["street_code"] == "610111001"
    assert demand.cells["cell"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lon,lat,count\n109.01,34.21,1\n109.01,34.21,-2\n", r"row 3, field count.*-2"),
        ("lon,lat,count\n109.01,34.21,nan\n", r"row 2, field count"),
        ("lon,lat,count\n109.01,34.21,\n", r"row 2, field count"),
        ("lon,lat,count\n109.01,34.21,inf\n", r"row 2, field count"),
        ("lon,lat,count\n34.21,109.01,1\n", r"row 2, field lat.*-90 to 90"),
        ("lon,lat,count\n,34.21,1\n", r"row 2, field lon"),
        ("lon,lat,group\n109.01,34.21,pilot\n", r"row 2, field group: is none of.*sanitation.*pilot"),
        ("lon,lat,window\n109.01,34.21,T9\n", r"row 2, field window"),
        ("lon,lat,day\n109.01,34.21,Monday\n", r"row 2, field day"),
        ("lon,lat,group\n109.01,34.21,\n", r"row 2, field group"),
        ("lon,lat\n", "holds no row"),
        ("", "is empty"),
        ("place,count\nA,1\n", "no column lon and lat or cell"),
        ("lon,LON,lat\n1,1,1\n", "lon: stands twice"),
        ("cell,count\nnothing,1\n", "row 2, field cell: is no H3 cell"),
        ("cell,count\n8931a8b4aab7fff0,1\n", "row 2, field cell: is no H3 cell"),
    ],
)
def test_faults_of_a_table_name_the_row(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "w.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError, match=message):
        import_demand(path, areas_of(), datum=Datum.WGS84)


def test_many_faults_are_counted_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("lon,lat,count\n" + "109.01,34.21,-1\n" * 150, encoding="utf-8")
    with pytest.raises(InvalidDataError, match="50 more rows of the same fault") as caught:
        import_demand(path, areas_of(), datum=Datum.WGS84)
    assert len(caught.value.problems) == 101


@pytest.mark.parametrize("name", ["w.xlsx", "w.gpkg", "w.geojson", "w.tif"])
def test_files_that_are_something_else_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(InvalidDataError, match=r"cannot be read|not Excel"):
        import_demand(tmp_path / name, areas_of(), datum=Datum.WGS84)
    with pytest.raises(InvalidParameterError, match=r"must end in one of .csv"):
        import_demand(tmp_path / "w.pdf", areas_of())


@pytest.mark.parametrize(
    "wrong", [{"group": "pilot"}, {"windows": ()}, {"windows": ("T1", "T1")}, {"day_types": ("monday",)}]
)
def test_presence_is_checked(wrong) -> None:
    with pytest.raises(InvalidParameterError):
        Presence(**wrong)


POINT = st.tuples(st.floats(108.98, 109.08), st.floats(34.18, 34.27), st.floats(0, 1e6))


@given(st.lists(POINT, min_size=1, max_size=40), st.sampled_from([8, 9, 10]))
@settings(max_examples=15)
def test_points_are_conserved(tmp_path_factory, points, resolution: int) -> None:
    path = tmp_path_factory.mktemp("points") / "w.csv"
    pd.DataFrame(points, columns=["lon", "lat", "count"]).to_csv(path, index=False)
    demand = import_demand(path, areas_of(RING), datum=Datum.WGS84, presence=NOON, resolution=resolution)
    kept = [count for lon, lat, count in points if RING.covers(shapely.Point(lon, lat))]
    assert demand.rows["demand"].sum() == pytest.approx(math.fsum(kept), rel=1e-9)
    assert total(demand) == pytest.approx(math.fsum(count for *_, count in points), rel=1e-9)


# --- polygons -------------------------------------------------------------------------------------------


def layer(shapes, counts, crs="EPSG:4326", **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"人数": counts, **columns}, geometry=list(shapes), crs=crs)


SHAPES = (
    shapely.box(109.003, 34.203, 109.012, 34.209),  # inside
    shapely.box(108.99, 34.22, 109.011, 34.231),  # across the border
    shapely.box(109.01, 34.21, 109.05, 34.24) - shapely.box(109.02, 34.22, 109.03, 34.23),  # a hole
    shapely.MultiPolygon(
        [shapely.box(109.04, 34.2, 109.05, 34.206), shapely.box(109.09, 34.3, 109.1, 34.31)]
    ),
    shapely.box(108.9, 34.1, 109.2, 34.4),  # around all
    shapely.box(109.2, 34.2, 109.3, 34.3),  # elsewhere
)
BOW_TIE = shapely.Polygon([(109, 34.2), (109.1, 34.3), (109.1, 34.2), (109, 34.3)])
COUNTS = (10.0, 20.0, 30.0, 40.0, 5000.0, 60.0)


@pytest.mark.parametrize("boundary", [BOX, RING], ids=["box", "ring"])
def test_polygons_are_spread_by_area(tmp_path: Path, boundary) -> None:
    path = tmp_path / "w.gpkg"
    layer(SHAPES, COUNTS).to_file(path, layer="w")
    demand = import_demand(path, areas_of(boundary), presence=NOON, resolution=8)
    found = by_cell(demand)
    near = h3.grid_disk(h3.latlng_to_cell(34.225, 109.03, 8), 9)
    expected = spread_by_hand(SHAPES, COUNTS, boundary, near)
    assert {cell for cell, amount in expected.items() if amount > 1e-6} <= set(found)
    for cell, amount in found.items():
        assert amount == pytest.approx(expected[cell], rel=1e-4, abs=1e-4)
    assert total(demand) == pytest.approx(math.fsum(COUNTS), rel=1e-12)
    assert demand.outside == pytest.approx(math.fsum(COUNTS) - math.fsum(expected.values()), rel=1e-6)


def test_crs_and_datum_of_polygons(tmp_path: Path) -> None:
    plain = layer(SHAPES, COUNTS)
    plain.to_file(tmp_path / "a.gpkg", layer="w")
    plain.to_crs("EPSG:32649").to_file(tmp_path / "b.gpkg", layer="w")
    moved = plain.set_geometry(
        [
            shapely.transform(s, lambda xy: np.column_stack(wgs84_to_gcj02(*xy.T.copy())))
            for s in plain.geometry
        ]
    )
    moved.to_file(tmp_path / "c.geojson")
    one = by_cell(import_demand(tmp_path / "a.gpkg", areas_of(), presence=NOON))
    other = by_cell(import_demand(tmp_path / "b.gpkg", areas_of(), presence=NOON))
    third = by_cell(import_demand(tmp_path / "c.geojson", areas_of(), presence=NOON, datum=Datum.GCJ02))
    for found in (other, third):
        assert max(abs(one.get(cell, 0) - found.get(cell, 0)) for cell in one.keys() | found.keys()) < 0.02


def test_attributes_of_features_and_points_among_them(tmp_path: Path) -> None:
    shapes = [SHAPES[0], shapely.Point(109.05, 34.24), shapely.Point(110.0, 34.2)]
    table = layer(shapes, [4.0, 2.0, 1.0], 工种=["环卫", "司机", "司机"], 时段=["T1", "T7", "T7"])
    table.to_file(tmp_path / "w.geojson")
    demand = import_demand(tmp_path / "w.geojson", areas_of(), presence=Presence(day_types=("weekend",)))
    sums = demand.rows.groupby(["group", "window", "day_type"], observed=True)["demand"].sum().to_dict()
    assert sums == {
        ("sanitation", "T1", "weekend"): pytest.approx(4.0),
        ("driver", "T7", "weekend"): pytest.approx(2.0),
    }
    assert demand.outside == 1.0


@pytest.mark.parametrize(
    ("shapes", "counts", "message"),
    [
        ([SHAPES[0], None], [1.0, 1.0], "feature 2, field geometry: is missing"),
        ([SHAPES[0], shapely.LineString([(109, 34.2), (109.1, 34.2)])], [1.0, 1.0], "feature 2.*LineString"),
        ([BOW_TIE], [1.0], "feature 1.*not valid"),
        ([SHAPES[0], SHAPES[1]], [1.0, -1.0], "feature 2, field 人数.*-1"),
        ([SHAPES[0], SHAPES[1]], [1.0, math.nan], "feature 2, field 人数"),
        ([], [], "holds no feature"),
    ],
)  # fmt: skip
def test_faults_of_features_are_named(tmp_path: Path, shapes, counts, message: str) -> None:
    path = tmp_path / "w.gpkg"
    layer(shapes, counts).to_file(path, layer="w")
    with pytest.raises(InvalidDataError, match=message):
        import_features(path, areas_of())


def test_layers_without_crs_counts_or_choice_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="crs"):
        layer(SHAPES, COUNTS, crs=None).to_file(tmp_path / "a.gpkg", layer="w")
    with pytest.raises(InvalidDataError, match="no coordinate reference system"):
        import_features(tmp_path / "a.gpkg", areas_of())
    layer(SHAPES, COUNTS).rename(columns={"人数": "people"}).to_file(tmp_path / "b.gpkg", layer="w")
    with pytest.raises(InvalidDataError, match=r"no column of counts.*people"):
        import_features(tmp_path / "b.gpkg", areas_of())
    for name in ("one", "two"):
        layer(SHAPES, COUNTS).to_file(tmp_path / "c.gpkg", layer=name)
    with pytest.raises(InvalidParameterError, match="layer=None: must be one of one, two"):
        import_features(tmp_path / "c.gpkg", areas_of())
    assert total(
        import_features(tmp_path / "c.gpkg", areas_of(), layer="two", presence=NOON)
    ) == pytest.approx(5160)


@given(
    st.lists(
        st.tuples(
            st.floats(108.97, 109.08), st.floats(34.18, 34.27), st.floats(1e-4, 0.05), st.floats(0, 1e5)
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([8, 9]),
)
@settings(max_examples=15)
def test_polygons_are_conserved(tmp_path_factory, squares, resolution: int) -> None:
    path = tmp_path_factory.mktemp("squares") / "w.gpkg"
    shapes = [shapely.box(x, y, x + size, y + size) for x, y, size, _ in squares]
    layer(shapes, [count for *_, count in squares]).to_file(path, layer="w")
    demand = import_demand(path, areas_of(RING), presence=NOON, resolution=resolution)
    assert total(demand) == pytest.approx(math.fsum(count for *_, count in squares), rel=1e-9)
    assert demand.outside >= 0 and (demand.rows["demand"] > 0).all()


# --- rasters --------------------------------------------------------------------------------------------


def pixel_boxes(values, west: float, north: float, step: float):
    for row, column in np.ndindex(values.shape):
        left, top = west + column * step, north - row * step
        yield shapely.box(left, top - step, left + step, top), float(values[row, column])


def test_pixels_are_spread_by_area_and_nodata_counted(tmp_path: Path) -> None:
    values = np.arange(1.0, 1 + 9 * 10).reshape(9, 10)
    values[0, 0] = values[4, 4] = -9999
    path = write_raster(tmp_path / "w.tif", values, 108.985, 34.262, 0.0091, nodata=-9999)
    seen: list[float] = []
    demand = import_raster(path, areas_of(RING), presence=NOON, resolution=8, progress=seen.append)
    boxes, counts = zip(
        *((s, v) for s, v in pixel_boxes(values, 108.985, 34.262, 0.0091) if v > 0), strict=True
    )
    near = h3.grid_disk(h3.latlng_to_cell(34.225, 109.03, 8), 6)
    expected = spread_by_hand(boxes, counts, RING, near)
    for cell, amount in by_cell(demand).items():
        assert amount == pytest.approx(expected[cell], rel=1e-4, abs=1e-4)
    assert total(demand) == pytest.approx(math.fsum(counts), rel=1e-12)
    assert "2 of 90 hold no data, 0 of these" in demand.notes[1]  # (4, 4) has its centre in the hole
    assert "2 of 90 hold no data, 1 of these" in import_raster(path, areas_of(BOX), presence=NOON).notes[1]
    assert seen[-1] == 1.0


def test_other_crs_and_turned_grids_agree_with_the_same_pixels_as_polygons(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    values = rng.uniform(0, 50, (14, 15))
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32649", always_xy=True)
    x, y = to_utm.transform(108.99, 34.265)
    cos, sin = 500 * math.cos(0.14), 500 * math.sin(0.14)
    turned = rasterio.Affine(cos, -sin, x, -sin, -cos, y)
    path = write_raster(tmp_path / "w.tif", values, 0, 0, 1, crs="EPSG:32649", transform=turned)
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]

    def place(column: float, row: float) -> tuple[float, float]:
        return x + cos * column - sin * row, y - sin * column - cos * row

    squares = [
        shapely.Polygon([place(column + dx, row + dy) for dx, dy in corners])
        for row, column in np.ndindex(values.shape)
    ]
    layer(squares, values.ravel(), crs="EPSG:32649").to_file(tmp_path / "w.gpkg", layer="w")
    raster = import_demand(path, areas_of(RING), presence=NOON)
    polygons = import_demand(tmp_path / "w.gpkg", areas_of(RING), presence=NOON)
    one, other = by_cell(raster), by_cell(polygons)
    assert one.keys() == other.keys()
    assert list(one.values()) == pytest.approx([other[cell] for cell in one], rel=1e-6, abs=1e-6)
    assert total(raster) == pytest.approx(math.fsum(values.ravel()), rel=1e-12)


def test_a_large_raster_is_read_in_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).uniform(0, 9, (120, 140)).astype("float32")
    path = write_raster(tmp_path / "w.tif", values, 108.98, 34.27, 0.0008)
    whole = import_raster(path, areas_of(), presence=NOON)
    monkeypatch.setattr("geo.demand_raster._STRIP_PIXELS", 1000)
    monkeypatch.setattr("geo.demand_raster._BATCH_PIXELS", 77)
    strips = import_raster(path, areas_of(), presence=NOON)
    np.testing.assert_allclose(strips.rows["demand"], whole.rows["demand"], rtol=1e-12)
    assert strips.notes == whole.notes
    assert total(strips) == pytest.approx(math.fsum(values.astype(float).ravel()), rel=1e-12)


def test_whole_number_rasters_masks_and_a_nodata_argument(tmp_path: Path) -> None:
    values = np.full((6, 6), 3, dtype="int16")
    values[2, 2] = 99
    path = write_raster(tmp_path / "w.tif", values, 109.01, 34.24, 0.005)
    demand = import_raster(path, areas_of(), presence=NOON, nodata=99)
    assert total(demand) == pytest.approx(35 * 3) and "1 of 36 hold no data, 1 of these" in demand.notes[1]
    hollow = np.where(values == 99, np.nan, values).astype("float32")
    path = write_raster(tmp_path / "n.tif", hollow, 109.01, 34.24, 0.005, nodata=math.nan)
    assert total(import_raster(path, areas_of(), presence=NOON)) == pytest.approx(35 * 3)
    assert total(import_raster(path, areas_of())) == pytest.approx(35 * 3 * 14)


def test_faults_of_a_raster_name_the_pixel(tmp_path: Path) -> None:
    values = np.ones((5, 4))
    values[3, 1] = -2.0
    path = write_raster(tmp_path / "a.tif", values, 109.01, 34.24, 0.005)
    with pytest.raises(InvalidDataError, match=r"pixel row 4, column 2, field count.*-2"):
        import_raster(path, areas_of())
    values[3, 1] = np.nan
    path = write_raster(tmp_path / "b.tif", values, 109.01, 34.24, 0.005)
    with pytest.raises(InvalidDataError, match="pixel row 4, column 2"):
        import_raster(path, areas_of())
    path = write_raster(tmp_path / "c.tif", np.full((2, 2), -1.0), 109.01, 34.24, 0.005, nodata=-1)
    with pytest.raises(InvalidDataError, match="all 4 pixels are nodata"):
        import_raster(path, areas_of())
    path = write_raster(tmp_path / "d.tif", np.ones((2, 2)), 109.01, 34.24, 0.005, crs=None)
    with pytest.raises(InvalidDataError, match="no coordinate reference system"):
        import_raster(path, areas_of())
    good = write_raster(tmp_path / "e.tif", np.ones((2, 2)), 109.01, 34.24, 0.005)
    with pytest.raises(InvalidParameterError, match="band=2: the file has bands 1 to 1"):
        import_raster(good, areas_of(), band=2)
    with pytest.raises(InvalidParameterError, match="resolution"):
        import_raster(good, areas_of(), resolution=12)


def test_a_raster_elsewhere_is_all_outside(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "w.tif", np.ones((3, 3)), 120.0, 30.0, 0.1)
    demand = import_raster(path, areas_of(), presence=NOON)
    assert demand.rows.empty and demand.outside == 9.0
    assert len(demand.cells) > 100 and demand.table().sum() == 0


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.0005, 0.02), st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_rasters_are_conserved(tmp_path_factory, height: int, width: int, step: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(0, 1e4, (height, width))
    west, north = rng.uniform(108.98, 109.06), rng.uniform(34.2, 34.27)
    path = write_raster(tmp_path_factory.mktemp("raster") / "w.tif", values, west, north, step)
    demand = import_raster(path, areas_of(RING), presence=NOON)
    assert total(demand) == pytest.approx(math.fsum(values.ravel()), rel=1e-9)
