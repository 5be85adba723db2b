"""The PyTorch side: every functional call of a forward pass is seen by a `TorchFunctionMode`.

So a layer is what was called (`conv1d`, `relu`, `cat`) with the tensors it was given, whichever module or
bare function called it; modules only lend their names and the lines that built them.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from parity import places
from parity.axes import Axes, named, to_canonical, unknown
from parity.errors import OutlineError
from parity.nouns import Array, Layer, Outline, Parameter, Probe, Trace, Weights
from parity.rule import Call
from parity.rulebook import Stored, bind, bookkeeping, find, parameter, read

FRAMEWORK = "torch"
_BUILT = "_parity_built"


@contextlib.contextmanager
def noting_places() -> Iterator[None]:
    """While this lasts, each module that is built remembers the line of the user's that built it."""
    plain = torch.nn.Module.__init__

    def noting(module: Any, *args: Any, **kwargs: Any) -> None:
        plain(module, *args, **kwargs)
        if _BUILT not in module.__dict__:
            module.__dict__[_BUILT] = places.here()

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
        self._held = _Held(module) if isinstance(module, torch.nn.Module) else _Held(torch.nn.Module())
        self._stored: dict[str, dict[str, tuple[Stored, Any]]] = {}
        self._layers: list[Layer] = []

    def outline(self, probe: Probe) -> Outline:
        recorder = self._record(probe, keep=False)
        self._layers = recorder.layers
        self._stored = recorder.stored
        unread = tuple(
            _plain(name, tensor, self._held, portable=not bookkeeping(name))
            for name, tensor in self._held.tensors.items()
            if id(tensor) not in recorder.read
        )
        return Outline(
            framework=FRAMEWORK,
            versions={"torch": torch.__version__},
            inputs=tuple(probe.arrays),
            layers=tuple(recorder.layers),
            outputs=recorder.outputs,
            unread=unread,
        )

    def weights(self) -> Weights:
        return {
            layer: {role: stored.canonical(_numpy(tensor)) for role, (stored, tensor) in roles.items()}
            for layer, roles in self._stored.items()
        }

    def load(self, weights: Weights) -> None:
        ready = [
            (tensor, torch.from_numpy(stored.checked(array, tuple(tensor.shape), _numpy(tensor).dtype)))
            for layer, roles in weights.items()
            for role, array in roles.items()
            for stored, tensor in [self._stored[layer][role]]
        ]
        with torch.no_grad():
            for tensor, value in ready:
                tensor.copy_(value)

    def run(self, probe: Probe) -> Trace:
        recorder = self._record(probe, keep=True)
        return Trace(steps=recorder.steps, outputs=recorder.output_arrays)

    def export(self, file: Path, probe: Probe) -> None:
        raise OutlineError("the PyTorch side is not exported to ONNX: the third reference comes from the Keras side")

    def snapshot(self) -> dict[str, Any]:
        """Its own parameters and buffers, copied."""
        return {name: tensor.detach().clone() for name, tensor in self._held.tensors.items()}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Put a snapshot back."""
        with torch.no_grad():
            for name, value in snapshot.items():
                self._held.tensors[name].copy_(value)

    def _record(self, probe: Probe, *, keep: bool) -> _Recorder:
        recorder = _Recorder(self._held, keep)
        inputs = [
            recorder.entered(name, torch.from_numpy(np.array(array)), probe.axes[name])
            for name, array in probe.arrays.items()
        ]
        with _evaluating(self._module), torch.inference_mode(), recorder.hooks():
            with recorder:
                result = self._module(*inputs)
            recorder.left(result)
        return recorder


@dataclass
class _Held:
    """What a module owns: each parameter and buffer, tied ones under their first name."""

    module: Any
    tensors: dict[str, Any] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, tensor in [*self.module.named_parameters(), *self.module.named_buffers()]:
            self.tensors[name] = tensor
            self.names[id(tensor)] = name
        self.modules = {id(each): name for name, each in self.module.named_modules()}


class _Recorder(TorchFunctionMode):
    """Sees each call of one forward pass, outermost calls only, and keeps layers and, if asked, their outputs."""

    def __init__(self, held: _Held, keep: bool) -> None:
        super().__init__()
        self.held, self.keep = held, keep
        self.layers: list[Layer] = []
        self.stored: dict[str, dict[str, tuple[Stored, Any]]] = {}
        self.steps: dict[str, Array] = {}
        self.outputs: dict[str, str] = {}
        self.output_arrays: dict[str, Array] = {}
        self.read: set[int] = set()
        self._owners: dict[int, str] = {}  # parameter -> the layer that read it first
        self._from: dict[int, tuple[str, Axes]] = {}  # tensor -> the layer that gave it, its axes
        self._alive: list[Any] = []  # ids are only names while their tensors live
        self._modules: list[Any] = []
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def hooks(self) -> Iterator[None]:
        enter = register_module_forward_pre_hook(lambda module, args: self._modules.append(module))
        leave = register_module_forward_hook(lambda module, args, out: self._leave(), always_call=True)
        try:
            yield
        finally:
            enter.remove()
            leave.remove()

    def _leave(self) -> None:
        if self._modules:
            self._modules.pop()

    def entered(self, name: str, tensor: Any, names: Sequence[str]) -> Any:
        """An input of the network."""
        self._give(tensor, f"input:{name}", named(names, tuple(tensor.shape)))
        return tensor

    def left(self, result: Any) -> None:
        """The network's result: a tensor, or tensors nested in tuples, lists and mappings."""
        for name, tensor in _flat(result, "output"):
            if not isinstance(tensor, torch.Tensor):
                continue
            layer, axes = self._from.get(id(tensor), ("", unknown(tuple(tensor.shape))))
            self.outputs[name] = layer
            if self.keep:
                self.output_arrays[name] = np.array(to_canonical(_numpy(tensor), axes))

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = list(_tensors([args, kwargs]))
        data = [each for each in tensors if id(each) in self._from]
        held = [each for each in tensors if self._is_held(each)]
        # Shapes and axes are read before the call, which may change its operands in place.
        operands = [self._from[id(each)] for each in data]
        result = function(*args, **kwargs)
        if data:
            given = [each for _, each in _flat(result, "") if isinstance(each, torch.Tensor)]
            if given:
                self._note(_word(function), args, kwargs, operands, held, given)
        return result

    def _is_held(self, tensor: Any) -> bool:
        return id(tensor) in self.held.names or isinstance(tensor, torch.nn.Parameter)

    def _note(
        self, word: str, args: Any, kwargs: Any, operands: list[tuple[str, Axes]], held: list[Any], given: list[Any]
    ) -> None:
        found = find(FRAMEWORK, word)
        words = bind(found[1].words, args, kwargs) if found else dict(kwargs)
        call = Call(word, words, tuple(axes for _, axes in operands), tuple(given[0].shape))
        names = {
            slot: self._name(tensor)
            for slot, tensor in words.items()
            if isinstance(tensor, torch.Tensor) and self._is_held(tensor)
        }
        reading = read(FRAMEWORK, call, names)
        owner = self._owners.get(id(held[0])) if held else None
        name = self._layer_name(word, held, owner)
        fresh = [each for each in held if id(each) not in self._owners]
        slots = {stored.role: words[reading.slots[stored.role]] for stored in reading.stored}
        parameters = self._parameters(reading.stored, slots, fresh)
        if owner is None and held:
            self.stored[name] = {
                stored.role: (stored, slots[stored.role])
                for stored in reading.stored
                if id(slots[stored.role]) in self.held.names
            }
        for tensor in held:
            self.read.add(id(tensor))
            self._owners.setdefault(id(tensor), name)
        layer = Layer(
            name=name,
            kind=reading.kind,
            inputs=tuple(source for source, _ in operands),
            shape=call.shape,
            axes=reading.axes,
            settings=reading.settings,
            parameters=parameters,
            carries=reading.carries,
            known=reading.known,
            shares=owner,
            built=getattr(self._modules[-1], _BUILT, None)
            if self._modules and self._is_leaf(self._modules[-1])
            else None,
            called=places.here(),
        )
        self.layers.append(layer)
        self._give(given[0], name, reading.axes)
        for other in given[1:]:
            self._give(other, name, unknown(tuple(other.shape)))
        if self.keep:
            self.steps[name] = np.array(to_canonical(_numpy(given[0]), reading.axes))

    def _parameters(
        self, stored: Sequence[Stored], slots: Mapping[str, Any], fresh: list[Any]
    ) -> tuple[Parameter, ...]:
        ported = []
        for each in stored:
            tensor = slots[each.role]
            if any(tensor is one for one in fresh):
                known = id(tensor) in self.held.names
                counted = isinstance(tensor, torch.nn.Parameter)
                ported.append(
                    parameter(
                        each,
                        tuple(tensor.shape),
                        bool(tensor.requires_grad),
                        counted=counted,
                        registered=known,
                        portable=known,
                    )
                )
        slotted = {id(tensor) for tensor in slots.values()}
        others = [
            _plain(self._name(tensor), tensor, self.held, portable=False)
            for tensor in fresh
            if id(tensor) not in slotted
        ]
        return (*ported, *others)

    def _give(self, tensor: Any, layer: str, axes: Axes) -> None:
        self._from[id(tensor)] = (layer, axes)
        self._alive.append(tensor)

    def _name(self, tensor: Any) -> str:
        return self.held.names.get(id(tensor), "(not registered)")

    def _is_leaf(self, module: Any) -> bool:
        return type(module).__module__.startswith("torch.nn.") and next(module.children(), None) is None

    def _layer_name(self, word: str, held: list[Any], owner: str | None) -> str:
        """The path of the module that owns its parameters, of the leaf that was called, or the function's name."""
        registered = [self.held.names[id(each)] for each in held if id(each) in self.held.names]
        if owner:
            base = owner
        elif registered:
            base = registered[0].rpartition(".")[0] or registered[0]
        elif self._modules and self._is_leaf(self._modules[-1]) and self.held.modules.get(id(self._modules[-1])):
            base = self.held.modules[id(self._modules[-1])]
        else:
            inside = [self.held.modules.get(id(module), "") for module in self._modules]
            path = next((each for each in reversed(inside) if each), "")
            base = f"{path}.{word}" if path else word
        self._taken[base] += 1
        return base if self._taken[base] == 1 else f"{base}:{self._taken[base]}"


@contextlib.contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    if not isinstance(module, torch.nn.Module):
        yield
        return
    was = {each: each.training for each in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for each, training in was.items():
            each.training = training


def _plain(name: str, tensor: Any, held: _Held, *, portable: bool) -> Parameter:
    counted = isinstance(tensor, torch.nn.Parameter)
    return Parameter(
        role=name.rpartition(".")[2],
        name=name,
        shape=tuple(tensor.shape),
        trainable=bool(tensor.requires_grad),
        counted=counted,
        registered=id(tensor) in held.names,
        portable=portable,
    )


def _word(function: Any) -> str:
    """The plain name of a call: `relu` for `relu_`, `add` for `__add__`, `T` for the property of that name."""
    name: str = function.__name__
    if name == "__get__":
        return str(function.__self__.__name__)
    return name.strip("_") if name.startswith("__") else name.rstrip("_")


def _numpy(tensor: Any) -> Array:
    array: Array = tensor.detach().cpu().numpy()
    return array


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Leaves of nested results, named by their path: `output`, `output.0`, `output.logits`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from _flat(each, f"{name}.{position}" if len(value) > 1 else name)
    else:
        yield name, value


SIDE = TorchSide
