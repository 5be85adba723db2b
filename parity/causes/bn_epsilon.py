"""Batch normalisation with another epsilon.

What it is: the number added to the variance before its root is taken. Keras's default is 1e-3, PyTorch's 1e-5;
the networks of keras.applications use 1.001e-5 (ResNet, DenseNet) and 1e-3 (MobileNet, EfficientNet, Inception).
How it shows: no shape or count differs. The outputs are scaled channel by channel, most where the variance is
small (by 1.41 at a variance of 1e-3), and the difference grows with depth.
How to mend: in PyTorch `nn.BatchNorm2d(n, eps=1e-3)`, in Keras `BatchNormalization(epsilon=1e-5)`.
Example: `keras.layers.BatchNormalization()` ported to `nn.BatchNorm2d(64)`.
Source: the defaults of both frameworks; gzuidhof/nn-transfer#3.
"""

from parity.diagnosis.cause import of_setting

CAUSE = of_setting("epsilon", ("batch_norm",), {"torch": "eps", "keras": "epsilon"})
