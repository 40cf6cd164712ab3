"""Keys, reports and layers on both back ends."""

from __future__ import annotations

import pytest
from shapely.geometry import MultiPolygon, box
from sqlalchemy import text

from geo.errors import ConflictError, InvalidParameterError, NotFoundError
from geo.stations import LonLat, Station
from geo.store import Change, open_store
from geo.store.keys import add_key, list_keys, revoke_key, verify_key
from geo.store.layers import (
    StoredArea,
    StoredDemand,
    list_areas,
    list_demand,
    replace_areas,
    replace_demand,
)
from geo.store.reports import add_report, count_reports, list_reports, review_report
from geo.store.sql_store import SqlStore

A = Station(id="a", name="甲", location=LonLat(109.1, 34.3))
B = Station(id="b", name="乙", location=LonLat(109.2, 34.3))


def fill(store: SqlStore) -> None:
    store.apply([Change("create", station.id, station) for station in (A, B)], "x")


def test_a_key_opens_until_it_is_revoked_in_another_process(store: SqlStore, store_url: str) -> None:
    token = add_key(store, "张三", "keeper")
    key = verify_key(store, token)
    assert key is not None and (key.name, key.role, key.revoked_at) == ("张三", "keeper", None)
    elsewhere = open_store(store_url)
    assert revoke_key(elsewhere, "张三").revoked_at is not None
    elsewhere.close()
    assert verify_key(store, token) is None
    first = list_keys(store)[0].revoked_at
    assert revoke_key(store, "张三").revoked_at == first


def test_the_key_itself_is_kept_nowhere(store: SqlStore) -> None:
    token = add_key(store, "张三", "admin")
    secret = token.split("_", 2)[2]
    with store.reading() as connection:
        row = connection.execute(text("SELECT * FROM keys")).one()
    assert secret not in " ".join(str(cell) for cell in row)
    assert len({add_key(store, f"k{n}", "keeper") for n in range(5)}) == 5


def test_nothing_but_the_whole_key_opens(store: SqlStore) -> None:
    token = add_key(store, "张三", "keeper")
    prefix = token[: token.rindex("_") + 1] if token.count("_") == 2 else token[:16]
    last = "A" if token[-1] != "A" else "B"
    wrong = ["", "cs_", prefix, token[:-1], token + "A", token[:-1] + last, token.upper(), f" {token}", "'--"]
    assert [verify_key(store, attempt) for attempt in wrong] == [None] * len(wrong)


def test_names_and_roles_of_keys_are_checked(store: SqlStore) -> None:
    add_key(store, "张三", "keeper")
    revoke_key(store, "张三")
    with pytest.raises(ConflictError, match="key 张三: the name is taken"):
        add_key(store, "张三", "admin")
    for name in ("", " a", "a\nb", "x" * 101, "a\x00"):
        with pytest.raises(InvalidParameterError, match="name"):
            add_key(store, name, "keeper")
    with pytest.raises(InvalidParameterError, match="role='root'"):
        add_key(store, "李四", "root")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="key 李四: no such key"):
        revoke_key(store, "李四")
    assert [key.name for key in list_keys(store)] == ["张三"]


def test_a_report_is_kept_reviewed_and_outlives_its_station(store: SqlStore) -> None:
    fill(store)
    version = store.version()
    first = add_report(store, "a", "locked", note="门锁着\n等了十分钟", reporter_hash="h1")
    second = add_report(store, "a", "broken", amenity="water_hot")
    add_report(store, "b", "other")
    assert (first.status, first.amenity, second.note) == ("new", None, None)
    assert [report.id for report in list_reports(store, station_id="a")] == [second.id, first.id]
    assert count_reports(store) == 3
    reviewed = review_report(store, first.id, "accepted", "张三", "已去看过")
    assert (reviewed.status, reviewed.reviewed_by, reviewed.review_note) == ("accepted", "张三", "已去看过")
    assert list_reports(store, status="accepted") == [reviewed]
    assert len(list_reports(store, limit=2)) == 2
    store.apply([Change("delete", "a")], "x")
    assert len(list_reports(store, station_id="a")) == 2
    assert store.version() == version + 1


def test_reports_are_checked(store: SqlStore) -> None:
    fill(store)
    with pytest.raises(NotFoundError, match="station z: not in the register"):
        add_report(store, "z", "locked")
    with pytest.raises(InvalidParameterError, match="kind='fire'"):
        add_report(store, "a", "fire")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameterError, match="amenity='gold'"):
        add_report(store, "a", "broken", amenity="gold")
    for note in ("x" * 1001, "a\x00b", "\ud800"):
        with pytest.raises(InvalidParameterError, match="note"):
            add_report(store, "a", "other", note=note)
    with pytest.raises(InvalidParameterError, match="limit"):
        list_reports(store, limit=0)
    with pytest.raises(NotFoundError, match="report none: no such report"):
        review_report(store, "none", "rejected", "x")
    for unstorable in ("a\x00", "a\ud800"):
        with pytest.raises(NotFoundError, match="not in the register"):
            add_report(store, unstorable, "locked")
        with pytest.raises(NotFoundError, match="no such report"):
            review_report(store, unstorable, "rejected", "x")
        assert list_reports(store, station_id=unstorable) == []
    assert list_reports(store) == []


def test_areas_and_demand_are_replaced_whole_and_raise_the_version(store: SqlStore) -> None:
    areas = [
        StoredArea(
            "610111002", "street", "十里铺", {"basis": "approximate", "n": None}, box(109, 34, 110, 35)
        ),
        StoredArea("610111", "district", "灞桥区", {}, MultiPolygon([box(108, 34, 110, 35)])),
    ]
    assert replace_areas(store, areas) == 1
    assert list_areas(store) == areas
    rows = [
        StoredDemand("8931aa1", "courier", "T1", "weekday", 0.1 + 0.2, "modelled", "weight"),
        StoredDemand("8931aa1", "courier", "T1", "weekend", 0.0, "measured", "workers", "调查 2026"),
    ]
    assert replace_demand(store, reversed(rows)) == 2
    assert list_demand(store) == rows
    replace_demand(store, [])
    replace_areas(store, areas[:1])
    assert (list_demand(store), list_areas(store), store.version()) == ([], areas[:1], 4)
