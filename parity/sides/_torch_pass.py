"""What happens in one forward pass of PyTorch: each functional call, seen by a `TorchFunctionMode`.

So a layer is what was called (`conv1d`, `relu`, `cat`) with the tensors it was given, whichever module or
bare function called it; modules only lend their names and the lines that built them.
"""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from parity import places
from parity.axes import Axes, canonical, from_canonical, named, regroups, shape_of, to_canonical, unknown
from parity.moves import followed
from parity.nouns import Amendment, Array, Layer, Parameter
from parity.rule import Call
from parity.rulebook import Stored, beside, bind, gathered, knows, living, parameter, read, signature, words_of
from parity.sides._amend import axes_of, read_as
from parity.sides._source import Owners, Source
from parity.sides._torch_amend import Amender, in_place, refilled, written
from parity.sides._torch_excerpt import Keeper
from parity.sides._torch_held import Held, Shown, plain, tensors
from parity.sides._torch_keras import FRAMEWORK as KERAS
from parity.sides._torch_keras import LayerCall, layers_whole
from parity.sides._torch_parts import TAKING, Joined, joined, parts_of
from parity.spool import Spool

FRAMEWORK = "torch"
BUILT = "_parity_built"
_ALONE = ("embedding",)
"""Functions that are layers also where all they read is constant: the table of a learned position."""


