"""A toy city of five stations and six H3 cells, drawn so that every figure can be worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import h3
import pandas as pd
import pytest
from pyproj import Geod

from geo.assessment import Assessment, assess
from geo.demand import Demand
from geo.metrics import Figure, Metric
from geo.standard import Standard
from geo.stations import Station, stations_to_frame

GEOD = Geod(ellps="WGS84")
WEEK = date(2026, 11, 23)
ZONE = ZoneInfo("Asia/Shanghai")


def centre(cell: str) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(cell)
    return lon, lat


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(GEOD.inv(*one, *other)[2])


# Six H3 cells. A, B, C and D lie kilometres apart; E touches D; F is three steps from A.
A = h3.latlng_to_cell(34.273, 109.067, 9)
B, C, D = (h3.grid_ring(A, 20)[place] for place in (0, 40, 80))
E = h3.grid_ring(D, 1)[0]
F = h3.grid_ring(A, 3)[0]
NAMES = {"A": A, "B": B, "C": C, "D": D, "E": E, "F": F}
STREETS = {A: "s1", B: "s1", C: "s1", D: "s2", E: "s2", F: "s2"}
_azimuth, _, A_TO_F_M = GEOD.inv(*centre(A), *centre(F))
# 900 m short of F on the way from A: too far to walk to (740 m), but within the radius (1 km)
S1_AT = GEOD.fwd(*centre(A), _azimuth, A_TO_F_M - 900)[:2]
S5_AT = GEOD.fwd(*centre(B), 90, 50)[:2]
YES, NO = {"value": "yes"}, {"value": "no"}


def station(name: str, at: tuple[float, float] | None, hours: str | None, **more: object) -> Station:
    return Station.model_validate({"id": name, "name": name, "location": at, "hours": hours, **more})


TOY = [
    # one hour of the midday window, weekdays
    station(
        "S1", S1_AT, "Mo-Fr 08:00-12:00", seats=10, hours_confirmed_on=date(2026, 11, 1),
        amenities={"water_hot": {**YES, "checked_on": date(2026, 7, 1)}},
        visits=[{"period": "2026-10", "count": 310}],
    ),
    # always open, its water broken
    station(
        "S2", centre(B), "24/7", seats=20, visits=[{"period": "2025", "count": 730}],
        amenities={"water_hot": {"value": "broken"}, "water_cool": NO},
    ),
    # nobody knows when
    station("S3", centre(C), None, sign_outside="no"),
    # shut for now
    station("S4", centre(D), "24/7", status="temporarily_closed", amenities={"water_hot": YES}),
    # half of the midday window, 50 m from S2
    station("S5", S5_AT, "Mo-Fr 11:00-12:45", status="trial", amenities={"water_hot": YES}),
]  # fmt: skip
COURIERS = {"A": 14.0, "B": 10.0, "C": 20.0, "D": 30.0, "E": 12.0, "F": 16.0}
ROWS = [
    *((NAMES[name], "courier", "T3", "weekday", amount) for name, amount in COURIERS.items()),
    (B, "sanitation", "T6", "weekday", 10.0),
    (B, "courier", "T3", "weekend", 5.0),
]
# Demand-hours: T3 is 3.5 h on 5 weekdays (x 17.5) and 2 weekend days (x 7), T6 is 3 h on 5 weekdays (x 15)
HOURS = {"A": 245.0, "B": 175.0 + 150.0 + 35.0, "C": 350.0, "D": 525.0, "E": 210.0, "F": 280.0}
TOTAL = 1970.0
PLACES = pd.DataFrame(
    [("示例银行", "bank", *GEOD.fwd(*centre(F), 0, 100)[:2]), ("示例桥", "bridge", *centre(D))],
    columns=["name", "kind", "lon", "lat"],
)


def demand(rows: list[tuple[str, str, str, str, float]] = ROWS, basis: Any = "modelled") -> Demand:
    cells = pd.DataFrame(
        [(cell, *centre(cell), street) for cell, street in sorted(STREETS.items())],
        columns=["cell", "lon", "lat", "street_code"],
    )
    table = pd.DataFrame(rows, columns=["cell", "group", "window", "day_type", "demand"])
    return Demand(cells=cells, rows=table, basis=basis, areas_basis="示意")


def assessed(
    standard: Standard | None = None, stations: list[Station] | None = None, **more: Any
) -> Assessment:
    frame = stations_to_frame(TOY if stations is None else stations)
    need = more.pop("need", demand())
    return assess(frame, need, standard or Standard(week=WEEK), places=PLACES, **more)


def metric(found: Assessment, number: int) -> Metric:
    assert found.metrics[number - 1].number == number
    return found.metrics[number - 1]


def figure(found: Assessment, number: int, key: str) -> Figure:
    return next(line for line in metric(found, number).figures if line.key == key)


def ratio(found: Assessment, number: int, key: str) -> tuple[float | None, float | None]:
    """Numerator and denominator, after checking that the value is their ratio."""
    line = figure(found, number, key)
    if line.value is not None and line.numerator is not None and line.denominator is not None:
        assert line.value == pytest.approx(line.numerator / line.denominator)
    return line.numerator, line.denominator
