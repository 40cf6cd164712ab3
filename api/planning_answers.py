"""The planner's answers as JSON-ready values: the same from HTTP and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from shapely.geometry import mapping

from api.planning import Grounds
from api.planning_parameters import By, echoed
from geo.amenities import catalogue
from geo.assessment import Assessment, hours_unit, is_illustrative
from geo.assessment_tables import demand_figure_unit
from geo.compliance import Compliance
from geo.coverage import Figures, situation, summarise
from geo.gap_details import Gap, area_polygon
from geo.improvement import ACTION_LABELS, Action
from geo.io.notices import ATTRIBUTION, LICENCE
from geo.rule_sets import RuleSet
from geo.seat_accessibility import AccessQuestion, SeatAccess, seat_accessibility
from geo.service_matrix import station_matrix, street_matrix
from geo.standard import Standard
from geo.stations import ILLUSTRATIVE_NOTICE
from geo.time_windows import WINDOWS
from geo.travel import TravelBasis

Body = dict[str, Any]


def notice_of(grounds: Grounds) -> str | None:
    """Return what must be said while any station is made up, else None."""
    return ILLUSTRATIVE_NOTICE if is_illustrative(grounds.stations) else None


def basis(grounds: Grounds, travel_basis: str) -> Body:
    """Return on what figures of demand stand."""
    demand = grounds.demand
    return {
        "demand_basis": demand.basis,
        "demand_unit": demand.unit,
        "demand_notes": list(demand.notes),
        "demand_outside": demand.outside,
        "areas_basis": demand.areas_basis,
        "travel_basis": travel_basis,
        "licence": LICENCE,
        "attribution": ATTRIBUTION,
        "notice": notice_of(grounds),
        "register_version": grounds.version,
    }


def travel_basis_of(standard: Standard) -> TravelBasis | str:
    """Return how far is measured: estimated minutes, or a straight line where a radius was asked for."""
    return "straight_line" if standard.minutes is None else "estimate"


def coverage_answer(grounds: Grounds, standard: Standard) -> Body:
    """Return who is covered, in total, by street and by window."""
    found = summarise(situation(grounds.stations, grounds.demand, standard))
    names = grounds.areas.street_names()
    return {
        **_figures(found.total, found.is_hours),
        **basis(grounds, found.travel_basis),
        "unit": hours_unit(grounds.demand.unit, found.is_hours),
        "by_street": [
            {"code": code, "name": names.get(code or ""), **_figures(figures, found.is_hours)}
            for code, figures in found.by_street
        ],
        "by_window": [
            {"window": window, "hours": WINDOWS[window].label, "day": day, **_figures(figures, False)}
            for window, day, figures in found.by_window
        ],
        "parameters": echoed(standard),
    }


def _figures(figures: Figures, is_hours: bool) -> Body:
    names = ("demand_hours", "demand_hours_covered") if is_hours else ("demand", "demand_covered")
    return {
        names[0]: figures.demand,
        names[1]: figures.demand_covered,
        "share": figures.share,
        "share_if_unknown_open": figures.share_if_unknown_open,
        "share_covered_twice": figures.share_covered_twice,
    }


def gaps_answer(grounds: Grounds, found: Assessment, top: int | None) -> Body:
    """Return the gap areas, most unserved first, each with what to do about it."""
    shown = found.gaps[:top]
    total = found.coverage.total
    names = grounds.areas.street_names()
    stations = dict(zip(grounds.stations["id"], grounds.stations["name"], strict=True))
    todo = {rank: list(actions) for rank, actions in groupby(found.improvements, lambda one: one.gap_rank)}
    return {
        "unserved": total.demand - total.demand_covered,
        "unserved_in_gaps": sum(area.unserved for area in found.gaps.areas),
        "gap_count": len(found.gaps),
        **basis(grounds, found.travel_basis),
        "unit": demand_figure_unit(found),
        "gaps": [_gap(gap, todo.get(gap.rank, []), names, stations) for gap in shown],
        "parameters": {**echoed(found.standard), "top": top},
    }


def _gap(gap: Gap, actions: Iterable[Action], names: Mapping[str, str], stations: Mapping[str, str]) -> Body:
    near, code = gap.nearest, gap.area.street_code
    return {
        "rank": gap.rank,
        "place": gap.place,
        "street_code": code,
        "street": names.get(code or ""),
        "lon": gap.lon,
        "lat": gap.lat,
        "demand": gap.demand,
        "unserved": gap.unserved,
        "unserved_share": gap.unserved_share,
        "by_cause": gap.by_cause,
        "main_cause": gap.main_cause,
        "by_group": [
            {"group": group, "unserved": unserved, "demand": demand}
            for (group, unserved), (_, demand) in zip(gap.by_group, gap.demand_by_group, strict=True)
        ],
        "by_window": [{"window": w, "day": day, "unserved": amount} for w, day, amount in gap.by_window],
        "missing": [{"amenity": name, "unserved": amount} for name, amount in gap.missing],
        "nearest": {**asdict(near), "name": stations[near.station_id]} if near else None,
        "actions": [_action(action) for action in actions],
        "cells": list(gap.area.cells),
        "geometry": mapping(area_polygon(gap.area)),
    }


def _action(action: Action) -> Body:
    zh, en = ACTION_LABELS[action.kind]
    return {
        "action": action.kind,
        "zh": zh,
        "en": en,
        "target": action.target,
        "detail": list(action.detail),
        "gain": action.gain,
        "needs": list(action.needs),
    }


def matrix_answer(grounds: Grounds, standard: Standard, by: By) -> Body:
    """Return which station, or which street, offers which service in the time asked for."""
    rows = _station_rows(grounds, standard) if by == "station" else _street_rows(grounds, standard)
    is_hours = standard.window is None and standard.at is None
    parameters = {name: value for name, value in echoed(standard).items() if name != "amenities"}
    return {
        "services": [
            {"code": kind.code, "zh": kind.zh, "en": kind.en, "kind": kind.kind, "level": kind.level}
            for kind in catalogue().values()
        ],
        "rows": rows,
        **basis(grounds, travel_basis_of(standard)),
        "unit": hours_unit(grounds.demand.unit, is_hours),
        "parameters": {**parameters, "by": by},
    }


def _station_rows(grounds: Grounds, standard: Standard) -> list[Body]:
    return [
        {
            "station_id": row.station_id,
            "name": row.name,
            "street_code": row.street_code,
            "window_state": row.window_state,
            "open_share": row.open_share,
            "by_window": row.by_window,
            "demand_covered": row.demand_covered,
            "services": {
                cell.code: {name: value for name, value in asdict(cell).items() if name != "code"}
                for cell in row.cells
            },
        }
        for row in station_matrix(grounds.stations, standard, grounds.demand)
    ]


def _street_rows(grounds: Grounds, standard: Standard) -> list[Body]:
    names = grounds.areas.street_names()
    return [
        {
            "street_code": row.street_code,
            "name": names.get(row.street_code or ""),
            "stations": row.stations,
            "services": {
                cell.code: {name: value for name, value in asdict(cell).items() if name != "code"}
                for cell in row.cells
            },
        }
        for row in street_matrix(grounds.stations, grounds.demand, standard)
    ]


def compliance_answer(grounds: Grounds, judged: Compliance, standard: Standard) -> Body:
    """Return each serving station's verdicts under one rule set, completeness beside compliance."""
    rules, counts = judged.rule_set, {count.rule_id: count for count in judged.rules}
    names = dict(zip(grounds.stations["id"], grounds.stations["name"], strict=True))
    streets = dict(zip(grounds.stations["id"], grounds.stations["street_code"], strict=True))
    return {
        **{name: getattr(rules, name) for name in ("id", "zh", "en", "source", "date", "note")},
        "judged_on": judged.judged_on,
        "stations_judged": len(judged.stations),
        "pass_share": judged.pass_share,
        "completeness": judged.completeness,
        "rules": [
            {
                "id": rule.id,
                "zh": rule.zh,
                "en": rule.en,
                "severity": rule.severity,
                "stars": rule.stars,
                "passed": counts[rule.id].passed,
                "failed": counts[rule.id].failed,
                "unknown": counts[rule.id].unknown,
            }
            for rule in rules.rules
        ],
        "stations": [
            {
                "station_id": station.station_id,
                "name": names[station.station_id],
                "street_code": streets[station.station_id],
                "verdict": station.verdict,
                "completeness": station.completeness,
                "stars": station.stars,
                "verdicts": station.verdicts,
            }
            for station in judged.stations
        ],
        "notice": notice_of(grounds),
        "register_version": grounds.version,
        "parameters": {"ruleset": rules.id, "week": standard.week.isoformat()},
    }


