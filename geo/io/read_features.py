"""Reading the formats with types: GeoJSON, GeoPackage, GeoParquet. Geometry comes out as WGS-84 lon, lat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyogrio.errors
import pyproj
import pyproj.exceptions
import shapely

from geo.errors import InvalidDataError, Problem
from geo.geojson import NOT_A_POINT, FeatureReader, nonfinite_fields, point_coordinates
from geo.io.columns import GEOMETRY, LAYER
from geo.io.headers import map_headers
from geo.io.table import Column, SourceRow, SourceTable, with_stated_nulls

_BATCH = 5000
_NO_CRS = "names a coordinate system that cannot be read"
_LON_LAT_NAMES = ("OGC:CRS84", "EPSG:4326", "EPSG:4490")  # CGCS2000 is WGS-84 to a few centimetres


def read_geojson(path: Path) -> SourceTable:
    """Read a GeoJSON FeatureCollection; ``row`` is the number of the feature.

    Raises:
        InvalidDataError: the document itself is broken (its line and column are named).
    """
    table = SourceTable(path.name, typed=True)
    reader = FeatureReader(path)
    known: dict[str, str | None] = {}
    for number, feature in reader:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict) or feature.get("type") != "Feature":
            row = SourceRow(number, {})
            table.problems.append(table.problem("error", "not a GeoJSON feature with properties", row, None))
            continue
        bad = dict(nonfinite_fields(feature))
        values = _named(properties, known, table)
        if feature.get("id") is not None:
            values.setdefault("id", feature["id"])
        row = SourceRow(number, values)
        for name, value in bad.items():
            top = name.removeprefix("properties.").partition(".")[0]
            table.problems.append(table.problem("warning", "is no number", row, top, value))
            values.pop(known.get(top) or top, None)
        if "geometry" in feature and not any(name.startswith("geometry") for name in bad):
            _place(table, row, values, feature["geometry"])
        table.rows.append(SourceRow(number, with_stated_nulls(values)))
    datum = reader.members.get("datum")
    table.datum = datum if isinstance(datum, str) else None
    return table


def _named(properties: Mapping[str, Any], known: dict[str, str | None], table: SourceTable) -> dict[str, Any]:
    """Return the properties by field; a name not met before is looked up, and reported when unknown."""
    for name in properties.keys() - known.keys():
        columns, problems = map_headers([name], None, None)
        table.problems += problems
        known[name] = next(iter(columns), None)
        table.columns |= {found: Column(0, name, found) for found in columns}
    values: dict[str, Any] = {}
    for name, value in properties.items():
        found = known[name]
        if found is not None and values.get(found) is None:
            values[found] = value
    return values


def _place(table: SourceTable, row: SourceRow, values: dict[str, Any], geometry: object) -> None:
    """Set ``location`` from a GeoJSON geometry: a Point, or null."""
    if geometry is None:
        values.setdefault("location", None)
        return
    place = point_coordinates(geometry)
    if place is None:
        table.problems.append(table.problem("warning", NOT_A_POINT, row, "geometry", geometry))
        return
    values["location"] = (float(place[0]), float(place[1]))


def read_gpkg(path: Path) -> SourceTable:
    """Read the layer ``stations`` of a GeoPackage, or its only layer of points.

    Raises:
        InvalidDataError: not a GeoPackage, no such layer, or without a coordinate system.
    """
    _require_head(path, b"SQLite format 3\x00", "is no GeoPackage")
    try:
        layers = pyogrio.list_layers(path)
        names = [
            str(name) for name, kind in layers if kind is None or "Point" in str(kind) or kind == "Unknown"
        ]
        if LAYER not in names and len(names) != 1:
            held = ", ".join(str(name) for name, _ in layers)
            raise _refused(path, f"has no layer {LAYER} and not one layer of points alone, but: {held}")
        layer = LAYER if LAYER in names else names[0]
        meta, content = pyogrio.read_arrow(path, layer=layer)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pa.ArrowException,
        OSError,
    ) as error:
        raise _refused(path, "is a damaged or cut off GeoPackage") from error
    geometry = meta["geometry_name"] or "wkb_geometry"
    return _table_of_arrow(path, content, geometry, meta["crs"])


def read_geoparquet(path: Path) -> SourceTable:
    """Read a GeoParquet file.

    Raises:
        InvalidDataError: not Parquet, or its geometry is not WKB.
    """
    _require_head(path, b"PAR1", "is no Parquet file")
    try:
        content = pa.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise _refused(path, "is a damaged or cut off Parquet file") from error
    geometry, crs = _geo_metadata(path, content)
    return _table_of_arrow(path, content, geometry, crs)


def _geo_metadata(path: Path, content: Any) -> tuple[str, str | None]:
    """Return (column of the geometry, its coordinate system) as GeoParquet names them."""
    try:
        geo = orjson.loads((content.schema.metadata or {}).get(b"geo", b"{}"))
        geometry = geo.get("primary_column", GEOMETRY)
        column = geo.get("columns", {}).get(geometry, {})
        if column.get("encoding") == "WKB":
            crs = column.get("crs", "OGC:CRS84")
            named = isinstance(crs, str) or crs is None
            return geometry, crs if named else pyproj.CRS.from_json_dict(crs).to_wkt()
    except pyproj.exceptions.CRSError as error:
        raise _refused(path, _NO_CRS) from error
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise _refused(path, "has damaged GeoParquet metadata") from error
    raise _refused(path, "has no GeoParquet metadata with a WKB geometry")


def _require_head(path: Path, head: bytes, message: str) -> None:
    with path.open("rb") as file:
        if file.read(len(head)) != head:
            raise _refused(path, message)


def _table_of_arrow(path: Path, content: Any, geometry: str, crs: str | None) -> SourceTable:
    table = SourceTable(path.name, typed=True)
    names: Sequence[str] = [name for name in content.schema.names if name not in (geometry, "fid")]
    table.columns, table.problems = map_headers(names, None, None)
    fields = {column.header: found for found, column in table.columns.items()}
    metadata = content.schema.metadata or {}
    table.datum = metadata.get(b"datum", b"").decode() or None
    to_lon_lat = _transformer(path, crs) if geometry in content.schema.names else None
    number = 0
    for batch in content.to_batches(max_chunksize=_BATCH):
        columns = {fields[name]: batch.column(name).to_pylist() for name in names if name in fields}
        located = geometry in content.schema.names
        places = list(_locations(batch, geometry, to_lon_lat)) if located else []
        for index in range(batch.num_rows):
            number += 1
            values: dict[str, Any] = {name: cells[index] for name, cells in columns.items()}
            row = SourceRow(number, values)
            if located:
                place = places[index]
                if isinstance(place, str):
                    table.problems.append(table.problem("warning", place, row, "geometry"))
                else:
                    values["location"] = place
            table.rows.append(SourceRow(number, with_stated_nulls(values)))
    return table


def _locations(
    batch: Any, geometry: str, to_lon_lat: pyproj.Transformer | None
) -> Iterator[tuple[float, float] | str | None]:
    """Yield each row's (lon, lat), None where it is null, or what is wrong with it."""
    raw = batch.column(geometry).to_pylist()
    for wkb, shape in zip(raw, shapely.from_wkb(raw, on_invalid="ignore"), strict=True):
        if wkb is None:
            yield None
        elif shape is None:
            yield "is not a readable geometry"
        elif shape.is_empty:  # a point of two NaN is the same bytes
            yield "is a point without coordinates"
        elif shape.geom_type != "Point":
            yield f"must be a point, is a {shape.geom_type}"
        elif to_lon_lat is not None:
            yield to_lon_lat.transform(shape.x, shape.y)
        else:
            yield shape.x, shape.y


def _transformer(path: Path, crs: str | None) -> pyproj.Transformer | None:
    """Return what brings points to WGS-84, longitude first; None where they are that already."""
    if crs is None:
        raise _refused(path, "names no coordinate system")
    try:
        found = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise _refused(path, _NO_CRS) from error
    if any(found.equals(name, ignore_axis_order=True) for name in _LON_LAT_NAMES):
        return None
    return pyproj.Transformer.from_crs(found, "OGC:CRS84", always_xy=True)


def _refused(path: Path, message: str) -> InvalidDataError:
    return InvalidDataError([Problem(path.name, None, None, None, message)])
