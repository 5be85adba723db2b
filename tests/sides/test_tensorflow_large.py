"""Large weights go round the converter to ONNX, and into the file all the same."""

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from parity.nouns import Probe
from parity.sides import _tensorflow_large
from parity.sides.keras import KerasSide

X = np.random.default_rng(0).normal(size=(3, 40)).astype("f4")
PROBE = Probe("given", {"x": X}, {"x": ("batch", "channel")})


@pytest.mark.parametrize("limit", [1, 1000, 1 << 20], ids=["all", "kernels", "none"])
def test_an_export_gives_the_same_whichever_weights_are_large(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(_tensorflow_large, "LARGE", limit)
    x = keras.Input((40,))
    hidden = keras.layers.Dense(50, activation="relu", bias_initializer="uniform")
    y = keras.layers.BatchNormalization()(hidden(x))
    model = keras.Model(x, [keras.layers.Dense(7)(y), y])
    side = KerasSide(model)
    side.outline(PROBE)
    side.export(tmp_path / "net.onnx", PROBE)
    file = onnx.load(str(tmp_path / "net.onnx"))
    onnx.checker.check_model(file)
    assert len(file.graph.input) == 1
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    found = session.run(None, {session.get_inputs()[0].name: X})
    for array, expected in zip(found, model(X), strict=True):
        assert np.abs(array - expected).max() < 1e-5
    kernels = [onnx.numpy_helper.to_array(each) for each in file.graph.initializer]
    assert any(np.array_equal(each, hidden.kernel.numpy()) for each in kernels)
