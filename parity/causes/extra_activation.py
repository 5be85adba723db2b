"""An activation that only the candidate applies.

What it is: the port applies a function where the reference is linear, most often a relu behind the last layer.
How it shows: no shape or count differs; what should be negative is zero.
How to mend: take the call away, or in Keras the `activation` of the layer.
Example: `Dense(300)` ported to `F.relu(self.fc1(x))`.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.cause import Cause, Suspicion
from parity.evidence import Evidence, called
from parity.nouns import Amendment
from parity.rulebook import is_activation


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.reference is not None or not is_activation(evidence.kind):
        return
    found = evidence.network.around_activation(evidence.candidate, 1)
    if found.instead is not None:
        return  # told from the reference's side
    yield Suspicion(
        f"the candidate applies {evidence.kind} {found.where}, the reference does not",
        ("none", evidence.kind),
        (Amendment(evidence.candidate.name, instead=()),),
        evidence.mend_call(evidence.candidate, unwrap=evidence.kind),
        places=(called(evidence.candidate), called(found.theirs)),
    )


CAUSE = Cause(_suspect)
