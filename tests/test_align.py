"""Which arrays are laid beside each other: by the match, never by the name, and none is dropped."""

import numpy as np
import pytest

from parity.align import align, align_outputs, standing
from parity.nouns import Layer, Match, Runs, Trace


def layer(name):
    return Layer(name, "dense", (), (), ())


def traced(steps=None, outputs=None, isolated=None):
    return Trace(steps or {}, outputs or {}, isolated or {})


def test_each_match_gives_one_pair_in_order_whatever_the_layers_are_called():
    reference = traced({"a": np.array([1.0]), "b": np.array([2.0])})
    candidate = traced({"a": np.array([20.0]), "b": np.array([10.0])})
    pairs = align(Runs(reference, candidate), (Match(layer("a"), layer("b")), Match(layer("b"), layer("a"))))
    assert [(pair.name, *(each.item() for each in pair.values)) for pair in pairs] == [("a", 1, 10), ("b", 2, 20)]
    assert [(pair.twins, pair.shaken, pair.isolated) for pair in pairs] == [(None, (), None)] * 2


def test_every_run_is_aligned_by_the_same_match():
    """float32, float64, shaken and alone: a pair that mixed them up would measure the wrong floor."""
    matches = (Match(layer("a"), layer("b")),)
    runs = Runs(
        traced({"a": np.array([1.0])}),
        traced({"b": np.array([2.0])}, isolated={"b": np.array([-2.0])}),
        twins=(
            traced({"a": np.array([3.0])}),
            traced({"b": np.array([4.0])}, isolated={"b": np.array([5.0])}),
        ),
        shaken=(
            (traced({"a": np.array([6.0])}), traced({"b": np.array([7.0])})),
            (traced({"a": np.array([8.0])}), traced({"b": np.array([9.0])})),
        ),
    )
    (pair,) = align(runs, matches)
    assert [each.item() for each in pair.values] == [1, 2]
    assert [each.item() for each in pair.twins] == [3, 4]
    assert [[each.item() for each in moved] for moved in pair.shaken] == [[6, 7], [8, 9]]
    assert pair.isolated.item() == 5  # of the widest precision that was run


def test_without_a_twin_the_layer_alone_is_taken_from_the_float32_run():
    runs = Runs(traced({"a": np.ones(3)}), traced({"a": np.ones(3)}, isolated={"a": np.full(3, 2.0)}))
    (pair,) = align(runs, (Match(layer("a"), layer("a")),))
    assert pair.isolated.tolist() == [2, 2, 2]


def test_a_layer_that_moved_was_not_seen_alone():
    """What was given to it belongs to another place of the network."""
    runs = Runs(traced({"a": np.ones(3)}), traced({"a": np.ones(3)}, isolated={"a": np.ones(3)}))
    (pair,) = align(runs, (Match(layer("a"), layer("a"), moved=True),))
    assert pair.isolated is None


def test_a_lonely_layer_keeps_its_row_with_nothing_on_the_other_side():
    matches = (Match(layer("a"), None), Match(None, layer("b")))
    pairs = align(Runs(traced({"a": np.ones(3)}), traced({"b": np.zeros(2)})), matches)
    assert [pair.name for pair in pairs] == ["a", "b"]
    assert (pairs[0].values[1], pairs[1].values[0]) == (None, None)
    assert np.array_equal(pairs[0].values[0], np.ones(3))
    assert np.array_equal(pairs[1].values[1], np.zeros(2))


@pytest.mark.parametrize("steps", [({"a": np.ones(3)}, {}), ({}, {"a": np.ones(3)})], ids=["candidate", "reference"])
def test_a_layer_that_was_not_recorded_is_not_taken_for_an_equal_one(steps):
    """A network may take another way on another batch, past a layer that its outline holds."""
    (pair,) = align(Runs(traced(steps[0]), traced(steps[1])), (Match(layer("a"), layer("a")),))
    assert any(each is None for each in pair.values)


def test_axes_of_one_element_are_no_difference_between_layers():
    values = np.arange(12.0)
    long, short = values.reshape(4, 1, 3, 1), values.reshape(4, 3)
    runs = Runs(
        traced({"a": long}),
        traced({"a": short}),
        twins=(traced({"a": long}), traced({"a": short}, isolated={"a": short})),
        shaken=((traced({"a": long}), traced({"a": short})),),
    )
    (pair,) = align(runs, (Match(layer("a"), layer("a")),))
    for each in (pair.values[1], pair.twins[1], pair.shaken[0][1], pair.isolated):
        assert each.shape == (4, 1, 3, 1)
        assert np.array_equal(each.ravel(), values)


