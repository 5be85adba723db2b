"""Differences against NumPy's own arithmetic, and every number that is no number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine

from parity.compare import compare, compare_layers
from parity.nouns import Layer, Match, Pair

NAN, INF = float("nan"), float("inf")
modest = settings(max_examples=60, deadline=None)


def compared(reference, candidate, **how):
    return compare(Pair("x", np.asarray(reference), np.asarray(candidate)), **how)


@modest
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64, np.float16]),
)
def test_distances_scale_place_and_cosine_are_numpy_s_and_scipy_s(shape, seed, dtype):
    random = np.random.default_rng(seed)
    one, other = (random.normal(size=shape).astype(dtype) for _ in range(2))
    found = compared(one, other)
    left, right = one.astype(np.longdouble).ravel(), other.astype(np.longdouble).ravel()
    assert found.max_abs == pytest.approx(float(max(abs(a - b) for a, b in zip(left, right, strict=True))))
    assert found.mean_abs == pytest.approx(float(sum(abs(left - right)) / left.size))
    assert found.scale == pytest.approx(float(max(abs(left))))
    assert found.relative == pytest.approx(found.max_abs / found.scale)
    assert abs(float(one[found.where]) - float(other[found.where])) == pytest.approx(found.max_abs)
    assert found.cosine == pytest.approx(1 - cosine(left.astype(float), right.astype(float)))


def test_equal_arrays_agree_exactly():
    values = np.random.default_rng(0).normal(size=(3, 5))
    found = compared(values, values.copy())
    assert (found.max_abs, found.relative, found.agrees) == (0, 0, True)


@pytest.mark.parametrize(("gap", "agrees"), [(0.9e-5, True), (1.1e-5, False)])
def test_without_the_user_s_word_a_hundred_thousandth_of_the_scale_is_allowed(gap, agrees):
    reference = np.array([0.0, 250.0, 1.0])
    assert compared(reference, [*reference, 0, 0, gap * 250]).agrees is agrees


@pytest.mark.parametrize(
    ("rtol", "atol", "allowed"),
    [(1e-2, None, 0.04), (None, 0.5, 0.5), (1e-2, 0.5, 0.54), (0.0, 0.0, 0.0), (0.0, None, 0.0)],
)
def test_the_user_s_tolerances_are_a_share_of_the_scale_plus_an_amount(rtol, atol, allowed):
    found = compared([1.0, -4.0], [1.0, -4.0], rtol=rtol, atol=atol)
    assert found.allowed == pytest.approx(allowed)
    assert not compared([1.0, -4.0], [1.0, -4.0 - allowed * 1.01 - 1e-9], rtol=rtol, atol=atol).agrees


@pytest.mark.parametrize("how", [{"rtol": NAN}, {"atol": NAN}])
def test_a_tolerance_that_is_no_number_allows_nothing(how):
    assert not compared([1.0], [1.0], **how).agrees


def test_a_magnitude_beyond_the_reference_s_own_widens_what_is_allowed_and_a_smaller_one_does_not():
    assert compared([0.0, 1.0], [5e-5, 1.0], magnitude=10.0).agrees
    assert not compared([0.0, 1.0], [5e-5, 1.0]).agrees
    assert compared([0.0, 1.0], [0.0, 1.0], magnitude=0.5).scale == 1


def test_nan_on_both_sides_at_one_place_is_counted_and_never_agrees():
    found = compared([1.0, NAN, 3.0], [1.0, NAN, 3.0])
    assert (found.reference_nan, found.candidate_nan) == (1, 1)
    assert not found.agrees


@pytest.mark.parametrize(("one", "other"), [([1.0, NAN], [1.0, 2.0]), ([1.0, 2.0], [1.0, NAN])])
def test_nan_on_one_side_never_agrees_and_is_where_the_difference_is(one, other):
    found = compared(one, other, atol=1e9)
    assert found.reference_nan + found.candidate_nan == 1
    assert found.where == (1,)
    assert not found.agrees


def test_infinities_of_one_sign_at_one_place_are_equal_and_are_counted():
    found = compared([INF, -INF, 1.0], [INF, -INF, 1.0])
    assert (found.max_abs, found.scale, found.reference_inf, found.candidate_inf) == (0, 1, 2, 2)
    assert found.agrees


@pytest.mark.parametrize(("one", "other"), [([INF], [-INF]), ([INF], [1e30]), ([1e30], [INF]), ([0.0], [-INF])])
def test_an_infinity_against_anything_else_is_an_infinite_difference(one, other):
    found = compared([*one, 1.0], [*other, 1.0])
    assert found.max_abs == INF
    assert not found.agrees


def test_arrays_of_different_shapes_are_not_subtracted_even_where_they_would_broadcast():
    found = compared(np.zeros((2, 3)), np.zeros((1, 3)))
    assert (found.compared, found.same_shape, found.agrees) == (False, False, False)
    assert (found.reference_shape, found.candidate_shape) == ((2, 3), (1, 3))


@pytest.mark.parametrize("pair", [Pair("x", np.ones(3), None), Pair("x", None, np.ones(3)), Pair("x", None, None)])
def test_an_array_without_a_partner_never_agrees(pair):
    assert not compare(pair).compared
    assert not compare(pair).agrees


def test_empty_arrays_are_of_one_shape_and_agree_in_nothing():
    found = compared(np.zeros((4, 0)), np.zeros((4, 0)))
    assert (found.same_shape, found.compared, found.agrees) == (True, False, False)


def test_two_scalars_are_compared_like_any_array():
    assert compared(2.0, 2.0).agrees
    found = compared(2.0, 3.0)
    assert (found.max_abs, found.where, found.agrees) == (1, (), False)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, np.bool_])
def test_whole_numbers_must_be_equal_whatever_is_allowed(dtype):
    one = np.array([1, 0, 1], dtype)
    assert compared(one, one.copy()).agrees
    assert not compared(one, np.array([1, 1, 1], dtype), rtol=10.0, atol=10.0).agrees


def test_unsigned_numbers_are_not_subtracted_around_the_corner():
    assert compared(np.uint8([0]), np.uint8([255])).max_abs == 255


def test_whole_numbers_that_a_float64_cannot_tell_apart_are_told_apart():
    assert not compared(np.array([2**53]), np.array([2**53 + 1])).agrees


def test_complex_numbers_that_differ_in_their_imaginary_part_alone_differ():
    found = compared(np.array([3 + 4j, 1j]), np.array([3 - 4j, 1j]))
    assert found.max_abs == pytest.approx(8)
    assert found.scale == pytest.approx(5)
    assert not found.agrees


def test_against_zeros_only_zeros_agree():
    assert compared(np.zeros(3), np.zeros(3)).agrees
    found = compared(np.zeros(3), np.array([0, 1e-30, 0]))
    assert (found.agrees, found.relative, found.where, found.cosine) == (False, INF, (1,), None)


def test_a_candidate_of_zeros_is_as_far_away_as_the_reference_is_large():
    found = compared([3.0, -4.0], [0.0, 0.0])
    assert (found.relative, found.max_abs, found.where) == (1, 4, (1,))


def chain(*kinds):
    """Layers of these kinds, each reading the one before; the first holds parameters by being dense."""
    layers = [
        Layer(f"{kind}{at}", kind, (f"{kinds[at - 1]}{at - 1}" if at else "input:x",), (), ())
        for at, kind in enumerate(kinds)
    ]
    return tuple(Match(layer, layer) for layer in layers)


def rows(values, kinds, gaps):
    """The rows of a chain whose layers give these values, off by these gaps on the candidate's side."""
    matches = chain(*kinds)
    pairs = [
        Pair(match.name, np.array([value]), np.array([value + gap]))
        for match, value, gap in zip(matches, values, gaps, strict=True)
    ]
    return compare_layers(pairs, matches)


def test_a_relu_that_leaves_little_is_measured_by_what_it_reads():
    assert all(each.agrees for each in rows([-1000.0, 1e-3], ["conv", "relu"], [0, 1e-4]))


def test_a_bounded_kind_is_measured_by_its_own_values():
    assert not rows([1000.0, 0.5], ["conv", "sigmoid"], [0, 1e-4])[1].agrees


@pytest.mark.parametrize("kind", ["multiply", "exp", "truediv", "of a kind that nobody knows"])
def test_a_kind_that_shrinks_what_it_reads_is_measured_by_its_own_values(kind):
    """Twice the factor in `y * 1e-6` is a fault, however large `y` is: the rounding of `y` shrinks as `y` does."""
    assert not rows([1.0, 1e-6], ["conv", kind], [0, 1e-6])[1].agrees


def test_rounding_is_passed_on_through_several_layers_without_parameters():
    found = rows([1000.0, 1e-3, 1e-3], ["conv", "relu", "add"], [0, 0, 1e-4])
    assert found[2].agrees
