"""Arrays of two networks side by side: what is equal, what is rounding, and what is another number."""

import numpy as np
import pytest

from parity.nouns import Layer, Match, Parameter
from parity.own_weights import NOTE, Own, compared


def layer(name: str) -> Layer:
    return Layer(name, "dense", (), (2, 3), (), parameters=(Parameter("kernel", f"{name}.weight", (2, 3)),))


MATCHES = (Match(layer("one"), layer("other")),)
ARRAY = np.random.default_rng(0).normal(size=(2, 3)).astype("f4")


def told(one: np.ndarray, other: np.ndarray) -> Own:
    return compared({"one": {"kernel": one}}, {"other": {"kernel": other}}, MATCHES)


def test_equal_arrays_are_not_told_nan_included():
    holed = ARRAY.copy()
    holed[0, 0] = np.nan
    for array in (ARRAY, holed):
        own = told(array, array.copy())
        assert (own.far, own.near) == ((), ())
    assert told(ARRAY, ARRAY).notes("parity") == (NOTE,)
    assert Own().notes("parity") == ()


def test_one_unit_in_the_last_place_is_rounding_and_two_are_not():
    once = np.nextafter(ARRAY, np.float32(np.inf))
    own = told(ARRAY, once)
    assert (len(own.far), len(own.near)) == (0, 1)
    assert "other.kernel by" in own.near[0]
    assert own.notes("parity") == (NOTE, *own.near)
    assert own.notes("divergence") == ()
    assert told(ARRAY, ARRAY + np.float32(4e-7) * ARRAY).far


def test_a_conversion_to_half_precision_is_rounding_of_that_precision():
    assert told(ARRAY, ARRAY.astype("f2")).near
    assert told(ARRAY, ARRAY.astype("f2").astype("f4")).far


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_on_one_side_is_no_rounding(value):
    other = ARRAY.copy()
    other[1, 1] = value
    assert told(ARRAY, other).far


def test_the_farthest_comes_first_and_the_rest_is_counted():
    names = "abcdefg"
    matches = tuple(Match(layer(name), layer(name)) for name in names)
    one = {name: {"kernel": ARRAY} for name in names}
    other = {name: {"kernel": ARRAY + np.float32(number)} for number, name in enumerate(names, 1)}
    (sentence,) = compared(one, other, matches).far
    assert sentence.startswith("7 arrays held by the two differ: g.kernel by 7 of ")
    assert sentence.endswith(" and 3 more")
