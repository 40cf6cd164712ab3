"""The snapshot that answers reads: immutable, soon up to date, and there when the store is not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import NotFoundError, StoreAccessError, StoreUnavailableError, StoreVersionError
from geo.stations import LonLat, Station
from geo.store import Change, Difference, open_store, upgrade
from geo.store.backup import backup, restore
from geo.store.snapshot import SnapshotKeeper, build_snapshot, patched
from geo.store.sql_store import SqlStore

NOW = datetime(2026, 11, 22, tzinfo=UTC)
A = Station(id="a", name="甲", location=LonLat(109.1, 34.3))
B = Station(id="b", name="乙")


@pytest.fixture
def keeper(store: SqlStore) -> Iterator[SnapshotKeeper]:
    """A started keeper over a store with two stations."""
    store.apply([Change("create", "a", A), Change("create", "b", B)], "x")
    started = SnapshotKeeper(store)
    started.start()
    yield started
    started.stop()


def seconds_until(true: Callable[[], bool], limit_s: float) -> float:
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < limit_s, f"not within {limit_s} s"
        time.sleep(0.01)
    return time.monotonic() - started


def test_a_snapshot_holds_the_register_and_its_places(keeper: SnapshotKeeper, store: SqlStore) -> None:
    snapshot = keeper.snapshot
    assert snapshot.version == store.version() == 1
    assert list(snapshot.stations) == store.stations()
    assert snapshot.get("b") == store.get("b")
    with pytest.raises(NotFoundError):
        snapshot.get("z")
    assert snapshot.located == (store.get("a"),)
    assert list(snapshot.frame["id"]) == ["a", "b"]
    assert snapshot.frame is snapshot.frame
    with pytest.raises(TypeError):
        snapshot.by_id["c"] = A  # type: ignore[index]


WRITE = """
import sys
from geo.stations import Station
from geo.store import Change, open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    name = line.strip()
    print(store.apply([Change("create", name, Station(id=name, name="n"))], "other"), flush=True)
"""


def test_a_write_of_another_process_is_seen_within_a_second(keeper: SnapshotKeeper, store_url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, store_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin is not None and writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for n in range(5):
            writer.stdin.write(f"n{n}\n")
            writer.stdin.flush()
            version = int(writer.stdout.readline())
            seconds_until(lambda v=version: keeper.snapshot.version >= v, 1.0)
            assert f"n{n}" in keeper.snapshot.by_id
        writer.stdin.close()
        assert writer.wait(20) == 0


def test_a_watch_wakes_at_a_write_and_otherwise_at_its_time(store: SqlStore, store_url: str) -> None:
    other = open_store(store_url)
    watch = store.watch()
    assert watch.wait(None, 5) == 0
    started = time.monotonic()
    assert watch.wait(0, 0.3) == 0
    assert 0.25 < time.monotonic() - started < 1.5
    timer = threading.Timer(0.3, other.apply, ([Change("create", "a", A)], "x"))
    timer.start()
    started = time.monotonic()
    assert watch.wait(0, 20) == 1
    assert time.monotonic() - started < 1.5
    timer.join()
    watch.close()
    other.close()


def test_an_own_write_is_there_at_once(keeper: SnapshotKeeper, store: SqlStore) -> None:
    old = keeper.snapshot
    version = store.apply([Change("delete", "a")], "x")
    assert "a" not in keeper.wait_for(version).by_id
    assert "a" in old.by_id
    assert keeper.wait_for(1) is keeper.snapshot
    with pytest.raises(StoreUnavailableError, match="version 99"):
        keeper.wait_for(99)


def test_a_quiet_store_keeps_the_snapshot_fresh(keeper: SnapshotKeeper) -> None:
    snapshot = keeper.snapshot
    time.sleep(1.5)
    status = keeper.status()
    assert keeper.snapshot is snapshot
    assert status.age_s is not None and status.age_s < 1.2
    assert (status.version, status.writable, status.last_error) == (1, True, None)


def test_a_restored_backup_takes_the_place_of_the_snapshot(
    keeper: SnapshotKeeper, store: SqlStore, store_url: str, tmp_path: Path
) -> None:
    backup(store_url, tmp_path / "copy.gz")
    keeper.wait_for(
        store.apply([Change("delete", "a"), Change("create", "c", B.model_copy(update={"id": "c"}))], "x")
    )
    restore(tmp_path / "copy.gz", store_url, force=True)
    seconds_until(lambda: list(keeper.snapshot.by_id) == ["a", "b"], 2.0)


class SlowStore:
    """A store whose reads wait for a signal."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.go_on = threading.Event()
        self.asked = threading.Event()

    def read_since(self, version: int) -> Difference:
        self.asked.set()
        self.go_on.wait()
        return self._store.read_since(version)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_reload_never_blocks_a_read(store: SqlStore) -> None:
    store.apply([Change("create", "a", A)], "x")
    slow = SlowStore(store)
    keeper = SnapshotKeeper(slow)  # type: ignore[arg-type]
    keeper.start()
    before = keeper.snapshot
    store.apply([Change("create", "b", B)], "x")
    assert slow.asked.wait(2)
    started = time.monotonic()
    for _ in range(1000):
        assert keeper.snapshot is before
        keeper.status()
    assert time.monotonic() - started < 0.5
    slow.go_on.set()
    seconds_until(lambda: "b" in keeper.snapshot.by_id, 1.0)
    keeper.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "snapshot keeper"]


