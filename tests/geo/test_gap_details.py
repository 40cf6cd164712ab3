"""Gap areas described, against plain sums over quarter-hours on a handful of cells."""

from __future__ import annotations

from datetime import date
from typing import Any

import h3
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.coverage import CAUSES, Situation, situation, summarise
from geo.demand import GROUPS, Demand
from geo.gap_details import area_polygon, find_gaps
from geo.gaps import GapArea
from geo.standard import Standard
from geo.stations import Station, stations_to_frame

GEOD = Geod(ellps="WGS84")
WEEK = date(2026, 11, 23)
HOME = h3.latlng_to_cell(34.273, 109.067, 9)
DISK = sorted(h3.grid_disk(HOME, 2))
NO = {"value": "no"}


def centre(cell: str) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(cell)
    return lon, lat


def station(name: str, cell: str, hours: str | None, **more: Any) -> Station:
    return Station.model_validate(
        {"id": name, "name": name, "hours": hours, "location": centre(cell), **more}
    )


def found_at(
    stations: list[Station], rows: list[tuple[str, str, str, str, float]], standard: Standard
) -> Situation:
    cells = pd.DataFrame(
        [(cell, *centre(cell), "s1") for cell in DISK], columns=["cell", "lon", "lat", "street_code"]
    )
    table = pd.DataFrame(rows, columns=["cell", "group", "window", "day_type", "demand"])
    need = Demand(cells=cells, rows=table, basis="modelled", areas_basis="test")
    return situation(stations_to_frame(stations), need, standard)


def test_missing_amenities_are_named_by_how_much_they_leave_unserved() -> None:
    # water is asked for with a toilet: S1 is always open and lacks both; S2 is open in the last half (7 of
    # 14 quarter-hours) with a toilet and without water
    stations = [
        station("S1", HOME, "24/7", amenities={"water_hot": NO, "water_cool": NO, "toilet": NO}),
        station(
            "S2", HOME, "Mo-Fr 12:45-14:30",
            amenities={"water_hot": NO, "water_cool": NO, "toilet": {"value": "yes"}},
        ),
    ]  # fmt: skip
    rows = [(HOME, "driver", "T3", "weekday", 10.0)]
    standard = Standard(week=WEEK, window="T3", amenities=("toilet", "water"))
    (gap,) = find_gaps(found_at(stations, rows, standard))
    assert gap.missing == (("water", 10.0), ("toilet", 5.0))
    assert gap.by_cause == {"unknown": 0, "lacks_service": 10, "closed": 0, "nothing_near": 0}
    assert gap.main_cause == "lacks_service"
    assert gap.by_group[0] == ("driver", 10.0)


def test_without_a_wish_the_groups_are_tried_one_by_one() -> None:
    # open for the first 4 of 14 quarter-hours and known to have no microwave: what is missing then is meals
    stations = [station("S1", HOME, "Mo-Fr 11:00-12:00", amenities={"microwave": NO})]
    (gap,) = find_gaps(
        found_at(stations, [(HOME, "other", "T3", "weekday", 14.0)], Standard(week=WEEK, window="T3"))
    )
    assert gap.missing == (("hot_meal", 4.0),)
    assert gap.unserved == pytest.approx(10)
    assert gap.by_window == (("T3", "weekday", pytest.approx(10)),)


def test_worst_windows_come_first_and_weigh_hours() -> None:
    rows = [(HOME, "other", "T2", "weekday", 1.0), (HOME, "courier", "T6", "weekend", 5.0)]
    (gap,) = find_gaps(found_at([], rows, Standard(week=WEEK)))
    # T6 on two weekend days of 3 h: 30; T2 on five weekdays of 4 h: 20
    assert gap.by_window == (("T6", "weekend", 30.0), ("T2", "weekday", 20.0))
    assert gap.by_group[:2] == (("courier", 30.0), ("other", 20.0))
    assert gap.nearest is None
    assert gap.place is None


def test_one_group_asked_for_is_the_only_one_described() -> None:
    rows = [(HOME, "other", "T2", "weekday", 1.0), (HOME, "courier", "T2", "weekday", 5.0)]
    (gap,) = find_gaps(found_at([], rows, Standard(week=WEEK, window="T2", group="courier")))
    assert gap.by_group == (("courier", 5.0),)


def test_top_limits_and_nearest_takes_no_closed_station() -> None:
    far = h3.grid_ring(HOME, 2)[0]
    rows = [(HOME, "other", "T2", "weekday", 9.0), (far, "other", "T2", "weekday", 5.0)]
    stations = [
        station("S1", HOME, "off", status="rectifying"),
        station("S2", far, "off", status="trial"),
    ]
    standard = Standard(week=WEEK, window="T2", minutes=1)
    gaps = find_gaps(found_at(stations, rows, standard))
    assert len(gaps) == 2
    assert find_gaps(found_at(stations, rows, standard), top=1) == gaps[:1]
    assert gaps[0].nearest is not None
    assert gaps[0].nearest.station_id == "S2"
    assert gaps[0].nearest.distance_m == pytest.approx(GEOD.inv(*centre(HOME), *centre(far))[2])


