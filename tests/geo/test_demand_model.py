"""The demand model: totals, shares of the streets, and that it doesn't see the register's own places."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.areas import Area, Areas, shipped_areas
from geo.crs import GEOD
from geo.data_files import data_path
from geo.demand import GROUPS, Demand, notes_in
from geo.demand_cells import area_cells, cell_table
from geo.demand_model import (
    DemandModel,
    GroupModel,
    Kernel,
    build_demand,
    read_model,
    read_places,
    shipped_model,
    shipped_places,
    street_weights,
)
from geo.errors import InvalidDataError, InvalidParameterError
from geo.stations import station_from_feature, stations_to_frame

WEST, EAST = shapely.box(109.00, 34.20, 109.03, 34.25), shapely.box(109.03, 34.20, 109.06, 34.25)


def city(*communities: int | None) -> Areas:
    counts = communities or (30, 10)
    return Areas(
        Area("610111", "区", "district", shapely.box(109.00, 34.20, 109.06, 34.25)),
        tuple(
            Area(f"61011100{n}", f"街{n}", "street", shape, count)
            for n, (shape, count) in enumerate(zip((WEST, EAST), counts, strict=True), start=1)
        ),
    )


def places_at(*spots: tuple[str, float, float]) -> gpd.GeoDataFrame:
    kinds = [kind for kind, _, _ in spots]
    points = [shapely.Point(lon, lat) for _, lon, lat in spots]
    return gpd.GeoDataFrame({"name": kinds, "kind": kinds}, geometry=points, crs="EPSG:4326")


def stations_at(*spots: tuple[float, float] | None) -> gpd.GeoDataFrame:
    points = [None if spot is None else shapely.Point(spot) for spot in spots]
    return gpd.GeoDataFrame({"id": [str(n) for n in range(len(points))]}, geometry=points, crs="EPSG:4326")


def model_of(share: float = 0.6, kernels: tuple[Kernel, ...] = (), **changes) -> DemandModel:
    part = GroupModel(
        group="courier",
        streets_share=share,
        windows={"weekday": ("T2", "T3"), "weekend": ("T3",)},
        kernels=kernels,
    )
    given = {"id": "m", "zh": "模", "en": "m", "date": "d", "source": "s", "exclude_near_station_m": 50.0}
    return DemandModel(**{**given, "groups": (part,), **changes})


def kernel(
    kind: str = "shop", shape: str = "gaussian", bandwidth_m: float = 500.0, weight: float = 1.0, **more
):
    return Kernel(kinds=(kind,), shape=shape, bandwidth_m=bandwidth_m, weight=weight, **more)


def shipped_stations() -> gpd.GeoDataFrame:
    features = json.loads(data_path("stations.geojson").read_text(encoding="utf-8"))["features"]
    return stations_to_frame([station_from_feature(feature) for feature in features])


def same(one: Demand, other: Demand) -> bool:
    return one.rows.equals(other.rows) and one.cells.equals(other.cells)


def by_street(demand: Demand, group: str = "courier") -> dict[str, float]:
    rows = demand.rows[demand.rows["group"] == group].astype({"cell": object}).merge(demand.cells, on="cell")
    return rows.groupby("street_code")["demand"].sum().to_dict()


# --- the shipped model --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Demand:
    return build_demand(shipped_areas(), shipped_places(), shipped_stations(), shipped_model())


def test_every_group_weighs_a_thousand_in_each_window_it_works_in(shipped: Demand) -> None:
    worked = {
        (part.group, window, day)
        for part in shipped_model().groups
        for day, windows in part.windows.items()
        for window in windows
    }
    totals = shipped.rows.groupby(["group", "window", "day_type"], observed=True)["demand"].sum().to_dict()
    assert totals.keys() == worked
    assert {group for group, _, _ in worked} == set(GROUPS)
    np.testing.assert_allclose(list(totals.values()), 1000.0, rtol=1e-9)
    assert shipped.outside == 0.0


def test_the_model_is_named_as_weights_everywhere(shipped: Demand) -> None:
    assert (shipped.basis, shipped.unit) == ("modelled", "weight")
    text = " ".join(shipped.notes)
    assert "需求权重" in text and "不是人数" in text and "weights, never people" in text
    assert shipped.areas_basis == shipped_areas().basis


def test_each_note_is_in_one_language_a_page(shipped: Demand) -> None:
    zh, en = notes_in("zh", shipped.notes), notes_in("en", shipped.notes)
    assert len(zh) == len(en) == len(shipped.notes) > 2
    assert not any(re.search("[A-Za-z]{3}", note) for note in zh)
    assert not any(re.search("[\u4e00-\u9fff]", note) for note in en)


def test_it_is_the_same_every_time(shipped: Demand) -> None:
    assert same(shipped, build_demand(shipped_areas(), shipped_places(), shipped_stations(), shipped_model()))


def test_shipped_kinds_exist_and_every_group_gives_half_to_the_streets() -> None:
    kinds = set(shipped_places()["kind"])
    for part in shipped_model().groups:
        assert part.streets_share >= 0.5
        for one in part.kernels:
            assert set(one.kinds) <= kinds


def test_shipped_places_with_a_station_dont_count(shipped: Demand) -> None:
    places, stations = shipped_places(), shipped_stations()
    there = [(point.x, point.y) for point in stations.geometry if point is not None]
    free = [min(GEOD.inv(place.x, place.y, *spot)[2] for spot in there) > 50 for place in places.geometry]
    assert 0 < sum(free) < len(places)
    only_free = places[np.array(free)].reset_index(drop=True)
    assert same(shipped, build_demand(shipped_areas(), only_free, shipped_stations(), shipped_model()))
    everywhere = build_demand(shipped_areas(), places, stations_at(), shipped_model())
    assert not same(shipped, everywhere)


# --- a small city -------------------------------------------------------------------------------------


def test_streets_take_by_communities_evenly_over_their_cells() -> None:
    areas = city(30, 10)
    demand = build_demand(areas, places_at(), stations_at(), model_of(1.0))
    found = by_street(demand)
    assert found["610111001"] == pytest.approx(3 * 750) and found["610111002"] == pytest.approx(3 * 250)
    west = demand.cells[demand.cells["street_code"] == "610111001"]["cell"]
    amounts = demand.rows[demand.rows["cell"].isin(west)]["demand"]
    assert amounts.to_numpy() == pytest.approx(750 / len(west))


@pytest.mark.parametrize(
    ("communities", "west_share"),
    [((30, None), 0.5), ((0, 10), 0.0), ((None, 8), 0.5)],
)
def test_an_unknown_number_of_communities_counts_as_the_mean(communities, west_share) -> None:
    areas = city(*communities)
    cells = cell_table(areas, area_cells(areas))
    weights = street_weights(areas, cells)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[(cells["street_code"] == "610111001").to_numpy()].sum() == pytest.approx(west_share)


@pytest.mark.parametrize("communities", [(None, None), (0, 0)])
def test_without_any_number_every_cell_takes_the_same(communities) -> None:
    areas = city(*communities)
    cells = cell_table(areas, area_cells(areas))
    assert street_weights(areas, cells) == pytest.approx(1 / len(cells))


@pytest.mark.parametrize("shape", ["gaussian", "quartic", "uniform"])
def test_kernel_part_by_brute_force(shape: str) -> None:
    spots = [("shop", 109.012, 34.221), ("shop", 109.051, 34.242), ("bank", 109.03, 34.23)]
    kernels = (kernel("shop", shape, 700.0, 2.0), kernel("bank", shape, 900.0, 3.0))
    areas = city()
    demand = build_demand(areas, places_at(*spots), stations_at(), model_of(0.6, kernels))
    cells = demand.cells
    pull = np.zeros(len(cells))
    for kind, lon, lat in spots:
        bandwidth, weight = (700.0, 2.0) if kind == "shop" else (900.0, 3.0)
        metres = np.array(
            [GEOD.inv(lon, lat, x, y)[2] for x, y in zip(cells["lon"], cells["lat"], strict=True)]
        )
        ratio = metres / bandwidth
        values = {
            "gaussian": np.where(ratio <= 3, np.exp(-0.5 * ratio**2), 0.0),
            "quartic": np.where(ratio <= 1, (1 - ratio**2) ** 2, 0.0),
            "uniform": np.where(ratio <= 1, 1.0, 0.0),
        }[shape]
        pull += weight * values / values.sum()
    expected = 1000 * (0.6 * street_weights(areas, cells) + 0.4 * pull / pull.sum())
    np.testing.assert_allclose(
        demand.table("courier")[:, 1, 0], expected, rtol=1e-4
    )  # plane against ellipsoid


def test_a_kernel_holds_only_in_its_windows_and_days() -> None:
    kernels = (kernel("shop", windows=("T3",), day_types=("weekend",)),)
    spots = places_at(("shop", 109.045, 34.22))
    demand = build_demand(city(), spots, stations_at(), model_of(0.6, kernels))
    alone = build_demand(city(), places_at(), stations_at(), model_of(1.0))
    table, streets = demand.table(), alone.table()
    np.testing.assert_allclose(table[:, :, 0], streets[:, :, 0], rtol=1e-12)  # weekdays: the streets take all
    assert table[:, 2, 1].max() > 2 * streets[:, 2, 1].max()
    assert any("courier weekday T2" in note for note in demand.notes)


def test_half_of_the_weight_stays_with_the_streets_whatever_the_places() -> None:
    spots = places_at(*[("shop", 109.05, 34.22)] * 50)
    demand = build_demand(city(30, 10), spots, stations_at(), model_of(0.5, (kernel(bandwidth_m=300.0),)))
    west = by_street(demand)["610111001"] / 3
    assert west == pytest.approx(0.5 * 750)  # the shops draw only in the east


def test_places_near_a_station_are_left_out_inclusive() -> None:
    lon, lat = 109.015, 34.22
    east_49, _, _ = GEOD.fwd(lon, lat, 90, 49.9)
    east_51, _, _ = GEOD.fwd(lon, lat, 90, 50.1)
    spots = places_at(("shop", lon, lat), ("shop", 109.05, 34.24))
    model = model_of(0.5, (kernel(),))
    without = build_demand(city(), places_at(("shop", 109.05, 34.24)), stations_at((east_49, lat)), model)
    assert same(build_demand(city(), spots, stations_at((east_49, lat), None), model), without)
    assert not same(build_demand(city(), spots, stations_at((east_51, lat)), model), without)


def test_stations_move_no_weight_but_by_the_places_they_stand_at() -> None:
    spots, model = places_at(("shop", 109.015, 34.22)), model_of(0.5, (kernel(),))
    none = build_demand(city(), spots, stations_at(), model)
    assert same(none, build_demand(city(), spots, stations_at((109.05, 34.21), (109.04, 34.24)), model))


def test_places_outside_and_kernels_narrower_than_a_cell() -> None:
    model = model_of(0.5, (kernel(shape="uniform", bandwidth_m=1.0),))
    demand = build_demand(city(), places_at(("shop", 109.0151, 34.2201)), stations_at(), model)
    top = demand.table()[:, 2, 0]
    assert np.sort(top)[-1] > 500  # its own cell takes all of the places' half
    assert demand.rows["demand"].sum() == pytest.approx(3000)
    far = build_demand(city(), places_at(("shop", 110.0, 34.22)), stations_at(), model)
    assert same(far, build_demand(city(), places_at(), stations_at(), model))
    assert any("1 places lie outside" in note for note in far.notes)


@given(
    st.lists(st.tuples(st.floats(108.99, 109.07), st.floats(34.19, 34.26)), max_size=8),
    st.floats(0.5, 1.0),
    st.sampled_from([8, 9, 10]),
)
@settings(max_examples=20)
def test_totals_hold_for_any_places(spots, share, resolution) -> None:
    places = places_at(*(("shop", lon, lat) for lon, lat in spots))
    demand = build_demand(city(), places, stations_at(), model_of(share, (kernel(),)), resolution)
    totals = demand.table().sum(axis=0)
    assert totals[[1, 2], 0] == pytest.approx(1000, rel=1e-9) and totals[2, 1] == pytest.approx(
        1000, rel=1e-9
    )
    assert demand.table("sanitation").sum() == 0


def test_too_coarse_a_resolution_is_refused() -> None:
    tiny = shapely.box(109.0, 34.2, 109.0001, 34.2001)
    areas = Areas(Area("610111", "区", "district", tiny), (Area("610111001", "街", "street", tiny),))
    with pytest.raises(InvalidParameterError, match="no cell has its centre in the area"):
        build_demand(areas, places_at(), stations_at(), model_of(1.0))


# --- its file -----------------------------------------------------------------------------------------

PLAIN = """
id = "m"
zh = "模型"
en = "model"
date = "2026-11-22"
source = "test"
exclude_near_station_m = 50

