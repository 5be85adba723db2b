"""Product of two operands, summed over an axis of each: matmul, Dot and an einsum of two operands.

`over` names the axes that are summed: of the first operand, of the second. `crosses` tells that each sample is
multiplied with every other, as by a tensordot, which shares no axis.
"""

from parity.axes import Axes, Axis
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _of_two(call: Call) -> bool:
    return len(call.inputs) == 2


def _ends(call: Call) -> tuple[int, int]:
    """Where the summed axis of each operand stands, counted from the end."""
    words = call.words
    turned = (words.get("adj_x") or words.get("transpose_a"), words.get("adj_y") or words.get("transpose_b"))
    return -2 if turned[0] else -1, -1 if turned[1] or len(call.inputs[1]) == 1 else -2


def _settings(call: Call) -> Settings:
    first, second = _ends(call)
    over = {"over": (str(call.inputs[0][first]), str(call.inputs[1][second]))}
    return {**over, "crosses": "batch"} if _crosses(call, (first, second)) else over


def _crosses(call: Call, ends: tuple[int, int]) -> bool:
    """Whether samples are multiplied with one another: the batch lies along an axis of each operand that is kept."""
    free = [each[-2 if end == -1 else -1] for each, end in zip(call.inputs, ends, strict=True) if len(each) > 1]
    return len(free) == 2 and all("batch" in {name for block in each.blocks for name, _ in block} for each in free)


def _axes(call: Call) -> Axes:
    (first, second), ends = call.inputs, _ends(call)
    free = [each[-2 if end == -1 else -1] for each, end in zip(call.inputs, ends, strict=True) if len(each) > 1]
    rows = [each[:-2][::-1] for each in (first, second)]
    batch = []
    for at in range(max(map(len, rows))):
        found = [row[at] for row in rows if at < len(row)]
        batch.append(next((each for each in found if each.size != 1), found[0]))
    return (*batch[::-1], *free)


def _dot_places(call: Call) -> tuple[int, int]:
    axes = call.words["axes"]
    given = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if any(len(each) not in (2, 3) for each in call.inputs):
        raise ValueError("expected operands of two or three axes")
    first, second = (at % len(each) for at, each in zip(given, call.inputs, strict=True))
    return first, second


def _dot_settings(call: Call) -> Settings:
    over = tuple(str(each[at]) for at, each in zip(_dot_places(call), call.inputs, strict=True))
    return {"over": over, **({"normalized": True} if call.words["normalize"] else {})}


def _dot_axes(call: Call) -> Axes:
    places = _dot_places(call)
    left = [
        each for operand, at in zip(call.inputs, places, strict=True) for each in (*operand[1:at], *operand[at + 1 :])
    ]
    return (call.inputs[0][0], *(left or [Axis(((),))]))


def _letters(call: Call) -> tuple[str, str, str]:
    equation = call.words["equation"]
    text = (equation.decode() if isinstance(equation, bytes) else equation).replace(" ", "")
    operands, _, result = text.partition("->")
    first, second = operands.split(",")
    letters = [*first, *second, *result]
    once = [each for each in {*first} ^ {*second} if each not in result]
    twice = any(len({*each}) < len(each) for each in (first, second))
    if "->" not in text or not all(each.isalpha() for each in letters) or once or twice:
        raise ValueError(f"equation {text!r}: expected products summed over axes of both operands")
    return first, second, result


def _einsum_settings(call: Call) -> Settings:
    first, second, result = _letters(call)
    summed = [letter for letter in first if letter in second and letter not in result]
    return {
        "over": tuple(
            " ".join(str(axes[letters.index(each)]) for each in summed)
            for letters, axes in zip((first, second), call.inputs, strict=True)
        )
    }


def _einsum_axes(call: Call) -> Axes:
    first, second, result = _letters(call)
    found: dict[str, Axis] = {}
    for letters, axes in zip((first, second), call.inputs, strict=True):
        for letter, each in zip(letters, axes, strict=True):
            if letter not in found or found[letter].size == 1:
                found[letter] = each
    return tuple(found[letter] for letter in result)


RULE = Rule(
    kind="matmul",
    keras=(Spelling(("Dot",), settings=_dot_settings, axes=_dot_axes),),
    torch=(
        Spelling(("matmul", "bmm", "mm"), "input other", when=_of_two, settings=_settings, axes=_axes),
        Spelling(("einsum",), "equation *operands", when=_of_two, settings=_einsum_settings, axes=_einsum_axes),
    ),
    tensorflow=(
        Spelling(("BatchMatMulV2", "BatchMatMulV3"), "x y", when=_of_two, settings=_settings, axes=_axes),
        Spelling(("MatMul",), "a b", when=_of_two, settings=_settings, axes=_axes),
        Spelling(("Einsum",), "*inputs", when=_of_two, settings=_einsum_settings, axes=_einsum_axes),
    ),
    examples=(
        Example(
            "lambda x: keras.ops.matmul(x, keras.ops.transpose(keras.ops.tanh(x), (0, 2, 1)))",
            "lambda x: x @ x.tanh().mT",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "lambda x: keras.layers.Dot((1, 1))([x, keras.layers.ReLU()(x)])",
            "lambda x: torch.einsum('bcl,bdl->bcd', x, x.relu())",
            (7, 5),
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.einsum('blc,bmc->blm', x, keras.ops.tanh(x))",
            "lambda x: torch.einsum('bcl,bcm->blm', x, x.tanh())",
            (7, 5),
            "length channel",
        ),
    ),
)
