"""The one pipeline: from register and demand to coverage, gaps, metrics and what to do.

API, maps, command line and report all call ``assess``, so a number is the same number everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import RLock

import geopandas as gpd
import pandas as pd

from geo.access_metrics import balance_metric, distance_metric
from geo.compliance import Compliance, compliance
from geo.coverage import Coverage, Situation, situation, summarise
from geo.coverage_metrics import (
    service_metric,
    threshold_metric,
    twice_metric,
    window_metric,
    within_minutes,
)
from geo.demand import Demand
from geo.gap_details import Gaps, find_gaps, named_places
from geo.improvement import ACTION_LABELS, ACTION_ORDER, Action, Candidate, improvements
from geo.metrics import Benchmark, Figure, Metric, share
from geo.register_metrics import (
    compliance_metric,
    freshness_metric,
    long_hours_metric,
    on_map_metric,
    station_counts,
    use_metric,
)
from geo.rule_sets import RuleSet, shipped_rule_sets
from geo.standard import Standard
from geo.travel import Router

METRIC_RULE_SETS = ("xian-8", "acftu-6")
"""The rule sets metric 2 prints where no others are named, in this order."""

FILL_GAPS = Benchmark(
    None, "盘活存量、填补空白、科学选址", "Use what exists, fill gaps; no figure", "湖南 2026-01 报道"
)


@dataclass(frozen=True)
class Grounds:
    """What an assessment is worked out from; arguments as for ``assess``."""

    stations: gpd.GeoDataFrame
    found: Situation
    router: Router | None
    places: pd.DataFrame | None
    rule_sets: tuple[RuleSet, ...]
    printed: tuple[str, ...]
    answered: tuple[int, int] | None
    street_names: Mapping[str, str]


@dataclass(frozen=True)
class Assessment:
    """What was found under one standard.

    Gaps are described, and what to do, compliance and metrics worked out, when they are first asked for.

    Attributes:
        illustrative: True while any station of the register is made up; every output then says so.
        gaps: described gap areas, most unserved first.
    """

    standard: Standard
    assessed_on: date
    illustrative: bool
    demand_basis: str
    demand_unit: str
    demand_notes: tuple[str, ...]
    areas_basis: str
    travel_basis: str
    coverage: Coverage
    gaps: Gaps
    grounds: Grounds = field(repr=False)
    _working: AbstractContextManager[object] = field(
        default_factory=RLock, init=False, repr=False, compare=False
    )

    @property
    def improvements(self) -> tuple[Action, ...]:
        """What to do for each gap, cheapest first; who asks while it is worked out waits."""
        with self._working:
            return self._improvements

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The thirteen metrics in order; who asks while they are worked out waits."""
        with self._working:
            return self._metrics

    @cached_property
    def _improvements(self) -> tuple[Action, ...]:
        return improvements(self.gaps, self.grounds.found, _candidates(self.grounds.places))

    @cached_property
    def compliance(self) -> tuple[Compliance, ...]:
        """Each rule set judged by."""
        stations, week = self.grounds.stations, self.standard.week
        return tuple(compliance(stations, rules, self.assessed_on, week) for rules in self.grounds.rule_sets)

    @cached_property
    def _metrics(self) -> tuple[Metric, ...]:
        given = self.grounds
        stations, router = given.stations, given.router
        walk = within_minutes(stations, given.found, router)
        by_id = {result.rule_set.id: result for result in self.compliance}
        return (
            station_counts(stations),
            compliance_metric(by_id[name] for name in given.printed),
            threshold_metric(stations, walk, given.found),
            twice_metric(walk),
            window_metric(stations, walk, router),
            service_metric(walk),
            distance_metric(walk, router, {**_streets_of(stations), **given.street_names}),
            balance_metric(walk),
            on_map_metric(stations),
            long_hours_metric(stations, self.standard.week),
            use_metric(stations),
            freshness_metric(stations, self.assessed_on, given.answered),
            improvement_metric(
                len(self.gaps), self.improvements, hours_unit(self.demand_unit, self.coverage.is_hours)
            ),
        )


def is_illustrative(stations: gpd.GeoDataFrame) -> bool:
    """Say whether any name, location or fact of the register is made up."""
    return any(
        "illustrative" in (origin.name, origin.location, origin.facts) for origin in stations["provenance"]
    )


