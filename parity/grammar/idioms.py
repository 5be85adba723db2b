"""Known layers that a network writes out in plain arithmetic: `relu6(x + 3) / 6` is a hard sigmoid.

Both sides read their rows of layers through this, so that a call and its formula answer each other. A chain is
taken for a layer only where nothing else reads what lies between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parity.axes import LOST, Axes, text
from parity.nouns import Layer, Settings

_CLOSE = 1e-6
"""A sixth is a sixth in float32 too."""
_BOUNDS = ("minimum", "maximum")


def read(layers: Sequence[Layer], outputs: Iterable[str]) -> list[Layer]:
    """The layers with each formula replaced, at its last step and under that step's name, by what it computes."""
    row = _Row({layer.name: layer for layer in layers}, Counter(outputs))
    for layer in layers:
        row.readers.update(set(layer.inputs))
    for layer in layers:
        sums = (row.variance, row.std)
        idioms = (row.clip, row.hard_sigmoid, row.gated, row.attention, row.hard_silu, row.leaky, row.steeper, *sums)
        any(read_as(layer) for read_as in idioms)
    return [row.layers[layer.name] for layer in layers if layer.name in row.layers]


@dataclass
class _Row:
    """The layers that are left, and how many read each."""

    layers: dict[str, Layer]
    readers: Counter[str]
    known: Mapping[str, str] = field(default_factory=lambda: {"sigmoid": "silu", "hard_sigmoid": "hard_silu"})

    def clip(self, layer: Layer) -> bool:
        """max(min(x, high), low), or the other way round where low lies below high."""
        inner = self.layers.get(layer.inputs[0]) if layer.kind in _BOUNDS and len(layer.inputs) == 1 else None
        if inner is None or not self.lone(inner.name) or {inner.kind, layer.kind} != set(_BOUNDS):
            return False
        numbers = {each.kind: each.settings.get("number") for each in (layer, inner) if len(each.inputs) == 1}
        low, high = numbers.get("maximum"), numbers.get("minimum")
        if low is None or high is None or not low <= high or layer.parameters or inner.parameters:
            return False
        return self.take(layer, "clip", inner.inputs[0], [inner.name], {"low": low, "high": high})

    def attention(self, layer: Layer) -> bool:
        """softmax(s · q · kᵀ) · v, each of them read by nothing else."""
        shares = self.layers.get(layer.inputs[0]) if layer.kind == "matmul" and len(layer.inputs) == 2 else None
        if shares is None or shares.kind != "softmax" or not self.lone(shares.name):
            return False
        steps, scale, at = [shares.name], 1.0, self.layers.get(shares.inputs[0])
        while at is not None and self.lone(at.name) and (factor := _factor(at)) is not None:
            steps, scale, at = [*steps, at.name], scale * factor, self.layers.get(at.inputs[0])
        if at is None or at.kind != "matmul" or len(at.inputs) != 2 or not self.lone(at.name):
            return False
        query, key = self.axes_of(at.inputs[0]), self.axes_of(at.inputs[1])
        over = [str(each) for each in (*query[-1:], *key[-2:-1])]
        summed = str(shares.settings.get("over")) == str(shares.axes[-1]) and tuple(
            at.settings.get("over", ())
        ) == tuple(over)
        if len(query) < 3 or not summed:
            return False
        settings = {"scale": scale, "masked": False, "over": text((query[-2],))}
        self.readers[at.inputs[0]] += 1
        self.readers[at.inputs[1]] += 1
        taken = self.take(layer, "attention", layer.inputs[1], [*steps, at.name], settings)
        self.layers[layer.name] = replace(self.layers[layer.name], inputs=(*at.inputs, layer.inputs[1]))
        return taken

    def axes_of(self, name: str) -> Axes:
        """The axes of what a layer gives; none are known of an input."""
        layer = self.layers.get(name)
        return layer.axes if layer else ()

    def hard_sigmoid(self, layer: Layer) -> bool:
        """relu6(x + 3) / 6."""
        lifted = self.lifted(layer.inputs[0]) if _sixth(layer) else None
        return lifted is not None and self.take(layer, "hard_sigmoid", lifted[0], lifted[1])

    def gated(self, layer: Layer) -> bool:
        """x sigmoid(x), or the same with a hard sigmoid."""
        for gate, data in self.operands(layer):
            found = self.layers.get(gate)
            if found and found.kind in self.known and found.inputs == (data,) and self.lone(gate):
                return self.take(layer, self.known[found.kind], data, [gate])
        return False

    def hard_silu(self, layer: Layer) -> bool:
        """x relu6(x + 3) / 6, divided at the end or before."""
        product = self.layers.get(layer.inputs[0]) if _sixth(layer) else None
        if product is not None and self.lone(product.name):
            for gate, data in self.operands(product):
                lifted = self.lifted(gate)
                if lifted is not None and lifted[0] == data:
                    return self.take(layer, "hard_silu", data, [product.name, *lifted[1]])
        return False

    def leaky(self, layer: Layer) -> bool:
        """relu(x) - slope relu(-x)."""
        if layer.kind != "subtract" or len(layer.inputs) != 2 or layer.settings or layer.parameters or layer.borrowed:
            return False
        upper, lower = (self.layers.get(name) for name in layer.inputs)
        slope = _number(lower, "multiply", "constant")
        if upper is None or lower is None or slope is None or not _bare(upper, "relu"):
            return False
        relu = self.layers.get(lower.inputs[0])
        turned = self.layers.get(relu.inputs[0]) if relu is not None and _bare(relu, "relu") else None
        if relu is None or turned is None or not (_bare(turned, "negative") or _plain(turned, "multiply", _TURNED)):
            return False
        steps = [upper.name, turned.name, relu.name, lower.name]
        if turned.inputs != upper.inputs or not all(map(self.lone, steps)):
            return False
        return self.take(layer, "leaky_relu", upper.inputs[0], steps, {"slope": slope})

    def steeper(self, layer: Layer) -> bool:
        """maximum(x, slope x), which leaks as long as the slope is none above one."""
        if layer.kind != "maximum" or len(layer.inputs) != 2 or layer.settings or layer.parameters or layer.borrowed:
            return False
        for data, name in (layer.inputs, layer.inputs[::-1]):
            scaled = self.layers.get(name)
            slope = _number(scaled, "multiply", "constant")
            if scaled and slope is not None and 0 < slope < 1 and scaled.inputs == (data,) and self.lone(name):
                return self.take(layer, "leaky_relu", data, [name], {"slope": slope})
        return False

    def variance(self, layer: Layer) -> bool:
        """The mean of (x - mean(x))², both means along the same axes; what else reads x - mean(x) still may."""
        square = self.layers.get(layer.inputs[0]) if layer.kind == "mean" and len(layer.inputs) == 1 else None
        if square is None or not self.lone(square.name):
            return False
        centred, steps = (square, [square.name]) if square.kind == _SQUARED else (None, [square.name])
        if centred is None and square.kind == "square":
            centred = self.layers.get(square.inputs[0])
            if centred is not None and centred.kind == "subtract" and self.lone(centred.name):
                steps.append(centred.name)
        if centred is None or centred.kind not in (_SQUARED, "subtract") or len(centred.inputs) != 2:
            return False
        data, middle = centred.inputs[0], self.layers.get(centred.inputs[1])
        between = [centred.name]
        while middle is not None and middle.kind == "identity":
            between, middle = [*between, middle.name], self.layers.get(middle.inputs[0])
        if (
            middle is None
            or middle.kind != "mean"
            or middle.inputs != (data,)
            or not _along_alike(middle, layer, centred)
        ):
            return False
        if centred.name in steps:
            for name in (*between[1:], middle.name):
                if not self.lone(name):
                    break
                steps.append(name)
        return self.take(layer, "variance", data, steps, {"over": layer.settings["over"], "correction": 0.0})

    def std(self, layer: Layer) -> bool:
        """The root of a variance."""
        inner = self.layers.get(layer.inputs[0]) if layer.kind == "sqrt" and len(layer.inputs) == 1 else None
        if inner is None or inner.kind != "variance" or not self.lone(inner.name):
            return False
        return self.take(layer, "std", inner.inputs[0], [*inner.made_of, inner.name], inner.settings)

    def lifted(self, name: str) -> tuple[str, list[str]] | None:
        """What is read by relu6(x + 3), where `name` is that, and the two steps."""
        clip = self.layers.get(name)
        if clip is None or not _plain(clip, "clip", {"low": 0.0, "high": 6.0}) or not self.lone(name):
            return None
        plus = self.layers.get(clip.inputs[0])
        if plus is None or not _plain(plus, "add", {"constant": 3.0}) or not self.lone(plus.name):
            return None
        return plus.inputs[0], [name, plus.name]

    def operands(self, layer: Layer) -> list[tuple[str, str]]:
        """The two operands of a product, in both orders."""
        if layer.kind != "multiply" or len(layer.inputs) != 2 or layer.settings or layer.parameters or layer.borrowed:
            return []
        one, other = layer.inputs
        return [(one, other), (other, one)]

    def lone(self, name: str) -> bool:
        """Whether a step has one reader and is no output."""
        return self.readers[name] == 1

    def take(self, layer: Layer, kind: str, data: str, steps: Sequence[str], settings: Settings | None = None) -> bool:
        for name in steps:
            if name not in self.layers:
                continue  # a step of a formula within this one
            for source in set(self.layers.pop(name).inputs):
                self.readers[source] -= 1
        self.readers.subtract(set(layer.inputs))
        self.readers[data] += 1
        made_of = (*steps, *layer.made_of)
        self.layers[layer.name] = replace(layer, kind=kind, inputs=(data,), settings=settings or {}, made_of=made_of)
        return True


