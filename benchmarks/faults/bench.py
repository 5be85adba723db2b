"""The references, built once, and candidates built from a text: what is told of one held against the other."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import torch  # before Keras, which brings TensorFlow
from torch import nn

from benchmarks.faults.corpus import healthy, networks
from benchmarks.faults.remembered import Remembered
from parity.line import Options, batches, examine
from parity.probes import for_candidate
from parity.run import in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide, noting_places
from parity.verdict import Verdict

Carried = tuple[nn.Module, Mapping[str, Any], Verdict]
"""A healthy candidate with the weights that it was given, its state, and what is told of it."""


class Bench:
    """Where candidates are held against the references, all in this process; texts are files while it lasts."""

    def __init__(self) -> None:
        self.cases = networks()
        self._folder = TemporaryDirectory()
        self._numbers = itertools.count()
        self._references: dict[str, Remembered] = {}
        self._carried: dict[tuple[str, int], Carried] = {}

    def close(self) -> None:
        """Let go of the texts."""
        self._folder.cleanup()

    def build(self, network: str, text: str) -> nn.Module:
        """The candidate that a text builds; each has a file of its own, so that its lines can be told."""
        folder = Path(self._folder.name) / f"{network}_{next(self._numbers)}"
        folder.mkdir()
        file = folder / "net_torch.py"
        file.write_text(text)
        torch.manual_seed(0)
        with noting_places():
            module: nn.Module = _loaded(file).build()
        return module.eval()

    def check(self, network: str, module: nn.Module, seed: int) -> Verdict:
        """What is told of a candidate, which holds the carried weights afterwards."""
        case, options = self.cases[network], Options(seed=seed, onnx=False)
        if network not in self._references:
            folder = case.reference.folder
            self._references[network] = Remembered(KerasSide(_loaded(folder / "net_keras.py").build()))
        probes = batches(case, options)
        return examine(case, self._references[network], TorchSide(module), probes, options, in_turn, None)

    def carried(self, network: str, seed: int) -> Carried:
        """The healthy candidate with the carried weights of this seed, its state, and what is told of it."""
        if (network, seed) not in self._carried:
            module = self.build(network, healthy(self.cases[network]))
            verdict = self.check(network, module, seed)
            state = {name: each.clone() for name, each in module.state_dict().items()}
            self._carried[network, seed] = module, state, verdict
        return self._carried[network, seed]

    def inputs(self, network: str, seed: int) -> list[tuple[torch.Tensor, ...]]:
        """The probes as the candidate takes them, and values beyond them: large, tiny, all of them shifted."""
        case = self.cases[network]
        given = []
        for probe in batches(case, Options(seed=seed)):
            arrays = for_candidate(probe, case.inputs).arrays.values()
            given.append(tuple(torch.from_numpy(each.copy()) for each in arrays))
        first = given[0]
        for change in (lambda x: 100 * x, lambda x: 1e-3 * x, lambda x: x + 5, lambda x: -x - 5):
            given += [tuple(change(each) if each.is_floating_point() else each for each in first)]
        return given


def _loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{file.parent.name}_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