def rulesets_answer(sets: Iterable[RuleSet]) -> Body:
    """Return the rule sets with source, date and every rule."""
    return {"rulesets": [asdict(one) for one in sets]}


def access_of(grounds: Grounds, standard: Standard, question: AccessQuestion) -> SeatAccess:
    """Return the access to seats on these grounds."""
    return seat_accessibility(situation(grounds.stations, grounds.demand, standard), question)


def access_answer(grounds: Grounds, found: SeatAccess, standard: Standard, by: str) -> Body:
    """Return access to seats by street, or by cell, with how evenly it is spread."""
    names = grounds.areas.street_names()
    asked, unit = found.question, grounds.demand.unit
    seats = "seats" if asked.method == "gravity" else f"seats/{'worker' if unit == 'workers' else unit}"
    rows = found.streets if by == "street" else found.cells
    # the curve has a point a cell: a hundredth of the demand apart is as much as a drawing shows
    curve = found.curve
    step = max(1, len(curve.share_of_demand) // 100)
    points = list(zip(curve.share_of_demand.tolist(), curve.share_of_access.tolist(), strict=True))
    return {
        "mean": found.mean,
        "gini_demand": found.gini_demand,
        "gini_streets": found.gini_streets,
        "unit": seats,
        "stations": found.stations,
        "seats": found.seats,
        "seats_assumed": found.seats_assumed,
        **basis(grounds, "estimate"),
        f"by_{by}": [
            {**row, **({"name": names.get(row["street_code"])} if by == "street" else {})}
            for row in rows.to_dict("records")
        ],
        "lorenz": [*points[:-1:step], *points[-1:]],
        "parameters": access_parameters(standard, asked, by),
    }


def access_parameters(standard: Standard, asked: AccessQuestion, by: str) -> Body:
    """Return the parameters of an access question as understood."""
    timing = {
        name: value for name, value in echoed(standard).items() if name not in ("amenities", "radius_m")
    }
    return {
        **timing,
        "method": asked.method,
        "decay": asked.decay,
        "steps": asked.steps,
        "sigma_min": asked.sigma_min,
        "beta_per_min": asked.beta_per_min,
        "exponent": asked.exponent,
        "seats_default": asked.default_seats,
        "by": by,
    }


def assessment_answer(grounds: Grounds, found: Assessment) -> Body:
    """Return the thirteen metrics, each figure with numerator, denominator, unit and benchmark."""
    return {
        "metrics": [
            {
                "number": metric.number,
                "key": metric.key,
                "zh": metric.zh,
                "en": metric.en,
                "definition_zh": metric.definition_zh,
                "definition_en": metric.definition_en,
                "figures": [asdict(figure) for figure in metric.figures],
                "benchmarks": [asdict(benchmark) for benchmark in metric.benchmarks],
            }
            for metric in found.metrics
        ],
        "assessed_on": found.assessed_on,
        **basis(grounds, found.travel_basis),
        "parameters": echoed(found.standard),
    }
