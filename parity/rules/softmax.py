"""Softmax along one axis."""

from parity.axes import text
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _over(call: Call, position: int) -> Settings:
    return {"over": text((call.inputs[0][position],))}


def _keras_settings(call: Call) -> Settings:
    return _over(call, call.words.get("axis", -1))


def _torch_settings(call: Call) -> Settings:
    dim, rank = call.words["dim"], len(call.shape)
    # Without `dim`, PyTorch takes axis 0 of a scalar, a vector or three dimensions, and axis 1 otherwise.
    return _over(call, dim if dim is not None else 0 if rank in (0, 1, 3) else 1)


def _last(call: Call) -> Settings:
    return _over(call, -1)


RULE = Rule(
    kind="softmax",
    keras=(Spelling(("Softmax", "softmax"), settings=_keras_settings),),
    torch=(Spelling(("softmax",), "input dim=None _stacklevel=3 dtype=None", settings=_torch_settings),),
    tensorflow=(Spelling(("Softmax",), "features", settings=_last),),
    activation=True,
    examples=(
        Example("keras.layers.Softmax()", "nn.Softmax(dim=1)", (11,), "channel"),
        Example("keras.layers.Activation('softmax')", "nn.Softmax(dim=1)", (7, 9, 5), "height width channel"),
        Example("keras.layers.Softmax()", "nn.Softmax2d()", (7, 9, 5), "height width channel"),
    ),
)
