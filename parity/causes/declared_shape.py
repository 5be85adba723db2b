"""A layer that gives another shape than it declares.

What it is: `output_shape` of a Lambda, or `compute_output_shape`, is written by hand; the layers behind are built for
what it says and are given something else.
How it shows: the model builds and counts as it should, and raises when it first runs.
How to mend: what the layer computes, and then no declared shape, so that Keras works it out.
Example: `Lambda(lambda pair: ops.dot(*pair), output_shape=(4, 9, 9))`, which gives (batch, 4, 9, batch, 4, 9).
Source: the published network of two heads.
"""

from collections.abc import Iterator
from dataclasses import replace

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    candidate = evidence.row.match.candidate
    if candidate is None:
        return
    network = evidence.network
    for claim in network.outlines[1].claims:
        gives = network.rows[1].get(network.source(claim.source, 1))
        told_of = gives.match.candidate if gives and gives.faulty and gives.match.candidate else None
        if claim.stops and candidate.name == (told_of.name if told_of else claim.source):
            yield Suspicion(
                f"{replace(claim, place=None)}: the layers behind it are built for a shape that they are never given",
                (evidence.row.match.reference.shape if evidence.row.match.reference else "", claim.gives),
                stated=True,
                places=(claim.place, evidence.row.match.reference.place if evidence.row.match.reference else None),
            )


CAUSE = Cause(_suspect)
