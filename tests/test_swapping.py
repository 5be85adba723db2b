"""Which side is called the reference decides nothing: the verdict is the same, and the findings are mirrored."""

from collections import Counter

import pytest

from parity.case import swapped
from parity.cases import find, shipped
from parity.line import check

MIRRORED = {"missing-activation": "extra-activation", "extra-activation": "missing-activation"}
SWITCHED = {*MIRRORED, "layer-order"}
"""Causes whose two values name what one side has, and not what both have set."""
NAMES = ["phase", "small-rnn", "lenet-1d-as-tabled", "phase-as-published"]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_turned_round_comes_to_the_same(name, options):
    (case,) = find(name, shipped())
    here, there = check(case, options), check(swapped(case), options)
    assert here.verdict == there.verdict
    causes = Counter(MIRRORED.get(each.cause, each.cause) for each in here.findings)
    assert causes == Counter(each.cause for each in there.findings)
    rows = {
        (row.match.reference and row.match.reference.name, row.match.candidate and row.match.candidate.name): row.faulty
        for row in here.layers
    }
    turned = {
        (row.match.candidate and row.match.candidate.name, row.match.reference and row.match.reference.name): row.faulty
        for row in there.layers
    }
    assert rows == turned
    values = Counter(
        (each.reference_value, each.candidate_value) for each in here.findings if each.cause not in SWITCHED
    )
    assert values == Counter(
        (each.candidate_value, each.reference_value) for each in there.findings if each.cause not in SWITCHED
    )
