"""A call that changes in place what a later layer still reads.

What it is: `nn.ReLU(inplace=True)`, `F.relu_`, `x += y` write into the tensor that they are given. Where a skip
connection reads that tensor afterwards, it finds what the call left there; Keras has nothing like it.
How it shows: no shape or count differs; the layers of the block agree, and the sum behind it does not.
How to mend: `nn.ReLU(inplace=False)`, or keep a `.clone()` for the skip.
Example: `y = self.conv(F.relu(x, inplace=True)); return y + x`.
Source: the documentation of PyTorch on in-place operations; the pre-activation blocks of He et al. 2016.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.mending.mend import Mend
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired or evidence.row.status in ("moved", "stepwise"):
        return
    network, candidate = evidence.network, evidence.candidate
    wanted = [network.answers.get(network.source(name, 0), "") for name in evidence.reference.inputs]
    for name in candidate.inputs:
        if name in wanted:
            wanted.remove(name)
            continue
        writer = network.layers[1].get(name)
        if writer is not None and writer.in_place and network.source(writer.inputs[0], 1) in wanted:
            word = writer.kind.replace("_", " ")
            yield Suspicion(
                f"{word} ({writer.name}) changes in place what is read here; the reference reads it unchanged",
                ("unchanged", f"changed by {writer.name}"),
                (Amendment(writer.name, before=(Move("copy"),)),),
                Mend(writer.built, keywords={"inplace": False}) if writer.built else None,
                places=(writer.place, evidence.reference.place),
                covers=frozenset([evidence.row.match.name]),
            )
            return


CAUSE = Cause(_suspect)