def test_a_bug_in_renewing_does_not_end_the_watch(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.apply([Change("create", "a", A)], "x")
    keeper = SnapshotKeeper(store)
    keeper.start()
    with monkeypatch.context() as patch:
        patch.setattr(store, "read_since", lambda version: 1 // 0)
        store.apply([Change("create", "b", B)], "x")
        seconds_until(lambda: keeper.status().last_error is not None, 2.0)
        assert keeper.status().writable is False
    seconds_until(lambda: "b" in keeper.snapshot.by_id, 2.0)
    keeper.stop()


def test_the_database_may_go_and_come_back(durable_cluster: Any) -> None:
    with durable_cluster.database(durable_cluster.create_template()) as url:
        upgrade(url)
        store = open_store(url)
        store.apply([Change("create", "a", A)], "x")
        keeper = SnapshotKeeper(store)
        keeper.start()
        durable_cluster.stop()
        seconds_until(lambda: not keeper.status().writable, 2.0)
        assert keeper.snapshot.get("a").name == "甲"
        time.sleep(1.0)
        status = keeper.status()
        assert status.age_s is not None and status.age_s >= 1.0
        assert status.last_error == "the database cannot be reached"
        durable_cluster.start()
        other = open_store(url)
        version = other.apply([Change("create", "b", B)], "x")
        seconds_until(lambda: keeper.snapshot.version == version and keeper.status().writable, 2.0)
        # LISTEN works again too, not only the heartbeat
        version = other.apply([Change("delete", "b")], "x")
        seconds_until(lambda: keeper.snapshot.version == version, 1.0)
        keeper.stop()
        other.close()
        store.close()


def test_starting_before_the_database_does(durable_cluster: Any) -> None:
    with durable_cluster.database(durable_cluster.create_template()) as url:
        upgrade(url)
        durable_cluster.stop()
        store = open_store(url, lambda: [A], must_answer=False)
        keeper = SnapshotKeeper(store)
        keeper.start()
        with pytest.raises(StoreUnavailableError, match="not answered yet"):
            _ = keeper.snapshot
        assert (keeper.status().age_s, keeper.status().writable) == (None, False)
        durable_cluster.start()
        seconds_until(lambda: keeper.status().version is not None, 2.0)
        assert keeper.snapshot.get("a").name == "甲"
        keeper.stop()
        store.close()


def test_what_waiting_cannot_mend_is_told_at_the_start(postgis_url: str) -> None:
    with pytest.raises(StoreVersionError):
        open_store(postgis_url, must_answer=False)
    with pytest.raises(StoreAccessError):
        open_store(postgis_url + "_missing", must_answer=False)


operations = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["put", "move", "remove"]), st.integers(0, 9)),
    max_size=12,
)


@settings(max_examples=60)
@given(steps=st.lists(operations, max_size=4))
def test_patching_equals_building_anew(steps: list[list[tuple[str, str, int]]]) -> None:
    present: dict[str, Station] = {}
    snapshot = build_snapshot(0, {}, NOW)
    for version, changes in enumerate(steps, start=1):
        before = dict(present)
        for name, kind, number in changes:
            if kind == "remove":
                present.pop(name, None)
            else:
                location = LonLat(109 + number / 100, 34.2) if kind == "move" else None
                present[name] = Station(id=name, name=f"n{number}", location=location)
        changed = tuple(present[name] for name in sorted(present) if present[name] is not before.get(name))
        removed = frozenset(before) - frozenset(present)
        snapshot = patched(snapshot, Difference("u", version, changed, removed), NOW)
        anew = build_snapshot(version, present, NOW)
        assert (snapshot.version, snapshot.stations, snapshot.located) == (
            anew.version,
            anew.stations,
            anew.located,
        )
        assert dict(snapshot.by_id) == dict(anew.by_id)
