"""Classes stay apart for readers who see no green: Machado's deuteranopia (severity 1), distance as CIE76."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from maps.assets import style_text
from maps.map_layers_coverage import CAUSE, COVERAGE, DEMAND, HATCH, MINUTE_CLASSES, CellClass
from maps.map_layers_scenario import DIFFERENCE

# Machado, Oliveira and Fernandes 2009, table 1: deuteranomaly of severity 1.0, on linear RGB.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
SRGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = SRGB_TO_XYZ.sum(axis=1)
PALETTES = [
    ("coverage", COVERAGE, 18),
    ("cause", CAUSE, 16),
    ("demand", DEMAND, 18),
    ("difference", DIFFERENCE, 15.5),  # the two quiet classes, which have edges too
    *((f"minutes {n:g}", classes, 16) for n, classes in MINUTE_CLASSES.items()),
]


def lab(colour: str, *, seen: bool) -> np.ndarray:
    """CIELAB (D65) of an sRGB colour, as it is or as ``seen`` without green."""
    rgb = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if seen:
        linear = np.clip(DEUTERANOPIA @ linear, 0, 1)
    ratio = SRGB_TO_XYZ @ linear / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_measure_knows_what_it_measures() -> None:
    assert lab("#FFFFFF", seen=True) == pytest.approx([100, 0, 0], abs=0.05)
    assert lab("#000000", seen=True) == pytest.approx([0, 0, 0], abs=0.01)
    # sRGB red in CIELAB (D65), a published value
    assert lab("#FF0000", seen=False) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    # red and green of like lightness, far apart for most, come close
    far, close = (
        np.linalg.norm(lab("#C8553D", seen=seen) - lab("#6B8E23", seen=seen)) for seen in (False, True)
    )
    assert close < far / 3


@pytest.mark.parametrize(("name", "classes", "least"), PALETTES, ids=[name for name, _, _ in PALETTES])
def test_no_two_classes_look_alike(name: str, classes: tuple[CellClass, ...], least: float) -> None:
    solid = [one for one in classes if one.fill != HATCH]
    for seen, bound in ((True, least), (False, 15)):
        distance = {
            (a.key, b.key): float(np.linalg.norm(lab(a.fill, seen=seen) - lab(b.fill, seen=seen)))
            for a, b in combinations(solid, 2)
        }
        assert min(distance.values()) >= bound, (name, seen, min(distance, key=lambda pair: distance[pair]))


def test_screen_and_paper_have_the_same_colours() -> None:
    sheet = style_text("sheet_map.css")
    for prefix, classes in (("z", DIFFERENCE),):
        for one in classes:
            found = re.search(rf"\.{prefix}-{one.key} {{ fill: (#[0-9a-f]{{6}})", sheet)
            assert found
            assert found[1] == one.fill.lower()
    names = ("twice", "once", "part", "none", "unverified")
    for name, one in zip(names, COVERAGE, strict=True):
        assert re.search(rf"\.z-{name} {{ fill: {one.fill.lower().replace('#ffffff', '#fff')}", sheet)
