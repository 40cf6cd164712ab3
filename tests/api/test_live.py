"""The view of the register that answers reads follows the store by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.live import LiveRegister
from geo.stations import LonLat, Station
from geo.store import Change, open_store
from geo.store.snapshot import SnapshotKeeper

LIMIT_S = 20.0
PAST_SMALL = 2_001
ZONE = ZoneInfo("Asia/Shanghai")


def station(name: str, lon: float) -> Station:
    return Station(id=name, name=name, location=LonLat(lon, 34.2))


def until_laid_out(live: LiveRegister, version: int) -> None:
    """Wait for the view of ``version`` without asking for it."""
    started = time.monotonic()
    while (view := live.present()) is None or view.version != version:
        assert time.monotonic() - started < LIMIT_S, f"no view of version {version} within {LIMIT_S} s"
        time.sleep(0.01)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[LiveRegister, str]]:
    """A register of more than 2,000 stations, laid out once, and where its store is."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    store = open_store(url)
    store.apply(
        [Change("create", f"s{n:04d}", station(f"s{n:04d}", 109 + n / 1e4)) for n in range(PAST_SMALL)], "x"
    )
    keeper = SnapshotKeeper(store)
    followed = LiveRegister(keeper, ZONE)
    keeper.start()
    followed.view()
    yield followed, url
    keeper.stop()
    store.close()


def test_a_large_register_is_laid_out_before_anyone_asks(live: tuple[LiveRegister, str]) -> None:
    followed, url = live
    other = open_store(url)
    try:
        for name in ("a", "b"):
            version = other.apply([Change("create", name, station(name, 109.5))], "other")
            until_laid_out(followed, version)
            assert followed.view().finder.row_of[name] == ["a", "b"].index(name)
        version = other.apply([Change("delete", "a")], "other")
        until_laid_out(followed, version)
    finally:
        other.close()
    view = followed.view()
    assert len(view.stations) == PAST_SMALL + 1
    assert view.finder.index.nearest(109.5, 34.2, 1) == [("b", 0.0)]


def test_points_are_made_for_the_rows_asked_for(live: tuple[LiveRegister, str]) -> None:
    followed, url = live
    other = open_store(url)
    try:
        version = other.apply([Change("create", "a", Station(id="a", name="a"))], "other")
    finally:
        other.close()
    until_laid_out(followed, version)
    nowhere, first = followed.view().tables["stations"].geometries(np.array([0, 1]))
    assert nowhere is None
    assert (first.x, first.y) == (109.0, 34.2)
