"""The product of queries, keys and values: dot_product_attention against scaled_dot_product_attention.

Softmax of the scaled scores, times the values; `scale` is 1/√width where none is given. Keras keeps the heads
behind the time, PyTorch before it.
"""

from parity.axes import Axes, text
from parity.grammar.constants import plain
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _axes(call: Call) -> Axes:
    query, _, value, *_ = call.inputs
    return (*query[:-1], value[-1])


def _keras_settings(call: Call) -> Settings:
    words = call.words
    return {
        "scale": plain(words["scale"]),
        "masked": bool(words["is_causal"]) or len(call.inputs) > 3,
        "over": text((call.inputs[0][1],)),
    }


def _torch_settings(call: Call) -> Settings:
    words = call.words
    if words["dropout_p"]:
        raise ValueError("it drops shares of its attention")
    scale = words["scale"]
    return {
        "scale": plain(call.inputs[0][-1].size ** -0.5 if scale is None else scale),
        "masked": bool(words["is_causal"]) or words["attn_mask"] is not None,
        "over": text((call.inputs[0][-2],)),
    }


_NORM = "keras.layers.LayerNormalization(epsilon=1e-5)"
_ATTEND = "keras.layers.MultiHeadAttention(2, 3)"
_FEED = "(lambda y: {norm}(y + keras.layers.Dense(6)(keras.layers.Dense(8, activation='relu')(y))))"
_ENCODER = (
    (_FEED + "((lambda z: {norm}(z + {attend}(z, z)))({data}))").replace("{norm}", _NORM).replace("{attend}", _ATTEND)
)
_DECODER = (
    (_FEED + "((lambda z: {norm}(z + {attend}(z, {memory})))((lambda z: {norm}(z + {attend}(z, z)))({data})))")
    .replace("{norm}", _NORM)
    .replace("{attend}", _ATTEND)
)
_TANH = "keras.ops.tanh(x)"
RULE = Rule(
    kind="attention",
    keras=(Spelling(("dot_product_attention",), settings=_keras_settings, axes=_axes),),
    torch=(
        Spelling(
            ("scaled_dot_product_attention",),
            "query key value attn_mask=None dropout_p=0.0 is_causal=False scale=None enable_gqa=False",
            settings=_torch_settings,
            axes=_axes,
        ),
    ),
    examples=(
        Example(
            "lambda x: keras.ops.dot_product_attention(x, keras.ops.relu(x), x, is_causal=True)",
            "lambda x: F.scaled_dot_product_attention(*(y.transpose(1, 2) for y in (x, x.relu(), x)),"
            " is_causal=True).transpose(1, 2)",
            (7, 3, 5),
            "time height channel",
            "time height channel",
        ),
        Example(
            "(lambda x: keras.Model(x, keras.layers.MultiHeadAttention(3, 4)(x, x)))(keras.Input((7, 12)))",
            "Apply(lambda x, a: a(x, x, x)[0], nn.MultiheadAttention(12, 3, batch_first=True))",
            (7, 12),
            "length channel",
            "length channel",
        ),
        Example(
            "(lambda x: keras.Model(x, keras.layers.MultiHeadAttention(2, 3, use_bias=False)(x, x, keras.ops.tanh(x))))"
            "(keras.Input((7, 6)))",
            "Apply(lambda x, a: a(x, x.tanh(), x, need_weights=False)[0],"
            " nn.MultiheadAttention(6, 2, bias=False, batch_first=True))",
            (7, 6),
            "length channel",
            "length channel",
        ),
        Example(
            "(lambda x: keras.Model(x, keras.layers.MultiHeadAttention(2, 4, value_dim=3)(x, x)))(keras.Input((7, 5)))",
            "Apply(lambda x, q, k, v, o: o(F.scaled_dot_product_attention("
            "*(p(x).unflatten(-1, (2, -1)).transpose(1, 2) for p in (q, k, v))).transpose(1, 2).flatten(2)),"
            " nn.Linear(5, 8), nn.Linear(5, 8), nn.Linear(5, 6), nn.Linear(6, 5))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        *(
            Example(f"lambda x: {keras}", torch, (7, 6), "length channel", "length channel")
            for keras, torch in (
                (_ENCODER.replace("{data}", "x"), "nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)"),
                (
                    _ENCODER.replace("{data}", "x"),
                    "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), 1)",
                ),
                (
                    _DECODER.replace("{data}", "x").replace("{memory}", _TANH),
                    "Apply(lambda x, d: d(x, x.tanh()), nn.TransformerDecoderLayer(6, 2, 8, batch_first=True))",
                ),
                (
                    _DECODER.replace("{data}", "x").replace("{memory}", _TANH),
                    "Apply(lambda x, d: d(x, x.tanh()),"
                    " nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8, batch_first=True), 1))",
                ),
                (
                    "(lambda memory: {norm}({decoder}))({norm}({encoder}))".replace("{norm}", _NORM)
                    .replace("{decoder}", _DECODER.replace("{data}", _TANH).replace("{memory}", "memory"))
                    .replace("{encoder}", _ENCODER.replace("{data}", "x")),
                    "Apply(lambda x, t: t(x, x.tanh()), nn.Transformer(6, 2, 1, 1, 8, batch_first=True))",
                ),
            )
        ),
        Example(
            "lambda x: keras.layers.MultiHeadAttention(2, 3)(x, x[:, :5, :4], x[:, :5, :5])",
            "Apply(lambda x, a: a(x, x[:, :5, :5], x[:, :5, :4])[0],"
            " nn.MultiheadAttention(6, 2, kdim=5, vdim=4, batch_first=True))",
            (7, 6),
            "length channel",
            "length channel",
        ),
        Example(
            "lambda x: keras.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)",
            "Apply(lambda x, a: a(x, x, x, attn_mask=torch.ones(7, 7).triu(1).bool())[0],"
            " nn.MultiheadAttention(6, 2, batch_first=True))",
            (7, 6),
            "length channel",
            "length channel",
        ),
    ),
)
