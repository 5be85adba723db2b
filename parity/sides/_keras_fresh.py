"""What Keras says of how it draws an array, and the arrays of another build of the same model."""

from __future__ import annotations

from typing import Any

import keras

from parity.nouns import Origin
from parity.rulebook import Stored
from parity.sides._fresh import Kept, another


def origin(stored: Stored, variable: Any, layer: Any) -> Origin:
    """Where a variable is kept, and the initialiser that its layer holds for it."""
    name = getattr(variable, "path", variable.name)
    shape = tuple(variable.shape) if stored.indices is None else tuple(stored.indices.shape)
    place = Origin(str(name).partition(":")[0], shape, tuple(variable.shape))
    slot = str(variable.name).partition(":")[0]
    words = (f"{slot}_initializer", f"{slot.removesuffix('_kernel')}_initializer", "depthwise_initializer")
    for owner in (layer, getattr(layer, "cell", None)):
        for argument in words:
            held = getattr(owner, argument, None)
            if isinstance(held, keras.initializers.Initializer):
                config = dict(held.get_config())
                return Origin(place.name, shape, place.whole, type(held).__name__, config, argument)
    return place


def built(model: Any) -> bool:
    """Whether a model has made its variables."""
    return bool(getattr(model, "built", True))


def standing_in(first: Any, other: Any, held: Kept) -> dict[int, Any] | None:
    """By the identity of each variable of the first build, what stands in its place in another one.

    None where some array is none of the model's own weights. Raises OutlineError for another network.
    """
    weights = list(getattr(first, "weights", ()))
    known = {id(each) for each in weights}
    if not all(id(variable) in known for roles in held.values() for _, variable in roles.values()):
        return None
    others = list(getattr(other, "weights", ()))
    if [tuple(each.shape) for each in weights] != [tuple(each.shape) for each in others]:
        raise another([each.path for each in weights], [each.path for each in others])
    return {id(mine): yours for mine, yours in zip(weights, others, strict=True)}
