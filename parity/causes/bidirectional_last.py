"""The last step of a bidirectional layer, where the backward half has read one step only.

What it is: Keras's `Bidirectional` without `return_sequences` gives the last state of either direction. PyTorch's
output holds both directions by time, so that `output[:, -1]` is the forward half's last state and the backward half's
first one.
How it shows: no shape or count differs; the forward half of the channels agrees to the last digit.
How to mend: `torch.cat([h_n[-2], h_n[-1]], -1)` in PyTorch.
Example: `Bidirectional(LSTM(8))` ported to `self.lstm(x)[0][:, -1]`.
Source: pytorch/pytorch#3587.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network
from parity.nouns import Amendment, Layer

_RECURRENT = ("lstm", "gru", "simple_rnn")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "concat" or not evidence.paired:
        return
    network = evidence.network
    mine = [_path(network, name, 0) for name in evidence.reference.inputs]
    yours = [_path(network, name, 1) for name in evidence.candidate.inputs]
    if len(mine) != 2 or len(yours) != 2:
        return
    for (end, before), (other, behind) in zip(mine, yours, strict=True):
        flips = [each for each in behind if each.kind == "flip"]
        cropped = any(each.kind == "slice" for each in before) and not any(each.kind == "slice" for each in behind)
        recurrent = end in network.layers[0] and network.layers[0][end].kind in _RECURRENT
        if cropped and recurrent and network.answers.get(end) == other and flips:
            yield Suspicion(
                "of the backward direction the reference takes the last state, the candidate the one of its first step",
                ("last state of each direction", "last step of the output"),
                # Unturned, the backward half of the last step is the last state of that direction.
                tuple(Amendment(each.name, instead=()) for each in flips),
                places=(flips[0].called, evidence.reference.place),
                covers=frozenset([evidence.row.match.name, *(each.name for each in flips)]),
            )
            return


def _path(network: Network, name: str, side: int) -> tuple[str, list[Layer]]:
    """The nearest layer before this that computes something, and what only moves data between."""
    between = []
    while (layer := network.layers[side].get(name)) is not None and layer.carries and layer.inputs:
        between.append(layer)
        name = layer.inputs[0]
    return name, between


CAUSE = Cause(_suspect)
