"""Elementwise maximum of two or more operands; that with a plain number is a `clip`."""

from parity.reductions import REDUCING_WORDS, torch_reduces
from parity.rule import Call, Example, Rule, Spelling


def _of_two(call: Call) -> bool:
    return len(call.inputs) == 2


def _chooses(call: Call) -> bool:
    return _of_two(call) and not torch_reduces(call)


RULE = Rule(
    kind="maximum",
    keras=(Spelling(("Maximum",)),),
    torch=(
        Spelling(("maximum", "fmax"), "input other", when=_of_two),
        Spelling(("max",), REDUCING_WORDS, when=_chooses),
    ),
    tensorflow=(Spelling(("Maximum",), "x y", when=_of_two),),
    examples=(
        Example(
            "lambda x: keras.layers.Maximum()([x, keras.layers.ReLU()(x)])",
            "lambda x: torch.maximum(x, x.relu())",
            (11,),
            "channel",
        ),
        Example(
            "lambda x: keras.ops.maximum(x, keras.ops.tanh(x))", "lambda x: torch.max(x, x.tanh())", (11,), "channel"
        ),
    ),
)
