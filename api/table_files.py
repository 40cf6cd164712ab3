"""Tables of an analysis as files: CSV, XLSX, GeoPackage, GeoParquet, GeoJSON, each telling what it rests on.

Every row carries the question's parameters and the register's version after its own columns, so that a file
parted from its name still says what it is.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import orjson
import pandas as pd
import pyogrio
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from shapely.geometry import mapping

from geo.assessment_columns import Column
from geo.assessment_tables import json_rows
from geo.errors import FileNotMadeError, InvalidParameterError
from geo.io.cells import exact_cell, guarded, xlsx_escaped
from geo.io.whole_file import saved_workbook, whole_file, written_by_gdal

MEDIA_TYPES = {
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
}
DATA, DICTIONARY, PARAMETERS, SOURCES = "数据", "字段说明", "参数与版本", "数据来源"
"""Names of a workbook's sheets; tables after the first are called by their titles."""
TAIL = (
    Column("parameters", "参数", "Parameters"),
    Column("register_version", "登记表版本", "Version of the register", kind="count"),
)
_NOTICE = "声明 notice"  # the source that says examples are examples; it stands on every sheet
_BOLD = Font(bold=True)
_CELL_CHARS = 32_000


@dataclass(frozen=True)
class Sheet:
    """One table: its name as a layer, its title for people, what its columns mean."""

    name: str
    title: str
    columns: Sequence[Column]
    frame: pd.DataFrame


@dataclass(frozen=True)
class TableFile:
    """Tables that belong together, the main one first, with the question asked and what they rest on.

    ``parameters`` hold the question's and ``register_version``; formats of one table hold the main one.
    """

    name: str
    sheets: tuple[Sheet, ...]
    parameters: Mapping[str, object]
    sources: Mapping[str, str]

    def told(self, sheet: Sheet) -> pd.DataFrame:
        """Return a table with the question's parameters and the register's version in every row."""
        asked = {name: value for name, value in self.parameters.items() if name != "register_version"}
        text = orjson.dumps(asked).decode()
        rows = len(sheet.frame)
        version = pd.Series([self.parameters["register_version"]] * rows, dtype="int64")
        frame = sheet.frame.reset_index(drop=True)
        return frame.assign(parameters=pd.Series([text] * rows, dtype=object), register_version=version)


def write_tables(path: Path, file: TableFile) -> None:
    """Write ``file`` to ``path`` in the format its ending names; it is there whole or not at all.

    Raises:
        InvalidParameterError: another ending.
        OSError: the file cannot be written.
    """
    write = _WRITERS.get(path.suffix.lower().removeprefix("."))
    if write is None:
        endings = ", ".join(f".{form}" for form in _WRITERS)
        raise InvalidParameterError("out", path.name, f"must end in {endings}")
    with whole_file(path) as beside:
        write(beside, file)


def table_bytes(file: TableFile, form: str) -> bytes:
    """Return ``file`` as the bytes of a file of ``form``.

    Raises:
        FileNotMadeError: as ``file_bytes``.
    """
    return file_bytes(f"{file.name}.{form}", lambda path: _WRITERS[form](path, file))


