"""Imported areas and demand come back from both stores as they went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, update

from geo.areas import shipped_areas
from geo.demand import GROUPS, Demand
from geo.demand_cells import area_cells, cell_table
from geo.store import open_store
from geo.store.layers import demand_layer, replace_demand
from geo.store.model import DemandRow, LayerRow
from geo.store.planning_layers import keep_areas, keep_demand, read_planning_layers
from geo.store.schema import upgrade
from geo.time_windows import DAYS_BY_TYPE, WINDOWS


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


def many_rows() -> Demand:
    """Two thousand cells, some without demand, with amounts that no shorter number can stand for."""
    areas = shipped_areas()
    cells = cell_table(areas, area_cells(areas)[:2000])
    chance = np.random.default_rng(7)
    at = chance.choice(len(cells) * 84, 9000, replace=False)
    cell, group, window, day = np.unravel_index(at, (len(cells), 6, 7, 2))
    rows = pd.DataFrame(
        {
            "cell": cells["cell"].to_numpy()[cell],
            "group": np.array(GROUPS, dtype=object)[group],
            "window": np.array(list(WINDOWS), dtype=object)[window],
            "day_type": np.array(list(DAYS_BY_TYPE), dtype=object)[day],
            "demand": chance.gamma(2.0, 0.5, len(at)) / 3,
        }
    )
    return Demand(cells, rows, "modelled", areas.basis)


def as_set(demand: Demand | None) -> set[tuple[object, ...]]:
    assert demand is not None
    return set(demand.rows.itertuples(index=False, name=None))


def test_columns_and_rows_tell_the_same_to_the_last_bit(url: str) -> None:
    demand, store = many_rows(), open_store(url)
    keep_demand(store, demand)
    by_columns = read_planning_layers(store).demand
    with store.writing() as connection:  # as a program wrote it that kept no columns: the cells' names alone
        details = dict(connection.execute(select(LayerRow.details)).scalar_one())
        del details["columns"]
        details["cells"] = demand.cells["cell"].tolist()
        connection.execute(update(LayerRow).values(details=details))
    by_rows = read_planning_layers(store).demand
    assert as_set(by_columns) == as_set(by_rows) == as_set(demand)
    assert by_columns is not None and by_rows is not None
    pd.testing.assert_frame_equal(by_columns.cells, demand.cells)
    pd.testing.assert_frame_equal(by_rows.cells, demand.cells)
    store.close()


def test_the_columns_are_read_and_not_the_rows(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(url)
    keep_demand(store, many_rows())

    def never(*_: object) -> None:
        raise AssertionError("half a million rows would be read one by one")

    monkeypatch.setattr("geo.store.planning_layers.demand_lines", never)
    assert as_set(read_planning_layers(store).demand) == as_set(many_rows())
    store.close()


def test_rows_changed_in_the_database_are_what_holds(url: str) -> None:
    store = open_store(url)
    keep_demand(store, table())
    with store.writing() as connection:
        connection.execute(update(DemandRow).where(DemandRow.worker_group == "courier").values(demand=4.5))
    found = read_planning_layers(store).demand
    assert found is not None and sorted(found.rows["demand"]) == [0.25, 4.5]
    store.close()


def test_demand_told_as_one_view_of_the_store(url: str) -> None:
    store = open_store(url)
    assert demand_layer(store) is None
    version = keep_demand(store, table())
    layer = demand_layer(store)
    assert layer is not None and (layer.version, layer.rows, layer.amount) == (version, 2, 1.75)
    store.close()
