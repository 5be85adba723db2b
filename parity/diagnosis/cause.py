"""What a file of `causes/` says: one reason why two networks part, how to suspect it, and what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from parity.diagnosis.evidence import Evidence
from parity.diagnosis.network import Network, moves_of
from parity.mending.mend import Mend
from parity.nouns import Amendment, Place, Weights


@dataclass(frozen=True)
class Suspicion:
    """What one cause says of one pair of layers.

    `values` are the reference's and the candidate's. `amendments` change the live candidate as the mend would
    change its code: where they take the difference away, the cause is confirmed. With `stated`, the two networks
    themselves say it (arrays of other sizes) and nothing is to be run. `mend` is the code to write, `places` the
    candidate's and the reference's line, where those are not the layers' own, `name` a code of its own. `covers`
    names the rows of which this says all there is to say: what other causes say of them is left out.
    `weights` are canonical arrays that the candidate's layers should hold: with them loaded, it runs mended, and
    `script` is the line of a port script that carries them.
    """

    sentence: str
    values: tuple[Any, Any] = ("", "")
    amendments: tuple[Amendment, ...] = ()
    mend: Mend | None = None
    stated: bool = False
    places: tuple[Place | None, Place | None] | None = None
    name: str = ""
    covers: frozenset[str] = frozenset()
    weights: Weights = field(default_factory=dict)
    script: str = ""


@dataclass(frozen=True)
class Guise:
    """What an array of the candidate's is, which is not what a port would carry.

    `told` ends the sentence "its kernel is …". `values` name the reference's array and the candidate's, `mend` is
    the line of a port script that carries it rightly.
    """

    told: str
    values: tuple[str, str] = ("", "")
    mend: str = ""


@dataclass(frozen=True)
class Cause:
    """One reason to diverge.

    `suspect` is asked of each pair of layers that differs, and of each layer without a partner that a difference
    follows. `settings` are the hyperparameters, of the `kinds` of layers (all, if empty), of which this cause
    speaks: a difference in any other is told by its own name.

    `guises` is asked of each role whose arrays differ, where both sides keep their own weights, and tells the
    simplest guise first. Of several causes the one of the lowest `rank` is believed: a guise of a high rank
    fits more arrays.

    `notes` tells of the whole pair, whatever comes of it, what is true and makes no difference at inference.
    """

    suspect: Callable[[Evidence], Iterator[Suspicion]]
    kinds: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    guises: Callable[[Evidence, str], Iterator[Guise]] | None = None
    rank: int = 0
    notes: Callable[[Network], Iterator[str]] | None = None

    def speaks_of(self, kind: str, setting: str) -> bool:
        """Whether a difference in this setting, of this kind of layer, is this cause's to tell."""
        return setting in self.settings and (not self.kinds or kind in self.kinds)


def of_arrays(guises: Callable[[Evidence, str], Iterator[Guise]], rank: int) -> Cause:
    """A cause that is seen in the arrays alone."""
    return Cause(lambda evidence: iter(()), guises=guises, rank=rank)


def of_setting(
    setting: str,
    kinds: tuple[str, ...],
    words: Mapping[str, str],
    spelled: Mapping[str, Callable[[Any], Any]] | None = None,
    sentence: str = "",
) -> Cause:
    """A cause that is one hyperparameter, which both sides' code may set to the other's value.

    `words` names it in each framework (`{"torch": "eps", "keras": "epsilon"}`) and `spelled` turns a canonical
    value into that framework's. Where a framework has no word (an op of TensorFlow, a formula), what the reference's
    layer does is done instead, if that is known; else the cause is suspected there.
    """

    def suspect(evidence: Evidence) -> Iterator[Suspicion]:
        if evidence.kind not in kinds or setting not in evidence.differing:
            return
        value, other = evidence.differing[setting]
        framework = evidence.network.candidate_framework
        word = words.get(framework)
        native = (spelled or {}).get(framework, _same)(value) if word and value is not None else None
        told = sentence or f"{setting.replace('_', ' ')} is {say(value)} in the reference and {say(other)} here"
        instead = moves_of(evidence.reference, evidence.candidate) if word is None else ()
        yield Suspicion(
            told,
            (value, other),
            (Amendment(evidence.candidate.name, words={word: native}),)
            if word and value is not None
            else (Amendment(evidence.candidate.name, instead=instead),)
            if instead
            else (),
            evidence.mend(keywords={word: native}) if word and value is not None else None,
        )

    return Cause(suspect, kinds, (setting,))


def _same(value: Any) -> Any:
    return value


def say_channels(count: int) -> str:
    """So many channels, in a sentence."""
    return f"{count:,} channel" if count == 1 else f"{count:,} channels"


def say(value: Any) -> str:
    """A setting in a sentence."""
    return "not set" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
