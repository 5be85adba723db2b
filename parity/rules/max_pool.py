"""Max pooling: MaxPooling1D/2D/3D against max_pool1d/2d/3d. Padding never wins: it counts as minus infinity."""

from parity.axes import Axes, resized
from parity.rule import Call, Example, Rule, Spelling
from parity.windows import keras_pool, torch_pool


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


RULE = Rule(
    kind="max_pool",
    keras=(Spelling(("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"), settings=keras_pool, axes=_axes),),
    torch=(
        Spelling(
            names=("max_pool1d", "max_pool2d", "max_pool3d"),
            words="input kernel_size stride=None padding=0 dilation=1 ceil_mode=False return_indices=False",
            settings=torch_pool,
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
    ),
)
