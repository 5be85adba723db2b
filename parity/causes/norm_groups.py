"""Group normalisation in another number of groups.

What it is: Keras's `GroupNormalization` takes 32 groups unless it is told otherwise; PyTorch's asks for a number.
How it shows: no shape or count differs; each group is centred and scaled by statistics of other channels.
How to mend: in PyTorch `nn.GroupNorm(groups, channels)`, in Keras `GroupNormalization(groups=8)`.
Example: `nn.GroupNorm(8, 64)` ported to `keras.layers.GroupNormalization()`.
Source: the defaults of both frameworks; Wu and He 2018.
"""

from parity.diagnosis.cause import of_setting

CAUSE = of_setting("groups", ("group_norm",), {"torch": "num_groups", "keras": "groups"})
