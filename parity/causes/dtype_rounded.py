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

from parity.cause import Guise, of_arrays
from parity.evidence import Evidence
from parity.layouts import carrying
from parity.nouns import Array


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    if wanted.dtype != np.float32 or own.dtype != np.float32:
        return
    with np.errstate(over="ignore"):
        half = wanted.astype(np.float16).astype(np.float32)
    for kind, rounded in (("float16", half), ("bfloat16", _brain(wanted, 0x7FFF)), ("bfloat16", _brain(wanted, 0))):
        if np.array_equal(own, rounded):
            yield Guise(f"the reference's rounded to {kind}", ("float32", kind), carrying(evidence, role))
            return


def _brain(array: Array, half: int) -> Array:
    """The upper 16 bits of each number: rounded to the nearest, ties to even, or with a `half` of 0 cut off."""
    bits = np.ascontiguousarray(array).view(np.uint32)
    even = (bits >> 16) & 1 if half else 0
    return ((bits + (half + even)) & np.uint32(0xFFFF0000)).astype(np.uint32).view(np.float32)


CAUSE = of_arrays(_guises, 0)
