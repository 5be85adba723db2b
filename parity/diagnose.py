"""Judgements -> Findings: what stands differently in the two networks where their values part.

Only what both networks say of themselves is read here (settings, shapes, layers that one side has and the
other has not), and only where a difference was measured or could not be, so each Finding is *suspected*,
never confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from parity.axes import canonical
from parity.judge import Judgement
from parity.nouns import Finding, Layer, Match, Outline, Parameter, Place
from parity.rulebook import is_activation

_CAUSES = {
    "epsilon": "bn-epsilon",
    "batch_statistics": "eval-mode",
    "active": "eval-mode",
    "counts_padding": "avgpool-count-pad",
    "slope": "leaky-slope",
    "approximate": "gelu-approximation",
}
"""The cause that a setting's difference is called, where it is not called by the setting's own name."""
_TRAINING_ONLY = ("momentum", "rate")
_CLOSE = 1e-9


def diagnose(reference: Outline, candidate: Outline, rows: Sequence[Judgement]) -> tuple[Finding, ...]:
    """Suspected causes for the rows that differ, in call order, each named once a layer."""
    network = _Networks(reference, candidate, rows)
    return tuple(finding for row in rows for finding in network.findings(row))


class _Networks:
    """Both outlines and the judgements of their layers, with what is asked of them again and again."""

    def __init__(self, reference: Outline, candidate: Outline, rows: Sequence[Judgement]) -> None:
        self.outlines = reference, candidate
        self.layers = [{layer.name: layer for layer in outline.layers} for outline in self.outlines]
        self.rows = [{_name(row.match, side): row for row in rows if _layer(row.match, side)} for side in (0, 1)]
        self.parted = any(row.faulty for row in rows)
        inputs = zip(reference.inputs, candidate.inputs, strict=False)
        self.answers = {f"input:{ref}": f"input:{cand}" for ref, cand in inputs}
        self.answers |= {
            row.match.reference.name: row.match.candidate.name
            for row in rows
            if row.match.reference and row.match.candidate
        }

    def findings(self, row: Judgement) -> Iterator[Finding]:
        reference, candidate = row.match.reference, row.match.candidate
        if reference and candidate and row.status == "moved":
            yield from self.order(row.match, reference, candidate)
        elif reference and candidate:
            if row.faulty or row.status == "untested":
                found = [*self.settings(reference, candidate), *_arrays(reference, candidate, row.mismatched)]
                # A layer that reads another axis as its channels is as wide as that axis: one cause, told once.
                layout = any(each.cause == "input-layout" for each in found)
                yield from (each for each in found if not (layout and each.cause == "input-width"))
                yield from self.operands(reference, candidate)
        elif is_activation(row.match.kind) and self.leads_to_a_fault(row.match):
            yield from self.lonely_activation(row.match)

    def settings(self, reference: Layer, candidate: Layer) -> Iterator[Finding]:
        """Hyperparameters that differ. One that only one side sets counts where it is not off."""
        mine, yours = dict(reference.settings), dict(candidate.settings)
        if "padding" in mine and "padding" in yours:
            mine["padding"] = self.padding(reference, 0)
            yours["padding"] = self.padding(candidate, 1)
        alike = reference.kind == candidate.kind  # a dense layer says nothing of the kernel that a 1×1 convolution has
        for name in dict.fromkeys([*mine, *yours] if alike else [each for each in mine if each in yours]):
            value, other = mine.get(name), yours.get(name)
            if name in _TRAINING_ONLY or _equal(value, other) or not (value or other):
                continue
            cause = _cause(reference.kind, name)
            if cause == "input-layout":
                sentence = f"takes the axis {other!r} for channels, the reference {value!r}"
            else:
                sentence = f"{name.replace('_', ' ')} is {_say(value)} in the reference and {_say(other)} here"
            yield _finding(cause, reference, candidate, sentence, value, other)

    def padding(self, layer: Layer, side: int) -> Any:
        """A layer's padding together with that of zero pads right before it."""
        total = [list(pair) for pair in layer.settings["padding"]]
        before = self.layers[side].get(layer.inputs[0]) if layer.inputs else None
        while before is not None and before.carries:
            amounts = before.settings.get("amounts", ())
            spatial = [
                pair
                for axis, pair in zip(canonical(before.axes), amounts, strict=False)
                if str(axis) not in ("batch", "channel")
            ]
            for pair, (start, end) in zip(total, spatial, strict=False):
                pair[0], pair[1] = pair[0] + start, pair[1] + end
            before = self.layers[side].get(before.inputs[0]) if before.inputs else None
        return tuple((start, end) for start, end in total)

    def operands(self, reference: Layer, candidate: Layer) -> Iterator[Finding]:
        """A concatenation or difference that takes its operands in another order."""
        if reference.kind not in ("concat", "subtract"):
            return
        mine = [self.answers.get(self.source(name, 0), "") for name in reference.inputs]
        yours = [self.source(name, 1) for name in candidate.inputs]
        if mine != yours and sorted(mine) == sorted(yours) and len(set(mine)) == len(mine):
            sentence = "the operands stand in another order"
            yield _finding("layer-order", reference, candidate, sentence, ", ".join(mine), ", ".join(yours))

    def order(self, match: Match, reference: Layer, candidate: Layer) -> Iterator[Finding]:
        """A layer that stands behind another one than in the reference, where that makes a difference."""
        if not self.leads_to_a_fault(match):
            return
        mine, yours = (self.before(layer, side) for side, layer in enumerate((reference, candidate)))
        if self.answers.get(mine) != yours:
            sentence = f"stands behind {mine} in the reference and behind {yours} here"
            yield _finding("layer-order", reference, candidate, sentence, mine, yours)

    def before(self, layer: Layer, side: int) -> str:
        """The nearest layer before this one that computes something."""
        name = layer.inputs[0] if layer.inputs else "nothing"
        while name in self.layers[side] and self.layers[side][name].carries and self.layers[side][name].inputs:
            name = self.layers[side][name].inputs[0]
        return name.removeprefix("input:")

    def source(self, name: str, side: int) -> str:
        """The nearest layer at or before `name` that has a partner and computes something."""
        known = self.answers.keys() if side == 0 else set(self.answers.values())
        layers = self.layers[side]
        while name in layers and layers[name].inputs and (layers[name].carries or name not in known):
            name = layers[name].inputs[0]
        return name

    def lonely_activation(self, match: Match) -> Iterator[Finding]:
        """An activation that one side applies: the other misses it, has one too many, or has another there."""
        side = 0 if match.reference else 1
        layer = _layer(match, side)
        assert layer is not None
        before = self.rows[side].get(layer.inputs[0]) if layer.inputs else None
        answer = _layer(before.match, 1 - side) if before else None
        behind = f"behind {before.match.name}" if before else "to the input"
        instead = self.lonely_behind(answer, 1 - side)
        if side == 1:
            if instead is None:  # otherwise it is told from the reference's side
                sentence = f"the candidate applies {layer.kind} {behind}, the reference does not"
                yield _activation(
                    "extra-activation", layer, sentence, ("none", layer.kind), _call(layer), _call(answer)
                )
        elif instead is not None:
            sentence = f"the reference applies {layer.kind} {behind}, the candidate {instead.kind}"
            yield _activation(
                "wrong-activation", layer, sentence, (layer.kind, instead.kind), _call(instead), layer.place
            )
        else:
            sentence = f"the reference applies {layer.kind} {behind}, the candidate does not"
            mine = _layer(before.match, 0) if before else None
            place = layer.place or (mine.place if mine else None)
            yield _activation("missing-activation", layer, sentence, (layer.kind, "none"), _call(answer), place)

    def lonely_behind(self, layer: Layer | None, side: int) -> Layer | None:
        """A lonely activation right behind a layer of this side."""
        for user in self.users(layer.name, side) if layer else ():
            if is_activation(user.kind) and _layer(self.rows[side][user.name].match, 1 - side) is None:
                return user
        return None

    def leads_to_a_fault(self, match: Match) -> bool:
        """Whether the first layers with partners behind a lonely one differ, or the network ends here."""
        side = 0 if match.reference else 1
        name = _name(match, side)
        waiting, ends = [name], self.outlines[side].outputs.values()
        while waiting:
            here = waiting.pop()
            if here in ends:
                return self.parted
            for user in self.users(here, side):
                row = self.rows[side][user.name]
                compared = row.match.reference and row.match.candidate and not row.match.carries
                if compared and row.status not in ("moved", "stepwise"):
                    if row.faulty:
                        return True
                else:
                    waiting.append(user.name)
        return False

    def users(self, name: str, side: int) -> list[Layer]:
        return [layer for layer in self.outlines[side].layers if name in layer.inputs]


