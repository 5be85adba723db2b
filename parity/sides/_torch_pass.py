"""What happens in one forward pass of PyTorch: each functional call, seen by a `TorchFunctionMode`.

So a layer is what was called (`conv1d`, `relu`, `cat`) with the tensors it was given, whichever module or
bare function called it; modules only lend their names and the lines that built them.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from parity import places
from parity.axes import Axes, canonical, from_canonical, named, shape_of, to_canonical, unknown
from parity.nouns import Array, Layer, Parameter
from parity.probes import near
from parity.rule import Call
from parity.rulebook import Stored, bind, knows, parameter, read, words_of

FRAMEWORK = "torch"
BUILT = "_parity_built"


@dataclass
class Held:
    """What a module owns: each parameter and buffer, tied ones under their first name."""

    module: Any = field(default_factory=torch.nn.Module)
    tensors: dict[str, Any] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, tensor in [*self.module.named_parameters(), *self.module.named_buffers()]:
            self.tensors[name] = tensor
            self.names[id(tensor)] = name
        self.modules = {id(each): name for name, each in self.module.named_modules()}


class Recorder(TorchFunctionMode):
    """Sees each call of one forward pass, outermost calls only, and keeps layers and, if asked, their outputs.

    With `given` (canonical outputs by layer), each call is made a second time on its *shadow* operands: what
    the given network has where this one has its own. So every layer is also seen alone, with the error of
    those before it taken away; what has no given output passes its shadow on, computed.
    """

    def __init__(self, held: Held, keep: bool, given: Mapping[str, Array] | None = None) -> None:
        super().__init__()
        self.held, self.keep, self.given = held, keep, given
        self.isolated: dict[str, Array] = {}
        self._shadows: dict[int, Any] = {}
        self._unlike: set[int] = set()  # tensors whose shadow is not what the given network has here
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
            if isinstance(tensor, bool | int | float):
                # A plain number is compared too, and comes from no layer: whatever it is, it shows nothing.
                self.outputs[name], self.output_arrays[name] = "", np.asarray(tensor)
            if not isinstance(tensor, torch.Tensor):
                continue
            layer, axes = self._from.get(id(tensor), ("", unknown(tuple(tensor.shape))))
            self.outputs[name] = layer
            if self.keep:
                self.output_arrays[name] = np.array(to_canonical(as_array(tensor), axes))

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = list(_tensors([args, kwargs]))
        data = [each for each in tensors if id(each) in self._from]
        held = [each for each in tensors if self._is_held(each)]
        # Shapes and axes are read before the call, which may change its operands in place.
        operands = [self._from[id(each)] for each in data]
        shadow = self._shadow_call(function, args, kwargs) if data and self.given is not None else None
        result = function(*args, **kwargs)
        if data:
            results = [each for _, each in _flat(result, "") if isinstance(each, torch.Tensor)]
            if results:
                layer = self._note(_word(function), args, kwargs, operands, held, results)
                if self.given is not None:
                    self._cast_shadows(layer, results, shadow, any(id(each) in self._unlike for each in data))
        return result

    def _shadow_call(self, function: Any, args: Any, kwargs: Any) -> list[Any] | None:
        """The tensors that this call gives on the shadows of its operands; None where it cannot take them."""
        flags = [*args, *kwargs.values()]
        in_place = function.__name__.endswith("_") or any(each is True for each in flags)
        try:
            result = function(*self._shadowed(args, in_place), **self._shadowed(kwargs, in_place))
        except Exception:  # noqa: BLE001 - a shadow may have a shape that this call refuses; its own run goes on
            return None
        return [each for _, each in _flat(result, "") if isinstance(each, torch.Tensor)]

    def _shadowed(self, value: Any, copied: bool) -> Any:
        if isinstance(value, torch.Tensor):
            shadow = self._shadows.get(id(value), value)
            return shadow.clone() if copied and id(value) in self._from else shadow
        if isinstance(value, Mapping):
            return {key: self._shadowed(each, copied) for key, each in value.items()}
        if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
            return type(value)(self._shadowed(each, copied) for each in value)
        return value

    def _cast_shadows(self, layer: Layer, results: list[Any], shadow: list[Any] | None, unlike: bool) -> None:
        """Keep what the shadow call gave, and let what the given network has here stand for it from now on."""
        assert self.given is not None
        unlike = unlike or shadow is None or len(shadow) != len(results)
        shadows = results if unlike or shadow is None else shadow
        if not unlike:
            self.isolated[layer.name] = np.array(to_canonical(as_array(shadows[0]), layer.axes))
        for result, each in zip(results, shadows, strict=True):
            self._shadows[id(result)] = each
        given = self.given.get(layer.name)
        self._unlike -= {id(each) for each in results}
        if given is None and unlike:
            self._unlike |= {id(each) for each in results}
        canonical_shape = shape_of(canonical(layer.axes))
        if given is not None and np.size(given) == results[0].numel() and _long(given.shape) == _long(canonical_shape):
            native = from_canonical(np.reshape(given, canonical_shape), layer.axes)
            # The strides of the real result are kept: a `view` behind it must find what it would have found.
            stand_in = torch.empty_like(results[0])
            self._shadows[id(results[0])] = stand_in.copy_(torch.from_numpy(np.array(native)))
        elif given is not None:
            self._unlike |= {id(each) for each in results}

    def _is_held(self, tensor: Any) -> bool:
        return id(tensor) in self.held.names or isinstance(tensor, torch.nn.Parameter)

    def _note(
        self, word: str, args: Any, kwargs: Any, operands: list[tuple[str, Axes]], held: list[Any], given: list[Any]
    ) -> Layer:
        words = bind(words_of(FRAMEWORK, word), args, kwargs) if knows(FRAMEWORK, word) else dict(kwargs)
        held_slots = {
            slot: tensor for slot, tensor in words.items() if isinstance(tensor, torch.Tensor) and self._is_held(tensor)
        }
        shapes = {slot: tuple(tensor.shape) for slot, tensor in held_slots.items()}
        call = Call(word, words, tuple(axes for _, axes in operands), tuple(given[0].shape), shapes)
        names = {slot: self._name(tensor) for slot, tensor in held_slots.items()}
        reading = read(FRAMEWORK, call, names)
        owner = self._owners.get(id(held[0])) if held else None
        name = self._layer_name(word, held, owner)
        fresh = [each for each in held if id(each) not in self._owners]
        slots = {stored.role: words[reading.slots[stored.role]] for stored in reading.stored}
        parameters = self._parameters(reading.stored, slots, fresh)
        portable = {id(each) for each in fresh if id(each) in self.held.names}
        if portable:
            self.stored[name] = {
                stored.role: (stored, slots[stored.role])
                for stored in reading.stored
                if id(slots[stored.role]) in portable
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
            built=getattr(self._modules[-1], BUILT, None)
            if self._modules and self._is_leaf(self._modules[-1])
            else None,
            called=places.here(),
        )
        self.layers.append(layer)
        self._give(given[0], name, reading.axes)
        for other in given[1:]:
            self._give(other, name, unknown(tuple(other.shape)))
        if self.keep:
            self.steps[name] = np.array(to_canonical(as_array(given[0]), reading.axes))
        return layer

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
            plain(self._name(tensor), tensor, self.held, portable=False)
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


def plain(name: str, tensor: Any, held: Held, *, portable: bool) -> Parameter:
    """A parameter or buffer that no rule speaks of."""
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


class Calibrator(TorchFunctionMode):
    """Gives each call that reads running statistics new ones, near those of its input, before it is made."""

    def __init__(self, random: np.random.Generator) -> None:
        super().__init__()
        self._random = random

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        word = _word(function)
        if word == "batch_norm":
            words = bind(words_of(FRAMEWORK, word), args, kwargs)
            data, held = words["input"], [words[slot] for slot in ("running_mean", "running_var")]
            if all(isinstance(each, torch.Tensor) for each in held):
                others = [axis for axis in range(data.ndim) if axis != 1]
                measured = as_array(data.double().mean(others)), as_array(data.double().var(others, correction=0))
                for tensor, value in zip(held, near(*measured, self._random), strict=True):
                    tensor.copy_(torch.from_numpy(value))
        return function(*args, **kwargs)


def _long(shape: Sequence[int]) -> list[int]:
    return [size for size in shape if size != 1]


def as_array(tensor: Any) -> Array:
    """A tensor's values, not copied."""
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    array: Array = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
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
