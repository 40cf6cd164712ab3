"""The legend, which is also the layer control: what each layer's marks mean, with counts, and its tick.

A block belongs to a layer and is shown while that layer is. Swatches are the very symbols the map draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maps.folium_local import DataLayer


@dataclass(frozen=True)
class LegendRow:
    """One mark in words; ``symbol`` names a ``<symbol>`` of the page, ``count`` what it stands for here."""

    symbol: str
    words: str
    count: int | None = None


@dataclass(frozen=True)
class LegendBlock:
    """The marks of the layer ``layer``; without a layer it always stands. ``unit`` heads the counts."""

    title: str
    rows: tuple[LegendRow, ...]
    layer: str | None = None
    unit: str = ""
    notes: tuple[str, ...] = ()
    shown: bool = True


@dataclass(frozen=True)
class LayerTick:
    """A layer a reader may switch on and off."""

    layer: str
    words: str
    shown: bool


def layer_ticks(layers: Sequence[DataLayer]) -> tuple[LayerTick, ...]:
    """Return a tick for every layer that has a title, the topmost first."""
    return tuple(
        LayerTick(layer.key, layer.layer_name, layer.show) for layer in reversed(layers) if layer.control
    )
