"""What a planner needs to know of each gap area: who, when, why, for lack of what, how far.

Every figure is unserved demand (demand-hours where the question spans the week), so the parts of an area add
up to its total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

import geopandas as gpd
import h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.amenities import GROUPS as AMENITY_GROUPS
from geo.coverage import Situation, question_weights, situation
from geo.coverage_patterns import CAUSES, DAY_TYPES, WINDOW_CODES, Floats, shares, station_times
from geo.crs import geodesic_distance_m
from geo.demand import GROUPS, Demand
from geo.gaps import GapArea, placed_gap_areas
from geo.metrics import share_of
from geo.nearest import StationIndex
from geo.standard import Standard
from geo.travel import Router, TravelBasis, travel_minutes
from geo.vocabulary import SERVING_STATUSES

NETWORK_LIMIT_MIN = 240.0
"""How far a street network is searched for the nearest station; past it the straight line is told."""

Rows = npt.NDArray[np.intp]
Lines = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class NearestStation:
    """The nearest station that serves at all (operating or on trial), from the area's heaviest cell.

    Nearest by straight line, or by ``travel_min`` where ``travel_basis`` is ``network``; ties by id.
    """

    station_id: str
    distance_m: float
    travel_min: float
    travel_basis: TravelBasis = "estimate"


@dataclass(frozen=True)
class Gap:
    """One gap area described. ``rank`` counts from 1.

    Attributes:
        place: the named place nearest to the area's centre, for people; None without places.
        lon, lat: centre weighted by unserved demand, degrees.
        demand: all demand of the area, served or not.
        by_group: unserved demand of each worker group, largest first.
        demand_by_group: all demand of each worker group, in the order of ``by_group``.
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
    by_group: Lines
    demand_by_group: Lines
    by_window: tuple[tuple[str, str, float], ...]
    by_cause: dict[str, float]
    missing: Lines
    nearest: NearestStation | None

    @property
    def unserved(self) -> float:
        """Unserved demand of the area."""
        return self.area.unserved

    @property
    def unserved_share(self) -> float:
        """Which part of its demand is unserved, 0-1."""
        return share_of(self.unserved, self.demand) or 0.0

    @property
    def main_cause(self) -> str:
        """The cause of most of it; ties go to the earlier cause."""
        return max(CAUSES, key=lambda cause: (self.by_cause[cause], -CAUSES.index(cause)))


class Gaps(Sequence[Gap]):
    """The gap areas of a situation, most unserved first; each is described when it is first asked for.

    Attributes:
        areas: every area.
        lon, lat: (areas,) their centres, weighted by unserved demand, degrees.
        by_cause: (areas, causes) unserved demand, in the order of ``CAUSES``.
        rows: the numbers of all areas' cells in the table of demand, those of one area side by side.
    """

    def __init__(
        self,
        areas: Sequence[GapArea],
        rows: Rows,
        found: Situation,
        places: pd.DataFrame | None = None,
        router: Router | None = None,
    ) -> None:
        self.areas = tuple(areas)
        self._found, self._places, self._router = found, places, router
        self._sums = sums = _Sums.over([len(area.cells) for area in self.areas], rows, found)
        self.rows = sums.rows
        self.lon, self.lat = (sums.mean(found.demand.cells[name].to_numpy(float)) for name in ("lon", "lat"))
        self.by_cause = np.stack([sums.of(found.by_cell.cause(name)[sums.rows]) for name in CAUSES], axis=1)
        self._described: dict[int, Gap] = {}

    def __len__(self) -> int:
        return len(self.areas)

    @overload
    def __getitem__(self, asked: int) -> Gap: ...
    @overload
    def __getitem__(self, asked: slice) -> tuple[Gap, ...]: ...
    def __getitem__(self, asked: int | slice) -> Gap | tuple[Gap, ...]:
        chosen = range(len(self))[asked]
        numbers = [chosen] if isinstance(chosen, int) else chosen
        new = [number for number in numbers if number not in self._described]
        if new:
            self._described.update(zip(new, self._describe(new), strict=True))
        gaps = tuple(self._described[number] for number in numbers)
        return gaps[0] if isinstance(chosen, int) else gaps

    def __iter__(self) -> Iterator[Gap]:
        return iter(self[:])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _describe(self, numbers: Sequence[int]) -> Iterator[Gap]:
        found = self._found
        sums = self._sums.only(numbers)
        first = sums.rows[sums.starts]
        lons, lats = (found.demand.cells[name].to_numpy(float)[first] for name in ("lon", "lat"))
        named = _place_names(self._places, self.lon[numbers], self.lat[numbers])
        nearest = _nearest_stations(found, lons, lats, self._router)
        demand, windows = sums.of(sums.weights), sums.of(sums.unserved)
        unserved_of, demand_of = _by_group(found, sums)
        lacking = _lacking(found, sums)
        for at, number in enumerate(numbers):
            by_group = _ranked({group: float(values[at]) for group, values in unserved_of.items()})
            yield Gap(
                rank=number + 1,
                area=self.areas[number],
                place=named[at],
                lon=float(self.lon[number]),
                lat=float(self.lat[number]),
                demand=float(demand[at].sum()),
                by_group=by_group,
                demand_by_group=tuple((group, float(demand_of[group][at])) for group, _ in by_group),
                by_window=() if found.standard.at else _worst_windows(windows[at]),
                by_cause=dict(zip(CAUSES, self.by_cause[number].tolist(), strict=True)),
                missing=_ranked({n: float(v[at]) for n, v in lacking.items() if v[at] > 0}),
                nearest=nearest[at],
            )


