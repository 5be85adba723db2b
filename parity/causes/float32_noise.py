"""Rounding in float32, taken for a difference by a tolerance that is too narrow.

What it is: both networks are the same function; sums are made in another order, and float32 rounds each otherwise. A
tolerance of one's own that lies under that rounding calls it a divergence.
How it shows: small differences without any structure, in nearly every layer, that grow with depth and with the width
of the sums, and are gone in float64.
How to mend: nothing in the code. Leave `rtol` and `atol` out, so that rounding is measured, or allow what it takes.
Example: `rtol=1e-7`, which is less than one rounding of one number, over a network of twenty layers.
Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1; keras-team/keras#20804.
"""

from parity.diagnosis.cause import Cause

CAUSE = Cause(lambda evidence: iter(()))  # told of the whole network, by diagnosis/noise.py
