"""Worker demand and service gaps as files: opened by other programs, the numbers of the features."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from starlette.testclient import TestClient

from geo.opening_hours import OpeningHours
from geo.stations import ILLUSTRATIVE_NOTICE

STREET = "610111001"


def read(content: bytes, form: str, layer: str, folder: Path) -> pd.DataFrame:
    path = folder / f"read.{form}"
    path.write_bytes(content)
    if form == "csv":
        return pd.read_csv(path, dtype={"street_code": str})
    if form == "xlsx":
        return pd.read_excel(path, sheet_name="数据", dtype={"street_code": str})
    found = gpd.read_file(path, layer=layer) if form == "gpkg" else gpd.read_parquet(path)
    assert set(found.geometry.geom_type) <= {"Polygon", "MultiPolygon"} and not found.geometry.is_empty.any()
    west, south, east, north = found.total_bounds
    assert 108.9 < west < east < 109.4 and 34.1 < south < north < 34.6  # longitude first
    return found


@pytest.mark.parametrize("form", ["csv", "xlsx", "gpkg", "parquet"])
@pytest.mark.parametrize(
    ("collection", "figures"),
    [
        (
            "worker-demand",
            ("demand_hours", "demand_hours_courier", "demand_T3_weekday", "demand_courier_T7_weekend"),
        ),
        ("service-gaps", ("rank", "unserved", "cause_closed", "nearest_distance_m")),
    ],
)
def test_files_hold_every_match_with_the_numbers_of_the_features(
    planner: TestClient, tmp_path: Path, collection: str, figures: tuple[str, ...], form: str
) -> None:
    where = f"/api/collections/{collection}/items?street_code={STREET}"
    features: list[dict[str, Any]] = planner.get(f"{where}&limit=10000").json()["features"]
    answer = planner.get(f"{where}&f={form}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{collection}.{form}"'
    table = read(answer.content, form, collection.replace("-", "_"), tmp_path)
    assert len(table) == len(features) > 0
    for name in figures:
        assert table[name].tolist() == [feature["properties"][name] for feature in features]
    for name, value in (
        ("street_code", STREET),
        ("demand_basis", "modelled"),
        ("demand_unit", "weight"),
        ("notice", ILLUSTRATIVE_NOTICE),
    ):
        assert set(table[name]) == {value}
    assert table["areas_basis"].notna().all()
    again = planner.get(f"{where}&f={form}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_file_without_a_match_has_its_columns(planner: TestClient, tmp_path: Path) -> None:
    for collection in ("worker-demand", "service-gaps"):
        for form in ("csv", "xlsx", "gpkg", "parquet"):
            answer = planner.get(f"/api/collections/{collection}/items?street_code=none&f={form}")
            assert answer.status_code == 200, answer.text
        path = tmp_path / "none.parquet"
        path.write_bytes(answer.content)
        empty = gpd.read_parquet(path)
        assert len(empty) == 0 and "demand_basis" in empty.columns


@pytest.mark.parametrize(
    "asked",
    ["worker-demand/items?f=csv&limit=5", "service-gaps/items?f=xlsx&offset=1", "areas/items?f=csv"],
)
def test_pages_of_a_file_and_files_of_other_collections_are_refused(planner: TestClient, asked: str) -> None:
    answer = planner.get(f"/api/collections/{asked}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def serving(station: dict[str, Any], quarters: list[datetime]) -> list[bool]:
    """At which quarter-hours a served station is open by known hours and has water, read by hand."""
    told = station["properties"]
    amenities = told["amenities"]
    ready = told["status"] in ("operating", "trial") and any(
        amenities.get(code, {}).get("value") in ("yes", "limited") for code in ("water_hot", "water_cool")
    )
    hours = OpeningHours.parse(told["hours"])
    return [ready and hours.is_open(quarter) is True for quarter in quarters]


@pytest.mark.parametrize(
    ("form", "group", "day"), [("csv", "courier", "weekday"), ("parquet", "other", "weekend")]
)
def test_coverage_of_a_group_in_a_window_is_recomputed_from_the_files(
    planner: TestClient, tmp_path: Path, form: str, group: str, day: str
) -> None:
    items = "/api/collections"
    stations = planner.get(f"{items}/stations/items?limit=10000").json()["features"]
    located = [station for station in stations if station["geometry"]]
    table = read(
        planner.get(f"{items}/worker-demand/items?f={form}").content, form, "worker_demand", tmp_path
    )
    asked = {"group": group, "window": "T3", "day": day, "amenities": "water", "week": "2026-11-23"}
    found = planner.get("/api/coverage", params=asked).json()

    days = range(23, 28) if day == "weekday" else range(28, 30)
    quarters = [datetime(2026, 11, d, 11) + i * timedelta(minutes=15) for d in days for i in range(14)]
    open_at = np.array([serving(station, quarters) for station in located])
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in table["cell"]]).T
    served = np.zeros((len(table), len(quarters)), dtype=bool)
    for station, opened in zip(located, open_at, strict=True):
        at = station["geometry"]["coordinates"]
        metres = Geod(ellps="WGS84").inv(lon, lat, np.full_like(lon, at[0]), np.full_like(lat, at[1]))[2]
        served |= (metres * 1.35 / 1.11 / 60 <= 15)[:, None] & opened
    demand = table[f"demand_{group}_T3_{day}"].to_numpy()
    assert found["demand"] == pytest.approx(demand.sum(), rel=1e-12)
    assert 0 < found["share"] < 1
    assert found["demand_covered"] == pytest.approx(demand @ served.mean(axis=1), rel=1e-12)
    assert found["share"] == pytest.approx(demand @ served.mean(axis=1) / demand.sum(), rel=1e-12)
