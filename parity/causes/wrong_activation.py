"""Another activation than the reference's at the same place.

What it is: both apply a function behind the same layer, and not the same one: tanh for relu, relu for relu6,
a hard sigmoid for a sigmoid.
How it shows: no shape or count differs; the range of the values may.
How to mend: call the other function.
Example: `Dense(250, activation="tanh")` ported with `nn.Hardtanh()`.
Source: the published Magnitude network and its kin.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import called, moves_of
from parity.diagnosis.spelled import call_of
from parity.nouns import Amendment
from parity.rulebook import is_activation


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.candidate is not None or not is_activation(evidence.kind):
        return
    found = evidence.network.around_activation(evidence.reference, 0)
    if found.instead is None:
        return
    moves = moves_of(evidence.reference, found.instead)
    spelled = call_of(evidence.reference, evidence.network.candidate_framework, moves)
    how = {"replace": spelled[0], "keywords": spelled[1]} if spelled else {}
    again = evidence.network.called_by_name_again(found.instead)  # then this call is to be another one, not the module
    made = evidence.mend_built(found.instead, **how) if how and not again else None
    yield Suspicion(
        f"the reference applies {evidence.kind} {found.where}, the candidate {found.instead.kind}",
        (evidence.kind, found.instead.kind),
        (Amendment(found.instead.name, instead=moves),) if moves else (),
        (made or evidence.mend_call(found.instead, **how)) if how else None,
        places=(found.instead.built if made else called(found.instead), evidence.reference.place),
    )


CAUSE = Cause(_suspect)
