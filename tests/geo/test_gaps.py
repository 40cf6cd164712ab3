"""Gap cells and gap areas, by hand on small H3 neighbourhoods and by brute force on random ones."""

from __future__ import annotations

import h3
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.gaps import MAX_AREA_CELLS, gap_areas, gap_cells

CENTRE = h3.latlng_to_cell(34.273, 109.067, 9)
PENTAGON = h3.get_pentagons(9)[3]
SEAM = h3.latlng_to_cell(*h3.cell_to_boundary(h3.cell_to_parent(CENTRE, 0))[2], 9)
"""A cell where three base cells meet."""


def table(unserved: dict[str, float], covered: float = 0.0) -> pd.DataFrame:
    cells = list(unserved)
    demand = np.array([unserved[cell] + covered for cell in cells])
    return pd.DataFrame({"cell": cells, "demand": demand, "covered": covered})


def streets(frame: pd.DataFrame, code: str | None = "610111001") -> np.ndarray:
    return np.array([code] * len(frame), dtype=object)


def test_fewest_cells_that_hold_four_fifths() -> None:
    # 50 + 30 = 80 of 100: exactly four fifths, so the third cell is not needed
    demand = np.array([10.0, 50.0, 30.0, 10.0])
    assert gap_cells(demand, np.zeros(4), ["a", "b", "c", "d"]) == [1, 2]


def test_a_cell_mostly_served_is_never_a_gap_cell() -> None:
    # the big cell is 40 % unserved (40 of 100); the others are wholly unserved: 10 of 50 in all
    demand, covered = np.array([100.0, 6.0, 4.0]), np.array([60.0, 0.0, 0.0])
    assert gap_cells(demand, covered, ["a", "b", "c"]) == [1, 2]


def test_exactly_half_unserved_counts() -> None:
    assert gap_cells(np.array([4.0]), np.array([2.0]), ["a"]) == [0]


def test_equal_cells_come_by_id_and_served_ones_not_at_all() -> None:
    demand = np.array([5.0, 5.0, 5.0, 7.0])
    covered = np.array([0.0, 0.0, 0.0, 7.0])
    # 4/5 of 15 is 12: three cells of 5 are needed
    assert gap_cells(demand, covered, ["c", "b", "a", "z"]) == [2, 1, 0]


def test_nothing_unserved_gives_no_area() -> None:
    frame = pd.DataFrame({"cell": [CENTRE], "demand": [3.0], "covered": [3.0]})
    assert gap_areas(frame, streets(frame)) == []
    empty = frame.iloc[:0]
    assert gap_areas(empty, streets(empty)) == []


def test_neighbours_join_and_streets_part() -> None:
    ring = sorted(h3.grid_ring(CENTRE, 1))
    far = h3.grid_ring(CENTRE, 6)[0]
    frame = table({CENTRE: 10.0, ring[0]: 10.0, far: 10.0, ring[1]: 10.0})
    codes = np.array(["s1", "s1", "s1", "s2"], dtype=object)
    areas = gap_areas(frame, codes)
    found = {(area.street_code, frozenset(area.cells)): area.unserved for area in areas}
    assert found == {
        ("s1", frozenset({CENTRE, ring[0]})): 20.0,
        ("s1", frozenset({far})): 10.0,
        ("s2", frozenset({ring[1]})): 10.0,
    }
    assert [area.unserved for area in areas] == [20.0, 10.0, 10.0]


def test_two_summits_give_two_areas() -> None:
    # a straight row of 13 cells, a summit at each end, the valley (98) in the middle: 1,317 in all;
    # five far cells of 60 make it 1,617, of which 80 % is 1,293.6: the whole row is needed and no more
    row = h3.grid_path_cells(CENTRE, h3.grid_ring(CENTRE, 12)[0])
    heights = [104, 103, 102, 101, 100, 99, 98, 99, 100, 101, 102, 103, 105]
    far = h3.grid_ring(CENTRE, 40)[::12][:5]
    frame = table(dict(zip(row, map(float, heights), strict=True)) | dict.fromkeys(far, 60.0))
    # the valley's neighbours are equally high: it climbs towards the one of lower id
    first = set(row[:6]) | ({row[6]} if row[5] < row[7] else set())
    areas = gap_areas(frame, streets(frame))
    assert {frozenset(area.cells) for area in areas} == {frozenset(first), frozenset(set(row) - first)}
    assert [area.cells[0] for area in areas] in ([row[0], row[12]], [row[12], row[0]])


def test_a_large_set_with_one_summit_is_cut_at_twelve() -> None:
    disk = h3.grid_disk(CENTRE, 2)
    frame = table({cell: 100.0 - h3.grid_distance(CENTRE, cell) for cell in disk})
    areas = gap_areas(frame, streets(frame))
    assert areas[0].cells[0] == CENTRE
    assert max(len(area.cells) for area in areas) <= MAX_AREA_CELLS


