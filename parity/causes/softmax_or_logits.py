"""One network ends in probabilities and the other in what they are computed from.

What it is: Keras models end in `activation="softmax"` or `"sigmoid"`, as their losses expect; PyTorch's
`CrossEntropyLoss` and `BCEWithLogitsLoss` take logits, so its networks end without.
How it shows: no shape or count differs, the winning class is the same. On one side the rows sum to 1, or all values
lie between 0 and 1.
How to mend: apply it behind the last layer, `torch.softmax(x, 1)`, or take `activation="softmax"` away; but not
where a loss that applies it itself is fed.
Example: `Dense(10, activation="softmax")` ported to `nn.Linear(64, 10)`.
Source: the documentation of `torch.nn.CrossEntropyLoss`; discuss.pytorch.org/t/181932.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import called, moves_of
from parity.nouns import Amendment

_KINDS = ("softmax", "sigmoid", "log_softmax", "log_sigmoid")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    match, network = evidence.row.match, evidence.network
    if evidence.paired or evidence.kind not in _KINDS:
        return
    side = 0 if match.reference else 1
    layer = evidence.candidate if side else evidence.reference
    found = network.around_activation(layer, side)
    if not network.last(layer, side) or found.instead is not None:
        return
    covers = frozenset([match.name])
    if side:
        yield Suspicion(
            f"the candidate ends in {evidence.kind}, the reference in what that is computed from",
            ("none", evidence.kind),
            (Amendment(layer.name, instead=()),),
            evidence.mend_call(layer, unwrap=evidence.kind),
            places=(called(layer), called(found.theirs)),
            covers=covers,
        )
        return
    moves = moves_of(layer, found.theirs)
    yield Suspicion(
        f"the reference ends in {evidence.kind}, the candidate in what that is computed from",
        (evidence.kind, "none"),
        (Amendment(found.there, then=moves),) if moves and found.there else (),
        evidence.mend_behind(found.theirs),
        places=(called(found.theirs), layer.place or called(found.mine)),
        covers=covers,
    )


CAUSE = Cause(_suspect)
