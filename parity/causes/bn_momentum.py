"""Batch normalisation that forgets its statistics faster or slower in training.

What it is: Keras's `momentum` is the share of the old statistic that is kept, 0.99 by default; PyTorch's is the share
of the new one, 0.1 by default, which keeps 0.9.
How it shows: not at all at inference. Trained further, the moving mean and variance follow the batches otherwise, and
what is measured between epochs differs.
How to mend: in PyTorch `momentum=0.01` for Keras's 0.99, in Keras `momentum=0.9` for PyTorch's 0.1.
Example: `BatchNormalization()` ported to `nn.BatchNorm2d(64, eps=1e-3)`.
Source: the documentation of both layers; huggingface/transformers#19454.
"""

from collections.abc import Iterator
from math import isclose

from parity.diagnosis.cause import Cause, say
from parity.diagnosis.network import Network


def _notes(network: Network) -> Iterator[str]:
    """One for all norms that keep the same two shares."""
    found: dict[tuple[float, float], list[str]] = {}
    for row in network.all_rows:
        mine, yours = row.match.reference, row.match.candidate
        if mine is None or yours is None or mine.kind != "batch_norm" or yours.kind != "batch_norm":
            continue
        value, other = mine.settings.get("momentum"), yours.settings.get("momentum")
        if value is not None and other is not None and not isclose(value, other, rel_tol=1e-9):
            found.setdefault((value, other), []).append(row.match.name)
    for (value, other), names in found.items():
        told = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
        yield (
            f"trained further, {told} would keep {say(value)} of the old statistics in the reference and {say(other)} "
            "here (bn-momentum)"
        )


CAUSE = Cause(lambda evidence: iter(()), notes=_notes)
