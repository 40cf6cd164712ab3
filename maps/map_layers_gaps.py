"""Gap areas on the map: the outline of their cells and a badge with their rank, both of the same list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
import shapely

from geo.areas import Areas, areas_plane
from geo.bilingual import Lang
from geo.crs import from_plane, to_plane
from geo.gap_details import area_polygon
from geo.gaps import GapArea
from maps.folium_local import DataLayer
from maps.legend import LegendBlock, LegendRow
from maps.planner_page import GapRow
from maps.planner_texts import planner_say

OUTWARD_M = 60.0
"""How far outward an outline is smoothed at most."""
FIRST_BADGES = 10
_INWARD_M, _SIMPLER_M = 45.0, 6.0


def gap_outlines(areas: Sequence[GapArea], plane: pyproj.CRS) -> list[shapely.Polygon]:
    """Return each area's cells as one smooth ring, WGS-84: holes filled, at most 60 m outward."""
    cells = to_plane(np.array([area_polygon(area) for area in areas], dtype=object), plane)
    smooth = [
        shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(one)])
        .buffer(OUTWARD_M)
        .buffer(-_INWARD_M)
        .simplify(_SIMPLER_M)
        for one in cells
    ]
    rings = np.array([shapely.Polygon(one.exterior) for one in smooth], dtype=object)
    return list(from_plane(rings, plane))


def gaps_layer(rows: Sequence[GapRow], areas: Areas, lang: Lang, *, show: bool = True) -> DataLayer:
    """Return the gaps of the list: rank, [lon, lat] of the badge, ring, name, whether it is first."""
    outlines = gap_outlines([row.gap.area for row in rows], areas_plane(areas))
    gaps: list[dict[str, Any]] = [
        {
            "rank": row.gap.rank,
            "at": [round(row.gap.lon, 5), round(row.gap.lat, 5)],
            "ring": np.round(shapely.get_coordinates(outline), 5).tolist(),
            "label": planner_say(lang, "gap_label", rank=row.gap.rank, name=row.name, amount=row.amount),
            "first": row.gap.rank <= FIRST_BADGES,
        }
        for row, outline in zip(rows, outlines, strict=True)
    ]
    title = planner_say(lang, "layer_gaps", n=min(len(rows), FIRST_BADGES))
    return DataLayer("gaps", "gaps", {"gaps": gaps}, title=title, show=show)


def gaps_legend(rows: Sequence[GapRow], lang: Lang) -> LegendBlock:
    """Return what outline and badge mean."""
    return LegendBlock("", (LegendRow("line-gap", planner_say(lang, "row_gap"), len(rows)),), "gaps")
