"""Max pooling: MaxPooling1D/2D/3D against max_pool1d/2d/3d, and adaptive pools whose bins are of one size.

Padding never wins: it counts as minus infinity. A pool whose one window covers the whole map is a `max`.
"""

from parity.axes import Axes, resized
from parity.grammar.windows import (
    MAX_WORDS,
    adaptive,
    keras_pool,
    max_over,
    plainly_adaptive,
    tensorflow_pool,
    torch_pool,
)
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _pools(call: Call) -> bool:
    return not max_over(call)


def _adaptive_settings(call: Call) -> Settings:
    return adaptive(call) or {}


RULE = Rule(
    kind="max_pool",
    keras=(
        Spelling(names=("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"), when=_pools, settings=keras_pool, axes=_axes),
        Spelling(
            names=("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"),
            when=plainly_adaptive,
            settings=_adaptive_settings,
            axes=_axes,
        ),
    ),
    tensorflow=(Spelling(names=("MaxPool", "MaxPool3D"), words="input", settings=tensorflow_pool, axes=_axes),),
    torch=(
        Spelling(
            names=tuple(f"max_pool{rank}d{end}" for rank in (1, 2, 3) for end in ("", "_with_indices")),
            words=MAX_WORDS,
            when=_pools,
            settings=torch_pool,
            axes=_axes,
        ),
        Spelling(
            names=tuple(f"adaptive_max_pool{rank}d{end}" for rank in (1, 2, 3) for end in ("", "_with_indices")),
            words="input output_size return_indices=False",
            when=plainly_adaptive,
            settings=_adaptive_settings,
            axes=_axes,
        ),
    ),
    examples=(
        Example("keras.layers.MaxPooling1D(2)", "nn.MaxPool1d(2)", (7, 5), "length channel"),
        Example(
            "keras.layers.MaxPooling1D(2, padding='same')", "nn.MaxPool1d(2, ceil_mode=True)", (7, 5), "length channel"
        ),
        Example(
            "keras.layers.MaxPooling2D((3, 2), strides=(2, 3))",
            "nn.MaxPool2d((3, 2), stride=(2, 3))",
            (7, 9, 5),
            "height width channel",
        ),
        Example("keras.layers.MaxPooling3D(2)", "nn.MaxPool3d(2)", (4, 7, 9, 5), "depth height width channel"),
        Example("keras.layers.AdaptiveMaxPooling1D(3)", "nn.MaxPool1d(3)", (9, 5), "length channel"),
    ),
)
