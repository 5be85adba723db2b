"""Layer normalisation over some axes of each sample: LayerNormalization against layer_norm.

Both take the biased variance; epsilon is 1e-3 in Keras and 1e-5 in PyTorch where none is given.
"""

from collections.abc import Mapping

from parity.axes import Axes, Axis, ranking, text
from parity.grammar.spans import Span, along
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Holds, Role, Rule, Spelling


def _over(axes: Axes) -> str:
    return text(tuple(axes[at] for at in ranking(axes)))


def _keras_places(call: Call) -> list[int]:
    axes = call.words["axis"]
    places = [axes] if isinstance(axes, int) else list(axes)
    if len(places) > 1 and min(places) < 0 <= max(places):
        raise ValueError("axes counted from both ends: Keras sorts them, and its gamma with them")
    return sorted(place % len(call.inputs[0]) for place in places)


def _keras_data(call: Call) -> Axes:
    return tuple(call.inputs[0][place] for place in _keras_places(call))


def _keras_settings(call: Call) -> Settings:
    if call.words.get("rms_scaling"):
        raise ValueError("rms_scaling divides by the variance, which nothing else does")
    return {"epsilon": call.words["epsilon"], "over": _over(_keras_data(call))}


def _keras_holds(call: Call) -> Holds:
    return {
        role: Hold(role, span.native, canonical=span.canonical)
        for role in ("gamma", "beta")
        if role in call.held
        for span in [along(_keras_data(call), call.held[role])]
    }


def _torch_data(call: Call) -> Axes:
    return call.inputs[0][len(call.inputs[0]) - len(call.words["normalized_shape"]) :]


def _torch_settings(call: Call) -> Settings:
    return {"epsilon": call.words["eps"], "over": _over(_torch_data(call))}


def _torch_holds(call: Call) -> Holds:
    return {
        role: Hold(slot, span.native, canonical=span.canonical)
        for role, slot in (("gamma", "weight"), ("beta", "bias"))
        if slot in call.held
        for span in [along(_torch_data(call), call.held[slot])]
    }


def _reads(data: Axes, call: Call) -> Mapping[str, Axis]:
    span: Span = along(data, tuple(axis.size for axis in data))
    return span.reads


RULE = Rule(
    kind="layer_norm",
    roles={"gamma": Role("...", neutral=1.0), "beta": Role("...", neutral=0.0)},
    keras=(
        Spelling(
            names=("LayerNormalization",),
            holds=_keras_holds,
            slots=("gamma", "beta"),
            settings=_keras_settings,
            reads=lambda call: _reads(_keras_data(call), call),
        ),
    ),
    torch=(
        Spelling(
            names=("layer_norm",),
            words="input normalized_shape weight=None bias=None eps=1e-05 cudnn_enable=False",
            holds=_torch_holds,
            slots=("weight", "bias"),
            settings=_torch_settings,
            reads=lambda call: _reads(_torch_data(call), call),
        ),
    ),
    examples=(
        Example("keras.layers.LayerNormalization()", "nn.LayerNorm(11, eps=1e-3)", (11,), "channel"),
        Example(
            "keras.layers.LayerNormalization(epsilon=1e-5, center=False)",
            "nn.LayerNorm(5, bias=False)",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.LayerNormalization(epsilon=1e-5, center=False, scale=False)",
            "nn.LayerNorm(5, elementwise_affine=False)",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5)",
            "nn.LayerNorm((5, 7, 9))",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.LayerNormalization(epsilon=1e-6)",
            "Apply(lambda x, n: n(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), nn.LayerNorm(5, eps=1e-6))",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
