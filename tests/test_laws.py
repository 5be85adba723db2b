"""Over options and odd, unequal sizes: a ported layer computes in float64 what the layer it came from computes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.rule import Example
from parity.zoo.examples import case_of, examined

DIMENSIONS = {1: "length", 2: "height width", 3: "depth height width"}
few = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
small = st.integers(1, 3)
flags = st.booleans()


@st.composite
def convolutions(draw):
    rank, groups = draw(st.integers(1, 3)), draw(small)
    wide, out = groups * draw(small), groups * draw(st.integers(1, 4))
    kernel = draw(st.tuples(*[small] * rank))
    strided = draw(flags)
    step = draw(st.tuples(*[small] * rank))
    stride, dilation = (step, (1,) * rank) if strided else ((1,) * rank, step)
    shape = tuple(draw(st.integers(7, 9)) for _ in range(rank))
    bias = draw(flags)
    keras = (
        f"keras.layers.Conv{rank}D({out}, {kernel}, strides={stride}, dilation_rate={dilation}, groups={groups},"
        f" use_bias={bias})"
    )
    torch = (
        f"nn.Conv{rank}d({wide}, {out}, {kernel}, stride={stride}, dilation={dilation}, groups={groups}, bias={bias})"
    )
    return Example(keras, torch, (*shape, wide), f"{DIMENSIONS[rank]} channel")


@st.composite
def depthwise_convolutions(draw):
    rank, wide, multiplier, kernel = draw(st.integers(1, 2)), draw(st.integers(2, 5)), draw(small), draw(small)
    stride, shape = draw(small), tuple(draw(st.integers(5, 9)) for _ in range(rank))
    keras = f"keras.layers.DepthwiseConv{rank}D({kernel}, strides={stride}, depth_multiplier={multiplier})"
    torch = f"nn.Conv{rank}d({wide}, {wide * multiplier}, {kernel}, stride={stride}, groups={wide})"
    return Example(keras, torch, (*shape, wide), f"{DIMENSIONS[rank]} channel")


@st.composite
def separable_convolutions(draw):
    wide, out, multiplier, kernel = draw(st.integers(2, 5)), draw(st.integers(1, 6)), draw(small), draw(small)
    keras = f"keras.layers.SeparableConv2D({out}, {kernel}, depth_multiplier={multiplier})"
    torch = (
        f"nn.Sequential(nn.Conv2d({wide}, {wide * multiplier}, {kernel}, groups={wide}, bias=False),"
        f" nn.Conv2d({wide * multiplier}, {out}, 1))"
    )
    return Example(keras, torch, (draw(st.integers(5, 8)), draw(st.integers(5, 8)), wide), "height width channel")


@st.composite
def transposed_convolutions(draw):
    rank, wide, out = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    kernel, stride = draw(st.integers(2, 4)), draw(st.integers(1, 2))
    shape = tuple(draw(st.integers(3, 5)) for _ in range(rank))
    keras = f"keras.layers.Conv{rank}DTranspose({out}, {kernel}, strides={stride})"
    torch = f"nn.ConvTranspose{rank}d({wide}, {out}, {kernel}, stride={stride})"
    return Example(keras, torch, (*shape, wide), f"{DIMENSIONS[rank]} channel")


@st.composite
def dense_layers(draw):
    names = draw(st.sampled_from(["channel", "length channel", "height width channel"]))
    shape = tuple(draw(st.integers(2, 7)) for _ in names.split())
    out, bias = draw(st.integers(1, 6)), draw(flags)
    return Example(
        f"keras.layers.Dense({out}, use_bias={bias})",
        f"nn.Linear({shape[-1]}, {out}, bias={bias})",
        shape,
        names,
        names,
    )


@st.composite
def dense_layers_behind_a_flatten(draw):
    rank, out = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    shape = tuple(draw(st.integers(2, 5)) for _ in range(rank + 1))
    turned = draw(flags)
    size = 1
    for each in shape:
        size *= each
    flat = "x.movedim(1, -1).flatten(1)" if turned else "x.flatten(1)"
    return Example(
        f"keras.Sequential([keras.layers.Flatten(), keras.layers.Dense({out})])",
        f"Apply(lambda x, f: f({flat}), nn.Linear({size}, {out}))",
        shape,
        f"{DIMENSIONS[rank]} channel",
    )


@st.composite
def einsum_layers(draw):
    heads, unit, wide, out = (draw(st.integers(1, 4)) for _ in range(4))
    keras = (
        f"keras.Sequential([keras.layers.EinsumDense('abc,cde->abde', output_shape=(None, {heads}, {unit}),"
        f" bias_axes='de'), keras.layers.EinsumDense('abde,dec->abc', output_shape=(None, {out}), bias_axes='c')])"
    )
    torch = f"nn.Sequential(nn.Linear({wide}, {heads * unit}), nn.Linear({heads * unit}, {out}))"
    return Example(keras, torch, (draw(st.integers(2, 6)), wide), "length channel", "length channel")


@st.composite
def embeddings(draw):
    count, wide = draw(st.integers(2, 11)), draw(st.integers(1, 6))
    return Example(
        f"keras.layers.Embedding({count}, {wide})",
        f"nn.Embedding({count}, {wide})",
        (draw(st.integers(2, 7)),),
        "length",
        "length",
        indices=count,
    )


@st.composite
def recurrent_layers(draw):
    name = draw(st.sampled_from(["LSTM", "GRU", "RNN"]))
    levels, both_ways, whole, bias = draw(st.integers(1, 2)), draw(flags), draw(flags), draw(flags)
    wide, units = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    layers = []
    for level in range(levels):
        sequences = whole or level < levels - 1
        layer = (
            f"keras.layers.{'SimpleRNN' if name == 'RNN' else name}({units}, return_sequences={sequences},"
            f" use_bias={bias})"
        )
        layers.append(f"keras.layers.Bidirectional({layer})" if both_ways else layer)
    state = "r(x)[1][0]" if name == "LSTM" else "r(x)[1]"
    last = f"torch.cat(({state}[-2], {state}[-1]), 1)" if both_ways else f"{state}[-1]"
    torch = (
        f"Apply(lambda x, r: {'r(x)[0]' if whole else last}, nn.{name}({wide}, {units}, num_layers={levels},"
        f" bidirectional={both_ways}, bias={bias}, batch_first=True))"
    )
    shape = (draw(st.integers(2, 6)), wide)
    return Example(f"keras.Sequential([{', '.join(layers)}])", torch, shape, "length channel", "length channel")


@st.composite
def attentions(draw):
    heads, unit, bias = draw(small), draw(st.integers(1, 4)), draw(flags)
    wide = heads * unit
    return Example(
        f"lambda x: keras.layers.MultiHeadAttention({heads}, {unit}, use_bias={bias})(x, x)",
        f"Apply(lambda x, a: a(x, x, x)[0], nn.MultiheadAttention({wide}, {heads}, bias={bias}, batch_first=True))",
        (draw(st.integers(2, 6)), wide),
        "length channel",
        "length channel",
    )


@st.composite
def normalisations(draw):
    rank, groups, each = draw(st.integers(1, 2)), draw(small), draw(st.integers(2, 3))
    wide, epsilon = groups * each, draw(st.sampled_from([1e-3, 1e-5, 1.001e-5]))
    # Two elements a group or fewer leave nothing but signs behind.
    shape = tuple(draw(st.integers(3, 6)) for _ in range(rank))
    keras, torch = draw(
        st.sampled_from(
            [
                ("BatchNormalization(epsilon={e}, momentum=0.9)", "BatchNorm{r}d({c}, eps={e})"),
                (
                    "BatchNormalization(epsilon={e}, momentum=0.9, scale=False, center=False)",
                    "BatchNorm{r}d({c}, eps={e}, affine=False)",
                ),
                ("GroupNormalization({g}, epsilon={e})", "GroupNorm({g}, {c}, eps={e})"),
                ("GroupNormalization(-1, epsilon={e})", "InstanceNorm{r}d({c}, eps={e}, affine=True)"),
            ]
        )
    )
    values = {"r": rank, "c": wide, "g": groups, "e": epsilon}
    return Example(
        "keras.layers." + keras.format(**values),
        "nn." + torch.format(**values),
        (*shape, wide),
        f"{DIMENSIONS[rank]} channel",
    )


@st.composite
def last_axis_normalisations(draw):
    wide, epsilon = draw(st.integers(3, 8)), draw(st.sampled_from([1e-3, 1e-6]))
    keras, torch = draw(
        st.sampled_from(
            [
                ("LayerNormalization(epsilon={e})", "LayerNorm({c}, eps={e})"),
                ("LayerNormalization(epsilon={e}, center=False)", "LayerNorm({c}, eps={e}, bias=False)"),
                ("RMSNormalization(epsilon={e})", "RMSNorm({c}, eps={e})"),
            ]
        )
    )
    values = {"c": wide, "e": epsilon}
    shape = (draw(st.integers(2, 6)), wide)
    return Example(
        "keras.layers." + keras.format(**values),
        "nn." + torch.format(**values),
        shape,
        "length channel",
        "length channel",
    )


@st.composite
def leaky_slopes(draw):
    wide, shared = draw(st.integers(2, 5)), draw(flags)
    keras = f"keras.layers.PReLU(shared_axes={[1, 2] if shared else [1]})"
    return Example(keras, f"nn.PReLU({1 if shared else wide})", (draw(st.integers(2, 6)), wide), "length channel")


LAWS = {
    each.__name__: each
    for each in (
        convolutions,
        depthwise_convolutions,
        separable_convolutions,
        transposed_convolutions,
        dense_layers,
        dense_layers_behind_a_flatten,
        einsum_layers,
        embeddings,
        recurrent_layers,
        attentions,
        normalisations,
        last_axis_normalisations,
        leaky_slopes,
    )
}


@pytest.mark.parametrize("law", LAWS)
def test_a_ported_layer_is_the_same_function_to_the_rounding_of_float64(law):
    @few
    @given(LAWS[law](), flags)
    def holds(example, turned):
        verdict = examined(case_of(law, example, turned=turned), probes=("noise",), batch=2)
        assert verdict.verdict == "parity", (example, verdict.reasons)
        assert verdict.ledger.closed
        for each in verdict.outputs:
            assert each.gap <= 1e-12 * each.scale, (example, each)

    holds()
