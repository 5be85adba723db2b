"""An activation that only the candidate applies.

What it is: the port applies a function where the reference is linear, most often a relu behind the last layer.
How it shows: no shape or count differs; what should be negative is zero.
How to mend: take the call away, or in Keras the `activation` of the layer.
Example: `Dense(300)` ported to `F.relu(self.fc1(x))`.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network, called
from parity.nouns import Amendment, Layer
from parity.rulebook import is_activation


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.reference is not None or not is_activation(evidence.kind):
        return
    found = evidence.network.around_activation(evidence.candidate, 1)
    if found.instead is not None:
        return  # told from the reference's side
    if evidence.kind == "clip" and _in_two_steps(evidence.network, evidence.candidate, found.there):
        return
    yield Suspicion(
        f"the candidate applies {evidence.kind} {found.where}, the reference does not",
        ("none", evidence.kind),
        (Amendment(evidence.candidate.name, instead=()),),
        evidence.mend_call(evidence.candidate, unwrap=evidence.kind),
        places=(evidence.network.stands_at(evidence.candidate), called(found.theirs)),
    )


def _in_two_steps(network: Network, clip: Layer, there: str) -> bool:
    """Whether the reference brings the same within the same two bounds, one after the other."""
    for first in network.computing_users(there, 0):
        for second in network.computing_users(first.name, 0):
            bounds = {each.kind: each.settings.get("number") for each in (first, second) if network.lonely(each, 0)}
            if bounds == {"minimum": clip.settings["high"], "maximum": clip.settings["low"]}:
                return True
    return False


CAUSE = Cause(_suspect)
