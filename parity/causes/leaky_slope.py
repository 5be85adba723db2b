"""A leaky relu with another slope.

What it is: the factor of negative values. Keras's layer takes .3, its function and string .2, PyTorch .01.
How it shows: no shape or count differs; positive values agree, negative ones are scaled.
How to mend: in PyTorch `nn.LeakyReLU(0.3)`, in Keras `LeakyReLU(negative_slope=0.01)`.
Example: `keras.layers.LeakyReLU()` ported to `nn.LeakyReLU()`.
Source: the defaults of both frameworks; Dobiasd/frugally-deep#446.
"""

from parity.diagnosis.cause import of_setting

CAUSE = of_setting("slope", ("leaky_relu",), {"torch": "negative_slope", "keras": "negative_slope"})
