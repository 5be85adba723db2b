"""Average pooling: AveragePooling1D/2D/3D against avg_pool1d/2d/3d, and adaptive pools whose bins are of one size.

A pool whose one window covers the whole map is a `mean`.
"""

from parity.axes import Axes, resized
from parity.grammar.windows import AVERAGE_WORDS, adaptive, averages, mean_over, plainly_adaptive
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _pools(call: Call) -> bool:
    return not mean_over(call)


def _adaptive_settings(call: Call) -> Settings:
    return {**(adaptive(call) or {}), "counts_padding": False}


RULE = Rule(
    kind="average_pool",
    keras=(
        Spelling(
            names=("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
            when=_pools,
            settings=averages,
            axes=_axes,
        ),
        Spelling(
            names=("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D"),
            when=plainly_adaptive,
            settings=_adaptive_settings,
            axes=_axes,
        ),
    ),
    torch=(
        Spelling(
            names=("avg_pool1d", "avg_pool2d", "avg_pool3d"),
            words=AVERAGE_WORDS,
            when=_pools,
            settings=averages,
            axes=_axes,
        ),
        Spelling(
            names=("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"),
            words="input output_size",
            when=plainly_adaptive,
            settings=_adaptive_settings,
            axes=_axes,
        ),
    ),
    examples=(
        Example("keras.layers.AveragePooling1D(2)", "nn.AvgPool1d(2)", (7, 5), "length channel"),
        Example(
            "keras.layers.AveragePooling2D(3, strides=2, padding='same')",
            "nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.AveragePooling2D((3, 2))", "nn.AdaptiveAvgPool2d((3, 4))", (9, 8, 5), "height width channel"
        ),
        Example("keras.layers.AveragePooling3D(2)", "nn.AvgPool3d(2)", (4, 7, 9, 5), "depth height width channel"),
    ),
)
