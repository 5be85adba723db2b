"""Which differences are found, by which question, and that equal ones are not."""

import math

import numpy as np
import pytest
from scipy import stats

from parity.fresh.advice import drawn_from
from parity.fresh.drawing import Drawer, Wanted
from parity.fresh.initialiser import Site
from parity.fresh.law import TWO_SIGMA, Law, normal, truncated, uniform
from parity.fresh.telling_apart import apart, finds, fits, independent, measured

SITE = Site("keras", (40, 50))
LEVEL = 1e-5


def low(one: Law, other: Law, builds: int = 64) -> set[str]:
    pair = drawn_from(one, builds, SITE, seed=1), drawn_from(other, builds, SITE, seed=2)
    return {answer.question for answer in apart(*pair) if answer.p < LEVEL}


def test_equal_distributions_are_not_told_apart():
    for law in (normal(0.1), truncated(0.1), uniform(0.1)):
        assert low(law, law) == set()


def test_a_truncated_normal_of_the_same_deviation_is_told_by_its_ends():
    assert {"lower end", "upper end"} <= low(truncated(0.1), normal(0.1))


def test_each_question_finds_what_it_is_for():
    assert "deviation" in low(normal(0.1), normal(0.104))
    assert "mean" in low(normal(0.1), normal(0.1, mean=0.004))
    assert "shape" in low(uniform(0.1 * math.sqrt(3)), normal(0.1))
    assert low(uniform(0.1), uniform(0.101)) >= {"lower end", "upper end"}


def test_keras_corrects_the_deviation_of_what_it_truncates():
    """0.8796…: the deviation of a standard normal between -2 and 2, by numerical integration."""
    grid = np.linspace(-2, 2, 200_001)
    share = np.exp(-(grid**2) / 2)
    variance = np.trapezoid(grid**2 * share, grid) / np.trapezoid(share, grid)
    assert math.sqrt(variance) == pytest.approx(TWO_SIGMA, rel=1e-9)
    assert truncated(0.3).deviation == pytest.approx(0.3, rel=1e-9)


@pytest.mark.parametrize("difference", [1.0, 0.4])
def test_what_it_says_that_it_finds_it_finds_and_less_it_may_miss(difference):
    """Of 40 pairs that differ by what `finds` tells, about 19 in 20; of pairs that differ by less, fewer."""
    found = 0
    site = Site("keras", (30,))
    for seed in range(40):
        one = drawn_from(normal(1.0), 32, site, seed)
        share = finds(one, one, LEVEL)
        other = drawn_from(normal(1 + share * difference), 32, site, 1000 + seed)
        found += apart(one, other)[1].p < LEVEL
    assert found >= 33 if difference == 1 else found <= 20


def test_numbers_that_hang_together_within_a_build_are_not_taken_for_independent_ones():
    """A network whose every build fills an array with one drawn number: 64 numbers, not 64 × 500."""
    rng = np.random.default_rng(0)
    wanted = Wanted((("one", "a"),), (500,))

    def filled():
        drawer = Drawer([wanted], {"one": {"a": np.zeros(500, "f4")}})
        for value in rng.normal(size=64):
            drawer.see({"one": {"a": np.full(500, value, "f4")}})
        return drawer.drawn()[0]

    pairs = [(filled(), filled()) for _ in range(20)]
    assert independent(pairs[0][0]).size == 64
    least = [min(answer.p for answer in apart(*pair)) for pair in pairs]
    assert min(least) > 1e-4


def test_a_law_is_held_against_a_sample_without_a_second_sample():
    drawn = drawn_from(normal(0.1), 64, SITE)
    assert fits(normal(0.1), drawn, LEVEL)
    for other in (normal(0.104), truncated(0.1), uniform(0.1 * math.sqrt(3)), normal(0.1, mean=0.005)):
        assert not fits(other, drawn, LEVEL)
    found = measured(drawn)
    assert found.deviation == pytest.approx(0.1, abs=5 * found.errors[1])
    assert found.errors[1] == pytest.approx(0.1 / math.sqrt(2 * 64 * 2000), rel=0.3)


def test_an_entry_of_an_orthogonal_matrix_is_spread_as_its_length_says():
    law = Law("orthogonal", 1.0, longer=20)
    rows = np.concatenate([law.sample(np.random.default_rng(seed), (20, 6)).ravel() for seed in range(200)])
    assert stats.kstest(rows, law.entries.cdf).pvalue > 1e-3
    for each in (law, uniform(0.3), normal(0.2), truncated(0.7)):
        assert each.deviation == pytest.approx(float(each.entries.std()))
