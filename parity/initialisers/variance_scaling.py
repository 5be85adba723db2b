"""Keras's VarianceScaling with arguments of its own: scale, which fan, and which distribution."""

from parity.fresh.initialiser import Initialiser, Site, scaled
from parity.fresh.law import Law, normal, truncated, uniform


def _law(site: Site) -> Law | None:
    config = site.config
    if "distribution" not in config:
        return None
    counts = {"fan_in": site.fans[0], "fan_out": site.fans[1], "fan_avg": sum(site.fans) / 2}
    deviation = scaled(float(config["scale"]), counts[config["mode"]])
    made = {"uniform": lambda: uniform(3**0.5 * deviation), "untruncated_normal": lambda: normal(deviation)}
    return made.get(config["distribution"], lambda: truncated(deviation))()


INITIALISER = Initialiser(name="variance_scaling", law=_law, said="VarianceScaling", free=True)
