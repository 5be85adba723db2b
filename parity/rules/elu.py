"""Exponential linear unit."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call) -> Settings:
    return {"alpha": call.words.get("alpha", 1.0)}


RULE = Rule(
    kind="elu",
    keras=(Spelling(("ELU", "elu"), settings=_settings),),
    torch=(Spelling(("elu",), "input alpha=1.0 inplace=False", settings=_settings),),
    tensorflow=(Spelling(("Elu",), "features", settings=_settings),),
    activation=True,
    examples=(
        Example("keras.layers.ELU(alpha=0.5)", "nn.ELU(0.5)", (11,), "channel"),
        Example("keras.ops.elu", "nn.ELU()", (11,), "channel"),
    ),
)
