"""Uniform within ±1 / √units: PyTorch's own for every array of RNN, GRU and LSTM."""

from parity.fresh.initialiser import Initialiser, Site, scaled
from parity.fresh.law import Law, uniform


def _law(site: Site) -> Law | None:
    return uniform(scaled(1.0, site.units)) if site.units else None


INITIALISER = Initialiser(
    name="torch_recurrent", law=_law, defaults=("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")
)
