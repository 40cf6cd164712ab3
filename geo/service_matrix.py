"""The service matrix: which station, and which street, offers which service in which window.

Columns are every code of the catalogue, the union's wider services like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geo.amenities import Availability, catalogue, code_availability
from geo.coverage import Situation, situation, station_states
from geo.coverage_patterns import (
    WINDOW_CODES,
    Bools,
    Floats,
    States,
    merged_slots,
    served_shares,
    slot_shares,
    station_times,
)
from geo.demand import Demand
from geo.metrics import share_of
from geo.standard import Standard
from geo.stations import Amenity
from geo.time_windows import QUARTERS_PER_WEEK, window_slots
from geo.travel import Router
from geo.vocabulary import SERVING_STATUSES

Slots = npt.NDArray[np.intp]
WindowState = Literal["open", "partly", "closed", "unknown", "not_serving"]


@dataclass(frozen=True)
class StationCell:
    """One service at one station: the register's value and whether it counts as available.

    ``gain`` is the demand (or demand-hours) that would newly reach the service were it available here and
    the station's unverified hours open; 0 where that adds nothing, None where no demand was given.
    """

    code: str
    value: str
    availability: Availability
    distance_m: float | None
    note: str | None
    checked_on: date | None
    gain: float | None = None


@dataclass(frozen=True)
class StationRow:
    """One station of the matrix.

    ``window_state`` is over the window and day asked for (or the whole week): open throughout, partly,
    closed throughout, unknown in part without being known open, or not serving by status.
    ``open_share`` is the share of quarter-hours it is known to be open, 0-1; None where ``window_state`` is
    unknown: unknown never counts as closed. ``by_window`` is the state in
    each window on the day type asked for (on all seven days of the week); empty at an instant.
    ``demand_covered`` is the demand (or demand-hours) within the threshold while the station is open, the
    same for each service it has; None where no demand was given.
    """

    station_id: str
    name: str
    street_code: str | None
    window_state: WindowState
    open_share: float | None
    by_window: dict[str, WindowState]
    demand_covered: float | None
    cells: tuple[StationCell, ...]


@dataclass(frozen=True)
class StreetCell:
    """One service in one street.

    Attributes:
        available: serving stations of the street where it counts as available.
        broken, unknown: serving stations where it is broken, or not known.
        working_share: available ÷ (available + broken); None where no station has it.
        demand, demand_covered: demand (or demand-hours) of the street's cells, and the part within the
            threshold of a station, anywhere, that is open and has it.
        share: covered ÷ demand; None without demand.
    """

    code: str
    available: int
    broken: int
    unknown: int
    working_share: float | None
    demand: float
    demand_covered: float
    share: float | None


@dataclass(frozen=True)
class StreetRow:
    """One street of the matrix; ``street_code`` None is the whole area."""

    street_code: str | None
    stations: int
    cells: tuple[StreetCell, ...]


def station_matrix(
    stations: gpd.GeoDataFrame,
    standard: Standard,
    demand: Demand | None = None,
    router: Router | None = None,
) -> tuple[StationRow, ...]:
    """Return one row a station (retired ones left out), in the table's order.

    ``standard.amenities`` is not looked at; ``demand`` and ``router`` are for ``demand_covered`` alone.
    """
    kept = stations[stations["status"] != "retired"].reset_index(drop=True)
    states = station_states(kept, standard)
    found = None if demand is None else situation(kept, demand, replace(standard, amenities=()), router)
    covered = _covered_by_station(found) if found else {}
    gains = _gains_by_station(found) if found else {}
    default = None if found is None else 0.0
    return tuple(
        _station_row(
            row,
            states[number],
            standard,
            covered=covered.get(row["id"], default),
            gains=gains.get(row["id"], {}),
            no_gain=default,
        )
        for number, row in enumerate(kept.to_dict("records"))
    )


def _covered_by_station(found: Situation) -> dict[str, float]:
    """Return, by the id of each located station, the demand in its reach while it is open."""
    times = station_times(found.stations, found.states, ())
    ones = found.reach.copy()
    ones.data = np.ones_like(ones.data)
    in_reach = ones.T @ found.weights.reshape(found.weights.shape[0], -1)
    open_share = slot_shares(times.open).reshape(in_reach.shape)
    return dict(zip(found.stations["id"], (in_reach * open_share).sum(axis=1).tolist(), strict=True))


def _gains_by_station(found: Situation) -> dict[str, dict[str, float]]:
    """Return, by the id of each located station and code, what ``StationCell.gain`` says."""
    pattern, of_cell = found.merged
    times, in_period, _ = merged_slots(station_times(found.stations, found.states, ()))
    need = np.zeros((pattern.shape[0], in_period.shape[1]))
    np.add.at(need, of_cell, found.weights.reshape(len(of_cell), -1))
    per_slot = need @ (in_period / in_period.sum(axis=0)).T
    known: dict[bytes, list[float]] = {}
    gains: dict[str, dict[str, float]] = {station_id: {} for station_id in found.stations["id"]}
    for code, has in _has_by_code(found.stations).items():
        key = has.tobytes()
        if key not in known:
            served = pattern @ (times.open & has[:, None]).astype(np.float32) > 0
            missed = pattern.T @ np.where(served, 0.0, per_slot)
            known[key] = (missed * times.maybe).sum(axis=1).tolist()
        for station_id, gain in zip(gains, known[key], strict=True):
            gains[station_id][code] = gain
    return gains


def _asked_slots(standard: Standard) -> Slots:
    if standard.at is not None:
        return np.arange(1)
    if standard.window is not None:
        return window_slots(standard.window, standard.day or "weekday")
    if standard.day is not None:
        return np.concatenate([window_slots(window, standard.day) for window in WINDOW_CODES])
    return np.arange(QUARTERS_PER_WEEK)


def _station_row(
    row: Mapping[str, Any],
    states: States,
    standard: Standard,
    *,
    covered: float | None,
    gains: Mapping[str, float],
    no_gain: float | None,
) -> StationRow:
    held = {**row["amenities"], **row["services"]}
    serving = row["status"] in SERVING_STATUSES
    asked = states[_asked_slots(standard)]
    state = _window_state(asked, serving)
    windows = WINDOW_CODES if standard.at is None else ()
    day = standard.day or ("weekday" if standard.window else None)
    return StationRow(
        station_id=row["id"],
        name=row["name"],
        street_code=row["street_code"],
        window_state=state,
        open_share=None if state == "unknown" else float((asked == 1).mean()) if serving else 0.0,
        by_window={code: _window_state(states[window_slots(code, day)], serving) for code in windows},
        demand_covered=covered,
        cells=tuple(_station_cell(code, held.get(code), gains.get(code, no_gain)) for code in catalogue()),
    )


def _window_state(states: States, serving: bool) -> WindowState:
    if not serving:
        return "not_serving"
    if (states == 1).all():
        return "open"
    if (states == 1).any():
        return "partly"
    return "unknown" if (states == -1).any() else "closed"


def _station_cell(code: str, entry: Amenity | None, gain: float | None) -> StationCell:
    return StationCell(
        code=code,
        value=entry.value if entry else "unknown",
        availability=code_availability(code, entry),
        distance_m=entry.distance_m if entry else None,
        note=entry.note if entry else None,
        checked_on=entry.checked_on if entry else None,
        gain=gain,
    )


def street_matrix(
    stations: gpd.GeoDataFrame, demand: Demand, standard: Standard, router: Router | None = None
) -> tuple[StreetRow, ...]:
    """Return one row a street and, last, the whole area; ``standard.amenities`` is not looked at."""
    found = situation(stations, demand, replace(standard, amenities=()), router)
    serving = stations[stations["status"].isin(SERVING_STATUSES)]
    of_cell = demand.cells["street_code"].astype(object).to_numpy()
    covered = _covered_by_code(found)
    need = found.weights.sum(axis=(1, 2))
    codes = sorted({code for code in [*of_cell, *serving["street_code"]] if isinstance(code, str)})
    rows = []
    for street in [*codes, None]:
        inside = np.ones(len(of_cell), dtype=bool) if street is None else of_cell == street
        local = serving if street is None else serving[serving["street_code"] == street]
        cells = tuple(
            _street_cell(code, local, float(need[inside].sum()), float(covered[code][inside].sum()))
            for code in catalogue()
        )
        rows.append(StreetRow(street, len(local), cells))
    return tuple(rows)


def _covered_by_code(found: Situation) -> dict[str, Floats]:
    """Return each cell's demand covered, code by code; codes the same stations have are worked out once."""
    known: dict[bytes, Floats] = {}
    result = {}
    pattern, of_cell = found.merged
    times = station_times(found.stations, found.states, ())
    for code, has in _has_by_code(found.stations).items():
        key = has.tobytes()
        if key not in known:
            served = served_shares(pattern, replace(times, available=has))[of_cell]
            known[key] = (found.weights * served).sum(axis=(1, 2))
        result[code] = known[key]
    return result


def _has_by_code(stations: gpd.GeoDataFrame) -> dict[str, Bools]:
    """Return, code by code, at which stations it counts as available."""
    held = [
        {**amenities, **services}
        for amenities, services in zip(stations["amenities"], stations["services"], strict=True)
    ]
    return {
        code: np.array([code_availability(code, one.get(code)) == "available" for one in held], dtype=bool)
        for code in catalogue()
    }


def _street_cell(code: str, local: gpd.GeoDataFrame, demand: float, covered: float) -> StreetCell:
    column = local["services" if catalogue()[code].kind == "service" else "amenities"]
    entries = [held.get(code) for held in column]
    offers = [code_availability(code, entry) for entry in entries]
    available = offers.count("available")
    broken = sum(entry is not None and entry.value == "broken" for entry in entries)
    return StreetCell(
        code=code,
        available=available,
        broken=broken,
        unknown=offers.count("unknown"),
        working_share=available / (available + broken) if available + broken else None,
        demand=demand,
        demand_covered=covered,
        share=share_of(covered, demand),
    )
