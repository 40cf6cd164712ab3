"""The scale bar of a printed map, from the whole district down to one fine cell."""

from __future__ import annotations

import h3
import numpy as np
import pandas as pd
import pytest

from geo.areas import shipped_areas
from maps.sheet_map import sheet_map

SIZE = (560, 420)


@pytest.mark.parametrize("resolution", [8, 9, 10, 11])
@pytest.mark.parametrize("rings", [0, 3])
def test_the_scale_bar_fits_whatever_is_shown(resolution: int, rings: int) -> None:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(34.273, 109.067, resolution), rings))
    at = [h3.cell_to_boundary(cell) for cell in cells]
    lats, lons = zip(*(corner for ring in at for corner in ring), strict=True)
    drawn = sheet_map(
        shipped_areas(),
        pd.DataFrame({"cell": cells, "demand": 1.0}),
        np.full(len(cells), "none", dtype=object),
        key="coverage",
        size=SIZE,
        order=("none",),
        bounds=(min(lons), min(lats), max(lons), max(lats)),
    )
    assert drawn.scale_px == pytest.approx(drawn.scale_km * 1000 * drawn.frame.scale, abs=0.06)
    assert 10 < drawn.scale_px < SIZE[0] / 6