def _arrays(reference: Layer, candidate: Layer, mismatched: bool) -> Iterator[Finding]:
    """Widths, arrays that only one of the two layers holds, and arrays that the candidate does not own.

    An array that the port folds into another, or sets to what does nothing, is no cause.
    """
    if reference.shares or candidate.shares:
        return
    mine, yours = ({each.role: each for each in layer.parameters} for layer in (reference, candidate))
    for role in [*mine, *(role for role in yours if role not in mine)]:
        if role in mine and role in yours:
            yield from _widths(reference, candidate, mine[role], yours[role])
            if not yours[role].registered:
                sentence = f"its {role} is no parameter of the network: is the layer kept in a plain list?"
                yield _finding("missing-keys", reference, candidate, sentence, "owned", "not owned")
        elif mismatched:
            words = ("present", "absent") if role in mine else ("absent", "present")
            sentence = f"only the {'reference' if role in mine else 'candidate'} has a {role}"
            yield _finding(role, reference, candidate, sentence, *words)


def _widths(reference: Layer, candidate: Layer, mine: Parameter, yours: Parameter) -> Iterator[Finding]:
    if mine.role == "kernel" and len(mine.shape) == len(yours.shape):
        for cause, position, verb in (("width", -1, "gives"), ("input-width", -2, "reads")):
            sizes = mine.shape[position], yours.shape[position]
            if sizes[0] != sizes[1]:
                sentence = f"{verb} {sizes[1]} channels, the reference {sizes[0]}"
                yield _finding(cause, reference, candidate, sentence, *sizes)
    elif mine.role == "gamma" and mine.size != yours.size:
        sentence = f"normalises {yours.size} channels, the reference {mine.size}"
        yield _finding("input-width", reference, candidate, sentence, mine.size, yours.size)


