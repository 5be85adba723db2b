"""A recurrent layer with another activation in its cell.

What it is: the function of the gates (`recurrent_activation`), or of the state. PyTorch's LSTM and GRU know sigmoid
and tanh alone. Keras lets one choose, and took a hard sigmoid for the gates up to version 2.3.
How it shows: no shape or count differs; values by about .1.
How to mend: `recurrent_activation="sigmoid"` in Keras; in PyTorch `nn.RNN(nonlinearity="relu")`, or a cell of one's
own.
Example: `LSTM(8, recurrent_activation="hard_sigmoid")` ported to `nn.LSTM(4, 8, batch_first=True)`.
Source: minimaxir/textgenrnn#153.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment

_KINDS = ("lstm", "gru", "simple_rnn")
_SETTINGS = ("activation", "recurrent_activation")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind not in _KINDS or not evidence.paired:
        return
    if not (evidence.reference.known and evidence.candidate.known):
        return
    keras = evidence.network.candidate_framework == "keras"
    for setting in _SETTINGS:
        if setting not in evidence.differing:
            continue
        value, other = evidence.differing[setting]
        of = "its gates" if setting == "recurrent_activation" else "its state"
        keywords = {setting: value} if keras else {"nonlinearity": value} if value in ("relu", "tanh") else {}
        yield Suspicion(
            f"the function of {of} is {value} in the reference and {other} here",
            (value, other),
            (Amendment(evidence.candidate.name, words=keywords),) if keras else (),
            evidence.mend(keywords=keywords) if keras or (evidence.kind == "simple_rnn" and keywords) else None,
            # PyTorch has a function of its own for each: no word of the call makes it another.
            stated=not keras,
        )


CAUSE = Cause(_suspect, _KINDS, _SETTINGS)
