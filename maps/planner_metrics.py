"""The thirteen metrics as rows of a page: value, parts, benchmark, source, definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.bilingual import Lang
from geo.metrics import Figure, Metric

_UNITS: dict[str, tuple[str, str]] = {
    "share": ("%", "%"),
    "stations": ("站", "stations"),
    "m": ("米", "m"),
    "min": ("分钟", "min"),
    "index": ("", ""),
    "ratio": ("倍", "times"),
    "actions": ("件", "actions"),
    "visits/station/day": ("人次/站·日", "visits a station and day"),
    "yuan/visit": ("元/人次", "yuan a visit"),
    "seats/weight": ("座/权重", "seats/weight"),
    "seats/worker": ("座/人", "seats/worker"),
    "weight": ("需求权重", "demand weight"),
    "weight-hours": ("权重·小时", "weight-hours"),
    "workers": ("人", "workers"),
    "worker-hours": ("人时", "worker-hours"),
}


@dataclass(frozen=True)
class FigureRow:
    """One number in words; ``value`` is – where it cannot be given, and ``reason`` says why."""

    key: str
    words: str
    value: str
    unit: str
    parts: str
    reason: str


@dataclass(frozen=True)
class MetricRow:
    """A metric: its first figure is the row, the others stand one tap away."""

    number: int
    key: str
    words: str
    definition: str
    first: FigureRow
    rest: tuple[FigureRow, ...]
    benchmarks: tuple[str, ...]
    sources: tuple[str, ...]


def metric_rows(metrics: Sequence[Metric], lang: Lang) -> tuple[MetricRow, ...]:
    """Return the metrics in order."""
    rows = []
    for metric in metrics:
        first, *rest = (figure_row(figure, lang) for figure in metric.figures)
        benchmarks = dict.fromkeys(one.en if lang == "en" else one.zh for one in metric.benchmarks)
        rows.append(
            MetricRow(
                number=metric.number,
                key=metric.key,
                words=metric.en if lang == "en" else metric.zh,
                definition=metric.definition_en if lang == "en" else metric.definition_zh,
                first=first,
                rest=tuple(rest),
                benchmarks=tuple(benchmarks),
                sources=tuple(dict.fromkeys(one.source for one in metric.benchmarks)),
            )
        )
    return tuple(rows)


def figure_row(figure: Figure, lang: Lang) -> FigureRow:
    """Return one figure in words.

    >>> figure_row(Figure("walk", "步行", "Walk", 0.2101, "share", 1260.0, 6000.0), "zh").value
    '21.0'
    """
    zh, en = _UNITS.get(figure.unit, (figure.unit, figure.unit))
    parts = ""
    if figure.denominator is not None and figure.numerator is not None:
        parts = f"{_amount(figure.numerator)} / {_amount(figure.denominator)}"
    return FigureRow(
        key=figure.key,
        words=figure.en if lang == "en" else figure.zh,
        value=_value(figure),
        unit=en if lang == "en" else zh,
        parts=parts,
        reason=figure.reason_in(lang) if figure.value is None else "",
    )


def _value(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    if figure.unit == "share":
        return f"{figure.value * 100:.1f}"
    if figure.unit in ("index", "ratio") or figure.unit.startswith("seats/"):
        return f"{figure.value:.2f}"
    return _amount(figure.value)


def _amount(value: float) -> str:
    if 0 < abs(value) < 1:  # as many digits as the figure made of it shows
        return f"{value:.3g}"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"
