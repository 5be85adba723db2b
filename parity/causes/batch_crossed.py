"""Each sample multiplied with every other, where the reference multiplies it with itself.

What it is: a dot or tensordot sums over one axis of each operand and shares none, so that the batch stands twice in
what it gives: (batch, 4, 9, batch, 4, 9) for (batch, 4, 9, 9). A batched matmul shares all axes but the last two.
How it shows: the shape behind it grows with the square of the batch; with one sample alone it may look right.
How to mend: `matmul`, in Keras `keras.ops.matmul(rows, columns)`.
Example: `tf.matmul(rows, columns)` ported to `keras.ops.dot(rows, columns)`.
Source: the published network of two heads.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "matmul" or "crosses" not in evidence.differing:
        return
    mine, yours = evidence.differing["crosses"]
    if mine or not yours:
        return
    yield Suspicion(
        "multiplies each sample of the batch with every other, the reference each with itself: a batched matmul",
        ("one product for each sample", "one for each two samples"),
        stated=True,
    )


CAUSE = Cause(_suspect, ("matmul",), ("crosses", "over"))
