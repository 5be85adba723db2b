"""Batch normalisation along another axis than the channels.

What it is: Keras normalises along `axis`, the last one by default; PyTorch along the second. On data whose channels
stand second, Keras's default takes the width for channels.
How it shows: the arrays are as long as that axis. Where it is as long as the channels, nothing shows but the values.
How to mend: `BatchNormalization(axis=1)` on channels that stand second; in PyTorch bring the axis to the second
place and back, `norm(x.transpose(1, 2)).transpose(1, 2)`.
Example: `BatchNormalization(axis=1)`, kept from a channels-first network, ported to `nn.BatchNorm2d(8)`.
Source: the documentation of `keras.layers.BatchNormalization`.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import axes_of
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    network = evidence.network
    if evidence.kind != "batch_norm" or "over" not in evidence.differing or _laid_out_otherwise(evidence):
        return
    value, other = evidence.differing["over"]
    axes = axes_of(f"{value} {other}", evidence.candidate.axes)
    amendments: tuple[Amendment, ...] = ()
    if axes and not evidence.row.mismatched:
        if network.candidate_framework == "keras":
            amendments = (Amendment(evidence.candidate.name, words={"axis": axes[0]}),)
        else:
            order = list(range(len(evidence.candidate.axes)))
            order[axes[0]], order[axes[1]] = axes[1], axes[0]
            turn = (Move("transpose", {"order": tuple(order)}),)
            amendments = (Amendment(evidence.candidate.name, before=turn, after=turn),)
    yield Suspicion(
        f"normalises along {value} in the reference and along {other} here",
        (value, other),
        amendments,
        evidence.mend(keywords={"axis": axes[0]}) if axes and network.candidate_framework == "keras" else None,
        stated=evidence.row.mismatched,
        covers=frozenset([evidence.row.match.name]),
    )


def _laid_out_otherwise(evidence: Evidence) -> bool:
    """Whether the layers around take that axis for the channels too: then the whole network reads it so."""
    for row in evidence.network.all_rows:
        mine, yours = row.match.reference, row.match.candidate
        if mine and yours and row.match.kind == "conv" and mine.settings["over"] != yours.settings["over"]:
            return True
    return False


CAUSE = Cause(_suspect, ("batch_norm",), ("over",))