def assess(
    stations: gpd.GeoDataFrame,
    demand: Demand,
    standard: Standard,
    router: Router | None = None,
    *,
    today: date | None = None,
    places: pd.DataFrame | None = None,
    rule_sets: Iterable[RuleSet] | None = None,
    answered: tuple[int, int] | None = None,
    street_names: Mapping[str, str] | None = None,
) -> Assessment:
    """Assess a register against a demand table under one standard.

    Args:
        stations: canonical station table (``geo.stations.stations_to_frame``).
        demand: the worker-demand table.
        standard: what counts as served.
        router: where minutes come from; straight lines x 1.35 without one.
        today: the day facts are judged on; the Monday of the standard's week without one.
        places: places that name gaps and may host partners: ``name``, ``kind`` and either ``lon`` and
            ``lat`` or WGS-84 points as geometry.
        rule_sets: rule sets to judge by, all printed in metric 2; the shipped ones without.
        answered: (reports answered in time, reports in all), where reports are kept.
        street_names: the streets' names by code; without one, as the stations' records have it.

    Raises:
        InvalidParameterError: the router's minutes are of another mode of travel than the standard's.
    """
    found = situation(stations, demand, standard, router)
    sets = tuple(shipped_rule_sets().values() if rule_sets is None else rule_sets)
    printed = METRIC_RULE_SETS if rule_sets is None else tuple(rules.id for rules in sets)
    return Assessment(
        standard=standard,
        assessed_on=today or standard.week,
        illustrative=is_illustrative(stations),
        demand_basis=demand.basis,
        demand_unit=demand.unit,
        demand_notes=demand.notes,
        areas_basis=demand.areas_basis,
        travel_basis=found.travel_basis,
        coverage=summarise(found),
        gaps=find_gaps(found, places, router=router),
        grounds=Grounds(stations, found, router, places, sets, printed, answered, street_names or {}),
    )


def _streets_of(stations: gpd.GeoDataFrame) -> dict[str, str]:
    return {
        code: name
        for code, name in zip(stations["street_code"], stations["street"], strict=True)
        if isinstance(code, str) and isinstance(name, str)
    }


def _candidates(places: pd.DataFrame | None) -> tuple[Candidate, ...]:
    if places is None:
        return ()
    return tuple(
        Candidate(str(row["name"]), str(row["kind"]), float(row["lon"]), float(row["lat"]))
        for row in named_places(places).to_dict("records")
    )


def hours_unit(unit: str, is_hours: bool) -> str:
    """Return the unit of a figure of demand: ``workers`` or ``weight``, or those hours.

    ``worker-hours`` and ``weight-hours`` where the question spans the week.
    """
    if not is_hours:
        return unit
    return "worker-hours" if unit == "workers" else "weight-hours"


def improvement_metric(gaps: int, actions: tuple[Action, ...], unit: str) -> Metric:
    """Metric 13: what follows from the gaps: how many things to do of each kind, and their gains at most.

    ``gaps`` is their number. A thing at one station or place counts once, however many gaps it helps.
    """
    answered = len({action.gap_rank for action in actions if action.gain is not None})
    figures = [
        _count("actions", "改进事项", "Actions", actions),
        share("answered", "有办法的缺口", "Gaps with an action", answered, gaps, why_not="没有缺口"),
    ]
    for kind in ACTION_ORDER:
        chosen = tuple(action for action in actions if action.kind == kind)
        zh, en = ACTION_LABELS[kind]
        figures.append(_count(f"{kind}.count", zh, en, chosen))
        gains = [action.gain for action in chosen if action.gain is not None]
        if gains:
            figures.append(
                Figure(f"{kind}.gain", f"{zh}最多可补", f"{en}: at most", sum(gains), unit, sum(gains))
            )
    definition = (
        "每处缺口按原因给出最省的做法：先核实、延长开放、补设施、上图挂牌、合作点、新建；"
        "同一站同一件事算一件。",
        "The cheapest action for each cause of each gap: verify, longer hours, repair or add, "
        "maps and sign, partner site, build; the same thing at the same station counts once.",
    )
    return Metric(13, "improvements", "改进清单", "What to do", *definition, tuple(figures), (FILL_GAPS,))


def _count(key: str, zh: str, en: str, actions: tuple[Action, ...]) -> Figure:
    # a site still to be found is a thing of its own in every gap
    things = {(action.kind, action.target or f"gap {action.gap_rank}") for action in actions}
    return Figure(key, zh, en, float(len(things)), "actions", float(len(things)))
