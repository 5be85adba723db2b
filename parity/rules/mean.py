"""Mean over some axes: of a global pool, of a reduction, of a pool whose one window covers the whole map."""

from parity.axes import Axes
from parity.grammar.reductions import (
    keras_left,
    keras_over,
    left,
    over,
    tensorflow_left,
    tensorflow_over,
    torch_left,
    torch_over,
)
from parity.grammar.windows import AVERAGE_WORDS, bin_over, mean_over, spatial
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _masked(call: Call) -> bool:
    return len(call.inputs) == 2


def _masked_settings(call: Call) -> Settings:
    return {**over(call, spatial(call)), "masked": True}


def _masked_axes(call: Call) -> Axes:
    return left(call, spatial(call))


def _covered(call: Call) -> bool:
    return bool(mean_over(call))


def _covered_settings(call: Call) -> Settings:
    return over(call, mean_over(call))


def _covered_axes(call: Call) -> Axes:
    return left(call, mean_over(call))


def _one_bin(call: Call) -> bool:
    return bool(bin_over(call))


def _bin_settings(call: Call) -> Settings:
    return over(call, bin_over(call))


def _bin_axes(call: Call) -> Axes:
    return left(call, bin_over(call))


RULE = Rule(
    kind="mean",
    keras=(
        # With a mask, a mean of those steps alone that it lets through.
        Spelling(names=("GlobalAveragePooling1D",), when=_masked, settings=_masked_settings, axes=_masked_axes),
        Spelling(
            names=("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"),
            settings=keras_over,
            axes=keras_left,
        ),
        Spelling(
            names=("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
            when=_covered,
            settings=_covered_settings,
            axes=_covered_axes,
        ),
        Spelling(
            names=("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D"),
            when=_one_bin,
            settings=_bin_settings,
            axes=_bin_axes,
        ),
    ),
    torch=(
        Spelling(("mean",), "input dim=None keepdim=False dtype=None", settings=torch_over, axes=torch_left),
        Spelling(
            names=("avg_pool1d", "avg_pool2d", "avg_pool3d"),
            words=AVERAGE_WORDS,
            when=_covered,
            settings=_covered_settings,
            axes=_covered_axes,
        ),
        Spelling(
            names=("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"),
            words="input output_size",
            when=_one_bin,
            settings=_bin_settings,
            axes=_bin_axes,
        ),
    ),
    tensorflow=(Spelling(("Mean",), "input axis", settings=tensorflow_over, axes=tensorflow_left),),
    examples=(
        Example("keras.layers.GlobalAveragePooling1D()", "lambda x: x.mean(2)", (7, 5), "length channel"),
        Example(
            "keras.layers.GlobalAveragePooling2D(keepdims=True)",
            "nn.AdaptiveAvgPool2d(1)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.GlobalAveragePooling3D()",
            "lambda x: x.mean((2, 3, 4))",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "lambda x: keras.ops.mean(x, axis=(1, -1))",
            "lambda x: torch.mean(x, (-3, 2))",
            (7, 9, 5),
            "height width channel",
        ),
        Example("keras.layers.AveragePooling2D((7, 1))", "nn.AvgPool2d((7, 1))", (7, 9, 5), "height width channel"),
    ),
)
