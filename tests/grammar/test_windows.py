"""Padding against its definition: windows laid out one by one, and the elements that they need counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.axes import named
from parity.grammar.windows import amounts, keras_pool, per_axis, rank_of, reached, same, torch_pool
from parity.rule import Call

small = st.integers(1, 12)
modest = settings(max_examples=60, deadline=None)


def windows(size, kernel, stride, dilation=1):
    """How many windows fit into `size` elements, counted by sliding one along."""
    starts = range(0, size, stride)
    return sum(all(start + tap * dilation < size for tap in range(kernel)) for start in starts)


def fewest(size, kernel, stride, dilation):
    """By definition of 'same': the fewest elements to add so that there are ceil(size / stride) windows."""
    wanted = int(np.ceil(size / stride))
    added = next(n for n in range(1000) if windows(size + n, kernel, stride, dilation) >= wanted)
    return added // 2, added - added // 2


@modest
@given(st.integers(1, 40), small, small, st.integers(1, 4))
def test_same_adds_the_fewest_elements_for_ceil_of_size_by_stride_windows(size, kernel, stride, dilation):
    assert same(size, kernel, stride, dilation) == fewest(size, kernel, stride, dilation)


@modest
@given(st.integers(1, 40), small, small, st.integers(1, 4))
def test_the_windows_over_a_same_padded_row_are_ceil_of_size_by_stride(size, kernel, stride, dilation):
    padded = np.pad(np.ones(size), same(size, kernel, stride, dilation))
    span = (kernel - 1) * dilation + 1
    taken = np.lib.stride_tricks.sliding_window_view(padded, span)[::stride]
    assert len(taken) == -(-size // stride)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [(250, 3, 2, (0, 1)), (251, 3, 2, (1, 1)), (7, 2, 1, (0, 1)), (6, 2, 2, (0, 0)), (5, 1, 4, (0, 0))],
)
def test_same_puts_the_odd_element_at_the_end(size, kernel, stride, expected):
    assert same(size, kernel, stride) == expected


@modest
@given(st.integers(1, 30), st.integers(1, 12), small, small, st.integers(0, 5), st.integers(1, 3))
def test_reached_is_how_far_the_last_window_looks_past_the_end(size, output, kernel, stride, before, dilation):
    seen = [window * stride + tap * dilation - before for window in range(output) for tap in range(kernel)]
    assert reached(size, output, kernel, stride, before, dilation) == (
        before,
        sum(i >= size for i in range(max(seen) + 1)),
    )


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("valid", ((0, 0), (0, 0))),
        ("same", (fewest(7, 3, 2, 1), fewest(9, 4, 3, 2))),
        ("causal", ((2, 0), (6, 0))),
        (1, ((1, 1), (1, 1))),
        ((2,), ((2, 2), (2, 2))),
        ([1, 3], ((1, 1), (3, 3))),
    ],
)
def test_every_spelling_of_padding_says_before_and_after_for_each_axis(padding, expected):
    assert amounts(padding, sizes=(7, 9), kernel=(3, 4), stride=(2, 3), dilation=(1, 2)) == expected


@modest
@given(small, small, small)
def test_causal_padding_lets_no_window_see_what_comes_later(size, kernel, dilation):
    ((before, after),) = amounts("causal", (size,), (kernel,), (1,), (dilation,))
    padded = np.pad(np.arange(1, size + 1), (before, after))
    span = (kernel - 1) * dilation + 1
    rows = np.lib.stride_tricks.sliding_window_view(padded, span)
    assert rows.max(axis=1).tolist() == list(range(1, size + 1))


def test_a_word_for_padding_that_nobody_knows_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ValueError, match="padding 'full': expected 'same', 'valid', 'causal' or numbers"):
        amounts("full", (7,), (3,), (1,), (1,))


def test_axes_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="argument"):
        amounts("same", (7, 9), (3,), (1, 1), (1, 1))


def test_one_number_serves_every_axis_and_several_stay_as_they_are():
    assert per_axis(3, 2) == per_axis((3,), 2) == (3, 3)
    assert per_axis([1, 2, 3], 3) == (1, 2, 3)


@pytest.mark.parametrize(("name", "rank"), [("conv2d", 2), ("MaxPooling1D", 1), ("avg_pool3d", 3)])
def test_the_number_of_spatial_axes_stands_in_the_name(name, rank):
    assert rank_of(Call(name, {}, (), ())) == rank


def test_a_pool_says_the_same_of_itself_in_keras_with_same_and_in_torch_with_ceil_mode():
    keras = Call(
        "MaxPooling2D",
        {"pool_size": (2, 3), "strides": (2, 3), "padding": "same", "data_format": "channels_last"},
        (named("batch height width channel", (4, 7, 9, 5)),),
        (4, 4, 3, 5),
    )
    torch = Call(
        "max_pool2d",
        {"kernel_size": (2, 3), "stride": None, "padding": 0, "dilation": 1, "ceil_mode": True},
        (named("batch channel height width", (4, 5, 7, 9)),),
        (4, 5, 4, 3),
    )
    assert keras_pool(keras) == torch_pool(torch)
    assert keras_pool(keras)["padding"] == ((0, 1), (0, 0))
