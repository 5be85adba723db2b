"""From `module:callable`, or from a live object, to a Side. Frameworks are imported here by name, never above."""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from parity import places
from parity.case import SideSpec
from parity.errors import OutlineError, UsageError
from parity.fresh.drawing import Drawer, Drawn, Wanted
from parity.nouns import Probe, Side


def build(spec: SideSpec) -> Side:
    """Import the module of a side, call its callable, and hold what it returns as a Side.

    Whatever the user's code raises passes through. Raises OutlineError where the name is not there.
    """
    room = _room(spec.framework)
    if spec.framework == "onnx":
        return _side(room, spec.build)
    room.sow(0)  # so that two runs of a case give the same digits, also where it keeps its fresh weights
    with room.noting_places():
        return _side(room, _made(spec))


def fresh(spec: SideSpec, side: Side, wanted: Sequence[Wanted], seeds: Sequence[int], probe: Probe) -> list[Drawn]:
    """Build the network of a side again under each of these seeds, and see what is drawn for some of its arrays.

    The side itself stays as it is: its arrays are what every build is held against.
    """
    return drawn(spec.framework, side, lambda: _made_anew(spec), wanted, seeds, probe)


def drawn(
    framework: str,
    side: Side,
    make: Callable[[], Any],
    wanted: Sequence[Wanted],
    seeds: Sequence[int],
    probe: Probe,
) -> list[Drawn]:
    """What `make` draws under each seed."""
    room = _room(framework)
    drawer = Drawer(wanted, side.weights())
    free = not gc.get_freeze_count()
    if free:
        gc.freeze()  # what was there before need not be looked through after each build
    try:
        for seed in seeds:
            room.sow(seed)
            drawer.see(side.again(make(), probe))
            gc.collect()  # a model is a knot of references, and would else outlive the next ones
    finally:
        if free:
            gc.unfreeze()
    return drawer.drawn()


def _made_anew(spec: SideSpec) -> Any:
    """What the callable of a spec returns once its modules are imported afresh.

    Variables and initialisers that stand at the top of a module are drawn when it is imported. Code that cannot be
    imported twice is only called again.
    """
    again = replace(spec, patched={})  # what is read in the place of its files is so already
    kept = {name: module for name, module in sys.modules.items() if _of_folder(module, spec.folder.resolve())}
    for name in kept:
        del sys.modules[name]
    try:
        return _made(again)
    except Exception:  # noqa: BLE001 - what is wrong with the code itself is raised below
        sys.modules.update(kept)
        return _made(again)


def _of_folder(module: ModuleType, folder: Path) -> bool:
    """Whether a module is the user's own, from this folder."""
    file = getattr(module, "__file__", None)
    return bool(file) and places.is_users(str(file)) and Path(str(file)).resolve().is_relative_to(folder)


def _made(spec: SideSpec) -> Any:
    """What the callable of a spec returns."""
    if spec.patched:
        _read_instead(spec.patched)
    if str(spec.folder) not in sys.path[:1]:
        sys.path.insert(0, str(spec.folder))
    name, _, function = spec.build.partition(":")
    beside = (spec.folder / f"{name.replace('.', '/')}.py").resolve()
    module = importlib.import_module(name)
    found = getattr(module, "__file__", None)
    if beside.is_file() and (found is None or Path(found).resolve() != beside):
        raise OutlineError(
            f"the name {name!r} is taken by {found or 'a built-in module'}; expected {beside}. Rename that file."
        )
    make = getattr(module, function, None)
    if not callable(make):
        names = [each for each in vars(module) if not each.startswith("_") and callable(getattr(module, each))]
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        raise OutlineError(f"{found or name} has no callable {function!r}; it has {shown or 'none'}")
    try:
        inspect.signature(make).bind(**spec.arguments)
    except TypeError as error:
        raise OutlineError(f"{name}:{function} does not take arguments = {dict(spec.arguments)}: {error}") from error
    except ValueError:
        pass  # a built-in without a signature
    return make(**spec.arguments)


def _read_instead(patched: Mapping[str, str]) -> None:
    """From now on, import these files with these texts. The process is a worker's, and lasts for one side."""
    texts = {os.path.realpath(file): text for file, text in patched.items()}
    plain = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        path = os.path.realpath(loader.path)
        return compile(texts[path], loader.path, "exec", dont_inherit=True) if path in texts else plain(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment,method-assign]
    for file, text in patched.items():  # where lines of code are told, they are those that run
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def framework_of(thing: Any) -> str | None:
    """The framework of a live model; None for anything else, such as a callable that builds one."""
    for base in type(thing).__mro__:
        top = base.__module__.partition(".")[0]
        if top in ("keras", "tensorflow", "torch"):
            return top
    return None


def live(thing: Any) -> tuple[str, Side]:
    """Hold a live model, or what a callable without arguments builds, as a Side; returns its framework too.

    Raises UsageError for an object of no framework that parity knows.
    """
    framework = framework_of(thing)
    if framework is None and builds(thing):
        with contextlib.ExitStack() as noting:
            for room in [_room(each) for each in ("torch", "keras", "tensorflow") if each in sys.modules]:
                noting.enter_context(room.noting_places())
            thing = thing()
        framework = framework_of(thing)
    if framework is None:
        raise UsageError(
            f"got {type(thing).__module__}.{type(thing).__name__}; expected a Keras model, a tf.Module, a tf.function, "
            "a torch.nn.Module, or a callable without arguments that builds one"
        )
    return framework, _side(_room(framework), thing)


def builds(builder: Any) -> bool:
    """Whether this is no live model and can be called without arguments, to build one."""
    if framework_of(builder) is not None or not callable(builder):
        return False
    try:
        inspect.signature(builder).bind()
    except (TypeError, ValueError):
        return False
    return True


def _room(framework: str) -> ModuleType:
    try:
        return importlib.import_module(f"parity.sides.{framework}")
    except ModuleNotFoundError as error:
        extra = {"keras": "tensorflow"}.get(framework, framework)
        raise OutlineError(f"{error.name} is not installed here; `pip install 'parity[{extra}]'` brings it") from error


def _side(room: ModuleType, thing: Any) -> Side:
    side: Side = room.SIDE(thing)
    return side
