"""Networks of `keras.applications` against counterparts in PyTorch: matched whole, with no hint, and one function."""

import torch  # isort: skip - before Keras, which brings TensorFlow
import keras
import numpy as np
import pytest
from networks.densenet121 import DenseNet121
from networks.mobilenet_v2 import MobileNetV2
from networks.resnet50 import ResNet50

import parity

PAIRS = {
    "ResNet50": (keras.applications.ResNet50, ResNet50, 64, 107),
    "MobileNetV2": (keras.applications.MobileNetV2, MobileNetV2, 96, 105),
    "DenseNet121": (keras.applications.DenseNet121, DenseNet121, 64, 242),
}
"""The two builders, the size of the image, and how many layers hold weights."""
EQUAL = 1e-9
"""How far the outputs may lie apart in float64, as a share of their scale."""


@pytest.mark.parametrize("name", PAIRS)
def test_a_counterpart_is_matched_whole_and_computes_the_same(name):
    build, counterpart, size, holding = PAIRS[name]
    images = np.random.default_rng(0).random((2, size, size, 3), np.float32)
    verdict = parity.check(
        build(weights=None, input_shape=(size, size, 3)),
        counterpart(),
        {"image": images},
        candidate_axes={"image": "channel height width"},
    )
    rows = [
        row
        for row in verdict.layers
        if any(each and each.parameters for each in (row.match.reference, row.match.candidate))
    ]
    assert verdict.verdict == "parity", str(verdict)
    assert len(rows) == holding
    assert all(row.match.reference and row.match.candidate and not row.match.ambiguous for row in rows)
    assert verdict.ledger.closed
    assert all(output.gap <= EQUAL * output.scale for output in verdict.outputs)


def test_running_leaves_the_number_of_threads_of_pytorch_as_it_was():
    was = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7)])
        parity.check(model, torch.nn.Linear(5, 7), np.random.default_rng(0).random((3, 5), np.float32))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(was)
