"""A table of vectors, one for each index: Embedding against embedding."""

from parity.axes import Axes, axis
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Role, Rule, Spelling


def _axes(call: Call) -> Axes:
    data = call.inputs[0] if call.inputs else ()  # the indices may be constant: positions
    names = [*data] if len(data) == len(call.shape) - 1 else [axis("length", size) for size in call.shape[:-1]]
    return (*names, axis("channel", call.shape[-1]))


def _keras_settings(call: Call) -> Settings:
    return {"masks": bool(call.words.get("mask_zero"))}


def _torch_settings(call: Call) -> Settings:
    if call.words["max_norm"] is not None:
        raise ValueError("max_norm changes the table while it is read")
    return {"masks": False}


RULE = Rule(
    kind="embedding",
    roles={"table": Role("index channel")},
    keras=(
        Spelling(
            ("Embedding",), holds={"table": Hold("embeddings", "index channel")}, axes=_axes, settings=_keras_settings
        ),
    ),
    torch=(
        Spelling(
            names=("embedding",),
            words="input weight padding_idx=None max_norm=None norm_type=2.0 scale_grad_by_freq=False sparse=False",
            holds={"table": Hold("weight", "index channel")},
            axes=_axes,
            settings=_torch_settings,
        ),
    ),
    examples=(
        Example("keras.layers.Embedding(11, 5)", "nn.Embedding(11, 5)", (7,), "length", "length", indices=11),
        Example(
            "keras.Sequential([keras.layers.Embedding(11, 5), keras.layers.Conv1D(6, 3)])",
            "Apply(lambda x, t, c: c(t(x).transpose(1, 2)), nn.Embedding(11, 5), nn.Conv1d(5, 6, 3))",
            (7,),
            "length",
            "length",
            indices=11,
        ),
    ),
)
