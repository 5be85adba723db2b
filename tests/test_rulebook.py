"""How rules are read: words bound as Python binds them, arrays carried there and back, and nothing guessed."""

import inspect
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.axes import named
from parity.errors import OutlineError
from parity.rule import Call, always
from parity.rulebook import Stored, bind, bookkeeping, find, knows, parameter, read, rules, slots_of, words_of

FRAMEWORKS = ("keras", "torch", "tensorflow")
SPELLED = sorted(
    {
        (framework, name)
        for framework in FRAMEWORKS
        for rule in rules().values()
        for spelling in getattr(rule, framework)
        for name in spelling.names
    }
)
modest = settings(max_examples=60, deadline=None)


@modest
@given(st.integers(0, 3), st.sets(st.sampled_from("xyz")))
def test_words_are_bound_as_python_binds_a_signature(count, keywords):
    taken = set("xyz"[:count])
    args, kwargs = tuple(range(count)), {name: f"given {name}" for name in sorted(keywords - taken)}
    expected = inspect.signature(lambda x=None, y=1, z="none": None).bind(*args, **kwargs)
    expected.apply_defaults()
    assert bind("x y=1 z='none'", args, kwargs) == expected.arguments


def test_a_starred_word_takes_what_the_plain_words_behind_it_leave():
    assert bind("*values axis", ["a", "b", "c", 0], {}) == {"values": ["a", "b", "c"], "axis": 0}
    assert bind("input *dims", ["x", 0, 2, 1], {}) == {"input": "x", "dims": [0, 2, 1]}
    assert bind("input *others", ["x"], {}) == {"input": "x", "others": []}


def test_a_starred_word_that_is_given_by_its_name_is_not_lost():
    bound = bind("input *dims", ["x"], {"dims": (0, 2, 1)})
    assert np.ravel(bound["dims"]).tolist() == [0, 2, 1]


def test_words_that_a_spelling_does_not_foresee_are_kept():
    assert bind("x", ["t"], {"out": "somewhere"}) == {"x": "t", "out": "somewhere"}


@pytest.mark.parametrize(("framework", "name"), SPELLED)
def test_a_spelled_name_that_several_rules_read_has_one_set_of_words_and_one_reader_without_a_condition_at_most(
    framework, name
):
    readers = [one for each in rules().values() for one in getattr(each, framework) if name in one.names]
    readers.sort(key=lambda one: one.when is always)
    assert knows(framework, name)
    assert {one.words for one in readers} == {words_of(framework, name)}
    assert sum(one.when is always for one in readers) <= 1
    assert len(readers) == 1 or all(one.when is not always for one in readers[:-1])


def test_a_name_that_no_rule_knows_is_not_found():
    assert not knows("torch", "conv2d_of_another_kind")
    assert find("torch", Call("conv2d_of_another_kind", {}, (), ())) is None
    assert not knows("keras", "conv2d")  # the word of another framework


def test_only_buffers_that_inference_never_reads_are_bookkeeping():
    assert bookkeeping("features.3.num_batches_tracked")
    assert not bookkeeping("features.3.running_mean")


@st.composite
def stored(draw):
    """A kernel of up to three spatial axes, kept in some order, with some of its axes in another order."""
    spatial = draw(st.integers(0, 3))
    native = draw(st.sampled_from(["output input ...", "... input output", "input ... output", "output ... input"]))
    sizes = {"input": draw(st.integers(1, 6)), "output": draw(st.integers(1, 6))}
    shape = []
    for word in native.split():
        shape += (
            draw(st.lists(st.integers(1, 4), min_size=spatial, max_size=spatial)) if word == "..." else [sizes[word]]
        )
    orders = {
        at: np.array(draw(st.permutations(range(sizes[word]))))
        for at, word in ((-2, "input"), (-1, "output"))
        if draw(st.booleans())
    }
    return Stored("kernel", "conv.kernel", native, "... input output", orders), tuple(shape)


@modest
@given(stored(), st.integers(0, 2**32 - 1))
def test_native_to_canonical_and_back_is_the_identity_bit_for_bit(case, seed):
    each, shape = case
    array = np.random.default_rng(seed).integers(0, 2**32, shape, dtype=np.uint32)
    canonical = each.canonical(array)
    assert canonical.shape == each.canonical_shape(shape)
    assert np.array_equal(each.native(canonical), array)
    assert np.array_equal(each.canonical(each.native(array.reshape(canonical.shape))), array.reshape(canonical.shape))


