"""The two biases of a recurrent layer: one copied twice, lost, or added where both are needed.

What it is: a Keras LSTM has one bias, one of PyTorch's two that it adds, so the one goes into `bias_ih` and
`bias_hh` is zero; copied into both it counts twice. The other way the two must be added. A GRU needs both apart,
since its reset gate multiplies the second.
How it shows: Keras counts fewer parameters than PyTorch. The outputs are off by a third of their size.
How to mend: `lstm.bias_hh_l0.zero_()`; towards Keras the sum of both; of a GRU with `reset_after` both, as rows.
Example: `lstm.bias_ih_l0.copy_(bias); lstm.bias_hh_l0.copy_(bias)`.
Source: the documentation of `torch.nn.LSTM`; discuss.pytorch.org/t/110741.
"""

from collections.abc import Iterator

import numpy as np

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import held
from parity.own_weights import alike

_BIASES = {"bias": "recurrent_bias", "recurrent_bias": "bias"}
_KINDS = ("lstm", "gru", "simple_rnn")


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    if evidence.kind not in _KINDS or role not in _BIASES:
        return
    own = evidence.apart[role][1]
    carried, reference = evidence.network.own.carried[evidence.candidate.name], evidence.network.own.reference
    holds = reference.get(evidence.reference.name, {})
    other = _BIASES[role]
    into = held(evidence.candidate, role)
    if len(holds.keys() & _BIASES.keys()) == 1:
        if other in carried and carried[other].any() and alike(own, carried[other]):
            yield Guise("the reference's bias once more, which counts twice", ("once", "twice"), f"{into} = 0")
    elif other not in carried:
        both = " + ".join(held(evidence.reference, each) for each in _BIASES)
        for each in _BIASES:
            if alike(own, holds[each]):
                told = f"the reference's {_said(each)} alone, where two are added"
                yield Guise(told, ("sum of two", each), f"{into} = {both}")
        if not own.any():
            return
    elif other in carried:
        total = carried["bias"].astype(np.float64) + carried["recurrent_bias"]
        if alike(own, carried[other]):
            yield Guise(f"the reference's {_said(other)}", (role, other))
        elif alike(own, total.astype(own.dtype)):
            yield Guise("the sum of the reference's two, which this layer needs apart", ("apart", "added"))
        elif other in evidence.apart and not own.any() and alike(evidence.apart[other][1], total.astype(own.dtype)):
            yield Guise("zero, as it was added to the other, where this layer needs both apart", ("apart", "added"))


def _said(role: str) -> str:
    return role.replace("_", " ")


CAUSE = of_arrays(_guises, 1)
