"""Does it ever lie? Healthy pairs and planted faults, from gross to tiny, over many seeds: a confusion table.

A fault is counted as missed when the verdict is parity without a note; a healthy pair as a false alarm when it
is anything but parity, or carries a note of a hidden difference.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import keras
import torch  # before Keras, which brings TensorFlow
from torch import nn

import parity
from parity.cases import find, shipped
from parity.line import Options, examine
from parity.nouns import Weights
from parity.probes import battery
from parity.run import in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide
from parity.verdict import Verdict


class Image(nn.Module):
    """A small image network with what the shipped cases lack: GELU, epsilon 1e-5, padding, a flatten."""

    def __init__(self, epsilon: float = 1e-5, approximate: str = "none", pad: tuple[int, ...] = (0, 1, 0, 1)) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d(pad)
        self.conv = nn.Conv2d(3, 8, 3, stride=2)
        self.norm = nn.BatchNorm2d(8, eps=epsilon)
        self.act = nn.GELU(approximate)
        self.more = nn.Conv2d(8, 6, 3, padding=1)
        self.fc = nn.Linear(6 * 5 * 4, 7)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.act(self.norm(self.conv(self.pad(image))))
        x = nn.functional.leaky_relu(self.more(x), 0.2)
        return self.fc(x.flatten(1))


def image_reference() -> keras.Model:
    """The Keras side of `Image`."""
    image = keras.Input((10, 8, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same")(image)
    x = keras.layers.Activation("gelu")(keras.layers.BatchNormalization(epsilon=1e-5)(x))
    x = keras.layers.Conv2D(6, 3, padding="same", activation=keras.activations.leaky_relu)(x)
    return keras.Model(image, keras.layers.Dense(7)(keras.layers.Flatten()(x)))


IMAGE = parity.Input("image", (10, 8, 3), ("height", "width", "channel"), ("channel", "height", "width"))
SOUNDING = parity.Input("sounding", (1, 250), ("length", "channel"))


@dataclass(frozen=True)
class Fault:
    """A candidate with one thing wrong: another module, or weights that change after they were ported."""

    name: str
    network: str
    build: Callable[[], nn.Module]
    damage: Callable[[nn.Module, random.Random], None] = lambda module, chance: None


class Damaged(TorchSide):
    """A PyTorch side whose weights are tampered with whenever they are loaded."""

    def __init__(self, fault: Fault, seed: int) -> None:
        self.module = fault.build()
        super().__init__(self.module)
        self._fault, self._seed = fault, seed

    def load(self, weights: Weights) -> None:
        super().load(weights)
        self._asked = weights
        with torch.no_grad():
            self._fault.damage(self.module, random.Random(self._seed))

    def weights(self) -> Weights:
        """What was asked for: the tampering shall not show as a weight that running changed."""
        return self._asked


def _bias(module: nn.Module, chance: random.Random) -> None:
    layer = chance.choice([each for each in module.modules() if isinstance(each, nn.Linear)])
    layer.bias.mul_(1 + 1e-6)


def _element(module: nn.Module, chance: random.Random) -> None:
    layer = chance.choice([each for each in module.modules() if isinstance(each, nn.Linear)])
    layer.weight[chance.randrange(layer.out_features), chance.randrange(layer.in_features)] *= 1.01


def _channels(module: nn.Module, chance: random.Random) -> None:
    layer = chance.choice([each for each in module.modules() if isinstance(each, nn.Linear)])
    one, other = chance.sample(range(layer.out_features), 2)
    layer.weight[[one, other]] = layer.weight[[other, one]]


def _changed(case: str, right: str, wrong: str) -> Callable[[], nn.Module]:
    path = shipped() / case / "net_torch.py"
    source = path.read_text()
    assert right in source, (case, right)

    def build() -> nn.Module:
        module = ModuleType("changed")
        exec(compile(source.replace(right, wrong), str(path), "exec"), module.__dict__)
        return module.build()

    return build


def healthy() -> list[tuple[str, Callable[[], nn.Module]]]:
    """Each network by name, and how its faithful port is built."""
    return [
        *((case, _changed(case, "import torch", "import torch")) for case in ("magnitude", "phase")),
        ("image", Image),
    ]


def faults() -> list[Fault]:
    """Gross ones first, tiny ones last."""
    found = [
        Fault("missing relu", "magnitude", _changed("magnitude", "x = F.relu(self.fc3(", "x = (self.fc3(")),
        Fault("wrong activation", "phase", _changed("phase", "nn.Tanh()", "nn.Hardtanh()")),
        Fault(
            "operands swapped",
            "magnitude",
            _changed("magnitude", "[x, F.relu(branch).transpose(1, 2)]", "[F.relu(branch).transpose(1, 2), x]"),
        ),
        Fault("epsilon 1e-5 for 1e-3", "magnitude", _changed("magnitude", ", eps=1e-3", "")),
        Fault("skip from elsewhere", "phase", _changed("phase", "+ sounding", "+ 1.001 * sounding")),
        Fault("padding one pixel off", "image", lambda: Image(pad=(1, 0, 1, 0))),
        Fault("GELU by its approximation", "image", lambda: Image(approximate="tanh")),
        Fault("epsilon 1.001e-5 for 1e-5", "image", lambda: Image(epsilon=1.001e-5)),
    ]
    for network, build in healthy():
        found += [
            Fault("bias off by 1e-6 of itself", network, build, _bias),
            Fault("one element of one kernel off by 1 %", network, build, _element),
            Fault("two channels swapped", network, build, _channels),
        ]
    return found


class Bench:
    """The references, traced once, and a way to hold a candidate against them."""

    def __init__(self) -> None:
        self.references = {
            "magnitude": KerasSide(_module("magnitude").build()),
            "phase": KerasSide(_module("phase").build()),
            "image": KerasSide(image_reference()),
        }

    def check(self, network: str, candidate: TorchSide, seed: int) -> Verdict:
        entry = IMAGE if network == "image" else SOUNDING
        case = replace(*find("magnitude", shipped()), inputs=(entry,))
        probes = battery((entry,), 8, seed)
        return examine(case, self.references[network], candidate, probes, Options(seed=seed), in_turn, None)


def _module(case: str) -> ModuleType:
    path: Path = shipped() / case / "net_keras.py"
    spec = importlib.util.spec_from_file_location(f"{case}_keras", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def called(verdict: Verdict) -> str:
    """`same`, `parity with a note`, or the verdict."""
    if verdict.verdict != "parity":
        return verdict.verdict
    return "parity with a note" if any("float32 rounds" in note for note in verdict.notes) else "same"


def study(runs: int) -> Iterator[tuple[str, str, int, str]]:
    """Yield (healthy or the fault, network, seed, what it was called), `runs` of each kind."""
    bench, planted, networks = Bench(), faults(), healthy()
    for seed in range(runs):
        network, build = networks[seed % len(networks)]
        yield "healthy", network, seed, called(bench.check(network, TorchSide(build()), seed))
        fault = planted[seed % len(planted)]
        yield fault.name, fault.network, seed, called(bench.check(fault.network, Damaged(fault, seed), seed))


def table(runs: int = 500) -> Iterator[str]:
    """A Markdown table of what each kind was called, and each lie by its seed."""
    counts: dict[str, Counter[str]] = {}
    lies = []
    for kind, network, seed, word in study(runs):
        counts.setdefault(kind, Counter())[word] += 1
        if (word != "same") if kind == "healthy" else (word == "same"):
            lies.append(f"- {kind}, {network}, seed {seed}: {word}")
    words = ("same", "parity with a note", "inconclusive", "divergence")
    yield f"## No false alarm, no miss: {runs} healthy runs, {runs} faulty ones"
    yield ""
    yield f"| planted | {' | '.join(words)} |"
    yield f"| --- |{' --- |' * len(words)}"
    for kind, found in counts.items():
        yield f"| {kind} | {' | '.join(str(found[word] or '') for word in words)} |"
    yield ""
    yield "\n".join(lies) or "No healthy pair was called anything but the same, and no faulty one was called the same."


if __name__ == "__main__":
    print("\n".join(table(int(sys.argv[1]) if len(sys.argv) > 1 else 500)))
