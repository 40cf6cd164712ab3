"""Results of analysis as features of the OGC API: worker demand by cell, and the gaps in the service."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from api.feature_table import FeatureTable
from api.planning import Grounds, Planning
from api.planning_answers import notice_of
from api.planning_parameters import Asked, as_standard
from geo.assessment import Assessment
from geo.assessment_tables import gaps_table, json_rows
from geo.coverage import CAUSES, DAY_TYPES, WINDOW_CODES, question_weights
from geo.demand import GROUPS
from geo.demand_cells import cell_numbers, cell_polygons
from geo.standard import Standard
from geo.store.snapshot import Snapshot

_ANY_WEEK = date(2026, 11, 23)  # demand is the same in every week


@dataclass(frozen=True)
class AnalysisTables:
    """The collections that stand on an analysis, under the default standard of a day."""

    planning: Planning
    snapshot: Snapshot
    today: date
    zone: ZoneInfo

    def key(self, collection_id: str) -> Hashable:
        """Return what shapes a collection beside the register: gaps are those of a week and a day."""
        return ("features", collection_id, self.today if collection_id == "service-gaps" else None)

    def table(self, collection_id: str, grounds: Grounds) -> FeatureTable:
        """Lay out ``worker-demand`` or ``service-gaps``."""
        if collection_id == "worker-demand":
            return demand_features(grounds)
        standard = as_standard(Asked(), self.zone, self.today)
        return gap_features(grounds, self.planning.assessment(self.snapshot, standard, self.today))


def demand_features(grounds: Grounds) -> FeatureTable:
    """Lay out worker demand, a feature a cell, for every share of coverage to be worked out again.

    Demand-hours of a week, in all and by group; demand by window and day type, in all and by group.
    """
    demand, names = grounds.demand, grounds.areas.street_names()
    week = Standard(week=_ANY_WEEK)
    hours = question_weights(demand, week).sum(axis=(1, 2))
    by_group = {
        f"demand_hours_{group}": question_weights(demand, Standard(week=_ANY_WEEK, group=group)).sum(
            axis=(1, 2)
        )
        for group in GROUPS
    }
    tables = {"demand": demand.table()} | {f"demand_{group}": demand.table(group) for group in GROUPS}
    by_window = {
        f"{name}_{window}_{day}": table[:, w, d]
        for name, table in tables.items()
        for w, window in enumerate(WINDOW_CODES)
        for d, day in enumerate(DAY_TYPES)
    }
    figures: dict[str, Any] = {"demand_hours": hours, **by_group, **by_window}
    columns = {name: np.asarray(values).tolist() for name, values in figures.items()}
    streets = [code if isinstance(code, str) else None for code in demand.cells["street_code"]]
    cells = demand.cells["cell"].tolist()
    on = {
        "demand_basis": demand.basis,
        "demand_unit": demand.unit,
        "areas_basis": demand.areas_basis,
        "notice": notice_of(grounds),
    }

    def value(row: int, name: str) -> Any:
        if name == "street_code":
            return streets[row]
        return columns[name][row] if name in columns else on.get(name)

    shapes = cell_polygons(cell_numbers(cells))

    def feature(row: int) -> dict[str, Any]:
        street = {"street_code": streets[row], "street": names.get(streets[row] or "")}
        numbers = {name: values[row] for name, values in columns.items()}
        properties = {"cell": cells[row], **street, **numbers, **on}
        return _feature(cells[row], shapes[row], properties)

    return FeatureTable.build(cells, list(shapes), feature, value)


def demand_queryables() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON schema of each property cells of demand can be filtered by."""
    return {"street_code": {"type": "string"}}


def gap_features(grounds: Grounds, found: Assessment) -> FeatureTable:
    """Lay out the gap areas, most unserved first; an area goes by its most unserved cell."""
    names = grounds.areas.street_names()
    table = gaps_table(found)
    rows = [
        {**row, "street": names.get(row["street_code"] or ""), "assessed_on": found.assessed_on}
        for row in json_rows(table)
    ]
    ids = [area.cells[0] for area in found.gaps.areas]
    shapes = list(table.geometry)
    return FeatureTable.build(
        ids,
        shapes,
        lambda row: _feature(ids[row], shapes[row], rows[row]),
        lambda row, name: rows[row].get(name),
    )


def gap_queryables() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON schema of each property gaps can be filtered by."""
    return {
        "street_code": {"type": "string"},
        "main_cause": {"type": "string", "enum": list(CAUSES)},
        "first_action": {"type": "string"},
    }


def _feature(feature_id: str, shape: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    geometry = shapely.geometry.mapping(shape)
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}