def connected(cells: tuple[str, ...]) -> bool:
    reached, edge = {cells[0]}, [cells[0]]
    while edge:
        for other in h3.grid_disk(edge.pop(), 1):
            if other in cells and other not in reached:
                reached.add(other)
                edge.append(other)
    return len(reached) == len(cells)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=61, max_size=61), st.lists(st.booleans(), min_size=61, max_size=61)
)
def test_areas_are_connected_small_of_one_street_and_hold_all_gap_cells(
    heights: list[int], in_first: list[bool]
) -> None:
    disk = sorted(h3.grid_disk(CENTRE, 4))
    frame = table(dict(zip(disk, map(float, heights), strict=True)))
    codes = np.array(["s1" if first else "s2" for first in in_first], dtype=object)
    areas = gap_areas(frame, codes)
    chosen = gap_cells(frame["demand"].to_numpy(), frame["covered"].to_numpy(), disk)
    held = [cell for area in areas for cell in area.cells]
    assert sorted(held) == sorted(disk[number] for number in chosen)
    of_street = dict(zip(disk, codes, strict=True))
    for area in areas:
        assert len(area.cells) <= MAX_AREA_CELLS
        assert {of_street[cell] for cell in area.cells} == {area.street_code}
        assert connected(area.cells)
    assert [area.unserved for area in areas] == sorted((area.unserved for area in areas), reverse=True)
    # fewest: the chosen ones hold 80 %, and no smaller number of cells does
    ranked = sorted(heights, reverse=True)
    total = sum(heights)
    fewest = next(n for n in range(len(ranked) + 1) if sum(ranked[:n]) >= 0.8 * total)
    assert len(chosen) == fewest


def areas_by_definition(frame: pd.DataFrame, codes: np.ndarray) -> list[tuple[object, tuple[str, ...]]]:
    """The contract's words, cell by cell: (street, cells) of each area, in no order."""
    street = dict(zip(frame["cell"], codes, strict=True))
    chosen = gap_cells(frame["demand"].to_numpy(), frame["covered"].to_numpy(), frame["cell"].tolist())
    ranked = [frame["cell"][number] for number in chosen]

    def linked(cells: set[str]) -> list[set[str]]:
        sets, left = [], set(cells)
        while left:
            one, edge = set(), [left.pop()]
            while edge:
                one.add(edge[-1])
                near = {n for n in h3.grid_disk(edge.pop(), 1) if n in left and street[n] is street[min(one)]}
                left -= near
                edge += near
            sets.append(one)
        return sets

    def summit(cell: str, cells: set[str]) -> str:
        best = min((n for n in h3.grid_disk(cell, 1) if n in cells), key=ranked.index)
        return cell if best == cell else summit(best, cells)

    def split(cells: set[str]) -> list[set[str]]:
        if len(cells) <= MAX_AREA_CELLS:
            return [cells]
        tops = {cell: summit(cell, cells) for cell in cells}
        if len(set(tops.values())) > 1:
            basins = [{cell for cell in cells if tops[cell] == top} for top in set(tops.values())]
            return [part for basin in basins for part in split(basin)]
        grown = {min(cells, key=ranked.index)}
        while len(grown) < MAX_AREA_CELLS:
            edge = {n for cell in grown for n in h3.grid_disk(cell, 1) if n in cells} - grown
            grown.add(min(edge, key=ranked.index))
        return [grown, *(part for rest in linked(cells - grown) for part in split(rest))]

    parts = [part for one in linked(set(ranked)) for part in split(one)]
    return [(street[min(part)], tuple(sorted(part, key=ranked.index))) for part in parts]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([CENTRE, PENTAGON, SEAM]),
    st.lists(st.integers(1, 40), min_size=91, max_size=91),
    st.lists(st.sampled_from(["s1", "s1", "s1", "s2", None]), min_size=91, max_size=91),
    st.booleans(),
)
def test_areas_are_those_of_the_definition(
    centre: str, heights: list[int], codes: list[str | None], smooth: bool
) -> None:
    disk = sorted(h3.grid_disk(centre, 5))[:91]
    if smooth:  # one wide hill: it has to be cut again and again
        top = h3.cell_to_latlng(disk[45])
        away_m = [int(h3.great_circle_distance(top, h3.cell_to_latlng(cell), unit="m")) for cell in disk]
        heights = [20_000 - metres + height for metres, height in zip(away_m, heights, strict=False)]
    frame = table(dict(zip(disk, map(float, heights), strict=False)))
    given = np.array(codes[: len(disk)] if not smooth else ["s1"] * len(disk), dtype=object)
    found = gap_areas(frame, given)
    assert {(area.street_code, area.cells) for area in found} == set(areas_by_definition(frame, given))
    height_of = dict(zip(frame["cell"], frame["demand"], strict=True))
    assert [area.unserved for area in found] == [sum(map(height_of.get, area.cells)) for area in found]
    order = [(-area.unserved, area.cells[0]) for area in found]
    assert order == sorted(order)