def test_gaps_described_one_by_one_are_those_described_together() -> None:
    # cells two apart: nine areas, no two of them alike
    apart = [HOME, *h3.grid_ring(HOME, 2)[::2]]
    rows = [(cell, GROUPS[n % 6], f"T{n % 7 + 1}", "weekday", 9.0 - n) for n, cell in enumerate(apart)]
    rows += [(cell, "other", "T2", "weekend", 1.0) for cell in apart[:3]]
    found = found_at([station("S1", HOME, "Mo 12:00-13:00", amenities={"toilet": NO})], rows, Standard(WEEK))
    together = tuple(find_gaps(found))
    assert len(together) > 4
    for order in (range(len(together)), reversed(range(len(together)))):
        gaps = find_gaps(found)
        assert {number: gaps[number] for number in order} == dict(enumerate(together))
    gaps = find_gaps(found)
    assert gaps[1:3] == together[1:3]
    assert (gaps[-1], gaps[:2], gaps[5:1:-2]) == (together[-1], together[:2], together[5:1:-2])
    with pytest.raises(IndexError):
        gaps[len(together)]
    assert gaps == together and gaps != together[:1]
    for gap, lon, by_cause in zip(together, gaps.lon, gaps.by_cause, strict=True):
        assert (gap.lon, list(gap.by_cause.values())) == (lon, by_cause.tolist())


def test_the_nearest_named_place_names_the_area() -> None:
    places = pd.DataFrame(
        [("远处", *centre(h3.grid_ring(HOME, 9)[0])), ("近处", *centre(DISK[0]))],
        columns=["name", "lon", "lat"],
    )
    found = found_at([], [(HOME, "other", "T2", "weekday", 9.0)], Standard(week=WEEK))
    assert find_gaps(found, places)[0].place == "近处"
    assert find_gaps(found, places.iloc[:0])[0].place is None


def test_an_area_is_the_union_of_its_hexagons() -> None:
    one, other = HOME, h3.grid_ring(HOME, 1)[0]
    shape = area_polygon(GapArea("s1", (one, other), 1.0))
    assert shape.geom_type == "Polygon"
    assert shape.covers(shapely.Point(centre(one)))
    assert shape.covers(shapely.Point(centre(other)))
    area = abs(GEOD.geometry_area_perimeter(shape)[0])
    assert area == pytest.approx(h3.cell_area(one, "m^2") + h3.cell_area(other, "m^2"), rel=0.01)


HOURS = ["24/7", None, "Mo-Fr 08:00-12:00", "Sa-Su 10:00-13:00", "off"]
ROW = st.tuples(
    st.sampled_from(DISK),
    st.sampled_from(GROUPS),
    st.sampled_from(["T1", "T3", "T6"]),
    st.sampled_from(["weekday", "weekend"]),
    st.floats(0.1, 9),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(ROW, min_size=1, max_size=12),
    st.lists(st.tuples(st.sampled_from(DISK), st.sampled_from(HOURS)), max_size=3),
    st.sampled_from([3.0, 8.0]),
)
def test_the_parts_of_a_gap_add_up_and_are_those_of_its_cells(
    rows: list[tuple[str, str, str, str, float]], at: list[tuple[str, str | None]], minutes: float
) -> None:
    stations = [station(f"S{n}", cell, hours) for n, (cell, hours) in enumerate(at)]
    found = found_at(stations, rows, Standard(week=WEEK, minutes=minutes))
    table = summarise(found).cells.set_index("cell")
    gaps = find_gaps(found)
    assert [gap.rank for gap in gaps] == list(range(1, len(gaps) + 1))
    for gap in gaps:
        cells = table.loc[list(gap.area.cells)]
        assert gap.demand == pytest.approx(cells["demand"].sum())
        assert gap.unserved == pytest.approx((cells["demand"] - cells["covered"]).sum())
        for cause in CAUSES:
            assert gap.by_cause[cause] == pytest.approx(cells[cause].sum(), abs=1e-9)
        assert sum(gap.by_cause.values()) == pytest.approx(gap.unserved)
        assert sum(amount for _, amount in gap.by_group) == pytest.approx(gap.unserved)
        assert sum(amount for _, _, amount in gap.by_window) == pytest.approx(gap.unserved)
        assert sum(amount for _, amount in gap.demand_by_group) == pytest.approx(gap.demand)
        assert [name for name, _ in gap.by_group] == [name for name, _ in gap.demand_by_group]
        assert gap.by_cause[gap.main_cause] == max(gap.by_cause.values())
        if stations:
            heaviest = centre(gap.area.cells[0])
            nearest = min((GEOD.inv(*heaviest, *s.location)[2], s.id) for s in stations if s.location)
            assert gap.nearest is not None
            assert gap.nearest.distance_m == pytest.approx(nearest[0], abs=1e-6)
