"""A bicubic interpolation by another kernel.

What it is: Keys's kernel has a coefficient. TensorFlow takes −.5, leaves out what lies beyond the border and reads
the kernel from a table of 1024 steps; PyTorch takes −.75 and repeats the border, unless it antialiases, and then
takes −.5 without a table.
How it shows: no shape or count differs; edges overshoot more, by a few per cent of the contrast.
How to mend: in PyTorch `antialias=True` where the map is enlarged, up to the table's steps.
Example: `UpSampling2D(2, interpolation="bicubic")` ported to `nn.Upsample(scale_factor=2, mode="bicubic")`.
Source: Keys 1981; jax-ml/jax#15768.
"""

from collections.abc import Iterator

from parity.diagnosis.cause import Cause, Suspicion
from parity.diagnosis.evidence import Evidence
from parity.diagnosis.interpolation import alike, enlarges, resized


def _suspect(evidence: Evidence) -> Iterator[Suspicion]:
    if not alike(evidence) or evidence.reference.settings["mode"] != "cubic":
        return
    if not {"coefficient", "steps"} & evidence.differing.keys():
        return
    mine, yours = evidence.reference.settings, evidence.candidate.settings
    if "coefficient" not in mine or "coefficient" not in yours:
        return
    steps = mine.get("steps", 0)
    torch = evidence.network.candidate_framework == "torch"
    antialiases = mine["coefficient"] == -0.5 and not steps and enlarges(evidence)
    yield Suspicion(
        f"takes the cubic kernel of {_say(mine)} in the reference and of {_say(yours)} here",
        (_say(mine), _say(yours)),
        resized(evidence, coefficient=mine["coefficient"], steps=steps),
        evidence.mend(keywords={"antialias": True}) if torch and antialiases else None,
    )


def _say(settings: object) -> str:
    assert isinstance(settings, dict)
    table = f" in {settings['steps']} steps" if settings.get("steps") else ""
    return f"{settings['coefficient']:g}{table}"


CAUSE = Cause(_suspect, ("resize",), ("coefficient", "steps"))
