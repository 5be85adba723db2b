"""What the authors of the shipped networks published of them, held against what `parity show` tells."""

import sys
from dataclasses import replace

import pytest

import torch  # noqa: F401  # isort: skip - before Keras, which brings TensorFlow

from parity.build import build
from parity.case import Case, SideSpec
from parity.cases import find, shipped
from parity.errors import SideFailed
from parity.line import outlines
from parity.nouns import Outline
from parity.probes import for_candidate, probe_inputs
from parity.show import document

# For each side: (total, trainable), and the parameters of each layer that holds any, in the order of the calls.
COUNTS = {
    ("magnitude", "reference"): (
        (524_169, 523_669),
        [1_000, 80_064, 20_544, 6_176, 1_552, 5_100, 735, 110_600, 3_007, 114_600, 11_966, 99_825, 69_000],
    ),
    ("magnitude-as-published", "candidate"): (
        (495_322, 495_322),
        [2, 384, 20_544, 6_176, 1_552, 72_300, 49, 110_600, 97, 114_600, 193, 99_825, 69_000],
    ),
    ("phase", "reference"): ((446_949, 446_949), [10_008, 41, 600, 90_300, 105_350, 140_400, 100_250]),
    ("phase-as-published", "candidate"): ((511_689, 511_689), [48, 41, 75_300, 90_300, 105_350, 140_400, 100_250]),
    ("cifar-resnet", "reference"): ((197_418, 196_298), None),
    ("cifar-resnet-as-published", "candidate"): ((195_738, 195_738), None),
    ("lenet-1d", "reference"): ((1_365_187, 1_365_187), None),
    ("lenet-2d", "reference"): ((71_940_187, 71_940_187), [1_520, 40, 25_050, 100, 71_910_912, 2_565]),
    ("alexnet-1d", "reference"): ((3_406_917, 3_406_917), None),
    ("alexnet-1d-300", "reference"): ((3_406_917, 3_406_917), None),
    ("alexnet-2d", "reference"): ((12_964_933, 12_964_933), None),
    ("zfnet-1d", "reference"): ((3_526_341, 3_526_341), None),
    ("zfnet-2d", "reference"): ((11_338_565, 11_338_565), None),
    ("small-cnn", "reference"): ((462_410, 462_410), [896, 460_864, 650]),
    **{
        (f"lenet5-{style}", side): ((62_006, 62_006), [456, 2_416, 48_120, 10_164, 850])
        for style in ("sequential-modules", "functional-functional", "subclassed-numbered")
        for side in ("reference", "candidate")
    },
    ("lenet5-sequential-named", "reference"): ((62_006, 62_006), [456, 2_416, 48_120, 10_164, 850]),
    ("lenet5-28", "reference"): ((61_706, 61_706), [156, 2_416, 48_120, 10_164, 850]),
    ("lenet5-28", "candidate"): ((61_706, 61_706), [156, 2_416, 48_120, 10_164, 850]),
}

# For each side: the sizes that convolutions and pools leave of the last axis, or of the height, the largest first.
SIZES = {
    ("magnitude-as-published", "candidate"): [250, 125, 62, 31, 15],
    ("lenet-1d", "reference"): [220, 110, 106, 53],
    ("lenet-2d", "reference"): [220, 110, 106, 53],
    ("alexnet-1d", "reference"): [55, 27, 13, 6],
    ("alexnet-1d-300", "reference"): [74, 36, 17, 8, 6],
}


@pytest.fixture(scope="module")
def outline():
    """A side of a case, outlined in this process; each only once, whichever case asks for it."""
    known: dict[str, Outline] = {}

    def outlined(case: Case, role: str) -> Outline:
        spec: SideSpec = getattr(case, role)
        key = repr((spec, case.inputs))
        if key not in known:
            for name in [name for name in sys.modules if name.startswith("net_")]:
                sys.modules.pop(name)
            path = list(sys.path)
            probe = probe_inputs(case.inputs, 2, 0)
            try:
                known[key] = build(spec).outline(probe if role == "reference" else for_candidate(probe, case.inputs))
            finally:
                sys.path[:] = path
        return known[key]

    return outlined


@pytest.mark.parametrize(("name", "role"), COUNTS, ids=lambda word: word)
def test_the_parameters_are_those_that_were_published(outline, name, role):
    (case,) = find(name, shipped())
    (total, trainable), counts = COUNTS[name, role]
    one = outline(case, role)
    shown = document(case, one, one)
    assert (shown[role]["total"], shown[role]["trainable"]) == (total, trainable)
    assert shown[role]["non_trainable"] == total - trainable
    if counts is not None:
        assert [row[role]["parameters"] for row in shown["layers"] if row[role]["parameters"]] == counts


@pytest.mark.parametrize(("name", "role"), SIZES, ids=lambda word: word)
def test_the_sizes_behind_each_layer_are_those_that_were_published(outline, name, role):
    (case,) = find(name, shipped())
    one = outline(case, role)
    layers = [row[role] for row in document(case, one, one)["layers"]]
    sizes = {each["shape"][2] for each in layers if "conv" in each["kind"] or "pool" in each["kind"]}
    assert sorted(sizes, reverse=True) == SIZES[name, role]


# -- inputs that do not fit ----------------------------------------------------------------------

WRONG = {
    "channels": (
        (3, 224),
        "expected input[2, 3, 224] to have 1 channels, but got 3",
        "in 0 (Conv1d), built in net_torch",
    ),
    "length": ((1, 200), "(2x2350 and 2650x512)", "in 7 (Linear), built in net_torch"),
}
KERAS = {
    "channels": ("'conv1d", "axis -1 of input shape to have value 1", "shape (2, 224, 3)"),
    "length": ("'dense", "axis -1 of input shape to have value 2650", "shape (2, 2350)"),
}


def unfit(name: str, shape: tuple[int, ...]) -> Case:
    """A case whose input has another shape than its networks take."""
    (case,) = find(name, shipped())
    return replace(case, inputs=(replace(case.inputs[0], shape=shape),))


@pytest.mark.parametrize("what", WRONG)
def test_an_input_that_does_not_fit_is_told_with_the_layer_what_it_got_and_what_it_wants(outline, what):
    shape, *words = WRONG[what]
    case = unfit("lenet-1d", shape)
    with pytest.raises(RuntimeError) as refusal:
        outline(case, "reference")
    told = "\n".join([str(refusal.value), *refusal.value.__notes__])
    assert all(word in told for word in words), told
    with pytest.raises(ValueError, match="Input 0") as refusal:
        outline(case, "candidate")
    assert all(word in str(refusal.value) for word in KERAS[what]), refusal.value


@pytest.mark.parametrize("role", ["reference", "candidate"])
def test_the_side_that_cannot_take_an_input_is_named_with_what_it_was_given(role, options):
    case = unfit("lenet-1d", (3, 224))
    anything = SideSpec("torch", "torch.nn:Identity", case.folder)
    sides = {"reference": anything, "candidate": anything} | {role: case.reference}
    twin = replace(case, **sides, inputs=(replace(case.inputs[0], candidate_axes=None),))
    with pytest.raises(SideFailed) as failure:
        outlines(twin, replace(options, batch=2))
    assert failure.value.side == role
    words = (
        "to have 1 channels, but got 3",
        "in 0 (Conv1d)",
        f"The {role} was given series 2×3×224 (batch channel length)",
    )
    assert all(word in str(failure.value) for word in words), failure.value
