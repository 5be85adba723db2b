"""A layer that holds the arrays of another one.

What it is: a port that pairs arrays by their place in a list, or by names that sort otherwise (`conv10` before
`conv2`), gives a layer the arrays of another of the same shape. A module that is built once and used twice holds
the same arrays in both places.
How it shows: no shape or count differs. Two layers of one shape are off, or all behind a gap in the list.
How to mend: pair by the graph or by name, and count in numbers: `sorted(names, key=lambda name: int(name[4:]))`.
Example: `zip(sorted(layers), module.children())` over more than nine layers.
Source: the order in which Keras and PyTorch list their weights, which is that of their creation, not of the names.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.own_weights import alike


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    if own.size < 2 or (own == own.flat[0]).all():
        return
    network = evidence.network
    names = {yours: mine for mine, yours in network.answers.items()}
    for layer, roles in network.own.carried.items():
        for other in sorted(roles, key=lambda each: each != role):
            if layer == evidence.candidate.name or not alike(roles[other], own):
                continue
            there = names.get(layer, layer)
            what = there if other == role else f"the {other} of {there}"
            held = network.own.apart.get(layer, {})
            if other not in held:
                more = ", which holds it too"
            elif alike(held[other][1], wanted):
                more = ", and the other way round"
            else:
                more = ""
            word = carrying(evidence, role)
            yield Guise(f"taken from {what} in the reference{more}", (evidence.reference.name, there), word)
            break


CAUSE = of_arrays(_guises, 1)
