"""A case from nothing but two callables: what they take is asked of them, tried, and written down."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from parity.case import Case, Input, SideSpec, swapped
from parity.case_file import FILE, load
from parity.errors import SideFailed, UsageError
from parity.files import check_new, drafts
from parity.line import Options, check
from parity.nouns import Intake, Outline, Side
from parity.probes import for_candidate, probe_inputs
from parity.verdict import Verdict
from parity.worker.client import launched

FREE = 32
"""The size that is taken for an axis that a network leaves free."""
_AXES = {1: "channel", 2: "length channel", 3: "height width channel", 4: "depth height width channel"}
_WORDS = {"keras": "Keras", "torch": "PyTorch", "tensorflow": "TensorFlow"}
_SAID = re.compile(r"(?P<name>[\w.-]+)=(?P<shape>\d+(x\d+)*)(:(?P<dtype>\w+))?")
_DTYPES = ("float32", "float64", "float16", "int32", "int64", "uint8", "bool")


def said(text: str) -> Intake:
    """An input in a user's words, channels last: `image=32x32x3`, `tokens=16:int32`. Raises UsageError."""
    words = _SAID.fullmatch(text)
    shape = tuple(int(each) for each in words["shape"].split("x")) if words else ()
    if words is None or 0 in shape or (words["dtype"] or "float32") not in _DTYPES:
        raise UsageError(
            f"--input {text}: expected NAME=SIZExSIZE[:TYPE], one sample with its channels last, as image=32x32x3 "
            f"or tokens=16:int32; a type is one of {', '.join(_DTYPES)}"
        )
    return Intake(words["name"], shape, words["dtype"] or "float32")


def side(framework: str, build: str, start: Path) -> SideSpec:
    """The spec of `module:callable`, which is found from `start`, or of `path/to/module:callable`.

    Raises UsageError for other words, and where there is no such module.
    """
    module, _, function = build.partition(":")
    home, _, name = module.removesuffix(".py").rpartition("/")
    if not name or not function.isidentifier():
        raise UsageError(f'--{framework} {build}: expected module:callable, as in "net_{framework}:build"')
    folder = (start / home).resolve()
    beside = folder / name.replace(".", "/")
    if not beside.with_suffix(".py").is_file() and not beside.is_dir():
        raise UsageError(f"--{framework} {build}: there is no file {beside.with_suffix('.py')}")
    return SideSpec(framework, f"{name}:{function}", folder)


def make(
    folder: Path, reference: SideSpec, candidate: SideSpec, inputs: Sequence[Intake], options: Options
) -> tuple[Case, Verdict]:
    """Write the folder of a new case, and return the case as read back from it, with its verdict.

    `inputs` are the user's own words; where there are none, whichever side declares its inputs is asked. Where
    more than one order of axes runs, that one is taken on which the two come out as the same function, or else
    the first. Raises UsageError where nobody says what the networks take, or the folder is there already;
    SideFailed where a side takes none of what is declared. Then nothing is written.
    """
    check_new(folder)
    options.progress("starting both sides")
    with launched(reference, candidate, options.timeout, options.spawner) as (one, other, both):
        declared = both(one.intakes, other.intakes)
        turned = not declared[0] and bool(declared[1]) and not inputs
        intakes = inputs or declared[0] or declared[1]
        if not intakes:
            raise UsageError(
                "neither network declares its inputs; say each in the order in which the networks take them, one "
                "sample with its channels last: --input image=32x32x3"
            )
        specs, sides = ((candidate, reference), (other, one)) if turned else ((reference, candidate), (one, other))
        plain = Case(folder.name, "", folder, *specs, _inputs(intakes))
        options.progress("trying orders of axes")
        running = list(_running(plain, sides))
    best: tuple[Case, Verdict] | None = None
    for ordered in running:
        trial = replace(plain, inputs=ordered)
        verdict = check(swapped(trial) if turned else trial, options)
        if best is None or verdict.ok:
            best = verdict.case, verdict
        if verdict.ok:
            break
    assert best is not None
    with drafts(folder) as draft:
        (draft / FILE).write_text(_written(best[0]), encoding="utf-8")
    (case,) = load(folder / FILE)
    return case, replace(best[1], case=case)


