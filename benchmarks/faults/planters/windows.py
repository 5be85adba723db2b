"""Windows: how far they move, what is padded, how large they are, what lies under them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.faults.code import Code, Edit, argument_of, keyword_of, name_of, value_of
from benchmarks.faults.planted import Planted

CONVOLUTIONS = ("Conv1d", "Conv2d")
TRANSPOSED = ("ConvTranspose2d",)
POOLS = ("MaxPool1d", "MaxPool2d", "AvgPool2d", "max_pool2d", "avg_pool2d")


def stride(code: Code) -> Iterator[Planted]:
    for call in code.calls(*CONVOLUTIONS, *TRANSPOSED, *POOLS):
        if keyword_of(call, "stride") is not None:
            beside = ("sizes",) if name_of(call.func) in TRANSPOSED else ()  # of a resize behind it
            yield Planted(("stride",), "stride left out", (code.without_keyword(call, "stride"),), beside)
            value = value_of(keyword_of(call, "stride"))
            other = "1" if value == 2 else "2"
            yield Planted(("stride",), f"stride={other}", (code.with_keyword(call, "stride", other),), beside)


def padding(code: Code) -> Iterator[Planted]:
    for call in code.calls(*CONVOLUTIONS):
        given = keyword_of(call, "padding")
        if given is not None:
            yield Planted(("padding",), "padding left out", (code.without_keyword(call, "padding"),))
            yield Planted(("padding",), "padding=2", (code.with_keyword(call, "padding", "2"),))
            mode = code.with_keyword(call, "padding_mode", '"reflect"')
            yield Planted(("padding-mode",), "reflected", (mode,))
        else:
            yield Planted(("padding", "same-pad-stride"), "padding=1", (code.with_keyword(call, "padding", "1"),))
    for call in code.calls("AvgPool2d", "MaxPool2d", "MaxPool1d"):
        if keyword_of(call, "padding") is None and value_of(argument_of(call, 0, "kernel_size")) in (2, 3):
            told = ("padding", "pool-same", "avgpool-count-pad")
            yield Planted(told, "padding=1", (code.with_keyword(call, "padding", "1"),))


def pads(code: Code) -> Iterator[Planted]:
    """The amounts of a pad: on the other side, in another order, one off."""
    for call in code.calls("pad", "ZeroPad2d"):
        amounts = call.args[-1]
        if not isinstance(amounts, ast.Tuple):
            continue
        texts = [code.of(each) for each in amounts.elts]
        pairs = [texts[at : at + 2] for at in range(0, len(texts), 2)]
        turned = [each for pair in pairs for each in reversed(pair)]
        exchanged = [each for pair in reversed(pairs) for each in pair]
        more = [*texts[:-1], f"{texts[-1]} + 1"]
        # (2, 1, 1, 2) with each pair turned is also the same amounts with height for width.
        also = ("zeropad-order",) if turned == exchanged else ()
        for told, what, other in (
            (("padding", "same-pad-stride", "causal-pad", *also), "on the other side", turned),
            (("zeropad-order", "padding", "same-pad-stride"), "height for width", exchanged),
            (("padding", "same-pad-stride", "causal-pad"), "one more", more),
        ):
            if other != texts:
                yield Planted(told, f"pads {what}", (code.replaced(amounts, f"({', '.join(other)})"),))


def same(code: Code) -> Iterator[Planted]:
    """A pad before a convolution with a stride, or a pool, written as that layer's own padding."""
    for body in code.statements():
        for one, other in pairwise(body):
            text = code.of(one)
            if not (isinstance(one, ast.Assign) and isinstance(one.value, ast.Call)):
                continue
            padded = text.startswith("x = F.pad(x, (") or code.layer(one.value) == "ZeroPad2d"
            for call in ast.walk(other) if padded else ():
                if not isinstance(call, ast.Call) or not call.args or code.of(call.args[0]) != "x":
                    continue
                if code.layer(call) in CONVOLUTIONS:
                    built = code.built[call.func.attr]  # type: ignore[attr-defined]
                    edits = _unpadded(code, one), code.with_keyword(built, "padding", "1")
                    yield Planted(("same-pad-stride",), "padding=1 instead of a pad", edits)
                if name_of(call.func) == "max_pool2d":
                    edits = code.without_line(one), code.with_keyword(call, "padding", "1")
                    yield Planted(("maxpool-pad-value",), "the pool's own padding", edits)


def _unpadded(code: Code, statement: ast.Assign) -> Edit:
    """The line of a pad taken out; where it gives its operand another name, that name."""
    assert isinstance(statement.value, ast.Call)
    operand = code.of(statement.value.args[0])
    if code.of(statement.targets[0]) == operand:
        return code.without_line(statement)
    return code.replaced(statement.value, operand)


