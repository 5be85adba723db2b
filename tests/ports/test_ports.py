"""Ports with the faults of those who write them by hand: what is said of each fault, and of the port without any.

What is not said, or not rightly, is marked with its reason, and fails once it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import pytest

import parity
from ports import NAMES, mended, port

PROVED = ("confirmed", "stated")
ANY = "any cause that is known"


@dataclass(frozen=True)
class Expected:
    """A fault of a port by its number, the cause and the layer (one of several names) that a finding is to have.

    `unnamed`, `unproved` and `unmarked` say why today no such finding stands, is none that is confirmed or
    stated, or why the layer is none at which a divergence begins; each is empty where all is well.
    """

    port: str
    fault: int
    cause: str
    layers: tuple[str, ...]
    unnamed: str = ""
    unproved: str = ""
    unmarked: str = ""

    def fits(self, finding: Any) -> bool:
        return finding.layer in self.layers and (
            finding.cause == self.cause or (self.cause == ANY and finding.cause != "unknown")
        )


ONLY_SAID = "two options that differ are set side by side; the layer is not run with the other one"
BEHIND_ALL = "what stands behind the last pair of layers is proved only where it is all that is left"
AT_THE_END = "a step without a partner at an output is no beginning, unless it is all that is left"
CROSSED = "the norms of the second block and its shortcut are paired crosswise, once the end has no partner"
FUSED = "attention is one step in the reference and several here, which are not compared one by one"
NOT_DIVERGENCE = "what is read through a reshape that cannot be followed is left open, and the faults beside it too"
MISMATCHED = "a layer whose arrays do not fit is not marked, once something differs before it"

EXPECTED = (
    Expected("autoencoder", 0, "leaky-slope", ("leaky_re_lu",)),
    Expected("autoencoder", 1, "crop", ("conv2d_transpose",), unproved=ONLY_SAID),
    Expected("autoencoder", 2, "wrong-activation", ("conv2d_2/sigmoid",), unproved=BEHIND_ALL, unmarked=AT_THE_END),
    Expected("discriminator", 0, "leaky-slope", ("main.1",)),
    Expected("discriminator", 1, "groups", ("main.3",), unproved=ONLY_SAID),
    Expected("discriminator", 2, "over", ("main.6",), unproved=ONLY_SAID, unmarked=MISMATCHED),
    Expected("discriminator", 3, "layer-order", ("main.10",)),
    Expected("encoder", 0, ANY, ("attn.div", "attention/attention"), unnamed=FUSED, unmarked=FUSED),
    Expected(
        "encoder",
        1,
        ANY,
        ("attn.reshape", "attention/attention_output"),
        unnamed="heads that are merged without being transposed back are axes that got lost",
        unmarked=NOT_DIVERGENCE,
    ),
    Expected("encoder", 2, "gelu-approximation", ("dense/gelu",), unproved=NOT_DIVERGENCE),
    Expected("encoder", 3, "norm-epsilon", ("layer_normalization_1",), unproved=NOT_DIVERGENCE),
    Expected("mobile", 0, "same-pad-stride", ("stem.0",)),
    Expected("mobile", 1, "wrong-activation", ("expand.2",)),
    Expected("mobile", 2, "wrong-activation", ("excite.gate",)),
    Expected("mobile", 3, "bn-epsilon", ("project.1",)),
    Expected("profile", 0, "same-pad-stride", ("conv1d",)),
    Expected(
        "profile",
        1,
        ANY,
        ("bidirectional_1/concat",),
        unnamed="the last step of both directions is told only as where the two still part",
        unmarked="not compared alone, as the steps before it differ in number",
    ),
    Expected("profile", 2, "layer-order", ("concatenate",)),
    Expected("profile", 3, "wrong-activation", ("age/softplus",), unproved=BEHIND_ALL, unmarked=AT_THE_END),
    Expected("resnet", 0, "padding", ("max_pooling2d",), unproved=ONLY_SAID),
    Expected("resnet", 1, "bn-epsilon", ("batch_normalization_5",), unnamed=CROSSED, unmarked=CROSSED),
    Expected("resnet", 2, "extra-activation", ("layer1.relu:2",)),
    Expected("resnet", 2, "extra-activation", ("layer2.relu:2",), unproved=CROSSED),
    Expected("resnet", 3, "missing-activation", ("dense/softmax",), unproved=BEHIND_ALL, unmarked=AT_THE_END),
    Expected("tagger", 0, "recurrent-activation", ("lstm",), unproved=ONLY_SAID),
    Expected("tagger", 0, "recurrent-activation", ("lstm:4",), unproved=ONLY_SAID),
    Expected("tagger", 1, "norm-epsilon", ("norm",)),
    Expected("tagger", 2, "wrong-activation", ("elu",)),
    Expected("tagger", 3, "extra-activation", ("dense_1/softmax",), unproved=BEHIND_ALL, unmarked=AT_THE_END),
    Expected("unet", 0, ANY, ("concatenate_1",), unnamed="a skip from before the activation: another operand"),
    Expected("unet", 1, "coordinates", ("up_sampling2d",), unproved=ONLY_SAID),
    Expected("unet", 2, "layer-order", ("concatenate",)),
    Expected("vgg", 0, "bias", ("conv2d_3",)),
    Expected(
        "vgg",
        1,
        ANY,
        ("average_pooling2d", "features.12"),
        unnamed="a pooling by the maximum and one by the mean are no pair, what reads them is called unknown",
    ),
    Expected("vgg", 2, "missing-activation", ("dense_1/relu",)),
    Expected("vgg", 3, "extra-activation", ("classifier.7", "softmax")),
    Expected("wavenet", 0, "same-pad-stride", ("front",)),
    Expected("wavenet", 1, "dilation", ("conv1d_7",), unproved=ONLY_SAID),
    Expected(
        "wavenet",
        2,
        ANY,
        ("conv1d_8",),
        unnamed="a layer called a second time in the place of another is told by its arrays alone",
        unmarked=MISMATCHED,
    ),
    Expected("wavenet", 3, "over", ("softmax",), unproved=ONLY_SAID),
)


@cache
def verdict(name: str, *left: int, healthy: bool = False) -> parity.Verdict:
    """The verdict of a port: as it was written, without any fault, or with only those that are `left`."""
    module = port(name)
    build = module.candidate
    if left or healthy:
        build = mended(module, [fault for number, fault in enumerate(module.FAULTS) if number not in left])
    keras.utils.clear_session()  # layers without a name are numbered from the start
    return parity.check(module.reference(), build(), module.INPUTS)


def beginnings(result: parity.Verdict) -> set[str | None]:
    """The layers at which a divergence begins, by the names of either side."""
    rows = [row for row in result.to_dict()["layers"] if row["source"]]
    return {row["reference"] for row in rows} | {row["candidate"] for row in rows} - {None}


def each(*, broken: dict[str, str] | None = None) -> list[Any]:
    """Every port, on one worker each; those of `broken` fail today, and why."""
    broken = broken or {}
    return [pytest.param(name, marks=marks(name, broken.get(name, ""))) for name in NAMES]


def expected(*reasons: str) -> list[Any]:
    """Every expected finding; those fail today for which one of these fields tells a reason."""
    return [
        pytest.param(one, marks=marks(one.port, next(filter(None, (getattr(one, field) for field in reasons)), "")))
        for one in EXPECTED
    ]


def marks(name: str, reason: str) -> Iterable[Any]:
    group = pytest.mark.xdist_group(f"port {name}")
    return [group, pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)] if reason else [group]


def called(one: Any) -> str:
    if isinstance(one, Expected):
        return f"{one.port}-{one.fault}-{one.layers[0]}"
    return str(one)


def named(one: Expected) -> list[Any]:
    return [finding for finding in verdict(one.port).findings if one.fits(finding)]


def test_every_fault_is_expected_to_be_found():
    listed = {(name, number) for name in NAMES for number, _ in enumerate(port(name).FAULTS)}
    assert {(one.port, one.fault) for one in EXPECTED} == listed


@pytest.mark.parametrize("name", each(broken={"encoder": NOT_DIVERGENCE}), ids=called)
def test_a_faulty_port_is_a_divergence(name):
    assert verdict(name).verdict == "divergence", str(verdict(name))


@pytest.mark.parametrize("name", each(), ids=called)
def test_a_port_with_every_fault_mended_is_parity(name):
    result = verdict(name, healthy=True)
    assert result.verdict == "parity", str(result)
    assert not result.findings, str(result)


@pytest.mark.parametrize("one", expected("unnamed"), ids=called)
def test_a_fault_is_named(one):
    assert named(one), str(verdict(one.port))


@pytest.mark.parametrize("one", expected("unnamed", "unproved"), ids=called)
def test_a_cause_is_proved(one):
    assert any(finding.status in PROVED for finding in named(one)), str(verdict(one.port))


@pytest.mark.parametrize("one", expected("unmarked"), ids=called)
def test_a_faulty_layer_is_marked(one):
    assert beginnings(verdict(one.port)) & set(one.layers), str(verdict(one.port))


@pytest.mark.parametrize("name", each(), ids=called)
def test_no_cause_is_proved_that_is_not_there(name):
    fitting = [one for one in EXPECTED if one.port == name]
    proved = [finding for finding in verdict(name).findings if finding.status in PROVED]
    assert all(any(one.fits(finding) for one in fitting) for finding in proved), str(verdict(name))


@pytest.mark.parametrize(
    "name",
    each(
        broken={
            "resnet": CROSSED,
            "wavenet": "the pad that goes with a dilation is suspected beside it, as a fault of its own",
        }
    ),
    ids=called,
)
def test_no_cause_is_suspected_that_is_not_there(name):
    fitting = [one for one in EXPECTED if one.port == name]
    suspected = [finding for finding in verdict(name).findings if finding.status == "suspected"]
    assert all(any(one.fits(finding) for one in fitting) for finding in suspected), str(verdict(name))


# -- what shows where a fault stands by itself -----------------------------------------------------


@pytest.mark.xdist_group("port encoder")
@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the softmax of the attention is suspected as one more")
def test_a_wrong_scale_of_attention_is_not_an_activation_too_many():
    assert "extra-activation" not in {finding.cause for finding in verdict("encoder", 0).findings}


@pytest.mark.xdist_group("port encoder")
@pytest.mark.xfail(strict=True, raises=AssertionError, reason=NOT_DIVERGENCE)
def test_what_differs_on_equal_inputs_is_a_divergence_whatever_else_is_open():
    assert verdict("encoder", 1, 2).verdict == "divergence"


@pytest.mark.xdist_group("port wavenet")
@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the first call, which is right, is marked as well")
def test_of_a_layer_called_twice_only_the_wrong_call_is_marked():
    assert "mix2" not in beginnings(verdict("wavenet", 2))
