"""The service matrix by hand, and against coverage asked service by service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import h3
import pandas as pd
import pytest

from geo.amenities import catalogue
from geo.coverage import coverage
from geo.demand import Demand
from geo.scenario import Scenario, apply
from geo.service_matrix import StationRow, StreetCell, StreetRow, station_matrix, street_matrix
from geo.standard import Standard
from geo.stations import Station, stations_to_frame

WEEK = date(2026, 11, 23)
A = h3.latlng_to_cell(34.273, 109.067, 9)
B = h3.grid_ring(A, 20)[0]
YES, NO, BROKEN = {"value": "yes"}, {"value": "no"}, {"value": "broken"}
UNION_SERVICES = {
    "staff_library", "nursing_room", "psych", "mediation", "legal", "join_union", "jobs", "training",
    "season",
}  # fmt: skip


def centre(cell: str) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(cell)
    return lon, lat


def station(name: str, cell: str | None, hours: str | None, street: str | None, **more: Any) -> Station:
    at = None if cell is None else centre(cell)
    return Station.model_validate(
        {"id": name, "name": name, "hours": hours, "location": at, "street_code": street, **more}
    )


TOY = [
    station("S1", A, "Mo-Fr 08:00-12:00", "s1", amenities={"water_hot": YES}, services={"legal": YES}),
    station(
        "S2",
        A,
        "24/7",
        "s1",
        amenities={"water_hot": BROKEN, "toilet": {"value": "nearby", "distance_m": 90}},
    ),
    station("S3", B, None, "s2", amenities={"water_hot": {"value": "limited", "note": "限量"}}),
    station("S4", None, "24/7", "s2", amenities={"water_hot": NO}),
    station("S5", B, "24/7", "s2", status="rectifying", amenities={"water_hot": YES}),
    station("S6", A, "24/7", "s1", status="retired", amenities={"water_hot": YES}),
]


def demand() -> Demand:
    cells = pd.DataFrame(
        [(cell, *centre(cell), street) for cell, street in sorted({A: "s1", B: "s3"}.items())],
        columns=["cell", "lon", "lat", "street_code"],
    )
    rows = [
        (A, "driver", "T3", "weekday", 14.0),
        (B, "driver", "T3", "weekday", 6.0),
        (A, "other", "T3", "weekend", 2.0),
    ]
    table = pd.DataFrame(rows, columns=["cell", "group", "window", "day_type", "demand"])
    return Demand(cells=cells, rows=table, basis="modelled", areas_basis="test")


MIDDAY = Standard(week=WEEK, window="T3")


def stations_of(standard: Standard, **more: Any) -> dict[str, StationRow]:
    return {row.station_id: row for row in station_matrix(stations_to_frame(TOY), standard, **more)}


def streets_of(standard: Standard) -> dict[str | None, StreetRow]:
    return {row.street_code: row for row in street_matrix(stations_to_frame(TOY), demand(), standard)}


def cell(row: StreetRow, code: str) -> StreetCell:
    return next(one for one in row.cells if one.code == code)


def test_every_service_is_a_column() -> None:
    codes = tuple(catalogue())
    assert set(codes) >= UNION_SERVICES
    for row in stations_of(MIDDAY).values():
        assert tuple(one.code for one in row.cells) == codes
    for line in streets_of(MIDDAY).values():
        assert tuple(one.code for one in line.cells) == codes


def test_stations_by_hand() -> None:
    rows = stations_of(MIDDAY, demand=demand())
    assert list(rows) == ["S1", "S2", "S3", "S4", "S5"]
    states = {name: (row.window_state, row.open_share) for name, row in rows.items()}
    assert states == {
        "S1": ("partly", pytest.approx(4 / 14)),
        "S2": ("open", 1.0),
        "S3": ("unknown", None),
        "S4": ("open", 1.0),
        "S5": ("not_serving", 0.0),
    }
    water = {name: next(c for c in row.cells if c.code == "water_hot") for name, row in rows.items()}
    assert {name: (c.value, c.availability) for name, c in water.items()} == {
        "S1": ("yes", "available"),
        "S2": ("broken", "missing"),
        "S3": ("limited", "available"),
        "S4": ("no", "missing"),
        "S5": ("yes", "available"),
    }
    assert water["S3"].note == "限量"
    toilet = next(c for c in rows["S2"].cells if c.code == "toilet")
    assert (toilet.value, toilet.availability, toilet.distance_m) == ("nearby", "available", 90)
    unsaid = next(c for c in rows["S1"].cells if c.code == "aed")
    assert (unsaid.value, unsaid.availability) == ("unknown", "unknown")
    # 14 workers at A for 4/14 of the window and for all of it; S3's hours are unknown, S4 is nowhere
    assert {name: row.demand_covered for name, row in rows.items()} == {
        "S1": pytest.approx(4), "S2": pytest.approx(14), "S3": 0.0, "S4": 0.0, "S5": 0.0,
    }  # fmt: skip


def test_station_states_by_window() -> None:
    row = stations_of(Standard(week=WEEK))["S1"]
    assert row.window_state == "partly"
    assert row.open_share == pytest.approx(20 / 168)
    assert row.by_window["T1"] == "closed"
    # over all seven days 07:00-11:00 is partly open; a window asked for means weekdays; weekends are shut
    assert row.by_window["T2"] == "partly"
    long = station("S7", A, "Mo-Fr 06:00-12:00", "s1")
    (weekday,) = station_matrix(stations_to_frame([long]), MIDDAY)
    assert weekday.by_window["T2"] == "open"
    weekend = stations_of(Standard(week=WEEK, day="weekend"))["S1"]
    assert set(weekend.by_window.values()) == {"closed"}
    assert weekend.window_state == "closed"
    assert set(stations_of(MIDDAY)["S5"].by_window.values()) == {"not_serving"}
    assert set(stations_of(MIDDAY)["S3"].by_window.values()) == {"unknown"}
    assert stations_of(MIDDAY)["S1"].demand_covered is None


def test_one_instant() -> None:
    at = Standard(week=WEEK, at=datetime(2026, 11, 24, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    rows = stations_of(at, demand=demand())
    assert {name: row.window_state for name, row in rows.items()} == {
        "S1": "open", "S2": "open", "S3": "unknown", "S4": "open", "S5": "not_serving",
    }  # fmt: skip
    assert rows["S1"].by_window == {}
    assert rows["S1"].demand_covered == 14.0
    # weekday midday at A: 14 drivers
    assert cell(streets_of(at)["s1"], "water_hot").demand_covered == 14.0


def test_streets_by_hand() -> None:
    rows = streets_of(MIDDAY)
    # s3 has workers and no station, s2 stations and no workers; the whole area comes last
    assert list(rows) == ["s1", "s2", "s3", None]
    assert [rows[code].stations for code in rows] == [2, 2, 0, 4]
    first = cell(rows["s1"], "water_hot")
    assert (first.available, first.broken, first.unknown, first.working_share) == (1, 1, 0, 0.5)
    # S1 alone has hot water at A: open 4 of 14 quarter-hours
    assert (first.demand, first.demand_covered) == pytest.approx((14, 4))
    assert first.share == pytest.approx(4 / 14)
    second = cell(rows["s2"], "water_hot")
    assert (second.available, second.broken, second.unknown, second.working_share) == (1, 0, 0, 1.0)
    assert (second.demand, second.demand_covered, second.share) == (0, 0, None)
    # S3 has it, its hours are unknown: never counted
    assert (cell(rows["s3"], "water_hot").demand, cell(rows["s3"], "water_hot").demand_covered) == (6, 0)
    whole = cell(rows[None], "water_hot")
    assert (whole.available, whole.broken, whole.demand) == (2, 1, 20)
    assert whole.working_share == pytest.approx(2 / 3)
    assert whole.demand_covered == pytest.approx(4)
    legal = cell(rows["s1"], "legal")
    assert (legal.available, legal.broken, legal.unknown, legal.working_share) == (1, 0, 1, 1.0)
    assert cell(rows["s1"], "aed").working_share is None


@pytest.mark.parametrize(
    "standard",
    [
        MIDDAY,
        Standard(week=WEEK),
        Standard(week=WEEK, day="weekend"),
        Standard(week=WEEK, minutes=None, radius_m=90, window="T3", amenities=("aed",)),
    ],
)
def test_streets_agree_with_coverage_service_by_service(standard: Standard) -> None:
    frame = stations_to_frame(TOY)
    rows = streets_of(standard)
    for code in ("water_hot", "toilet", "legal", "aed"):
        alone = Standard(
            week=WEEK, minutes=standard.minutes, radius_m=standard.radius_m, window=standard.window,
            day=standard.day, amenities=(code,),
        )  # fmt: skip
        answer = coverage(frame, demand(), alone)
        whole = cell(rows[None], code)
        assert (whole.demand, whole.demand_covered) == pytest.approx(
            (answer.total.demand, answer.total.demand_covered)
        )
        for street, figures in answer.by_street:
            assert cell(rows[street], code).demand_covered == pytest.approx(figures.demand_covered)


def test_an_empty_register_has_only_the_streets_of_the_demand() -> None:
    frame = stations_to_frame([])
    assert station_matrix(frame, MIDDAY, demand()) == ()
    rows = street_matrix(frame, demand(), MIDDAY)
    assert [row.street_code for row in rows] == ["s1", "s3", None]
    assert {(one.available, one.demand_covered, one.working_share) for one in rows[-1].cells} == {
        (0, 0.0, None)
    }


def test_a_gain_is_what_coverage_finds_once_the_service_is_there() -> None:
    frame = stations_to_frame(TOY)
    rows = stations_of(MIDDAY, demand=demand())
    checked = 0
    for name in ("S1", "S2", "S3", "S4"):
        for one in rows[name].cells:
            asked = Standard(week=WEEK, window="T3", amenities=(one.code,))
            put_right = Scenario(
                hours=(("S3", "24/7"),) if name == "S3" else (), equipped=((name, (one.code,)),)
            )
            before = coverage(frame, demand(), asked).total.demand_covered
            after = coverage(apply(put_right, frame), demand(), asked).total.demand_covered
            assert one.gain == pytest.approx(after - before), (name, one.code)
            checked += one.gain > 0
    assert checked > 50
    # S1 serves A's 14 for 4 of 14 quarter-hours, S2 all the time once repaired; S3's 6 wait for its hours
    water = {name: next(c for c in row.cells if c.code == "water_hot").gain for name, row in rows.items()}
    assert water == {"S1": 0, "S2": pytest.approx(10), "S3": pytest.approx(6), "S4": 0, "S5": 0}
    assert {one.gain for row in stations_of(MIDDAY).values() for one in row.cells} == {None}
