"""Resizing: coordinates, rounding, kernels; and depth that becomes space."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.faults.code import Code, keyword_of, value_of
from benchmarks.faults.planted import Planted


def corners(code: Code) -> Iterator[Planted]:
    for call in code.calls("Upsample", "interpolate"):
        mode = value_of(keyword_of(call, "mode"))
        if mode in ("bilinear", "bicubic") and keyword_of(call, "antialias") is None:
            told = ("resize-coords",)
            yield Planted(told, "align_corners=True", (code.with_keyword(call, "align_corners", "True"),))
        if mode == "bilinear":
            edits = [code.with_keyword(call, "mode", '"nearest"')]
            if keyword_of(call, "align_corners") is not None:
                edits.append(code.without_keyword(call, "align_corners"))
            yield Planted(("interpolation-mode",), "nearest", tuple(edits))
        if mode == "nearest":
            yield Planted(("interpolation-mode",), "bilinear", (code.with_keyword(call, "mode", '"bilinear"'),))


def rounding(code: Code) -> Iterator[Planted]:
    for call in code.calls("Upsample", "interpolate"):
        if value_of(keyword_of(call, "mode")) == "nearest-exact":
            yield Planted(("nearest-rounding",), "mode nearest", (code.with_keyword(call, "mode", '"nearest"'),))


def cubic(code: Code) -> Iterator[Planted]:
    for call in code.calls("interpolate"):
        if keyword_of(call, "antialias") is not None:
            yield Planted(("bicubic-coefficient",), "antialias left out", (code.without_keyword(call, "antialias"),))


def depth(code: Code) -> Iterator[Planted]:
    for body in code.statements():
        for each in body:
            if "unflatten" in code.of(each):
                yield Planted(("pixelshuffle-order",), "channels as they stand", (code.without_line(each),))


PLANTERS = (corners, rounding, cubic, depth)
