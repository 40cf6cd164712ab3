"""The cells of the planner's map, four questions one at a time: who is covered, why not, how far, how many.

A cell without demand is not drawn; its hexagon has 42, 68 or 92 % of its size by the thirds of demand, so the
painted area follows the figures. Colours are the design's five classes, exact on every path: up to
``MAX_SVG_CELLS`` as SVG, up to ``MAX_STYLED_CELLS`` on a canvas, above as an indexed picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.assessment import Assessment
from geo.bilingual import Lang
from geo.coverage import located
from geo.demand import Demand
from geo.demand_cells import cell_numbers, cell_polygons
from geo.nearest import StationIndex
from geo.report_text import amount as whole
from geo.travel import TravelMode, travel_minutes
from geo.vocabulary import SERVING_STATUSES
from maps.folium_local import DataLayer
from maps.legend import LegendBlock, LegendRow
from maps.planner_texts import planner_say, unit_words
from maps.sheet_map import in_reach_from

Theme = Literal["coverage", "cause", "minutes", "demand", "difference"]
Path = Literal["svg", "canvas", "picture"]
Floats = npt.NDArray[np.float64]
Classes = npt.NDArray[np.uint8]

THEMES: tuple[Theme, ...] = ("coverage", "cause", "minutes", "demand")
"""What every map shows; a scenario adds ``difference``."""
MAX_SVG_CELLS, MAX_STYLED_CELLS = 1_500, 5_000
SIZES = (0.42, 0.68, 0.92)
HATCH = "hatch"
_HALF = 0.5
_DIGITS = 1e5  # coordinates in units of 0.00001 degrees, about 1 m


@dataclass(frozen=True)
class CellClass:
    """One class: its words' key, its fill (``hatch`` for the pattern) and its edge."""

    key: str
    fill: str
    edge: str = ""


COVERAGE = (
    CellClass("two", "#1E7B74"),
    CellClass("one", "#7CBDB3", "#4A938A"),
    CellClass("part", "#EADFC4", "#9A8650"),
    CellClass("none", "#B8733D"),
    CellClass("unsure", "#FFFFFF", "#5B6168"),
)
CAUSE = (
    CellClass("cause_nothing_near", "#7B4A21"),
    CellClass("cause_closed", "#C48A47"),
    CellClass("cause_lacks_service", "#E9D3A4", "#9A8650"),
    CellClass("cause_unknown", HATCH, "#7A8087"),
    CellClass("mostly", "#D9E2DE", "#9FB0A9"),
)
_CAUSE_COLUMNS = ("nothing_near", "closed", "lacks_service", "unknown")
DEMAND = (
    CellClass("third_1", "#C3CAC5"),
    CellClass("third_2", "#8D958F"),
    CellClass("third_3", "#4A5056"),
)
MINUTE_STEPS = (5.0, 10.0, 15.0, 20.0)
# The hue changes at the threshold asked for.
_MINUTE_FILLS: dict[float, tuple[tuple[str, str], ...]] = {
    5.0: (
        ("#1E7B74", ""),
        ("#F0E4C8", "#9A8650"),
        ("#E0BE86", ""),
        ("#C48A47", ""),
        ("#7B4A21", ""),
    ),
    10.0: (("#1E7B74", ""), ("#7CBDB3", "#4A938A"), ("#EADFC4", "#9A8650"), ("#D9A566", ""), ("#A8602C", "")),
    15.0: (("#1E7B74", ""), ("#7CBDB3", ""), ("#CFE3DC", "#4A938A"), ("#E0BE86", ""), ("#A8602C", "")),
}
MINUTE_CLASSES = {
    threshold: tuple(CellClass(f"minutes_{n}", fill, edge) for n, (fill, edge) in enumerate(fills))
    for threshold, fills in _MINUTE_FILLS.items()
}


@dataclass(frozen=True)
class CellFacts:
    """Every cell that holds demand, its class in each theme, and the values a reader asks for.

    ``share`` and ``if_open`` are 0-1, ``minutes`` to the nearest serving station (not looking at its hours),
    ``size`` 0-2 by the thirds of demand, whose limits are ``thirds``; ``outline`` clipped to the district.
    """

    cells: tuple[str, ...]
    lon: Floats
    lat: Floats
    demand: Floats
    share: Floats
    if_open: Floats
    minutes: Floats
    size: Classes
    thirds: tuple[float, float]
    classes: dict[Theme, Classes]
    palettes: dict[Theme, tuple[CellClass, ...]]

    @property
    def path(self) -> Path:
        """How so many cells are drawn."""
        if len(self.cells) <= MAX_SVG_CELLS:
            return "svg"
        return "canvas" if len(self.cells) <= MAX_STYLED_CELLS else "picture"


