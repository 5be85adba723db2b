"""An array that is the reference's times a constant.

What it is: a factor that was folded into the weights on one side and is applied again on the other (1/255 of the
pixels, the temperature of an attention, 1/√d), or a sign.
How it shows: no shape or count differs. The outputs of the layer are in proportion to the right ones.
How to mend: carry the array as it is, and keep the factor in one place.
Example: a first convolution whose kernel was divided by 255 behind a `Rescaling(1 / 255)`.
Source: the preprocessing that keras.applications keep outside of their weights, and ports fold into them.
"""

from collections.abc import Iterator

import numpy as np

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.own_weights import alike

_FEW = 4096


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    if wanted.size < 3 or wanted.dtype.kind != "f":
        return
    some = np.linspace(0, wanted.size - 1, min(wanted.size, _FEW)).astype(np.intp)
    one, other = wanted.flat[some].astype(np.float64), own.flat[some].astype(np.float64)
    kept = one != 0
    magnitudes = np.abs(one[kept])
    if not kept.any() or np.ptp(magnitudes) <= 1e-3 * magnitudes.max():
        return
    factor = float(np.median(other[kept] / one[kept]))  # the middle one: each has the rounding of one number
    if factor == 0 or not np.isfinite(factor):
        return
    if alike(wanted, own, lambda part: np.asarray(part * np.float64(factor), own.dtype)):
        told = "the reference's with the other sign" if factor == -1 else f"the reference's times {factor:.6g}"
        yield Guise(told, ("1", f"{factor:.6g}"), carrying(evidence, role))


CAUSE = of_arrays(_guises, 2)
