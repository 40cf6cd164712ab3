"""Modelled worker demand: an editable TOML of proxies turned into weights on H3 cells.

Weights, never people. At least half of each group's weight is spread over the streets by their number of
communities, the rest by kernels on places that no station stands at, so that the model doesn't praise the
register it was drawn from.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from scipy.spatial import cKDTree

from geo.areas import Areas, areas_plane
from geo.crs import to_plane
from geo.data_files import data_path
from geo.demand import GROUP_LABELS, GROUPS, MODELLED_TOTAL_PER_GROUP, Demand, Group, in_both
from geo.demand_cells import (
    DEFAULT_RESOLUTION,
    area_cells,
    cell_table,
    cells_of_points,
    covered_by,
)
from geo.demand_rows import DAY_TYPES, WINDOW_CODES, row_table
from geo.errors import InvalidDataError, InvalidParameterError, Problem
from geo.geojson import FeatureReader
from geo.nearest import StationIndex
from geo.time_windows import DayType

GAUSS_CUT = 3.0
"""Bandwidths a Gaussian kernel reaches; 1.1 % of its weight would lie beyond."""

Window = Literal["T1", "T2", "T3", "T4", "T5", "T6", "T7"]
Text = Annotated[str, Field(min_length=1, strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
FloatArray = npt.NDArray[np.float64]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kernel(_Part):
    """Places of some kinds and how far around them a group gathers.

    Every place draws ``weight`` x the same total, spread over cells by the distance d of their centres:
    ``gaussian`` exp(-d²/2b²) to 3 b, ``quartic`` (1 - d²/b²)² and ``uniform`` 1 to b, with b ``bandwidth_m``.
    Without ``windows`` or ``day_types`` it holds in all the group works in.
    """

    kinds: Annotated[tuple[Text, ...], Field(min_length=1)]
    shape: Literal["gaussian", "quartic", "uniform"]
    bandwidth_m: Annotated[Number, Field(gt=0, le=50_000)]
    weight: Annotated[Number, Field(gt=0)]
    windows: Annotated[tuple[Window, ...], Field(min_length=1)] = ("T1", "T2", "T3", "T4", "T5", "T6", "T7")
    day_types: Annotated[tuple[DayType, ...], Field(min_length=1)] = ("weekday", "weekend")

    @property
    def reach_m(self) -> float:
        """Distance beyond which the kernel is zero."""
        return self.bandwidth_m * (GAUSS_CUT if self.shape == "gaussian" else 1.0)

    def of(self, distance_m: FloatArray) -> FloatArray:
        """Return the kernel at distances within its reach."""
        square = (distance_m / self.bandwidth_m) ** 2
        match self.shape:
            case "gaussian":
                return np.asarray(np.exp(-square / 2))
            case "quartic":
                return np.asarray((1 - square) ** 2)
            case _:
                return np.ones_like(square)


class GroupModel(_Part):
    """One group: the share its streets take, the windows it works in by day type, its kernels."""

    group: Group
    streets_share: Annotated[Number, Field(ge=0.5, le=1)]
    windows: Annotated[dict[DayType, tuple[Window, ...]], Field(min_length=1)]
    kernels: tuple[Kernel, ...] = ()

    @model_validator(mode="after")
    def _says_where_the_rest_goes(self) -> GroupModel:
        if not self.kernels and self.streets_share < 1:
            raise ValueError("a group without kernels needs streets_share = 1")
        return self


class DemandModel(_Part):
    """A demand model as read from its file."""

    id: Text
    zh: Text
    en: Text
    date: Text
    source: Text
    exclude_near_station_m: Annotated[Number, Field(ge=50, le=5_000)]
    groups: Annotated[tuple[GroupModel, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_group_once(self) -> DemandModel:
        twice = [name for name, count in Counter(part.group for part in self.groups).items() if count > 1]
        if twice:
            raise ValueError(f"groups stand twice: {', '.join(twice)}")
        return self


def read_model(path: Path) -> DemandModel:
    """Read and check a demand model.

    Raises:
        InvalidDataError: not TOML, or every key that is missing, unknown or out of range.
    """
    try:
        return DemandModel.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError([Problem(path.name, None, None, None, f"not TOML: {error}")]) from error
    except ValidationError as error:
        problems = [
            Problem(path.name, None, _key(fault["loc"]) or None, fault["input"], fault["msg"])
            for fault in error.errors(include_url=False)
        ]
        raise InvalidDataError(problems) from error


@lru_cache(maxsize=1)
def shipped_model() -> DemandModel:
    """Return the model shipped with the product."""
    return read_model(data_path("demand_model.toml"))


def read_places(path: Path) -> gpd.GeoDataFrame:
    """Read places (GeoJSON points, WGS-84) with ``name`` and ``kind``.

    Raises:
        InvalidDataError: not GeoJSON, no point, or a place without a kind.
    """
    names, kinds, points, problems = [], [], [], []
    for number, feature in FeatureReader(path):
        where = f"feature {number}"
        try:
            point = shapely.geometry.shape(feature["geometry"])
            kind, name = feature["properties"]["kind"], feature["properties"].get("name")
        except (LookupError, TypeError, AttributeError, ValueError, shapely.errors.ShapelyError) as error:
            problems.append(Problem(where, None, None, None, f"not a place with a kind: {error!r}"))
            continue
        if point.geom_type != "Point" or point.is_empty or not isinstance(kind, str):
            problems.append(Problem(where, None, "kind", kind, "must be a point with a kind"))
            continue
        names.append(name)
        kinds.append(kind)
        points.append(point)
    if problems:
        raise InvalidDataError(problems)
    return gpd.GeoDataFrame({"name": names, "kind": kinds}, geometry=points, crs="EPSG:4326")


def shipped_places() -> gpd.GeoDataFrame:
    """Return the places shipped with the product."""
    return read_places(data_path("places.geojson"))


def build_demand(
    areas: Areas,
    places: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    model: DemandModel,
    resolution: int = DEFAULT_RESOLUTION,
) -> Demand:
    """Return the modelled demand of an area: 1,000 per group in each window and day type it works in.

    Places outside the district, and places within ``model.exclude_near_station_m`` of a station (of any
    status), are left out. The streets' part goes to the streets by :func:`street_weights`, evenly over the
    cells of each; where none of a window's kernels has a place left, the streets take all of it.

    Args:
        areas: the district and its streets.
        places: points with ``kind``, WGS-84.
        stations: the register, WGS-84 points (null where unknown).
        model: from :func:`read_model`.
        resolution: of the H3 cells, 8-11.

    Raises:
        InvalidParameterError: the resolution is not 8-11, or so coarse that no cell has its centre inside.
    """
    cells = cell_table(areas, area_cells(areas, resolution))
    if cells.empty:
        raise InvalidParameterError("resolution", resolution, "no cell has its centre in the area")
    inside = covered_by(areas.district.geometry, places.geometry.x.to_numpy(), places.geometry.y.to_numpy())
    near = _near_a_station(places, stations, model.exclude_near_station_m)
    free = places[inside & ~near].reset_index(drop=True)
    base = street_weights(areas, cells)
    field = _KernelField(areas, cells, free, resolution)
    blocks = []
    without: list[tuple[str, str, str]] = []
    for part in model.groups:
        for day_type, windows in part.windows.items():
            for window in dict.fromkeys(windows):
                active = [k for k in part.kernels if window in k.windows and day_type in k.day_types]
                pull = field.total(active)
                weights = part.streets_share * base
                if pull.any():
                    weights = weights + (1 - part.streets_share) / pull.sum() * pull
                elif part.streets_share < 1:
                    without.append((part.group, day_type, window))
                key = (GROUPS.index(part.group), WINDOW_CODES.index(window), DAY_TYPES.index(day_type))
                blocks.append((key, weights * (MODELLED_TOTAL_PER_GROUP / weights.sum())))
    group, window_code, day_code = np.array([key for key, _ in blocks], dtype=np.intp).T[:, :, np.newaxis]
    rows = row_table(
        cells["cell"],
        cell=np.arange(len(cells)),
        group=group,
        window=window_code,
        day_type=day_code,
        demand=np.stack([weights for _, weights in blocks]),
    )
    notes = _notes(model, len(places), int(np.sum(near & inside)), int(np.sum(~inside)), without)
    return Demand(cells, rows, "modelled", areas.basis, notes=(*notes, *_street_notes(areas, cells)))


def street_weights(areas: Areas, cells: pd.DataFrame) -> FloatArray:
    """Return each cell's part of what is spread over the streets; they add up to 1.

    A street takes by its number of communities, or by the mean of the known numbers where its own isn't
    known; evenly over its cells. A street without a cell leaves its part to the others. Where no number is
    known (or all are zero), every cell takes the same.
    """
    known = [street.communities for street in areas.streets if street.communities is not None]
    mean = float(np.mean(known)) if known else 0.0
    codes = [street.code for street in areas.streets]
    communities = [mean if street.communities is None else street.communities for street in areas.streets]
    of_cell = pd.Index(codes).get_indexer(pd.Index(cells["street_code"].to_numpy(dtype=object)))
    counts = np.bincount(of_cell[of_cell >= 0], minlength=len(codes))
    per_cell = np.append(np.array(communities, dtype=float) / np.maximum(counts, 1), 0.0)
    weights = per_cell[of_cell]  # -1, no street, takes the appended zero
    if not weights.any():
        weights = np.ones(len(cells))
    return np.asarray(weights / weights.sum())


class _KernelField:
    """Kernel sums over the cells, each place's kernel worked out once."""

    def __init__(self, areas: Areas, cells: pd.DataFrame, places: gpd.GeoDataFrame, resolution: int) -> None:
        plane = areas_plane(areas)
        centres = shapely.points(cells["lon"].to_numpy(), cells["lat"].to_numpy())
        self._tree = cKDTree(shapely.get_coordinates(to_plane(centres, plane)))
        self._spots = shapely.get_coordinates(to_plane(places.geometry.to_numpy(), plane))
        self._kinds = places["kind"].to_numpy(dtype=object)
        numbers = cells_of_points(places.geometry.x, places.geometry.y, resolution)
        names = pd.Index(cells["cell"].to_numpy(dtype=object))
        self._own = names.get_indexer(pd.Index([format(int(n), "x") for n in numbers], dtype=object))
        self._count = len(cells)
        self._fields: dict[Kernel, FloatArray] = {}

    def total(self, kernels: list[Kernel]) -> FloatArray:
        """Return the sum of the kernels over the cells; zero everywhere if none has a place."""
        return np.asarray(sum((self._field(kernel) for kernel in kernels), np.zeros(self._count)))

    def _field(self, kernel: Kernel) -> FloatArray:
        if kernel not in self._fields:
            field = np.zeros(self._count)
            for place in np.flatnonzero(np.isin(self._kinds, kernel.kinds)):
                self._add(field, kernel, int(place))
            self._fields[kernel] = field
        return self._fields[kernel]

    def _add(self, field: FloatArray, kernel: Kernel, place: int) -> None:
        spot = self._spots[place]
        near = np.sort(np.array(self._tree.query_ball_point(spot, kernel.reach_m), dtype=np.intp))
        values = kernel.of(np.hypot(*(self._tree.data[near] - spot).T))
        if values.sum() > 0:
            field[near] += kernel.weight * values / values.sum()
        elif self._own[place] >= 0:  # a kernel narrower than a cell
            field[self._own[place]] += kernel.weight


