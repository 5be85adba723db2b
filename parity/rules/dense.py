"""A dense layer on the last axis: Dense against linear."""

from collections.abc import Mapping

from parity.axes import Axes, Axis, axis
from parity.rule import Call, Example, Hold, Role, Rule, Spelling


def _axes(call: Call) -> Axes:
    return (*call.inputs[0][:-1], axis("channel", call.shape[-1]))


def _reads(call: Call) -> Mapping[str, Axis]:
    return {"input": call.inputs[0][-1]}


RULE = Rule(
    kind="dense",
    roles={"kernel": Role("input output"), "bias": Role("output")},
    keras=(
        Spelling(
            names=("Dense",),
            holds={"kernel": Hold("kernel", "input output"), "bias": Hold("bias", "output")},
            axes=_axes,
            reads=_reads,
        ),
    ),
    torch=(
        Spelling(
            names=("linear",),
            words="input weight bias=None",
            holds={"kernel": Hold("weight", "output input"), "bias": Hold("bias", "output")},
            axes=_axes,
            reads=_reads,
        ),
    ),
    examples=(
        Example("keras.layers.Dense(6)", "nn.Linear(11, 6)", (11,), "channel"),
        Example(
            "keras.layers.Dense(6, use_bias=False)",
            "nn.Linear(5, 6, bias=False)",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(6)])",
            "nn.Sequential(nn.Flatten(), nn.Linear(315, 6))",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