[[groups]]
group = "courier"
streets_share = 0.6
windows = { weekday = ["T3"] }

[[groups.kernels]]
kinds = ["shop"]
shape = "quartic"
bandwidth_m = 500
weight = 1
"""


def test_a_plain_file_reads(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(PLAIN, encoding="utf-8")
    part = read_model(path).groups[0]
    assert (part.group, part.streets_share, part.windows) == ("courier", 0.6, {"weekday": ("T3",)})
    assert part.kernels[0].windows == ("T1", "T2", "T3", "T4", "T5", "T6", "T7")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "streets_share = 0.6",
            "streets_share = 0.4",
            "groups 1, streets_share.*or equal to 0.5",
        ),
        ('group = "courier"', 'group = "riders"', "groups 1, group"),
        ('["T3"]', '["T8"]', "groups 1, windows, weekday 1"),
        ("weekday", "monday", "groups 1, windows"),
        ('"quartic"', '"conic"', "groups 1, kernels 1, shape"),
        ("bandwidth_m = 500", "bandwidth_m = -1", "bandwidth_m.*greater than 0"),
        ("weight = 1", "weight = inf", "weight"),
        ("weight = 1", 'weight = "1"', "weight"),
        ("weight = 1", "wieght = 1", "wieght"),
        ("= 50\n", "= 0\n", "exclude_near_station_m"),
        ('zh = "模型"', "", "zh.*[Rr]equired"),
        ('id = "m"', 'id = "m', "not TOML"),
    ],
)
def test_faults_of_the_file_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "m.toml"
    assert old in PLAIN
    path.write_text(PLAIN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidDataError, match=message):
        read_model(path)


def test_a_group_twice_and_a_group_without_kernels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    head, part = PLAIN.split("[[groups]]", 1)
    path.write_text(head + "[[groups]]" + part + "[[groups]]" + part, encoding="utf-8")
    with pytest.raises(InvalidDataError, match="stand twice: courier"):
        read_model(path)
    path.write_text(PLAIN.split("[[groups.kernels]]", 1)[0], encoding="utf-8")
    with pytest.raises(InvalidDataError, match="streets_share = 1"):
        read_model(path)


@pytest.mark.parametrize(
    "feature",
    [
        {"type": "Feature", "geometry": None, "properties": {"kind": "shop"}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.0, 34.2]}, "properties": {}},
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[109.0, 34.2], [109.1, 34.2]]},
            "properties": {"kind": "shop"},
        },
    ],
)
def test_places_at_fault_are_named(tmp_path: Path, feature) -> None:
    path = tmp_path / "p.geojson"
    good = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [109.0, 34.2]},
        "properties": {"kind": "shop", "name": "店"},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [good, feature]}), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="feature 2"):
        read_places(path)
