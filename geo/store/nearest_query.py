"""The nearest located stations, asked of the database itself: the same answer from both back ends.

In PostGIS ``geography <->`` orders on a sphere, which misorders 2-3 % of answers. So it only proposes: the
largest ellipsoidal distance among its first k bounds the true k-th distance from above, and everything
within that bound (``ST_DWithin``, on the ellipsoid) is ranked here by ``StationIndex``, as for SQLite:
``ST_Distance`` rounds to 1e-8 m and would make ties where there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, LargeBinary, select, text, type_coerce

from geo.nearest import StationIndex
from geo.store.model import StationRow

_MARGIN_M = 0.01  # a million times the rounding of a distance

PROPOSED_BOUND = """
    SELECT max(d) FROM (
        SELECT ST_Distance(geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS d
        FROM stations WHERE geom IS NOT NULL
        ORDER BY geom::geography <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography
        LIMIT :k
    ) AS proposed
"""
WITHIN_BOUND = """
    SELECT id, ST_AsBinary(geom, 'NDR') AS wkb FROM stations
    WHERE ST_DWithin(geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius_m)
"""


def nearest_in_postgis(connection: Connection, lon: float, lat: float, k: int) -> list[tuple[str, float]]:
    """Return (id, metres) of the ``k`` nearest stations through the geography index.

    Raises:
        InvalidParameterError: the point is not on Earth, or ``k`` is below 1.
    """
    _check(lon, lat, k)
    point = {"lon": lon, "lat": lat}
    bound = connection.execute(text(PROPOSED_BOUND), {**point, "k": k}).scalar()
    if bound is None:
        return []
    near = connection.execute(text(WITHIN_BOUND), {**point, "radius_m": bound + _MARGIN_M}).all()
    return _ranked(near, lon, lat, k)


def nearest_in_process(connection: Connection, lon: float, lat: float, k: int) -> list[tuple[str, float]]:
    """Return (id, metres) of the ``k`` nearest stations, all of them measured in this process.

    Raises:
        InvalidParameterError: the point is not on Earth, or ``k`` is below 1.
    """
    _check(lon, lat, k)
    table = StationRow.__table__
    located = select(table.c.id, type_coerce(table.c.geom, LargeBinary())).where(table.c.geom.is_not(None))
    return _ranked(connection.execute(located).all(), lon, lat, k)


def _ranked(rows: Sequence[Any], lon: float, lat: float, k: int) -> list[tuple[str, float]]:
    points = shapely.from_wkb(np.array([wkb for _id, wkb in rows], dtype=object))
    index = StationIndex(shapely.get_x(points), shapely.get_y(points), [name for name, _wkb in rows])
    return [(str(name), float(metres)) for name, metres in index.nearest(lon, lat, k)]


def _check(lon: float, lat: float, k: int) -> None:
    # an empty index refuses what any index refuses, before the database is asked
    StationIndex([], [], []).nearest(lon, lat, k)
