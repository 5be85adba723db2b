"""What a transposed convolution cuts away of its whole output, and where.

What it is: unpadded it gives (n − 1)·s + k elements. TensorFlow's 'same' cuts that to n·s, the odd one at the end;
PyTorch's `padding=p` cuts p on either side, and `output_padding` gives some of the end back. They agree where
k − s is even (k = 4, s = 2, p = 1) and are one pixel apart where it is odd.
How it shows: shapes agree, and the map is moved by one pixel.
How to mend: in PyTorch run it with `padding=0` and take the right part, `y[..., :2 * n, :2 * m]`; in Keras
`padding="valid"` and a `Cropping2D`.
Example: `Conv2DTranspose(8, 3, strides=2, padding="same")` ported to
`nn.ConvTranspose2d(3, 8, 3, stride=2, padding=1, output_padding=1)`.
Source: TensorFlow's documentation of `tf.nn.conv2d_transpose`; keras-team/keras#22876.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.sliding import alike, along, amendable, say_amounts, space
from parity.mending.mend import Mend
from parity.moves.pooling import Amounts
from parity.nouns import Amendment, Layer, Move


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if evidence.kind != "conv_transpose" or not alike(evidence) or not amendable(evidence):
        return
    mine, yours = _cut(evidence, 0), _cut(evidence, 1)
    if mine is None or yours is None or mine == yours:
        return
    slicing = _slicing(evidence, 1)
    sentence = f"cuts {say_amounts(mine)} of its whole output in the reference and {say_amounts(yours)} here"
    if slicing is None:
        yield Suspicion(sentence, (mine, yours), (_amendment(evidence, mine),), _mend(evidence, mine))
    else:
        places = slicing.place, evidence.reference.place
        yield Suspicion(sentence, (mine, yours), _sliced(evidence, slicing, mine), places=places)


def _slicing(evidence: Evidence, side: int) -> Layer | None:
    """The slice right behind the layer in which its values are shown, where they are not its own."""
    layer, shown = _layer(evidence, side), evidence.row.match.shown[side]
    return None if shown == layer.name else evidence.network.layers[side].get(shown)


def _layer(evidence: Evidence, side: int) -> Layer:
    return evidence.candidate if side else evidence.reference


def _cut(evidence: Evidence, side: int) -> Amounts | None:
    """What the layer and the slice behind it cut away together; None where that is more than its border."""
    layer, slicing = _layer(evidence, side), _slicing(evidence, side)
    own: Amounts = layer.settings["crop"]
    if slicing is None:
        return own
    if slicing.kind != "slice" or slicing.inputs != (layer.name,):
        return None
    framework = evidence.network.outlines[side].framework
    axes = {str(layer.axes[at]): number for number, at in enumerate(space(layer, framework, len(own)))}
    cut = list(own)
    for name, first, stop, step in slicing.settings["picks"]:
        if step != 1 or name not in axes:
            return None
        (start, end), size = own[axes[name]], next(each.size for each in layer.axes if str(each) == name)
        cut[axes[name]] = (start + first, end + size - stop)
    return tuple(cut)


def _sliced(evidence: Evidence, slicing: Layer, crop: Amounts) -> tuple[Amendment, ...]:
    """The slice with what the layer itself does not cut, where it cuts no more."""
    own = evidence.candidate.settings["crop"]
    rest = tuple((a - start, b - end) for (start, end), (a, b) in zip(crop, own, strict=True))
    if any(each > 0 for pair in rest for each in pair):
        return ()
    amounts = along(evidence.candidate, evidence.network.candidate_framework, rest)
    return (Amendment(slicing.name, instead=(Move("pad", {"amounts": amounts}),)),)


def _amendment(evidence: Evidence, crop: Amounts) -> Amendment:
    """Run with nothing cut away, and with as much more as is wanted at the end; then cut."""
    more = tuple(max(-end, 0) for _, end in crop)
    cut = tuple((-start, -max(end, 0)) for start, end in crop)
    framework = evidence.network.candidate_framework
    none = 0 if framework == "torch" else "valid"
    return Amendment(
        evidence.candidate.name,
        words={"padding": none, "output_padding": more},
        after=(Move("pad", {"amounts": along(evidence.candidate, framework, cut)}),),
    )


def _mend(evidence: Evidence, crop: Amounts) -> Mend | None:
    """PyTorch can cut as much at the end as at the start, or less by what it pads there again."""
    more = tuple(start - end for start, end in crop)
    strides = evidence.candidate.settings["stride"]
    if evidence.network.candidate_framework != "torch":
        return None
    if not all(0 <= each < stride for each, stride in zip(more, strides, strict=True)):
        return None
    return evidence.mend(keywords={"padding": tuple(start for start, _ in crop), "output_padding": more})


CAUSE = Cause(_suspect, ("conv_transpose",), ("crop",))
