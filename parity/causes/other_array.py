"""A layer that holds other arrays than the reference's.

What it is: what the candidate holds is none of the reference's arrays, in no order that is known here: it was
trained apart, belongs to another checkpoint, or went through an arithmetic of its own. That it is confirmed says
that the layer computes the same once it holds the reference's.
How it shows: no shape or count differs.
How to mend: load the checkpoint that the reference's weights come from, or port them again.
Example: the weights of the epoch before.
Source: what is left when no other cause fits.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    yield Guise("none of the reference's", mend=carrying(evidence, role))


CAUSE = of_arrays(_guises, 9)
