"""A GRU that resets before its product with the hidden state, against one that resets behind it.

What it is: two versions of the unit. Keras has both (`reset_after`, True by default since TensorFlow 2), PyTorch the
one that resets behind. They keep other biases: one row, or two.
How it shows: with biases the parameter counts differ; no weights make one the other.
How to mend: in PyTorch a cell of one's own, `n = tanh(W x + U (r * h))`; in Keras `GRU(reset_after=True)`, trained
anew.
Example: `GRU(8, reset_after=False)` ported to `nn.GRU(4, 8, batch_first=True)`.
Source: Cho et al. 2014 against the CuDNN variant; apple/coremltools#1124.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind == "gru" and "reset_after" in evidence.differing and None not in evidence.differing["reset_after"]:
        words = {True: "behind", False: "before"}
        value, other = (bool(each) for each in evidence.differing["reset_after"])
        yield Suspicion(
            f"resets {words[value]} its product with the hidden state in the reference and {words[other]} it here",
            (value, other),
            stated=True,
        )


CAUSE = Cause(_suspect, ("gru",), ("reset_after",))
