"""Elementwise minimum of two or more operands; that with a plain number is a `clip`."""

from parity.reductions import REDUCING_WORDS, torch_reduces
from parity.rule import Call, Example, Rule, Spelling


def _of_two(call: Call) -> bool:
    return len(call.inputs) == 2


def _chooses(call: Call) -> bool:
    return _of_two(call) and not torch_reduces(call)


RULE = Rule(
    kind="minimum",
    keras=(Spelling(("Minimum",)),),
    torch=(
        Spelling(("minimum", "fmin"), "input other", when=_of_two),
        Spelling(("min",), REDUCING_WORDS, when=_chooses),
    ),
    tensorflow=(Spelling(("Minimum",), "x y", when=_of_two),),
    examples=(
        Example(
            "lambda x: keras.layers.Minimum()([x, keras.layers.ReLU()(x)])",
            "lambda x: torch.minimum(x, x.relu())",
            (11,),
            "channel",
        ),
        Example(
            "lambda x: keras.ops.minimum(x, keras.ops.tanh(x))", "lambda x: torch.min(x, x.tanh())", (11,), "channel"
        ),
    ),
)
