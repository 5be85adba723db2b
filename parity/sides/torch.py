"""The PyTorch side: a `torch.nn.Module`, or a callable on tensors, as a Side."""

from __future__ import annotations

import contextlib
import copy
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from parity import places
from parity.axes import Axes, to_canonical
from parity.errors import NoAmendment, NoTwin, OutlineError, UsageError
from parity.nouns import Amendment, Array, Excerpt, Intake, Layer, Origin, Outline, Probe, Trace, Weights
from parity.rulebook import Stored, bookkeeping
from parity.sides._amend import spread
from parity.sides._excerpt import Unwritten, handed_on, stretch
from parity.sides._fresh import another, renamed
from parity.sides._torch_amend import Amender, amending
from parity.sides._torch_calibrate import Calibrator
from parity.sides._torch_excerpt import READ, Keeper, excerpt
from parity.sides._torch_files import read_state, write_state
from parity.sides._torch_held import Held, plain
from parity.sides._torch_keras import wide, widen
from parity.sides._torch_pass import BUILT, FRAMEWORK, Recorder, as_array, flat

_NARROWING = ("half", "bfloat16")
"""Calls that narrow because they say so: a twin does so too."""


@contextlib.contextmanager
def noting_places() -> Iterator[None]:
    """While this lasts, each module that is built remembers the line of the user's that built it."""
    plain = torch.nn.Module.__init__

    def noting(module: Any, *args: Any, **kwargs: Any) -> None:
        plain(module, *args, **kwargs)
        if BUILT not in module.__dict__:
            module.__dict__[BUILT] = places.here()

    torch.nn.Module.__init__ = noting
    try:
        yield
    finally:
        torch.nn.Module.__init__ = plain


def sow(seed: int) -> None:
    """Seed whatever fresh weights are drawn from."""
    torch.manual_seed(seed)


