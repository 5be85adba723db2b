"""A depthwise kernel whose outputs stand multiplier first.

What it is: with a depth multiplier, output i·m + j belongs to input i and its j-th filter. A kernel (height, width,
input, multiplier) that is transposed by (3, 2, 0, 1) before it is reshaped gives j·n + i instead.
How it shows: no shape or count differs, and with a multiplier of 1 nothing does. Each filter reads another input
channel.
How to mend: transpose by (2, 3, 0, 1), then reshape to (input · multiplier, 1, height, width).
Example: `DepthwiseConv2D(3, depth_multiplier=2)` carried with `kernel.transpose(3, 2, 0, 1).reshape(-1, 1, 3, 3)`.
Source: the documented output order of `tf.nn.depthwise_conv2d`; gmalivenko/onnx2keras#150.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Guise, of_arrays
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.layouts import held
from parity.own_weights import alike


def _guises(evidence: Evidence, role: str) -> Iterator[Guise]:
    wanted, own = evidence.apart[role]
    groups = int(evidence.candidate.settings.get("groups", 1))
    outputs = wanted.shape[-1] if wanted.ndim else 0
    if evidence.candidate.kind != "conv" or groups < 2 or outputs % groups or outputs == groups:
        return
    if role == "kernel" and wanted.shape[-2] != 1:
        return
    multiplier = outputs // groups
    *rest, _ = wanted.shape
    for sizes in dict.fromkeys([(groups, multiplier), (multiplier, groups)]):
        turned = wanted.reshape(*rest, *sizes).swapaxes(-1, -2).reshape(wanted.shape)
        if alike(own, turned):
            yield Guise(
                "the reference's with its outputs ordered (multiplier input)",
                ("input multiplier", "multiplier input"),
                _mend(evidence, role, sizes),
            )
            return


def _mend(evidence: Evidence, role: str, sizes: tuple[int, int]) -> str:
    frameworks = [each.framework for each in evidence.network.outlines]
    if role != "kernel" or frameworks != ["keras", "torch"] or evidence.apart[role][0].ndim != 4:
        return ""
    into, source = held(evidence.candidate, role), held(evidence.reference, role)
    height, width, *_ = evidence.apart[role][0].shape
    return f"{into} = {source}.transpose(2, 3, 0, 1).reshape(-1, 1, {height}, {width})"


CAUSE = of_arrays(_guises, 1)
