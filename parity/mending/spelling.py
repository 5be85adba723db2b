"""How a function or class is written in a file, with the names that its imports have."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from parity.mending.imports import Imports
from parity.mending.known import HOLDS
from parity.mending.nouns import NoMend
from parity.mending.source import Source

_CLASSES = {"torch": "torch.nn", "keras": "keras.layers"}
_CUSTOM = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "keras": "keras", "ops": "keras.ops"}
"""What these names stand for by custom."""
_ADDED = {
    "torch.nn.functional": ("import torch.nn.functional as F", "F"),
    "torch": ("import torch", "torch"),
    "torch.nn": ("from torch import nn", "nn"),
    "keras.activations": ("from {keras} import activations", "activations"),
    "keras.ops": ("from keras import ops", "ops"),
    "keras.layers": ("from {keras} import layers", "layers"),
}


@dataclass(frozen=True)
class Spelled:
    """A name as this file has it, and the import line that it needs if the file lacks one."""

    text: str
    needs: str = ""


class Speller:
    """Names for the code at one node."""

    def __init__(self, source: Source, node: ast.AST, framework: str = "") -> None:
        self.imports = Imports(source, node)
        self._said = framework

    @property
    def framework(self) -> str:
        """`torch` or `keras`; raises NoMend for a file of both, or of neither, where the mend does not say."""
        here = {"keras" if each == "tensorflow" else each for each in self.imports.frameworks}
        if self._said:
            return self._said
        if len(here) != 1:
            raise NoMend("the file imports both torch and keras" if here else "the file imports no framework")
        return here.pop()

    def function(self, name: str) -> Spelled:
        """A function by its plain name; raises NoMend for one that is not known here."""
        homes = [home for home in HOLDS if home.startswith(f"{self.framework}.") or home == self.framework]
        return self._nearest(name, [home for home in homes if name in HOLDS[home]])

    def layer(self, name: str) -> Spelled:
        """The class of a layer."""
        return self._nearest(name, [_CLASSES[self.framework]])

    def full(self, path: str) -> Spelled:
        """A function or class by its full name."""
        home, _, name = path.rpartition(".")
        return self._nearest(name, [home])

    def custom(self, path: str) -> Spelled:
        """A dotted name of what a file usually imports, as this file has it; raises NoMend for a name it has not."""
        root, _, rest = path.partition(".")
        meant = _CUSTOM.get(root)
        bound = self.imports.bound.get(root)
        if bound is not None and (meant is None or self.imports.resolved(ast.Name(root)) == meant):
            return Spelled(path)
        if meant is None or not rest:
            if root in self.imports.taken:
                return Spelled(path)
            raise NoMend(f"the file has no {root}")
        return self.full(f"{meant}.{rest}")

    def _nearest(self, name: str, homes: list[str]) -> Spelled:
        if not homes:
            raise NoMend(f"no function {name} of {self.framework} is known")
        found = []
        for bound in self.imports.bound:
            path = self.imports.resolved(ast.Name(bound))
            old = self.imports.bound[bound] != path  # the Keras of another package, which may be Keras 2
            for home in homes:
                if path == f"{home}.{name}":
                    found.append(bound)
                elif (path == home or home.startswith(f"{path}.")) and not (old and home == "keras.ops"):
                    found.append(f"{bound}{home[len(path) :]}.{name}")
                elif path == "tensorflow" and home in ("keras.activations", "keras.layers"):
                    found.append(f"{bound}.{home}.{name}")
        if found:
            return Spelled(min(found, key=len))
        for home in homes:
            line, local = _ADDED.get(home, ("", ""))
            if line and local not in self.imports.taken:
                return Spelled(f"{local}.{name}", line.format(keras=self.imports.keras))
        raise NoMend(f"the file has no name for {homes[0]}.{name}")
