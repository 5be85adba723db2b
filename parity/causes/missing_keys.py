"""Arrays that were never loaded.

What it is: a layer kept in a plain list or built in `forward` is not registered: `state_dict()` does not hold it,
so `load_state_dict` never fills it, and with `strict=False` says nothing. Nor does it of a name that is spelled
otherwise in the file.
How it shows: the layer stays at its start, random or zero, and for what is not registered parameter counts fall
short.
How to mend: `nn.ModuleList`, or an attribute of its own; load with `strict=True`.
Example: `self.blocks = [nn.Linear(8, 8) for _ in range(3)]`.
Source: hexgrad/kokoro#368.
"""

from collections.abc import Iterator

import numpy as np

from parity.diagnosis.cause import Cause, Guise, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.nouns import Array

_ENOUGH = 64
"""Of so many numbers, drawn uniformly, the largest lies near the bound."""


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired or evidence.shared:
        return
    mine, yours = evidence.arrays
    for role in mine:
        if role in yours and not yours[role].registered:
            sentence = f"its {role} is no parameter of the network: is the layer kept in a plain list?"
            yield Suspicion(sentence, ("owned", "not owned"), stated=True)


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    for value, name in ((0, "zero"), (1, "one")):
        if (own == value).all() and not any((wanted == start).all() for start in (0, 1)):
            told = f"{name} throughout: was it ever loaded?"
            yield Guise(told, ("loaded", f"all {name}"), carrying(evidence, role))
            return
    if framework := _fresh(evidence, role):
        told = f"as {framework} draws weights, and none of the reference's: was it ever loaded?"
        yield Guise(told, ("loaded", "as drawn"), carrying(evidence, role))


def _fresh(evidence: Evidence, role: str) -> str:
    """The framework whose fresh weights these look like: uniform up to a bound that the kernel's shape gives."""
    own = {name: array for name, (_, array) in evidence.apart.items()}
    if evidence.kind not in ("dense", "conv") or "kernel" not in own or role not in ("kernel", "bias"):
        return ""
    kernel = own["kernel"]
    read, given = kernel[..., 0].size, kernel[..., 0, :].size
    # torch.nn.init.kaiming_uniform_ with a = √5, and the bias; Glorot and Bengio 2010, eq. 16, and a bias of zero.
    for framework, bound, within in (
        ("PyTorch", read**-0.5, ("kernel", "bias")),
        ("Keras", (6 / (read + given)) ** 0.5, ("kernel",)),
    ):
        if _uniform(kernel, bound) and role in within and np.abs(own[role]).max() <= bound * 1.000001:
            return framework
    return ""


def _uniform(array: Array, bound: float) -> bool:
    if array.size < _ENOUGH or not 0.9 * bound < np.abs(array).max() <= bound * 1.000001:
        return False
    return bool(0.8 < np.mean(np.square(array, dtype=np.float64)) * 3 / bound**2 < 1.25)


CAUSE = Cause(_suspect, guises=_guises, rank=8)
