"""Some axes turned end to end: flip, or a slice of whole axes by steps of -1."""

import numpy as np

from parity.grammar.reductions import over, positions
from parity.grammar.slices import strided, turned
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _torch_settings(call: Call) -> Settings:
    return over(call, positions(call.words["dims"], len(call.inputs[0])))


def _tensorflow_settings(call: Call) -> Settings:
    return over(call, positions(np.ravel(call.words["axis"]), len(call.inputs[0])))


def _turned(call: Call) -> tuple[int, ...]:
    return turned(call.inputs[0], strided(call)[0])


def _turns(call: Call) -> bool:
    return len(call.shape) == len(call.inputs[0]) and bool(_turned(call))


def _strided_settings(call: Call) -> Settings:
    return over(call, _turned(call))


RULE = Rule(
    kind="flip",
    torch=(Spelling(("flip",), "input *dims", settings=_torch_settings),),
    tensorflow=(
        Spelling(("ReverseV2",), "tensor axis", settings=_tensorflow_settings),
        Spelling(("StridedSlice",), "input begin end strides", when=_turns, settings=_strided_settings),
    ),
    carries=True,
    examples=(
        Example(
            "lambda x: keras.ops.relu(keras.ops.flip(x, 1))", "lambda x: x.flip(2).relu()", (7, 5), "length channel"
        ),
        Example(
            "lambda x: keras.ops.relu(x[:, ::-1, :, ::-1])",
            "lambda x: torch.flip(x, (1, 2)).relu()",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