def find_gaps(
    found: Situation,
    places: pd.DataFrame | None = None,
    top: int | None = None,
    *,
    router: Router | None = None,
) -> Gaps:
    """Return the gap areas, most unserved first.

    Args:
        found: the situation under the standard asked for.
        places: places to call areas by (``named_places``).
        top: how many at the most; None is all.
        router: tells the minutes to the nearest station; straight lines x 1.35 without one.
    """
    streets = found.demand.cells["street_code"].astype(object).to_numpy()
    areas, rows = placed_gap_areas(_cell_table(found), streets)
    areas = areas[:top]
    return Gaps(areas, rows[: sum(len(area.cells) for area in areas)], found, places, router)


def area_polygon(area: GapArea) -> shapely.MultiPolygon | shapely.Polygon:
    """Return the union of the area's hexagons, WGS-84."""
    return shapely.union_all(
        [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in area.cells]
    )


def named_places(places: pd.DataFrame) -> pd.DataFrame:
    """Return the places that have a name, with ``lon`` and ``lat`` (degrees) beside their own columns.

    Args:
        places: a table with ``name`` and either ``lon`` and ``lat`` or WGS-84 points as geometry.
    """
    named = places[places["name"].notna()]
    if not isinstance(named, gpd.GeoDataFrame) or {"lon", "lat"} <= set(named.columns):
        return named
    return pd.DataFrame(named.drop(columns=named.geometry.name)).assign(
        lon=named.geometry.x.to_numpy(), lat=named.geometry.y.to_numpy()
    )


def _cell_table(found: Situation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cell": found.demand.cells["cell"].to_numpy(),
            "demand": found.by_cell.demand,
            "covered": found.by_cell.served,
        }
    )


@dataclass(frozen=True)
class _Sums:
    """The gap cells of all areas in one row, so that every figure is one sum over each area's stretch."""

    rows: Rows
    starts: Rows
    weights: Floats
    unserved: Floats

    @classmethod
    def over(cls, sizes: Sequence[int], rows: Rows, found: Situation) -> _Sums:
        weights = found.weights[rows]
        unserved = weights * (1 - found.shares.at(rows).served)
        return cls(rows, np.cumsum([0, *sizes], dtype=np.intp)[:-1], weights, unserved)

    def only(self, numbers: Sequence[int]) -> _Sums:
        """Return the cells of some areas alone, in their order."""
        ends = np.append(self.starts[1:], len(self.rows))
        sizes = (ends - self.starts)[numbers]
        starts = np.cumsum([0, *sizes[:-1]])
        at = np.repeat(self.starts[numbers] - starts, sizes) + np.arange(sizes.sum())
        return _Sums(self.rows[at], starts, self.weights[at], self.unserved[at])

    def mean(self, per_cell: Floats) -> Floats:
        """Return the mean of a value of all cells over each area, weighed by unserved demand."""
        unserved = self.unserved.sum(axis=(1, 2))
        return np.asarray(self.of(unserved * per_cell[self.rows]) / self.of(unserved))

    def of(self, per_cell: Floats) -> Floats:
        """Sum values of the gap cells (first axis) over each area."""
        return np.asarray(np.add.reduceat(per_cell, self.starts, axis=0))


