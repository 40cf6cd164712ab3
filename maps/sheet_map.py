"""A map as one still drawing (SVG): for print, for files, and where a click adds a place.

The projection is plane: metres east and north of the district's middle, so a script can turn a click back
into degrees with four numbers. Cells of one class and size are one path; nothing carries a style of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.areas import Areas
from geo.coverage import CAUSES
from geo.gap_details import Gap, area_polygon
from geo.service_matrix import StationRow
from geo.stations import Station
from maps.sheet_frame import Frame, ring_path
from maps.sheet_labels import Box, Label, map_labels

COVERAGE_CLASSES = ("twice", "once", "part", "none", "unverified")
CAUSE_CLASSES = ("nothing_near", "closed", "lacks_service", "unknown", "served")
SIZES = (0.42, 0.68, 0.92)
_SCALE_KM = (10, 5, 3, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)  # the shortest: one cell of resolution 11


@dataclass(frozen=True)
class CellPath:
    """All cells of one class and size."""

    kind: str
    path: str


@dataclass(frozen=True)
class Spot:
    """A mark on the map: a station's state, a gap's number, a change of a scenario."""

    kind: str
    x: float
    y: float
    text: str = ""
    key: str = ""


@dataclass(frozen=True)
class SheetMap:
    """A drawing, bottom to top, and what its legend counts: demand by class of cells."""

    frame: Frame
    key: str
    district: str
    streets: tuple[str, ...]
    cells: tuple[CellPath, ...]
    amounts: Mapping[str, float]
    size_limits: tuple[float, float]
    sizes_drawn: tuple[int, ...]
    outlines: tuple[str, ...]
    spots: tuple[Spot, ...]
    badges: tuple[Spot, ...]
    labels: tuple[Label, ...]
    scale_px: float
    scale_km: float


def in_reach_from(*, is_hours: bool) -> float:
    """Return the share of its demand from which a cell is in reach: half of the whole day, all of a window.

    >>> in_reach_from(is_hours=True), in_reach_from(is_hours=False)
    (0.5, 0.995)
    """
    return 0.5 if is_hours else 0.995


def coverage_class(cells: pd.DataFrame, *, is_hours: bool) -> npt.NDArray[np.object_]:
    """Return the class of each cell of ``Coverage.cells``: how much of its demand is served, and how often.

    ``twice`` in reach of two stations, ``once`` of one (``in_reach_from``), ``part`` some of the time,
    ``unverified`` only if unknown hours were open, else ``none``. Cells without demand are ``none`` and
    aren't drawn. ``is_hours`` as of the coverage: the whole day, not one window or instant.
    """
    demand = cells["demand"].to_numpy(dtype=float)
    safe = np.where(demand > 0, demand, 1.0)
    served, twice, maybe = (
        cells[name].to_numpy(dtype=float) / safe
        for name in ("covered", "covered_twice", "covered_if_unknown_open")
    )
    enough = in_reach_from(is_hours=is_hours)
    return np.select(
        [twice >= enough, served >= enough, served > 0, maybe > 0],
        ["twice", "once", "part", "unverified"],
        default="none",
    ).astype(object)


def cause_class(cells: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return each cell's main cause; ``served`` where at least half of its demand is served."""
    amounts = cells[list(CAUSES)].to_numpy(dtype=float)
    unserved, demand = amounts.sum(axis=1), cells["demand"].to_numpy(dtype=float)
    causes = np.array(CAUSES, dtype=object)[amounts.argmax(axis=1)]
    return np.where(unserved * 2 > demand, causes, "served").astype(object)


def sheet_map(
    areas: Areas,
    cells: pd.DataFrame,
    classes: npt.NDArray[np.object_],
    *,
    key: str,
    size: tuple[int, int],
    order: Sequence[str],
    gaps: Sequence[Gap] = (),
    spots: Callable[[Frame], tuple[Spot, ...]] | None = None,
    places: Iterable[Mapping[str, Any]] = (),
    at_left: float = 0.5,
    bounds: tuple[float, float, float, float] | None = None,
    kept: Sequence[Box] = (),
) -> SheetMap:
    """Return the drawing.

    Args:
        areas: the district and its streets.
        cells: one row a cell: ``cell``, ``demand``; those without demand aren't drawn.
        classes: class of each cell, one of ``order``.
        key: makes ids of the page unique.
        size: width and height, px.
        order: classes from the bottom of the drawing to its top, as counted in the legend.
        gaps: outlined and numbered.
        spots: marks, asked for with the frame they stand in.
        places: GeoJSON point features with ``name`` and ``kind``, named where there is room.
        at_left: as for ``Frame.around``: room for a legend.
        bounds: what is shown (west, south, east, north; degrees); the whole district without.
        kept: room no name may stand in, such as a legend's; px.
    """
    frame = Frame.around(bounds or areas.district.geometry.bounds, size, 16, at_left)
    demand = cells["demand"].to_numpy(dtype=float)
    some = demand > 0
    limits = _thirds(demand[some])
    paths = tuple(_cell_paths(frame, cells["cell"].to_numpy()[some], demand[some], classes[some], limits))
    marks = spots(frame) if spots else ()
    centres = [(str(gap.rank), *frame.at(gap.lon, gap.lat)) for gap in gaps]
    badges = tuple(Spot("gap", round(float(x), 1), round(float(y), 1), rank) for rank, x, y in centres)
    km = next((step for step in _SCALE_KM if step * 1000 * frame.scale < size[0] / 6), _SCALE_KM[-1])
    return SheetMap(
        frame=frame,
        key=key,
        district=frame.path(areas.district.geometry),
        streets=tuple(frame.path(street.geometry) for street in areas.streets),
        cells=paths,
        amounts={name: float(demand[classes == name].sum()) for name in order},
        size_limits=(float(limits[0]), float(limits[1])),
        sizes_drawn=tuple(np.unique(_sizes(demand[some], limits)).tolist()),
        outlines=tuple(_outline(frame, gap) for gap in gaps),
        spots=marks,
        badges=badges,
        labels=map_labels(
            frame,
            areas,
            places,
            [(spot.x, spot.y) for spot in (*marks, *badges)],
            (*kept, *_own_room(frame, km)),
        ),
        scale_px=round(km * 1000 * frame.scale, 1),
        scale_km=km,
    )


