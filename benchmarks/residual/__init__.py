"""A residual network of fifty layers in both frameworks: a stem, 24 blocks of two convolutions each, a dense layer."""

BLOCKS, WIDTH, SIZE = 24, 64, 32