def _place_names(places: pd.DataFrame | None, lon: Floats, lat: Floats) -> list[str | None]:
    table = pd.DataFrame() if places is None else named_places(places)
    if table.empty:
        return [None] * len(lon)
    names = table["name"].astype(str).tolist()
    index = StationIndex(table["lon"].to_numpy(dtype=float), table["lat"].to_numpy(dtype=float), names)
    rows = index.nearest_many(lon, lat, k=1)[0][:, 0]
    return [names[row] if row >= 0 else None for row in rows]


def _by_group(found: Situation, sums: _Sums) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return each group's unserved and whole demand of each area, weighed as the question weighs it."""
    groups = [found.standard.group] if found.standard.group else list(GROUPS)
    unserved, demand = {}, {}
    share = 1 - found.shares.at(sums.rows).served
    for group in groups:
        weights = question_weights(found.demand, replace(found.standard, group=group), sums.rows)
        unserved[group] = sums.of((weights * share).sum(axis=(1, 2)))
        demand[group] = sums.of(weights.sum(axis=(1, 2)))
    return unserved, demand


def _lacking(found: Situation, sums: _Sums) -> dict[str, Floats]:
    """Return per amenity asked for (or group) the demand unserved while an open station in reach lacks it."""
    asked: Sequence[str] = found.standard.amenities or tuple(AMENITY_GROUPS)
    pattern, of_cell = found.merged
    chosen, number = np.unique(of_cell[sums.rows], return_inverse=True)
    here = (pattern[chosen], number)
    result = {}
    for name in asked:
        alone = shares(here, station_times(found.stations, found.states, (name,))).cause("lacks_service")
        result[name] = sums.of((sums.weights * alone).sum(axis=(1, 2)))
    return result


def _ranked(values: dict[str, float]) -> Lines:
    return tuple(sorted(values.items(), key=lambda pair: -pair[1]))


def _worst_windows(unserved: Floats) -> tuple[tuple[str, str, float], ...]:
    lines = [
        (window, day, float(unserved[w, d]))
        for w, window in enumerate(WINDOW_CODES)
        for d, day in enumerate(DAY_TYPES)
        if unserved[w, d] > 0
    ]
    return tuple(sorted(lines, key=lambda line: -line[2]))


def _nearest_stations(
    found: Situation, lon: Floats, lat: Floats, router: Router | None
) -> list[NearestStation | None]:
    """Return the nearest serving station of each place: by the network's minutes, else by straight line."""
    serving: gpd.GeoDataFrame = found.stations[found.stations["status"].isin(SERVING_STATUSES)]
    if serving.empty:
        return [None] * len(lon)
    ids = serving["id"].tolist()
    at = (serving.geometry.x.to_numpy(), serving.geometry.y.to_numpy())
    rows, metres = (part[:, 0] for part in StationIndex(*at, ids).nearest_many(lon, lat, k=1))
    mode = found.standard.mode
    nearest: list[NearestStation | None] = [
        NearestStation(ids[row], float(m), float(travel_minutes(float(m), mode)))
        for row, m in zip(rows, metres, strict=True)
    ]
    if router is None or router.basis != "network":
        return nearest
    minutes = router.minutes_matrix(lon, lat, *at, NETWORK_LIMIT_MIN).tocsr()
    for number in range(len(lon)):
        span = slice(minutes.indptr[number], minutes.indptr[number + 1])
        reached = list(zip(minutes.data[span], minutes.indices[span], strict=True))
        if reached:
            least, row = min(reached, key=lambda pair: (pair[0], ids[pair[1]]))
            line_m = geodesic_distance_m(lon[number], lat[number], at[0][row], at[1][row])
            nearest[number] = NearestStation(ids[row], float(line_m), float(least), "network")
    return nearest


def unserved_by_window(
    stations: gpd.GeoDataFrame, demand: Demand, area: GapArea, standard: Standard
) -> dict[str, float]:
    """Return the demand-hours unserved in an area, window by window in the order of the day.

    Of one day where the standard names a window, else of its week: then they add up to the area's total.
    """
    cells = demand.cells[demand.cells["cell"].isin(area.cells)].reset_index(drop=True)
    rows = demand.rows[demand.rows["cell"].isin(area.cells)].reset_index(drop=True)
    day = standard.day or ("weekday" if standard.window else None)
    week = replace(standard, window=None, at=None, day=day)
    found = situation(stations, replace(demand, cells=cells, rows=rows), week)
    unserved = (found.weights * (1 - found.shares.served)).sum(axis=(0, 2))
    days = sum(week.day_weights) if standard.window else 1.0
    return dict(zip(WINDOW_CODES, (unserved / days).tolist(), strict=True))
