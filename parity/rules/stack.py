"""Operands of one shape laid along an axis of their own: stack."""

from parity.axes import LOST, Axes, axis
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _place(call: Call) -> int:
    words = call.words
    return int(words["axis"] if "axis" in words else words["dim"]) % len(call.shape)


def _axes(call: Call) -> Axes:
    at, data = _place(call), call.inputs[0]
    return (*data[:at], axis(LOST, call.shape[at]), *data[at:])


def _settings(call: Call) -> Settings:
    if len(call.inputs) != call.shape[_place(call)]:
        raise ValueError("some of what is stacked is no data")
    return {"operands": len(call.inputs)}


RULE = Rule(
    kind="stack",
    torch=(Spelling(("stack",), "tensors dim=0", settings=_settings, axes=_axes),),
    tensorflow=(Spelling(("Pack",), "*values", settings=_settings, axes=_axes),),
    examples=(
        Example(
            "lambda x: keras.ops.stack([x, keras.ops.relu(x)], axis=1)",
            "lambda x: torch.stack([x, x.relu()], dim=1)",
            (11,),
            "channel",
        ),
        Example(
            "lambda x: keras.ops.stack([x, keras.ops.relu(x)], axis=2)",
            "lambda x: torch.stack([x, x.relu()], dim=3)",
            (7, 5),
            "length channel",
        ),
    ),
)
