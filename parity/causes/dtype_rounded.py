"""Weights that were rounded to half precision on the way.

What it is: a checkpoint that was saved in float16 or bfloat16, or a `.half()` in the port script, keeps 11 or 8
bits of each number; loaded into a float32 network they look like any other.
How it shows: no shape or count differs. Every output is off by 1e-3 (float16) or 1e-2 (bfloat16) of its scale,
from the first layer on.
How to mend: carry the float32 numbers; round, if at all, behind the comparison.
Example: `module.half(); torch.save(module.state_dict(), "port.pt")`, loaded into a float32 module.
Source: IEEE 754 binary16, and bfloat16, the upper half of binary32.
"""

from collections.abc import Iterator

import numpy as np

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.nouns import Array
from parity.own_weights import alike


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    if wanted.dtype != np.float32 or own.dtype != np.float32:
        return
    for kind, rounded in (("float16", _half), ("bfloat16", _nearest), ("bfloat16", _cut)):
        if alike(wanted, own, rounded):
            yield Guise(f"the reference's rounded to {kind}", ("float32", kind), carrying(evidence, role))
            return


def _half(array: Array) -> Array:
    with np.errstate(over="ignore"):
        return array.astype(np.float16).astype(np.float32)


def _nearest(array: Array) -> Array:
    """The upper 16 bits of each number, rounded to the nearest, ties to even."""
    bits = np.ascontiguousarray(array).view(np.uint32)
    return _cut((bits + (np.uint32(0x7FFF) + ((bits >> 16) & 1))).view(np.float32))


def _cut(array: Array) -> Array:
    """The upper 16 bits of each number, the others cut off."""
    return (np.ascontiguousarray(array).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


CAUSE = of_arrays(_guises, 0)