def test_a_stored_kernel_is_turned_and_reordered_as_numpy_says():
    order = np.array([2, 0, 1])
    kernel = np.arange(2 * 3 * 5).reshape(2, 3, 5)  # output input length
    each = Stored("kernel", "k", "output input ...", "... input output", {-2: order})
    assert np.array_equal(each.canonical(kernel), kernel.transpose(2, 1, 0)[:, order])
    assert parameter(each, (2, 3, 5), True).shape == (5, 3, 2)


def test_a_canonical_array_of_another_size_is_refused_with_name_role_and_both_shapes():
    each = Stored("kernel", "head/kernel", "output input", "input output", {})
    with pytest.raises(OutlineError) as refusal:
        each.check(np.zeros((5, 6)), (6, 4))
    for words in ("head/kernel", "(5, 6)", "(4, 6)", "role kernel", "(input output)"):
        assert words in str(refusal.value)


def test_an_array_is_put_into_its_part_in_the_native_type_and_leaves_the_rest_alone():
    each = Stored("recurrent_bias", "b", "(gate unit)", "gate unit", {0: np.array([1, 0])}, {"gate": 2}, (1,))
    native = np.full((2, 6), 9, np.float16)
    each.put(native, np.arange(6.0).reshape(2, 3))
    assert np.array_equal(native, [[9] * 6, [3, 4, 5, 0, 1, 2]])
    assert np.array_equal(each.canonical(native), np.arange(6).reshape(2, 3))


def test_an_array_that_is_read_through_a_view_is_put_where_the_view_reads():
    rows = np.arange(6).reshape(3, 2).T  # the network reads the transpose of what it keeps
    each = Stored("kernel", "k", "input output", "input output", {}, indices=rows)
    native = np.zeros((3, 2))
    each.put(native, np.arange(6.0).reshape(2, 3))
    assert np.array_equal(native, np.arange(6.0).reshape(2, 3).T)
    assert each.canonical_shape((3, 2)) == (2, 3)


def test_a_call_that_no_rule_knows_is_unknown_under_its_own_name():
    axes = named("batch channel length", (2, 5, 7))
    reading = read("torch", Call("erfinv", {}, (axes,), (2, 5, 7)), {})
    assert (reading.kind, reading.known, reading.stored, reading.axes) == ("erfinv", False, (), axes)


def test_a_convolution_of_odd_rank_is_unknown_with_the_reason_and_not_a_crash():
    words = bind("input weight bias=None stride=1 padding=0 dilation=1 groups=1", [None, np.zeros((6, 5, 3))], {})
    reading = read("torch", Call("conv1d", words, (named("channel", (5,)),), (6,)), {"weight": "w"})
    assert not reading.known
    assert reading.kind == "conv"
    assert reading.stored == ()
    assert reading.settings["unread"]


JUNK = [None, "odd", (), 0, 2.5, [None], {"a": 1}]


@pytest.mark.parametrize(("framework", "name"), SPELLED)
def test_no_call_however_odd_makes_a_rule_crash(framework, name):
    operands = [(), (named("batch channel", (2, 5)),), (named("batch channel length", (2, 5, 7)),) * 2, ((),)]
    slots = {slot: slot for slot in slots_of(framework, name)}
    for junk in JUNK:
        words = dict.fromkeys(bind(words_of(framework, name), [], {}), junk)
        for inputs in operands:
            for shape in [(), (2, 5), (2, 5, 7), (2, 0)]:
                for given_words in ({}, words):
                    reading = read(framework, Call(name, given_words, inputs, shape), slots)
                    assert tuple(each.size for each in reading.axes) == shape
                    assert reading.known or reading.stored == ()


def test_a_dense_layer_behind_two_flattens_carries_its_rows_to_one_order():
    shape, rows = (3, 5, 7), np.arange(105)
    stands = []
    for words in permutations(("height", "width", "channel")):
        sizes = [dict(zip(("height", "width", "channel"), shape, strict=True))[word] for word in words]
        flat = read("torch", Call("flatten", {}, (named(["batch", *words], (2, *sizes)),), (2, 105)), {}).axes
        reading = read("torch", Call("linear", {"weight": None}, (flat,), (2, 4)), {"weight": "w"})
        (kernel,) = reading.stored
        # Row i of the native kernel belongs to the i-th flattened element, which is told by its place in h w c.
        places = rows.reshape(shape).transpose([("height", "width", "channel").index(word) for word in words]).ravel()
        stands.append(kernel.canonical(np.tile(places, (4, 1)))[:, 0])
    assert all(np.array_equal(each, rows) for each in stands)
