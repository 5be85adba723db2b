"""Average pooling: AveragePooling1D/2D/3D against avg_pool1d/2d/3d.

Keras leaves the padding out of the mean; PyTorch counts it as zeros unless it is told otherwise.
"""

from parity.axes import Axes, resized
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling
from parity.windows import keras_pool, per_axis, rank_of, torch_pool


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _keras_settings(call: Call) -> Settings:
    return {**keras_pool(call), "counts_padding": False}


def _torch_settings(call: Call) -> Settings:
    # Only what `padding` adds is counted; what `ceil_mode` reaches beyond the end never is.
    padded = any(per_axis(call.words["padding"], rank_of(call)))
    return {**torch_pool(call), "counts_padding": padded and call.words["count_include_pad"]}


RULE = Rule(
    kind="average_pool",
    keras=(
        Spelling(
            names=("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
            settings=_keras_settings,
            axes=_axes,
        ),
    ),
    torch=(
        Spelling(
            names=("avg_pool1d", "avg_pool2d", "avg_pool3d"),
            words=(
                "input kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True divisor_override=None"
            ),
            settings=_torch_settings,
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
    ),
)
