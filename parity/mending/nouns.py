"""What is to be changed at a line of code, and what became of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from parity.nouns import Place


@dataclass(frozen=True)
class Mend:
    """A change of one call on a line of the user's code.

    `call` is what is called there: the name of a class or function (`BatchNorm1d`, `max_pool2d`, `sub` for the
    operator too), or the attribute through which a module is called (`fc3`); empty where one constructor stands on
    the line. What is changed of it:

    - `keywords`: arguments that it gets, in the place of those that it has under these names. `signature` names its
      parameters in order (of a function or method with the tensor it works on, of a class without `self`, `*`
      before those that are no positions); without it, a call with positional arguments cannot be read.
    - `wrap`: what is done to the tensor that it gives: a function by name, with its other arguments if any (`relu`,
      `softmax(dim=1)`), spelled as the file's imports have it; or code with `{}` for the tensor. Of a constructor
      among the elements of a Sequential, an element behind it.
    - `feed`: what is done to the tensor that it takes: code with `{}` for the tensor. Where that is the call of a
      layer (`nn.ZeroPad2d(1)({})`), a constructor among the elements of a Sequential gets the layer before it.
    - `unwrap`: the function, method or layer around it that goes. Named alike, the call itself goes.
    - `operands`: the order of the elements of the list that is its first argument, or of its operands.
    - `replace`: the function or class that is called in its place, `keywords` its arguments; or code with `{}` for the
      tensor that it takes. Of a constructor, that is the call of another layer (`layers.Permute((2, 1))({})`).
    - `rename`: the attribute that is called in its place, of the same object.

    `every` says that all layers that this line makes, and all calls of that name on it, are meant. `framework`
    (`torch`, `keras`) matters for a file that imports both or neither. `also` are changes elsewhere without which
    this one is wrong.
    """

    place: Place
    call: str = ""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    wrap: str = ""
    feed: str = ""
    unwrap: str = ""
    operands: tuple[int, ...] = ()
    replace: str = ""
    rename: str = ""
    signature: tuple[str, ...] = ()
    every: bool = False
    framework: str = ""
    also: tuple[Mend, ...] = ()

    @property
    def sets_arguments(self) -> bool:
        """Whether it sets arguments, and does nothing else."""
        plain = Mend(self.place, self.call, self.keywords, signature=self.signature, framework=self.framework)
        return bool(self.keywords) and replace(plain, every=self.every) == self


@dataclass(frozen=True)
class Mended:
    """The expression of a line before and after, each in one line; `imports` are lines that the file needs for it.

    `also` is what becomes of the lines that have to change with it.
    """

    place: Place
    before: str
    after: str
    imports: tuple[str, ...] = ()
    also: tuple[Mended, ...] = ()

    def __str__(self) -> str:
        needs = f"  (with {', '.join(self.imports)})" if self.imports else ""
        own = f"{self.place}  {self.before}  →  {self.after or 'removed'}{needs}"
        return ", and ".join([own, *map(str, self.also)])


@dataclass(frozen=True)
class Unmendable:
    """Why a line cannot be changed so with certainty."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{self.place}  {self.reason}"


class NoMend(Exception):
    """Raised within this package where a change is not certain; its text is the reason."""
