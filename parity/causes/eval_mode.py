"""A layer that runs as in training.

What it is: a dropout that drops or a normalisation that takes the statistics of its batch. A PyTorch network starts
in training mode, and `F.dropout(x)` drops whatever mode the network is in; Keras calls are inference but with
`training=True`.
How it shows: two runs on one batch differ (dropout), or a sample depends on the others of its batch (statistics).
How to mend: `network.eval()`; `F.dropout(x, p, training=self.training)`; no `training=True` in a Keras call.
Example: `Dropout(0.5)` ported to `F.dropout(x, 0.5)`.
Source: the documentation of `torch.nn.functional.dropout`; pytorch/pytorch#26338.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment

_TRAINING = {"dropout": "active", "batch_norm": "batch_statistics"}


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    layer, setting = evidence.row.match.candidate, _TRAINING.get(evidence.kind)
    if layer is None or setting is None or not layer.settings.get(setting):
        return
    mine = evidence.row.match.reference
    if mine is not None and mine.settings.get(setting):
        return
    does = "drops" if evidence.kind == "dropout" else "takes the statistics of its batch"
    words = {"training": False}
    amended = Amendment(layer.name, instead=()) if evidence.kind == "dropout" else Amendment(layer.name, words=words)
    yield Suspicion(
        f"{does} as in training",
        ("inference", "training"),
        (amended,),
        evidence.mend_call(layer, keywords=words),
        covers=frozenset() if evidence.row.mismatched else frozenset([evidence.row.match.name]),
    )


CAUSE = Cause(_suspect, tuple(_TRAINING), tuple(_TRAINING.values()))
