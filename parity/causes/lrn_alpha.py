"""Local response normalisation over other neighbours, or with another alpha, beta or bias.

What it is: TensorFlow takes a radius, r channels on both sides, and multiplies the sum of their squares by alpha;
PyTorch takes a size, the number of all channels, and multiplies their mean. AlexNet's radius of 2 is a size of 5 and
five times its alpha. The defaults differ too: alpha 1 and beta 0.5 against 1e-4 and 0.75.
How it shows: no shape or count differs. With a small alpha the outputs are off by little, and each channel by
another factor.
How to mend: in PyTorch `nn.LocalResponseNorm(2 * r + 1, (2 * r + 1) * alpha, beta, bias)`.
Example: `tf.nn.local_response_normalization(x, 2, 1, 2e-5, 0.75)` ported to `nn.LocalResponseNorm(2, 2e-5)`.
Source: the documentation of both functions; microsoft/MMdnn#817.
"""

from collections.abc import Iterator
from typing import Any

from parity.diagnosis.cause import Cause, Suspicion, say
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import moves_of
from parity.nouns import Amendment, Settings

_KIND = "local_response_norm"
_SETTINGS = ("window", "alpha", "beta", "bias")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    apart = [name for name in _SETTINGS if name in evidence.differing]
    if evidence.kind != _KIND or not apart or evidence.reference.kind != evidence.candidate.kind:
        return
    mine, yours = evidence.reference.settings, evidence.candidate.settings
    told = [f"{_named(name)} {_said(mine, name)} in the reference and {_said(yours, name)} here" for name in apart]
    words = _words(mine, yours) if evidence.network.candidate_framework == "torch" else {}
    instead = () if words else moves_of(evidence.reference, evidence.candidate)
    amendment = Amendment(evidence.candidate.name, words=words, instead=instead or None)
    yield Suspicion(
        ", ".join(told),
        (", ".join(_said(mine, name) for name in apart), ", ".join(_said(yours, name) for name in apart)),
        (amendment,) if words or instead else (),
        evidence.mend(keywords=words) if words else None,
    )


def _words(wanted: Settings, own: Settings) -> dict[str, Any]:
    """PyTorch's arguments for what is not as it is wanted; none where no size reaches so far to both sides."""
    before, after = wanted["window"]
    size = before + after + 1
    if size // 2 != before:
        return {}
    # An alpha that is written for a mean of other neighbours is another alpha.
    alone = {"beta": wanted["beta"], "k": wanted["bias"]}
    differing = {name: value for name, value in alone.items() if value != own["bias" if name == "k" else name]}
    same = wanted["window"] == own["window"]
    sized = {} if same else {"size": size}
    scaled = {} if same and wanted["alpha"] == own["alpha"] else {"alpha": float(f"{size * wanted['alpha']:.12g}")}
    return {**sized, **scaled, **differing}


def _named(setting: str) -> str:
    return {"window": "its window of channels is", "alpha": "the sum is multiplied by"}.get(setting, f"{setting} is")


def _said(settings: Settings, setting: str) -> str:
    value = settings[setting]
    return f"{value[0]} before and {value[1]} behind" if setting == "window" else say(value)


CAUSE = Cause(_suspect, (_KIND,), _SETTINGS)
