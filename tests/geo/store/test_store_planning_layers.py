"""Imported areas and demand come back from both stores as they went in."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geo.areas import shipped_areas
from geo.demand import Demand
from geo.demand_cells import area_cells, cell_table
from geo.store import open_store
from geo.store.layers import replace_demand
from geo.store.planning_layers import keep_areas, keep_demand, read_planning_layers
from geo.store.schema import upgrade


@pytest.fixture(params=["sqlite", "postgis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/register.db"
    found: str = request.getfixturevalue("postgis_url")
    upgrade(found)
    return found


def table() -> Demand:
    areas = shipped_areas()
    cells = cell_table(areas, area_cells(areas)[:3])
    rows = pd.DataFrame(
        [
            (cells["cell"][0], "courier", "T3", "weekday", 1.5),
            (cells["cell"][1], "driver", "T7", "weekend", 0.25),
        ],
        columns=["cell", "group", "window", "day_type", "demand"],
    )
    return Demand(cells, rows, "measured", areas.basis, outside=2.0, notes=("数自 counts.csv",))


def test_nothing_imported_is_none(url: str) -> None:
    store = open_store(url)
    found = read_planning_layers(store)
    assert (found.areas, found.demand) == (None, None)
    store.close()


def test_demand_and_areas_come_back(url: str) -> None:
    store = open_store(url)
    before = store.version()
    keep_demand(store, table())
    keep_areas(store, shipped_areas())
    assert store.version() == before + 2
    found = read_planning_layers(store)
    assert found.demand is not None
    assert found.areas is not None
    pd.testing.assert_frame_equal(found.demand.cells, table().cells)
    assert set(found.demand.rows.itertuples(index=False, name=None)) == set(
        table().rows.itertuples(index=False, name=None)
    )
    assert (found.demand.basis, found.demand.outside, found.demand.notes) == (
        "measured",
        2.0,
        ("数自 counts.csv",),
    )
    assert found.areas.district.geometry.equals_exact(shipped_areas().district.geometry, 1e-12)
    assert [a.name for a in found.areas.streets] == [a.name for a in shipped_areas().streets]
    assert found.areas.streets[0].communities == shipped_areas().streets[0].communities
    store.close()


def test_unreplaced_layers_are_not_read_again(url: str) -> None:
    store = open_store(url)
    keep_demand(store, table())
    first = read_planning_layers(store)
    assert read_planning_layers(store, first) is first
    keep_areas(store, shipped_areas())
    assert read_planning_layers(store, first) is not first
    replace_demand(store, [])
    assert read_planning_layers(store, first).demand is None
    store.close()


def test_a_restored_register_is_read_anew_though_its_versions_are_the_same(url: str, tmp_path: Path) -> None:
    one, other = open_store(url), open_store(f"sqlite:///{tmp_path}/other.db")
    first, second = table(), table()
    second.rows["demand"] *= 2
    keep_demand(one, first)
    while other.version() < one.version() - 1:
        replace_demand(other, ())
    keep_demand(other, second)
    assert other.version() == one.version()
    known = read_planning_layers(one)
    found = read_planning_layers(other, known).demand
    assert found is not None and found.rows["demand"].sum() == 3.5
    assert read_planning_layers(one, known) is known
    one.close()
    other.close()
