"""A layer with arrays that the reference has not.

What it is: the candidate applies one layer more, whose arrays nothing of the reference's can fill.
How it shows: the parameter counts differ by just this layer.
How to mend: take it out, with what was put around it to make it fit.
Example: a Dense(324) behind a product that was to take its place.
Source: the published network of two heads.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    match, network = evidence.row.match, evidence.network
    layer = match.candidate
    if match.reference is not None or layer is None or not layer.parameters or not layer.known:
        return
    rows = network.rows[0].values()
    if any(row.match.candidate is None and row.match.reference and row.match.reference.parameters for row in rows):
        return  # it may be that one in another guise
    yield Suspicion(
        f"the candidate has one {layer.kind} layer more, of {layer.counted:,} parameters; the reference has none here",
        ("none", layer.counted),
        stated=True,
    )


CAUSE = Cause(_suspect)
