"""The register as it was: every version read back is what was read when it was the present one."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.errors import NotFoundError
from geo.stations import Station
from geo.store.opening import open_store
from geo.store.past import register_versions, stations_at
from geo.store.protocol import Change


def station(name: str, **more: object) -> Station:
    return Station.model_validate({"id": name, "name": name, "location": (109.0, 34.2), **more})


def test_each_version_is_read_back(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'past.db'}", lambda: [station("a"), station("b")])
    seen = {store.version(): store.stations()}
    for change in (
        Change("create", "c", station("c", hours="24/7")),
        Change("replace", "a", station("a", hours="Mo-Su 08:00-20:00")),
        Change("delete", "b"),
    ):
        store.apply([change], "test")
        seen[store.version()] = store.stations()
    for version, stations in seen.items():
        assert stations_at(store, version) == sorted(stations, key=lambda one: one.id)
    told = register_versions(store)
    assert [one.version for one in told] == sorted(seen, reverse=True)
    assert [one.changes for one in told] == [1, 1, 1, 2]
    with pytest.raises(NotFoundError):
        stations_at(store, 99)
    store.close()
