"""Capture with replay against two plain forward passes, on a residual network of fifty layers."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf
import torch  # before Keras, which brings TensorFlow
from torch import nn

import parity
from parity.pairing.match import match
from parity.port import port
from parity.probes import for_candidate, probe_inputs, probe_weights
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide

BLOCKS, WIDTH, SIZE = 24, 64, 32
ENTRY = parity.Input("image", (SIZE, SIZE, 3), ("height", "width", "channel"), ("channel", "height", "width"))


def keras_network() -> keras.Model:
    """A stem, 24 blocks of two convolutions each, a dense layer: 50 layers with weights, without the norms."""
    layers = keras.layers
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(WIDTH, 3, padding="same", use_bias=False)(image)))
    for _ in range(BLOCKS):
        y = layers.BatchNormalization()(layers.Conv2D(WIDTH, 3, padding="same", use_bias=False)(x))
        y = layers.Conv2D(WIDTH, 3, padding="same", use_bias=False)(layers.ReLU()(y))
        x = layers.ReLU()(layers.Add()([x, layers.BatchNormalization()(y)]))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(layers.AveragePooling2D(8)(x))))


class Block(nn.Module):
    """conv, norm, relu, conv, norm, added to what came in, relu."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(WIDTH, eps=1e-3)
        self.second = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)
        self.other = nn.BatchNorm2d(WIDTH, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channel, height, width) in and out."""
        return torch.relu(x + self.other(self.second(torch.relu(self.norm(self.first(x))))))


def torch_network() -> nn.Module:
    """The same in PyTorch."""
    stem = [nn.Conv2d(3, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH, eps=1e-3), nn.ReLU()]
    blocks = [Block() for _ in range(BLOCKS)]
    return nn.Sequential(*stem, *blocks, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(WIDTH * (SIZE // 8) ** 2, 10)).eval()


def table(rounds: int = 5, batch: int = 8) -> Iterator[str]:
    """Seconds of each, alternately, and the ratio; then the memory that the check of the pair takes."""
    model, module = keras_network(), torch_network()
    reference, candidate = KerasSide(model), TorchSide(module)
    probe = probe_inputs((ENTRY,), batch, 0)
    theirs = for_candidate(probe, (ENTRY,))
    matches = match(reference.outline(probe), candidate.outline(theirs))
    weights = probe_weights(reference.outline(probe), 0)
    reference.load(weights)
    candidate.load(port(weights, matches))
    compiled = tf.function(lambda image: model(image, training=False))
    images = tf.constant(probe.arrays["image"]), torch.from_numpy(theirs.arrays["image"])

    def plain() -> None:
        compiled(images[0]).numpy()
        with torch.inference_mode():
            module(images[1])

    def captured() -> None:
        trace = reference.run(probe)
        given = {m.candidate.name: trace.steps[m.reference.name] for m in matches if m.reference and m.candidate}
        candidate.run(theirs, given=given)

    seconds = alternately([plain, captured], rounds)
    ratio = statistics.median(b / a for a, b in zip(*seconds, strict=True))
    yield "## Capture with replay"
    yield ""
    yield "Every layer's output of both sides, and every candidate layer once more on the reference's values."
    yield ""
    yield "| what | seconds | ratio | bound |"
    yield "| --- | --- | --- | --- |"
    yield f"| two plain forward passes | {statistics.median(seconds[0]):.2f} | 1 | – |"
    yield f"| capture with replay | {statistics.median(seconds[1]):.2f} | {ratio:.2f} | 3 |"
    yield ""
    held = sum(each.size for each in reference.outline(probe).parameters()) * 4 / 2**20
    largest = batch * SIZE * SIZE * WIDTH * 4 / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    yield f"Weights {held:.0f} MiB, largest activation {largest:.0f} MiB, peak of the whole process {peak:.0f} MiB."
    yield "All steps of a run are held at once; they are not streamed."


def alternately(tasks: list[Callable[[], None]], rounds: int) -> list[list[float]]:
    """Seconds of each task in turn, after one round that does not count."""
    spent: list[list[float]] = [[] for _ in tasks]
    for number in range(rounds + 1):
        for times, task in zip(spent, tasks, strict=True):
            start = time.perf_counter()
            task()
            if number:
                times.append(time.perf_counter() - start)
    return spent


if __name__ == "__main__":
    print("\n".join(table()))
