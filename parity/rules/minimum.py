"""Elementwise minimum of two or more operands, or of one and a plain number."""

from parity.grammar.constants import bounds
from parity.grammar.reductions import REDUCING_WORDS, torch_reduces
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _bounds(call: Call) -> bool:
    found = bounds(call)
    return found.keys() == {"high"}


def _reads(call: Call) -> bool:
    return len(call.inputs) == 2 or _bounds(call)


def _settings(call: Call) -> Settings:
    return {"number": bounds(call)["high"]} if len(call.inputs) == 1 else {}


def _chooses(call: Call) -> bool:
    return len(call.inputs) == 2 and not torch_reduces(call)


RULE = Rule(
    kind="minimum",
    keras=(Spelling(("Minimum",)),),
    torch=(
        Spelling(("minimum",), "input other", when=_reads, settings=_settings),
        Spelling(("min",), REDUCING_WORDS, when=_chooses),
        Spelling(("clamp", "clip"), "input min=None max=None", when=_bounds, settings=_settings),
        Spelling(("clamp_max",), "input max", when=_bounds, settings=_settings),
    ),
    tensorflow=(Spelling(("Minimum",), "x y", when=_reads, settings=_settings),),
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
        Example("lambda x: keras.ops.minimum(x, 0.7)", "lambda x: x.clamp(max=0.7)", (11,), "channel"),
        Example("lambda x: keras.ops.minimum(0.7, x)", "lambda x: x.clamp_max(0.7)", (11,), "channel"),
    ),
)
