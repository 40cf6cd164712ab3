"""The register in formats with types: GeoJSON, GeoPackage, GeoParquet. Always WGS-84, longitude first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely

from geo.io.columns import GEOMETRY, LAYER, flat_values, kind_of
from geo.io.notices import ExportNotice
from geo.io.whole_file import written_by_gdal
from geo.stations import FIELD_NAMES, Station, station_to_feature

_ARROW = {"whole": pa.int64(), "real": pa.float64(), "text": pa.string()}
_CHUNK = 20_000


def write_geojson(path: Path, stations: Sequence[Station], notice: ExportNotice) -> None:
    """Write the register as GeoJSON (RFC 7946), a feature a line."""
    members = {"type": "FeatureCollection", "name": LAYER, **notice.metadata()}
    with path.open("wb") as file:
        file.write(orjson.dumps(members)[:-1] + b',"features":[\n')
        for number, station in enumerate(stations):
            file.write((b",\n" if number else b"") + orjson.dumps(station_to_feature(station)))
        file.write(b"\n]}\n")


def write_gpkg(path: Path, stations: Sequence[Station], notice: ExportNotice) -> None:
    """Write the register as a GeoPackage with one layer of points, ``stations``.

    Raises:
        OSError: GDAL could not write the file; it does not tell a full disk from another fault.
    """
    content = _arrow(stations)
    with written_by_gdal(path):
        pyogrio.write_arrow(
            content,
            path,
            layer=LAYER,
            driver="GPKG",
            geometry_name=GEOMETRY,
            geometry_type="Point",
            crs="EPSG:4326",
            dataset_metadata=notice.metadata(),
            layer_metadata=notice.metadata(),
            dataset_options={"VERSION": "1.2"},  # older QGIS and GDAL warn of later ones
            layer_options={"DESCRIPTION": "; ".join(notice.metadata().values())},
        )


def write_geoparquet(path: Path, stations: Sequence[Station], notice: ExportNotice) -> None:
    """Write the register as GeoParquet 1.1 (WKB points, OGC:CRS84)."""
    geo = {
        "version": "1.1.0",
        "primary_column": GEOMETRY,
        "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    content = _arrow(stations)
    metadata = {name: text.encode() for name, text in notice.metadata().items()}
    content = content.replace_schema_metadata({**metadata, "geo": orjson.dumps(geo)})
    pa.parquet.write_table(content, path, compression="zstd")


def _arrow(stations: Sequence[Station]) -> Any:
    """Return the stations as an Arrow table by the schema of the fields, geometry as WKB."""
    schema = pa.schema([*((name, _ARROW[kind_of(name)]) for name in FIELD_NAMES), (GEOMETRY, pa.binary())])
    parts = []
    for start in range(0, len(stations), _CHUNK):
        part = stations[start : start + _CHUNK]
        rows = [flat_values(station) for station in part]
        columns = [pa.array([row[name] for row in rows], _ARROW[kind_of(name)]) for name in FIELD_NAMES]
        parts.append(pa.RecordBatch.from_arrays([*columns, pa.array(_wkb(part), pa.binary())], schema=schema))
    return pa.Table.from_batches(parts, schema)


def _wkb(stations: Sequence[Station]) -> list[bytes | None]:
    located = np.array(
        [station.location for station in stations if station.location is not None], dtype=float
    )
    points = iter(shapely.to_wkb(shapely.points(located.reshape(-1, 2))).tolist())
    return [None if station.location is None else next(points) for station in stations]
