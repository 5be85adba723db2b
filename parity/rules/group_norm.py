"""Normalisation of groups of channels over all other axes: GroupNormalization against group_norm and instance_norm.

A group for each channel is instance normalisation. Epsilon is 1e-3 in Keras and 1e-5 in PyTorch.
"""

from collections.abc import Mapping

from parity.axes import Axis, text
from parity.nouns import Settings
from parity.rule import Call, Example, Hold, Role, Rule, Spelling


def _keras_settings(call: Call) -> Settings:
    words, data = call.words, call.inputs[0]
    channel = data[words["axis"]]
    groups = channel.size if words["groups"] == -1 else words["groups"]
    return {"epsilon": words["epsilon"], "groups": groups, "over": text((channel,))}


def _keras_reads(call: Call) -> Mapping[str, Axis]:
    return {"channel": call.inputs[0][call.words["axis"]]}


def _torch_reads(call: Call) -> Mapping[str, Axis]:
    return {"channel": call.inputs[0][1]}


def _group_settings(call: Call) -> Settings:
    return {"epsilon": call.words["eps"], "groups": call.words["num_groups"], "over": text((call.inputs[0][1],))}


def _instance_settings(call: Call) -> Settings:
    channel = call.inputs[0][1]
    return {"epsilon": call.words["eps"], "groups": channel.size, "over": text((channel,))}


_HOLDS = {"gamma": Hold("weight", "channel"), "beta": Hold("bias", "channel")}
RULE = Rule(
    kind="group_norm",
    roles={"gamma": Role("channel", neutral=1.0), "beta": Role("channel", neutral=0.0)},
    keras=(
        Spelling(
            names=("GroupNormalization",),
            holds={"gamma": Hold("gamma", "channel"), "beta": Hold("beta", "channel")},
            settings=_keras_settings,
            reads=_keras_reads,
        ),
    ),
    torch=(
        Spelling(
            names=("group_norm",),
            words="input num_groups weight=None bias=None eps=1e-05 cudnn_enabled=True",
            holds=_HOLDS,
            settings=_group_settings,
            reads=_torch_reads,
        ),
        Spelling(
            names=("instance_norm",),
            words=(
                "input running_mean=None running_var=None weight=None bias=None use_input_stats=True momentum=0.1 "
                "eps=1e-05"
            ),
            holds=_HOLDS,
            settings=_instance_settings,
            reads=_torch_reads,
            when=lambda call: bool(call.words["use_input_stats"]),  # otherwise it is a batch norm
        ),
    ),
    examples=(
        Example(
            "keras.layers.GroupNormalization(3)", "nn.GroupNorm(3, 6, eps=1e-3)", (7, 9, 6), "height width channel"
        ),
        Example(
            "keras.layers.GroupNormalization(1, epsilon=1e-5, center=False, scale=False)",
            "nn.GroupNorm(1, 5, affine=False)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.GroupNormalization(-1, epsilon=1e-5)",
            "nn.InstanceNorm2d(5, affine=True)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.GroupNormalization(-1, epsilon=1e-4, center=False, scale=False)",
            "nn.InstanceNorm1d(5, eps=1e-4)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.GroupNormalization(-1, epsilon=1e-5)",
            "nn.InstanceNorm3d(5, affine=True)",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
        Example(
            "keras.layers.GroupNormalization(-1, epsilon=1e-5)",
            "nn.LazyInstanceNorm1d(affine=True, track_running_stats=False)",
            (7, 5),
            "length channel",
        ),
        Example(
            "keras.layers.GroupNormalization(-1, epsilon=1e-5)",
            "nn.LazyInstanceNorm2d(affine=True, track_running_stats=False)",
            (7, 9, 5),
            "height width channel",
        ),
        Example(
            "keras.layers.GroupNormalization(-1, epsilon=1e-5)",
            "nn.LazyInstanceNorm3d(affine=True, track_running_stats=False)",
            (4, 7, 9, 5),
            "depth height width channel",
        ),
    ),
)
