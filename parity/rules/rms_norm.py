"""Root-mean-square normalisation: RMSNormalization against rms_norm.

PyTorch's epsilon, where none is given, is the machine epsilon of the type it computes in.
"""

from collections.abc import Mapping

from parity.axes import Axes, Axis, ranking, shape_of, text
from parity.grammar.spans import along
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Holds, Role, Rule, Spelling


def _over(axes: Axes) -> str:
    return text(tuple(axes[at] for at in ranking(axes)))


def _keras_data(call: Call) -> Axes:
    axes = call.words["axis"]
    places = [axes] if isinstance(axes, int) else list(axes)
    return tuple(call.inputs[0][place] for place in sorted(place % len(call.inputs[0]) for place in places))


def _torch_data(call: Call) -> Axes:
    return call.inputs[0][len(call.inputs[0]) - len(call.words["normalized_shape"]) :]


def _held(slot: str, data: Axes, call: Call) -> Holds:
    if slot not in call.held:
        return {}
    span = along(data, call.held[slot])
    return {"gamma": Hold(slot, span.native, canonical=span.canonical)}


def _keras_settings(call: Call) -> Settings:
    return {"epsilon": call.words["epsilon"], "over": _over(_keras_data(call))}


def _torch_settings(call: Call) -> Settings:
    epsilon = call.words["eps"]
    return {"epsilon": "that of its type" if epsilon is None else epsilon, "over": _over(_torch_data(call))}


def _reads(data: Axes) -> Mapping[str, Axis]:
    return along(data, shape_of(data)).reads


RULE = Rule(
    kind="rms_norm",
    roles={"gamma": Role("...", neutral=1.0)},
    keras=(
        Spelling(
            names=("RMSNormalization",),
            holds=lambda call: _held("scale", _keras_data(call), call),
            slots=("scale",),
            settings=_keras_settings,
            reads=lambda call: _reads(_keras_data(call)),
        ),
    ),
    torch=(
        Spelling(
            names=("rms_norm",),
            words="input normalized_shape weight=None eps=None",
            holds=lambda call: _held("weight", _torch_data(call), call),
            slots=("weight",),
            settings=_torch_settings,
            reads=lambda call: _reads(_torch_data(call)),
        ),
    ),
    examples=(
        Example("keras.layers.RMSNormalization()", "nn.RMSNorm(11, eps=1e-6)", (11,), "channel"),
        Example(
            "keras.layers.RMSNormalization(epsilon=1e-3)",
            "nn.RMSNorm(5, eps=1e-3)",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.RMSNormalization(axis=[1, 2])",
            "nn.RMSNorm((5, 7), eps=1e-6)",
            (7, 5),
            "length channel",
        ),
    ),
)
