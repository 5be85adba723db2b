"""Ports with the faults of those who write them by hand: what is said of each fault, and of the port without any.

What is not proved, or not named at all, is marked with its reason, and fails once it is.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import pytest

import parity
from ports import NAMES, mended, port

PROVED = ("confirmed", "stated")


@dataclass(frozen=True)
class Expected:
    """A fault of a port by its number, and the finding for it; `short` says why there is none today that is proved."""

    port: str
    fault: int
    cause: str
    layer: str
    short: str = ""


FUSED = "attention is one step in the reference and several here, which are not compared one by one"
EXPECTED = (
    Expected("autoencoder", 0, "leaky-slope", "leaky_re_lu"),
    Expected("autoencoder", 1, "conv-transpose-same", "conv2d_transpose"),
    Expected("autoencoder", 2, "wrong-activation", "conv2d_2/sigmoid"),
    Expected("discriminator", 0, "leaky-slope", "main.1"),
    Expected("discriminator", 1, "norm-groups", "main.3"),
    Expected("discriminator", 2, "over", "main.6"),
    Expected("discriminator", 3, "layer-order", "main.10"),
    Expected("encoder", 0, "attention-scale", "attention/attention", FUSED),
    Expected("encoder", 1, "view-not-permute", "attention/attention_output"),
    Expected("encoder", 2, "gelu-approximation", "dense/gelu"),
    Expected("encoder", 3, "norm-epsilon", "layer_normalization_1"),
    Expected("mobile", 0, "same-pad-stride", "stem.0"),
    Expected("mobile", 1, "wrong-activation", "expand.2"),
    Expected("mobile", 2, "wrong-activation", "excite.gate"),
    Expected("mobile", 3, "bn-epsilon", "project.1"),
    Expected("profile", 0, "padding", "conv1d"),
    Expected("profile", 1, "bidirectional-last", "bidirectional_1/concat"),
    Expected("profile", 2, "layer-order", "concatenate"),
    Expected("profile", 3, "wrong-activation", "age/softplus"),
    Expected("resnet", 0, "pool-same", "max_pooling2d"),
    Expected("resnet", 1, "bn-epsilon", "batch_normalization_5"),
    Expected("resnet", 2, "extra-activation", "layer1.relu:2"),
    Expected("resnet", 2, "extra-activation", "layer2.relu:2"),
    Expected("resnet", 3, "softmax-or-logits", "dense/softmax"),
    Expected("tagger", 0, "recurrent-activation", "lstm"),
    Expected("tagger", 0, "recurrent-activation", "lstm:4"),
    Expected("tagger", 1, "norm-epsilon", "norm"),
    Expected("tagger", 2, "wrong-activation", "elu"),
    Expected("tagger", 3, "softmax-or-logits", "dense_1/softmax"),
    Expected("unet", 0, "wrong-operand", "concatenate_1"),
    Expected("unet", 1, "resize-coords", "up_sampling2d"),
    Expected("unet", 2, "layer-order", "concatenate"),
    Expected("vgg", 0, "bias", "conv2d_3"),
    Expected("vgg", 1, "pool-kind", "average_pooling2d"),
    Expected("vgg", 2, "missing-activation", "dense_1/relu"),
    Expected("vgg", 3, "extra-activation", "classifier.7"),
    Expected("wavenet", 0, "causal-pad", "front"),
    Expected("wavenet", 1, "dilation", "conv1d_7"),
    Expected("wavenet", 1, "causal-pad", "conv1d_7"),
    Expected("wavenet", 2, "called-again", "conv1d_8"),
    Expected("wavenet", 3, "axis-not-remapped", "softmax"),
)
EXPLAINED = ("autoencoder", "mobile", "profile", "tagger", "unet")
"""Ports of which all faults are of code that can be mended in memory: then both are the same."""


@cache
def verdict(name: str, *, healthy: bool = False) -> parity.Verdict:
    """The verdict of a port: as it was written, or without its faults."""
    module = port(name)
    build = mended(module, module.FAULTS) if healthy else module.candidate
    keras.utils.clear_session()  # layers without a name are numbered from the start
    return parity.check(module.reference(), build(), module.INPUTS)


def each(names: Any = NAMES) -> list[Any]:
    """Every port, on one worker each."""
    return [pytest.param(name, marks=pytest.mark.xdist_group(f"port {name}")) for name in names]


def expected() -> list[Any]:
    short = {one: [pytest.mark.xfail(strict=True, raises=AssertionError, reason=one.short)] for one in EXPECTED}
    return [
        pytest.param(
            one,
            marks=[pytest.mark.xdist_group(f"port {one.port}"), *(short[one] if one.short else [])],
            id=f"{one.port}-{one.fault}-{one.layer}",
        )
        for one in EXPECTED
    ]


def test_every_fault_is_expected_to_be_found():
    listed = {(name, number) for name in NAMES for number, _ in enumerate(port(name).FAULTS)}
    assert {(one.port, one.fault) for one in EXPECTED} == listed


@pytest.mark.parametrize("name", each())
def test_a_faulty_port_is_never_parity(name):
    left_open = "inconclusive" if name == "encoder" else "divergence"  # an order of axes that got lost
    assert verdict(name).verdict == left_open, str(verdict(name))


@pytest.mark.parametrize("name", each())
def test_a_port_with_every_fault_mended_is_parity(name):
    result = verdict(name, healthy=True)
    assert result.verdict == "parity", str(result)
    assert not result.findings, str(result)


@pytest.mark.parametrize("one", expected())
def test_a_fault_is_named_and_proved(one):
    found = [each for each in verdict(one.port).findings if (each.cause, each.layer) == (one.cause, one.layer)]
    assert any(each.status in PROVED for each in found), str(verdict(one.port))


@pytest.mark.parametrize("name", each())
def test_no_other_cause_is_confirmed(name):
    """What a mend takes away is a fault of this port, and not one that it does not have."""
    wanted = {(one.cause, one.layer) for one in EXPECTED if one.port == name}
    confirmed = {(each.cause, each.layer) for each in verdict(name).findings if each.status == "confirmed"}
    assert confirmed <= wanted, str(verdict(name))


@pytest.mark.parametrize("name", each(EXPLAINED))
def test_where_all_is_code_the_causes_explain_all(name):
    assert verdict(name).explained, str(verdict(name))
