"""Long short-term memory: LSTM and LSTMCell against a level of nn.LSTM and nn.LSTMCell.

Both frameworks order the gates input, forget, candidate, output. Keras has one bias where PyTorch adds two.
"""

from parity.grammar.recurrent import keras_holds, output, over, reads, roles, torch_spellings, zeroing
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling

_GATES = 4


def _keras_settings(call: Call) -> Settings:
    words = call.words
    return {
        "activation": words["activation"],
        "recurrent_activation": words["recurrent_activation"],
        "backwards": bool(words.get("go_backwards")),
        "step": call.name.endswith("Cell"),
        **({} if call.name.endswith("Cell") else over(call, 1)),
        **zeroing(call),
    }


RULE = Rule(
    kind="lstm",
    roles=roles(_GATES, joins=True),
    keras=(
        Spelling(
            ("LSTM",), holds=keras_holds(_GATES, within="cell."), settings=_keras_settings, axes=output, reads=reads
        ),
        Spelling(("LSTMCell",), holds=keras_holds(_GATES), settings=_keras_settings, axes=output, reads=reads),
    ),
    torch=torch_spellings("lstm_layer", "lstm_cell", _GATES, {"activation": "tanh", "recurrent_activation": "sigmoid"}),
    peculiar={"activation": "nn.LSTM knows tanh alone", "recurrent_activation": "nn.LSTM knows sigmoid alone"},
    examples=(
        Example(
            "keras.layers.LSTM(6, return_sequences=True)",
            "Apply(lambda x, r: r(x)[0], nn.LSTM(5, 6, batch_first=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.LSTM(6)",
            "Apply(lambda x, r: r(x)[1][0][-1], nn.LSTM(5, 6, batch_first=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.LSTM(6, use_bias=False, go_backwards=True)",
            "Apply(lambda x, r: r(x.flip(1))[0][:, -1], nn.LSTM(5, 6, batch_first=True, bias=False))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.LSTM(6, return_sequences=True), keras.layers.LSTM(6)])",
            "Apply(lambda x, r: r(x)[0][:, -1], nn.LSTM(5, 6, num_layers=2, batch_first=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.Bidirectional(keras.layers.LSTM(6, return_sequences=True))",
            "Apply(lambda x, r: r(x)[0], nn.LSTM(5, 6, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.layers.Bidirectional(keras.layers.LSTM(6))",
            "Apply(lambda x, r: torch.cat((*r(x)[1][0],), 1), nn.LSTM(5, 6, batch_first=True, bidirectional=True))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "keras.Sequential([keras.layers.LSTM(6, return_sequences=True), keras.layers.Permute((2, 1))])",
            "Apply(lambda x, r: r(x.transpose(0, 1))[0].permute(1, 2, 0), nn.LSTM(5, 6))",
            (7, 5),
            "length channel",
            "length channel",
        ),
        Example(
            "lambda x: keras.layers.LSTMCell(6)(x[:, 0], [x[:, 1], x[:, 2]])[0]",
            "Apply(lambda x, c: c(x[:, 0], (x[:, 1], x[:, 2]))[0], nn.LSTMCell(6, 6))",
            (3, 6),
            "length channel",
            "length channel",
        ),
    ),
)
