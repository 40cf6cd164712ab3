"""Coverage zones in both stores: written with their station, never stale unsaid, built in steps when many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyproj import Geod
from sqlalchemy import text, update

from geo.stations import LonLat, Station
from geo.store import Change
from geo.store import zones as zones_module
from geo.store.model import ZoneRow
from geo.store.snapshot import SnapshotKeeper
from geo.store.sql_store import SqlStore
from geo.store.zones import build_zones, list_zones, stations_due

A = Station(id="a", name="甲", location=LonLat(109.1, 34.3))
B = Station(id="b", name="乙", location=LonLat(109.2, 34.3))
NOWHERE = Station(id="c", name="丙")
KINDS = [(mode, minutes) for mode in ("ebike", "walk") for minutes in (5.0, 10.0, 15.0)]
# metres in a straight line: minutes x 60 x speed / 1.35, by hand (1.11 m/s on foot, 4.2 m/s by e-bike)
REACH_M = {
    ("walk", 5.0): 246.667,
    ("walk", 10.0): 493.333,
    ("walk", 15.0): 740.0,
    ("ebike", 5.0): 933.333,
    ("ebike", 10.0): 1866.667,
    ("ebike", 15.0): 2800.0,
}


def fill(store: SqlStore) -> None:
    store.apply([Change("create", one.id, one) for one in (A, B, NOWHERE)], "x")


def moved(station: Station, location: LonLat | None) -> Change:
    return Change("replace", station.id, station.model_copy(update={"location": location}))


def due(store: SqlStore) -> list[str]:
    with store.reading() as connection:
        return stations_due(connection)


def centres(store: SqlStore) -> set[tuple[str, float, float]]:
    return {(zone.station_id, zone.center_lon, zone.center_lat) for zone in list_zones(store)}


def test_one_polygon_a_located_station_mode_and_minutes_geodesically_right(store: SqlStore) -> None:
    fill(store)
    found = list_zones(store)
    assert [(zone.station_id, zone.mode, zone.minutes) for zone in found] == [
        (station, *kind) for station in ("a", "b") for kind in KINDS
    ]
    geod = Geod(ellps="WGS84")
    for zone in found:
        lon, lat = (A if zone.station_id == "a" else B).location or (0.0, 0.0)
        for corner in zone.polygon.exterior.coords:  # type: ignore[union-attr]
            assert geod.inv(lon, lat, *corner)[2] == pytest.approx(
                REACH_M[zone.mode, zone.minutes], abs=0.001
            )
        assert zone.polygon.is_valid
        assert not zone.stale(LonLat(lon, lat))
        assert zone.station_version == 1
    assert due(store) == []


def test_a_new_store_is_filled_with_zones(store: SqlStore) -> None:
    store.create_from([A, NOWHERE])
    assert [zone.station_id for zone in list_zones(store)] == ["a"] * 6


def test_zones_follow_a_station_in_the_transaction_that_moves_it(store: SqlStore) -> None:
    fill(store)
    version = store.version()
    store.apply([moved(A, LonLat(109.15, 34.31))], "x")
    assert store.version() == version + 1
    assert centres(store) == {("a", 109.15, 34.31), ("b", 109.2, 34.3)}
    assert {zone.station_version for zone in list_zones(store) if zone.station_id == "a"} == {2}
    store.apply([moved(B, None)], "x")
    assert centres(store) == {("a", 109.15, 34.31)}
    store.apply([moved(NOWHERE, LonLat(109.0, 34.2))], "x")
    assert centres(store) == {("a", 109.15, 34.31), ("c", 109.0, 34.2)}
    assert len(list_zones(store)) == 12
    store.restore("a", 1, "x")
    assert ("a", 109.1, 34.3) in centres(store)
    store.apply([Change("delete", "a")], "x")
    assert centres(store) == {("c", 109.0, 34.2)}
    store.restore("a", 1, "x")
    assert len(list_zones(store)) == 12


def test_a_change_that_moves_nothing_leaves_zones_alone(store: SqlStore) -> None:
    fill(store)
    before = list_zones(store)
    changes: dict[str, Any] = {"name": "改名", "status": "retired"}
    store.apply([Change("replace", "a", A.model_copy(update=changes))], "x")
    assert list_zones(store) == before


def test_a_refused_write_leaves_zones_as_they_were(store: SqlStore) -> None:
    fill(store)
    before = list_zones(store)
    with pytest.raises(ValueError, match="carries no station"):
        store.apply([moved(A, LonLat(109.15, 34.31)), Change("replace", "b", A)], "x")
    assert list_zones(store) == before


def test_a_zone_of_another_standard_or_place_says_stale_and_is_rebuilt(store: SqlStore) -> None:
    fill(store)
    with store.writing() as connection:
        old = {"basis": "estimate", "detour_factor": 1.2, "speed_m_per_s": 1.11, "corners": 64}
        connection.execute(
            update(ZoneRow).where(ZoneRow.station_id == "a", ZoneRow.mode == "walk").values(standard=old)
        )
        connection.execute(update(ZoneRow).where(ZoneRow.station_id == "b").values(center_lon=109.0))
        connection.execute(text("DELETE FROM coverage_zones WHERE station_id = 'b' AND mode = 'walk'"))
    places = {"a": A.location, "b": B.location}
    stale = [
        (zone.station_id, zone.mode) for zone in list_zones(store) if zone.stale(places[zone.station_id])
    ]
    assert stale == [("a", "walk")] * 3 + [("b", "ebike")] * 3
    assert due(store) == ["a", "b"]
    version = store.version()
    assert build_zones(store) == 2
    assert store.version() == version + 1
    assert not any(zone.stale(places[zone.station_id]) for zone in list_zones(store))
    assert len(list_zones(store)) == 12
    assert build_zones(store) == 0
    assert store.version() == version + 1


def test_many_are_built_in_steps_that_go_on_where_they_ended(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zones_module, "AT_ONCE", 2)
    many = [Station(id=f"s{n}", name="站", location=LonLat(109 + n / 100, 34.2)) for n in range(5)]
    store.apply([Change("create", one.id, one) for one in many[:2]], "x")
    assert len(list_zones(store)) == 12
    store.apply([Change("create", one.id, one) for one in many[2:]], "x")
    assert due(store) == ["s2", "s3", "s4"]
    told: list[tuple[int, int]] = []

    def stop_after_the_first(done: int, of: int) -> None:
        told.append((done, of))
        if len(told) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_zones(store, stop_after_the_first)
    assert due(store) == ["s4"]
    assert build_zones(store, stop_after_the_first) == 1
    assert told == [(2, 3), (1, 1)]
    assert len(list_zones(store)) == 30
    store.apply([moved(one, LonLat(110, 34.2)) for one in many[:3]], "x")
    assert due(store) == ["s0", "s1", "s2"]
    assert {zone.station_id for zone in list_zones(store)} == {"s3", "s4"}


def test_the_snapshot_follows_without_reading_all_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    keeper = SnapshotKeeper(store)
    first = keeper.refresh()
    assert {name: len(zones) for name, zones in first.zones.items()} == {"a": 6, "b": 6}
    with monkeypatch.context() as patch:
        patch.setattr("geo.store.snapshot.list_zones", None)
        store.apply([Change("replace", "a", A.model_copy(update={"name": "改名"}))], "x")
        same = keeper.refresh()
        assert same.zones is first.zones
        store.apply([moved(A, LonLat(109.15, 34.31)), moved(B, None)], "x")
        second = keeper.refresh()
        with store.writing() as connection:
            connection.execute(update(ZoneRow).values(standard={}))
        build_zones(store)
        third = keeper.refresh()
    assert set(second.zones) == {"a"}
    assert {zone.center_lon for zone in second.zones["a"]} == {109.15}
    assert list(third.zones["a"]) == list_zones(store)
    assert len(first.zones) == 2


def test_zones_of_postgis_are_found_by_their_index(postgis_store: SqlStore) -> None:
    many = [Station(id=f"s{n:03d}", name="站", location=LonLat(109 + n / 200, 34.2)) for n in range(500)]
    postgis_store.create_from(many)
    with postgis_store.writing() as connection:
        connection.execute(text("ANALYZE coverage_zones"))
    box = "geom && ST_MakeEnvelope(109.0, 34.195, 109.005, 34.205, 4326)"
    with postgis_store.reading() as connection:
        plan = connection.execute(
            text(f"EXPLAIN (FORMAT JSON) SELECT station_id FROM coverage_zones WHERE {box}")
        ).scalar_one()
        found = set(connection.scalars(text(f"SELECT station_id FROM coverage_zones WHERE {box}")))
    assert "ix_coverage_zones_geom" in str(plan)
    # 2,800 m by e-bike is about 6 stations of 461 m on; those farther than 7 steps are out
    assert {"s000", "s001", "s006"} <= found
    assert "s009" not in found


def test_computed_at_is_the_stores_clock(store: SqlStore) -> None:
    before = datetime.now(UTC)
    fill(store)
    assert all(before <= zone.computed_at <= datetime.now(UTC) for zone in list_zones(store))