def _inputs(intakes: Sequence[Intake]) -> tuple[Input, ...]:
    found = []
    for number, each in enumerate(intakes, start=1):
        if len(each.shape) not in _AXES:
            raise UsageError(f"input {each.name!r} has {len(each.shape)} axes beside the batch; expected one to four")
        axes = tuple(_AXES[len(each.shape)].split())
        shape = tuple(FREE if size is None else size for size in each.shape)
        free = tuple(axis for axis, size in zip(axes, each.shape, strict=True) if size is None and axis != "channel")
        name = f"input_{number}" if each.name.startswith("keras_tensor") else each.name  # Keras's own word for nameless
        found.append(Input(name, shape, axes, dtype=each.dtype, free=free))
    return tuple(found)


def _running(case: Case, sides: tuple[Side, Side]) -> Iterator[tuple[Input, ...]]:
    """The inputs in each order of axes that both sides run on, the likeliest first. Raises SideFailed for none."""
    reference, candidate = sides
    outline = reference.outline(probe_inputs(case.inputs, 2, 0))
    inputs = tuple(_indexed(each, outline) for each in case.inputs)
    failure: SideFailed | None = None
    found = 0
    for orders in itertools.product(*(_orders(each, case) for each in inputs)):
        ordered = tuple(
            replace(each, candidate_axes=None if order == each.axes else order)
            for each, order in zip(inputs, orders, strict=True)
        )
        try:
            candidate.outline(for_candidate(probe_inputs(ordered, 2, 0), ordered))
        except SideFailed as error:
            failure = failure or error
            continue
        found += 1
        yield ordered
    if not found:
        assert failure is not None
        taken = ", ".join(f"{each.name} {'×'.join(map(str, each.shape))} ({' '.join(each.axes)})" for each in inputs)
        failure.details += f"\nIt was given {taken}, in every order of axes. Say the inputs: --input NAME=SIZExSIZE"
        raise failure


def _orders(each: Input, case: Case) -> list[tuple[str, ...]]:
    """In which orders the other framework may take an input: by its custom first."""
    first = ("channel", *each.axes[:-1])
    if len(each.axes) == 1:
        return [each.axes]
    torch = (case.reference.framework == "torch", case.candidate.framework == "torch")
    return [first, each.axes] if torch == (False, True) else [each.axes, first]


def _indexed(each: Input, outline: Outline) -> Input:
    """An input that a table of vectors reads holds indices of that table."""
    for layer in outline.layers:
        if layer.kind == "embedding" and f"input:{each.name}" in layer.inputs:
            (table,) = [parameter for parameter in layer.parameters if parameter.role == "table"]
            dtype = each.dtype if each.dtype.startswith("int") else "int32"
            return replace(each, dtype=dtype, range=(0, table.shape[0] - 1))
    return each


def _written(case: Case) -> str:
    """The case.toml of this case."""
    title = f"{case.name}: {_WORDS[case.reference.framework]} against {_WORDS[case.candidate.framework]}"
    lines = [f"title = {_quoted(title)}"]
    for role, spec in (("reference", case.reference), ("candidate", case.candidate)):
        home = os.path.relpath(spec.folder, case.folder.resolve())
        lines += [
            "",
            f"[{role}]",
            f"framework = {_quoted(spec.framework)}",
            f"build = {_quoted(f'{home}/{spec.build}')}",
        ]
    for each in case.inputs:
        lines += ["", "[[inputs]]", f"name = {_quoted(each.name)}", f"shape = {list(each.shape)}"]
        lines.append(f"axes = {_quoted(' '.join(each.axes))}")
        if each.candidate_axes:
            lines.append(f"candidate_axes = {_quoted(' '.join(each.candidate_axes))}")
        if each.free:
            lines.append(f"free = {_quoted(' '.join(each.free))}")
        if each.dtype != "float32":
            lines.append(f"dtype = {_quoted(each.dtype)}")
        if each.range:
            lines.append(f"range = {[int(bound) for bound in each.range]}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # TOML's strings escape as JSON's do
