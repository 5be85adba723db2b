"""What hands its input on unchanged: Identity, contiguous, clone, a concatenation of one, a pool of single elements."""

from parity.grammar.windows import nothing_pooled
from parity.rule import Call, Example, Rule, Spelling

_WIDTHS = ("bool", "int8", "int16", "int32", "int64", "float32", "float64")


def _widens(call: Call) -> bool:
    """Whether a cast keeps every number: to a type that comes behind its own."""
    source, target = call.words["SrcT"].name, call.words["DstT"].name
    return source in _WIDTHS and target in _WIDTHS and _WIDTHS.index(source) <= _WIDTHS.index(target)


def _joins_nothing(call: Call) -> bool:
    return len(call.words["tensors"]) == 1


_AUGMENTATIONS = (
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
)
"""Layers that change images in training and nothing at inference. RandomCrop is none: it crops or resizes then."""

RULE = Rule(
    kind="identity",
    keras=(
        Spelling(("Identity", "ActivityRegularization", "linear", *_AUGMENTATIONS)),
        Spelling(
            (
                "AdaptiveAveragePooling1D",
                "AdaptiveAveragePooling2D",
                "AdaptiveAveragePooling3D",
                "AdaptiveMaxPooling1D",
                "AdaptiveMaxPooling2D",
                "AdaptiveMaxPooling3D",
            ),
            when=nothing_pooled,
        ),
    ),
    torch=(
        Spelling(("cat", "concat", "concatenate"), "tensors dim=0", when=_joins_nothing),
        Spelling(("contiguous", "clone", "to", "float", "detach", "alias"), "input *others"),
        Spelling(
            ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"),
            "input output_size",
            when=nothing_pooled,
        ),
        Spelling(
            ("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"),
            "input output_size return_indices=False",
            when=nothing_pooled,
        ),
    ),
    tensorflow=(Spelling(("Identity", "StopGradient", "EnsureShape"), "input"), Spelling(("Cast",), "x", when=_widens)),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.RandomFlip(), keras.layers.ReLU()])",
            "lambda x: x.contiguous().relu()",
            (7, 9, 3),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.ActivityRegularization(0.1), keras.layers.ReLU()])",
            "nn.Sequential(nn.AdaptiveAvgPool2d((7, None)), nn.ReLU())",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Identity(), keras.layers.ReLU()])",
            "lambda x: x.contiguous().relu()",
            (11,),
            "channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Identity(), keras.layers.ReLU()])",
            "Apply(lambda x, i: i(x).contiguous().relu(), nn.Identity())",
            (11,),
            "channel",
        ),
    ),
)
