"""What is handed down is changed where it is given, and only if nothing else reads it."""

import textwrap

import pytest

from parity.mending.mend import Mend, line, outward
from parity.nouns import Place

CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding")


def place(file, mark, within=None):
    lines = file.read_text().splitlines()
    number = next(at for at, each in enumerate(lines, start=1) if mark in each)
    return Place(str(file), number, lines[number - 1].strip(), within)


@pytest.fixture
def module(tmp_path):
    def write(code):
        file = tmp_path / "net.py"
        file.write_text("from torch import nn\n" + textwrap.dedent(code))
        return file

    return write


BLOCK = """
    class Block(nn.Module):
        def __init__(self, width, stride=1):
            super().__init__()
            self.conv = nn.Conv2d(width, width, 3, {argument}, padding=1)

    def build():
        return nn.Sequential(Block(4, {given}), Block(4))
"""


@pytest.mark.parametrize(
    ("argument", "given", "wanted"),
    [
        ("stride=stride", "stride=2", "Block(4, stride=2)  →  Block(4, stride=1)"),
        ("stride=stride", "2", "Block(4, 2)  →  Block(4, 1)"),
        ("stride", "2", "Block(4, 2)  →  Block(4, 1)"),
    ],
)
def test_an_argument_that_a_block_hands_down_is_changed_where_the_block_is_made(module, argument, given, wanted):
    file = module(BLOCK.format(argument=argument, given=given))
    made = place(file, "self.conv", within=place(file, "nn.Sequential"))
    mend = Mend(made, "Conv2d", {"stride": 1}, signature=CONV)
    assert (outward(mend).place, outward(mend).keywords) == (made.within, {"stride": 1})
    assert line(outward(mend)) is None  # two blocks are made on that line, and it is not told which of them is meant
    file = module(BLOCK.format(argument=argument, given=given).replace("), Block(4)", ")"))
    assert line(
        outward(
            Mend(place(file, "self.conv", within=place(file, "nn.Sequential")), "Conv2d", {"stride": 1}, signature=CONV)
        )
    ).endswith(wanted)


@pytest.mark.parametrize(
    "block",
    [
        BLOCK.format(argument="stride=2", given="stride=2"),  # a value of its own
        BLOCK.format(argument="stride=stride + 1", given="stride=2"),  # worked out of what is handed down
        BLOCK.format(argument="stride=stride", given="stride=2").replace("padding=1", "padding=stride"),  # read twice
        BLOCK.format(argument="stride=stride", given="stride=2").replace("super()", "stride = 2; super()"),  # set anew
    ],
)
def test_what_is_not_just_handed_down_stays(module, block):
    file = module(block)
    mend = Mend(place(file, "self.conv", within=place(file, "nn.Sequential")), "Conv2d", {"stride": 1}, signature=CONV)
    assert outward(mend) is mend


def test_without_an_outer_line_or_with_more_than_arguments_a_mend_stays(module):
    file = module(BLOCK.format(argument="stride=stride", given="stride=2"))
    inner = place(file, "self.conv")
    outer = place(file, "self.conv", within=place(file, "nn.Sequential"))
    for mend in (
        Mend(inner, "Conv2d", {"stride": 1}, signature=CONV),
        Mend(outer, "Conv2d", {"stride": 1}, wrap="relu", signature=CONV),
        Mend(outer, "Conv2d", wrap="relu", signature=CONV),
    ):
        assert outward(mend) is mend


def test_it_is_handed_down_through_several_functions(module):
    file = module(
        """
        def conv(width, step):
            return nn.Conv2d(width, width, 3, stride=step)

        class Block(nn.Module):
            def __init__(self, width, *, stride=1):
                super().__init__()
                self.conv = conv(width, stride)

        def build():
            return Block(4, stride=2)
        """
    )
    within = place(file, "self.conv", within=place(file, "return Block"))
    mend = outward(Mend(place(file, "nn.Conv2d", within=within), "Conv2d", {"stride": 1}, signature=CONV))
    assert line(mend).endswith("Block(4, stride=2)  →  Block(4, stride=1)")


def test_a_class_that_hands_it_on_to_its_base_and_a_static_method(module):
    file = module(
        """
        class Block(nn.Module):
            def __init__(self, stride):
                super().__init__()
                self.conv = nn.Conv2d(4, 4, 3, stride=stride)

            @staticmethod
            def pooled(kind, stride):
                return nn.MaxPool2d(2, stride=stride)

        class Wide(Block):
            def __init__(self):
                super().__init__(stride=2)

        def build():
            return Wide(), Block.pooled(1, 2)
        """
    )
    mend = Mend(place(file, "self.conv", within=place(file, "stride=2")), "Conv2d", {"stride": 1}, signature=CONV)
    assert outward(mend) is mend
    made = place(file, "nn.MaxPool2d", within=place(file, "return Wide"))
    told = line(outward(Mend(made, "MaxPool2d", {"stride": 1}, signature=("kernel_size", "stride"))))
    assert told.endswith("Block.pooled(1, 2)  →  Block.pooled(1, 1)")


@pytest.mark.parametrize(
    "code",
    [
        # the method of a tensor, or a function of a module: which argument is which, is not known
        """
        def pooled(x, axes, keep):
            return x.mean(axes, keep)  # inner

        def run(x):
            return pooled(x, (1, 2), False)  # outer
        """,
        # what the outer line gives cannot be changed there
        """
        SETTINGS = {"dim": 1}

        def pooled(x, dim):
            return torch.mean(x, dim=dim)  # inner

        def run(x):
            return pooled(x, **SETTINGS)  # outer
        """,
    ],
    ids=["unclear", "starred"],
)
def test_where_it_cannot_be_told_what_is_handed_down_it_stays(module, code):
    file = module("import torch\n" + textwrap.dedent(code))
    made = place(file, "# inner", within=place(file, "# outer"))
    mend = Mend(made, "mean", {"dim": (2, 3)}, signature=("input", "dim", "keepdim"))
    assert outward(mend) is mend
