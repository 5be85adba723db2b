"""A small share of the study in benchmarks/: no healthy pair is called anything but the same, no fault goes unseen."""

import pytest

from benchmarks.study import Bench, Damaged, called, faults, healthy
from parity.sides.torch import TorchSide


@pytest.fixture(scope="module")
def bench():
    return Bench()


@pytest.mark.parametrize(("network", "build"), healthy())
@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_pair_is_the_same(bench, network, build, seed):
    assert called(bench.check(network, TorchSide(build()), 1000 + seed)) == "same"


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: f"{fault.network}: {fault.name}")
@pytest.mark.parametrize("seed", range(2))
def test_no_fault_is_called_the_same(bench, fault, seed):
    assert called(bench.check(fault.network, Damaged(fault, seed), seed)) in ("divergence", "parity with a note")
