"""Many cases in one go: each outcome as it is alone, in order, whatever becomes of the others."""

import pytest

from parity.case import Case, Expectation, Input, SideSpec
from parity.errors import SideFailed, UsageError
from parity.line import Options
from parity.several import check_several

NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = torch.nn.Linear(5, 7)
    def forward(self, x):
        return {gives}
def build():
    return Net()
"""
HEALTHY = "self.lin(x).relu()"


@pytest.fixture
def case(tmp_path):
    def made(name, candidate, **options):
        sides = []
        for role, gives in (("reference", HEALTHY), ("candidate", candidate)):
            folder = tmp_path / name / role
            folder.mkdir(parents=True)
            (folder / "net.py").write_text(NET.format(gives=gives))
            sides.append(SideSpec("torch", "net:build", folder))
        return Case(name, name, tmp_path, *sides, (Input("x", (5,), ("channel",)),), **options)

    return made


def test_outcomes_come_in_order_and_a_failure_is_one_of_them(case):
    heard = []
    cases = [
        case("first", HEALTHY),
        case("second", "1 / 0"),
        case("third", "self.lin(x).tanh()"),
        case("fourth", "self.lin(x)", expect=Expectation("divergence")),
    ]
    outcomes = list(check_several(cases, Options(onnx=False), 2, lambda *words: heard.append(words)))
    assert [each.case.name for each in outcomes] == ["first", "second", "third", "fourth"]
    assert [each.verdict and each.verdict.verdict for each in outcomes] == [
        "parity",
        None,
        "divergence",
        "divergence",
    ]
    assert [each.code for each in outcomes] == [0, 4, 1, 0]
    assert isinstance(outcomes[1].failure, SideFailed)
    assert "ZeroDivisionError" in str(outcomes[1].failure)
    assert {name for name, stage in heard if not stage} == {"first", "second", "third", "fourth"}


def test_an_error_of_the_users_ends_all_of_them(case):
    with pytest.raises(UsageError, match="nothing"):
        list(check_several([case("a", HEALTHY), case("b", HEALTHY, pins={"nothing": "lin"})], Options(onnx=False), 1))
