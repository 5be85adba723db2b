"""Many cases in one go: what each costs beside the work on its network, once the processes are warm."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from parity.case import Case, Input, SideSpec
from parity.line import Options, check
from parity.several import check_several

MODULES = {
    "keras": """import keras

def build():
    x = keras.Input((5,))
    return keras.Model(x, keras.layers.Dense(7)(x))
""",
    "torch": """from torch import nn

def build():
    return nn.Linear(5, 7)
""",
}
COUNT = 20
BOUND = 1.5


def table() -> Iterator[str]:
    """A Markdown table: one dense layer, which takes no time, as a case alone and as one of many."""
    with tempfile.TemporaryDirectory() as folder:
        cases = list(_cases(Path(folder)))
        start = time.perf_counter()
        check(cases[0], Options(onnx=False))
        alone = time.perf_counter() - start
        outcomes = {jobs: list(check_several(cases, Options(onnx=False), jobs)) for jobs in (1, 2)}
    yield "## Many cases in one go"
    yield ""
    yield f"One dense layer in Keras against one in PyTorch, {COUNT} times, without the third reference."
    yield ""
    yield "| what | seconds a case | × alone | bound |"
    yield "| --- | --- | --- | --- |"
    yield f"| alone, its processes started anew | {alone:.2f} | 1.00 | – |"
    for jobs, found in outcomes.items():
        each = statistics.median(outcome.seconds for outcome in found[jobs:])  # the first wait for the imports
        words = "one after the other" if jobs == 1 else f"{jobs} at once"
        yield f"| {words}, forked from warm processes | {each:.2f} | {each / alone:.2f} | {BOUND} s |"


def _cases(folder: Path) -> Iterator[Case]:
    for framework, text in MODULES.items():
        (folder / f"net_{framework}.py").write_text(text)
    for number in range(COUNT):
        sides = [SideSpec(framework, f"net_{framework}:build", folder) for framework in MODULES]
        yield Case(f"case-{number}", "", folder, sides[0], sides[1], (Input("x", (5,), ("channel",)),))
