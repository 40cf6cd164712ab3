"""What a planner needs to know of each gap area: who, when, why, for lack of what, how far.

Every figure is unserved demand (demand-hours where the question spans the week), so the parts of an area add
up to its total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.coverage import (
    CAUSES,
    DAY_TYPES,
    WINDOW_CODES,
    Floats,
    Situation,
    question_weights,
    shares,
    station_times,
    summarise,
)
from geo.demand import GROUPS
from geo.gaps import GapArea, gap_areas
from geo.nearest import StationIndex
from geo.travel import travel_minutes
from geo.vocabulary import SERVING_STATUSES


@dataclass(frozen=True)
class NearestStation:
    """The nearest station that serves at all (operating or on trial), from the area's heaviest cell."""

    station_id: str
    distance_m: float
    travel_min: float


@dataclass(frozen=True)
class Gap:
    """One gap area described. ``rank`` counts from 1.

    Attributes:
        place: the named place nearest to the area's centre, for people; None without places.
        lon, lat: centre weighted by unserved demand, degrees.
        by_group: unserved demand of each worker group, largest first.
        by_window: (window, day type, unserved demand), worst first, only those above zero.
        by_cause: cause -> unserved demand; the values add up to ``unserved``.
        missing: (amenity or group, unserved demand while a station in reach is open but lacks it), worst
            first. Where nothing was asked for, the seven amenity groups are tried one by one.
        nearest: None where no station serves at all.
    """

    rank: int
    area: GapArea
    place: str | None
    lon: float
    lat: float
    demand: float
    by_group: tuple[tuple[str, float], ...]
    by_window: tuple[tuple[str, str, float], ...]
    by_cause: dict[str, float]
    missing: tuple[tuple[str, float], ...]
    nearest: NearestStation | None

    @property
    def unserved(self) -> float:
        """Unserved demand of the area."""
        return self.area.unserved

    @property
    def main_cause(self) -> str:
        """The cause of most of it; ties go to the earlier cause."""
        return max(CAUSES, key=lambda cause: (self.by_cause[cause], -CAUSES.index(cause)))


def find_gaps(
    found: Situation, places: pd.DataFrame | None = None, top: int | None = None
) -> tuple[Gap, ...]:
    """Return the described gap areas, most unserved first.

    Args:
        found: the situation under the standard asked for.
        places: named places (``name``, ``lon``, ``lat``) to call areas by.
        top: how many at the most; None is all.
    """
    cells = summarise(found).cells
    areas = gap_areas(cells, found.demand.cells["street_code"].astype(object).to_numpy())[:top]
    row_of = {cell: row for row, cell in enumerate(cells["cell"])}
    around = _Surroundings(
        by_group=_unserved_by_group(found),
        lacking=_lacking(found),
        places=_index(places),
        stations=_serving_index(found.stations),
    )
    return tuple(
        _described(rank, area, [row_of[cell] for cell in area.cells], found, around)
        for rank, area in enumerate(areas, start=1)
    )


@dataclass(frozen=True)
class _Surroundings:
    """What every area's description is read from, made once."""

    by_group: dict[str, Floats]
    lacking: dict[str, Floats]
    places: StationIndex
    stations: StationIndex


def _index(places: pd.DataFrame | None) -> StationIndex:
    """Return an index of named places; of none without places."""
    if places is None:
        return StationIndex([], [], [])
    return StationIndex(places["lon"].to_numpy(float), places["lat"].to_numpy(float), places["name"].tolist())


def _serving_index(stations: gpd.GeoDataFrame) -> StationIndex:
    serving = stations[stations["status"].isin(SERVING_STATUSES)]
    return StationIndex(serving.geometry.x.to_numpy(), serving.geometry.y.to_numpy(), serving["id"].tolist())


def area_polygon(area: GapArea) -> shapely.MultiPolygon | shapely.Polygon:
    """Return the union of the area's hexagons, WGS-84."""
    return shapely.union_all(
        [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in area.cells]
    )


def _unserved_by_group(found: Situation) -> dict[str, Floats]:
    """Return each group's unserved demand per cell, weighed as the question weighs it."""
    unserved = 1 - found.shares.served
    groups = [found.standard.group] if found.standard.group else list(GROUPS)
    return {
        group: (question_weights(found.demand, replace(found.standard, group=group)) * unserved).sum(
            axis=(1, 2)
        )
        for group in groups
    }


def _lacking(found: Situation) -> dict[str, Floats]:
    """Return per amenity asked for (or group) the demand unserved while an open station in reach lacks it."""
    asked: Sequence[str] = found.standard.amenities or tuple(AMENITY_GROUPS)
    lacks = CAUSES.index("lacks_service")
    result = {}
    for name in asked:
        alone = shares(found.reach, station_times(found.stations, found.states, (name,)))
        result[name] = (found.weights * alone.causes[lacks]).sum(axis=(1, 2))
    return result


def _described(rank: int, area: GapArea, rows: list[int], found: Situation, around: _Surroundings) -> Gap:
    weights = found.weights[rows]
    unserved = weights * (1 - found.shares.served[rows])
    per_cell = unserved.sum(axis=(1, 2))
    lons = found.demand.cells["lon"].to_numpy(dtype=float)[rows]
    lats = found.demand.cells["lat"].to_numpy(dtype=float)[rows]
    lon, lat = float(np.average(lons, weights=per_cell)), float(np.average(lats, weights=per_cell))
    place = around.places.nearest(lon, lat, k=1)
    causes = (weights * found.shares.causes[:, rows]).sum(axis=(1, 2, 3))
    return Gap(
        rank=rank,
        area=area,
        place=place[0][0] if place else None,
        lon=lon,
        lat=lat,
        demand=float(weights.sum()),
        by_group=_ranked({group: float(values[rows].sum()) for group, values in around.by_group.items()}),
        by_window=_worst_windows(unserved.sum(axis=0), found),
        by_cause={cause: float(causes[number]) for number, cause in enumerate(CAUSES)},
        missing=tuple(
            pair
            for pair in _ranked({name: float(values[rows].sum()) for name, values in around.lacking.items()})
            if pair[1] > 0
        ),
        nearest=_nearest_station(float(lons[0]), float(lats[0]), found, around),
    )


def _ranked(values: dict[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(values.items(), key=lambda pair: -pair[1]))


def _worst_windows(unserved: Floats, found: Situation) -> tuple[tuple[str, str, float], ...]:
    if found.standard.at is not None:
        return ()
    lines = [
        (window, day, float(unserved[w, d]))
        for w, window in enumerate(WINDOW_CODES)
        for d, day in enumerate(DAY_TYPES)
        if unserved[w, d] > 0
    ]
    return tuple(sorted(lines, key=lambda line: -line[2]))


def _nearest_station(
    lon: float, lat: float, found: Situation, around: _Surroundings
) -> NearestStation | None:
    nearest = around.stations.nearest(lon, lat, k=1)
    if not nearest:
        return None
    station_id, metres = nearest[0]
    return NearestStation(station_id, metres, float(travel_minutes(metres, found.standard.mode)))
