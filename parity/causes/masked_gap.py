"""A mean over the steps of a sequence that leaves out masked ones on one side.

What it is: Keras's `GlobalAveragePooling1D` honours the mask of `Embedding(mask_zero=True)`; `x.mean(1)` takes the
padding into the mean.
How it shows: no shape or count differs; sequences without padding agree.
How to mend: `(x * mask).sum(1) / mask.sum(1)` in PyTorch.
Example: `GlobalAveragePooling1D()` behind an `Embedding(1000, 16, mask_zero=True)`, ported to `x.mean(1)`.
Source: CyberZHG/keras-bert#34.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import axes_of
from parity.nouns import Amendment, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "mean" or "masked" not in evidence.differing or len(evidence.reference.inputs) != 2:
        return
    network = evidence.network
    table = network.layers[0].get(network.source(evidence.reference.inputs[0], 0))
    read = network.layers[1].get(evidence.candidate.inputs[0])
    indices = network.answers.get(table.inputs[0]) if table and table.kind == "embedding" and table.inputs else None
    axes = axes_of(evidence.reference.settings["over"], read.axes) if read else ()
    if not axes and read and read.kind == "embedding" and len(read.axes) == 3:
        axes = (1,)  # the indices may be called by the name that the width of the table has too
    yield Suspicion(
        "the reference takes the mean of the steps that its mask lets through, the candidate of all",
        ("masked", "all"),
        (Amendment(evidence.candidate.name, instead=(Move("masked_mean", {"step": indices, "axis": axes[0]}),)),)
        if indices is not None and len(axes) == 1
        else (),
        covers=frozenset([evidence.row.match.name, evidence.reference.inputs[1]]),
    )


CAUSE = Cause(_suspect, ("mean",), ("masked",))
