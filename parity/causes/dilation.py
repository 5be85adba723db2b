"""Another dilation.

What it is: how far apart the elements are that a window reads.
How it shows: by the shape, or not at all where the padding grew with it.
How to mend: the same number on both sides: `dilation` in PyTorch, `dilation_rate` in Keras.
Example: `Conv1D(8, 3, dilation_rate=2, padding="same")` ported to `nn.Conv1d(3, 8, 3, padding="same")`.
Source: the defaults of both frameworks.
"""

from parity.diagnosis.sliding import of_window

CAUSE = of_window("dilation", {"torch": "dilation", "keras": "dilation_rate"})