_TURNED = {"constant": -1.0}
_SQUARED = "SquaredDifference"
"""TensorFlow's one op for (a - b)², in `tf.nn.moments`."""


def _along_alike(middle: Layer, outer: Layer, data: Layer) -> bool:
    """Whether two means run along the same axes of the data, and the first one keeps them, so that it lies beneath."""
    over = str(middle.settings.get("over", ""))
    names = [name for axis in data.axes for block in axis.blocks for name, _ in block]
    told = all(names.count(each) == 1 for each in over.split()) and LOST not in over.split()
    plain = set(middle.settings) == set(outer.settings) == {"over"} and outer.settings["over"] == over
    return plain and told and len(middle.shape) == len(data.shape)


def _bare(layer: Layer, kind: str) -> bool:
    """Whether a layer of one operand is of this kind without any setting."""
    return _plain(layer, kind, {})


def _number(layer: Layer | None, kind: str, setting: str) -> float | None:
    """The one setting of a layer of this kind that reads one operand; None for any other layer."""
    if layer is None or layer.kind != kind or len(layer.inputs) != 1 or set(layer.settings) != {setting}:
        return None
    return float(layer.settings[setting])


def _factor(layer: Layer) -> float | None:
    """The number by which a layer multiplies, where it does no more."""
    name, number = next(iter(layer.settings.items()), ("", None))
    if len(layer.inputs) != 1 or len(layer.settings) != 1 or not isinstance(number, int | float) or not number:
        return None
    known = {("multiply", "constant"): float(number), ("divide", "divisor"): 1 / number}
    return known.get((layer.kind, name))


def _sixth(layer: Layer) -> bool:
    return _plain(layer, "divide", {"divisor": 6.0}) or _plain(layer, "multiply", {"constant": 1 / 6})


def _plain(layer: Layer, kind: str, settings: Settings) -> bool:
    """Whether a layer of one operand is of this kind with just these settings."""
    if layer.kind != kind or len(layer.inputs) != 1 or layer.settings.keys() != settings.keys():
        return False
    return all(abs(layer.settings[name] - number) < _CLOSE for name, number in settings.items())
