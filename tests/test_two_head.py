"""The networks of two heads that ship as cases: the published numbers, and the answers to their author."""

import pytest

from parity.cases import find, shipped
from parity.line import check

STACKS = [17_408, 33_024, 131_584]


@pytest.mark.parametrize("name", ["two-head", "two-head-torch"])
def test_a_faithful_port_is_the_same_function(name, options):
    verdict = check(*find(name, shipped()), options)
    assert verdict.verdict == "parity", str(verdict)
    assert verdict.reference.count() == verdict.candidate.count() == 664_137
    held = [each.match.reference.counted for each in verdict.layers if each.match.reference.parameters]
    assert held == [*STACKS, 23_085, *STACKS, 277_020]
    assert verdict.ledger.closed and not any("float32" in note for note in verdict.notes)
    dense = [layer for layer in verdict.reference.layers if layer.kind == "dense"]
    assert {layer.called.code for layer in dense} == {"x = leaky(tf.matmul(x, kernel) + bias)"}
    assert {layer.built.code for layer in dense} == {'self.kernels.append(tf.Variable(start, name="kernel"))'}
    assert [each.name for each in dense[5].parameters] == ["second.kernels.1", "second.biases.1"]


def test_as_published_it_answers_its_author(options):
    verdict = check(*find("two-head-as-published", shipped()), options)
    assert verdict.as_expected and verdict.verdict == "divergence", str(verdict)
    assert (verdict.reference.count(), verdict.candidate.count()) == (664_137, 769_437)
    found = {each.cause: each for each in verdict.findings}
    assert set(found) == {"extra-layer", "batch-crossed", "declared-shape"}
    sizes = [row for row in verdict.layers if row.match.reference and row.match.reference.parameters]
    assert len(sizes) == 8 and all(row.status == "same" for row in sizes), "the sizes are right"
    assert "one dense layer more, of 105,300 parameters" in found["extra-layer"].sentence
    assert "each sample of the batch with every other" in found["batch-crossed"].sentence
    assert "declares the shape batch×4×9×9 and gives 8×4×9×8×4×9" in found["declared-shape"].sentence
    lines = {code: finding.place.code for code, finding in found.items()}
    assert 'name="after"' in lines["extra-layer"] and 'name="product"' in lines["declared-shape"]
    assert lines["batch-crossed"] == "return ops.dot(rows, columns)"
    first = next(each for each in verdict.outputs if each.name == "output.0")
    assert first.agrees, "the other head is compared as ever"