def _near_a_station(
    places: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, within_m: float
) -> npt.NDArray[np.bool_]:
    """Return which places lie within a geodesic distance of a located station, inclusive."""
    there = stations.geometry[~(stations.geometry.isna() | stations.geometry.is_empty)]
    near = np.zeros(len(places), dtype=bool)
    if len(there):
        index = StationIndex(there.x.to_numpy(), there.y.to_numpy(), range(len(there)))
        pairs = index.pairs_within(places.geometry.x.to_numpy(), places.geometry.y.to_numpy(), within_m)
        near[np.unique(np.asarray(pairs[0], dtype=np.intp))] = True
    return near


def _notes(
    model: DemandModel, places: int, near: int, outside: int, without: list[tuple[str, str, str]]
) -> tuple[str, ...]:
    """Return what a reader must know; ``without`` are (group, day type, window) without a place."""
    total, metres = MODELLED_TOTAL_PER_GROUP, model.exclude_near_station_m
    notes = [
        in_both(
            f"需求模型「{model.zh}」（{model.date}）：需求权重，不是人数；"
            f"每类人群在其工作的每个时段合计 {total:g}。",
            f"Demand model “{model.en}” ({model.date}): weights, never people;"
            f" {total:,.0f} per group in each window it works in.",
        ),
        in_both(
            "权重至少一半按各街道社区数分摊，其余围绕没有站点的公开地点分布。",
            "At least half of the weight lies with the streets by their communities, the rest around places"
            " that no station stands at.",
        ),
        in_both(
            f"{places} 处地点中，{near} 处距站点不超过 {metres:g} 米，未计入。",
            f"{near} of {places} places were left out: within {metres:g} m of a station.",
        ),
    ]
    if outside:
        notes.append(
            in_both(f"{outside} 处地点在范围之外，未计入。", f"{outside} places lie outside the area.")
        )
    if without:
        days = {"weekday": "工作日", "weekend": "周末"}
        zh = "、".join(f"{GROUP_LABELS[group][0]}{days[day]}{window}" for group, day, window in without)
        en = ", ".join(" ".join(one) for one in without)
        notes.append(
            in_both(
                f"没有可用地点、全部按街道分摊：{zh}。", f"No place was left for {en}: the streets take all."
            )
        )
    return tuple(notes)


def _street_notes(areas: Areas, cells: pd.DataFrame) -> tuple[str, ...]:
    present = set(cells["street_code"])
    empty = [street.name for street in areas.streets if street.code not in present]
    unknown = [street.name for street in areas.streets if street.communities is None]
    notes = []
    if empty:
        notes.append(
            in_both(
                f"没有网格中心、其份额归其他街道：{'、'.join(empty)}。",
                f"No cell has its centre in {', '.join(empty)}: the other streets take that part.",
            )
        )
    if unknown:
        notes.append(
            in_both(
                f"社区数未知、取已知街道平均值：{'、'.join(unknown)}。",
                f"Number of communities unknown, the mean of the known ones taken: {', '.join(unknown)}.",
            )
        )
    return tuple(notes)


def _key(loc: tuple[int | str, ...]) -> str:
    """Return a key's place as written in the file: ``groups 2, kernels 1, shape`` counts from 1."""
    text = ""
    for part in loc:
        text += f" {part + 1}" if isinstance(part, int) else f"{', ' if text else ''}{part}"
    return text
