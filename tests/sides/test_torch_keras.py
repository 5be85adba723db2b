"""A Keras model on its PyTorch back end: read by its own layers, in float64 too, and faults in it are named."""

from dataclasses import replace

import pytest

from parity.cases import find, shipped
from parity.line import check

NET = """\
import keras
from keras import layers


def build(epsilon=1e-3):
    image = keras.Input((5, 7))
    x = layers.BatchNormalization(epsilon=epsilon, name="bn")(image)
    x = layers.LSTM(6, return_sequences=True, name="lstm")(x)
    x = layers.Dropout(0.5)(layers.LayerNormalization(name="ln")(x))
    return keras.Model(image, layers.Dense(3, activation="tanh", name="dense")(x))
"""


@pytest.fixture
def case(tmp_path):
    """The network above on TensorFlow against itself on PyTorch."""
    (tmp_path / "net.py").write_text(NET)
    (shipped_case,) = find("keras-backends", shipped())
    image = replace(shipped_case.inputs[0], shape=(5, 7), axes=("length", "channel"))
    sides = {role: replace(getattr(shipped_case, role), folder=tmp_path) for role in ("reference", "candidate")}
    return replace(shipped_case, folder=tmp_path, inputs=(image,), **sides)


def test_one_network_on_two_back_ends_is_the_same_function_to_the_last_digits_of_float64(options):
    verdict = check(*find("keras-backends", shipped()), options)
    assert verdict.verdict == "parity", str(verdict)
    assert not any("float32" in note for note in verdict.notes), verdict.notes
    assert all(each.gap < 1e-14 for each in verdict.outputs)
    held = [row.match for row in verdict.layers if row.match.reference and row.match.reference.parameters]
    assert [match.candidate.kind for match in held] == ["conv", "batch_norm", "gru", "dense"]
    assert verdict.reference.count() == verdict.candidate.count() == 1_689


def test_a_setting_that_differs_on_the_other_back_end_is_named_and_nothing_else(case, options):
    verdict = check(replace(case, candidate=replace(case.candidate, arguments={"epsilon": 1e-5})), options)
    assert verdict.verdict == "divergence", str(verdict)
    assert [each.cause for each in verdict.findings] == ["bn-epsilon"], str(verdict)
    paired = [row.match for row in verdict.layers if row.match.reference and row.match.candidate]
    names = {match.reference.name: match.candidate.kind for match in paired}
    assert {"bn": "batch_norm", "lstm": "lstm", "ln": "layer_norm", "dense": "dense"}.items() <= names.items()
