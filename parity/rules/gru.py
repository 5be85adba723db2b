"""Gated recurrent unit: GRU and GRUCell against a level of nn.GRU and nn.GRUCell.

Keras orders the gates update, reset, new; PyTorch reset, update, new. With `reset_after`, which PyTorch always
does, both keep two biases.
"""

from parity.grammar.recurrent import keras_holds, output, over, reads, roles, torch_spellings, zeroing
from parity.nouns import Settings
from parity.rule import Call, Example, Holds, Rule, Spelling

_GATES, _ORDER = 3, (1, 0, 2)


def _keras_settings(call: Call) -> Settings:
    words = call.words
    return {
        "activation": words["activation"],
        "recurrent_activation": words["recurrent_activation"],
        "reset_after": bool(words["reset_after"]),
        "backwards": bool(words.get("go_backwards")),
        "step": call.name.endswith("Cell"),
        **({} if call.name.endswith("Cell") else over(call, 1)),
        **zeroing(call),
    }


def _layer_holds(call: Call) -> Holds:
    return keras_holds(_GATES, _ORDER, within="cell.", apart=bool(call.words["reset_after"]))


def _cell_holds(call: Call) -> Holds:
    return keras_holds(_GATES, _ORDER, apart=bool(call.words["reset_after"]))


RULE = Rule(
    kind="gru",
    roles=roles(_GATES, joins=False),
    keras=(
        Spelling(
            ("GRU",),
            holds=_layer_holds,
            slots=("cell.kernel", "cell.recurrent_kernel", "cell.bias"),
            settings=_keras_settings,
            axes=output,
            reads=reads,
        ),
        Spelling(
            ("GRUCell",),
            holds=_cell_holds,
            slots=("kernel", "recurrent_kernel", "bias"),
            settings=_keras_settings,
            axes=output,
            reads=reads,
        ),
    ),
    torch=torch_spellings(
        "gru_layer",
        "gru_cell",
        _GATES,
        {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True},
    ),
    peculiar={
        "reset_after": "nn.GRU resets behind its product with the hidden state; no weights make it a GRU with "
        "reset_after=False, which needs a cell of its own",
        "activation": "nn.GRU knows tanh alone",
        "recurrent_activation": "nn.GRU knows sigmoid alone",
    },
    examples=(
        Example(
            "keras.layers.GRU(6, return_sequences=True)",
            "Apply(lambda x, r: r(x)[0], nn.GRU(5, 6, batch_first=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.GRU(6, use_bias=False)",
            "Apply(lambda x, r: r(x)[1][0], nn.GRU(5, 6, batch_first=True, bias=False))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.Bidirectional(keras.layers.GRU(6, return_sequences=True), merge_mode='sum')",
            "Apply(lambda x, r: torch.add(*r(x)[0].chunk(2, -1)), nn.GRU(5, 6, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True)),"
            " keras.layers.Bidirectional(keras.layers.GRU(4))])",
            "Apply(lambda x, r, s: torch.cat(list(s(r(x)[0])[1]), 1),"
            " nn.GRU(5, 3, batch_first=True, bidirectional=True), nn.GRU(6, 4, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "lambda x: keras.layers.GRUCell(6)(x[:, 0], [x[:, 1]])[0]",
            "Apply(lambda x, c: c(x[:, 0], x[:, 1]), nn.GRUCell(6, 6))",
            (2, 6),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.Bidirectional(keras.layers.GRU(6), merge_mode='mul')",
            "Apply(lambda x, r: torch.mul(*r(x)[1].unbind(0)), nn.GRU(5, 6, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.Bidirectional(keras.layers.GRU(6, return_sequences=True), merge_mode='ave')",
            "Apply(lambda x, r: torch.add(*r(x)[0].chunk(2, -1)) / 2,"
            " nn.GRU(5, 6, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "lambda x: keras.ops.tanh(keras.layers.Bidirectional(keras.layers.GRU(6), merge_mode=None)(x)[1])",
            "Apply(lambda x, r: r(x)[1][-1].tanh(), nn.GRU(5, 6, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
    ),
)
