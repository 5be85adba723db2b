"""How numbers are told: a bound holds, and numbers of one origin share it."""

from hypothesis import given
from hypothesis import strategies as st

from parity.figures import bound, digits


@given(st.floats(0, 1e-2))
def test_a_bound_lies_at_least_ten_times_above(number):
    assert 10 * number <= float(bound(number))


def test_numbers_of_one_origin_have_one_bound():
    assert {bound(each) for each in (1.1e-16, 9e-15, 8e-13)} == {"1e-11"}
    assert {bound(each) for each in (2e-8, 5e-7)} == {"1e-05"}
    assert (bound(0.3), digits(None), digits(0.123)) == ("0.3", None, "0.12")
