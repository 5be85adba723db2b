"""Continuously differentiable exponential linear unit: max(x, 0) + min(0, alpha (exp(x / alpha) - 1))."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call) -> Settings:
    return {"alpha": float(call.words.get("alpha", 1.0))}


RULE = Rule(
    kind="celu",
    keras=(Spelling(("celu",), settings=_settings),),
    torch=(Spelling(("celu",), "input alpha=1.0 inplace=False", settings=_settings),),
    activation=True,
    examples=(Example("keras.layers.Activation('celu')", "nn.CELU()", (11,), "channel"),),
)
