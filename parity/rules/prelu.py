"""A leaky relu whose slope is learned, one for all, for each channel or for each place: PReLU."""

from collections.abc import Mapping

from parity.axes import Axis, axis
from parity.grammar.spans import along
from parity.rule import Call, Example, Hold, Holds, Role, Rule, Spelling


def _keras_holds(call: Call) -> Holds:
    span = along(call.inputs[0], call.held["alpha"])
    return {"slope": Hold("alpha", span.native, canonical=span.canonical)}


def _keras_reads(call: Call) -> Mapping[str, Axis]:
    return along(call.inputs[0], call.held["alpha"]).reads


def _torch_channel(call: Call) -> Axis:
    data = call.inputs[0]
    return data[1] if len(data) > 1 else axis("1", 1)  # PyTorch takes the second axis for the channels


def _torch_holds(call: Call) -> Holds:
    span = along((_torch_channel(call),), call.held["weight"])
    return {"slope": Hold("weight", span.native, canonical=span.canonical)}


def _torch_reads(call: Call) -> Mapping[str, Axis]:
    return along((_torch_channel(call),), call.held["weight"]).reads


RULE = Rule(
    kind="prelu",
    roles={"slope": Role("...")},
    keras=(Spelling(names=("PReLU",), holds=_keras_holds, slots=("alpha",), reads=_keras_reads),),
    torch=(
        Spelling(names=("prelu",), words="input weight", holds=_torch_holds, slots=("weight",), reads=_torch_reads),
    ),
    activation=True,
    examples=(
        Example("keras.layers.PReLU()", "nn.PReLU(11)", (11,), "channel"),
        Example("keras.layers.PReLU(shared_axes=[1])", "nn.PReLU(5)", (7, 5), "length channel"),
        Example("keras.layers.PReLU(shared_axes=[1, 2, 3])", "nn.PReLU()", (7, 9, 5), "height width channel"),
    ),
)
