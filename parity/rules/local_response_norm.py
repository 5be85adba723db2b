"""Local response normalisation: each channel divided by what it and its neighbours are large.

    x / (bias + alpha · Σ x²) ** beta, summed over the `window` of channels before and behind this one

TensorFlow takes as many neighbours on both sides and multiplies their sum by alpha. PyTorch takes a size, of which
an even one reaches farther to the front, and multiplies their mean.
"""

from parity.axes import text
from parity.grammar.constants import plain
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _tensorflow_settings(call: Call) -> Settings:
    words, radius = call.words, int(call.words["depth_radius"])
    numbers = {name: plain(words[name]) for name in ("alpha", "beta", "bias")}
    return {"window": (radius, radius), **numbers, "over": text((call.inputs[0][-1],))}


def _torch_settings(call: Call) -> Settings:
    words, size = call.words, int(call.words["size"])
    return {
        "window": (size // 2, (size - 1) // 2),
        "alpha": words["alpha"] / size,
        "beta": words["beta"],
        "bias": words["k"],
        "over": text((call.inputs[0][1],)),
    }


RULE = Rule(
    kind="local_response_norm",
    keras=(Spelling(("LRN",), settings=_tensorflow_settings),),
    torch=(Spelling(("local_response_norm",), "input size alpha=0.0001 beta=0.75 k=1.0", settings=_torch_settings),),
    tensorflow=(Spelling(("LRN",), "input", settings=_tensorflow_settings),),
    examples=(
        Example(
            "Bare('lambda x: tf.nn.local_response_normalization(x, 2, 1.5, 0.3, 0.75)')",
            "nn.LocalResponseNorm(5, 5 * 0.3, k=1.5)",
            (7, 9, 6),
            "height width channel",
        ),
        Example("Bare('tf.nn.lrn')", "nn.LocalResponseNorm(11, 11, 0.5)", (7, 9, 6), "height width channel"),
    ),
)
