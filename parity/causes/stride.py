"""Another stride.

What it is: how far a window moves. In PyTorch a pool's default is its kernel, as in Keras; a convolution's is 1.
How it shows: by the shape, unless the map is as small as the window.
How to mend: the same number on both sides: `stride` in PyTorch, `strides` in Keras.
Example: `Conv2D(8, 3, strides=2)` ported to `nn.Conv2d(3, 8, 3)`.
Source: the defaults of both frameworks.
"""

from parity.diagnosis.sliding import of_window

CAUSE = of_window("stride", {"torch": "stride", "keras": "strides"})
