"""A map at another size: UpSampling1D/2D/3D and Resizing against interpolate, and elements repeated one by one.

`coordinates` tells where an output element looks: at centres half an element in ("half_pixel"), between the
centres of the first and last ("corners"), or from the start on ("start"). It is left out where all are the
same. Cubic kernels have a coefficient: TensorFlow takes -0.5 and leaves out what is beyond the border, from
a table of 1024 steps if it does not antialias; PyTorch does the first two if it antialiases, and otherwise
takes -0.75 and repeats the border. All measured.
"""

from collections.abc import Sequence

from parity.axes import Axes, resized
from parity.grammar.windows import spatial
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

_TABLE = 1024
_MODES = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic", "nearest-exact": "nearest"}
_KNOWN = ("nearest", "linear", "cubic", "lanczos3", "lanczos5")


def _axes(call: Call) -> Axes:
    return resized(call.inputs[0], call.shape)


def _settings(
    call: Call, places: Sequence[int], mode: str, coordinates: str, antialias: bool, table: bool = False
) -> Settings:
    mode = _MODES.get(mode, mode)
    if mode not in _KNOWN:
        raise ValueError(f"mode {mode!r}")
    sizes = [(call.inputs[0][at].size, call.shape[at], str(call.inputs[0][at])) for at in places]
    changed = [(before, after, name) for before, after, name in sizes if before != after]
    found: dict[str, object] = {"mode": mode, "sizes": tuple(sorted((name, after) for _, after, name in changed))}
    whole = all(after % before == 0 for before, after, _ in changed)
    if not (mode == "nearest" and whole) and changed:
        found["coordinates"] = coordinates
    if mode != "nearest" and antialias and any(after < before for before, after, _ in changed):
        found["antialias"] = True
    if mode == "cubic" and changed:
        # An element of the output lies at a multiple of before / 2 after: in the table where that is a whole step.
        exact = all(before * _TABLE % (2 * after) == 0 for before, after, _ in changed)
        found |= {"coefficient": -0.5 if antialias or table else -0.75}
        found |= {"steps": _TABLE} if table and not antialias and not exact else {}
    return found


def _keras_places(call: Call) -> Sequence[int]:
    if "size" in call.words:
        return (1,) if isinstance(call.words["size"], int) else spatial(call)
    rank = len(call.inputs[0])
    return (rank - 3, rank - 2) if call.words["data_format"] == "channels_last" else (rank - 2, rank - 1)


def _keras_settings(call: Call) -> Settings:
    words = call.words
    if words.get("crop_to_aspect_ratio") or words.get("pad_to_aspect_ratio"):
        raise ValueError("the aspect ratio is kept")
    mode = words.get("interpolation", "nearest")
    return _settings(call, _keras_places(call), mode, "half_pixel", bool(words.get("antialias")), table=True)


def _torch_settings(call: Call) -> Settings:
    words = call.words
    rank = len(call.shape) - 2
    places = range(2, rank + 2)
    coordinates = "corners" if words["align_corners"] else "half_pixel"
    if words["mode"] == "nearest":
        coordinates = "start"
    found = dict(_settings(call, places, words["mode"], coordinates, bool(words["antialias"])))
    given = words["scale_factor"]
    if given is not None and not words["recompute_scale_factor"] and coordinates != "corners":
        # Where the size is rounded down, the elements still lie as far apart as the factor says.
        factors = (given,) * rank if isinstance(given, int | float) else tuple(given)
        apart = [
            (str(call.inputs[0][at]), float(factor))
            for at, factor in zip(places, factors, strict=True)
            if call.inputs[0][at].size * factor != call.shape[at]
        ]
        found |= {"factors": tuple(sorted(apart))} if apart else {}
    return found


def _interleaved(call: Call) -> bool:
    dim = call.words["dim"]
    return isinstance(call.words["repeats"], int) and dim is not None and call.inputs[0][dim].size > 1


def _interleaved_settings(call: Call) -> Settings:
    return _settings(call, (call.words["dim"],), "nearest", "start", antialias=False)


def _tensorflow_settings(call: Call) -> Settings:
    words = call.words
    mode = {"ResizeNearestNeighbor": "nearest", "ResizeBilinear": "linear", "ResizeBicubic": "cubic"}[call.name]
    coordinates = "corners" if words["align_corners"] else "half_pixel" if words["half_pixel_centers"] else "start"
    return _settings(call, (1, 2), mode, coordinates, antialias=False, table=True)


RULE = Rule(
    kind="resize",
    keras=(
        Spelling(("UpSampling1D", "UpSampling2D", "UpSampling3D", "Resizing"), settings=_keras_settings, axes=_axes),
    ),
    torch=(
        Spelling(
            names=("interpolate",),
            words=(
                "input size=None scale_factor=None mode='nearest' align_corners=None recompute_scale_factor=None "
                "antialias=False"
            ),
            settings=_torch_settings,
            axes=_axes,
        ),
        Spelling(
            names=("repeat_interleave",),
            words="input repeats dim=None",
            when=_interleaved,
            settings=_interleaved_settings,
            axes=_axes,
        ),
    ),
    tensorflow=(
        Spelling(
            names=("ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic"),
            words="images size",
            settings=_tensorflow_settings,
            axes=_axes,
        ),
    ),
    examples=(
        Example("keras.layers.UpSampling1D(3)", "lambda x: x.repeat_interleave(3, 2)", (7, 5), "length channel"),
        Example(
            "keras.layers.UpSampling2D((2, 3))",
            "nn.Upsample(scale_factor=(2, 3))",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.UpSampling3D(2)", "nn.Upsample(scale_factor=2)", (3, 4, 5, 2), "depth height width channel"
        ),
        Example(
            "keras.layers.Resizing(10, 5, interpolation='nearest')",
            "nn.Upsample(size=(10, 5), mode='nearest-exact')",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.UpSampling2D(2)", "nn.UpsamplingNearest2d(scale_factor=2)", (7, 9, 5), "height width channel"
        ),
    ),
)
