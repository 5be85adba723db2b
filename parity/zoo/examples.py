"""The layer zoo: every example of every rule as a case of its own, either side the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from parity.build import build
from parity.case import Case, Input, SideSpec, swapped
from parity.cases import shipped
from parity.line import Options, examine
from parity.probes import CHEAP, battery
from parity.rule import Example, Rule
from parity.rulebook import rules
from parity.run import in_turn
from parity.verdict import Verdict

FOLDER = "zoo"
ZOO = shipped() / FOLDER
"""Where, among the cases that ship, the modules stand that build a layer from its expression."""


def pieces() -> Iterator[tuple[str, Rule, Example]]:
    """Every example under a name of its own, with its rule: `conv-3`."""
    for kind, rule in rules().items():
        for number, example in enumerate(rule.examples):
            yield f"{kind}-{number}", rule, example


def zoo_cases() -> list[Case]:
    """Every example as a case that ships, Keras the reference: `zoo-conv-3`."""
    return [case_of(f"{FOLDER}-{name}", example) for name, _, example in pieces()]


def kinds() -> list[str]:
    """The kinds of layers that have an example."""
    return [kind for kind, rule in rules().items() if rule.examples]


def in_zoo(name: str) -> list[Case]:
    """The cases of the zoo that a word stands for: `zoo` for all, `zoo-conv` for a kind, `zoo-conv-3`."""
    return [each for each in zoo_cases() if each.name == name or each.name.startswith(f"{name}-")]


def case_of(name: str, example: Example, *, turned: bool = False) -> Case:
    """An example as a case, Keras the reference; `turned`, PyTorch."""
    folder, entry = ZOO, _entrance(example)
    keras = {"expression": example.keras, "shape": list(example.shape), "dtype": entry.dtype}
    case = Case(
        name=name,
        title=example.keras,
        folder=folder,
        reference=SideSpec("keras", "zoo_keras:build", folder, keras),
        candidate=SideSpec("torch", "zoo_torch:build", folder, {"expression": example.torch}),
        inputs=(entry,),
    )
    return swapped(case) if turned else case


def examined(case: Case, *, probes: Sequence[str] = CHEAP, seed: int = 0, batch: int = 3) -> Verdict:
    """The verdict on a case of the zoo, with both frameworks in this process."""
    sides = [build(spec) for spec in sorted((case.reference, case.candidate), key=_torch_last)]
    turned = case.reference.framework == "torch"
    reference, candidate = sides[::-1] if turned else sides
    options = Options(seed=seed, batch=batch)
    return examine(case, reference, candidate, battery(case.inputs, batch, seed, names=probes), options, in_turn, None)


def _torch_last(spec: SideSpec) -> bool:
    return spec.framework == "torch"


def _entrance(example: Example) -> Input:
    axes = tuple(example.axes.split())
    order = tuple(example.torch_axes.split()) or (axes[-1], *axes[:-1])
    if example.indices:
        return Input("x", example.shape, axes, order, "int32", range=(0, example.indices - 1))
    return Input("x", example.shape, axes, order)


def module(framework: str) -> Path:
    """The file that builds a framework's layers."""
    return ZOO / f"zoo_{framework}.py"
