"""Cells and quarter-hours merged for coverage: against sets and columns compared one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo.coverage_patterns import distinct_slots, patterns, period_slots, slot_shares

REACHED = st.lists(st.sets(st.integers(0, 5)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(REACHED)
def test_cells_share_a_pattern_where_they_reach_the_same_stations(reached: list[set[int]]) -> None:
    columns = np.array([station for row in reached for station in sorted(row)], dtype=np.int32)
    starts = np.cumsum([0, *(len(row) for row in reached)]).astype(np.int32)
    # zero minutes are a stored entry: a station on the spot is in reach
    pattern, of_cell = patterns(csr_array((np.zeros(len(columns)), columns, starts), shape=(len(reached), 6)))
    told = [
        frozenset(pattern.indices[pattern.indptr[row] : pattern.indptr[row + 1]].tolist())
        for row in range(pattern.shape[0])
    ]
    assert [told[number] for number in of_cell] == [frozenset(row) for row in reached]
    assert len(told) == len(set(told)) == len({frozenset(row) for row in reached})
    assert pattern.data.tolist() == [1.0] * pattern.nnz


def test_merged_slots_count_the_same_shares_as_all_slots() -> None:
    rng = np.random.default_rng(4)
    # five different columns on 672 quarter-hours
    marked = (rng.random((8, 5)) < 0.5)[:, rng.integers(0, 5, 672)]
    first, counts = distinct_slots(marked)
    assert len(first) == len({column.tobytes() for column in marked.T}) == 5
    assert counts.sum() == period_slots().sum()
    expected = (marked @ period_slots()) / period_slots().sum(axis=0)
    assert np.array_equal(slot_shares(marked[:, first], counts), expected.reshape(8, 7, 2))
    assert np.array_equal(slot_shares(marked), expected.reshape(8, 7, 2))


def test_one_instant_is_one_slot() -> None:
    marked = np.array([[True], [False]])
    first, counts = distinct_slots(marked)
    assert slot_shares(marked[:, first], counts).tolist() == [[[1.0]], [[0.0]]]
