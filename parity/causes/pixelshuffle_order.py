"""Depth to space with the channels of a block first, or its places.

What it is: `depth_to_space` and `space_to_depth` of TensorFlow count the r·r places of a block first and then the
channels, `PixelShuffle` and `PixelUnshuffle` of PyTorch the channels first. With one channel on the side of the map
the two are the same.
How it shows: no shape or count differs; every pixel comes from another channel.
How to mend: put the channels in the other order before it (behind it, for the inverse), or once for all in the
weights of the layer that gives them.
Example: `keras.ops.depth_to_space(x, 2)` ported to `nn.PixelShuffle(2)`.
Source: the documentation of `tf.nn.depth_to_space` and of `nn.PixelShuffle`; tensorflow/tensorflow#53291.
"""

from collections.abc import Iterator

import numpy as np

from parity.axes import shape_of
from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.nouns import Amendment, Move

_KINDS = ("depth_to_space", "space_to_depth")


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    mine, yours = evidence.differing.get("first", ("", "")) if evidence.kind in _KINDS else ("", "")
    if not mine or not yours:
        return
    candidate = evidence.candidate
    names = [str(each) for each in candidate.axes]
    words = f"counts the {mine}s of a block first in the reference and its {yours}s here"
    amendments = (_amendment(evidence, names.index("channel")),) if names.count("channel") == 1 else ()
    yield Suspicion(words.replace("its channels", "the channels"), (mine, yours), amendments)


def _amendment(evidence: Evidence, axis: int) -> Amendment:
    """The channels of the candidate's flat side, put in the order that its code takes or that the reference gives."""
    candidate = evidence.candidate
    places, gives_flat = candidate.settings["block"] ** 2, evidence.kind == "space_to_depth"
    size = shape_of(candidate.axes)[axis]
    channels = size // places if gives_flat else size
    # The candidate's order counts `yours` first; its flat side is read into it, or out of it.
    place_first = np.arange(places * channels).reshape(places, channels).T.ravel()  # where channel-first is found
    channel_first = np.argsort(place_first)
    wanted = evidence.differing["first"][0 if gives_flat else 1]
    indices = tuple(int(each) for each in (place_first if wanted == "channel" else channel_first))
    move = Move("take", {"indices": indices, "axis": axis})
    return Amendment(candidate.name, after=(move,)) if gives_flat else Amendment(candidate.name, before=(move,))


CAUSE = Cause(_suspect, _KINDS, ("first",))
