"""A sequence that one side turns round and the other does not.

What it is: a Keras recurrent layer with `go_backwards=True` reads from the last step to the first, and leaves its
output in that order. PyTorch has no such argument: the input is to be flipped, and the output not.
How it shows: no shape or count differs.
How to mend: `self.lstm(x.flip(1))` in PyTorch, `go_backwards=True` or `keras.ops.flip(x, 1)` in Keras; and no second
flip behind.
Example: `LSTM(8, go_backwards=True)` ported to `nn.LSTM(4, 8, batch_first=True)`.
Source: keras-team/keras#1674.
"""

from collections.abc import Iterator, Sequence

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network, axes_of
from parity.nouns import Amendment, Layer, Move

_RECURRENT = ("lstm", "gru", "simple_rnn")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.paired and evidence.kind in _RECURRENT:
        yield from _by_a_word(evidence)
    if evidence.paired or evidence.kind != "flip":
        return
    network = evidence.network
    if evidence.row.match.reference is None:
        layer = evidence.candidate
        readers = [each for each in network.computing_users(layer.name, 1) if not network.lonely(each, 1)]
        partners = [network.partner(each, 1) for each in readers]
        if any(each is not None and each.settings.get("backwards") for each in partners):
            return  # what the reference's layer does itself
        yield Suspicion(
            f"the candidate turns {layer.settings['over']} round, the reference does not",
            ("none", "flip"),
            (Amendment(layer.name, instead=()),),
            places=(layer.place, None),
        )
        return
    layer = evidence.reference
    reading = [
        (row.match.candidate, layer.name in row.match.reference.inputs[:1])
        for row in network.behind(layer.name, 0)[0]
        if row.match.reference and row.match.candidate
    ]
    yield Suspicion(
        f"the reference turns {layer.settings.get('over')} round, the candidate does not",
        ("flip", "none"),
        _turned(network, layer, reading),
        places=(reading[0][0].called if reading else None, layer.place),
    )


def _turned(network: Network, flip: Layer, readers: Sequence[tuple[Layer, bool]]) -> tuple[Amendment, ...]:
    """What is to be turned round in the candidate: what each reader takes first, if that is it, or else what is read.

    `readers` are the candidate's, each with whether the flip is what it reads first.
    """
    over, amendments = flip.settings.get("over"), []
    for reader, first in readers:
        before = network.layers[1].get(reader.inputs[0])
        # A recurrent layer gives the axes that it reads, but for the width of the last.
        axes = axes_of(over, before.axes if before else reader.axes)
        if axes and first:
            amendments.append(Amendment(reader.name, before=(Move("flip", {"axis": axes}),)))
    if len(amendments) == len(readers):
        return tuple(amendments)
    there = network.answers.get(network.source(flip.inputs[0], 0), "") if flip.inputs else ""
    like = network.layers[1].get(there)
    axes = axes_of(over, like.axes) if like else ()
    alone = {each.name for each in network.computing_users(there, 1)} <= {each.name for each, _ in readers}
    return (Amendment(there, then=(Move("flip", {"axis": axes}),)),) if axes and alone else ()


def _by_a_word(evidence: Evidence) -> Iterator[Suspicion]:
    """A layer of the reference that turns its input round itself, as Keras's do where there is a mask."""
    layer, network = evidence.candidate, evidence.network
    name, turned = layer.inputs[0], False
    while (before := network.layers[1].get(name)) is not None and before.carries and before.inputs:
        turned ^= before.kind == "flip"
        name = before.inputs[0]
    if evidence.reference.settings.get("backwards") and not layer.settings.get("backwards") and not turned:
        amended = Amendment(layer.name, before=(Move("flip", {"axis": 1}),))
        batch_first = str(layer.axes[0]) == "batch" and len(layer.axes) == 3
        yield Suspicion(
            "the reference reads the steps from the last to the first, the candidate does not",
            ("backwards", "forwards"),
            (amended,) if batch_first else (),
        )


CAUSE = Cause(_suspect, _RECURRENT, ("backwards",))
