"""Logarithm of a softmax along one axis."""

from parity.axes import text
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _over(call: Call, position: int) -> Settings:
    return {"over": text((call.inputs[0][position],))}


def _keras_settings(call: Call) -> Settings:
    return _over(call, call.words.get("axis", -1))


def _torch_settings(call: Call) -> Settings:
    dim, rank = call.words["dim"], len(call.shape)
    # As for softmax: without `dim`, PyTorch takes axis 0 of up to one or of three dimensions, and axis 1 otherwise.
    return _over(call, dim if dim is not None else 0 if rank in (0, 1, 3) else 1)


def _last(call: Call) -> Settings:
    return _over(call, -1)


RULE = Rule(
    kind="log_softmax",
    keras=(Spelling(("log_softmax",), settings=_keras_settings),),
    torch=(Spelling(("log_softmax",), "input dim=None _stacklevel=3 dtype=None", settings=_torch_settings),),
    tensorflow=(Spelling(("LogSoftmax",), "features", settings=_last),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('log_softmax')", "nn.LogSoftmax(dim=1)", (11,), "channel"),
        Example("keras.ops.log_softmax", "lambda x: x.log_softmax(1)", (7, 9, 5), "height width channel"),
    ),
)
