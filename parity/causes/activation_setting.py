"""An activation with another number in it than the reference's.

What it is: the alpha of an ELU or CELU, the bounds of a clip, the cap or threshold of a relu, the beta of a
softplus, the threshold of a shrinkage. The defaults agree between the frameworks; what is set on one side is lost.
How it shows: no shape or count differs, and only values beyond the number do: negative ones (alpha), large ones (a
cap).
How to mend: give the activation the number of the reference, in PyTorch `nn.ELU(0.5)`, in Keras `ELU(alpha=0.5)`.
Example: `keras.layers.ELU(alpha=0.5)` ported to `nn.ELU()`.
Source: the signatures of both frameworks' activations.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion, say
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import moves_of
from parity.diagnosis.spelled import word_of
from parity.nouns import Amendment
from parity.rulebook import is_activation

_SETTINGS = ("alpha", "low", "high", "beta", "linear_above", "max_value", "negative_slope", "threshold")
_BARE = ("slope", "approximate", "over")
"""Settings of activations that have causes of their own."""


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    differing = {name: pair for name, pair in evidence.differing.items() if name in _SETTINGS}
    if not differing or not evidence.paired or not is_activation(evidence.kind):
        return
    if evidence.reference.kind != evidence.candidate.kind or any(name in _BARE for name in evidence.differing):
        return
    words = {name: word_of(evidence.network.candidate_framework, evidence.kind, name) for name in differing}
    keywords = {words[name]: value for name, (value, _) in differing.items() if words[name] and value is not None}
    moves = moves_of(evidence.reference, evidence.candidate)
    told = ", ".join(f"{name.replace('_', ' ')} {say(pair[0])}" for name, pair in differing.items())
    here = ", ".join(f"{name.replace('_', ' ')} {say(pair[1])}" for name, pair in differing.items())
    yield Suspicion(
        f"{evidence.kind} has {told} in the reference and {here} here",
        (told, here),
        (Amendment(evidence.candidate.name, instead=moves),) if moves else (),
        evidence.mend(keywords=keywords) if len(keywords) == len(differing) else None,
    )


CAUSE = Cause(
    _suspect,
    ("elu", "celu", "clip", "relu", "softplus", "soft_shrink", "hard_shrink"),
    _SETTINGS,
)
