"""A frozen batch normalisation that one framework goes on measuring with.

What it is: `layer.trainable = False` of a Keras norm lets it run as at inference, whatever is trained around it. In
PyTorch `requires_grad = False` keeps gamma and beta, and a norm in training mode still takes the statistics of the
batch, and moves its own.
How it shows: not at all at inference. Trained further, what was frozen drifts.
How to mend: in PyTorch `bn.eval()` behind each `net.train()`, or in an overridden `train`.
Example: `backbone.trainable = False` ported to `backbone.requires_grad_(False)`.
Source: Keras's guide on transfer learning; pytorch/pytorch#86590.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause
from parity.diagnosis.network import Network
from parity.nouns import Layer

_LEARNED = ("gamma", "beta")


def _notes(network: Network) -> Iterator[str]:
    frameworks = [each.framework for each in network.outlines]
    if sorted(frameworks) != ["keras", "torch"]:
        return
    names = []
    for row in network.all_rows:
        pair = row.match.reference, row.match.candidate
        layer = pair[frameworks.index("keras")]
        if None not in pair and all(each and each.kind == "batch_norm" for each in pair) and _frozen(layer):
            names.append(row.match.name)
    if names:
        told = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
        yield (
            f"trained further, {told} would stay as at inference in Keras, where it is frozen, and in PyTorch only in "
            "eval() (frozen-bn)"
        )


def _frozen(layer: Layer | None) -> bool:
    """Whether a norm could learn and is kept from it."""
    learned = [each for each in layer.parameters if each.role in _LEARNED] if layer else []
    return bool(learned) and not any(each.trainable for each in learned)


CAUSE = Cause(lambda evidence: iter(()), notes=_notes)
