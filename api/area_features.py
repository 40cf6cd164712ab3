"""The district and its streets as features of the OGC API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.feature_table import FeatureTable
from geo.areas import Areas, area_to_feature


def area_table(areas: Areas) -> FeatureTable:
    """Lay out areas: the district first, then its streets."""
    rows = (areas.district, *areas.streets)
    return FeatureTable.build(
        [area.code for area in rows],
        [area.geometry for area in rows],
        lambda row: area_to_feature(rows[row]),
        lambda row, name: getattr(rows[row], name, None),
    )


def area_queryables() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON schema of each property areas can be filtered by."""
    return {
        "code": {"type": "string"},
        "name": {"type": "string"},
        "kind": {"type": "string", "enum": ["district", "street"]},
        "communities": {"type": "number"},
    }
