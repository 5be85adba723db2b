"""Elementwise maximum of two or more operands, or of one and a plain number. That with 0 is a `relu`."""

from parity.grammar.constants import bounds
from parity.grammar.reductions import REDUCING_WORDS, torch_reduces
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _bounds(call: Call) -> bool:
    found = bounds(call)
    return found.keys() == {"low"} and found["low"] != 0


def _reads(call: Call) -> bool:
    return len(call.inputs) == 2 or _bounds(call)


def _settings(call: Call) -> Settings:
    return {"number": bounds(call)["low"]} if len(call.inputs) == 1 else {}


def _chooses(call: Call) -> bool:
    return len(call.inputs) == 2 and not torch_reduces(call)


RULE = Rule(
    kind="maximum",
    keras=(Spelling(("Maximum",)),),
    torch=(
        Spelling(("maximum",), "input other", when=_reads, settings=_settings),
        Spelling(("max",), REDUCING_WORDS, when=_chooses),
        Spelling(("clamp", "clip"), "input min=None max=None", when=_bounds, settings=_settings),
        Spelling(("clamp_min",), "input min", when=_bounds, settings=_settings),
    ),
    tensorflow=(Spelling(("Maximum",), "x y", when=_reads, settings=_settings),),
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
        Example("lambda x: keras.ops.maximum(x, -0.1)", "lambda x: x.clamp(min=-0.1)", (11,), "channel"),
        Example("lambda x: keras.ops.maximum(-0.1, x)", "lambda x: x.clamp_min(-0.1)", (11,), "channel"),
    ),
)
