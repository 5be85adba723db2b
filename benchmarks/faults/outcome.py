"""What became of one mutant: whether it was seen, where, by which name, whether proved, and whether mended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from benchmarks.faults.bench import Bench
from benchmarks.faults.code import edited
from benchmarks.faults.corpus import Mutant, healthy
from benchmarks.faults.equivalent import equivalent, runs
from parity.errors import ParityError
from parity.judge import DIVERGENCE, INCONCLUSIVE, PARITY
from parity.mending.mend import patched
from parity.nouns import Finding, Layer, Place
from parity.verdict import Verdict

Arrays = tuple[torch.Tensor, ...]
STATUSES = ("confirmed", "stated", "suspected", "unknown")
"""What a finding is, the strongest first."""
SEEDS = 3
"""Under how many seeds mutants run, in turn."""


@dataclass(frozen=True)
class Outcome:
    """One mutant, and what was told of it.

    `kind` is "fault", "equivalent" (the function is the same) or "stillborn" (it does not run at all, by PyTorch's
    own word). `seen`: a divergence, or parity with a note that float32 hides it. `layer`: a finding or a source
    stands on each planted line. `named`: each planted cause is among the findings, the first of which is one;
    `alone`: and none beside but what follows. `proof`: the weakest status with which a planted cause is told.
    `patch` is None where none is offered. `reason` says why something was missed.
    """

    mutant: Mutant
    kind: str
    called: str = ""
    seen: bool = False
    layer: bool = False
    named: bool = False
    alone: bool = False
    proof: str = ""
    patch: bool | None = None
    seconds: float = 0.0
    reason: str = ""


def outcome(bench: Bench, mutant: Mutant, seed: int, patching: bool = False) -> Outcome:
    """Hold a mutant against its reference; with `patching`, against it once more as the mends ask for."""
    network = mutant.network
    inputs = bench.inputs(network, seed)
    healthy_module, _, _ = bench.carried(network, seed)
    try:
        module = bench.build(network, mutant.text)
    except Exception as error:  # noqa: BLE001 - whatever a text that was changed may raise
        return Outcome(mutant, "stillborn", reason=str(error).partition("\n")[0])
    if not runs(module, inputs[:1]):
        return Outcome(mutant, "stillborn", reason="does not take the inputs")
    start = time.perf_counter()
    try:
        verdict = bench.check(network, module, seed)
    except Exception as error:  # noqa: BLE001 - whatever parity raises is what is to be found
        told = f"{type(error).__name__}: {error}".partition("\n")[0]
        return Outcome(mutant, "fault", "error", seconds=time.perf_counter() - start, reason=told)
    seconds = time.perf_counter() - start
    if equivalent(healthy_module, module, inputs):
        reason = "" if called(verdict) == "same" else f"{called(verdict)}: {_findings(verdict)}"
        return Outcome(mutant, "equivalent", called(verdict), seconds=seconds, reason=reason)
    active = _active(bench, mutant, seed, module, inputs)
    where = [any(_stands_on(verdict, each, mutant.lines[at]) for each in verdict.findings) for at in active]
    sources = [_sources_on(verdict, mutant.lines[at]) for at in active]
    beneath_on = [_beneath_on(verdict, mutant.lines[at]) for at in active]
    names = [each.cause for each in verdict.findings]
    wanted = [set(mutant.planted[at].causes) for at in active]
    union = set().union(*(each.causes for each in mutant.planted))  # one that does nothing may be told of, and need not
    beneath = {cause for cause in union if any(f"({cause}), which float32" in note for note in verdict.notes)}
    first = names[0] in union if names else bool(beneath)
    named = first and all(causes & {*names, *beneath} for causes in wanted)
    beside = union.union(*(each.beside for each in mutant.planted))
    found = Outcome(
        mutant,
        "fault",
        called(verdict),
        seen=_seen(verdict),
        layer=all(any(each) for each in zip(where, sources, beneath_on, strict=True)),
        named=named,
        alone=named and set(names) <= beside,
        proof=_proof(verdict, wanted) if named else "",
        patch=_patch(bench, network, verdict, seed) if patching else None,
        seconds=seconds,
    )
    return _reasoned(found, verdict)


def called(verdict: Verdict) -> str:
    """`same`, `parity with a note`, or the verdict."""
    if verdict.verdict != PARITY:
        return str(verdict.verdict)
    return "parity with a note" if any("float32 rounds" in note for note in verdict.notes) else "same"


def _seen(verdict: Verdict) -> bool:
    """Whether the difference is told: a divergence, a note, or a doubt that says which layer differs."""
    hidden = [row.match.name for row in verdict.layers if row.status in ("hidden", "order unknown")]
    told = (*verdict.reasons, *verdict.notes)
    doubted = verdict.verdict == INCONCLUSIVE and any(name in each for name in hidden for each in told)
    return called(verdict) in (DIVERGENCE, "parity with a note") or doubted


def _active(bench: Bench, mutant: Mutant, seed: int, module: nn.Module, inputs: Sequence[Arrays]) -> list[int]:
    """Which plantings change the function: of several, one may do nothing by itself, or nothing beside the others."""
    every = list(range(len(mutant.planted)))
    if len(every) == 1:
        return every
    alone = [at for at in every if not _idle(bench, mutant, at, seed)]
    return [at for at in alone if not _moot(bench, mutant, at, module, inputs)] or alone


def _idle(bench: Bench, mutant: Mutant, at: int, seed: int) -> bool:
    """Whether one of several plantings changes nothing by itself."""
    healthy_module, state, _ = bench.carried(mutant.network, seed)
    alone = edited(healthy(bench.cases[mutant.network]), mutant.planted[at].edits)
    assert alone is not None
    try:
        module = bench.build(mutant.network, alone[0])
        try:
            module.load_state_dict(state)
        except RuntimeError:  # what stands in a row has other names behind one more: then parity carries the weights
            bench.check(mutant.network, module, seed)
    except Exception:  # noqa: BLE001 - whatever a text that was changed may raise
        return False
    return equivalent(healthy_module, module, bench.inputs(mutant.network, seed))


def _moot(bench: Bench, mutant: Mutant, at: int, module: nn.Module, inputs: Sequence[Arrays]) -> bool:
    """Whether one of several plantings changes nothing beside the others, as in a block that is left out with them."""
    others = [each.edits for number, each in enumerate(mutant.planted) if number != at]
    text = edited(healthy(bench.cases[mutant.network]), [edit for edits in others for edit in edits])
    assert text is not None
    try:
        without = bench.build(mutant.network, text[0])
        # What stands in a row has other names behind one that is left out, and the same order.
        held = zip(without.state_dict(), module.state_dict().values(), strict=True)
        without.load_state_dict(dict(held))
    except Exception:  # noqa: BLE001 - whatever a text that was changed may raise
        return False
    return equivalent(without, module, inputs)


def _proof(verdict: Verdict, wanted: list[set[str]]) -> str:
    """The weakest, over the planted causes, of the strongest status with which each is told; a note states."""
    told = [
        min((each.status for each in verdict.findings if each.cause in causes), key=STATUSES.index, default=STATUSES[1])
        for causes in wanted
    ]
    return max(told, key=STATUSES.index)


def _patch(bench: Bench, network: str, verdict: Verdict, seed: int) -> bool | None:
    """Whether the candidate is parity, built afresh as the mends ask for; None where no patch is offered."""
    if not verdict.mends or not verdict.explained:
        return None
    try:
        (text,) = patched(verdict.mends).values()
    except ParityError:
        return None
    try:
        return bench.check(network, bench.build(network, text), seed).verdict == PARITY
    except Exception:  # noqa: BLE001 - a patch whose text does not even run mends nothing
        return False


def _stands_on(verdict: Verdict, finding: Finding, lines: frozenset[int]) -> bool:
    """Whether a finding tells of these lines: its own place, or a layer that stands there."""
    return _on(finding.place, lines) or any(_layer_on(layer, lines) for layer in _told_of(verdict, finding.layer))


def _told_of(verdict: Verdict, name: str) -> Iterator[Layer]:
    """The candidate's layers of a row; where it has none, those that read what stands before it."""
    for row in verdict.layers:
        if row.match.name == name:
            if row.match.candidate is not None:
                yield from _with_what_it_is_given(verdict, row.match.candidate)
            elif row.match.reference is not None:
                near = {*row.match.reference.inputs}
                near |= {each.name for each in verdict.reference.layers if name in each.inputs}
                for other in verdict.layers:
                    if other.match.reference is not None and other.match.reference.name in near:
                        yield from [other.match.candidate] if other.match.candidate else []


