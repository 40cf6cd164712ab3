"""An assessment as tidy tables: what the API, the command line and the report write, so numbers agree.

Every table has the columns ``assessment_columns`` names for it, the last of them ``BASIS``: on what the
figures stand, and the notice while the register is made up. A number that is not there is NaN in a table
(null in every file) and None in ``json_rows``; a text that is not there is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.amenities import catalogue
from geo.assessment import Assessment, hours_unit
from geo.assessment_columns import BASIS, FIGURES, columns
from geo.coverage import Figures
from geo.demand import Demand
from geo.gap_details import area_polygon
from geo.improvement import ACTION_LABELS
from geo.metrics import Benchmark
from geo.service_matrix import StationRow, StreetRow
from geo.standard import Standard
from geo.stations import ILLUSTRATIVE_NOTICE


def basis(demand: Demand, standard: Standard, travel_basis: str, illustrative: bool) -> dict[str, str | None]:
    """Return the values of the ``BASIS`` columns, for tables made without an assessment."""
    return {
        "week": standard.week.isoformat(),
        "demand_basis": demand.basis,
        "demand_unit": demand.unit,
        "areas_basis": demand.areas_basis,
        "travel_basis": travel_basis,
        "notice": ILLUSTRATIVE_NOTICE if illustrative else None,
    }


def assessment_basis(found: Assessment) -> dict[str, str | None]:
    """Return the values of the ``BASIS`` columns of an assessment."""
    return {
        "week": found.standard.week.isoformat(),
        "demand_basis": found.demand_basis,
        "demand_unit": found.demand_unit,
        "areas_basis": found.areas_basis,
        "travel_basis": found.travel_basis,
        "notice": ILLUSTRATIVE_NOTICE if found.illustrative else None,
    }


def metrics_table(found: Assessment) -> pd.DataFrame:
    """Return one row a figure of the thirteen metrics."""
    rows = [
        {
            "number": metric.number,
            "metric": metric.key,
            "metric_zh": metric.zh,
            "metric_en": metric.en,
            "figure": figure.key,
            "zh": figure.zh,
            "en": figure.en,
            "value": figure.value,
            "unit": figure.unit,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "reason": figure.reason,
            **_benchmarks(metric.benchmarks),
            "definition_zh": metric.definition_zh,
            "definition_en": metric.definition_en,
        }
        for metric in found.metrics
        for figure in metric.figures
    ]
    return _table("metrics", rows, assessment_basis(found))


def _benchmarks(benchmarks: Sequence[Benchmark]) -> dict[str, str | None]:
    def joined(texts: Iterable[str]) -> str | None:
        return "；".join(dict.fromkeys(texts)) or None

    def valued(text: str, benchmark: Benchmark) -> str:
        return text if benchmark.value is None else f"{text}：{benchmark.value:g}"

    return {
        "benchmark_zh": joined(valued(benchmark.zh, benchmark) for benchmark in benchmarks),
        "benchmark_en": joined(valued(benchmark.en, benchmark) for benchmark in benchmarks),
        "benchmark_source": joined(benchmark.source for benchmark in benchmarks),
    }


def gaps_table(found: Assessment) -> gpd.GeoDataFrame:
    """Return one row a gap area with its polygon, WGS-84, most unserved first."""
    firsts = {action.gap_rank: action for action in reversed(found.improvements)}
    unit = demand_figure_unit(found)
    rows = []
    for gap in found.gaps:
        first = firsts.get(gap.rank)
        near = gap.nearest
        rows.append(
            {
                "rank": gap.rank,
                "place": gap.place,
                "street_code": gap.area.street_code,
                "cells": len(gap.area.cells),
                "lon": gap.lon,
                "lat": gap.lat,
                "demand": gap.demand,
                "unserved": gap.unserved,
                **{f"cause_{cause}": amount for cause, amount in gap.by_cause.items()},
                **{f"unserved_{group}": amount for group, amount in gap.by_group},
                "main_cause": gap.main_cause,
                "worst_windows": ",".join(f"{w}/{day}" for w, day, _ in gap.by_window[:3]) or None,
                "missing": ",".join(name for name, _ in gap.missing) or None,
                "nearest_station": near.station_id if near else None,
                "nearest_distance_m": near.distance_m if near else None,
                "nearest_min": near.travel_min if near else None,
                "first_action": first.kind if first else None,
                "first_target": first.target if first else None,
                "unit": unit,
            }
        )
    shapes = gpd.GeoSeries([area_polygon(area) for area in found.gaps.areas], crs="EPSG:4326")
    return gpd.GeoDataFrame(_table("gaps", rows, assessment_basis(found)), geometry=shapes)


def actions_table(found: Assessment) -> pd.DataFrame:
    """Return one row an action, gap by gap, cheapest first."""
    unit = demand_figure_unit(found)
    order: dict[int, int] = {}
    rows = []
    for action in found.improvements:
        order[action.gap_rank] = order.get(action.gap_rank, 0) + 1
        zh, en = ACTION_LABELS[action.kind]
        rows.append(
            {
                "gap_rank": action.gap_rank,
                "order": order[action.gap_rank],
                "action": action.kind,
                "zh": zh,
                "en": en,
                "target": action.target,
                "detail": ",".join(action.detail) or None,
                "gain": action.gain,
                "needs": ",".join(action.needs) or None,
                "unit": unit,
            }
        )
    return _table("actions", rows, assessment_basis(found))


def coverage_table(found: Assessment) -> pd.DataFrame:
    """Return the total, every street and every window; windows are in plain demand, the rest as asked."""
    answer, unit = found.coverage, demand_figure_unit(found)
    rows = [_line(answer.total, unit, scope="total")]
    rows += [_line(figures, unit, scope="street", street_code=code) for code, figures in answer.by_street]
    rows += [
        _line(figures, found.demand_unit, scope="window", window=window, day_type=day)
        for window, day, figures in answer.by_window
    ]
    return _table("coverage", rows, assessment_basis(found))


def _line(figures: Figures, unit: str, **where: str | None) -> dict[str, Any]:
    return {**where, **{column.name: getattr(figures, column.name) for column in FIGURES}, "unit": unit}


def compliance_table(found: Assessment) -> pd.DataFrame:
    """Return one row a station and rule, for every rule set judged by."""
    rows = [
        {
            "ruleset": result.rule_set.id,
            "station_id": station.station_id,
            "rule": rule.id,
            "rule_zh": rule.zh,
            "rule_en": rule.en,
            "severity": rule.severity,
            "verdict": station.verdicts[rule.id],
            "station_verdict": station.verdict,
            "completeness": station.completeness,
            "stars": station.stars,
            "source": result.rule_set.source,
            "date": result.rule_set.date,
            "judged_on": result.judged_on.isoformat(),
        }
        for result in found.compliance
        for station in result.stations
        for rule in result.rule_set.rules
    ]
    return _table("compliance", rows, assessment_basis(found))


def station_matrix_table(rows: Sequence[StationRow], on: Mapping[str, str | None]) -> pd.DataFrame:
    """Return one row a station: by service its value, then its gain; ``on`` is the basis."""
    lines = [
        {
            "station_id": row.station_id,
            "name": row.name,
            "street_code": row.street_code,
            "window_state": row.window_state,
            "open_share": row.open_share,
            **row.by_window,
            "demand_covered": row.demand_covered,
            **{cell.code: cell.value for cell in row.cells},
            **{f"gain_{cell.code}": cell.gain for cell in row.cells},
        }
        for row in rows
    ]
    return _table("station_matrix", lines, on)


def street_matrix_table(rows: Sequence[StreetRow], on: Mapping[str, str | None], unit: str) -> pd.DataFrame:
    """Return one row a street and service; street_code None is the whole area. ``unit`` is of the demand."""
    kinds = catalogue()
    lines = [
        {
            "street_code": row.street_code,
            "service": cell.code,
            "zh": kinds[cell.code].zh,
            "en": kinds[cell.code].en,
            "stations": row.stations,
            "available": cell.available,
            "broken": cell.broken,
            "unknown": cell.unknown,
            "working_share": cell.working_share,
            "demand": cell.demand,
            "demand_covered": cell.demand_covered,
            "share": cell.share,
            "unit": unit,
        }
        for row in rows
        for cell in row.cells
    ]
    return _table("street_matrix", lines, on)


def demand_figure_unit(found: Assessment) -> str:
    """Return the unit of the assessment's demand figures: workers or weight, or hours of them."""
    return hours_unit(found.demand_unit, found.coverage.is_hours)


def json_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON-ready values, without geometry: missing is None, numbers are Python's.

    >>> json_rows(pd.DataFrame({"a": [1.5, float("nan")], "b": ["x", None]}))
    [{'a': 1.5, 'b': 'x'}, {'a': None, 'b': None}]
    """
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).astype(object)
    return [
        {
            name: None if value is None or (isinstance(value, float) and math.isnan(value)) else value
            for name, value in row.items()
        }
        for row in plain.to_dict("records")
    ]


def _table(name: str, rows: Sequence[Mapping[str, Any]], on: Mapping[str, str | None]) -> pd.DataFrame:
    kinds = {"text": "object", "count": "int64", "number": "float64"}
    made = {}
    for column in columns(name):
        values = [on[column.name] if column in BASIS else row.get(column.name) for row in rows]
        made[column.name] = pd.Series(values, dtype=kinds[column.kind])
    return pd.DataFrame(made)
