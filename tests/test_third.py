"""The third reference: what three distances say, and that whatever fails on the way is only a reason."""

from contextlib import contextmanager

import numpy as np
import pytest

from parity.axes import named
from parity.nouns import Layer, Outline, Probe, Trace
from parity.third import Exported, Third, third_reference

NAN, INF = float("nan"), float("inf")
X = np.random.default_rng(0).normal(size=(4, 3, 5)).astype(np.float32)
PROBE = Probe("noise", {"x": X}, {"x": ("batch", "length", "channel")})


@pytest.mark.parametrize(
    ("reference", "candidate", "sentence"),
    [
        (1e-7, 1e-7, "ONNX agrees with both"),
        (1e-7, 1e-2, "ONNX agrees with the reference, the candidate stands alone"),
        (1e-2, 1e-7, "ONNX agrees with the candidate, the reference stands alone"),
        (1e-2, 1e-2, "ONNX agrees with neither"),
        (NAN, NAN, "ONNX agrees with neither"),
        (INF, 0.0, "ONNX agrees with the candidate, the reference stands alone"),
        (None, 1e-7, "ONNX agrees with the candidate, the reference stands alone"),
        (None, None, "ONNX agrees with neither"),
    ],
)
def test_three_distances_say_who_stands_alone(reference, candidate, sentence):
    assert Third({}, 0.0, reference, candidate).implies == sentence


def test_without_a_third_its_reason_is_one_line():
    assert Third(reason="no converter\nfor this op").implies == "no third reference: no converter"


class Standing:
    """A side that exports anything and, opened as ONNX, answers with what it was given."""

    def __init__(self, answer, failure=None):
        self.answer, self.failure, self.exported = answer, failure, []

    def export(self, file, probe):
        if self.failure:
            raise self.failure
        self.exported.append((file, probe))

    def run(self, probe):
        return Trace({}, self.answer)

    def outline(self, probe):
        return Outline("onnx", {"onnx": "1"}, (), (), {})


def side(framework, output, axes="batch length channel", run=None):
    layer = Layer("last", "dense", ("input:x",), output.shape, named(axes, output.shape))
    outline = Outline(framework, {}, ("x",), (layer,), {"out": "last"})
    return Exported(run or Standing({}), outline, PROBE, Trace({}, {"out": output}))


def opener(answer):
    @contextmanager
    def open_onnx(file):
        yield Standing(answer)

    return open_onnx


def test_distances_are_shares_of_the_scale_of_the_first_and_each_of_its_own_two():
    size = float(np.abs(X).max())
    far = X.copy()
    far[1, 2, 3] += 0.5 * size
    third = third_reference(side("keras", X), side("torch", far), opener({"onnx_out": X}))
    assert (third.between, third.reference, third.versions) == (pytest.approx(0.5, rel=1e-6), 0, {"onnx": "1"})
    assert third.candidate == pytest.approx(0.5 * size / float(np.abs(far).max()), rel=1e-6)
    assert third.implies == "ONNX agrees with the reference, the candidate stands alone"


def test_what_onnx_gives_is_brought_to_the_order_in_which_keras_was_read():
    """The Keras side gives (batch channel length) natively; its trace and everything else is canonical."""
    native = np.ascontiguousarray(X.transpose(0, 2, 1))
    keras_side = side("keras", native, axes="batch channel length")
    keras_side = Exported(keras_side.side, keras_side.outline, PROBE, Trace({}, {"out": X}))
    third = third_reference(keras_side, side("torch", X), opener({"onnx_out": native}))
    assert (third.reference, third.candidate, third.reason) == (0, 0, "")


def test_the_keras_side_is_exported_also_where_it_is_the_candidate():
    exporting = Standing({})
    third = third_reference(side("torch", X), side("keras", X, run=exporting), opener({"o": X}))
    assert len(exporting.exported) == 1
    assert (third.reference, third.candidate) == (0, 0)


def test_without_a_keras_side_there_is_no_third():
    third = third_reference(side("torch", X), side("torch", X), opener({"o": X}))
    assert "neither side is Keras" in third.reason
    assert third.between is None


@pytest.mark.parametrize("failure", [RuntimeError("this op has no converter"), KeyError(), OSError("disk full")])
def test_an_export_that_fails_is_the_reason_and_no_crash(failure):
    third = third_reference(side("keras", X, run=Standing({}, failure)), side("torch", X), opener({"o": X}))
    assert third.reason == (str(failure) or type(failure).__name__)
    assert third.implies.startswith("no third reference")


@pytest.mark.parametrize("answer", [{"o": X[:, :2]}, {"o": X, "p": X}, {}])
def test_outputs_that_do_not_answer_each_other_are_no_crash_and_agree_with_nobody(answer):
    third = third_reference(side("keras", X), side("torch", X), opener(answer))
    assert third.reference is None
    assert "agrees with both" not in third.implies


def test_nan_from_onnx_agrees_with_nobody():
    third = third_reference(side("keras", X), side("torch", X), opener({"o": X * NAN}))
    assert third.implies == "ONNX agrees with neither"
