"""What changes between two registers: for which street, group and hour, cell by cell, and by which step.

Both sides stand on one demand and one standard, so every difference is the registers' alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.coverage import (
    Figures,
    Situation,
    ask_again,
    located,
    question_weights,
    reach_matrix,
    station_states,
    summarise,
    totals,
)
from geo.coverage_patterns import patterns, served_shares, station_times
from geo.demand import GROUPS, Demand
from geo.errors import InvalidParameterError
from geo.scenario import Scenario, apply
from geo.standard import Standard
from geo.travel import Router, StraightLineRouter

Change = Literal["shut", "ext", "equip", "new"]
CLASSES = ("gained", "more", "same", "still", "worse")
"""What became of a cell: all of the time now, more of the time, as before, still never, less of the time."""
_SAME = 1e-9


@dataclass(frozen=True)
class Pair:
    """One line of a comparison: the same figures before and after."""

    key: str | None
    before: Figures
    after: Figures

    @property
    def points(self) -> float | None:
        """Percentage points gained; None where no share can be given."""
        if self.before.share is None or self.after.share is None:
            return None
        return (self.after.share - self.before.share) * 100


@dataclass(frozen=True)
class Difference:
    """What changes between two registers under one standard and one demand.

    Attributes:
        by_street, by_group: one line each; ``by_window`` keys are ``T3/weekday``, in plain demand.
        cells: ``cell``, ``street_code``, ``demand``, ``before``, ``after`` (demand covered), ``change`` (of
            ``CLASSES``).
        by_class: demand of the cells of each class; adds up to all demand.
    """

    total: Pair
    by_street: tuple[Pair, ...]
    by_group: tuple[Pair, ...]
    by_window: tuple[Pair, ...]
    cells: pd.DataFrame
    by_class: dict[str, float]


def difference(before: Situation, after: Situation) -> Difference:
    """Return what changes from one situation to another.

    Raises:
        InvalidParameterError: the two don't stand on one demand and one standard.
    """
    if before.demand is not after.demand or before.standard != after.standard:
        raise InvalidParameterError("after", None, "compare under one demand and one standard")
    a, b = summarise(before), summarise(after)
    groups = (before.standard.group,) if before.standard.group else GROUPS
    windows_b = {(window, day): line for window, day, line in b.by_window}
    cells = pd.DataFrame(
        {
            "cell": a.cells["cell"],
            "street_code": before.demand.cells["street_code"].astype(object).to_numpy(),
            "demand": a.cells["demand"],
            "before": a.cells["covered"],
            "after": b.cells["covered"],
        }
    )
    cells["change"] = _classes(cells)
    return Difference(
        total=Pair(None, a.total, b.total),
        by_street=tuple(
            Pair(code, one, other) for (code, one), (_, other) in zip(a.by_street, b.by_street, strict=True)
        ),
        by_group=tuple(_of_group(before, after, group) for group in groups),
        by_window=tuple(
            Pair(f"{window}/{day}", line, windows_b[window, day]) for window, day, line in a.by_window
        ),
        cells=cells,
        by_class={name: float(cells["demand"][cells["change"] == name].sum()) for name in CLASSES},
    )


def _of_group(before: Situation, after: Situation, group: str) -> Pair:
    standard = replace(before.standard, group=group)
    return Pair(group, totals(ask_again(before, standard)), totals(ask_again(after, standard)))


def _classes(cells: pd.DataFrame) -> npt.NDArray[np.object_]:
    demand = cells["demand"].to_numpy(dtype=float)
    safe = np.where(demand > 0, demand, 1.0)
    old, new = (cells[name].to_numpy(dtype=float) / safe for name in ("before", "after"))
    return np.select(
        [new < old - _SAME, new <= old + _SAME, new >= 1 - _SAME],
        ["worse", np.where(new > _SAME, "same", "still"), "gained"],
        default="more",
    ).astype(object)


@dataclass(frozen=True)
class Step:
    """One change, and the demand covered it adds to those before it (less than nothing where it takes)."""

    change: Change
    station_id: str
    gain: float


def steps(
    scenario: Scenario,
    stations: gpd.GeoDataFrame,
    demand: Demand,
    standard: Standard,
    router: Router | None = None,
) -> tuple[Step, ...]:
    """Return what each change adds after those before it; the gains add up to the whole difference.

    Order: hours, amenities, sites, closures. Reach is worked out once, so a step costs milliseconds.

    Raises:
        InvalidParameterError: as for ``apply``.
    """
    order: list[tuple[Change, str]] = [
        *(("ext", one) for one, _ in scenario.hours),
        *(("equip", one) for one, _ in scenario.equipped),
        *(("new", f"new-{number}") for number in range(1, len(scenario.sites) + 1)),
        *(("shut", one) for one in scenario.closed),
    ]
    if not order:
        return ()
    old, new = located(stations), located(apply(scenario, stations))
    way = router or StraightLineRouter(standard.mode)
    pattern, of_cell = patterns(reach_matrix(demand.cells, new, standard, way))
    weights = question_weights(demand, standard)
    by_pattern = np.zeros((pattern.shape[0], *weights.shape[1:]))
    np.add.at(by_pattern, of_cell, weights)
    # each change is taken from the finished register into the old one, column by column
    now = pd.concat([old, new.iloc[len(old) :].assign(status="planned")], ignore_index=True)
    now = gpd.GeoDataFrame(now, geometry="geometry", crs=new.crs)
    row_of = {one: row for row, one in enumerate(new["id"])}
    columns = {"ext": ("hours",), "equip": ("amenities", "services"), "new": ("status",), "shut": ("status",)}
    covered = _covered(now, pattern, by_pattern, standard)
    made = []
    for change, station_id in order:
        row = row_of.get(station_id)
        if row is not None:
            for column in columns[change]:
                values = now[column].tolist()
                values[row] = new[column].iloc[row]
                now = now.assign(**{column: pd.Series(values, dtype=object)})
        after = _covered(now, pattern, by_pattern, standard)
        made.append(Step(change, station_id, after - covered))
        covered = after
    return tuple(made)


def _covered(
    stations: gpd.GeoDataFrame, pattern: Any, by_pattern: npt.NDArray[np.float64], standard: Standard
) -> float:
    times = station_times(stations, station_states(stations, standard), standard.amenities)
    return float((by_pattern * served_shares(pattern, times)).sum())
