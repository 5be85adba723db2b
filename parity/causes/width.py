"""A layer that gives another number of channels.

What it is: `filters`, `units` or `out_channels` is another number, and so are the arrays: they cannot be ported.
How it shows: parameter counts and the shapes behind it differ.
How to mend: the number of the reference, and what reads it accordingly.
Example: `Conv1D(15, 3)` ported to `nn.Conv1d(16, 1, 3)`.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion, say_channels
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if "groups" in evidence.differing and evidence.kind == "conv_transpose":
        return  # of a grouped kernel, the groups say how much of the channels each of its parts gives
    kernels = evidence.pair_of("kernel")
    if kernels and kernels[0].shape[-1] != kernels[1].shape[-1]:
        sizes = kernels[0].shape[-1], kernels[1].shape[-1]
        yield Suspicion(f"gives {say_channels(sizes[1])}, the reference {sizes[0]}", sizes, stated=True)


CAUSE = Cause(_suspect)
