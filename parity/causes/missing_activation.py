"""An activation that only the reference applies.

What it is: Keras layers carry their activation in themselves (`Dense(64, activation="relu")`), and a port that
writes the layer alone has lost it.
How it shows: no shape or count differs; negative values come through (relu), values leave their range (tanh,
sigmoid).
How to mend: apply it where the layer is called, `F.relu(self.fc(x))`, or put `nn.ReLU()` behind it.
Example: `Dense(300, activation="relu")` ported to `self.fc3(x)` alone.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network, moves_of
from parity.diagnosis.written_out import called_whole
from parity.nouns import Amendment, Layer
from parity.rulebook import is_activation


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.row.match.candidate is not None or not is_activation(evidence.kind):
        return
    network = evidence.network
    found = network.around_activation(evidence.reference, 0)
    if found.instead is not None or called_whole(network, evidence.reference):
        return
    shown = network.shown(found.theirs) if found.theirs else None
    kind, moves = evidence.kind, moves_of(evidence.reference, shown)
    place = evidence.reference.place or (found.mine.place if found.mine else None)
    readers = [each.name for each in network.computing_users(found.there, 1)]
    reading = [row.match.candidate for row in network.behind(evidence.reference.name, 0)[0] if row.match.candidate]
    alone = {each.name for each in reading} >= set(readers)  # or a skip reads what no activation is applied to
    behind = shown.name if shown else found.there
    amendments: tuple[Amendment, ...] = (Amendment(behind, then=moves),) if behind else ()
    if not alone:
        amendments = tuple(Amendment(each.name, before=moves) for each in reading if len(each.inputs) == 1)
    yield Suspicion(
        f"the reference applies {kind} {found.where}, the candidate does not",
        (kind, "none"),
        amendments if moves else (),
        evidence.mend_behind(found.theirs) if alone and _before_too(network, evidence, shown) else None,
        places=(network.stands_at(found.theirs), place),
    )


def _before_too(network: Network, evidence: Evidence, shown: Layer | None) -> bool:
    """Whether it is the same before what moves data behind the layer: a crop is, what a pad adds is not left alone."""
    while shown is not None and shown.carries:
        if shown.kind == "pad" or evidence.reference.settings.get("over") is not None:
            return False
        shown = network.layers[1].get(shown.inputs[0])
    return True


CAUSE = Cause(_suspect)
