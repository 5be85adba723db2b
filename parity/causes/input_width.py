"""A layer that reads another number of channels.

What it is: what stands before it gives another width, or is laid out otherwise, so that its arrays cannot be
ported.
How it shows: parameter counts differ.
How to mend: follow what the reference feeds it.
Example: a Linear behind a Flatten of another map than the Dense of the reference reads.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion, say_channels
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if "over" in evidence.differing and evidence.kind in ("conv", "batch_norm", "dense"):
        return  # a layer that takes another axis for its channels is as wide as that axis: one cause, told once
    kernels, gammas = evidence.pair_of("kernel"), evidence.pair_of("gamma")
    if "groups" in evidence.differing and evidence.kind == "conv":
        return  # of a grouped kernel, the groups say how much of the channels each of its parts reads
    if kernels and len(kernels[0].shape) > 1 and kernels[0].shape[-2] != kernels[1].shape[-2]:
        sizes = kernels[0].shape[-2], kernels[1].shape[-2]
        yield Suspicion(f"reads {say_channels(sizes[1])}, the reference {sizes[0]}", sizes, stated=True)
    elif gammas and gammas[0].size != gammas[1].size:
        sizes = gammas[0].size, gammas[1].size
        yield Suspicion(f"normalises {say_channels(sizes[1])}, the reference {sizes[0]}", sizes, stated=True)


CAUSE = Cause(_suspect)
