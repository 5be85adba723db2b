"""The plain recurrent layer: SimpleRNN and its cell against a level of nn.RNN and nn.RNNCell."""

from parity.grammar.recurrent import keras_holds, output, over, reads, roles, torch_spellings, zeroing
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    words = call.words
    return {
        "activation": words["activation"],
        "backwards": bool(words.get("go_backwards")),
        "step": call.name.endswith("Cell"),
        **({} if call.name.endswith("Cell") else over(call, 1)),
        **zeroing(call),
    }


RULE = Rule(
    kind="simple_rnn",
    roles=roles(1, joins=True),
    keras=(
        Spelling(
            ("SimpleRNN",), holds=keras_holds(1, within="cell."), settings=_keras_settings, axes=output, reads=reads
        ),
        Spelling(("SimpleRNNCell",), holds=keras_holds(1), settings=_keras_settings, axes=output, reads=reads),
    ),
    torch=(
        *torch_spellings("rnn_tanh_layer", "rnn_tanh_cell", 1, {"activation": "tanh"}),
        *torch_spellings("rnn_relu_layer", "rnn_relu_cell", 1, {"activation": "relu"}),
    ),
    peculiar={"activation": "nn.RNN knows tanh and relu alone"},
    examples=(
        Example(
            "keras.layers.SimpleRNN(6)",
            "Apply(lambda x, r: r(x)[0][:, -1], nn.RNN(5, 6, batch_first=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.SimpleRNN(6, activation='relu', use_bias=False, return_sequences=True)",
            "Apply(lambda x, r: r(x)[0], nn.RNN(5, 6, nonlinearity='relu', bias=False, batch_first=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.RNN(keras.layers.SimpleRNNCell(6), return_sequences=True)",
            "Apply(lambda x, r: r(x.transpose(0, 1))[0].transpose(0, 1), nn.RNN(5, 6))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "lambda x: keras.layers.SimpleRNNCell(6)(x[:, 0], [x[:, 1]])[0]",
            "Apply(lambda x, c: c(x[:, 0], x[:, 1]), nn.RNNCell(6, 6))",
            (2, 6),
            "length channel",
            "length channel",
        ),
    ),
)
