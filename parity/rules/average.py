"""Mean of several operands, element by element: Average; PyTorch has it for two, as the middle between them."""

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call) -> Settings:
    return {"operands": len(call.inputs)}


def _middle(call: Call) -> bool:
    return len(call.inputs) == 2 and isinstance(call.words["weight"], float) and call.words["weight"] == 0.5


RULE = Rule(
    kind="average",
    keras=(Spelling(("Average",), settings=_settings),),
    torch=(Spelling(("lerp",), "input end weight", when=_middle, settings=_settings),),
    examples=(
        Example(
            "lambda x: keras.layers.Average()([x, keras.layers.ReLU()(x)])",
            "lambda x: torch.lerp(x, x.relu(), 0.5)",
            (11,),
            "channel",
        ),
    ),
)
