"""Capture with replay against two plain forward passes, and its memory, on a residual network of fifty layers."""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
import torch

import parity
from benchmarks.residual import SIZE, WIDTH, in_keras, in_torch
from parity.case import SideSpec
from parity.look import Tolerance, look
from parity.nouns import Side
from parity.pairing.match import match
from parity.port import port
from parity.probes import for_candidate, probe_inputs, probe_weights
from parity.run import Both, Sides, in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide
from parity.worker.client import launched

HERE = Path(__file__).parent.parent
ENTRY = parity.Input("image", (SIZE, SIZE, 3), ("height", "width", "channel"), ("channel", "height", "width"))
SPECS = tuple(SideSpec(name, f"benchmarks.residual.in_{name}:network", HERE) for name in ("keras", "torch"))
MIB = 2**20
ALLOWED = 200e6
"""Bytes that a process may take beside the weights and three of the largest activations."""
EVERY = 0.002
"""Seconds between two looks at the memory of a process."""


def table(rounds: int = 5, batch: int = 8, large: int = 64) -> Iterator[str]:
    """Seconds of each, alternately, and the ratio, in one process and in two; then the memory that each takes."""
    yield "## Capture with replay"
    yield ""
    yield "Every layer's output of both sides, and every candidate layer once more on the reference's values."
    yield "In one process: live models, one side behind the other, each on all threads; Keras's plain pass is compiled."
    yield "In two, as a check runs: the plain passes at once, the capture and then the replay."
    yield ""
    yield "| where | two plain forward passes, s | capture with replay, s | ratio | bound |"
    yield "| --- | --- | --- | --- | --- |"
    for name, seconds in (("one process", _in_one(rounds, batch)), ("two processes", _in_two(rounds, batch))):
        plain, captured = map(statistics.median, seconds)
        ratio = statistics.median(b / a for a, b in zip(*seconds, strict=True))
        yield f"| {name} | {plain:.2f} | {captured:.2f} | {ratio:.2f} | 3 |"
    yield ""
    yield from _memory(large)


def _in_one(rounds: int, batch: int) -> list[list[float]]:
    model, module = in_keras.network(), in_torch.network()
    pair = Opened(KerasSide(model), TorchSide(module), in_turn, batch)
    compiled = tf.function(lambda image: model(image, training=False))
    images = tf.constant(pair.faces[0].arrays["image"]), torch.from_numpy(pair.faces[1].arrays["image"])

    def plain() -> None:
        compiled(images[0]).numpy()
        with torch.inference_mode():
            module(images[1])

    return alternately([plain, pair.capture], rounds)


def _in_two(rounds: int, batch: int) -> list[list[float]]:
    with launched(*SPECS, timeout=600) as (reference, candidate, both):
        pair = Opened(reference, candidate, both, batch)
        return alternately([lambda: pair.sides.outputs(pair.faces), pair.capture], rounds)


def _memory(batch: int) -> Iterator[str]:
    """How far each process grows above its level after imports and building: two fresh ones, and this one."""
    with launched(*SPECS, timeout=3600) as (reference, candidate, both):
        pair = Opened(reference, candidate, both, batch)
        processes = {"Keras": reference.process, "PyTorch": candidate.process, "parity": os.getpid()}
        with watching(processes) as capture:
            pair.capture()
        with watching(processes) as whole:
            look(pair.sides, [pair.faces], pair.matches, "probe", Tolerance())
    largest = batch * SIZE * SIZE * WIDTH * 4
    weights = sum(each.size for each in pair.outline.parameters()) * 4
    steps = sum(math.prod(layer.shape) for layer in pair.outline.layers) * 4
    bound = weights + 3 * largest + ALLOWED
    yield f"Memory at a batch of {batch}: weights {weights / MIB:.0f} MiB, largest activation {largest / MIB:.0f} MiB,"
    yield f"all steps of one run {steps / MIB:.0f} MiB. Bound: {bound / MIB:.0f} MiB (weights, three of the largest"
    yield "activations and 200 MB). Measured is what stands in no file (RssAnon, every 2 ms), above the level after"
    yield "imports and building: pages of mapped files are the system's to take back. The whole look at a probe runs"
    yield "in float64 too, where weights and activations take twice as much, and compares."
    yield ""
    yield "| process | capture with replay, MiB | the whole look at one probe, MiB |"
    yield "| --- | --- | --- |"
    for name in processes:
        yield f"| {name} | {capture[name] / MIB:.0f} | {whole[name] / MIB:.0f} |"


class Opened:
    """Both sides with the same weights, and how their layers answer each other."""

    def __init__(self, reference: Side, candidate: Side, both: Both, batch: int) -> None:
        probe = probe_inputs((ENTRY,), batch, 0)
        self.faces = probe, for_candidate(probe, (ENTRY,))
        self.outline = reference.outline(probe)
        self.matches = match(self.outline, candidate.outline(self.faces[1]))
        weights = probe_weights(self.outline, 0)
        self.sides = Sides(reference, candidate, (weights, port(weights, self.matches)), both)
        self.sides.load(self.sides.weights)

    def capture(self) -> None:
        """Capture the reference, and the candidate with replay."""
        steps = self.sides.reference.run(self.faces[0]).steps
        given = {m.candidate.name: steps[m.reference.name] for m in self.matches if m.reference and m.candidate}
        self.sides.candidate.run(self.faces[1], given=given)


@contextlib.contextmanager
def watching(processes: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """By how many bytes of memory that stand in no file each of these processes grows at most while this lasts."""
    before = {name: anonymous(number) for name, number in processes.items()}
    grown, done = dict.fromkeys(processes, 0), threading.Event()

    def watch() -> None:
        while not done.wait(EVERY):
            for name, number in processes.items():
                grown[name] = max(grown[name], anonymous(number) - before[name])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        done.set()
        watcher.join()


def anonymous(process: int) -> int:
    """Bytes of a process that stand in no file."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon"))


def alternately(tasks: list[Callable[[], Any]], rounds: int) -> list[list[float]]:
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
