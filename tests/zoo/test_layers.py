"""The page of layers names every class of both frameworks, once each, and measures what it says."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.zoo.absent import ABSENT
from parity.zoo.layers import COMPARED, PORTED, classes, page, rows

PAGE = Path(__file__).parents[2] / "docs" / "layers.md"


@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_every_exported_class_is_ported_compared_or_absent_for_a_reason(framework):
    told = classes(framework)
    assert [name for name, what in told.items() if not what] == []
    assert {name for name, what in told.items() if what not in (PORTED, COMPARED)} <= set(ABSENT[framework])


@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_no_class_is_called_absent_that_an_example_carries(framework):
    told = classes(framework)
    assert [name for name in ABSENT[framework] if name in told and told[name] in (PORTED, COMPARED)] == []


def test_the_page_that_ships_tells_every_class_and_every_example_as_they_stand():
    text = PAGE.read_text(encoding="utf-8")
    for framework in ("keras", "torch"):
        for name, what in classes(framework).items():
            assert f"| `{name}` | {what} |" in text
    assert "0 of them above 1e-12" in text


def test_rows_are_measured_in_both_directions_and_a_diverging_one_is_told():
    found = list(rows(["prelu"]))
    assert all(row.holds and None not in row.deviations for row in found)
    broken = replace(found[0], verdicts=("parity", "divergence"))
    assert not broken.holds
    assert "DIVERGENCE" in page([broken])
    assert not replace(found[0], deviations=(0.0, 2e-12)).holds