class Recorder(TorchFunctionMode):
    """Sees each call of one forward pass, outermost calls only, and keeps layers and, if asked, their outputs.

    With `given` (canonical outputs by layer), each call is made a second time on its *shadow* operands: what
    the given network has where this one has its own. So every layer is also seen alone, with the error of
    those before it taken away; what has no given output passes its shadow on, computed.

    Nothing of the pass lives longer than in a plain one: outputs are put away as they come, given values are
    read where a call needs them, and what is known of a tensor is forgotten with it.
    """

    def __init__(
        self,
        held: Held,
        keep: bool,
        given: Mapping[str, Array] | None = None,
        amender: Amender | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        super().__init__()
        self._amender = amender or Amender((), ())
        self._keeper = keeper
        self.called: list[tuple[str, str]] = []  # the words and names of all layers, in the order of their calls
        self.held, self.keep, self.given = held, keep, given
        self.isolated = Spool()
        self._shadows: dict[int, Any] = {}  # tensor -> its shadow, or where that is to be read
        self._unlike: set[int] = set()  # tensors whose shadow is not what the given network has here
        self.layers: list[Layer] = []
        self.calls: tuple[Layer, ...] = ()  # each call, also where several are one layer in the end
        self.stored: dict[str, dict[str, tuple[Stored, Any]]] = {}
        self.steps = Spool()
        self.outputs: dict[str, str] = {}
        self.output_arrays = Spool()
        self.output_axes: dict[str, Axes] = {}
        self._shown = Shown(held)
        self.read: list[Source] = []
        self._owners = Owners()
        self._joined: dict[int, Joined] = {}  # by what it was joined to
        self._from: dict[int, tuple[str, Axes]] = {}  # tensor -> the layer that gave it, its axes
        self._lives: dict[int, Any] = {}  # ids are only names while their tensors live
        self._modules: list[Any] = []
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def hooks(self) -> Iterator[None]:
        enter = register_module_forward_pre_hook(lambda module, args: self._modules.append(module))
        leave = register_module_forward_hook(lambda module, args, out: self._leave(), always_call=True)
        try:
            with layers_whole(self._whole):
                yield
        finally:
            enter.remove()
            leave.remove()
            self._lives.clear()  # each of them knows this recorder

    def _leave(self) -> None:
        if self._modules:
            self._modules.pop()

    def entered(self, name: str, tensor: Any, names: Sequence[str]) -> Any:
        """An input of the network."""
        axes = named(names, tuple(tensor.shape))
        tensor = self._amender.entering(name, tensor)
        self._give(tensor, f"input:{name}", followed(axes, self._amender.then(name), tuple(tensor.shape)))
        return tensor

    def left(self, result: Any) -> None:
        """The network's result: a tensor, or tensors nested in tuples, lists and mappings."""
        for name, tensor in flat(result, "output"):
            if isinstance(tensor, bool | int | float):
                # A plain number is compared too, and comes from no layer: whatever it is, it shows nothing.
                self.outputs[name] = ""
                self.output_arrays.put(name, np.asarray(tensor))
            if not isinstance(tensor, torch.Tensor):
                continue
            layer, axes = self._from.get(id(tensor), ("", unknown(tuple(tensor.shape))))
            self.outputs[name], self.output_axes[name] = layer, axes
            if self.keep:
                self.output_arrays.put(name, to_canonical(as_array(tensor), axes), fleeting=True)
        self.calls = tuple(self.layers)
        self.layers = list(living(self.layers, self.outputs.values()))
        self.stored = gathered(self.stored, self.layers)

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, word, called = kwargs or {}, _word(function), function
        operands = list(tensors([args, kwargs]))
        data = [each for each in operands if id(each) in self._from]
        if data and (run := parts_of(word, args, kwargs, self._call, self._parts(word, args))) is not None:
            with self:
                return run()
        # Shapes and axes are read before the call, which may change its operands in place.
        fed = [self._from[id(each)] for each in data]
        held = [source for each in operands if id(each) not in self._from for source in self._shown.sources(each)]
        amendment = self._amender.at(len(self.called), word) if data else None
        if amendment is not None and word in TAKING and id(args[0]) in self._joined:
            taken = list(tensors(function(*args, **kwargs)))
            amendment = None if self._taken_apart(word, args, kwargs, taken) else amendment  # no layer, as before
        if amendment is not None:
            places = [place for place, each in enumerate(operands) if id(each) in self._from]
            function = self._amender.amended(function, word, amendment, places)
        if data and self._keeper and self._keeper.wants(len(self.called), word):
            self._keeper.keep(len(self.called), function, word, args, kwargs, self._operand)
        shadow = self._shadow_call(function, args, kwargs) if data and self.given is not None else None
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            self._blame(error)
            raise
        results = [each for _, each in flat(result, "") if isinstance(each, torch.Tensor)]
        fed = fed if amendment is None else read_as(amendment, fed)
        self._forget_changed(function, args, kwargs)
        if data and (parts := self._taken_apart(word, args, kwargs, results)):
            for each, part in zip(results, parts, strict=True):
                self._stand_for(each, part)
        elif results and (data or (held and word in _ALONE)):
            framework, words = _spoken(called, word, args, kwargs)
            maker = getattr(called, "layer", None) or self._leaf()
            layer = self._note(word, framework, words, fed, held, results, amendment, maker, operands)
            if self.given is not None:
                self._cast_shadows(layer, results, shadow, any(id(each) in self._unlike for each in data))
            if self._keeper:
                self._keeper.gave(layer.name, results[0], shadow)
            if layer.name in self._amender.wanted:
                self._amender.keep(layer.name, results[0], self._shadow(results[0]))
            if self._amender.inserts(layer.name, amendment):
                first = self._inserted(layer, results[0], amendment, in_place(function, word, args, kwargs))
                return refilled(result, iter([first, *results[1:]]))
            if amendment is not None:
                return result
            if word in ("stack", "cat", "concat", "concatenate"):
                self._joined[id(result)] = joined(word, args, kwargs, result)
            elif args and id(args[0]) in self._joined:
                with self:
                    if (moved := self._joined[id(args[0])].moved(word, args, kwargs, result)) is not None:
                        self._joined[id(result)] = moved
        elif held:
            self._shown.follow(word, function, args, kwargs, results)
        return result

    def _blame(self, error: Exception) -> None:
        """Let an error say in which module of the user's it was raised, which no frame of its traceback does."""
        module = next((each for each in reversed(self._modules) if self.held.modules.get(id(each))), None)
        if module is not None and not getattr(error, "__notes__", None):
            built = getattr(module, BUILT, None)
            where = f", built in {built.file.rpartition('/')[2]}:{built.line}  {built.code}" if built else ""
            error.add_note(f"in {self.held.modules[id(module)]} ({type(module).__name__}){where}")

    def _inserted(self, layer: Layer, tensor: Any, amendment: Amendment | None, itself: bool) -> Any:
        """What stands behind a layer by an amendment, which is no layer of the network's own.

        Where the layer writes into its operand, `itself`, the network's code may read that on.
        """
        unlike = {id(tensor)} & self._unlike
        if self.given is not None and not unlike:
            with self._amender.on_shadows():
                shown = self._amender.handed_on(layer.name, self._shadow(tensor), amendment)
        result = self._amender.handed_on(layer.name, tensor, amendment)
        result = written(tensor, result) if itself else result
        moves = amendment.then if amendment and not amendment.behind else ()
        self._give(result, layer.name, followed(layer.axes, moves, tuple(result.shape)))
        if unlike:
            self._unlike.add(id(result))
        elif self.given is not None:
            self._shadows[id(result)] = shown
        return result

    def _operand(self, tensor: Any) -> tuple[str, Any, str]:
        """What a call reads: the layer that gives it, the given values in its place, and its name as a parameter."""
        if id(tensor) in self._from:
            return self._from[id(tensor)][0], self._shadow(tensor), ""
        source = self._shown.source(tensor)
        return "", tensor, "" if source is None else self._name(source.array).rpartition(".")[2]

    def _parts(self, word: str, args: Any) -> int:
        """As how many layers a product with a kernel is to be shown."""
        return self.held.parts.get(self._name(args[1]), 1) if word == "linear" and len(args) > 1 else 1

    def _whole(self, function: LayerCall, *args: Any) -> Any:
        """A layer of Keras's as one call; inside another such layer, or away from the data, as it is."""
        return self._call(function, *args) if id(args[0]) in self._from else function(*args)

    def _call(self, function: Any, *args: Any) -> Any:
        """Call a function of parity's own as one layer, whatever it calls itself."""
        with torch._C.DisableTorchFunction():
            return self.__torch_function__(function, (), args)

    def _forget_changed(self, function: Any, args: Any, kwargs: Any) -> None:
        """What a call changes in place is not what was joined any more, nor a part of it."""
        name = function.__name__
        changes = name.startswith(("__i", "__set")) or (name.endswith("_") and not name.endswith("__"))
        if not args or not (changes or any(each is True for each in (*args, *kwargs.values()))):
            return
        known = self._joined.copy()  # which grows less at any time, as tensors die
        holding = [name for name, each in known.items() if any(part is args[0] for part in each.parts)]
        for number in (id(args[0]), *holding):
            self._joined.pop(number, None)

    def _taken_apart(self, word: str, args: Any, kwargs: Any, results: list[Any]) -> list[Any] | None:
        """The tensors that a call takes out of what they were joined to before; None for any other call."""
        joined = self._joined.get(id(args[0])) if args and isinstance(args[0], torch.Tensor) else None
        return joined.taken_apart(word, args, kwargs, results) if joined else None

    def _stand_for(self, tensor: Any, part: Any) -> None:
        """Let a tensor be what another one is: they hold the same numbers."""
        if id(part) in self._from:
            self._give(tensor, *self._from[id(part)])
        if id(part) in self._shadows:
            self._shadows[id(tensor)] = self._shadows[id(part)]
        if id(part) in self._unlike:
            self._unlike.add(id(tensor))

    def _shadow_call(self, function: Any, args: Any, kwargs: Any) -> list[Any] | None:
        """The tensors that this call gives on the shadows of its operands; None where it cannot take them."""
        flags = [*args, *kwargs.values()]
        changes = function.__name__.endswith("_") or any(each is True for each in flags)
        try:
            # What a call draws, it draws alike both times.
            with self._amender.on_shadows(), torch.random.fork_rng(devices=[]):
                result = function(*self._shadowed(args, changes), **self._shadowed(kwargs, changes))
        except Exception:  # noqa: BLE001 - a shadow may have a shape that this call refuses; its own run goes on
            return None
        return [each for _, each in flat(result, "") if isinstance(each, torch.Tensor)]

    def _shadowed(self, value: Any, copied: bool) -> Any:
        if isinstance(value, torch.Tensor):
            known = isinstance(self._shadows.get(id(value)), _Given)
            shadow = self._shadow(value)
            return shadow.clone() if copied and not known and id(value) in self._from else shadow
        if isinstance(value, Mapping):
            return {key: self._shadowed(each, copied) for key, each in value.items()}
        if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
            return type(value)(self._shadowed(each, copied) for each in value)
        return value

    def _shadow(self, tensor: Any) -> Any:
        """What the given network has where this one has `tensor`, which is itself where nothing is known."""
        shadow = self._shadows.get(id(tensor), tensor)
        return shadow.tensor() if isinstance(shadow, _Given) else shadow

    def _cast_shadows(self, layer: Layer, results: list[Any], shadow: list[Any] | None, unlike: bool) -> None:
        """Keep what the shadow call gave, and let what the given network has here stand for it from now on."""
        assert self.given is not None
        for each in results:
            self._shadows.pop(id(each), None)
            self._unlike.discard(id(each))
        unlike = unlike or shadow is None or len(shadow) != len(results)
        if not unlike and shadow is not None:
            self.isolated.put(layer.name, to_canonical(as_array(shadow[0]), layer.axes), fleeting=True)
            # What a call hands on as it is needs no shadow, and would live as long as this pass if it were its own.
            own = {id(result): each for result, each in zip(results, shadow, strict=True) if result is not each}
            self._shadows.update(own)
        given = self.given.get(layer.name)
        fits = given is not None and regroups(given.shape, shape_of(canonical(layer.axes)))
        if given is not None and fits:
            self._shadows[id(results[0])] = _Given.of(given, layer.axes, results[0])
        astray = unlike if given is None else not fits
        if astray:
            self._unlike |= {id(each) for each in results}

    def _note(
        self,
        word: str,
        framework: str,
        words: Mapping[str, Any],
        operands: list[tuple[str, Axes]],
        held: list[Source],
        given: list[Any],
        amendment: Amendment | None,
        module: Any,
        taken: list[Any],
    ) -> Layer:
        slots = {
            slot: source
            for slot, value in words.items()
            if isinstance(value, torch.Tensor)
            and id(value) not in self._from
            and (source := self._shown.source(value)) is not None
        }
        shapes = {slot: source.shape for slot, source in slots.items()}
        shape = tuple(given[0].shape)
        own = shape if amendment is None else self._amender.shape
        call = Call(word, words, tuple(axes for _, axes in operands), own, shapes)
        reading = read(
            framework, call, {slot: self._name(source.array) + source.part for slot, source in slots.items()}
        )
        reading = replace(reading, axes=axes_of(amendment, reading.axes, call.inputs, shape))
        first = {source.key: self._owners.of(source) for source in held}
        fresh = [source for source in held if first[source.key] is None]
        owner = next((layer for layer in first.values() if layer), None)
        name = self._layer_name(word, fresh or held, owner if not fresh else None)
        roles = {
            stored.role: (replace(stored, indices=source.indices), source)
            for stored in reading.stored
            for source in [slots[reading.slots[stored.role]]]
        }
        mine = {role: found for role, found in roles.items() if first[found[1].key] is None}
        theirs = {role: found for role, found in roles.items() if role not in mine}
        owned = {role: (stored, s.array) for role, (stored, s) in roles.items() if id(s.array) in self.held.names}
        if owned:
            self.stored[name] = owned
        for source in fresh:
            self._owners.note(source, name)
        self.read += held
        # What a composite of PyTorch's own holds (the projections of an attention) was built with it.
        inner = self._modules[-1] if self._modules else None
        maker = inner if held and type(inner).__module__.startswith("torch.nn.") else module
        layer = Layer(
            name=name,
            kind=reading.kind,
            inputs=tuple(source for source, _ in operands),
            shape=shape,
            axes=reading.axes,
            settings=reading.settings,
            parameters=(*self._parameters(mine), *self._unruled(mine, fresh)),
            borrowed=self._parameters(theirs),
            carries=reading.carries,
            known=reading.known,
            shares=owner,
            in_place=not reading.carries and any(given[0] is each for each in taken),
            built=getattr(maker, BUILT, None),
            called=places.here(),
            maker=type(module).__name__ if module else word,
            signature=places.signature(type(module)) if module else signature(words_of(FRAMEWORK, word)),
        )
        self.layers.append(layer)
        self.called.append((word, name))
        self._give(given[0], name, reading.axes)
        for other in given[1:]:
            self._give(other, name, beside(reading, tuple(other.shape)))
        if self.keep:
            self.steps.put(name, to_canonical(as_array(given[0]), reading.axes), fleeting=True)
        return layer

    def _parameters(self, roles: Mapping[str, tuple[Stored, Source]]) -> tuple[Parameter, ...]:
        return tuple(
            parameter(
                stored,
                tuple(source.array.shape),
                bool(source.array.requires_grad),
                counted=isinstance(source.array, torch.nn.Parameter),
                registered=id(source.array) in self.held.names,
                portable=id(source.array) in self.held.names,
            )
            for stored, source in roles.values()
        )

    def _unruled(self, roles: Mapping[str, tuple[Stored, Source]], fresh: list[Source]) -> list[Parameter]:
        """What a call reads for the first time and no rule speaks of."""
        slotted = {source.key for _, source in roles.values()}
        return [
            plain(self._name(source.array), source.array, self.held, portable=False, size=source.size)
            for source in {each.key: each for each in fresh}.values()
            if source.key not in slotted
        ]

    def _give(self, tensor: Any, layer: str, axes: Axes) -> None:
        number = id(tensor)
        self._from[number] = (layer, axes)
        if number not in self._lives:
            self._lives[number] = weakref.ref(tensor, lambda _: self._forget(number))

    def _forget(self, number: int) -> None:
        """A tensor has died. Its id may be another one's from now on, which is not to be taken for it.

        PyTorch keeps the Python object, and with it the id, of a tensor that only its own C++ still holds.
        """
        for known in (self._from, self._shadows, self._joined, self._lives):
            known.pop(number, None)
        self._unlike.discard(number)

    def _name(self, tensor: Any) -> str:
        return self.held.names.get(id(tensor), "(not registered)")

    def _leaf(self) -> Any:
        """The module of PyTorch's that is running, if it holds no other."""
        return self._modules[-1] if self._modules and self._is_leaf(self._modules[-1]) else None

    def _is_leaf(self, module: Any) -> bool:
        return type(module).__module__.startswith("torch.nn.") and next(module.children(), None) is None

    def _layer_name(self, word: str, held: list[Source], owner: str | None) -> str:
        """The path of the module that owns its parameters, of the leaf that was called, or the function's name."""
        registered = [self._name(each.array) for each in held if id(each.array) in self.held.names]
        if owner:
            base = owner
        elif registered:
            base = _home(registered[0])
        elif self._modules and self._is_leaf(self._modules[-1]) and self.held.modules.get(id(self._modules[-1])):
            base = self.held.modules[id(self._modules[-1])]
        else:
            inside = [self.held.modules.get(id(module), "") for module in self._modules]
            path = next((each for each in reversed(inside) if each), "")
            base = f"{path}.{word}" if path else word
        self._taken[base] += 1
        if self._taken[base] == 1:
            return base
        name = f"{base}:{self._taken[base]}"
        self._taken[name] += 1  # it may own arrays that are read again
        return name


@dataclass(frozen=True)
class _Given:
    """A given output (canonical), and a tensor without memory that is laid out as the real one is."""

    values: Array
    axes: Axes
    like: Any
    device: Any

    @classmethod
    def of(cls, values: Array, axes: Axes, real: Any) -> _Given:
        """What stands for this tensor."""
        return cls(values, axes, torch.empty_like(real, device="meta"), real.device)

    def tensor(self) -> Any:
        """The values in the strides of the real result: a `view` behind it must find what it would have found."""
        native = from_canonical(np.reshape(self.values, shape_of(canonical(self.axes))), self.axes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the values cannot be written to: nobody does
            return torch.empty_like(self.like, device=self.device).copy_(torch.from_numpy(native))


def _home(name: str) -> str:
    """Who owns a parameter of this name; a Keras model on PyTorch keeps all under `_torch_params`, by their paths."""
    module, _, own = name.rpartition(".")
    if module.rpartition(".")[2] == "_torch_params":
        return own.rpartition("/")[0] or own
    return module or name


def _spoken(function: Any, word: str, args: Any, kwargs: Any) -> tuple[str, Mapping[str, Any]]:
    """In whose words a call is read, and those words."""
    if isinstance(function, LayerCall):
        return KERAS, function.words
    return FRAMEWORK, bind(words_of(FRAMEWORK, word), args, kwargs) if knows(FRAMEWORK, word) else dict(kwargs)


def _word(function: Any) -> str:
    """The plain name of a call: `relu` for `relu_`, `add` for `__add__`, `T` for the property of that name."""
    name: str = function.__name__
    if name == "__get__":
        return str(function.__self__.__name__)
    return name.strip("_") if name.startswith("__") else name.rstrip("_")


def as_array(tensor: Any) -> Array:
    """A tensor's values, not copied."""
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    array: Array = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
    return array


def flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Leaves of nested results, named by their path: `output`, `output.0`, `output.logits`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from flat(each, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from flat(each, f"{name}.{position}" if len(value) > 1 else name)
    else:
        yield name, value
