"""Elements moved along some axes, those beyond the end to the start: roll."""

import numpy as np

from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call) -> Settings:
    words, data = call.words, call.inputs[0]
    axes = words.get("axis", words.get("dims"))
    if axes is None:
        raise ValueError("a roll of the flattened operand")
    shifts: dict[int, int] = {}
    given = words.get("shift", words.get("shifts"))
    for at, shift in zip(np.ravel(axes), np.ravel(given), strict=True):
        position = int(at) % len(data)
        shifts[position] = (shifts.get(position, 0) + int(shift)) % data[position].size
    return {"shifts": tuple(sorted((str(data[at]), shift) for at, shift in shifts.items() if shift))}


RULE = Rule(
    kind="roll",
    torch=(Spelling(("roll",), "input shifts dims=None", settings=_settings),),
    tensorflow=(Spelling(("Roll",), "input shift axis", settings=_settings),),
    carries=True,
    examples=(
        Example(
            "lambda x: keras.ops.relu(keras.ops.roll(x, 2, axis=1))",
            "lambda x: torch.roll(x, -5, 2).relu()",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.relu(keras.ops.roll(x, (1, -2), axis=(1, 2)))",
            "lambda x: x.roll((-2, 1), (3, 2)).relu()",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
