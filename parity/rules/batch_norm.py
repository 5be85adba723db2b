"""Batch normalisation at inference: BatchNormalization against batch_norm.

`momentum` is the share of the old statistic that is kept: Keras says it so, PyTorch says what is new. Keras's
Normalization, which keeps what was measured before training, is one with nothing else and no epsilon.
"""

from collections.abc import Mapping

from parity.axes import Axis, text
from parity.grammar.constants import plain
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Role, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    words = call.words
    axis = call.inputs[0][words["axis"]]
    return {"epsilon": words["epsilon"], "momentum": words["momentum"], "over": text((axis,))}


def _keras_reads(call: Call) -> Mapping[str, Axis]:
    return {"channel": call.inputs[0][call.words["axis"]]}


def _measured(call: Call) -> bool:
    """Whether a Normalization has variables, along one axis, and does not turn the step round."""
    axis = call.words["axis"]
    single = isinstance(axis, int) or (isinstance(axis, list | tuple) and len(axis) == 1)
    return "adapt_mean" in call.held and single and not call.words["invert"]


def _measured_axis(call: Call) -> Axis:
    axis = call.words["axis"]
    return call.inputs[0][axis if isinstance(axis, int) else axis[0]]


def _measured_settings(call: Call) -> Settings:
    return {"epsilon": 0.0, "momentum": 1.0, "over": text((_measured_axis(call),))}


def _measured_reads(call: Call) -> Mapping[str, Axis]:
    return {"channel": _measured_axis(call)}


def _torch_settings(call: Call) -> Settings:
    words = call.words
    return {
        "epsilon": words["eps"],
        "momentum": 1 - words["momentum"],
        "over": text((call.inputs[0][1],)),
        "batch_statistics": bool(words.get("training")),
    }


def _torch_reads(call: Call) -> Mapping[str, Axis]:
    return {"channel": call.inputs[0][1]}


def _tensorflow_settings(call: Call) -> Settings:
    if call.words["data_format"] not in (b"NHWC", b"NDHWC"):
        raise ValueError(f"data_format {call.words['data_format']!r}: expected channels last")
    return {"epsilon": plain(call.words["epsilon"]), "over": text((call.inputs[0][-1],))}


def _tensorflow_reads(call: Call) -> Mapping[str, Axis]:
    return {"channel": call.inputs[0][-1]}


_TENSORFLOW_HOLDS = {
    "gamma": Hold("scale", "channel"),
    "beta": Hold("offset", "channel"),
    "mean": Hold("mean", "channel"),
    "variance": Hold("variance", "channel"),
}
_TORCH_HOLDS = {
    "gamma": Hold("weight", "channel"),
    "beta": Hold("bias", "channel"),
    "mean": Hold("running_mean", "channel"),
    "variance": Hold("running_var", "channel"),
}
RULE = Rule(
    kind="batch_norm",
    roles={
        "gamma": Role("channel", neutral=1.0),
        "beta": Role("channel", neutral=0.0),
        "mean": Role("channel", trainable=False),
        "variance": Role("channel", trainable=False),
    },
    keras=(
        Spelling(
            names=("BatchNormalization",),
            holds={
                "gamma": Hold("gamma", "channel"),
                "beta": Hold("beta", "channel"),
                "mean": Hold("moving_mean", "channel"),
                "variance": Hold("moving_variance", "channel"),
            },
            settings=_keras_settings,
            reads=_keras_reads,
        ),
        Spelling(
            names=("Normalization",),
            holds={"mean": Hold("adapt_mean", "channel"), "variance": Hold("adapt_variance", "channel")},
            when=_measured,
            settings=_measured_settings,
            reads=_measured_reads,
        ),
    ),
    torch=(
        Spelling(
            names=("batch_norm",),
            words="input running_mean running_var weight=None bias=None training=False momentum=0.1 eps=1e-05",
            holds=_TORCH_HOLDS,
            settings=_torch_settings,
            reads=_torch_reads,
        ),
        Spelling(  # with statistics of its own, at inference
            names=("instance_norm",),
            words=(
                "input running_mean=None running_var=None weight=None bias=None use_input_stats=True momentum=0.1 "
                "eps=1e-05"
            ),
            holds=_TORCH_HOLDS,
            settings=_torch_settings,
            reads=_torch_reads,
            when=lambda call: not call.words["use_input_stats"],
        ),
    ),
    tensorflow=(
        Spelling(
            names=("FusedBatchNormV3",),
            words="x scale offset mean variance",
            holds=_TENSORFLOW_HOLDS,
            settings=_tensorflow_settings,
            reads=_tensorflow_reads,
            when=lambda call: not call.words["is_training"] and {"mean", "variance"} <= set(call.held),
        ),
    ),
    bookkeeping=("num_batches_tracked", "/count"),
    examples=(
        Example(
            "keras.layers.Normalization()",
            "nn.BatchNorm1d(5, eps=0.0, momentum=0.0, affine=False)",
            (7, 5),
            "length channel",
        ),
        Example("keras.layers.BatchNormalization()", "nn.BatchNorm1d(11, eps=1e-3, momentum=0.01)", (11,), "channel"),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)",
            "nn.BatchNorm2d(5)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9, center=False, scale=False)",
            "nn.BatchNorm1d(5, affine=False)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)",
            "nn.BatchNorm3d(5)",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)",
            "nn.LazyBatchNorm1d()",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)",
            "nn.LazyBatchNorm2d()",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)",
            "nn.LazyBatchNorm3d()",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9)",
            "nn.InstanceNorm1d(5, affine=True, track_running_stats=True)",
            (7, 5),
            "length channel",
        ),
    ),
)