def _cause(kind: str, setting: str) -> str:
    if setting == "over":
        return "input-layout" if kind in ("conv", "batch_norm", "dense") else "axis-not-remapped"
    if setting == "padding" and kind.endswith("pool"):
        return "pool-same"
    return _CAUSES.get(setting, setting.replace("_", "-"))


def _layer(match: Match, side: int) -> Layer | None:
    return match.candidate if side else match.reference


def _name(match: Match, side: int) -> str:
    layer = _layer(match, side)
    return layer.name if layer else ""


def _call(layer: Layer | None) -> Place | None:
    """Where a layer is called, which is where an activation around it would stand."""
    return (layer.called or layer.built) if layer else None


def _activation(
    cause: str, layer: Layer, sentence: str, kinds: tuple[str, str], place: Place | None, other: Place | None
) -> Finding:
    return Finding(cause, "suspected", layer.name, sentence, *kinds, place, other)


def _finding(cause: str, reference: Layer, candidate: Layer, sentence: str, value: Any, other: Any) -> Finding:
    values = _say(value), _say(other)
    return Finding(cause, "suspected", reference.name, sentence, *values, candidate.place, reference.place)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= _CLOSE * max(abs(one), abs(other))
    return bool(one == other)


def _say(value: Any) -> str:
    return "not set" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
