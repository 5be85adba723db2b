"""Another order of the axes: Permute against permute and transpose."""

from parity.axes import Axes, permuted
from parity.rule import Call, Example, Rule, Spelling


def _keras_axes(call: Call) -> Axes:
    return permuted(call.inputs[0], (0, *call.words["dims"]))  # dims count from 1 and leave the batch out


def _permute_axes(call: Call) -> Axes:
    dims = call.words["dims"]
    return permuted(call.inputs[0], dims[0] if isinstance(dims[0], tuple | list) else dims)


def _transpose_axes(call: Call) -> Axes:
    order = list(range(len(call.shape)))
    first, second = call.words["dim0"], call.words["dim1"]
    order[first], order[second] = order[second], order[first]
    return permuted(call.inputs[0], order)


def _moved_axes(call: Call) -> Axes:
    rank = len(call.shape)
    given = call.words["source"], call.words["destination"]
    sources, targets = ([at % rank for at in ([each] if isinstance(each, int) else each)] for each in given)
    rest = [at for at in range(rank) if at not in sources]
    moved = dict(zip(targets, sources, strict=True))
    return permuted(call.inputs[0], [moved[at] if at in moved else rest.pop(0) for at in range(rank)])


def _turned_axes(call: Call) -> Axes:
    order = list(range(len(call.shape)))
    return permuted(call.inputs[0], order[::-1] if call.name == "T" else [*order[:-2], order[-1], order[-2]])


def _tensorflow_axes(call: Call) -> Axes:
    return permuted(call.inputs[0], [int(i) for i in call.words["perm"]])


RULE = Rule(
    kind="permute",
    keras=(Spelling(("Permute",), axes=_keras_axes),),
    torch=(
        Spelling(("permute",), "input *dims", axes=_permute_axes),
        Spelling(("transpose", "swapaxes", "swapdims"), "input dim0 dim1", axes=_transpose_axes),
        Spelling(("movedim", "moveaxis"), "input source destination", axes=_moved_axes),
        Spelling(("T", "mT", "t"), "input", axes=_turned_axes),
    ),
    tensorflow=(Spelling(("Transpose",), "x perm", axes=_tensorflow_axes),),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.Permute((2, 1)), keras.layers.ReLU()])",
            "lambda x: x.transpose(1, 2).relu()",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Permute((3, 2, 1)), keras.layers.ReLU()])",
            "lambda x: x.permute(0, 1, 3, 2).relu()",
            (7, 9, 5),
            "height width channel",
        ),
    ),
)
