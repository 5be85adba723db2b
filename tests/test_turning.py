"""Matrices are turned over and reordered as NumPy does it, whatever their sizes are to the blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.rulebook import Stored
from parity.turning import LARGE, turn_into, turned


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 700), st.integers(1, 200), st.booleans(), st.integers(0, 99))
def test_a_matrix_is_turned_over_with_its_rows_in_an_order(rows, columns, ordered, seed):
    random = np.random.default_rng(seed)
    native = random.integers(0, 99, (columns, rows))
    order = random.permutation(rows) if ordered else None
    expected = native.T if order is None else native.T[order]
    assert np.array_equal(turned(native, order), expected)
    back = np.zeros_like(native)
    turn_into(back, expected, None if order is None else np.argsort(order))
    assert np.array_equal(back, native)


@pytest.mark.parametrize("ordered", [False, True])
def test_a_large_kernel_is_carried_as_a_small_one_is(ordered):
    rows = 1031
    order = np.random.default_rng(0).permutation(rows)
    each = Stored("kernel", "k", "output input", "input output", {0: order} if ordered else {})
    native = np.random.default_rng(1).normal(size=(LARGE // rows + 1, rows))
    canonical = each.canonical(native)
    assert np.array_equal(canonical, native.T[order] if ordered else native.T)
    assert each.canonical_shape(native.shape) == canonical.shape
    back = np.zeros_like(native)
    each.put(back, canonical)
    assert np.array_equal(back, native)
