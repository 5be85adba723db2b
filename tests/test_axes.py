"""Named axes against NumPy: every element carries its multi-index as its value, so an order can be read off."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.axes import (
    LOST,
    Axis,
    axis,
    broadcast,
    canonical,
    concatenated,
    from_canonical,
    named,
    order,
    permuted,
    ranking,
    reshaped,
    resized,
    shape_of,
    text,
    to_canonical,
    unknown,
)

NAMES = ("batch", "time", "length", "depth", "height", "width", "a", "b", "channel", "channel.0", "channel.1", LOST)
SIZES = {"batch": 2, "height": 3, "width": 5, "channel": 7}

atoms = st.tuples(st.sampled_from(NAMES), st.sampled_from((1, 2, 3, 5)))
blocks = st.lists(atoms, max_size=2).map(tuple)
any_axis = st.lists(blocks, min_size=1, max_size=2).map(lambda rows: Axis(tuple(rows)))
any_axes = st.lists(any_axis, min_size=1, max_size=3).map(tuple)
modest = settings(max_examples=60, deadline=None)


def tagged(axes):
    """Each element's value is its place in row-major order."""
    return np.arange(math.prod(shape_of(axes))).reshape(shape_of(axes))


def untangled(array, axes, names):
    """The elements in the order that `names` say, going by nothing but the atoms that `axes` claim."""
    held = [atom for each in axes for atom in each.blocks[0]]
    places = sorted(range(len(held)), key=lambda i: (names.index(held[i][0].split(".")[0]), held[i][0]))
    return array.reshape([size for _, size in held]).transpose(places).ravel()


@st.composite
def spellings(draw, words=tuple(SIZES)):
    """One logical tensor as two sides write it: the same axes merged, in two orders of axes and atoms."""
    ordered = draw(st.permutations(words))
    cuts = sorted({0, len(words), *draw(st.lists(st.integers(1, len(words) - 1), max_size=2))})
    groups = [ordered[start:end] for start, end in pairwise(cuts)]

    def spelled():
        mine = [draw(st.permutations(group)) for group in draw(st.permutations(groups))]
        flat = [name for group in mine for name in group]
        sizes = [math.prod(SIZES[name] for name in group) for group in mine]
        array = tagged(named(words, [SIZES[name] for name in words]))
        positions = [words.index(name) for name in flat]
        axes = permuted(named(words, array.shape), positions)
        return array.transpose(positions).reshape(sizes), reshaped(axes, sizes)

    return spelled(), spelled()


@modest
@given(any_axes, st.integers(0, 2**32 - 1))
def test_native_to_canonical_and_back_is_the_identity_bit_for_bit(axes, seed):
    bits = np.random.default_rng(seed).integers(0, 2**32, shape_of(axes), dtype=np.uint32)
    array = bits.view(np.float32)  # NaN payloads and infinities among them
    there = to_canonical(array, axes)
    assert np.array_equal(np.ascontiguousarray(from_canonical(there, axes)).view(np.uint32), bits)
    back = from_canonical(array.reshape(there.shape), axes)
    assert np.ascontiguousarray(to_canonical(back, axes)).tobytes() == array.tobytes()


@modest
@given(any_axes)
def test_canonical_names_have_the_shape_of_the_canonical_array_and_stay_as_they_are(axes):
    array = to_canonical(tagged(axes), axes)
    assert shape_of(canonical(axes)) == array.shape
    assert np.array_equal(to_canonical(array, canonical(axes)), array)


@modest
@given(spellings())
def test_two_spellings_of_one_tensor_become_one_array(both):
    (one, axes), (other, others) = both
    assert not any(each.lost for each in (*axes, *others))
    assert np.array_equal(to_canonical(one, axes), to_canonical(other, others))


@modest
@given(st.data())
def test_names_follow_numpy_through_any_row_of_permutes_and_reshapes(data):
    words = tuple(SIZES)
    axes = named(words, list(SIZES.values()))
    array = tagged(axes)
    for _ in range(data.draw(st.integers(1, 5))):
        if data.draw(st.booleans()):
            positions = data.draw(st.permutations(range(array.ndim)))
            array, axes = array.transpose(positions), permuted(axes, positions)
        else:
            factors = [size for size in array.shape if size > 1]
            cuts = sorted({0, len(factors), *data.draw(st.lists(st.integers(0, len(factors)), max_size=3))})
            shape = [math.prod(factors[start:end]) for start, end in pairwise(cuts)]
            shape.insert(data.draw(st.integers(0, len(shape))), 1)
            array, axes = array.reshape(shape), reshaped(axes, shape)
        assert shape_of(axes) == array.shape
        assert not any(each.lost for each in axes)
        assert np.array_equal(untangled(array, axes, words), np.arange(array.size))


