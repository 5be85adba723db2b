"""Porting the weights of a network of 72 million parameters, against one plain copy of their bytes."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator

import keras
import numpy as np
from torch import nn

import parity
from parity.nouns import Array, Matches, Side
from parity.pairing.match import match
from parity.port import port
from parity.probes import for_candidate, probe_inputs
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

SIZE, WIDE = 224, 53 * 53 * 50
ENTRY = parity.Input("image", (SIZE, SIZE, 3), ("height", "width", "channel"), ("channel", "height", "width"))


def torch_network() -> nn.Module:
    """Two convolutions with norm and pool, and a dense layer on a flattened map of 140,450 elements."""
    convolutions = [nn.Conv2d(3, 20, 5), nn.BatchNorm2d(20), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.BatchNorm2d(50)]
    head = [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(WIDE, 512), nn.ReLU(), nn.Linear(512, 5), nn.ReLU()]
    return nn.Sequential(*convolutions, *head).eval()


def keras_network() -> keras.Model:
    """The same in Keras."""
    layers = keras.layers
    norms = [layers.BatchNormalization(epsilon=1e-5, momentum=0.9) for _ in range(2)]
    return keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            *(layers.Conv2D(20, 5), norms[0], layers.MaxPooling2D(2)),
            *(layers.Conv2D(50, 5), norms[1], layers.MaxPooling2D(2)),
            *(layers.Flatten(), layers.Dense(512, activation="relu"), layers.Dense(5, activation="relu")),
        ]
    )


def table(rounds: int = 5) -> Iterator[str]:
    """The section of the page."""
    sides = KerasSide(keras_network()), TorchSide(torch_network())
    probe = probe_inputs((ENTRY,), 2, 0)
    outlines = sides[0].outline(probe), sides[1].outline(for_candidate(probe, (ENTRY,)))
    held = [array for roles in sides[1].weights().values() for array in roles.values()]
    copies = [np.empty(array.shape, array.dtype) for array in held]
    plain = [np.ascontiguousarray(array) for array in held]
    size = sum(array.nbytes for array in plain)
    largest = max(array.nbytes for array in plain)
    copy = _median(_copying(copies, plain), rounds)
    del copies, plain
    yield "## Porting"
    yield ""
    yield f"A LeNet on {SIZE} × {SIZE} images, {size / 1e6:.0f} MB of weights, both sides in one process. Asked for: at"
    yield "most 3 copies of its bytes in time, and at most one more copy of the largest array in memory."
    yield ""
    yield "| direction | in copies of the bytes | more memory, in copies of the largest array |"
    yield "| --- | --- | --- |"
    for name, (source, target) in (("Keras → PyTorch", (0, 1)), ("PyTorch → Keras", (1, 0))):
        matches = match(outlines[source], outlines[target])
        carry = _carrying(sides[source], sides[target], matches)
        seconds = _median(carry, rounds)
        tracemalloc.start()
        carry()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        yield f"| {name} | {seconds / copy:.1f} | {peak / largest:.2f} |"


def _copying(copies: list[Array], plain: list[Array]) -> Callable[[], None]:
    def copy() -> None:
        for to, array in zip(copies, plain, strict=True):
            np.copyto(to, array)

    return copy


def _carrying(source: Side, target: Side, matches: Matches) -> Callable[[], None]:
    return lambda: target.load(port(source.weights(), matches))


def _median(function: Callable[[], object], rounds: int) -> float:
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    print("\n".join(table()))