class TorchSide:
    """A live `torch.nn.Module`, or a callable, as a Side. Puts a module into evaluation mode while it works."""

    def __init__(self, module: Any) -> None:
        if not callable(module):
            raise OutlineError(f"the build returned {type(module).__name__}; expected a torch.nn.Module")
        self._module = module
        self._held = Held(module) if isinstance(module, torch.nn.Module) else Held()
        self._stored: dict[str, dict[str, tuple[Stored, Any]]] = {}
        self._axes: dict[str, Axes] = {}
        self._called: list[tuple[str, str]] = []
        self._calls: tuple[Layer, ...] = ()
        self._formulas: tuple[Layer, ...] = ()
        self._casts = False
        self._sides = 2  # share the cores, unless it is told
        # What it draws as it runs, in a dropout that drops: each plain run of this side draws something else, which its
        # float64 run and those on given values draw again, so that these differ by nothing but what they are about.
        self._luck = secrets.randbits(48)

    def intakes(self) -> tuple[Intake, ...]:
        return ()  # a module says nowhere what it takes

    def outline(self, probe: Probe) -> Outline:
        if any(map(is_lazy, self._held.tensors.values())):
            self._settle(probe)
        with _Asking() as asking:
            recorder = self._record(self._module, self._held, probe, keep=False)
        single = all(each.dtype is not torch.float64 for each in self._held.tensors.values())
        self._casts = asking.asked and single  # in a wider network a cast to float32 narrows
        self._stored, self._axes, self._called = recorder.stored, recorder.output_axes, recorder.called
        self._calls = recorder.calls
        self._formulas = tuple(layer for layer in recorder.layers if layer.made_of)
        unread = tuple(
            plain(name, tensor, self._held, portable=not bookkeeping(name), size=size)
            for name, tensor, size in self._held.unread(recorder.read)
        )
        return Outline(
            framework=FRAMEWORK,
            versions={"torch": str(torch.__version__)},
            inputs=tuple(probe.arrays),
            layers=tuple(recorder.layers),
            outputs=recorder.outputs,
            unread=unread,
            entering=probe.entering(),
        )

    def part(self, layers: Mapping[str, int]) -> bool:
        self._held.parts.update({self._stored[name]["kernel"][0].name: count for name, count in layers.items()})
        return True

    def among(self, sides: int) -> None:
        self._sides = sides

    def weights(self) -> Weights:
        return {
            layer: {role: stored.canonical(as_array(tensor)) for role, (stored, tensor) in roles.items()}
            for layer, roles in self._stored.items()
        }

    def origins(self) -> Mapping[str, Mapping[str, Origin]]:
        return {
            layer: {
                role: Origin(stored.name, _native_shape(stored, tensor), tuple(tensor.shape))
                for role, (stored, tensor) in roles.items()
            }
            for layer, roles in self._stored.items()
        }

    def again(self, thing: Any, probe: Probe) -> Weights:
        other = TorchSide(thing)
        if any(map(is_lazy, other._held.tensors.values())):
            other._settle(probe)
        names = self._held.names
        if not all(id(tensor) in names for roles in self._stored.values() for _, tensor in roles.values()):
            other._held.parts = self._held.parts
            other.outline(probe)
            return renamed(self._stored, other._stored, other.weights())
        found = other._held.tensors
        mine = {name: tuple(tensor.shape) for name, tensor in self._held.tensors.items()}
        if mine != {name: tuple(tensor.shape) for name, tensor in found.items()}:
            raise another([*mine], [*found])
        return {
            layer: {
                role: stored.canonical(as_array(found[names[id(tensor)]])) for role, (stored, tensor) in roles.items()
            }
            for layer, roles in self._stored.items()
        }

    def _settle(self, probe: Probe) -> None:
        """Let lazy modules see their sizes. What is made in inference mode could never be trained."""
        with _evaluating(self._module, self._sides), torch.no_grad():
            self._module(*(torch.from_numpy(np.array(array)) for array in probe.arrays.values()))

    def load(self, weights: Weights) -> None:
        ready = [
            (*self._stored[layer][role], array) for layer, roles in weights.items() for role, array in roles.items()
        ]
        for stored, tensor, array in ready:
            stored.check(array, tuple(tensor.shape))
        for stored, tensor, array in ready:
            native = as_array(tensor)
            stored.put(native, array)
            if native.ctypes.data != tensor.data_ptr():  # a type or device that NumPy has not: `native` is a copy
                with torch.no_grad():
                    tensor.copy_(torch.from_numpy(native))

    def calibrate(self, probe: Probe, seed: int) -> None:
        inputs = [torch.from_numpy(np.array(array)) for array in probe.arrays.values()]
        with _evaluating(self._module, self._sides), torch.inference_mode(), Calibrator(np.random.default_rng(seed)):
            self._module(*inputs)

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        amender = Amender(spread(amendments, self._formulas, self._calls), self._called)
        if not double:
            self._luck += given is None
            recorder = self._record(self._module, self._held, probe, keep=True, given=given, amender=amender)
            return _traced(recorder)
        recorder = self._record_twin(probe, keep=True, given=given, amender=amender)
        trace, told = _traced(recorder), {name for word, name in recorder.called if word in _NARROWING}
        narrow = [
            name for name, array in trace.steps.items() if array.dtype in (np.float32, np.float16) and name not in told
        ]
        if narrow:
            raise NoTwin(f"{narrow[0]} computes in {trace.steps[narrow[0]].dtype} even when all it reads is float64")
        return trace

    def excerpt(
        self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array], double: bool = False
    ) -> Excerpt:
        axes = {each.name: each.axes for each in self._calls}
        if layer in given:
            return handed_on(given[layer], axes[layer], role, READ, ("import torch",))
        try:
            names = stretch(self._calls, layer, given)
        except Unwritten as error:
            return Excerpt((layer,), "", (), {}, np.zeros(0), axes[layer], str(error))
        keeper = Keeper(names, self._called)
        if double:
            recorder = self._record_twin(probe, keep=False, given=given, keeper=keeper)
        else:
            recorder = self._record(self._module, self._held, probe, keep=False, given=given, keeper=keeper)
        own = next((each.axes for each in recorder.calls if each.name == layer), axes[layer])
        with torch.inference_mode():
            return excerpt(keeper, names, role, own, as_array)

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        inputs = [torch.from_numpy(np.array(array)) for array in probe.arrays.values()]
        with _evaluating(self._module, self._sides), torch.inference_mode(), self._lucky():
            result = self._module(*inputs)
        found = {name: each for name, each in flat(result, "output") if name in self._axes}
        return {name: np.array(to_canonical(as_array(each), self._axes[name])) for name, each in found.items()}

    @contextlib.contextmanager
    def _lucky(self) -> Iterator[None]:
        """While this lasts, what is drawn is what its last plain run drew; the user's own luck stays as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self._luck)  # `torch.manual_seed` sows every device's
            yield

    def _record_twin(
        self,
        probe: Probe,
        *,
        keep: bool,
        given: Mapping[str, Array] | None = None,
        amender: Amender | None = None,
        keeper: Keeper | None = None,
    ) -> Recorder:
        """The same of a copy in float64; raises NoTwin where it does not run."""
        try:
            with _doubling():
                twin = _twin(self._module)
                held = Held(twin, self._held.parts) if isinstance(twin, torch.nn.Module) else Held()
                wide = probe.doubled()
                with _Widening() if self._casts else contextlib.nullcontext():
                    return self._record(twin, held, wide, keep=keep, given=given, amender=amender, keeper=keeper)
        except NoAmendment:
            raise
        except Exception as error:
            raise NoTwin(f"its network does not run in float64: {error}") from error

    def _record(
        self,
        module: Any,
        held: Held,
        probe: Probe,
        *,
        keep: bool,
        given: Mapping[str, Array] | None = None,
        amender: Amender | None = None,
        keeper: Keeper | None = None,
    ) -> Recorder:
        """One forward pass in evaluation mode, seen by a recorder."""
        recorder = Recorder(held, keep, given, amender, keeper)
        inputs = [
            recorder.entered(name, torch.from_numpy(np.array(array)), probe.axes[name])
            for name, array in probe.arrays.items()
        ]
        with (
            _evaluating(module, self._sides),
            torch.inference_mode(),
            self._lucky(),
            recorder.hooks(),
            amending(amender),
        ):
            with recorder:
                result = module(*inputs)
            recorder.left(result)
        return recorder

    def read(self, file: Path) -> None:
        read_state(self._modular(file), file)

    def save(self, file: Path) -> None:
        carried = {stored.name: tensor for roles in self._stored.values() for stored, tensor in roles.values()}
        write_state(self._modular(file), file, carried)

    def _modular(self, file: Path) -> torch.nn.Module:
        if not isinstance(self._module, torch.nn.Module):
            raise UsageError(
                f"{file}: the build returned a bare callable; expected a torch.nn.Module for these weights"
            )
        return self._module

    def export(self, file: Path, probe: Probe) -> None:
        raise OutlineError("the PyTorch side is not exported to ONNX: the third reference comes from the Keras side")

    def snapshot(self) -> dict[str, Any]:
        """Its own parameters and buffers, copied; those that do not know their sizes yet hold nothing."""
        return {name: tensor.detach().clone() for name, tensor in self._held.tensors.items() if not is_lazy(tensor)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Put a snapshot back."""
        with torch.no_grad():
            for name, value in snapshot.items():
                self._held.tensors[name].copy_(value)