def cell_facts(
    found: Assessment, demand: Demand, stations: gpd.GeoDataFrame, minutes: Floats | None = None
) -> CellFacts:
    """Return what the cells of an assessment show; ``minutes`` of all cells where they are known already."""
    table = found.coverage.cells
    kept = (table["demand"] > 0).to_numpy()
    table, places = table[kept], demand.cells[kept]
    need = table["demand"].to_numpy(dtype=float)
    share, if_open, twice = (
        table[name].to_numpy(dtype=float) / need
        for name in ("covered", "covered_if_unknown_open", "covered_twice")
    )
    lon, lat = (places[name].to_numpy(dtype=float) for name in ("lon", "lat"))
    minutes = nearest_minutes(stations, lon, lat, found.standard.mode) if minutes is None else minutes[kept]
    thirds = (float(np.quantile(need, 1 / 3)), float(np.quantile(need, 2 / 3))) if len(need) else (0.0, 0.0)
    size = np.searchsorted(np.asarray(thirds), need, side="right").astype(np.uint8)
    full = in_reach_from(is_hours=found.coverage.is_hours)
    return CellFacts(
        cells=tuple(places["cell"]),  # not copies, as the texts of the coverage's table would be
        lon=lon,
        lat=lat,
        demand=need,
        share=share,
        if_open=if_open,
        minutes=minutes,
        size=size,
        thirds=thirds,
        classes={
            "coverage": _coverage_classes(share, if_open, twice, full),
            "cause": _cause_classes(table, share),
            "minutes": np.searchsorted(np.asarray(MINUTE_STEPS), minutes, side="left").astype(np.uint8),
            "demand": size,
        },
        palettes={
            "coverage": COVERAGE,
            "cause": CAUSE,
            "minutes": _minute_classes(found.standard.minutes),
            "demand": DEMAND,
        },
    )


def nearest_minutes(stations: gpd.GeoDataFrame, lon: Floats, lat: Floats, mode: TravelMode) -> Floats:
    """Return the minutes to the nearest serving station, whatever its hours; infinite without any."""
    there = located(stations)
    serving = there[there["status"].isin(SERVING_STATUSES)]
    if serving.empty or not len(lon):
        return np.full(len(lon), np.inf)
    at = (serving.geometry.x.to_numpy(), serving.geometry.y.to_numpy())
    metres = StationIndex(*at, serving["id"].tolist()).nearest_many(lon, lat, k=1)[1][:, 0]
    return np.asarray(travel_minutes(metres, mode), dtype=float)


def _coverage_classes(share: Floats, if_open: Floats, twice: Floats, full: float) -> Classes:
    conditions = [
        (share >= full) & (twice >= full),
        share >= full,
        share > 0,
        if_open <= 0,
    ]
    return np.select(conditions, [0, 1, 2, 3], default=4).astype(np.uint8)


def _cause_classes(table: pd.DataFrame, share: Floats) -> Classes:
    if table.empty:
        return np.empty(0, dtype=np.uint8)
    main = table[list(_CAUSE_COLUMNS)].to_numpy(dtype=float).argmax(axis=1)
    return np.where(share >= _HALF, len(_CAUSE_COLUMNS), main).astype(np.uint8)


def _minute_classes(threshold: float | None) -> tuple[CellClass, ...]:
    return MINUTE_CLASSES.get(threshold or 15.0, MINUTE_CLASSES[15.0])


def shared_cells(facts: CellFacts, district: shapely.Geometry) -> dict[str, Any]:
    """Return what all themes draw from: centres as whole steps, one hexagon, sizes, values, clipped rims."""
    if not facts.cells:
        return {"path": "svg", "count": 0}
    numbers = cell_numbers(facts.cells)
    middle = len(numbers) // 2
    corners = shapely.get_coordinates(cell_polygons(numbers[middle : middle + 1])[0])[:-1]
    hexagon = corners - [facts.lon[middle], facts.lat[middle]]
    x, y = (np.round(values * _DIGITS).astype(np.int64) for values in (facts.lon, facts.lat))
    return {
        "path": facts.path,
        "count": len(facts.cells),
        "start": [int(x[0]), int(y[0])],
        "x": np.diff(x).tolist(),
        "y": np.diff(y).tolist(),
        "hexagon": np.round(hexagon, 7).tolist(),
        "sizes": SIZES,
        "size": "".join(map(str, facts.size.tolist())),
        "demand": [float(f"{value:.3g}") for value in facts.demand.tolist()],
        "share": np.floor(facts.share * 100 + 0.5).astype(int).tolist(),
        "most": np.floor(facts.if_open * 100 + 0.5).astype(int).tolist(),
        "minutes": [None if np.isinf(v) else int(v + 0.5) for v in facts.minutes.tolist()],
        "clipped": _clipped(facts, hexagon, district),
    }