def causal(code: Code) -> Iterator[Planted]:
    for call in code.calls("pad"):
        amounts = call.args[-1]
        if isinstance(amounts, ast.Tuple) and len(amounts.elts) == 2 and code.of(amounts.elts[1]) == "0":
            half = f"{code.of(amounts.elts[0])} // 2"
            text = f"({half}, {half})"
            yield Planted(("causal-pad",), "half of the zeros behind", (code.replaced(amounts, text),))


def dilation(code: Code) -> Iterator[Planted]:
    for call in code.calls(*CONVOLUTIONS):
        kernel = value_of(argument_of(call, 2, "kernel_size"))
        if keyword_of(call, "dilation") is not None:
            yield Planted(("dilation",), "dilation left out", (code.without_keyword(call, "dilation"),))
        elif kernel == 3 and value_of(keyword_of(call, "padding")) == 1 and keyword_of(call, "stride") is None:
            edits = code.with_keyword(call, "padding", "2"), code.with_keyword(call, "dilation", "2")
            yield Planted(("dilation",), "dilation=2, padding=2", (edits[0], edits[1]), ("padding",))


def groups(code: Code) -> Iterator[Planted]:
    for call in code.calls(*CONVOLUTIONS):
        if keyword_of(call, "groups") is not None:
            yield Planted(("groups",), "groups left out", (code.without_keyword(call, "groups"),))


def kernel(code: Code) -> Iterator[Planted]:
    for call in code.calls(*CONVOLUTIONS):
        size = argument_of(call, 2, "kernel_size")
        if value_of(size) == 3 and value_of(keyword_of(call, "padding")) == 1:
            assert size is not None
            edits = code.replaced(size, "5"), code.with_keyword(call, "padding", "2")
            yield Planted(("kernel",), "a kernel of 5", edits, ("padding",))
            edits = code.replaced(size, "1"), code.without_keyword(call, "padding")
            yield Planted(("kernel",), "a kernel of 1", edits, ("padding",))
    for call in code.calls(*POOLS):
        at = 1 if name_of(call.func).endswith("pool2d") else 0
        size = argument_of(call, at, "kernel_size")
        if value_of(size) == 3 and keyword_of(call, "stride") is not None:
            assert size is not None
            yield Planted(("kernel",), "a window of 2", (code.replaced(size, "2"),))


def ceiling(code: Code) -> Iterator[Planted]:
    for call in code.calls("MaxPool1d", "MaxPool2d", "AvgPool2d"):
        if keyword_of(call, "ceil_mode") is not None:
            yield Planted(("pool-same",), "ceil_mode left out", (code.without_keyword(call, "ceil_mode"),))
        elif keyword_of(call, "padding") is None:
            yield Planted(("pool-same",), "ceil_mode=True", (code.with_keyword(call, "ceil_mode", "True"),))


def counting(code: Code) -> Iterator[Planted]:
    for call in code.calls("AvgPool2d"):
        if keyword_of(call, "count_include_pad") is not None:
            told = ("avgpool-count-pad",)
            yield Planted(told, "the padding is counted", (code.without_keyword(call, "count_include_pad"),))


def statistic(code: Code) -> Iterator[Planted]:
    """A maximum for a mean, and the other way round."""
    for one, other in (("MaxPool2d", "AvgPool2d"), ("AvgPool2d", "MaxPool2d")):
        for call in code.calls(one):
            if not {each.arg for each in call.keywords} & {"count_include_pad"}:
                yield Planted(("pool-kind",), f"{other} for {one}", (code.replaced(call.func, f"nn.{other}"),))


def bins(code: Code) -> Iterator[Planted]:
    """A window of fixed size for the whole map."""
    for call in code.calls("AdaptiveAvgPool2d"):
        yield Planted(("adaptive-pool",), "a window of 4", (code.replaced(call, "nn.AvgPool2d(4)"),))
    for call in code.calls("mean"):
        if call.args and value_of(call.args[0]) == (2, 3):
            x = code.of(call.func.value)  # type: ignore[attr-defined]
            kept = f"nn.functional.avg_pool2d({x}, 2)[:, :, :1, :1]"
            text = kept if call.keywords else f"{kept}.flatten(1)"
            yield Planted(("adaptive-pool",), "a window of 2", (code.replaced(call, text),))


def cropped(code: Code) -> Iterator[Planted]:
    """What a transposed convolution gives, cut elsewhere."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Subscript) and code.of(node).endswith("1:-2, 1:-2]"):
            text = code.of(node).replace("1:-2, 1:-2", "2:-1, 2:-1")
            yield Planted(("conv-transpose-same", "slice"), "cut one off", (code.replaced(node, text),))
    for call in code.calls(*TRANSPOSED):
        if value_of(keyword_of(call, "padding")) == 1 and value_of(keyword_of(call, "stride")) == 2:
            edits = code.with_keyword(call, "padding", "2"), code.with_keyword(call, "output_padding", "1")
            yield Planted(("conv-transpose-same",), "padding=2, output_padding=1", edits, ("sizes",))


PLANTERS = (
    *(stride, padding, pads, same, causal, dilation, groups, kernel, ceiling, counting, statistic, bins, cropped),
)
