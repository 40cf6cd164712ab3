"""A demand table written and read again is the same table, and says what it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.areas import Area, Areas
from geo.demand import GROUPS, Demand
from geo.demand_cells import area_cells, cell_table
from geo.demand_files import is_demand_file, read_demand, write_demand
from geo.demand_rows import DAY_TYPES, WINDOW_CODES, row_table
from geo.errors import InvalidDataError, InvalidParameterError

ENDINGS = ("parquet", "csv", "gpkg")
BOX = shapely.box(109.00, 34.20, 109.02, 34.22)
STREET = shapely.box(109.00, 34.20, 109.01, 34.22)
AREAS = Areas(
    Area("610111", "区", "district", BOX), (Area("610111001", "街", "street", STREET, areas_basis="手绘"),)
)
CELLS = cell_table(AREAS, area_cells(AREAS))


def demand_of(*rows: tuple[int, int, int, int, float], basis="measured", outside=0.1 + 0.2) -> Demand:
    table = pd.DataFrame(
        [
            (CELLS["cell"][cell % len(CELLS)], GROUPS[g], WINDOW_CODES[w], DAY_TYPES[d], amount)
            for cell, g, w, d, amount in rows
        ],
        columns=["cell", "group", "window", "day_type", "demand"],
    ).astype({"demand": float})
    return Demand(CELLS, table, basis, AREAS.basis, outside, ("来源, “a”\n第二行", "b"))


def assert_same(one: Demand, other: Demand) -> None:
    pd.testing.assert_frame_equal(one.cells, other.cells, check_exact=True)
    keys = ["cell", "group", "window", "day_type"]
    left, right = (
        table.rows.astype(dict.fromkeys(keys, object)).reset_index(drop=True) for table in (one, other)
    )
    pd.testing.assert_frame_equal(left, right, check_exact=True)
    assert (one.basis, one.areas_basis, one.outside, one.notes) == (
        other.basis, other.areas_basis, other.outside, other.notes,
    )  # fmt: skip


ROWS = st.lists(
    st.tuples(
        st.integers(0, 400), st.integers(0, 5), st.integers(0, 6), st.integers(0, 1),
        st.floats(0, 1e300, allow_subnormal=True),
    ),
    max_size=12,
    unique_by=lambda row: (row[0] % len(CELLS), *row[1:4]),
)  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
@given(rows=ROWS, outside=st.floats(0, 1e12))
@settings(max_examples=15)
def test_nothing_is_lost(tmp_path_factory, ending: str, rows, outside: float) -> None:
    path = tmp_path_factory.mktemp("demand") / f"d.{ending}"
    demand = demand_of(*rows, outside=outside)
    write_demand(demand, path)
    assert is_demand_file(path)
    assert_same(demand, read_demand(path))


@pytest.mark.parametrize("ending", ENDINGS)
def test_cells_of_no_street_and_both_bases_survive(tmp_path: Path, ending: str) -> None:
    assert CELLS["street_code"].isna().any() and CELLS["street_code"].notna().any()
    for basis in ("modelled", "measured"):
        demand = demand_of((0, 0, 0, 0, 1 / 3), (5, 5, 6, 1, 2.0), basis=basis)
        write_demand(demand, tmp_path / f"d.{ending}")  # the second time over the first
        found = read_demand(tmp_path / f"d.{ending}")
        assert_same(demand, found)
        assert [code is None for code in found.cells["street_code"]] == CELLS["street_code"].isna().tolist()
    assert [file.name for file in tmp_path.iterdir()] == [f"d.{ending}"]


def test_the_basis_stands_in_every_file(tmp_path: Path) -> None:
    demand = demand_of((0, 0, 0, 0, 1.5), basis="modelled")
    for ending in ENDINGS:
        write_demand(demand, tmp_path / f"d.{ending}")
    told = [
        pq.read_schema(tmp_path / "d.parquet").metadata[b"care_stations_demand"].decode(),
        pd.read_csv(tmp_path / "d.csv")["about"][0],
        pyogrio.read_dataframe(tmp_path / "d.gpkg", layer="about")["about"][0],
    ]
    for text in told:
        about = json.loads(text)
        assert (about["basis"], about["unit"], about["areas_basis"]) == ("modelled", "weight", "手绘")
    assert set(pd.read_csv(tmp_path / "d.csv")["basis"]) == {"modelled"}


def test_other_files_are_refused(tmp_path: Path) -> None:
    demand = demand_of((0, 0, 0, 0, 1.0))
    with pytest.raises(InvalidParameterError, match=r"must end in .parquet, .csv, .gpkg"):
        write_demand(demand, tmp_path / "d.xlsx")
    with pytest.raises(FileNotFoundError):
        read_demand(tmp_path / "none.csv")
    for ending in ENDINGS:
        path = tmp_path / f"d.{ending}"
        path.write_bytes(b"cell,count\n8931aa,1\n")
        with pytest.raises(InvalidDataError, match="no demand table of this program"):
            read_demand(path)
    plain = tmp_path / "p.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), plain, layer="other", driver="GPKG")
    assert not is_demand_file(plain) and not is_demand_file(tmp_path / "d.csv")
    with pytest.raises(InvalidDataError):
        read_demand(plain)


def test_rows_add_up_equal_keys_and_leave_out_zeros() -> None:
    names = ["8931aa0", "8931aa1", "8931aa2"]
    one = np.array
    rows = row_table(
        names,
        cell=one([2, 0, 2, 1]),
        group=one([1, 1, 1, 0]),
        window=one([3, 3, 3, 0]),
        day_type=one([0, 0, 0, 1]),
        demand=one([0.5, 2.0, 0.25, 0.0]),
    )
    assert rows.astype(object).to_numpy().tolist() == [
        ["8931aa0", "delivery", "T4", "weekday", 2.0],
        ["8931aa2", "delivery", "T4", "weekday", 0.75],
    ]


def test_half_a_million_cells_fit() -> None:
    rng = np.random.default_rng(11)
    names = [format(number, "x") for number in range(0x8B1000000000000, 0x8B1000000000000 + 500_000)]
    amounts = rng.uniform(0, 10, 500_000)
    rows = row_table(
        names,
        cell=np.arange(500_000),
        group=np.array(2),
        window=np.arange(7).reshape(-1, 1),
        day_type=np.array(0),
        demand=amounts,
    )
    cells = pd.DataFrame({"cell": names, "lon": 109.0, "lat": 34.0, "street_code": None})
    table = Demand(cells, rows, "measured", "test").table("courier")
    assert len(rows) == 3_500_000 and rows.memory_usage(deep=True).sum() < 250e6
    np.testing.assert_array_equal(table[:, 6, 0], amounts)
    assert table[:, :, 1].sum() == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.sampled_from(GROUPS), st.sampled_from(WINDOW_CODES),
            st.sampled_from(DAY_TYPES), st.floats(0, 9),
        ),
        max_size=20,
    ),
    st.lists(st.integers(0, 4), max_size=6),
    st.sampled_from([None, "courier"]),
)  # fmt: skip
def test_the_table_of_some_cells_is_that_part_of_the_table_of_all(rows, chosen, group) -> None:
    names = list("abcde")
    cells = pd.DataFrame({"cell": names, "lon": 109.0, "lat": 34.0, "street_code": None})
    given_rows = [(names[cell], *rest) for cell, *rest in rows]
    table = pd.DataFrame(given_rows, columns=["cell", "group", "window", "day_type", "demand"])
    demand = Demand(cells, table.astype({"demand": float}), "measured", "test")
    few = demand.table(group, np.array(chosen, dtype=np.intp))
    np.testing.assert_array_equal(few, demand.table(group)[chosen])