def _clipped(facts: CellFacts, hexagon: Floats, district: shapely.Geometry) -> dict[str, list[Any]]:
    """Return the rings of the cells that reach over the district's line, by their number."""
    scale = np.asarray(SIZES)[facts.size]
    rings = np.stack([facts.lon, facts.lat], axis=1)[:, None, :] + scale[:, None, None] * hexagon[None]
    shapes = shapely.polygons(rings)
    shapely.prepare(district)
    over = np.flatnonzero(~shapely.contains_properly(district, shapes))
    parts = shapely.intersection(shapes[over], district)
    clipped = {}
    for number, part in zip(over.tolist(), parts, strict=True):
        polygons = [one for one in shapely.get_parts(part) if one.geom_type == "Polygon"]
        clipped[str(number)] = [
            np.round(shapely.get_coordinates(one.exterior), 5).tolist() for one in polygons
        ]
    return clipped


def cell_layer(
    facts: CellFacts, theme: Theme, lang: Lang, *, show: bool, picture: dict[str, Any] | None = None
) -> DataLayer:
    """Return one theme: a class a cell, and the classes' styles; or the ``picture`` of it."""
    data: dict[str, Any] = {"styles": [_style(one) for one in facts.palettes[theme]]}
    if picture is not None:
        data["picture"] = picture
    else:
        data["classes"] = "".join(map(str, facts.classes[theme].tolist()))
    return DataLayer(theme, "cells", data, title=planner_say(lang, f"layer_{theme}"), show=show)


def _style(one: CellClass) -> dict[str, Any]:
    edge = {"stroke": True, "color": one.edge, "weight": 1} if one.edge else {"stroke": False}
    return {**edge, "fill": True, "fillColor": one.fill, "fillOpacity": 1}


def cell_legend(facts: CellFacts, theme: Theme, found: Assessment, lang: Lang, *, shown: bool) -> LegendBlock:
    """Return what a theme's hexagons mean, with the demand in each class."""
    unit = unit_words(_unit(found), lang)
    held = np.bincount(facts.classes[theme], weights=facts.demand, minlength=len(facts.palettes[theme]))
    drawn = np.unique(facts.size).tolist()
    rows = tuple(
        LegendRow(f"cell-{theme}-{number}", class_words(facts, theme, number, lang), round(held[number]))
        for number in (drawn if theme == "demand" else range(len(facts.palettes[theme])))
    )
    sizes = " · ".join(class_words(facts, "demand", number, lang) for number in drawn)
    notes = [planner_say(lang, "sizes_note", sizes=sizes)]
    if facts.path == "picture":
        notes.append(planner_say(lang, "small_note"))
    if theme == "coverage" and found.coverage.is_hours:
        notes.insert(0, planner_say(lang, "half_note"))
    if theme == "minutes":
        notes.insert(0, planner_say(lang, "minutes_note"))
    return LegendBlock(planner_say(lang, f"layer_{theme}"), rows, theme, unit, tuple(notes), shown)


def class_words(facts: CellFacts, theme: Theme, number: int, lang: Lang) -> str:
    """Return one class in words."""
    if theme == "demand":
        low, high = (whole(limit) for limit in facts.thirds)
        return (f"<{low}", f"{low}–{high}", f"≥{high}")[number]
    if theme == "minutes":
        steps = [f"{step:g}" for step in MINUTE_STEPS]
        ranges = (
            f"≤{steps[0]}",
            *(f"{a}–{b}" for a, b in pairwise(steps)),
            f">{steps[-1]}",
        )
        return planner_say(lang, "min", n=ranges[number])
    key = facts.palettes[theme][number].key
    return planner_say(lang, key if theme == "cause" and number < len(_CAUSE_COLUMNS) else f"class_{key}")


def swatches(facts: CellFacts) -> list[dict[str, str]]:
    """Return the legend's hexagons: symbol, fill and edge as drawn."""
    return [
        {
            "symbol": f"cell-{theme}-{number}",
            "fill": "url(#hatch)" if one.fill == HATCH else one.fill,
            "edge": one.edge,
        }
        for theme, classes in facts.palettes.items()
        for number, one in enumerate(classes)
    ]


def cell_bounds(facts: CellFacts) -> list[list[float]] | None:
    """Return the corners [lon, lat] of all drawn cells' centres, None without any."""
    if not facts.cells:
        return None
    lon, lat = facts.lon, facts.lat
    return [[float(lon.min()), float(lat.min())], [float(lon.max()), float(lat.max())]]


def _unit(found: Assessment) -> str:
    hours = {"weight": "weight-hours", "workers": "worker-hours"}
    return hours[found.demand_unit] if found.coverage.is_hours else found.demand_unit
