"""Which arrays are laid beside each other: by the match, never by the name, and none is dropped."""

import numpy as np

from parity.align import align, align_outputs
from parity.nouns import Layer, Match, Trace


def layer(name):
    return Layer(name, "dense", (), (), ())


def traced(steps=None, outputs=None):
    return Trace(steps or {}, outputs or {})


def test_each_match_gives_one_pair_in_order_whatever_the_layers_are_called():
    reference = traced({"a": np.array([1.0]), "b": np.array([2.0])})
    candidate = traced({"a": np.array([20.0]), "b": np.array([10.0])})
    pairs = align(reference, candidate, (Match(layer("a"), layer("b")), Match(layer("b"), layer("a"))))
    assert [(pair.name, pair.reference.item(), pair.candidate.item()) for pair in pairs] == [("a", 1, 10), ("b", 2, 20)]


def test_a_lonely_layer_keeps_its_row_with_nothing_on_the_other_side():
    matches = (Match(layer("a"), None), Match(None, layer("b")))
    pairs = align(traced({"a": np.ones(3)}), traced({"b": np.zeros(2)}), matches)
    assert [pair.name for pair in pairs] == ["a", "b"]
    assert (pairs[0].candidate, pairs[1].reference) == (None, None)
    assert np.array_equal(pairs[0].reference, np.ones(3))
    assert np.array_equal(pairs[1].candidate, np.zeros(2))


def test_a_layer_that_was_not_recorded_is_not_taken_for_an_equal_one():
    (pair,) = align(traced({"a": np.ones(3)}), traced(), (Match(layer("a"), layer("a")),))
    assert pair.candidate is None


def test_axes_of_one_element_are_no_difference_between_layers():
    values = np.arange(12.0)
    (pair,) = align(
        traced({"a": values.reshape(4, 1, 3, 1)}), traced({"a": values.reshape(4, 3)}), (Match(layer("a"), layer("a")),)
    )
    assert pair.candidate.shape == (4, 1, 3, 1)
    assert np.array_equal(pair.candidate.ravel(), values)


def test_arrays_that_only_have_as_many_elements_are_left_in_their_own_shapes():
    (pair,) = align(traced({"a": np.ones((3, 4))}), traced({"a": np.ones((4, 3))}), (Match(layer("a"), layer("a")),))
    assert (pair.reference.shape, pair.candidate.shape) == ((3, 4), (4, 3))


def test_outputs_are_paired_in_order_and_a_missing_one_stays_visible():
    one, two = np.zeros((2, 1)), np.ones((2, 1))
    pairs = align_outputs(traced(outputs={"output.0": one, "output.1": two}), traced(outputs={"out": one}))
    assert [pair.name for pair in pairs] == ["output.0", "output.1"]
    assert pairs[0].candidate is one
    assert pairs[1].candidate is None
    (_, extra) = align_outputs(traced(outputs={"out": one}), traced(outputs={"a": one, "b": two}))
    assert (extra.name, extra.reference) == ("b", None)


def test_outputs_that_are_named_are_paired_by_their_names_where_both_sides_have_them():
    """`{"mean": ..., "variance": ...}` against the same heads in crossed keys is another function."""
    low, high = np.zeros(3), np.ones(3)
    pairs = align_outputs(
        traced(outputs={"output.mean": low, "output.variance": high}),
        traced(outputs={"output.variance": low, "output.mean": high}),
    )
    found = {pair.name: pair for pair in pairs}
    assert found["output.mean"].reference is low
    assert found["output.mean"].candidate is high


def test_the_shapes_of_outputs_are_left_to_the_letter():
    (pair,) = align_outputs(traced(outputs={"o": np.zeros((4, 1))}), traced(outputs={"o": np.zeros(4)}))
    assert (pair.reference.shape, pair.candidate.shape) == ((4, 1), (4,))