def _with_what_it_is_given(verdict: Verdict, layer: Layer) -> Iterator[Layer]:
    """A layer, and the pads and moves right before it: the padding of a convolution may stand there."""
    layers = {each.name: each for each in verdict.candidate.layers}
    at: Layer | None = layer
    yield layer
    while at is not None and at.inputs and (at := layers.get(at.inputs[0])) is not None and at.carries:
        yield at


def _sources_on(verdict: Verdict, lines: frozenset[int]) -> bool:
    """Whether a layer at which a difference begins stands on these lines."""
    return any(row.source and row.match.candidate and _layer_on(row.match.candidate, lines) for row in verdict.layers)


def _beneath_on(verdict: Verdict, lines: frozenset[int]) -> bool:
    """Whether a layer of which a note says that float32 hides what it makes stands on these lines."""
    rows = [row for row in verdict.layers if row.difference.made_beneath and row.match.candidate]
    return any(row.match.candidate and _layer_on(row.match.candidate, lines) for row in rows)


def _layer_on(layer: Layer, lines: frozenset[int]) -> bool:
    return _on(layer.built, lines) or _on(layer.called, lines)


def _on(place: Place | None, lines: frozenset[int]) -> bool:
    return place is not None and place.line in lines


def _reasoned(found: Outcome, verdict: Verdict) -> Outcome:
    if not found.seen:
        reason = f"{found.called}: {'; '.join((*verdict.reasons, *verdict.notes))[:160] or 'nothing is told'}"
    elif found.called != DIVERGENCE:
        reason = ""
    elif not found.named or not found.layer or found.patch is False:
        reason = _findings(verdict)
    elif found.proof not in STATUSES[:2]:
        reason = "; ".join(dict.fromkeys(f"{each.cause} {each.status}" for each in verdict.findings))
    elif not found.alone:
        reason = f"told beside it: {_findings(verdict)}"
    else:
        reason = ""
    return replace(found, reason=reason)


def _findings(verdict: Verdict) -> str:
    told = [f"{each.status} {each.cause} at {each.layer}" for each in verdict.findings]
    return "; ".join(told[:4]) + (" …" if len(told) > 4 else "") or "nothing named"
