"""Normalisation: its epsilon, its place, and layers that run as in training."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.faults.code import Code, keyword_of, operand_of, value_of
from benchmarks.faults.planted import Planted
from benchmarks.faults.planters.activations import MODULES, applied

BATCH = ("BatchNorm1d", "BatchNorm2d")
OTHER = ("LayerNorm", "GroupNorm", "InstanceNorm2d", "RMSNorm")


def epsilon(code: Code) -> Iterator[Planted]:
    for names, cause in ((BATCH, "bn-epsilon"), (OTHER, "norm-epsilon")):
        for call in code.calls(*names):
            given = keyword_of(call, "eps")
            if given is not None and value_of(given) != 1e-5:
                yield Planted((cause,), "eps left out", (code.without_keyword(call, "eps"),))
            for value in ("1e-3", "1.001e-5"):
                if value_of(given) != float(value):
                    yield Planted((cause,), f"eps={value}", (code.with_keyword(call, "eps", value),))


def order(code: Code) -> Iterator[Planted]:
    """The activation before the norm where it stands behind it, written inside one another or line by line."""
    for call, _ in applied(code):
        inner = operand_of(call)
        if isinstance(inner, ast.Call) and code.layer(inner) in BATCH + OTHER and call.args:
            function, norm, x = code.of(call.func), code.of(inner.func), code.of(inner.args[0])
            text = f"{norm}({function}({x}))"
            yield Planted(("layer-order",), "the activation before the norm", (code.replaced(call, text),))
    for body in code.statements():
        for one, other in pairwise(body):
            if _step(code, one) in BATCH + OTHER and _step(code, other) in (*MODULES, "relu", "AvgPool2d"):
                edits = code.replaced(one, code.of(other)), code.replaced(other, code.of(one))
                yield Planted(("layer-order",), "two lines exchanged", edits)


def _step(code: Code, statement: ast.stmt) -> str:
    """The layer or function of a line `x = f(x)`."""
    call = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(call, ast.Call) or not call.args or code.of(call.args[0]) != code.of(statement.targets[0]):  # type: ignore[attr-defined]
        return ""
    return code.layer(call) or ("relu" if code.of(call.func) in ("F.relu", "torch.relu") else "")


def training(code: Code) -> Iterator[Planted]:
    for call in code.calls("dropout"):
        if keyword_of(call, "training") is not None:
            yield Planted(("eval-mode",), "drops in a test too", (code.without_keyword(call, "training"),))
    for call in code.calls(*BATCH):
        yield Planted(
            ("eval-mode", "missing-array"),
            "no running statistics",
            (code.with_keyword(call, "track_running_stats", "False"),),
            ("mean", "variance"),
        )


def axis(code: Code) -> Iterator[Planted]:
    """The turning around a norm forgotten, where the map is as wide as it has channels."""
    for body in code.statements():
        for one, norm, other in zip(body, body[1:], body[2:], strict=False):
            turned = "permute(0, 2, 3, 1)" in code.of(one) and "permute(0, 3, 1, 2)" in code.of(other)
            if turned and _step(code, norm) in OTHER:
                target = code.of(norm.targets[0])  # type: ignore[attr-defined]
                first = code.replaced(one, code.of(one).replace(".permute(0, 2, 3, 1)", ""))
                # A norm over another axis: "over" is the setting's own name, where no cause has a better one.
                told = ("bn-axis", "axis-not-remapped", "over")
                yield Planted(told, f"{target} not turned", (first, code.without_line(other)))


def groups(code: Code) -> Iterator[Planted]:
    """Another number of groups that divides the channels too."""
    for call in code.calls("GroupNorm"):
        own, channels = (value_of(each) for each in call.args[:2])
        for other in range(1, 9):
            if isinstance(channels, int) and channels % other == 0 and other != own:
                yield Planted(("norm-groups",), f"{other} groups", (code.replaced(call.args[0], str(other)),))


def responses(code: Code) -> Iterator[Planted]:
    """The numbers of TensorFlow's local response norm, a radius and an alpha of the sum, where PyTorch has others."""
    cause = ("lrn-alpha",)
    for call in code.calls("LocalResponseNorm"):
        size, alpha = (value_of(each) for each in call.args[:2])
        if not isinstance(size, int) or not isinstance(alpha, float):
            continue
        radius = code.replaced(call.args[0], str(size // 2))
        whole = code.replaced(call.args[1], f"{alpha / size:g}")
        yield Planted(cause, "alpha of the sum", (whole,))
        yield Planted(cause, "radius for size", (radius,))
        yield Planted(cause, "both", (radius, whole))
        if len(call.args) == 4:
            yield Planted(cause, "bias left out", (code.without_element(call.args[3], call.args),))


def spread(code: Code) -> Iterator[Planted]:
    """A variance or deviation that is divided by one less than the count, as PyTorch does by itself."""
    for call in code.calls("std", "var"):
        if value_of(keyword_of(call, "unbiased")) is False:
            yield Planted(("std-bessel",), "unbiased left out", (code.without_keyword(call, "unbiased"),))
            yield Planted(("std-bessel",), "unbiased=True", (code.with_keyword(call, "unbiased", "True"),))


PLANTERS = (epsilon, order, training, axis, groups, responses, spread)
