"""Layer, group, instance or RMS normalisation with another epsilon.

What it is: the number added to the variance, or the mean square, before its root is taken. Keras's default is
1e-3 (1e-6 for RMS), PyTorch's 1e-5.
How it shows: no shape or count differs. Samples of small variance are scaled wrongly: by half of the output at a
standard deviation of .03.
How to mend: in PyTorch `nn.LayerNorm(n, eps=1e-3)`, in Keras `LayerNormalization(epsilon=1e-5)`.
Example: `keras.layers.LayerNormalization()` ported to `nn.LayerNorm(64)`.
Source: the defaults of both frameworks; seisbench/seisbench#102.
"""

from parity.diagnosis.cause import of_setting

CAUSE = of_setting(
    "epsilon", ("layer_norm", "group_norm", "instance_norm", "rms_norm"), {"torch": "eps", "keras": "epsilon"}
)