def _own_room(frame: Frame, km: float) -> tuple[Box, ...]:
    """Return the room of the north arrow and the scale bar, as ``sheet_map.html`` draws them."""
    low = frame.height
    return (18, low - 124, 50, low - 66), (10, low - 52, 70 + km * 1000 * frame.scale, low - 10)


@dataclass(frozen=True)
class Thumbnail:
    """A drawing too small for anything but the district and the classes of its cells, each a dot."""

    width: int
    height: int
    district: str
    cells: tuple[CellPath, ...]


def thumbnail(
    areas: Areas,
    cells: pd.DataFrame,
    classes: npt.NDArray[np.object_],
    order: Sequence[str],
    size: tuple[int, int],
) -> Thumbnail:
    """Return a small drawing; arguments as for ``sheet_map``."""
    frame = Frame.around(areas.district.geometry.bounds, size, 4)
    some = cells["demand"].to_numpy(dtype=float) > 0
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in cells["cell"].to_numpy()[some]]).reshape(-1, 2).T
    x, y = frame.at(lon, lat)
    paths = []
    for kind in order:
        dots = zip(x[classes[some] == kind], y[classes[some] == kind], strict=True)
        paths.append(CellPath(kind, "".join(f"M{a:.1f} {b:.1f}h0" for a, b in dots)))
    return Thumbnail(*size, frame.path(areas.district.geometry), tuple(path for path in paths if path.path))


def _thirds(demand: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the two limits that part the demand, not the cells, into thirds.

    >>> _thirds(np.array([1.0] * 10 + [5.0, 5.0, 20.0])).tolist()
    [5.0, 20.0]
    """
    if not len(demand):
        return np.zeros(2)
    ordered = np.sort(demand)
    shares = np.cumsum(ordered) / ordered.sum()
    return np.asarray(ordered[np.searchsorted(shares, [1 / 3, 2 / 3])])


def _sizes(demand: npt.NDArray[np.float64], limits: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the size of each cell: 0, 1 or 2."""
    return np.searchsorted(limits, demand, side="right").astype(np.int64)


def station_spots(
    rows: Sequence[StationRow], stations: Sequence[Station], lacking: frozenset[str]
) -> Callable[[Frame], tuple[Spot, ...]]:
    """Return the located stations with their state in the time asked for; ``lacking`` lack the service."""
    places = {one.id: one.location for one in stations}

    def spots(frame: Frame) -> tuple[Spot, ...]:
        made = []
        for row in rows:
            at = places.get(row.station_id)
            if at is None:
                continue
            state = str(row.window_state)
            kind = "lacks" if state in ("open", "partly") and row.station_id in lacking else state
            x, y = frame.at(*at)
            made.append(Spot(kind, round(x, 1), round(y, 1), row.name, row.station_id))
        return tuple(made)

    return spots


def _cell_paths(
    frame: Frame,
    cells: npt.NDArray[np.object_],
    demand: npt.NDArray[np.float64],
    classes: npt.NDArray[np.object_],
    limits: npt.NDArray[np.float64],
) -> Iterable[CellPath]:
    """Yield one path a class and size; each cell has the shape of the first: centimetres off."""
    if not len(cells):
        return
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in cells]).T
    x, y = frame.at(lon, lat)
    ring = np.array([(b, a) for a, b in h3.cell_to_boundary(cells[0])])
    corner_x, corner_y = frame.at(ring[:, 0], ring[:, 1])
    corners = np.column_stack([corner_x - x[0], corner_y - y[0]])
    sizes = _sizes(demand, limits)
    for number, size in enumerate(SIZES):
        shape = corners * size
        steps = np.diff(shape, axis=0)
        rest = "l" + " ".join(f"{a:.1f} {b:.1f}" for a, b in steps) + "z"
        for kind in sorted(set(classes)):
            chosen = (sizes == number) & (classes == kind)
            if chosen.any():
                starts = zip(x[chosen] + shape[0, 0], y[chosen] + shape[0, 1], strict=True)
                yield CellPath(kind, "".join(f"M{a:.1f} {b:.1f}{rest}" for a, b in starts))


def _outline(frame: Frame, gap: Gap) -> str:
    """Return the area's outer edge, its corners rounded off by less than 60 m."""
    on_plane = shapely.transform(area_polygon(gap.area), lambda at: np.column_stack(frame.at(*at.T)))
    smooth_px = 60 * frame.scale
    smooth = on_plane.buffer(smooth_px).buffer(-1.6 * smooth_px).buffer(0.6 * smooth_px)
    parts = getattr(smooth, "geoms", [smooth])
    return "".join(ring_path(part.exterior.coords) for part in parts)
