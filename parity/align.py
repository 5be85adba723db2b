"""Two Traces -> Pairs: which recorded values belong beside each other, with nothing left out."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np

from parity.nouns import Array, Matches, Pair, Trace


def align(reference: Trace, candidate: Trace, matches: Matches) -> tuple[Pair, ...]:
    """One Pair for each match, lonely ones included. Axes of one element are no difference between layers."""
    return tuple(
        _pair(
            match.name,
            reference.steps.get(match.reference.name) if match.reference else None,
            candidate.steps.get(match.candidate.name) if match.candidate else None,
        )
        for match in matches
    )


def align_outputs(reference: Trace, candidate: Trace) -> tuple[Pair, ...]:
    """The networks' outputs side by side, in order; their shapes must agree to the letter."""
    names = zip_longest(reference.outputs, candidate.outputs)
    return tuple(
        Pair(
            name=ref if ref is not None else cand,
            reference=None if ref is None else reference.outputs[ref],
            candidate=None if cand is None else candidate.outputs[cand],
        )
        for ref, cand in names
    )


def _pair(name: str, reference: Array | None, candidate: Array | None) -> Pair:
    if reference is not None and candidate is not None and _long(reference) == _long(candidate):
        candidate = np.reshape(candidate, reference.shape)
    return Pair(name, reference, candidate)


def _long(array: Array) -> list[int]:
    """The sizes of the axes that hold more than one element."""
    return [size for size in array.shape if size != 1]
