"""Two outlines -> Matches, with all that may take part: the user's word, fused layers, and what only values tell."""

from __future__ import annotations

import numpy as np

from parity.case import Case
from parity.look import Face
from parity.nouns import Matches, Outline, Side, Weights
from parity.pairing.crossed import crossable, uncrossed
from parity.pairing.fused import fused
from parity.pairing.match import match
from parity.pairing.pins import laid_out, pinned
from parity.pairing.settle import settle
from parity.pairing.trial import Trial
from parity.run import Both, Sides

Outlines = tuple[Outline, Outline]


def pair(
    case: Case, sides: tuple[Side, Side], outlines: Outlines, face: Face, seed: int, both: Both
) -> tuple[Outlines, Matches]:
    """The matches, and the outlines that they speak of: a layer that answers several is shown as several.

    Both sides keep their weights.
    """
    pins = pinned(case.pins, *outlines)
    matches = match(*outlines, pins)
    parts = [fused(matches, side) for side in (0, 1)]
    if any(layers and each.part(layers) for each, layers in zip(sides, parts, strict=True)):
        outlines = both(lambda: sides[0].outline(face[0]), lambda: sides[1].outline(face[1]))
        pins = pinned(case.pins, *outlines)
        matches = match(*outlines, pins)
    if any(each.ambiguous for each in matches) or crossable(outlines, matches, pins):
        own = _copied(sides[0].weights()), _copied(sides[1].weights())
        live = Sides(*sides, own, both)
        try:
            trial = Trial(live, outlines, face, seed)
            matches, agree = settle(trial, outlines, matches, pins)
            matches = matches if agree else uncrossed(trial, outlines, matches, pins)
        finally:
            live.load(own)
    return outlines, laid_out(case.layouts, matches, *outlines)


def _copied(weights: Weights) -> Weights:
    """The weights of a live side, which would change with it."""
    return {layer: {role: np.array(array) for role, array in roles.items()} for layer, roles in weights.items()}
