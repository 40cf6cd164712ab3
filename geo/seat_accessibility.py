"""Access to seats of every cell under a chosen method, by street, and how evenly it is spread."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from geo.access_metrics import DEFAULT_SEATS, demand_on_duty
from geo.accessibility import floating_catchment, gravity, seat_capacity
from geo.coverage import Situation
from geo.equity import Lorenz, gini, lorenz, street_equity
from geo.errors import InvalidParameterError
from geo.standard import DEFAULT_MINUTES
from geo.travel import Decay, ExponentialDecay, GaussianDecay, PowerDecay, StepDecay
from geo.vocabulary import SERVING_STATUSES

__all__ = ["DEFAULT_SEATS", "AccessQuestion", "SeatAccess", "parse_steps", "seat_accessibility"]

Method = Literal["2sfca", "e2sfca", "m2sfca", "gravity"]
DecayName = Literal["step", "gaussian", "exponential", "power"]
Steps = tuple[tuple[float, float], ...]

ZONE_WEIGHTS = (1.0, 0.68, 0.22)
"""Weights of three equal zones (Luo & Qi 2009), where a step decay is asked for without steps."""
FAINT = 0.01
"""What a Gaussian or exponential decay is worth at the cut-off, where its parameter is not given."""
_STEP = re.compile(r"[0-9]{1,18}(?:\.[0-9]+)?:[0-9]{1,18}(?:\.[0-9]+)?")
MAX_STEPS = 20
MAX_WEIGHT = 1000.0


@dataclass(frozen=True)
class AccessQuestion:
    """A method with everything it needs; made by :meth:`asked`. A parameter the decay has not is None."""

    method: Method
    decay: DecayName | None
    cutoff_min: float
    steps: Steps | None
    sigma_min: float | None
    beta_per_min: float | None
    exponent: float | None
    default_seats: float

    @classmethod
    def asked(
        cls,
        *,
        method: Method = "2sfca",
        decay: DecayName | None = None,
        minutes: float | None = None,
        steps: Steps | None = None,
        sigma_min: float | None = None,
        beta_per_min: float | None = None,
        exponent: float | None = None,
        default_seats: float = DEFAULT_SEATS,
    ) -> AccessQuestion:
        """Return the question with defaults filled in.

        2SFCA has no decay; E2SFCA and M2SFCA decay in steps, gravity as a Gaussian, unless told otherwise.
        Without ``steps`` there are three equal zones up to ``minutes``; sigma and beta leave ``FAINT`` at
        the cut-off; the exponent is 2.

        Raises:
            InvalidParameterError: an unknown word, or two that exclude each other.

        >>> AccessQuestion.asked(method="e2sfca").steps
        ((5.0, 1.0), (10.0, 0.68), (15.0, 0.22))
        """
        for name, word, words in (("method", method, Method), ("decay", decay, DecayName)):
            if word is not None and word not in get_args(words):
                raise InvalidParameterError(name, word, f"must be one of {', '.join(get_args(words))}")
        if method == "2sfca" and decay is not None:
            raise InvalidParameterError("decay", decay, "2sfca has none: all within reach counts the same")
        chosen: DecayName = decay or ("gaussian" if method == "gravity" else "step")
        own = {"steps": "step", "sigma_min": "gaussian", "beta_per_min": "exponential", "exponent": "power"}
        said = {"steps": steps, "sigma_min": sigma_min, "beta_per_min": beta_per_min, "exponent": exponent}
        for name, of in own.items():
            if said[name] is not None and (of != chosen or method == "2sfca"):
                raise InvalidParameterError(
                    name, said[name], f"is for decay={of}, not {method} with {chosen}"
                )
        if steps is not None and minutes is not None:
            raise InvalidParameterError("steps", steps, "excludes minutes: the last step is the cut-off")
        cutoff = max(limit for limit, _ in steps) if steps else minutes or DEFAULT_MINUTES
        if not 0 < cutoff <= 240:
            raise InvalidParameterError(
                "steps" if steps else "minutes", cutoff, "must be above 0, at most 240"
            )
        zones = tuple((cutoff * (n + 1) / len(ZONE_WEIGHTS), w) for n, w in enumerate(ZONE_WEIGHTS))
        if method == "2sfca":
            return cls(method, None, cutoff, None, None, None, None, default_seats)
        return cls(
            method,
            chosen,
            cutoff,
            (steps or zones) if chosen == "step" else None,
            (sigma_min or cutoff / math.sqrt(-2 * math.log(FAINT))) if chosen == "gaussian" else None,
            (beta_per_min or -math.log(FAINT) / cutoff) if chosen == "exponential" else None,
            (exponent or 2.0) if chosen == "power" else None,
            default_seats,
        )

    def weights(self) -> Decay:
        """Return the decay asked for.

        Raises:
            InvalidParameterError: a parameter is out of range.
        """
        match self.decay:
            case "gaussian":
                return GaussianDecay(self.sigma_min or 0.0, self.cutoff_min)
            case "exponential":
                return ExponentialDecay(self.beta_per_min or 0.0, self.cutoff_min)
            case "power":
                return PowerDecay(self.exponent or 0.0, cutoff_min=self.cutoff_min)
            case _:
                return StepDecay(self.steps or ((self.cutoff_min, 1.0),))


@dataclass(frozen=True)
class SeatAccess:
    """Access of every cell and street, and how evenly it is spread.

    Attributes:
        cells: ``cell``, ``street_code``, ``demand`` on duty at a moment, ``access``: seats per unit of
            demand (gravity: seats weighted by nearness).
        streets: ``street_code``, ``demand``, ``access``: the demand-weighted mean.
        mean: over the demand; None without any.
        gini_demand, gini_streets: 0 all alike; None where there is nobody, or nothing, to compare.
        curve: the Lorenz curve over demand.
        stations: serving stations with a location; seats are assumed for ``seats_assumed`` of them.
    """

    question: AccessQuestion
    cells: pd.DataFrame
    streets: pd.DataFrame
    mean: float | None
    gini_demand: float | None
    gini_streets: float | None
    curve: Lorenz
    stations: int
    seats: float
    seats_assumed: int


def seat_accessibility(found: Situation, question: AccessQuestion) -> SeatAccess:
    """Return access to the seats of the serving stations; opening hours are not looked at.

    Args:
        found: the situation whose minutes, demand and time are meant; its threshold is the cut-off.
        question: method and decay.

    Raises:
        InvalidParameterError: the situation's threshold is not the question's cut-off.
    """
    if found.standard.minutes != question.cutoff_min:
        raise InvalidParameterError("minutes", found.standard.minutes, f"must be {question.cutoff_min:g}")
    serving = found.stations["status"].isin(SERVING_STATUSES).to_numpy(dtype=bool)
    known, _ = seat_capacity(found.stations["seats"], question.default_seats)
    _, assumed = seat_capacity(found.stations["seats"][serving], question.default_seats)
    seats = np.where(serving, known, 0.0)
    duty, decay = demand_on_duty(found), question.weights()
    if question.method == "gravity":
        access = gravity(found.reach, seats, decay)
    else:
        access = floating_catchment(found.reach, duty, seats, decay, absolute=question.method == "m2sfca")
    codes = [code if isinstance(code, str) else None for code in found.demand.cells["street_code"]]
    by_street = street_equity(access, duty, codes)
    total, held = float(duty.sum()), bool((access * duty).any())
    cells = {"cell": found.demand.cells["cell"].to_numpy(), "street_code": codes, "demand": duty}
    streets = {"street_code": by_street.streets, "demand": by_street.demand, "access": by_street.access}
    return SeatAccess(
        question=question,
        cells=pd.DataFrame({**cells, "access": access}),
        streets=pd.DataFrame(streets),
        mean=float((access * duty).sum()) / total if total > 0 else None,
        gini_demand=gini(access, duty) if held else None,
        gini_streets=by_street.gini if held else None,
        curve=lorenz(access, duty),
        stations=int(serving.sum()),
        seats=float(seats.sum()),
        seats_assumed=assumed,
    )


def parse_steps(text: str) -> Steps:
    """Return the steps of ``minutes:weight,…``, nearest first.

    Raises:
        InvalidParameterError: another form, or numbers no step can have.

    >>> parse_steps("15:0.22,5:1")
    ((5.0, 1.0), (15.0, 0.22))
    """
    parts = text.split(",")
    pairs = [tuple(map(float, part.split(":"))) for part in parts if _STEP.fullmatch(part)]
    formed = len(parts) == len(pairs) <= MAX_STEPS
    if not formed or any(pair[1] > MAX_WEIGHT for pair in pairs):
        raise InvalidParameterError(
            "steps", text[:200], "must be minutes:weight, such as 5:1,10:0.68,15:0.22"
        )
    return tuple((pair[0], pair[1]) for pair in StepDecay([(p[0], p[1]) for p in pairs]).steps)
