"""A learned slope for each place, for each channel, or one for all.

What it is: Keras's `PReLU` learns a slope for every element of a map, unless `shared_axes` names the axes that share
one; PyTorch's learns one for all, or one for each of its `num_parameters` channels. Fresh ones are 0 there and 0.25
here.
How it shows: parameter counts differ. The slopes cannot be carried, and negative values are scaled otherwise.
How to mend: `nn.PReLU(channels)` against `PReLU(shared_axes=[1, 2])`. PyTorch has no slope for each place: there it is
a parameter of one's own, `torch.where(x > 0, x, self.slope * x)`.
Example: `PReLU(shared_axes=[1, 2])` ported to `nn.PReLU()`.
Source: the documentation of both; zhijiesun/Mobilefacenet#2.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.mending.mend import Mend

_ONE, _CHANNELS, _PLACES = "one for all", "one for each channel", "one for each place of each channel"


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "prelu" or not evidence.paired or evidence.shared or not evidence.row.mismatched:
        return
    mine, yours = (arrays.get("slope") for arrays in evidence.arrays)
    if mine is None or yours is None or mine.size == yours.size:
        return
    channels = next((axis.size for axis in evidence.candidate.axes if str(axis) == "channel"), 0)
    shared = _shared(mine.size, channels), _shared(yours.size, channels)
    yield Suspicion(
        f"learns {shared[0]} ({mine.size:,}) in the reference and {shared[1]} ({yours.size:,}) here",
        (mine.size, yours.size),
        mend=_mend(evidence, shared[0], channels),
        stated=True,
    )


def _shared(slopes: int, channels: int) -> str:
    return _ONE if slopes == 1 else _CHANNELS if slopes == channels else _PLACES


def _mend(evidence: Evidence, wanted: str, channels: int) -> Mend | None:
    """The argument under which the candidate shares its slopes as the reference does, where it has one."""
    if evidence.network.candidate_framework == "torch":
        count = {_ONE: 1, _CHANNELS: channels}.get(wanted)
        return evidence.mend(keywords={"num_parameters": count}) if count else None
    names = [str(axis) for axis in evidence.candidate.axes]
    axes = {
        _ONE: range(1, len(names)),
        _CHANNELS: [at for at in range(1, len(names)) if names[at] != "channel"],
        _PLACES: (),
    }
    return evidence.mend(keywords={"shared_axes": list(axes[wanted]) or None}) if channels else None


CAUSE = Cause(_suspect)
