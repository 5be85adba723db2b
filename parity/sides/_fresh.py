"""Another build of the same network: its arrays under the names of the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.errors import OutlineError
from parity.nouns import Weights
from parity.rulebook import Stored

Kept = Mapping[str, Mapping[str, tuple[Stored, Any]]]
"""Where a side found the array of each layer and role."""


def renamed(first: Kept, other: Kept, weights: Weights) -> Weights:
    """The weights of another outline by the names of the first one: both call the same layers in the same order.

    Raises OutlineError where they do not.
    """
    for layers in (first, other):
        if not layers:
            raise OutlineError("the network holds no array that parity can see; expected weights that are drawn")
    shapes = [
        [(role, tuple(array.shape)) for roles in each.values() for role, (_, array) in roles.items()]
        for each in (first, other)
    ]
    if shapes[0] != shapes[1] or [len(each) for each in first.values()] != [len(each) for each in other.values()]:
        raise another([*first], [*other])
    return {mine: weights[yours] for mine, yours in zip(first, other, strict=True)}


def another(first: Sequence[str], other: Sequence[str]) -> OutlineError:
    """What is said where a build under another seed makes another network."""
    odd = [*(name for name in other if name not in first), *(name for name in first if name not in other)]
    told = f": {', '.join(odd[:4])}" if odd else ", with arrays of other shapes"
    return OutlineError(
        f"a second build makes another network than the first{told}; expected the same layers under every seed"
    )
