"""Adaptive max pooling into bins of unequal size: AdaptiveMaxPooling1D/2D/3D against adaptive_max_pool1d/2d/3d.

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
    kind="adaptive_max_pool",
    keras=(
        Spelling(
            names=("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"),
            when=_unequal,
            settings=_settings,
            axes=_axes,
        ),
    ),
    torch=(
        Spelling(
            names=tuple(f"adaptive_max_pool{rank}d{end}" for rank in (1, 2, 3) for end in ("", "_with_indices")),
            words="input output_size return_indices=False",
            when=_unequal,
            settings=_settings,
            axes=_axes,
        ),
    ),
    examples=(
        Example("keras.layers.AdaptiveMaxPooling1D(3)", "nn.AdaptiveMaxPool1d(3)", (7, 5), "length channel"),
        Example(
            "keras.layers.AdaptiveMaxPooling2D((4, 3))",
            "nn.AdaptiveMaxPool2d((4, None))",
            (7, 3, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.AdaptiveMaxPooling3D((2, 3, 4))",
            "nn.AdaptiveMaxPool3d((2, 3, 4))",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
