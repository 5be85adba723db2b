"""Arrays that the network reads and does not own.

What it is: a layer kept in a plain list or built in `forward` is not registered: `state_dict()` does not hold it,
so `load_state_dict` never fills it, and with `strict=False` says nothing.
How it shows: the layer stays at its random start, and parameter counts fall short.
How to mend: `nn.ModuleList`, or an attribute of its own; load with `strict=True`.
Example: `self.blocks = [nn.Linear(8, 8) for _ in range(3)]`.
Source: hexgrad/kokoro#368.
"""

from collections.abc import Iterator

from parity.cause import Cause, Suspicion
from parity.evidence import Evidence


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not evidence.paired or evidence.shared:
        return
    mine, yours = evidence.arrays
    for role in mine:
        if role in yours and not yours[role].registered:
            sentence = f"its {role} is no parameter of the network: is the layer kept in a plain list?"
            yield Suspicion(sentence, ("owned", "not owned"), stated=True)


CAUSE = Cause(_suspect)
