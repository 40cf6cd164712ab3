"""The demand table in the store: kept as a whole, and read back onto the areas of the day."""

from __future__ import annotations

import json
from collections.abc import Iterator

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd

from geo.areas import Areas
from geo.demand import Demand
from geo.demand_cells import area_cells, cell_numbers, cell_table
from geo.demand_rows import TEXT_COLUMNS
from geo.errors import InvalidDataError, Problem
from geo.store.layers import StoredDemand, list_demand, replace_demand
from geo.store.protocol import StationStore


def keep_demand(store: StationStore, demand: Demand) -> int:
    """Put a demand table in place of the stored one, in one transaction; return the register version.

    Raises:
        InvalidDataError: it holds no demand: nothing would be left to say where none is.
    """
    if demand.rows.empty:
        text = (
            f"none of it lies in the area ({demand.outside:g} outside); the stored demand is left as it was"
        )
        raise InvalidDataError([Problem("demand", None, None, None, text)])
    return replace_demand(store, _stored(demand))


def drop_demand(store: StationStore) -> int:
    """Take the stored demand away, so that the model holds again; return the register version."""
    return replace_demand(store, ())


def kept_demand(store: StationStore, areas: Areas) -> Demand | None:
    """Return the stored demand table, None if there is none.

    Cells without demand and the cells' streets are those of ``areas``; if these were drawn otherwise than the
    areas the table was made for, the last of its notes says so.
    """
    found = list_demand(store)
    if not found:
        return None
    about = json.loads(next(row.source for row in found if row.source))
    names = sorted({row.cell for row in found})
    numbers = cell_numbers(names)
    cells = cell_table(areas, np.union1d(area_cells(areas, h3.get_resolution(int(numbers[0]))), numbers))
    columns: dict[str, object] = {
        "cell": pd.Categorical([row.cell for row in found], categories=cells["cell"].tolist())
    }
    for name, known in TEXT_COLUMNS.items():
        columns[name] = pd.Categorical([getattr(row, name) for row in found], categories=list(known))
    notes = tuple(about["notes"])
    if about["areas_basis"] != areas.basis:
        notes += (
            "街道范围已更换，需求数据按原范围导入，请重新导入。"
            " The areas were replaced after this demand was kept; import it again.",
        )
    return Demand(
        cells,
        pd.DataFrame({**columns, "demand": np.array([row.demand for row in found], dtype=float)}),
        basis=about["basis"],
        areas_basis=areas.basis,
        outside=about["outside"],
        notes=notes,
    )


def _stored(demand: Demand) -> Iterator[StoredDemand]:
    """Yield the rows; the first one's ``source`` tells, as JSON, what holds for all."""
    told = {
        "basis": demand.basis,
        "areas_basis": demand.areas_basis,
        "outside": demand.outside,
        "notes": list(demand.notes),
    }
    source: str | None = json.dumps(told, ensure_ascii=False)
    columns = [demand.rows[name].astype(object).tolist() for name in ("cell", *TEXT_COLUMNS)]
    for cell, group, window, day_type, amount in zip(*columns, demand.rows["demand"].tolist(), strict=True):
        yield StoredDemand(cell, group, window, day_type, amount, demand.basis, demand.unit, source)
        source = None
