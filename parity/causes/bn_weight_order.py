"""The arrays of a normalisation in one another's places.

What it is: Keras lists gamma, beta, mean, variance; PyTorch weight, bias, running_mean, running_var and then
num_batches_tracked, which Keras has not. Two lists that are zipped fall out of step there; `trainable_weights` and
a list by name fall out of step from the start.
How it shows: no shape or count differs, since all four are vectors of one length. NaN where a mean lands in the
variance, and nothing at all on fresh statistics.
How to mend: carry each array by its name.
Example: `for tensor, array in zip(norm.state_dict().values(), sorted(arrays)): tensor.copy_(array)`.
Source: keras-team/keras#3248; Vladkryvoruchko/PSPNet-Keras-tensorflow#31.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import carrying
from parity.own_weights import alike

_KINDS = ("batch_norm", "layer_norm", "group_norm", "instance_norm")


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    own = evidence.apart[role][1]
    if evidence.kind not in _KINDS or (own == own.flat[0]).all():
        return
    for other, array in evidence.network.own.carried[evidence.candidate.name].items():
        if other != role and alike(array, own):
            yield Guise(f"the reference's {other}", (role, other), carrying(evidence, role))


CAUSE = of_arrays(_guises, 1)
