"""Maximum over some axes: of a global pool, of a reduction, of a pool whose one window covers the whole map."""

from parity.axes import Axes
from parity.grammar.reductions import (
    REDUCING_WORDS,
    keras_left,
    keras_over,
    left,
    over,
    tensorflow_left,
    tensorflow_over,
    torch_left,
    torch_over,
    torch_reduces,
)
from parity.grammar.windows import MAX_WORDS, bin_over, max_over
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _covered(call: Call) -> bool:
    return bool(max_over(call))


def _covered_settings(call: Call) -> Settings:
    return over(call, max_over(call))


def _covered_axes(call: Call) -> Axes:
    return left(call, max_over(call))


def _one_bin(call: Call) -> bool:
    return bool(bin_over(call))


def _bin_settings(call: Call) -> Settings:
    return over(call, bin_over(call))


def _bin_axes(call: Call) -> Axes:
    return left(call, bin_over(call))


RULE = Rule(
    kind="max",
    keras=(
        Spelling(
            names=("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"),
            settings=keras_over,
            axes=keras_left,
        ),
        Spelling(
            names=("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"),
            when=_covered,
            settings=_covered_settings,
            axes=_covered_axes,
        ),
        Spelling(
            names=("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"),
            when=_one_bin,
            settings=_bin_settings,
            axes=_bin_axes,
        ),
    ),
    torch=(
        Spelling(("amax",), "input dim=() keepdim=False", settings=torch_over, axes=torch_left),
        Spelling(("max",), REDUCING_WORDS, when=torch_reduces, settings=torch_over, axes=torch_left),
        Spelling(
            names=tuple(f"max_pool{rank}d{end}" for rank in (1, 2, 3) for end in ("", "_with_indices")),
            words=MAX_WORDS,
            when=_covered,
            settings=_covered_settings,
            axes=_covered_axes,
        ),
        Spelling(
            names=tuple(f"adaptive_max_pool{rank}d{end}" for rank in (1, 2, 3) for end in ("", "_with_indices")),
            words="input output_size return_indices=False",
            when=_one_bin,
            settings=_bin_settings,
            axes=_bin_axes,
        ),
    ),
    tensorflow=(Spelling(("Max",), "input axis", settings=tensorflow_over, axes=tensorflow_left),),
    examples=(
        Example("keras.layers.GlobalMaxPooling1D()", "lambda x: x.amax(2)", (7, 5), "length channel"),
        Example(
            "keras.layers.GlobalMaxPooling2D(keepdims=True)",
            "nn.AdaptiveMaxPool2d(1)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "lambda x: keras.ops.amax(x, axis=(1, 2, 3))",
            "lambda x: x.amax((2, 3, 4))",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "lambda x: keras.ops.max(x, axis=(1, -1))",
            "lambda x: torch.amax(x, (-3, 2))",
            (7, 9, 5),
            "height width channel",
        ),
        Example("keras.layers.MaxPooling2D((7, 1))", "nn.MaxPool2d((7, 1))", (7, 9, 5), "height width channel"),
        Example(
            "keras.layers.GlobalMaxPooling3D()",
            "lambda x: nn.AdaptiveMaxPool3d(1)(x).flatten(1)",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
