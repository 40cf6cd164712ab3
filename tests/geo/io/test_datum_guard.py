"""The datum guard: what it takes as evidence, when it stops, what it names, and when it asks for --force."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyproj
import pytest
import shapely

from geo.areas import shipped_areas
from geo.crs import Datum, wgs84_to_bd09, wgs84_to_gcj02
from geo.io.datum_guard import KnownPlace
from geo.io.importer import ImportOptions, ImportPlan, plan_import
from geo.io.table import SourceRow, SourceTable
from geo.stations import LonLat, Station

GEOD = pyproj.Geod(ellps="WGS84")
TODAY = date(2026, 11, 22)
TRUE = [(109.05 + 0.01 * number, 34.27) for number in range(6)]
SHIFT = {Datum.WGS84: lambda lon, lat: (lon, lat), Datum.GCJ02: wgs84_to_gcj02, Datum.BD09: wgs84_to_bd09}


def known(provenance: str = "survey") -> list[Station]:
    return [
        Station.model_validate(
            {
                "id": f"K{n}",
                "name": f"站{n}",
                "location": place,
                "provenance": {"location": provenance},
            }
        )
        for n, place in enumerate(TRUE)
    ]


def guarded(
    written: Datum,
    declared: Datum,
    existing: list[Station],
    *,
    rows: int = 6,
    force: bool = False,
    places: tuple[KnownPlace, ...] = (),
    points: list[tuple[float, float]] = TRUE,
    names: str = "站{}",
) -> ImportPlan:
    """Plan a table whose points were written in one datum and are declared in another."""
    table = SourceTable("clerk.csv", typed=False)
    for number, place in enumerate(points[:rows]):
        lon, lat = SHIFT[written](*place)
        table.rows.append(SourceRow(number + 2, {"name": names.format(number), "lon": lon, "lat": lat}))
    return plan_import(table, existing, ImportOptions(declared, force=force), TODAY, places=places)


def test_here_gcj02_read_as_wgs84_lands_464_m_east_and_148_m_south() -> None:
    lon, lat = wgs84_to_gcj02(109.067, 34.273)
    east_m = GEOD.inv(109.067, 34.273, lon, 34.273)[2]
    south_m = GEOD.inv(109.067, 34.273, 109.067, lat)[2]
    assert lon > 109.067
    assert lat < 34.273
    assert (east_m, south_m) == (pytest.approx(464, abs=15), pytest.approx(148, abs=10))


@pytest.mark.parametrize("written", Datum)
@pytest.mark.parametrize("declared", Datum)
def test_matching_stations_tell_the_datum(written: Datum, declared: Datum) -> None:
    plan = guarded(written, declared, known())
    guard = plan.report.guard
    assert guard is not None
    assert guard.evidence == 6
    if written is declared:
        assert (guard.verdict, plan.report.refused) == ("fits", None)
    else:
        assert (guard.verdict, guard.likelier) == ("contradicted", written.value)
        assert plan.changes == ()
        assert written.value in (plan.report.refused or "")


def test_medians_are_the_hand_worked_shift() -> None:
    guard = guarded(Datum.GCJ02, Datum.WGS84, known()).report.guard
    assert guard is not None
    assert guard.median_m is not None
    assert guard.median_m["wgs84"] == pytest.approx(np.hypot(464, 148), abs=10)
    assert guard.median_m["gcj02"] == pytest.approx(0, abs=0.1)


def test_two_matches_are_too_few_and_force_takes_the_word() -> None:
    plan = guarded(Datum.WGS84, Datum.WGS84, known(), rows=2)
    assert plan.changes == ()
    assert "can't be checked" in (plan.report.refused or "")
    assert "--force" in (plan.report.refused or "")
    plan = guarded(Datum.WGS84, Datum.WGS84, known(), rows=2, force=True)
    assert plan.report.refused is None
    assert guarded(Datum.WGS84, Datum.WGS84, known(), rows=3).report.refused is None


def test_illustrative_stations_are_no_evidence() -> None:
    guard = guarded(Datum.GCJ02, Datum.WGS84, known("illustrative")).report.guard
    assert guard is not None
    assert (guard.evidence, guard.verdict) == (0, "unchecked")


def test_known_places_are_evidence_by_name() -> None:
    places = tuple(KnownPlace(f"第{n}公园", LonLat(*place)) for n, place in enumerate(TRUE))
    guard = guarded(Datum.BD09, Datum.GCJ02, [], places=places, names="第{}公园爱心驿站").report.guard
    assert guard is not None
    assert (guard.evidence, guard.verdict, guard.likelier) == (6, "contradicted", "bd09")


def test_moved_within_a_third_is_not_stopped() -> None:
    """200 m away from where they were: GCJ-02 would be about 490 ± 200 m off, never under 67 m."""
    away = [GEOD.fwd(*place, 45.0, 200.0)[:2] for place in TRUE]
    assert guarded(Datum.WGS84, Datum.WGS84, known(), points=away).report.refused is None


def test_rows_that_leave_the_district_only_as_declared_stop_the_import() -> None:
    """Points just inside the eastern edge: read as WGS-84 their GCJ-02 form lies up to 464 m further east."""
    district = shipped_areas().district.geometry
    west, _, east, _ = district.bounds
    lons = np.linspace(east, west, 2000)
    inside: list[tuple[float, float]] = []
    for lat in np.linspace(34.2, 34.4, 41):
        within = lons[shapely.contains_xy(district, lons, np.full_like(lons, lat))]
        if within.size:
            inside.append((float(within[0]) - 0.0025, float(lat)))
    plan = guarded(Datum.GCJ02, Datum.WGS84, [], points=inside, rows=len(inside), names="某{}")
    guard = plan.report.guard
    assert guard is not None
    assert guard.outside is not None
    assert guard.outside["wgs84"] > 0.2
    assert guard.outside["gcj02"] < 0.05
    assert (guard.verdict, guard.likelier) == ("contradicted", "gcj02")


def test_a_file_elsewhere_in_china_is_not_stopped_by_the_district() -> None:
    far = [(116.3 + number / 100, 39.9) for number in range(6)]
    guard = guarded(Datum.WGS84, Datum.WGS84, [], points=far, names="某{}").report.guard
    assert guard is not None
    assert guard.verdict == "unchecked"


def test_without_coordinates_there_is_nothing_to_check() -> None:
    table = SourceTable("clerk.csv", typed=False, rows=[SourceRow(2, {"name": "无坐标"})])
    plan = plan_import(table, [], ImportOptions(), TODAY)
    assert plan.report.refused is None
    assert len(plan.changes) == 1


def test_a_file_that_names_another_datum_is_refused() -> None:
    table = SourceTable("clerk.csv", typed=False, rows=[SourceRow(2, {"name": "a"})], datum="gcj02")
    plan = plan_import(table, [], ImportOptions(force=True), TODAY)
    assert plan.report.refused == "the file says its datum is gcj02, not wgs84"