def _native_shape(stored: Stored, tensor: Any) -> tuple[int, ...]:
    """The shape in which a call reads what it reads of a parameter."""
    return tuple(tensor.shape) if stored.indices is None else tuple(np.shape(stored.indices))


def _traced(recorder: Recorder) -> Trace:
    return Trace(recorder.steps.arrays(), recorder.output_arrays.arrays(), recorder.isolated.arrays())


def _twin(module: Any) -> Any:
    """A copy in float64, also of the modules that it keeps in plain lists."""
    copies: dict[int, Any] = {}
    twin = copy.deepcopy(module, copies)
    for each in [each for each in copies.values() if isinstance(each, torch.nn.Module)]:
        each.double()
        widen(each)
    return twin


@contextlib.contextmanager
def _doubling() -> Iterator[None]:
    """Fresh tensors are float64 while this lasts."""
    was = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with wide():
            yield
    finally:
        torch.set_default_dtype(was)


class _Asking(TorchFunctionMode):
    """Sees whether a network asks for float32 by name."""

    asked = False

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        words = kwargs or {}
        named = any(each is torch.float32 for each in (*args, *words.values()))
        self.asked |= named or function is torch.Tensor.float
        return function(*args, **words)


class _Widening(TorchFunctionMode):
    """Where a network of float32 asks for float32 by name, which changes nothing there, its twin gets float64."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        words = {name: _wide(value) for name, value in (kwargs or {}).items()}
        wide = torch.Tensor.double if function is torch.Tensor.float else function
        return wide(*map(_wide, args), **words)


def _wide(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value


@contextlib.contextmanager
def _evaluating(module: Any, sides: int) -> Iterator[None]:
    """Evaluation mode, on a share of the threads: where other sides run at the same time, none waits for a core."""
    was = {each: each.training for each in module.modules()} if isinstance(module, torch.nn.Module) else {}
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // sides))
    try:
        if was:
            module.eval()
        yield
    finally:
        torch.set_num_threads(threads)
        for each, training in was.items():
            each.training = training


SIDE = TorchSide
