"""What the user says of the pairing is taken at its word, and refused where it does not fit."""

import pytest

# isort: split
import keras
from torch import nn
from torch.nn import functional as F

from parity.case import Case, Input, SideSpec, swapped
from parity.errors import UsageError
from parity.line import Options, examine
from parity.nouns import Layer, Outline
from parity.pairing.pins import pinned
from parity.probes import battery
from parity.run import in_turn
from parity.sides.keras import KerasSide
from parity.sides.torch import TorchSide


def outline(*names):
    return Outline("torch", {}, (), tuple(Layer(name, "dense", (), (), ()) for name in names), {})


def test_a_pattern_pairs_whatever_its_stars_stand_for_on_both_sides():
    mine, yours = outline("stage1_conv", "stage2_conv", "head"), outline("stages.1.c", "stages.2.c", "fc")
    pairs = {"stage*_conv": "stages.*.c", "head": "fc"}
    assert pinned(pairs, mine, yours) == {"stage1_conv": "stages.1.c", "stage2_conv": "stages.2.c", "head": "fc"}


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ({"haed": "fc"}, "did you mean 'head'"),
        ({"head": "fx"}, "did you mean 'fc'"),
        ({"head": "fc", "conv": "fc"}, "pairs 'fc' with two layers"),
        ({"*": "fc*"}, "no layer 'fc"),
    ],
)
def test_a_pair_that_names_no_layer_or_one_twice_is_refused_with_the_nearest_name(pairs, words):
    with pytest.raises(UsageError) as refusal:
        pinned(pairs, outline("head", "conv"), outline("fc", "c"))
    assert words in str(refusal.value)


class Folding(nn.Module):
    """Flattens by way of a function that no rule follows."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4 * 5 * 6, 7)

    def forward(self, x):
        return self.fc(F.fold(self.conv(x).flatten(1).unsqueeze(2), (12, 10), (12, 10)).flatten(1))


def flattening():
    x = keras.Input((7, 8, 3))
    return keras.Model(x, keras.layers.Dense(7)(keras.layers.Flatten()(keras.layers.Conv2D(4, 3)(x))))


IMAGE = Input("x", (7, 8, 3), ("height", "width", "channel"), ("channel", "height", "width"))


def check(layouts, turned=False):
    spec = SideSpec("live", "live:object", folder=None)
    case = Case("cut", "a flatten that no rule follows", None, spec, spec, (IMAGE,), layouts=layouts)
    sides = KerasSide(flattening()), TorchSide(Folding())
    if turned:
        case, sides = swapped(case), sides[::-1]
    return examine(case, *sides, battery(case.inputs, 3, 0), Options(), in_turn, None)


def test_an_order_that_was_lost_on_the_way_is_inconclusive_and_the_reason_says_where():
    verdict = check({})
    assert verdict.verdict == "inconclusive"
    assert any("lost at fold" in reason and "test_pins.py" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("turned", [False, True], ids=["candidate", "reference"])
def test_the_user_s_word_on_a_lost_order_is_taken_on_either_side(turned):
    verdict = check({"fc.weight": "out (c h w)"}, turned)
    assert verdict.verdict == "parity", verdict.reasons
    assert verdict.ledger.closed


def test_a_wrong_word_on_a_lost_order_is_a_divergence():
    assert check({"fc.weight": "out (h c w)"}).verdict == "divergence"


@pytest.mark.parametrize(
    ("layouts", "words"),
    [
        ({"fc.weigth": "out (c h w)"}, "did you mean 'fc.weight'"),
        ({"fc.weight": "out (c h)"}, "expected (height width channel)"),
        ({"fc.weight": "out (c h z)"}, "no axis begins with 'z'"),
        ({"conv.weight": "out (c h w)"}, "followed already"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused_with_what_would(layouts, words):
    with pytest.raises(UsageError) as refusal:
        check(layouts)
    assert words in str(refusal.value)
