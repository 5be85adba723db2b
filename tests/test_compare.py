"""Differences against NumPy's own arithmetic, and every number that is no number."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine

from parity.compare import compare, distance, shortfall, worst
from parity.nouns import Difference, Pair

NAN, INF = float("nan"), float("inf")
ROUNDOFF = 2.0**-24
"""Of float32."""
modest = settings(max_examples=60, deadline=None)


def compared(reference, candidate, **how):
    """Two arrays of which nothing else is known: no float64 run, no moved one."""
    return compare(Pair("x", (np.asarray(reference), np.asarray(candidate))), **how)


def measured(values, twins, **how):
    """Two float32 runs and their two float64 runs."""
    narrow = tuple(np.asarray(each, np.float32) for each in values)
    return compare(Pair("x", narrow, tuple(np.asarray(each, np.float64) for each in twins), **how))


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


@pytest.mark.parametrize(("gap", "agrees"), [(7.9, True), (8.1, False)])
def test_where_no_floor_was_measured_eight_units_of_roundoff_at_the_scale_are_granted(gap, agrees):
    reference = np.array([0.0, 256.0, 1.0])
    found = compared(reference, reference + np.array([0, 0, gap * 256 * ROUNDOFF]))
    assert found.agrees is agrees
    assert found.floor == pytest.approx(8 * 256 * ROUNDOFF)


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


@pytest.mark.parametrize("pair", [Pair("x", each) for each in ((np.ones(3), None), (None, np.ones(3)), (None, None))])
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


def test_the_user_s_word_goes_before_what_was_measured():
    """A tolerance is a share of the float32 distance, whatever float64 says, and then nothing is called hidden."""
    pair = Pair("x", (np.float32([1.0]), np.float32([1.25])), (np.array([1.0]), np.array([1.0])))
    assert not compare(pair, atol=0.2).agrees
    assert compare(pair, atol=0.3).agrees
    other = Pair("x", (np.float32([1.0]), np.float32([1.0])), (np.array([1.0]), np.array([1.0 + 1e-9])))
    assert compare(other).hidden
    assert not compare(other, atol=0.3).hidden


# -- the floor, and what is held against it ----------------------------------------------------------------


@modest
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(-12, 0), st.floats(-12, 0))
def test_the_channel_that_lies_farthest_above_its_floor_decides(seed, channels, apart, noise):
    random = np.random.default_rng(seed)
    scales = 10.0 ** random.uniform(-3, 3, channels)
    wide = random.normal(size=(4, 3, channels)) * scales
    other = wide + random.normal(size=wide.shape) * scales * 10**apart
    runs = [(each + random.normal(size=wide.shape) * scales * 10**noise).astype(np.float32) for each in (wide, other)]
    found = measured(runs, (wide, other))

    def largest(array, channel):
        return max(abs(float(each)) for each in array[..., channel].ravel())

    own = [max(largest(runs[0] - wide, c), largest(runs[1] - other, c)) for c in range(channels)]
    spans = [largest(runs[0], c) for c in range(channels)]
    share = max(max(own) / max(spans), ROUNDOFF)
    floors = [max(own[c], share * spans[c]) for c in range(channels)]
    gaps = [largest(wide - other, c) for c in range(channels)]
    at = max(range(channels), key=lambda c: gaps[c] / floors[c])
    assert (found.gap, found.floor) == (pytest.approx(gaps[at]), pytest.approx(floors[at]))
    assert found.share == pytest.approx(gaps[at] / floors[at])
    assert found.agrees == all(gap <= floor for gap, floor in zip(gaps, floors, strict=True))


def test_a_large_channel_does_not_excuse_a_small_one():
    """A logit of a million rounds by a tenth; a probability beside it does not."""
    wide = np.array([[1e6, 0.5], [-1e6, 0.25]])
    rough = wide + np.array([[0.125, 0], [0, 0]])
    for gap, agrees in (([[0.1, 0], [0, 0]], True), ([[0, 1e-3], [0, 0]], False)):
        assert measured((rough, rough + gap), (wide, wide + gap)).agrees is agrees


def test_a_channel_that_rounds_luckily_has_at_least_the_floor_of_the_others():
    wide = np.array([[3.0, 5.0], [7.0, 2.0]])
    rough = wide + np.array([[1e-5, 0], [0, 0]])
    other = wide + np.array([[0, 0], [0, 5e-6]])
    found = measured((rough, other), (wide, other))
    assert found.agrees
    assert found.floor == pytest.approx(5.0 * 1e-5 / 7.0, rel=0.05)  # its share, and not the nothing that it shows


def test_below_the_roundoff_of_float32_nothing_is_a_divergence():
    wide = np.array([[1.0, 1.0]])
    for share, agrees in ((0.9, True), (1.1, False)):
        other = wide * (1 + share * ROUNDOFF)
        assert measured((wide, other), (wide, other)).agrees is agrees


@pytest.mark.parametrize(("gap", "hidden"), [(0.0, False), (1e-15, False), (1e-13, True), (1e-9, True)])
def test_what_float64_shows_and_float32_rounds_away_is_called_hidden(gap, hidden):
    wide = np.array([[1.0, -2.0]])
    found = measured((wide, wide), (wide, wide + np.array([[0, 2 * gap]])))
    assert found.agrees
    assert found.hidden is hidden


def test_the_noisier_the_float32_runs_the_more_rounding_is_granted_in_float64():
    """Rounding is in proportion to the unit roundoff: 2^-29 of what float32 loses, with a margin of 2^7."""
    wide = np.array([[1.0, -2.0]])
    rough = wide + np.array([[0, 1e-3]])
    assert not measured((rough, wide), (wide, wide + np.array([[0, 1e-10]]))).hidden
    assert measured((rough, wide), (wide, wide + np.array([[0, 1e-9]]))).hidden


def test_no_noise_excuses_a_gap_that_float64_never_makes_by_rounding():
    """Where float32 is all noise a gap may agree with it, and is hidden all the same."""
    wide = np.array([[1.0, -2.0]])
    found = measured((wide * 3, wide), (wide, wide + np.array([[0, 1e-9]])))
    assert found.agrees
    assert found.hidden


def test_a_difference_of_the_float32_runs_that_float64_does_not_show_is_rounding():
    wide = np.array([[1.0, -2.0]])
    found = measured((wide + 1e-4, wide - 1e-4), (wide, wide))
    assert (found.max_abs, found.agrees, found.hidden) == (pytest.approx(2e-4, rel=1e-2), True, False)


def test_nan_that_only_float64_shows_never_agrees():
    wide = np.array([[1.0, -2.0]])
    assert not measured((wide, wide), (wide, wide * NAN)).agrees
    assert not measured((wide, wide), (wide * NAN, wide * NAN)).agrees


@pytest.mark.parametrize("side", [0, 1])
def test_a_twin_that_is_no_twin_at_all_makes_no_parity_without_a_word(side):
    """A float64 copy that computes something else widens the floor; what it then excuses is hidden, not equal."""
    wide = np.array([[1.0, -2.0]])
    twins = [wide, wide]
    twins[side] = wide * 1.5
    found = measured((wide, wide), twins)
    assert not found.agrees or found.hidden


def ran(function, *arrays):
    """A function of arrays in float32 and in float64, on inputs that both hold exactly."""
    narrow = [np.asarray(each, np.float32) for each in arrays]
    return function(*narrow), function(*(each.astype(np.float64) for each in narrow))


def side_by_side(reference, candidate, *arrays):
    (mine, wide), (yours, other) = ran(reference, *arrays), ran(candidate, *arrays)
    assert mine.dtype == yours.dtype == np.float32
    return compare(Pair("x", (mine, yours), (wide, other)))


def inputs(*shapes):
    random = np.random.default_rng(7)
    return [random.normal(size=shape) for shape in shapes]


def forward(x, kernel):
    return np.add.reduce(x[:, :, None] * kernel, axis=1)


def backward(x, kernel):
    """The same sum in another order."""
    total = np.zeros((len(x), kernel.shape[1]), x.dtype)
    for position in reversed(range(x.shape[1])):
        total = total + x[:, position, None] * kernel[position]
    return total


def relu(values):
    return np.maximum(values, 0)


def test_two_orders_of_one_sum_agree_and_nothing_is_hidden():
    x, kernel = inputs((4, 500), (500, 6))
    found = side_by_side(forward, backward, x, kernel)
    assert found.max_abs > 0
    assert (found.agrees, found.hidden) == (True, False)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("size", [10.0, 1e3])
def test_a_relu_that_leaves_little_of_large_terms_agrees(seed, size):
    """Terms of thousands that cancel to a hundredth: the floor is theirs, and it is measured."""
    random = np.random.default_rng(seed)
    half, kernel = random.normal(size=(4, 250)) * size, random.normal(size=(250, 6))
    tail = random.normal(size=(4, 1)) * 1e-2
    x, both = np.concatenate([half, -half, tail], axis=1), np.concatenate([kernel, kernel, np.ones((1, 6))])
    found = side_by_side(lambda a, b: relu(forward(a, b)), lambda a, b: relu(backward(a, b)), x, both)
    assert found.agrees
    # Past a share of 2^-34 float64 shows nothing either, which is told and not taken for rounding.
    assert found.hidden is bool(found.gap > 2.0**-34 * found.scale) or size == 1e3


def test_rounding_is_passed_on_through_several_layers_without_parameters():
    x, kernel = inputs((4, 500), (500, 6))
    found = side_by_side(
        lambda a, b: relu(forward(a * 1e3, b)) - relu(forward(a * 1e3, b) + np.float32(1e-3)),
        lambda a, b: relu(backward(a * 1e3, b)) - relu(backward(a * 1e3, b) + np.float32(1e-3)),
        x,
        kernel,
    )
    assert found.agrees


def test_a_bounded_kind_is_measured_by_its_own_values():
    """A sigmoid behind a map of thousands rounds by its own roundoff: a ten-thousandth is a fault."""
    x, kernel = inputs((4, 500), (500, 6))

    def sigmoid(a, b):
        return 1 / (1 + np.exp(-forward(a, b)))

    assert side_by_side(sigmoid, sigmoid, x, kernel).agrees
    assert not side_by_side(sigmoid, lambda a, b: sigmoid(a, b) + a.dtype.type(1e-4), x, kernel).agrees


def test_a_kind_that_shrinks_what_it_reads_is_measured_by_its_own_values():
    """Twice the factor in `y * 1e-6` is a fault, however large `y` is: the rounding of `y` shrinks as `y` does."""
    x, kernel = inputs((4, 500), (500, 6))
    small, twice = (lambda a, b, f=f: forward(a, b) * a.dtype.type(f) for f in (1e-6, 2e-6))
    assert side_by_side(small, small, x, kernel).agrees
    assert not side_by_side(small, twice, x, kernel).agrees


@pytest.mark.parametrize(
    ("epsilon", "agrees", "hidden"), [(1e-5, True, False), (1.001e-5, True, True), (1e-3, False, True)]
)
def test_an_epsilon_is_told_from_rounding_down_to_a_thousandth_of_itself(epsilon, agrees, hidden):
    x, mean = inputs((50, 6), (6,))

    def norm(a, m, e):
        return (a - m) / np.sqrt(((a - m) ** 2).mean(0) + a.dtype.type(e))

    found = side_by_side(
        lambda a, m: norm(a, m, 1e-5), lambda a, m: norm(a[:, ::-1], m[::-1], epsilon)[:, ::-1], x, mean
    )
    assert found.agrees is agrees
    assert found.hidden is (hidden and agrees)


# -- a floor that is estimated -----------------------------------------------------------------------------


def test_one_number_that_did_not_move_may_have_moved_by_less_than_its_last_place():
    """Three runs of one number may round to the very same float32, though its rounding is not nothing."""
    value, near, far = (np.array([each], np.float32) for each in (16.0, 16.0 + 2e-6, 16.01))
    assert compare(Pair("x", (value, near), shaken=((value, near),) * 3)).agrees
    assert not compare(Pair("x", (value, far), shaken=((value, far),) * 3)).agrees


def test_where_runs_were_shaken_eight_times_their_largest_distance_is_the_floor():
    values = np.repeat(np.float32([[1.0, 2.0]]), 20, axis=0)  # enough elements for the largest to be typical
    for gap, agrees in ((1.5e-2, True), (1.7e-2, False)):
        other = values + np.float32([[0, gap]])
        shakes = (1e-3, 0), (0, -2e-3), (1e-3, 1e-3)
        moved = tuple((values + np.float32(a), other + np.float32(b)) for a, b in shakes)
        found = compare(Pair("x", (values, other), shaken=moved))
        assert found.agrees is agrees
        assert found.floor == pytest.approx(1.6e-2, rel=1e-3)
        assert not found.hidden  # nothing is known below the floor


def test_a_floor_that_is_estimated_is_one_of_each_channel_too():
    values = np.float32([[1e6, 1.0]])
    for gap, agrees in (([[7, 0]], True), ([[0, 1e-3]], False)):
        other = values + np.float32(gap)
        moved = ((values + np.float32([[1.0, 0]]), other),)
        assert compare(Pair("x", (values, other), shaken=moved)).agrees is agrees


# -- a layer alone -----------------------------------------------------------------------------------------


def test_a_layer_that_parts_alone_makes_its_difference_and_one_that_does_not_passes_it_on():
    wide = np.array([[1.0, -2.0]])
    off = wide + np.array([[0.5, 0]])
    found = measured((wide, off), (wide, off), isolated=off)
    assert (found.isolated, found.made_here) == (0.5, True)
    found = measured((wide, off), (wide, off), isolated=wide + 1e-16)
    assert (found.agrees, found.made_here) == (False, False)
    assert measured((wide, off), (wide, off)).made_here is None


def test_a_layer_that_gives_nan_alone_makes_its_difference():
    wide = np.array([[1.0, -2.0]])
    assert measured((wide, wide), (wide, wide), isolated=wide * NAN).made_here is True


def test_without_a_twin_a_layer_alone_is_held_against_the_estimated_floor():
    values = np.float32([[1.0, 2.0]])
    pair = Pair("x", (values, values + 1), isolated=values + np.float32(1e-6))
    assert compare(pair).made_here is True
    assert compare(Pair("x", (values, values + 1), isolated=values)).made_here is False
    assert compare(pair, atol=0.1).made_here is None


def test_integers_are_whole_also_beside_a_twin():
    one, other = np.array([1, 2]), np.array([1, 3])
    assert not compare(Pair("x", (one, other), (one, other))).agrees
    assert compare(Pair("x", (one, one), (one, one))).agrees


# -- several probes ----------------------------------------------------------------------------------------


def difference(**numbers):
    return Difference("x", (1,), (1,), max_abs=0.0, rounding=1e-14, floor=1e-7, **numbers)


SAME = difference(gap=1e-15, share=1e-8)
HIDDEN = difference(gap=1e-10, share=1e-3)
CLOSE = difference(gap=1e-15, share=0.9)
PARTS = difference(gap=1e-6, share=10.0)
FARTHER = difference(gap=1e-5, share=100.0)
HOLED = difference(gap=1e-15, share=1e-8, reference_nan=1, candidate_nan=1)
SHAPED = Difference("x", (1,), (2,))


@pytest.mark.parametrize(
    ("less", "more"),
    [(SAME, CLOSE), (CLOSE, HIDDEN), (HIDDEN, PARTS), (PARTS, FARTHER), (HIDDEN, HOLED), (HIDDEN, SHAPED)],
)
def test_of_several_probes_the_one_that_says_most_against_a_step_stands(less, more):
    assert worst([less, more]) == more
    assert worst([more, less]) == more


def test_of_several_probes_each_tells_what_it_shows_best_of_a_layer_by_itself():
    """One probe shows the fault upstream best, another what this layer makes alone: neither may hide the other."""
    upstream = replace(PARTS, isolated=1e-9, isolated_share=0.1, probe="one")
    own = replace(HIDDEN, isolated=1e-5, isolated_share=30.0, probe="other")
    asleep = replace(SAME, redrawn=1e-3, redrawn_share=1e3, redrawn_rounding=1e-9)
    found = worst([upstream, own, asleep])
    assert (found.probe, found.isolated_share, found.redrawn_share) == ("one", 30.0, 1e3)
    assert found.made_here


def test_the_distance_of_two_shapes_or_of_nan_is_infinite():
    assert distance(np.ones(3), np.ones(4)) == INF
    assert distance(np.array([1.0, NAN]), np.array([1.0, NAN])) == INF
    assert distance(np.array([1.0, INF]), np.array([3.0, INF])) == 2
    assert distance(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_the_largest_of_few_draws_may_fall_short_by_more_than_that_of_many():
    """Simulated: ten draws all stay below a third of a deviation in about one case of a million."""
    draws = np.abs(np.random.default_rng(0).normal(size=(400_000, 10))).max(axis=1)
    assert (draws < 1 / shortfall(10)).mean() < 2e-5
    assert (draws < 2 / shortfall(10)).mean() > 1e-4
    assert shortfall(1) == shortfall(3) > shortfall(10) > shortfall(40) == 1


def test_a_layer_that_reads_nan_is_held_alone_against_the_rounding_of_the_reference():
    wide = np.random.default_rng(0).normal(size=(5, 3))
    value, hole = wide.astype("f4"), np.full((5, 3), NAN)
    pair = Pair("step", (value, hole.astype("f4")), twins=(wide, hole), isolated=wide + 1e-15)
    found = compare(pair)
    assert found.made_here is False
    assert not found.agrees
    assert compare(replace(pair, isolated=wide + 1e-3)).made_here is True
