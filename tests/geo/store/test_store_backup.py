"""Backup and restore: from either store into either store, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from geo.errors import ConflictError, InvalidDataError, StoreAccessError, StoreVersionError
from geo.stations import Amenity, LonLat, Service, Station
from geo.store import Change, check, open_store, upgrade
from geo.store.backup import backup, restore
from geo.store.keys import add_key, list_keys, verify_key
from geo.store.layers import (
    StoredArea,
    StoredDemand,
    list_areas,
    list_demand,
    replace_areas,
    replace_demand,
)
from geo.store.reports import add_report, list_reports
from geo.store.sql_store import SqlStore
from geo.store.zones import list_zones

STATION = Station(
    id="a",
    name="甲",
    area_m2=1 / 3,
    opened_on=datetime(2024, 2, 29, tzinfo=UTC).date(),
    amenities={
        "toilet": Amenity(value="nearby", distance_m=0.1),
        "seat": Amenity(value="no", certified=False),
    },
    services={"psych": Service(value="yes", contact="")},
    location=LonLat(109.1, 34.300000000000004),
)


def filled(store: SqlStore) -> str:
    store.apply([Change("create", "a", STATION), Change("create", "b", Station(id="b", name="乙"))], "x")
    store.apply([Change("delete", "b")], "y")
    replace_areas(
        store, [StoredArea("610111", "district", "灞桥区", {"basis": "示意"}, box(108, 34, 110, 35))]
    )
    replace_demand(store, [StoredDemand("8931aa", "courier", "T1", "weekday", 0.1, "modelled", "weight")])
    add_report(store, "a", "broken", amenity="toilet", note="坏了")
    return add_key(store, "张三", "keeper")


def everything(store: SqlStore) -> tuple[object, ...]:
    return (
        store.stations(),
        store.history("a"),
        store.history("b"),
        list_zones(store),
        list_areas(store),
        list_demand(store),
        list_reports(store),
        list_keys(store),
    )


@pytest.mark.parametrize("target", ["sqlite", "postgis"])
def test_a_backup_restores_into_either_store(
    store: SqlStore, store_url: str, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    token = filled(store)
    before, version, uuid = everything(store), store.version(), store.uuid()
    summary = backup(store_url, tmp_path / "copy.jsonl.gz")
    assert (summary.version, summary.rows["stations"], summary.rows["history"]) == (version, 1, 3)
    if target == "sqlite":
        target_url = f"sqlite:///{tmp_path / 'other.db'}"
    else:
        server = request.getfixturevalue("postgis_server")
        other = server.database(request.getfixturevalue("postgis_template"))
        target_url = other.__enter__()
        request.addfinalizer(lambda: other.__exit__(None, None, None))
    restored = restore(tmp_path / "copy.jsonl.gz", target_url)
    assert restored.rows["station_amenities"] == 3
    copy = open_store(target_url)
    assert everything(copy) == before
    assert copy.version() > version
    assert copy.uuid() != uuid
    assert verify_key(copy, token) is not None
    copy.apply([Change("create", "c", Station(id="c", name="丙"))], "z")
    assert copy.history("c")[0].sequence == 4
    copy.close()


def test_a_store_that_holds_something_is_not_overwritten(
    store: SqlStore, store_url: str, tmp_path: Path
) -> None:
    filled(store)
    backup(store_url, tmp_path / "copy.gz")
    store.apply([Change("create", "later", Station(id="later", name="后"))], "x")
    before, version = everything(store), store.version()
    with pytest.raises(ConflictError, match="already holds a register"):
        restore(tmp_path / "copy.gz", store_url)
    assert everything(store) == before
    restore(tmp_path / "copy.gz", store_url, force=True)
    assert [station.id for station in store.stations()] == ["a"]
    assert store.version() == version + 1


def test_keys_alone_are_something_too(store: SqlStore, store_url: str, tmp_path: Path) -> None:
    backup(store_url, tmp_path / "empty.gz")
    add_key(store, "张三", "admin")
    with pytest.raises(ConflictError):
        restore(tmp_path / "empty.gz", store_url)


def test_a_backup_is_never_written_over_another(store_url: str, tmp_path: Path) -> None:
    backup(store_url, tmp_path / "copy.gz")
    kept = (tmp_path / "copy.gz").read_bytes()
    with pytest.raises(ConflictError, match=r"copy\.gz exists"):
        backup(store_url, tmp_path / "copy.gz")
    assert (tmp_path / "copy.gz").read_bytes() == kept
    assert (tmp_path / "copy.gz").stat().st_mode & 0o077 == 0


def spoil_text(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace("甲".encode(), "乙".encode()))


def drop_line(data: bytes) -> bytes:
    lines = gzip.decompress(data).splitlines(keepends=True)
    return gzip.compress(b"".join(lines[:3] + lines[4:]))


def claim_newer(data: bytes) -> bytes:
    lines = gzip.decompress(data).splitlines(keepends=True)
    return gzip.compress(b"".join([lines[0].replace(b"backup 1", b"backup 2"), *lines[1:]]))


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_text,
        drop_line,
        claim_newer,
        lambda data: data[: len(data) // 2],
        lambda data: data[:100] + b"\x00\x01\x02" + data[103:],
        lambda data: b"",
        lambda data: gzip.compress(b""),
        lambda data: gzip.compress(b"[1]\n"),
        lambda data: b"no gzip at all",
    ],
)
def test_a_damaged_backup_changes_nothing(
    store: SqlStore, store_url: str, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    filled(store)
    backup(store_url, tmp_path / "copy.gz")
    (tmp_path / "bad.gz").write_bytes(spoil((tmp_path / "copy.gz").read_bytes()))
    before = everything(store)
    with pytest.raises(InvalidDataError, match=r"bad\.gz: is (damaged|no backup)"):
        restore(tmp_path / "bad.gz", store_url, force=True)
    assert everything(store) == before


def test_a_backup_of_a_newer_program_is_refused(store_url: str, tmp_path: Path) -> None:
    head = json.dumps({"format": "care-stations backup 1", "schema": "0999", "version": 1}).encode() + b"\n"
    foot = json.dumps({"rows": 0, "sha256": hashlib.sha256(head).hexdigest()}).encode()
    (tmp_path / "new.gz").write_bytes(gzip.compress(head + foot))
    with pytest.raises(StoreVersionError, match="0999 is not known"):
        restore(tmp_path / "new.gz", store_url)
    store = open_store(store_url)
    assert store.version() == 0
    store.close()


def test_a_restore_that_fails_midway_leaves_the_store_as_it_was(
    store: SqlStore, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store)
    backup(store_url, tmp_path / "copy.gz")
    before, uuid = everything(store), store.uuid()

    def fail(*_args: object) -> Point:
        raise MemoryError

    monkeypatch.setattr("geo.store.backup._value", fail)
    with pytest.raises(MemoryError):
        restore(tmp_path / "copy.gz", store_url, force=True)
    assert (everything(store), store.uuid()) == (before, uuid)


def test_an_old_schema_is_not_backed_up_as_if_it_were_new(empty_url: str, tmp_path: Path) -> None:
    upgrade(empty_url, "0001")
    with pytest.raises(StoreVersionError, match="db upgrade"):
        backup(empty_url, tmp_path / "copy.gz")
    assert list(tmp_path.glob("*copy*")) == []


def test_files_that_cannot_be_written_or_read_are_told(store_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreAccessError, match=r"^copy\.gz cannot be written: No such file or directory$"):
        backup(store_url, tmp_path / "missing" / "copy.gz")
    with pytest.raises(InvalidDataError, match=r"copy\.gz: cannot be read: No such file or directory"):
        restore(tmp_path / "copy.gz", store_url)


def test_a_backup_of_an_older_program_is_restored_and_upgraded(
    store: SqlStore, store_url: str, tmp_path: Path
) -> None:
    filled(store)
    backup(store_url, tmp_path / "new.gz")
    first, *rest = gzip.decompress((tmp_path / "new.gz").read_bytes()).splitlines(keepends=True)
    later = ("layers", "notices")  # tables that came with 0003 and 0005, as did the deadline of a report
    rows = [
        re.sub(rb',"due_at":null|,"register_version":1(?=}})', b"", line)
        for line in rest[:-1]
        if json.loads(line)["table"] not in later
    ]
    body = [json.dumps({**json.loads(first), "schema": "0002"}).encode() + b"\n", *rows]
    foot = {"rows": len(rows), "sha256": hashlib.sha256(b"".join(body)).hexdigest()}
    (tmp_path / "old.gz").write_bytes(gzip.compress(b"".join(body) + json.dumps(foot).encode()))
    before = everything(store)
    restore(tmp_path / "old.gz", store_url, force=True)
    assert check(store_url).state == "current"
    assert everything(store) == before
