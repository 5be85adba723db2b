"""Any layer, from the expression that builds it."""

import keras
import tensorflow as tf  # noqa: F401 - for expressions


class Bare(keras.Model):
    """A call written as a function of the input and of arrays that no layer owns, in words, so that it is saved."""

    def __init__(self, function, *shapes):
        super().__init__()
        self.function, self.shapes = function, shapes
        self.held = [self.add_weight(shape=shape, name=f"held_{at}") for at, shape in enumerate(shapes)]

    def call(self, x):
        return eval(self.function)(x, *self.held)

    def get_config(self):
        return {"function": self.function, "shapes": self.shapes}

    @classmethod
    def from_config(cls, config):
        return cls(config["function"], *map(tuple, config["shapes"]))


def build(expression, shape, dtype="float32"):
    """What the expression builds, as a model, which has a float64 twin: a bare function has none."""
    built = eval(expression, {"keras": keras, "Bare": Bare})
    if isinstance(built, keras.layers.Layer):
        return built
    x = keras.Input(tuple(shape), dtype=dtype)
    return keras.Model(x, built(x))


def exported():
    """The layers that Keras exports, by name."""
    names = {name: getattr(keras.layers, name) for name in dir(keras.layers)}
    return {name: each for name, each in names.items() if isinstance(each, type)}
