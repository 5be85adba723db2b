"""A kernel that was reshaped where its axes should have been exchanged.

What it is: `reshape` and `view` keep the numbers in their row and cut it anew; only `transpose` and `permute` move
an axis. A kernel that is brought to the right shape by a reshape holds the right numbers in wrong places.
How it shows: every shape agrees, whatever the sizes. The layer is off by as much as its outputs are large.
How to mend: transpose: `.T` for a dense kernel, `transpose(3, 2, 0, 1)` for one of a convolution.
Example: `fc.weight.copy_(torch.from_numpy(kernel).view(fc.weight.shape))`.
Source: the documentation of `torch.Tensor.view` against that of `torch.Tensor.permute`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying, stored
from parity.own_weights import alike_in_row


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    mine, yours = stored(evidence, role, 0), stored(evidence, role, 1)
    if mine is None or yours is None or mine.native_axes == yours.native_axes or wanted.ndim < 2:
        return
    if alike_in_row(mine.native(wanted), yours.native(own)):
        axes = mine.native_axes, yours.native_axes
        told = f"the reference's numbers reshaped from ({axes[0]}) to ({axes[1]}), and not transposed"
        yield Guise(told, ("transposed", "reshaped"), carrying(evidence, role))


CAUSE = of_arrays(_guises, 2)
