"""One dense layer where the other side has several: a query, a key and a value projected at once."""

from __future__ import annotations

from parity.nouns import Layer, Matches, Parameter


def fused(matches: Matches, side: int) -> dict[str, int]:
    """The dense layers of one side (0 the reference) that may be so many layers of the other's, by name.

    Those are layers without a fitting partner whose kernel is as wide as several of the other side's, which
    read as many inputs and have no fitting partner either.
    """
    mine, others = [], []
    for match in matches:
        own, other = (match.reference, match.candidate) if side == 0 else (match.candidate, match.reference)
        kernels = _kernel(own), _kernel(other)
        if kernels[0] and kernels[1] and kernels[0].shape == kernels[1].shape:
            continue
        mine += [(own, kernels[0])] if own and kernels[0] else []
        others += [kernels[1].shape] if kernels[1] else []
    found = {}
    for layer, kernel in sorted(mine, key=lambda each: -each[1].shape[1]):
        inputs, outputs = kernel.shape
        for width in sorted({shape[1] for shape in others if shape[0] == inputs}):
            parts = outputs // width
            if parts > 1 and parts * width == outputs and others.count((inputs, width)) >= parts:
                found[layer.name] = parts
                for _ in range(parts):
                    others.remove((inputs, width))
                break
    return found


def _kernel(layer: Layer | None) -> Parameter | None:
    """The kernel of a dense layer that owns it; None for any other layer."""
    if layer is None or layer.kind != "dense":
        return None
    return next((each for each in layer.parameters if each.role == "kernel" and len(each.shape) == 2), None)