@modest
@given(st.permutations([2, 2, 2, 3, 3, 5]), st.lists(st.integers(1, 5), max_size=4, unique=True))
def test_whatever_a_reshape_does_a_name_that_is_left_is_true(factors, cuts):
    words, sizes = ("height", "channel", "width"), (4, 15, 6)
    array = np.arange(360).reshape(sizes)
    bounds = [0, *sorted(cuts), len(factors)]
    shape = [math.prod(factors[start:end]) for start, end in pairwise(bounds)]
    axes = reshaped(named(words, sizes), shape)
    assert shape_of(axes) == tuple(shape)
    if not any(each.lost for each in axes):
        assert np.array_equal(untangled(array.reshape(shape), axes, words), np.arange(360))


def test_flatten_of_either_layout_is_named_in_its_own_order_and_comes_out_in_one():
    last = np.arange(2 * 3 * 5 * 7).reshape(2, 3, 5, 7)
    axes = reshaped(named("batch height width channel", last.shape), (2, 105))
    firsts = last.transpose(0, 3, 1, 2)
    others = reshaped(named("batch channel height width", firsts.shape), (2, 105))
    assert (text(axes), text(others)) == ("batch (height width channel)", "batch (channel height width)")
    assert np.array_equal(to_canonical(last.reshape(2, 105), axes), last.reshape(2, 105))
    assert np.array_equal(to_canonical(firsts.reshape(2, 105), others), last.reshape(2, 105))
    assert order(axes[1]) is None


def test_a_kernel_s_rows_follow_the_flatten_that_it_reads():
    tensor = np.random.default_rng(0).normal(size=(3, 5, 7))
    kernel = np.random.default_rng(1).normal(size=(105, 4))  # for rows in the order height, width, channel
    firsts = tensor.transpose(2, 0, 1).ravel()
    flat = reshaped(named("channel height width", (7, 3, 5)), (105,))[0]
    native = np.take(kernel, np.argsort(order(flat)), axis=0)
    np.testing.assert_allclose(firsts @ native, tensor.ravel() @ kernel, rtol=1e-12)


@pytest.mark.parametrize("along", ["channel", "height"])
def test_concatenation_of_either_layout_is_the_same_array(along):
    one = np.arange(2 * 3 * 5 * 7).reshape(2, 3, 5, 7)
    two = one + 1000
    last, first = ["batch", "height", "width", "channel"], ["batch", "channel", "height", "width"]
    joined = []
    for words in (last, first):
        positions = [last.index(word) for word in words]
        operands = [each.transpose(positions) for each in (one, two)]
        at = words.index(along)
        axes = concatenated([named(words, each.shape) for each in operands], at)
        array = np.concatenate(operands, at)
        assert shape_of(axes) == array.shape
        joined.append(to_canonical(array, axes))
    assert np.array_equal(*joined)
    assert np.array_equal(joined[0], np.concatenate([one, two], last.index(along)))


def test_concatenation_of_two_flattened_maps_orders_each_by_itself():
    one, two = np.arange(2 * 3 * 5).reshape(2, 3, 5), 100 + np.arange(2 * 4 * 7).reshape(2, 4, 7)
    expected = np.concatenate([one.reshape(2, -1), two.reshape(2, -1)], 1)
    flats = [each.transpose(0, 2, 1).reshape(2, -1) for each in (one, two)]
    axes = [
        reshaped(named("batch channel length", (2, each.shape[2], each.shape[1])), flat.shape)
        for each, flat in zip((one, two), flats, strict=True)
    ]
    joined = concatenated(axes, -1)
    assert text(joined) == "batch [channel length | channel length]"
    assert np.array_equal(to_canonical(np.concatenate(flats, 1), joined), expected)


def test_a_reshape_that_cuts_through_atoms_loses_their_names():
    axes = reshaped(named("batch height channel", (2, 3, 5)), (2, 5, 3))
    assert text(axes) == "batch ? ?"
    assert [each.lost for each in axes] == [False, True, True]


