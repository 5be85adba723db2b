"""The gates of a recurrent layer in another order.

What it is: Keras keeps the gates of a GRU as update, reset, new; PyTorch as reset, update, new. Both keep those of
an LSTM as input, forget, candidate, output: the one order that is right to copy is often changed. Cut the wrong
way, the units of all gates interleave.
How it shows: no shape or count differs. The outputs are off by as much as they are large (.8).
How to mend: exchange the first two thirds of each of a GRU's arrays, biases included; leave an LSTM's as they are.
Example: `gru.weight_ih_l0.copy_(torch.from_numpy(kernel.T))`.
Source: the documentation of `torch.nn.GRU` and the code of `keras.layers.GRU`; keras-team/keras#8720.
"""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import held
from parity.own_weights import alike

_GATES = {"gru": ("reset", "update", "new"), "lstm": ("input", "forget", "candidate", "output")}


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    names = _GATES.get(evidence.kind)
    if names is None:
        return
    wanted, own = evidence.apart[role]
    axis = wanted.ndim - 2  # canonical: the gates stand before the units
    mend = _mend(evidence, role)
    ways = sorted(permutations(range(len(names))), key=lambda way: sum(at != gate for at, gate in enumerate(way)))
    for way in ways[1:]:
        if alike(own, np.take(wanted, way, axis)):
            there = " ".join(names[gate] for gate in way)
            yield Guise(f"the reference's with the gates in the order ({there})", (" ".join(names), there), mend)
    *rest, gates, units = wanted.shape
    swapped = wanted.swapaxes(-1, -2).reshape(wanted.shape), wanted.reshape(*rest, units, gates).swapaxes(-1, -2)
    if gates != units and any(alike(own, each) for each in swapped):
        yield Guise("the reference's with the units of its gates interleaved", ("gate unit", "unit gate"), mend)


def _mend(evidence: Evidence, role: str) -> str:
    frameworks = tuple(each.framework for each in evidence.network.outlines)
    if evidence.kind != "gru" or role not in ("kernel", "recurrent"):
        return ""
    into, source = held(evidence.candidate, role), held(evidence.reference, role)
    if frameworks == ("keras", "torch"):
        return f"z, r, n = np.split({source}, 3, -1); {into} = np.concatenate([r, z, n], -1).T"
    if frameworks == ("torch", "keras"):
        return f"r, z, n = np.split({source}, 3); {into} = np.concatenate([z, r, n]).T"
    return ""


CAUSE = of_arrays(_guises, 1)
