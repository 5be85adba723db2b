"""Another axis of the data is taken for the channels.

What it is: Keras reads (length, channel), PyTorch (channel, length): a port that feeds the same array to both
convolves and normalises along the other axis.
How it shows: the first layers hold arrays of other sizes, unless the two axes are equally long.
How to mend: transpose the input, and set `in_channels` accordingly.
Example: an input (1, 250), one step of 250 channels, taken for one channel of 250 steps.
Source: the published Magnitude network.
"""

from collections.abc import Iterator

from parity.axes import LOST
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.mending.mend import Mend
from parity.nouns import Amendment, Layer, Move

_KINDS = ("conv", "batch_norm", "dense")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind in _KINDS and "over" in evidence.differing:
        value, other = evidence.differing["over"]
        if LOST in f"{value} {other}" or _told(evidence):
            return  # an axis whose name was lost may be the same; what comes behind takes the axis that it is given
        sentence = f"takes the axis {other!r} for channels, the reference {value!r}"
        axes = None if evidence.row.mismatched else _axes(evidence, str(value), str(other))
        yield Suspicion(
            sentence,
            (value, other),
            _turned(evidence.candidate, *axes) if axes else (),
            _mend(evidence, *axes) if axes else None,
            stated=evidence.row.mismatched,
        )


def _axes(evidence: Evidence, wanted: str, taken: str) -> tuple[int, int] | None:
    """Where the reference's axis of channels stands in what the candidate's layer reads, and where it should stand."""
    layer = evidence.candidate
    before = evidence.network.layers[1].get(layer.inputs[0]) if layer.inputs else None
    own = layer if layer.kind == "batch_norm" else before  # a norm gives the axes that it reads
    if own is not None:
        names = [str(axis) for axis in own.axes]
        return (names.index(wanted), names.index(taken)) if names.count(wanted) == names.count(taken) == 1 else None
    given, last = [str(axis) for axis in layer.axes], len(layer.axes) - 1
    if given.count("channel") != 1 or given.index("channel") not in (1, last) or last < 2:
        return None
    # The axes of an input are told by nobody; channels stand first or last, and here it takes them at the other end.
    return (1, last) if given.index("channel") == last else (last, 1)


def _turned(layer: Layer, at: int, to: int) -> tuple[Amendment, ...]:
    order = [*range(len(layer.axes))]
    order.insert(to, order.pop(at))
    return (Amendment(layer.name, before=(Move("transpose", {"order": tuple(order)}),)),)


def _mend(evidence: Evidence, at: int, to: int) -> Mend | None:
    if evidence.network.candidate_framework != "torch":
        return None
    return evidence.mend_call(evidence.candidate, feed=f"torch.movedim({{}}, {at}, {to})")


def _told(evidence: Evidence) -> bool:
    """Whether a layer before this one takes the same axis for the same other one."""
    for name in evidence.network.ahead(evidence.candidate, 1):
        row = evidence.network.rows[1].get(name)
        mine, yours = (row.match.reference, row.match.candidate) if row else (None, None)
        if mine and yours and mine.kind == yours.kind and yours.kind in _KINDS:
            over = mine.settings.get("over"), yours.settings.get("over")
            if over == (evidence.reference.settings["over"], evidence.candidate.settings["over"]):
                return True
    return False


CAUSE = Cause(_suspect, _KINDS, ("over",))