def test_a_lost_axis_does_not_take_its_neighbours_names():
    axes = reshaped(named("batch height width channel", (2, 3, 5, 7)), (2, 5, 3, 7))
    assert text(axes) == "batch ? ? channel"


def test_a_concatenated_axis_that_is_cut_is_lost():
    rows = Axis(((("length", 3),), (("channel", 3),)))
    assert all(each.lost for each in reshaped((rows,), (2, 3)))


@pytest.mark.parametrize("shape", [(2, 5, 3, 4), (2, 5, 4, 3), (2, 5, 2, 3, 2)])
def test_a_single_atom_that_is_cut_is_split_into_numbered_parts(shape):
    axes = reshaped(named("batch length channel", (2, 5, 12)), shape)
    parts = len(shape) - 2
    assert text(axes) == " ".join(["batch", "length", *(f"channel.{part}" for part in range(parts))])
    assert np.array_equal(untangled(np.arange(120).reshape(shape), axes, ("batch", "length", "channel")), range(120))


def test_the_parts_of_an_atom_become_one_array_wherever_either_side_puts_them():
    last = np.arange(2 * 5 * 12).reshape(2, 5, 12)
    firsts = last.transpose(0, 2, 1)
    split = reshaped(named("batch length channel", (2, 5, 12)), (2, 5, 3, 4))
    parted = reshaped(named("batch channel length", (2, 12, 5)), (2, 3, 4, 5))
    one, other = last.reshape(2, 5, 3, 4), firsts.reshape(2, 3, 4, 5)
    assert np.array_equal(to_canonical(one, split), to_canonical(other, parted))
    for positions in [(0, 3, 1, 2), (0, 3, 2, 1), (0, 2, 3, 1)]:  # heads before or behind what they hold
        moved = to_canonical(other.transpose(positions), permuted(parted, positions))
        assert np.array_equal(moved, to_canonical(one, split)), positions


def test_a_channel_shuffle_is_not_taken_for_the_unshuffled_channels():
    channels = np.arange(12)
    parts = reshaped(named("channel", (12,)), (3, 4))
    shuffled = reshaped(permuted(parts, (1, 0)), (12,))
    straight = reshaped(parts, (12,))
    moved = channels.reshape(3, 4).T.ravel()
    # What is compared is the row of channels, and these two rows are not the same.
    assert not np.array_equal(to_canonical(moved, shuffled), to_canonical(channels, straight))


def test_squeezed_and_unsqueezed_axes_leave_the_other_names_alone():
    axes = named("batch channel length", (2, 5, 7))
    assert text(reshaped(axes, (2, 1, 5, 7))) == "batch 1 channel length"
    assert text(reshaped(reshaped(axes, (2, 1, 5, 7)), (2, 5, 7))) == "batch channel length"


def test_an_empty_array_has_no_names_but_the_batch():
    assert text(reshaped(named("batch channel", (2, 0)), (2, 3, 0))) == "batch ? ?"


def test_a_pool_keeps_simple_names_and_loses_those_of_a_composite():
    axes = (axis("batch", 2), Axis(((("height", 3), ("width", 5)),)), axis("channel", 7))
    assert text(resized(axes, (2, 8, 3))) == "batch ? channel"
    assert shape_of(resized(axes, (2, 8, 3))) == (2, 8, 3)


def test_a_broadcast_takes_the_operand_that_has_the_result_s_shape_and_its_names():
    row, whole = named("channel", (5,)), named("batch length channel", (2, 3, 5))
    assert broadcast([row, whole], (2, 3, 5)) == whole
    assert broadcast([unknown((2, 3, 5)), whole], (2, 3, 5)) == whole
    assert broadcast([row], (2, 3, 5)) == unknown((2, 3, 5))


def test_the_canonical_order_is_batch_time_space_others_channel():
    axes = named("channel b width a height depth length time batch", range(1, 10))
    words = [str(axes[i]) for i in ranking(axes)]
    assert words == ["batch", "time", "length", "depth", "height", "width", "a", "b", "channel"]


def test_a_name_too_many_or_too_few_is_refused_with_both_counts():
    with pytest.raises(ValueError, match=r"'batch channel' name 2 dimensions, the shape \(2, 3, 5\) has 3"):
        named("batch channel", (2, 3, 5))