def file_bytes(name: str, write: Callable[[Path], object]) -> bytes:
    """Return what ``write`` writes to the path it is given, a file ``name`` that is gone afterwards.

    Raises:
        FileNotMadeError: the disk of temporary files is full or cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="care-stations-") as folder:
            path = Path(folder) / name
            write(path)
            return path.read_bytes()
    except OSError as error:
        raise FileNotMadeError(f"{name}: {error.strerror or error}") from error


def _write_csv(path: Path, file: TableFile) -> None:
    """Write the main table for spreadsheets: UTF-8 with a byte order mark, no text a formula."""
    frame = pd.DataFrame(file.told(file.sheets[0]).drop(columns="geometry", errors="ignore"))
    for name in frame.select_dtypes(exclude="number").columns:
        frame[name] = [guarded(value) if isinstance(value, str) else value for value in frame[name]]
    frame.to_csv(path, index=False, encoding="utf-8-sig")


def _write_xlsx(path: Path, file: TableFile) -> None:
    with saved_workbook(path) as book:
        for number, sheet in enumerate(file.sheets):
            frame = file.told(sheet).drop(columns="geometry", errors="ignore")
            rows = json_rows(frame)
            words = {column.name: column.zh for column in (*sheet.columns, *TAIL)}
            heads = [(name, words[name]) for name in frame.columns]
            _fill(book, sheet.title if number else DATA, heads, (row.values() for row in rows))
        heads = [(word, "") for word in ("表", "字段", "中文", "English", "单位")]
        _fill(book, DICTIONARY, heads, _dictionary(file))
        asked = [(name, _text(value)) for name, value in file.parameters.items()]
        asked += [(name, text) for name, text in file.sources.items() if name == _NOTICE]
        _fill(book, PARAMETERS, [("参数", ""), ("值", "")], asked)
        _fill(book, SOURCES, [("项目", ""), ("内容", "")], file.sources.items())


def _dictionary(file: TableFile) -> Iterable[tuple[str, ...]]:
    for number, sheet in enumerate(file.sheets):
        title = sheet.title if number else DATA
        for column in (*sheet.columns, *TAIL):
            yield title, column.name, column.zh, column.en, column.unit
    if notice := file.sources.get(_NOTICE):
        yield "声明", "notice", notice, "", ""


def _fill(book: Any, title: str, heads: Sequence[tuple[str, str]], rows: Iterable[Iterable[object]]) -> None:
    """Write a sheet; a head is (name, Chinese), the Chinese shown before the name by its number format."""
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    cells = []
    for number, (name, zh) in enumerate(heads, start=1):
        cell = WriteOnlyCell(sheet, value=name)
        cell.font = _BOLD
        if zh:
            cell.number_format = f'General;General;General;"{zh} "@'
        sheet.column_dimensions[get_column_letter(number)].width = min(40, 2 * len(zh) + len(name) + 3)
        cells.append(cell)
    sheet.append(cells)
    for row in rows:
        sheet.append([exact_cell(sheet, _cell(value)) for value in row])


def _cell(value: object) -> object:
    if isinstance(value, str):
        return xlsx_escaped(guarded(value[:_CELL_CHARS])) if value else None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _write_gpkg(path: Path, file: TableFile) -> None:
    """Write a layer a table, and the tables ``columns``, ``parameters`` and ``sources``."""
    with written_by_gdal(path):
        _write_layers(path, file)


def _write_layers(path: Path, file: TableFile) -> None:
    for sheet in file.sheets:
        frame = file.told(sheet)
        shaped = isinstance(frame, gpd.GeoDataFrame) and bool(frame.geometry.notna().any())
        layer = _typed(frame if shaped else pd.DataFrame(frame.drop(columns="geometry", errors="ignore")))
        geometry = {"geometry_type": "Unknown"} if shaped else {}
        pyogrio.write_dataframe(layer, path, layer=sheet.name, driver="GPKG", **geometry)
    words = {"columns": ("table", "column", "zh", "en", "unit"), "parameters": ("name", "value")}
    rows = {
        "columns": [list(line) for line in _dictionary(file)],
        "parameters": [[name, _text(value)] for name, value in file.parameters.items()],
        "sources": [list(line) for line in file.sources.items()],
    }
    for name, lines in rows.items():
        heads = list(words.get(name, words["parameters"]))
        pyogrio.write_dataframe(pd.DataFrame(lines, columns=heads), path, layer=name, driver="GPKG")


def _write_parquet(path: Path, file: TableFile) -> None:
    """Write the main table as GeoParquet; rows of a table without places have null geometries."""
    frame = file.told(file.sheets[0])
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame), crs="EPSG:4326"))
    _typed(frame).to_parquet(path, index=False, compression="zstd")


def _write_geojson(path: Path, file: TableFile) -> None:
    sheet = file.sheets[0]
    frame = sheet.frame
    shapes = list(frame.geometry) if isinstance(frame, gpd.GeoDataFrame) else [None] * len(frame)
    features = [
        {"type": "Feature", "geometry": None if shape is None else mapping(shape), "properties": row}
        for shape, row in zip(shapes, json_rows(frame), strict=True)
    ]
    head = {"type": "FeatureCollection", "name": sheet.name, "sources": file.sources}
    parameters = {"parameters": file.parameters, "numberReturned": len(features)}
    path.write_bytes(orjson.dumps({**head, **parameters, "features": features}))


def _typed(frame: Any) -> Any:
    """Return the table with its texts typed as text: a column of nulls would have no type in the file."""
    texts = [name for name in frame.columns if name != "geometry" and frame[name].dtype == object]
    return frame.astype(dict.fromkeys(texts, "string"))


_WRITERS: Mapping[str, Callable[[Path, TableFile], None]] = {
    "geojson": _write_geojson,
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "gpkg": _write_gpkg,
    "parquet": _write_parquet,
}
FILE_FORMS = tuple(_WRITERS)
