"""A dense layer on the last axis: Dense and EinsumDense against linear, and products with a bare parameter."""

import math
from collections.abc import Callable, Mapping
from functools import partial

from parity.axes import Axes, Axis, axis, reshaped
from parity.rule import Call, Example, Hold, Holds, Role, Rule, Spelling


def _axes(call: Call) -> Axes:
    return (*call.inputs[0][:-1], axis("channel", call.shape[-1]))


def _reads(call: Call) -> Mapping[str, Axis]:
    return {"input": call.inputs[0][-1]}


def _letters(call: Call) -> tuple[str, str]:
    """The axes of an EinsumDense kernel that are summed over, and those that are new, by their letters.

    Raises ValueError where it is no product of the last axes with a kernel.
    """
    data, kernel, result = call.words["equation"].replace("->", ",").replace(" ", "").split(",")
    summed = "".join(letter for letter in data if letter in kernel)
    new = "".join(letter for letter in result if letter in kernel)
    rest = data.removesuffix(summed)
    if not summed or not new or rest + summed != data or rest + new != result or set(summed + new) != set(kernel):
        raise ValueError(f"{call.words['equation']} is no product of the last axes")
    return summed, new


def _einsum_holds(call: Call) -> Holds:
    summed, new = _letters(call)
    kernel = call.words["equation"].replace("->", ",").replace(" ", "").split(",")[1]
    sizes = dict(zip(kernel, call.held["kernel"], strict=True))
    holds = {"kernel": Hold("kernel", " ".join(kernel), sizes, canonical=f"({' '.join(summed)}) ({' '.join(new)})")}
    if "bias" in call.held:
        bias = call.held["bias"]
        if bias[len(bias) - len(new) :] != tuple(sizes[each] for each in new) or math.prod(bias) != math.prod(
            bias[len(bias) - len(new) :]
        ):
            raise ValueError("a bias that does not lie along all the new axes alone")
        units = " ".join("1" * (len(bias) - len(new)))
        named = {letter: sizes[letter] for letter in new}
        holds["bias"] = Hold("bias", f"{units} {' '.join(new)}", named, canonical=f"({' '.join(new)})")
    return holds


def _einsum_axes(call: Call) -> Axes:
    summed, _ = _letters(call)
    kept = call.inputs[0][: -len(summed)]
    sizes = call.shape[len(kept) :]
    return (*kept, *reshaped((axis("channel", math.prod(sizes)),), sizes))


def _einsum_reads(call: Call) -> Mapping[str, Axis]:
    summed, _ = _letters(call)
    behind = call.inputs[0][-len(summed) :]
    if len(behind) == 1:
        return {"input": behind[0]}
    return {"input": reshaped(behind, (math.prod(each.size for each in behind),))[0]}


def _by_parameter(slot: str) -> Callable[[Call], bool]:
    return lambda call: len(call.held.get(slot, ())) == 2 and len(call.inputs) == 1


def _turned(call: Call) -> bool:
    """Whether TensorFlow's product reads the transpose of its second operand."""
    words = call.words
    if words.get("transpose_a") or words.get("adj_x"):
        raise ValueError("the data is transposed within the product")
    return bool(words.get("transpose_b") or words.get("adj_y"))


def _product_holds(slot: str, call: Call) -> Holds:
    return {"kernel": Hold(slot, "output input" if _turned(call) else "input output")}


RULE = Rule(
    kind="dense",
    roles={"kernel": Role("input output"), "bias": Role("output", neutral=0.0)},
    keras=(
        Spelling(
            names=("Dense",),
            holds={"kernel": Hold("kernel", "input output"), "bias": Hold("bias", "output")},
            axes=_axes,
            reads=_reads,
        ),
        Spelling(
            names=("EinsumDense",),
            holds=_einsum_holds,
            slots=("kernel", "bias"),
            axes=_einsum_axes,
            reads=_einsum_reads,
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
        Spelling(
            names=("matmul", "mm"),
            words="input other",
            holds={"kernel": Hold("other", "input output")},
            axes=_axes,
            reads=_reads,
            when=_by_parameter("other"),
        ),
        Spelling(
            names=("addmm",),
            words="bias input other beta=1 alpha=1",
            holds={"kernel": Hold("other", "input output"), "bias": Hold("bias", "output")},
            axes=_axes,
            reads=_reads,
            when=lambda call: _by_parameter("other")(call) and call.words["beta"] == call.words["alpha"] == 1,
        ),
    ),
    tensorflow=(
        *(
            Spelling(
                names=names,
                words=words,
                holds=partial(_product_holds, words[-1]),
                slots=(words[-1],),
                axes=_axes,
                reads=_reads,
                when=_by_parameter(words[-1]),
            )
            for names, words in ((("MatMul",), "a b"), (("BatchMatMulV2", "BatchMatMulV3"), "x y"))
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
        Example(
            "keras.layers.EinsumDense('abc,cd->abd', output_shape=(None, 6), bias_axes='d')",
            "nn.Linear(5, 6)",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.EinsumDense('abc,cde->abde', output_shape=(None, 2, 3), bias_axes='de'),"
            " keras.layers.EinsumDense('abde,dec->abc', output_shape=(None, 5), bias_axes='c')])",
            "nn.Sequential(nn.Linear(5, 6), nn.Linear(6, 5))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.TimeDistributed(keras.layers.Dense(6))",
            "nn.LazyLinear(6)",
            (7, 5),
            "length channel",
            "length channel",
        ),
    ),
)
