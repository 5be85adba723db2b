"""A product and the bias that is added to it, as one layer, and what is none."""

from dataclasses import replace

import pytest

from parity.axes import named
from parity.grammar.biases import joined
from parity.nouns import Layer, Parameter

AXES = named("batch channel", (2, 7))
KERNEL = Parameter("kernel", "w", (5, 7), "input output")
BIAS = Parameter("offset", "b", (7,), "channel")
PRODUCT = Layer("product", "dense", ("x",), (2, 7), AXES, parameters=(KERNEL,))
PLUS = Layer("plus", "offset", ("product",), (2, 7), AXES, parameters=(BIAS,))


def test_they_are_one_layer_under_the_name_of_the_addition():
    again = replace(PRODUCT, name="again", parameters=(), borrowed=(KERNEL,), shares="product")
    (found, other) = joined([PRODUCT, PLUS, again], ["plus", "again"])
    assert (found.name, found.kind, found.inputs, found.made_of) == ("plus", "dense", ("x",), ("product",))
    assert [(each.role, each.name) for each in found.parameters] == [("kernel", "w"), ("bias", "b")]
    assert other.shares == "plus", "a later call names the layer that its first call became"


def test_a_reshape_between_the_two_goes_with_them():
    shaped = Layer("shaped", "reshape", ("product",), (2, 1, 7), named("batch length channel", (2, 1, 7)), carries=True)
    plus = replace(PLUS, inputs=("shaped",), shape=(2, 1, 7), axes=shaped.axes)
    (found,) = joined([PRODUCT, shaped, plus], ["plus"])
    assert found.made_of == ("product", "shaped") and found.shape == (2, 1, 7)


@pytest.mark.parametrize(
    ("layers", "outputs"),
    [
        ([PRODUCT, PLUS], ["plus", "product"]),
        ([PRODUCT, PLUS, Layer("too", "tanh", ("product",), (2, 7), AXES)], ["plus", "too"]),
        ([replace(PRODUCT, kind="matmul"), PLUS], ["plus"]),
        ([PRODUCT, replace(PLUS, parameters=(replace(BIAS, shape=(2, 7), axes="batch channel"),))], ["plus"]),
        ([replace(PRODUCT, parameters=(KERNEL, replace(BIAS, role="bias"))), PLUS], ["plus"]),
    ],
    ids=["an output", "read by others", "no layer", "one for each sample", "a second bias"],
)
def test_what_is_no_bias_stays_a_layer_of_its_own(layers, outputs):
    assert joined(layers, outputs) == layers