def test_arrays_that_only_have_as_many_elements_are_left_in_their_own_shapes():
    runs = Runs(traced({"a": np.ones((3, 4))}), traced({"a": np.ones((4, 3))}))
    (pair,) = align(runs, (Match(layer("a"), layer("a")),))
    assert [each.shape for each in pair.values] == [(3, 4), (4, 3)]


def test_outputs_are_paired_in_order_and_a_missing_one_stays_visible():
    one, two = np.zeros((2, 1)), np.ones((2, 1))
    pairs = align_outputs(Runs(traced(outputs={"output.0": one, "output.1": two}), traced(outputs={"out": one})))
    assert [pair.name for pair in pairs] == ["output.0", "output.1"]
    assert pairs[0].values[1] is one
    assert pairs[1].values[1] is None
    (_, extra) = align_outputs(Runs(traced(outputs={"out": one}), traced(outputs={"a": one, "b": two})))
    assert (extra.name, extra.values[0]) == ("b", None)


def test_outputs_that_are_named_are_paired_by_their_names_where_both_sides_have_them():
    """`{"mean": ..., "variance": ...}` against the same heads in crossed keys is another function."""
    low, high = np.zeros(3), np.ones(3)
    straight = traced(outputs={"output.mean": low, "output.variance": high})
    crossed = traced(outputs={"output.variance": low, "output.mean": high})
    pairs = align_outputs(Runs(straight, crossed, (straight, crossed), ((straight, crossed),)))
    found = {pair.name: pair for pair in pairs}
    for each in (found["output.mean"].values, found["output.mean"].twins, *found["output.mean"].shaken):
        assert each[0] is low
        assert each[1] is high


def test_an_output_without_a_partner_has_no_twin_and_the_others_have():
    two, one = traced(outputs={"a": np.ones(1), "b": np.ones(1)}), traced(outputs={"a": np.ones(1)})
    first, second = align_outputs(Runs(two, one, (two, one), ((two, one),)))
    assert first.twins is not None
    assert len(first.shaken) == 1
    assert (second.values[1], second.twins, second.shaken) == (None, None, ())


def test_the_shapes_of_outputs_are_left_to_the_letter():
    (pair,) = align_outputs(Runs(traced(outputs={"o": np.zeros((4, 1))}), traced(outputs={"o": np.zeros(4)})))
    assert [each.shape for each in pair.values] == [(4, 1), (4,)]


# -- runs of another size --------------------------------------------------------------------------


def called(*names):
    """A run that calls these steps, each of them also alone."""
    steps = {name: np.full(2, number) for number, name in enumerate(names)}
    return traced(steps, {"out": np.zeros(2)}, steps)


def test_runs_that_call_the_same_stand_as_they_are():
    runs = Runs(called("a", "b"), called("c"), twins=(called("a", "b"), called("c")))
    assert standing(runs, (("a", "b"), ("c",))) == (runs, ((), ()))


@pytest.mark.parametrize(
    ("first", "now", "kept", "others"),
    [
        (["conv", "relu", "pool"], ["conv", "pad", "relu", "pool"], ["conv", "relu", "pool"], ["pad"]),
        (["conv", "pad", "relu"], ["conv", "relu"], ["conv", "relu"], ["pad"]),
        (["pad", "conv", "pad:2", "relu"], ["conv", "pad", "relu"], ["conv", "relu"], ["pad", "pad:2"]),
        (["relu", "conv", "relu_1"], ["relu", "relu_1", "conv", "relu_2"], ["conv"], ["relu", "relu_1", "relu_2"]),
        (["cell", "cell:2"], ["cell", "cell:2", "cell:3"], [], ["cell", "cell:2", "cell:3"]),
        (["dense_1", "relu"], ["dense_7", "abs", "relu"], ["relu"], ["dense_1", "dense_7", "abs"]),
    ],
)
@pytest.mark.parametrize("side", [0, 1])
def test_only_names_that_are_called_as_often_stand_for_the_same_calls(first, now, kept, others, side):
    both = [called("a", "b"), called("a", "b")]
    both[side] = called(*now)
    names = [["a", "b"], ["a", "b"]]
    names[side] = first
    runs, told = standing(Runs(*both, twins=tuple(both), shaken=(tuple(both),)), tuple(names))
    for pair in ((runs.reference, runs.candidate), runs.twins, *runs.shaken):
        assert list(pair[side].steps) == kept
        assert list(pair[1 - side].steps) == ["a", "b"]
        assert not pair[1].isolated  # they were given the values of other calls
    assert told[side] == others
    assert not told[1 - side]
    assert runs.reference.outputs


def test_a_twin_that_calls_others_keeps_only_what_both_call():
    runs = Runs(called("a", "b"), called("c"), twins=(called("a"), called("c")))
    found, _ = standing(runs, (("a", "b"), ("c",)))
    assert list(found.reference.steps) == ["a"]
