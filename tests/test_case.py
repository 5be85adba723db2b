"""A case with its sides exchanged."""

import numpy as np
import pytest

from parity import cases
from parity.case import Input, swapped
from parity.probes import battery, for_candidate

SHIPPED = list(cases.listed(cases.shipped()))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sides_are_exchanged_and_come_back(name):
    (case,) = cases.find(name, cases.shipped())
    turned = swapped(case)
    assert (turned.reference, turned.candidate) == (case.candidate, case.reference)
    assert (turned.name, turned.folder, turned.weights) == (case.name, case.folder, case.weights)
    assert turned.expect.verdict == "parity"
    back = swapped(turned)
    assert (back.reference, back.candidate) == (case.reference, case.candidate)
    assert [(each.shape, each.axes) for each in back.inputs] == [(each.shape, each.axes) for each in case.inputs]


def test_inputs_are_told_in_the_axes_of_the_other_side(tmp_path):
    (case,) = cases.find(SHIPPED[0], cases.shipped())
    image = Input("image", (5, 7, 3), ("height", "width", "channel"), ("channel", "height", "width"))
    plain = Input("plain", (4,), ("channel",))
    from dataclasses import replace

    case = replace(case, inputs=(image, plain))
    one, other = swapped(case).inputs
    assert (one.shape, one.axes) == ((3, 5, 7), ("channel", "height", "width"))
    assert one.candidate_axes == image.axes
    assert other == plain
    for probe in battery(case.inputs, 3, 0):
        turned = for_candidate(probe, case.inputs)
        assert turned.arrays["image"].shape[1:] == one.shape
        back = for_candidate(turned, swapped(case).inputs)
        assert all(np.array_equal(back.arrays[name], array) for name, array in probe.arrays.items())
