"""Any layer, from the expression that builds it."""

import keras


class Bare(keras.Model):
    """A call written as a function of the input and of arrays that no layer owns."""

    def __init__(self, function, *shapes):
        super().__init__()
        self.function = function
        self.held = [self.add_weight(shape=shape, name=f"held_{at}") for at, shape in enumerate(shapes)]

    def call(self, x):
        return self.function(x, *self.held)

    def get_config(self):
        return {"function": self.function, "shapes": [each.shape for each in self.held]}

    @classmethod
    def from_config(cls, config):
        function = keras.saving.deserialize_keras_object(config["function"], safe_mode=False)
        return cls(function, *map(tuple, config["shapes"]))


def build(expression):
    return eval(expression, {"keras": keras, "Bare": Bare})
