"""The names under which a fault is rightly told beside its own, and why both are true: all of them stand here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

ALSO: Mapping[tuple[str, str], str] = {
    ("bn-axis", "axis-not-remapped"): "a norm over another axis is a layer that runs along another axis",
    ("bn-axis", "over"): "the bare name of that setting, where the norm is none of a batch",
    ("causal-mask", "mask-polarity"): "a triangle turned round, or its complement, forbids what the other allows",
    ("conv-transpose-same", "slice"): "what is cut away is cut by a slice behind the layer",
    ("eval-mode", "missing-array"): "without running statistics two arrays are lacking",
    ("go-backwards", "axis-not-remapped"): "a flip that is left out, or stands along another axis",
    ("mha-argument-order", "layer-order"): "key and value are the operands of an attention",
    ("missing-array", "beta"): "the array by its own name",
    ("missing-array", "bias"): "the array by its own name",
    ("missing-array", "gamma"): "the array by its own name",
    ("padding", "avgpool-count-pad"): "a pool that pads where the reference does not also counts what it pads",
    ("padding", "causal-pad"): "amounts before a sequence and behind it are what that cause is about",
    ("padding", "pool-same"): "a pool that pads on one side only is what that cause is about",
    ("padding", "same-pad-stride"): "another amount at a stride, by the odd pixel, is what that cause is about",
    ("padding", "zeropad-order"): "(2, 1, 1, 2) with both pairs turned is the same amounts in another order",
    ("softmax-or-logits", "missing-activation"): "a sigmoid in the middle of a network ends nothing",
    ("wrong-activation", "activation-setting"): "relu6 and the hard tanh are clips, by other bounds",
    ("zeropad-order", "padding"): "another order of amounts pads otherwise",
    ("zeropad-order", "same-pad-stride"): "another order of amounts moves the odd pixel",
}
"""By its own name and the other one. Any other name for a fault is a miss."""
BESIDE: Mapping[tuple[str, str], str] = {
    ("conv-transpose-same", "sizes"): "a resize behind it starts from another size",
    ("dilation", "padding"): "planted together, so that the sizes agree",
    ("eval-mode", "mean"): "an array that is not there",
    ("eval-mode", "variance"): "an array that is not there",
    ("kernel", "padding"): "planted together, so that the sizes agree",
    ("stride", "sizes"): "a resize behind it starts from another size",
    ("width", "input-width"): "who reads one more channel reads another width",
    ("width", "missing-array"): "an array of another size is not carried",
}
"""What follows from a fault and may be told beside it."""


def accepted() -> Iterator[str]:
    """Both as Markdown."""
    yield "## Names that count"
    yield ""
    yield "A fault counts as named by its own name, and by these, which are as true of it:"
    yield ""
    yield from (f"- {own}, also {other}: {why}." for (own, other), why in ALSO.items())
    yield ""
    yield "These may be told beside it, since they follow from it:"
    yield ""
    yield from (f"- {own}, beside it {other}: {why}." for (own, other), why in BESIDE.items())
