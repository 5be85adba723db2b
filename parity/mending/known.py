"""What functions and layers the frameworks have, as far as mends need them: names alone, so that none is imported."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIVATIONS = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "elu": "ELU",
    "selu": "SELU",
    "celu": "CELU",
    "gelu": "GELU",
    "leaky_relu": "LeakyReLU",
    "silu": "SiLU",
    "mish": "Mish",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "hardsigmoid": "Hardsigmoid",
    "hardswish": "Hardswish",
    "hardtanh": "Hardtanh",
    "hardshrink": "Hardshrink",
    "softshrink": "Softshrink",
    "tanhshrink": "Tanhshrink",
    "logsigmoid": "LogSigmoid",
}
"""PyTorch's activation functions, and the class of each in torch.nn."""
KERAS_ACTIVATIONS = _names(
    "celu elu gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid "
    "log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign squareplus tanh tanh_shrink"
)
"""The functions of keras.activations."""
METHODS = _names(
    "abs amax argmax chunk clamp clip contiguous cos cumsum erf exp expand expm1 flatten flip float hardshrink log "
    "log1p log_softmax max mean min moveaxis movedim narrow neg permute pow reciprocal relu repeat reshape roll rsqrt "
    "sigmoid sin softmax split sqrt square squeeze std sum swapaxes tanh transpose type unflatten unsqueeze var view"
)
"""Methods of PyTorch's tensors that take no other tensor."""
PAIRED = _names("add sub subtract mul multiply div divide matmul mm bmm maximum minimum")
"""Methods that take another one."""
MOVES = _names("transpose permute reshape flatten squeeze unsqueeze contiguous flip roll mean sum amax view")
"""What is written as a method rather than as a function."""
_POOLS = frozenset(f"{what}_pool{axes}d" for what in ("max", "avg") for axes in (1, 2, 3))
HOLDS = {
    "torch": _names(
        "relu selu celu prelu sigmoid tanh softmax log_softmax hardshrink exp log sqrt rsqrt abs square sin cos erf "
        "neg reciprocal expm1 log1p sign"
    ),
    "torch.nn.functional": frozenset((*ACTIVATIONS, *_POOLS, "normalize", "pad", "interpolate")),
    "keras.activations": KERAS_ACTIVATIONS,
    "keras.ops": (KERAS_ACTIVATIONS - {"hard_swish", "linear", "mish"})
    | _names("abs cos erf exp expand_dims flip log negative reciprocal reshape roll rsqrt sin sqrt square squeeze")
    | {"transpose"},
    "tensorflow.nn": _names(
        "relu relu6 elu selu gelu leaky_relu silu sigmoid tanh softmax log_softmax softplus softsign"
    ),
}
"""What may be called in the modules of functions."""
