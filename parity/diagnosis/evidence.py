"""What is known of a difference when its cause is asked for: both layers, their settings, and what would mend them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parity.axes import LOST
from parity.diagnosis.network import Network, call_name, moves_of
from parity.diagnosis.spelled import call_of
from parity.judge import Judgement, same_setting
from parity.mending.mend import Mend
from parity.nouns import Array, Layer, Parameter

TRAINING_ONLY = ("momentum", "rate")
"""Settings that change nothing at inference."""


@dataclass(frozen=True)
class Evidence:
    """One row of the verdict, as a cause sees it."""

    row: Judgement
    network: Network

    @property
    def paired(self) -> bool:
        return self.row.match.reference is not None and self.row.match.candidate is not None

    @property
    def kind(self) -> str:
        return self.row.match.kind

    @property
    def reference(self) -> Layer:
        """The reference's layer. Raises ValueError where it has none here."""
        return _there(self.row.match.reference)

    @property
    def candidate(self) -> Layer:
        """The candidate's layer. Raises ValueError where it has none here."""
        return _there(self.row.match.candidate)

    @cached_property
    def differing(self) -> Mapping[str, tuple[Any, Any]]:
        """The hyperparameters that differ, the reference's value first. One that a side does not set is None."""
        if not self.paired or self.row.status == "moved":
            return {}
        mine, yours = dict(self.reference.settings), dict(self.candidate.settings)
        if "padding" in mine and "padding" in yours:
            mine["padding"] = self.network.padding(self.reference, 0)
            yours["padding"] = self.network.padding(self.candidate, 1)
        alike = self.reference.kind == self.candidate.kind  # a dense layer says nothing of a 1×1 convolution's kernel
        names = dict.fromkeys([*mine, *yours] if alike else [each for each in mine if each in yours])
        return {
            name: (mine.get(name), yours.get(name))
            for name in names
            if name not in TRAINING_ONLY
            and not same_setting(mine.get(name), yours.get(name))
            and (mine.get(name) or yours.get(name))
            and not (_nameless(mine.get(name)) or _nameless(yours.get(name)))
        }

    @property
    def shared(self) -> bool:
        """Whether a layer reads the arrays of an earlier call: there they were told of."""
        return bool(self.reference.shares or self.candidate.shares)

    @property
    def arrays(self) -> tuple[dict[str, Parameter], dict[str, Parameter]]:
        """The arrays of both layers by role, the reference's first."""
        mine, yours = ({each.role: each for each in layer.parameters} for layer in (self.reference, self.candidate))
        return mine, yours

    @property
    def apart(self) -> Mapping[str, tuple[Array, Array]]:
        """By role, what a port would carry to the candidate's layer and what that holds, where the two differ."""
        return self.network.own.apart.get(self.candidate.name, {}) if self.paired else {}

    def pair_of(self, role: str) -> tuple[Parameter, Parameter] | None:
        """Both layers' arrays of one role and of as many axes; None where one has none, or another call owns it."""
        if not self.paired or self.shared:
            return None
        mine, yours = self.arrays
        if role not in mine or role not in yours or len(mine[role].shape) != len(yours[role].shape):
            return None
        return mine[role], yours[role]

    def mend(self, **how: Any) -> Mend | None:
        """A mend of the call that built the candidate's layer, or else of the function that is called.

        There is none where a layer was built out of sight: the call of it takes no arguments of its constructor.
        """
        if self.candidate.built is None and self.candidate.maker[:1].isupper():
            return None
        if self.candidate.built is None or not self.candidate.maker:
            return self.mend_call(self.candidate, **how)
        framework, signature = self.network.candidate_framework, self.candidate.signature
        return Mend(self.candidate.built, self.candidate.maker, framework=framework, signature=signature, **how)

    def mend_call(self, layer: Layer, **how: Any) -> Mend | None:
        """A mend of the line on which a layer of the candidate's is called; in Keras, of the one that builds it."""
        if call_name(layer).isdigit() and (made := self.mend_built(layer, **how)):
            return made
        place = layer.called or layer.built
        name = call_name(layer) if layer.called else layer.maker
        signature = () if layer.called and layer.built else layer.signature  # of a module, that of its constructor
        framework = self.network.candidate_framework
        if "unwrap" in how and layer.called and _goes_alone(layer, name, framework):
            how = {**how, "unwrap": name}
        return Mend(place, call=name, framework=framework, signature=signature, **how) if place else None

    def mend_built(self, layer: Layer, **how: Any) -> Mend | None:
        """A mend of the call that makes a layer of the candidate's: an element of a Sequential, a module of its own."""
        if layer.built is None or not layer.maker[:1].isupper():
            return None
        how = {**how, "unwrap": layer.maker} if "unwrap" in how else how
        framework = self.network.candidate_framework
        return Mend(layer.built, layer.maker, framework=framework, signature=layer.signature, **how)

    def mend_behind(self, like: Layer | None) -> Mend | None:
        """A mend that applies this activation of the reference's to what a layer of the candidate's gives."""
        framework = self.network.candidate_framework
        spelled = call_of(self.reference, framework, moves_of(self.reference, like)) if like else None
        if like is None or spelled is None:
            return None
        name, keywords = spelled
        if keywords.get("axis") == len(like.axes) - 1:  # which Keras's functions take by themselves
            keywords.pop("axis")
        words = ", ".join(f"{word}={value!r}" for word, value in keywords.items())
        return self.mend_call(like, wrap=f"{name}({words})" if words else name)


def evidence_of(network: Network, rows: Sequence[Judgement]) -> Iterator[Evidence]:
    """The rows about which there is something to ask: those that differ, or that a difference follows."""
    for row in rows:
        paired = row.match.reference is not None and row.match.candidate is not None
        if paired and row.status in ("moved", "stepwise"):
            if network.leads_to_a_fault(row.match):
                yield Evidence(row, network)
        elif paired:
            turned = row.match.carries and bool(row.difference.made_here) and network.leads_to_a_fault(row.match)
            beneath = row.status == "hidden" and (network.parted or row.difference.made_beneath)
            if row.faulty or turned or row.status == "untested" or beneath or row.astray:
                yield Evidence(row, network)
        elif network.leads_to_a_fault(row.match):
            yield Evidence(row, network)


def _goes_alone(layer: Layer, name: str, framework: str) -> bool:
    """Whether a call by this name is the layer and no more: that of a module, or of the function of its kind."""
    module = layer.built is not None and layer.maker[:1].isupper()
    spelled = call_of(layer, framework)
    return module or (spelled is not None and spelled[0] == name and not layer.made_of)


def _there(layer: Layer | None) -> Layer:
    if layer is None:
        raise ValueError("this row has no layer on that side")
    return layer


def _nameless(value: Any) -> bool:
    """Whether a setting names an axis whose name was lost, which may be any."""
    words = value.split() if isinstance(value, str) else value if isinstance(value, tuple) else ()
    return LOST in words
