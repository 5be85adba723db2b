"""Adaptive average pooling into bins of unequal size: AdaptiveAveragePooling1D/2D/3D against adaptive_avg_pool1d/2d/3d.

Bins of one size make it a plain pool, one bin a reduction, a bin for each element nothing at all.
"""

from parity.axes import Axes, resized
from parity.grammar.windows import adaptive, bins
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _settings(call: Call) -> Settings:
    return {"bins": bins(call)}


def _unequal(call: Call) -> bool:
    return adaptive(call) is None


RULE = Rule(
    kind="adaptive_average_pool",
    keras=(
        Spelling(
            names=("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D"),
            when=_unequal,
            settings=_settings,
            axes=_axes,
        ),
    ),
    torch=(
        Spelling(
            names=("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"),
            words="input output_size",
            when=_unequal,
            settings=_settings,
            axes=_axes,
        ),
    ),
    examples=(
        Example("keras.layers.AdaptiveAveragePooling1D(3)", "nn.AdaptiveAvgPool1d(3)", (7, 5), "length channel"),
        Example(
            "keras.layers.AdaptiveAveragePooling2D((4, 3))",
            "nn.AdaptiveAvgPool2d((4, None))",
            (7, 3, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.AdaptiveAveragePooling3D((2, 3, 4))",
            "nn.AdaptiveAvgPool3d((2, 3, 4))",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
