"""A variance or standard deviation divided by n, or by n − 1.

What it is: `torch.var` and `torch.std` divide the sum of squares by one less than their number (Bessel's
correction), as an estimate from a sample; Keras, TensorFlow and NumPy divide by the number.
How it shows: no shape or count differs. All is larger by n / (n − 1), or by its root: by a half for three numbers,
and by nothing to be seen for thousands.
How to mend: in PyTorch `x.std(dim, correction=0)`, or `unbiased=False`; in Keras multiply by what is missing.
Example: `keras.ops.std(x, axis=1)` ported to `x.std(1)`.
Source: the documentation of `torch.std` and `tf.math.reduce_std`; tensorflow/tensorflow#43324.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.mending.mend import Mend
from parity.nouns import Amendment, Move

_KINDS = ("variance", "std")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in _KINDS or "correction" not in evidence.differing:
        return
    mine, yours = evidence.differing["correction"]
    if mine is None or yours is None:
        return
    candidate = evidence.candidate
    arguments = {"step": candidate.inputs[0], "corrections": (yours, mine), "root": candidate.kind == "std"}
    yield Suspicion(
        f"divides the sum of squares by {_said(mine)} in the reference and by {_said(yours)} here",
        (_said(mine), _said(yours)),
        (Amendment(candidate.name, after=(Move("recounted", arguments),)),),
        _mend(evidence, mine),
    )


def _mend(evidence: Evidence, correction: float) -> Mend | None:
    """The argument, where PyTorch's function is what is called: under the name that is written there already."""
    candidate = evidence.candidate
    if evidence.network.candidate_framework != "torch" or candidate.made_of or candidate.called is None:
        return None
    if correction not in (0, 1) or "correction" in candidate.called.code:
        return evidence.mend(keywords={"correction": int(correction) if correction == int(correction) else correction})
    return evidence.mend(keywords={"unbiased": bool(correction)})


def _said(correction: float) -> str:
    return f"n − {correction:g}" if correction else "n"


CAUSE = Cause(_suspect, _KINDS, ("correction",))
