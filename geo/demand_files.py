"""The demand table as a file, without loss: Parquet, CSV, GeoPackage.

Every file carries the basis, the unit, how the areas were drawn, what lay outside, and the notes: in the
schema of a Parquet file, in the column ``about`` of a CSV's first row, in the layer ``about`` of a
GeoPackage. Cells without demand stand with an empty group, or in the layer ``cells``.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from geo.demand import CELL_COLUMNS, ROW_COLUMNS, Demand
from geo.demand_cells import cell_numbers, cell_polygons
from geo.demand_rows import TEXT_COLUMNS
from geo.errors import InvalidDataError, InvalidParameterError, Problem

_ABOUT = b"care_stations_demand"
_FLAT = (*CELL_COLUMNS, *ROW_COLUMNS[1:])


def write_demand(demand: Demand, path: Path) -> None:
    """Write a demand table to ``.parquet``, ``.csv`` or ``.gpkg``, the file replaced as a whole.

    Raises:
        InvalidParameterError: another ending.
        OSError: the file cannot be written.
    """
    write = _of_ending(path, {".parquet": _write_parquet, ".csv": _write_csv, ".gpkg": _write_gpkg})
    with tempfile.TemporaryDirectory(prefix=".demand-", dir=path.parent) as folder:
        half = Path(folder) / path.name
        write(demand, half)
        os.replace(half, path)  # noqa: PTH105 - the same on every system


def read_demand(path: Path) -> Demand:
    """Read what :func:`write_demand` wrote; equal to it in every figure and text.

    Raises:
        InvalidDataError: not such a file.
        InvalidParameterError: another ending, or a table with values no demand has.
        FileNotFoundError: no such file.
    """
    read = _of_ending(path, {".parquet": _read_parquet, ".csv": _read_csv, ".gpkg": _read_gpkg})
    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    try:
        demand: Demand = read(path)
    except (
        pa.ArrowException, DataSourceError, DataLayerError, pd.errors.ParserError, pd.errors.EmptyDataError,
        UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError,
    ) as error:  # fmt: skip
        text = f"is no demand table of this program: {error}"
        raise InvalidDataError([Problem("file", None, None, path.name, text)]) from error
    return demand


def is_demand_file(path: Path) -> bool:
    """Say whether a file looks like one of :func:`write_demand`'s, rather than a table of counts."""
    ending = path.suffix.lower()
    if ending == ".csv" and path.exists():
        with path.open("rb") as file:
            return b"about" in file.readline().rstrip().split(b",")
    if ending == ".gpkg" and path.exists():
        try:
            return "about" in pyogrio.list_layers(path)[:, 0]
        except DataSourceError:
            return False
    return ending == ".parquet"


def _of_ending(path: Path, ways: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    way = ways.get(path.suffix.lower())
    if way is None:
        raise InvalidParameterError("file", path.name, f"must end in {', '.join(ways)}")
    return way


def _about(demand: Demand) -> str:
    about = {
        "basis": demand.basis,
        "unit": demand.unit,
        "areas_basis": demand.areas_basis,
        "outside": demand.outside,
        "notes": list(demand.notes),
    }
    return json.dumps(about, ensure_ascii=False)


def _flat(demand: Demand) -> pd.DataFrame:
    """Return one table: each row with its cell's columns, then the cells without demand."""
    cells = demand.cells[list(CELL_COLUMNS)].astype({"cell": object})
    rows = demand.rows[list(ROW_COLUMNS)]
    texts = {name: rows[name].astype(object) for name in ROW_COLUMNS[:-1]}
    place = pd.Index(cells["cell"]).get_indexer(pd.Index(texts["cell"]))
    bare = np.setdiff1d(np.arange(len(cells)), place)
    flat = cells.iloc[np.concatenate([place, bare])].reset_index(drop=True)
    for name in ROW_COLUMNS[1:-1]:
        flat[name] = np.concatenate([texts[name].to_numpy(), np.full(len(bare), None, dtype=object)])
    flat["demand"] = np.concatenate([rows["demand"].to_numpy(dtype=float), np.full(len(bare), np.nan)])
    return flat


def _from_flat(flat: pd.DataFrame, about: str) -> Demand:
    cells = flat[list(CELL_COLUMNS)].drop_duplicates("cell").sort_values("cell", ignore_index=True)
    return _demand(cells, flat.loc[flat["group"].notna(), list(ROW_COLUMNS)], about)


def _demand(cells: pd.DataFrame, rows: pd.DataFrame, about: str) -> Demand:
    told = json.loads(about)
    cells = cells[list(CELL_COLUMNS)].reset_index(drop=True).astype({"cell": object})
    street = cells["street_code"].astype(object)
    cells["street_code"] = street.where(street.notna(), None)
    known = {"cell": cells["cell"], **TEXT_COLUMNS}
    columns = {
        name: pd.Categorical(rows[name].astype(object), categories=list(values))
        for name, values in known.items()
    }
    demand = rows["demand"].to_numpy(dtype=float)
    return Demand(
        cells,
        pd.DataFrame({**columns, "demand": demand}),
        basis=told["basis"],
        areas_basis=told["areas_basis"],
        outside=float(told["outside"]),
        notes=tuple(told["notes"]),
    )


def _write_parquet(demand: Demand, path: Path) -> None:
    table = pa.Table.from_pandas(_flat(demand), preserve_index=False)
    pq.write_table(table.replace_schema_metadata({_ABOUT: _about(demand).encode()}), path)


def _read_parquet(path: Path) -> Demand:
    table = pq.read_table(path)
    return _from_flat(table.to_pandas(), (table.schema.metadata or {})[_ABOUT].decode())


def _write_csv(demand: Demand, path: Path) -> None:
    flat = _flat(demand)
    flat["basis"], flat["unit"] = demand.basis, demand.unit
    flat["about"] = None
    flat["about"] = [_about(demand), *[None] * (len(flat) - 1)][: len(flat)]
    flat.to_csv(path, index=False, encoding="utf-8-sig")


def _read_csv(path: Path) -> Demand:
    flat = pd.read_csv(path, dtype=object, encoding="utf-8-sig")
    if flat.empty:
        raise KeyError("about")
    numbers = dict.fromkeys(("lon", "lat", "demand"), float)  # from text by Python itself: the nearest double
    return _from_flat(flat.astype(numbers), flat["about"].iloc[0])


def _write_gpkg(demand: Demand, path: Path) -> None:
    shapes = cell_polygons(cell_numbers(demand.cells["cell"]))
    cells = gpd.GeoDataFrame(demand.cells[list(CELL_COLUMNS)], geometry=shapes, crs="EPSG:4326")
    rows = demand.rows[list(ROW_COLUMNS)].astype(dict.fromkeys(ROW_COLUMNS[:-1], object))
    about = pd.DataFrame({"about": [_about(demand)]})
    for layer, table in (("cells", cells), ("demand", rows), ("about", about)):
        pyogrio.write_dataframe(table, path, layer=layer, driver="GPKG")


def _read_gpkg(path: Path) -> Demand:
    cells, rows, about = (pyogrio.read_dataframe(path, layer=layer) for layer in ("cells", "demand", "about"))
    return _demand(pd.DataFrame(cells.drop(columns="geometry")), rows, about["about"].iloc[0])
