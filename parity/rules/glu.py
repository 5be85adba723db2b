"""Gated linear unit: the first half of an axis times the sigmoid of the second."""

from parity.axes import Axes, resized, text
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call) -> Settings:
    axis = call.words.get("axis", call.words.get("dim", -1))
    return {"over": text((call.inputs[0][axis],))}


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


RULE = Rule(
    kind="glu",
    keras=(Spelling(("glu",), settings=_settings, axes=_axes),),
    torch=(Spelling(("glu",), "input dim=-1", settings=_settings, axes=_axes),),
    activation=True,
    examples=(
        Example("keras.layers.Activation('glu')", "nn.GLU()", (10,), "channel"),
        Example("keras.layers.Activation('glu')", "nn.GLU(dim=1)", (7, 9, 6), "height width channel"),
    ),
)
