"""Mends of users' code: the one call that is meant, changed, and every other byte left as it stood."""

import ast
import importlib
import inspect
import linecache
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity import places
from parity.errors import UsageError
from parity.mending.find import named, targets
from parity.mending.known import ACTIVATIONS, HOLDS, METHODS, PAIRED
from parity.mending.mend import Mend, Mended, Unmendable, diff, line, mended, patched
from parity.mending.nouns import NoMend
from parity.mending.source import Edit, Source, is_primary
from parity.mending.values import written
from parity.nouns import Place

NORM = ("num_features", "eps", "momentum", "affine", "track_running_stats")
HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
KERAS = "import keras\nfrom keras import layers\n"


def at(folder: Path, code: str, mark: str = "", name: str = "net.py") -> Place:
    """The place of the line of a module that ends with `# <-`, or that contains a mark."""
    file = folder / name
    code = textwrap.dedent(code)
    file.write_bytes(code.encode())
    lines = code.split("\n")
    number = next(n for n, each in enumerate(lines, start=1) if (mark in each if mark else each.endswith("# <-")))
    return Place(str(file), number, lines[number - 1].strip())


def after(folder: Path, code: str, head: str = HEAD, **words) -> str:
    """A line as it is mended, at the end of a head of imports; the reason in brackets where it is not."""
    place = at(folder, f"{head}{code}  # <-\n")
    result = mended(Mend(place, **words))
    if isinstance(result, Unmendable):
        assert line(Mend(place, **words)) is None
        with pytest.raises(UsageError, match=r"net\.py"):
            patched([Mend(place, **words)])
        return f"[{result.reason}]"
    (new,) = patched([Mend(place, **words)]).values()
    ast.parse(new)
    return new.removeprefix(head).removesuffix("  # <-\n")


def reason(folder: Path, code: str, **words) -> str:
    text = after(folder, code, **words)
    assert text.startswith("["), text
    return text[1:-1]


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "keywords", "expected"),
    [
        ("nn.BatchNorm1d(250)", {"eps": 1e-3}, "nn.BatchNorm1d(250, eps=1e-3)"),
        ("nn.BatchNorm1d(250, 1e-5)", {"eps": 1e-3}, "nn.BatchNorm1d(250, 1e-3)"),
        ("nn.BatchNorm1d(250, eps = 1e-5 )", {"eps": 1e-3}, "nn.BatchNorm1d(250, eps = 1e-3 )"),
        ("nn.BatchNorm1d(250, eps=(1e-5))", {"eps": 1e-3}, "nn.BatchNorm1d(250, eps=1e-3)"),
        ("nn.BatchNorm1d((250), (1e-5),)", {"eps": 1e-3}, "nn.BatchNorm1d((250), 1e-3,)"),
        ("nn.BatchNorm1d(250, )", {"eps": 1e-3}, "nn.BatchNorm1d(250, eps=1e-3, )"),
        ("nn.BatchNorm1d(250)", {"eps": 1e-3, "momentum": 0.01}, "nn.BatchNorm1d(250, eps=1e-3, momentum=0.01)"),
        ("nn.BatchNorm1d(250, 1e-5)", {"momentum": 0.01, "eps": 0.5}, "nn.BatchNorm1d(250, 0.5, momentum=0.01)"),
        ("nn.BatchNorm1d()", {"num_features": 8}, "nn.BatchNorm1d(num_features=8)"),
        ("nn.BatchNorm1d(f(2, a=3))", {"eps": 1e-3}, "nn.BatchNorm1d(f(2, a=3), eps=1e-3)"),
        ("nn.BatchNorm1d(250, **more, eps=1.0)", {"eps": 1e-3}, "nn.BatchNorm1d(250, **more, eps=1e-3)"),
    ],
)
def test_an_argument_is_set_where_it_stands(code, keywords, expected, tmp_path):
    words = {"call": "BatchNorm1d", "keywords": keywords, "signature": NORM}
    assert after(tmp_path, f"bn = {code}", **words) == f"bn = {expected}"
    assert after(tmp_path, f"Ü, bn = 'größe', {code}", **words) == f"Ü, bn = 'größe', {expected}"


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("nn.BatchNorm1d(250, *more)", {}, "* or **"),
        ("nn.BatchNorm1d(250, **more)", {}, "* or **"),
        ("nn.BatchNorm1d(250, 1e-5)", {"signature": ()}, "order of its parameters is not known"),
        ("nn.BatchNorm1d(1, 2, 3, 4, 5, 6)", {}, "more positional arguments"),
        ("nn.BatchNorm1d(250)", {"keywords": {"epsilon": 1e-3}}, "takes no epsilon"),
        ("nn.BatchNorm1d(250)", {"keywords": {"eps": object()}}, "cannot be written"),
        ("nn.BatchNorm1d(250)", {"keywords": {"e ps": 1}}, "no name of an argument"),
        ("nn.BatchNorm1d(x for x in y)", {}, "a generator"),
        ("nn.BatchNorm1d(250, eps=1e-3)", {}, "says so already"),
        ("nn.BatchNorm2d(250)", {}, "no call of BatchNorm1d stands"),
        ("nn.BatchNorm1d(2), nn.BatchNorm1d(2)", {}, "2 calls of BatchNorm1d stand here"),
        ("[nn.BatchNorm1d(n) for n in (2, 3)]", {}, "stands in the comprehension of line 4"),
        ("[nn.BatchNorm1d(2)] * 3", {}, "list that line 4 repeats"),
        ("f'{nn.BatchNorm1d(2)}'", {}, "no call of BatchNorm1d"),
    ],
)
def test_an_argument_that_cannot_be_set_with_certainty_is_refused(code, words, expected, tmp_path):
    words = {"call": "BatchNorm1d", "keywords": {"eps": 1e-3}, "signature": NORM} | words
    assert expected in reason(tmp_path, f"bn = {code}", **words)


def test_a_method_s_tensor_is_its_first_parameter(tmp_path):
    words = {"call": "softmax", "keywords": {"dim": 1}, "signature": ("input", "dim")}
    assert after(tmp_path, "y = x.softmax(-1)", **words) == "y = x.softmax(1)"
    assert after(tmp_path, "y = F.softmax(x, -1)", **words) == "y = F.softmax(x, 1)"
    assert after(tmp_path, "y = f(x).softmax(-1)", **words) == "y = f(x).softmax(1)"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("\n    250\n", "\n    250,\n    eps=1e-3\n"),
        ("\n    250,\n", "\n    250,\n    eps=1e-3,\n"),
        ("\n    250,  # wide\n", "\n    250,  # wide\n    eps=1e-3,\n"),
        ("\n    250  # wide\n", "\n    250,  # wide\n    eps=1e-3\n"),
        ("\n    250  # wide\n    # and more\n", "\n    250,  # wide\n    eps=1e-3\n    # and more\n"),
        ("\n    250, affine=True,\n", "\n    250, affine=True, eps=1e-3,\n"),
        ("250,\n    affine=True)", None),
        ("\n    (\n        250\n    ),\n", "\n    (\n        250\n    ),\n    eps=1e-3,\n"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_call_over_several_lines_gets_a_line_more_where_each_argument_has_its_own(arguments, expected, end, tmp_path):
    if expected is None:
        arguments, expected = "250,\n    affine=True", "250,\n    affine=True, eps=1e-3"
    code = f"from torch import nn\nbn = nn.BatchNorm1d({arguments})\n".replace("\n", end)
    place = at(tmp_path, code, "bn =")
    (new,) = patched([Mend(place, "BatchNorm1d", {"eps": 1e-3}, signature=NORM)]).values()
    assert new == f"from torch import nn\nbn = nn.BatchNorm1d({expected})\n".replace("\n", end)


def test_a_call_over_several_lines_is_shown_in_one(tmp_path):
    code = "import torch\ny = torch.cat(  # <-\n    [\n        a,  # one\n        b.\n        c,\n    ],\n    1,\n)\n"
    result = mended(Mend(at(tmp_path, code), "cat", operands=(1, 0)))
    assert isinstance(result, Mended)
    assert (result.before, result.after) == ("torch.cat([a, b.c], 1)", "torch.cat([b.c, a], 1)")
    assert str(result) == "net.py:2  torch.cat([a, b.c], 1)  →  torch.cat([b.c, a], 1)"


# -- which call ------------------------------------------------------------------------------------


def test_python_says_of_a_call_the_line_that_is_looked_for(tmp_path):
    """What `places.here()` would tell of calls over several lines, in this Python, is where their mend is found."""
    code = """\
        def note(name):
            def f(*args, **words):
                seen.append((name, here()))
                return X()
            return f
        class X:
            relu = note("relu")
            softmax = note("softmax")
            __call__ = note("fc")
            __sub__ = note("sub")
        Linear, cat, pool, seen, self = note("Linear"), note("cat"), note("pool"), [], X()
        self.fc = X()
        y = [
            Linear(
                2,
            ),
            Linear(3), cat(
                1
            ),
        ]
        y = (
            self.fc(1)
            .relu()
            .softmax(
                dim=1, a=2, b=3
            )
        )
        y = pool(
            self.fc(
                3
            )
        ).relu(
        )
        y = (y
             - y)
        y = \\
            cat(self.
                fc(1), 2)
        """
    place = at(tmp_path, code, "def note")

    def caller() -> Place:
        number = sys._getframe(2).f_lineno
        return Place(place.file, number, linecache.getline(place.file, number).strip())

    names = {"here": caller}
    exec(compile(Path(place.file).read_text(), place.file, "exec"), names)
    source = Source.read(Path(place.file))
    assert [name for name, _ in names["seen"]] == [
        "Linear",
        "Linear",
        "cat",
        "fc",
        "relu",
        "softmax",
        "fc",
        "pool",
        "relu",
        "sub",
        "fc",
        "cat",
    ]
    for name, seen in names["seen"]:
        assert source.line(seen.line) == seen.code
        (found,) = targets(source, Mend(seen, name))
        assert named(source, found, name)


@pytest.mark.parametrize(
    ("code", "call", "expected"),
    [
        ("x = F.max_pool1d(F.relu(self.conv1(x)), 2)", "conv1", "x = F.max_pool1d(F.relu(F.elu(self.conv1(x))), 2)"),
        ("x = F.max_pool1d(F.relu(self.conv1(x)), 2)", "relu", "x = F.max_pool1d(F.elu(F.relu(self.conv1(x))), 2)"),
        (
            "x = F.max_pool1d(F.relu(self.conv1(x)), 2)",
            "max_pool1d",
            "x = F.elu(F.max_pool1d(F.relu(self.conv1(x)), 2))",
        ),
        ("x = self.convs[0](x)", "convs[0]", "x = F.elu(self.convs[0](x))"),
        ("x = self.convs[0](x)", "convs", "x = F.elu(self.convs[0](x))"),
        ("x = x.relu_()", "relu", "x = F.elu(x.relu_())"),
        ("x = (a + b) * c", "add", "x = (F.elu(a + b)) * c"),
        ("x = a - b", "sub", "x = F.elu(a - b)"),
    ],
)
def test_the_call_is_found_by_the_name_it_is_called_by(code, call, expected, tmp_path):
    assert after(tmp_path, code, call=call, wrap="elu") == expected


def test_an_import_under_another_name_is_looked_through(tmp_path):
    head = "from torch.nn import BatchNorm1d as BN, Linear as BatchNorm1d\n"
    words = {"call": "BatchNorm1d", "keywords": {"eps": 1e-3}, "signature": NORM, "head": head}
    assert after(tmp_path, "x = BN(8), BatchNorm1d(2, 3)", **words) == "x = BN(8, eps=1e-3), BatchNorm1d(2, 3)"


def test_without_a_name_it_is_the_only_constructor_on_the_line(tmp_path):
    words = {"keywords": {"eps": 1e-3}, "signature": NORM}
    assert after(tmp_path, "self.bn = nn.BatchNorm1d(int(n))", **words) == "self.bn = nn.BatchNorm1d(int(n), eps=1e-3)"
    assert "2 constructors" in reason(tmp_path, "n = nn.Linear(1, 2), nn.BatchNorm1d(2)", **words)
    assert "no constructor" in reason(tmp_path, "n = make(3)", **words)


def test_every_means_all_calls_of_that_name(tmp_path):
    words = {"call": "BatchNorm1d", "keywords": {"eps": 1e-3}, "signature": NORM, "every": True}
    assert (
        after(tmp_path, "n = [nn.BatchNorm1d(n) for n in s]", **words) == "n = [nn.BatchNorm1d(n, eps=1e-3) for n in s]"
    )
    both = "n = nn.BatchNorm1d(1, eps=1e-3), nn.BatchNorm1d(2, 1e-3)"
    assert after(tmp_path, "n = nn.BatchNorm1d(1), nn.BatchNorm1d(2, 1e-5)", **words) == both


# -- how often -------------------------------------------------------------------------------------


OFTEN = {
    "once": ("class N:\n def __init__(self):\n  self.a = Conv(1)  # <-\ndef build():\n return N()\n", ""),
    "two builders": (
        "class N:\n def __init__(self):\n  self.a = Conv(1)  # <-\ndef one():\n return N()\ndef two():\n return N()\n",
        "",
    ),
    "main": (
        "def build():\n a = Conv(1)  # <-\n return a\nif __name__ == '__main__':\n build()\n build()\n",
        "",
    ),
    "loop": ("def build():\n for i in x:\n  a = Conv(1)  # <-\n", "stands in the loop of line 2"),
    "the loop's own list": ("def build():\n for i in [Conv(1)]:  # <-\n  i()\n", ""),
    "while": ("def build():\n while x:\n  a = Conv(1)  # <-\n", "stands in the loop of line 2"),
    "helper": (
        "def conv(n):\n return Conv(n)  # <-\ndef build():\n return conv(1), conv(2)\n",
        "stands in conv, which is used more than once",
    ),
    "helper once": ("def conv(n):\n return Conv(n)  # <-\ndef build():\n return conv(1)\n", ""),
    "helper of a helper": (
        "def a(n):\n return Conv(n)  # <-\ndef b(n):\n return a(n)\ndef build():\n return b(1), b(2)\n",
        "stands in a, which is used more than once",
    ),
    "helper in a loop": (
        "def a(n):\n return Conv(n)  # <-\ndef build():\n return [a(n) for n in range(3)]\n",
        "stands in a, which is used more than once",
    ),
    "helper handed on": ("def a(n):\n return Conv(n)  # <-\ndef build():\n return list(map(a, x))\n", "used more"),
    "lambda": ("c = lambda n: Conv(n)  # <-\ndef build():\n return c(1), c(2)\n", "a lambda, which is used more"),
    "recursion": ("def a(n):\n return a(n - 1) if n else Conv(n)  # <-\n", "stands in a, which is used more"),
    "method": (
        "class N:\n def __init__(self):\n  self.a, self.b = self.make(1), self.make(2)\n"
        " def make(self, n):\n  return Conv(n)  # <-\n",
        "stands in make, which is used more than once",
    ),
    "block": (
        "class B:\n def __init__(self):\n  self.a = Conv(1)  # <-\n"
        "class N:\n def __init__(self):\n  self.a, self.b = B(), B()\n",
        "stands in B, which is used more than once",
    ),
    "base": (
        "class B:\n def __init__(self):\n  self.a = Conv(1)  # <-\nclass C(B): pass\n"
        "class N:\n def __init__(self):\n  self.a, self.b = C(), C()\n",
        "stands in B, which is used more than once",
    ),
    "block handed on": (
        "class B:\n def __init__(self):\n  self.a = Conv(1)  # <-\ndef build():\n return make(B, 3)\n",
        "stands in B, which is used more than once",
    ),
    "asked for": (
        "class B:\n def __init__(self: B):\n  super(B, self).__init__()\n  self.a = Conv(1)  # <-\n"
        "def init(m):\n return isinstance(m, B)\ndef build() -> B:\n return B()\n",
        "",
    ),
    "layer called twice": (
        "class N:\n def __init__(self):\n  self.a = Conv(1)  # <-\n"
        " def forward(self, x):\n  return self.a(self.a(x))\n",
        "makes a layer that is called more than once",
    ),
    "layer called in a loop": (
        "class N:\n def __init__(self):\n  self.a = Conv(1)  # <-\n"
        " def forward(self, x):\n  for _ in range(3):\n   x = self.a(x)\n",
        "makes a layer that is called more than once",
    ),
    "layer twice among others": (
        "class N:\n def __init__(self):\n  a = Conv(1)  # <-\n  self.n = Sequential(a, Conv(2), a)\n",
        "makes a layer that is called more than once",
    ),
    "layer asked for": (
        "class N:\n def __init__(self):\n  self.a = Conv(1)  # <-\n  init(self.a.weight)\n  self.b = Conv(2)\n"
        " def forward(self, x):\n  return self.a(x) if self.a is not None else self.b(x)\n",
        "",
    ),
    "function and module of one name": (
        "def a(n):\n return Conv(n)  # <-\nclass N:\n def forward(self, x):\n  return self.a(self.a(x)) + a(x)\n",
        "",
    ),
}


@pytest.mark.parametrize(("code", "expected"), OFTEN.values(), ids=OFTEN)
def test_a_line_that_runs_more_than_once_is_refused_with_the_reason(code, expected, tmp_path):
    mend = Mend(at(tmp_path, code), "Conv", {"bias": False}, signature=("width", "bias"))
    result = mended(mend)
    assert (expected in result.reason) if expected else isinstance(result, Mended), result
    assert isinstance(mended(Mend(**{**vars(mend), "every": True})), Mended)


def test_a_forward_of_a_block_that_is_called_twice_is_refused(tmp_path):
    code = """\
        from torch import nn
        import torch
        class B(nn.Module):
            def forward(self, x):
                return torch.relu(x)  # <-
        class N(nn.Module):
            def __init__(self):
                self.b = B()
            def forward(self, x):
                return self.b(self.b(x))
        """
    result = mended(Mend(at(tmp_path, code), unwrap="relu"))
    assert result.reason == "the call stands in B, which is used more than once: the change would also change others"
    once = code.replace("self.b(self.b(x))", "self.b(x)")
    assert isinstance(mended(Mend(at(tmp_path, once), unwrap="relu")), Mended)


# -- around ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "wrap", "expected"),
    [
        (HEAD, "relu", "y = F.relu(self.fc(x))"),
        (HEAD, "F.relu({})", "y = F.relu(self.fc(x))"),
        (HEAD, "softmax(dim=1)", "y = F.softmax(self.fc(x), dim=1)"),
        (HEAD, "exp", "y = torch.exp(self.fc(x))"),
        (HEAD, "transpose(1, 2)", "y = self.fc(x).transpose(1, 2)"),
        (HEAD, "{}.transpose(1, 2)", "y = self.fc(x).transpose(1, 2)"),
        (HEAD, "{} * 2 + 1", "y = self.fc(x) * 2 + 1"),
        ("import torch\n", "relu", "y = torch.relu(self.fc(x))"),
        ("import torch\n", "F.relu({})", "y = torch.nn.functional.relu(self.fc(x))"),
        ("import torch\n", "elu", "y = torch.nn.functional.elu(self.fc(x))"),
        ("import torch as t\n", "relu", "y = t.relu(self.fc(x))"),
        ("from torch import nn\n", "relu", "y = nn.functional.relu(self.fc(x))"),
        ("from torch.nn.functional import relu as r\n", "relu", "y = r(self.fc(x))"),
        ("import torch.nn as nn\n", "torch.softmax({}, dim=1)", None),
        (KERAS, "relu", "y = keras.ops.relu(self.fc(x))"),
        ("from keras import layers\n", "relu", 'y = layers.Activation("relu")(self.fc(x))'),
        ("from keras import ops, layers\n", "relu", "y = ops.relu(self.fc(x))"),
        ("from keras import layers\n", "Permute((2, 1))", "y = layers.Permute((2, 1))(self.fc(x))"),
        ("import tensorflow as tf\n", "relu", "y = tf.keras.activations.relu(self.fc(x))"),
        ("from tensorflow import keras\n", "relu", "y = keras.activations.relu(self.fc(x))"),
        ("import tensorflow.keras.layers as L\n", "relu", 'y = L.Activation("relu")(self.fc(x))'),
    ],
)
def test_a_function_is_written_with_what_the_file_imports(head, wrap, expected, tmp_path):
    found = after(tmp_path, "y = self.fc(x)", head, call="fc", wrap=wrap)
    if expected is None:  # torch itself has no name there: an import is added
        assert found == "import torch\ny = torch.softmax(self.fc(x), dim=1)"
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("code", "wrap", "added", "expected"),
    [
        ('"""A net."""\nfrom torch.nn import Linear\n', "relu", "import torch", "torch.relu(self.fc(x))"),
        ("from torch.nn import Linear\n\nF = 3\n", "elu", "", ""),
        ("from torch.nn import Linear\n\ntorch = 3\n", "relu", "import torch.nn.functional as F", "F.relu(self.fc(x))"),
        ("from keras.layers import Dense\n", "relu", "from keras import activations", "activations.relu(self.fc(x))"),
        (
            "from tensorflow.keras.layers import Dense\n",
            "relu",
            "from tensorflow.keras import activations",
            "activations.relu(self.fc(x))",
        ),
    ],
)
def test_an_import_is_added_where_none_fits(code, wrap, added, expected, tmp_path):
    place = at(tmp_path, f"{code}y = self.fc(x)  # <-\n")
    result = mended(Mend(place, "fc", wrap=wrap))
    if not added:
        assert "no name for torch.nn.functional.elu" in result.reason
        return
    assert (result.after, result.imports) == (expected, (added,))
    assert str(result).endswith(f"(with {added})")
    (new,) = patched([Mend(place, "fc", wrap=wrap)]).values()
    head, _, rest = code.rpartition("import")
    first = rest.index("\n") + 1
    assert new == f"{head}import{rest[:first]}{added}\n{rest[first:]}y = {expected}  # <-\n"


def test_an_import_stands_before_a_decorator(tmp_path):
    code = "# a net\n@decorated\ndef f(self, x):\n    return self.fc(x)  # <-\n"
    (new,) = patched([Mend(at(tmp_path, code), "fc", wrap="relu", framework="torch")]).values()
    added = "# a net\nimport torch\n@decorated"
    assert new == code.replace("self.fc(x)", "torch.relu(self.fc(x))").replace("# a net\n@decorated", added)


@pytest.mark.parametrize(
    ("head", "words", "expected"),
    [
        ("import torch, keras\n", {"wrap": "relu"}, "imports both"),
        ("import numpy\n", {"wrap": "relu"}, "imports no framework"),
        (HEAD, {"wrap": "no_such"}, "no function no_such of torch is known"),
        (HEAD, {"wrap": "G.relu({})"}, "the file has no G"),
        (HEAD, {"wrap": "F.relu({}, {})"}, "more than one place"),
        (HEAD, {"wrap": "F.relu({}"}, "no expression"),
        (HEAD, {"wrap": "F.relu"}, "neither a function's name"),
        (HEAD, {"unwrap": "relu"}, "no relu stands right around it"),
        (HEAD, {"replace": "Linear"}, "cannot stand for each other"),
    ],
)
def test_what_cannot_be_written_is_refused(head, words, expected, tmp_path):
    assert expected in reason(tmp_path, "y = self.fc(x)", head=head, call="fc", **words)


def test_the_framework_decides_where_a_file_imports_both(tmp_path):
    words = {"head": "import keras\nimport torch\n", "call": "fc", "wrap": "relu"}
    assert after(tmp_path, "y = self.fc(x)", framework="torch", **words) == "y = torch.relu(self.fc(x))"
    assert after(tmp_path, "y = self.fc(x)", framework="keras", **words) == "y = keras.ops.relu(self.fc(x))"


@pytest.mark.parametrize("head", ["import torch\ndef f(torch): pass\n", "import torch\nfor torch in (): pass\n"])
def test_a_name_that_is_bound_to_something_else_too_is_not_used(head, tmp_path):
    found = after(tmp_path, "y = self.fc(x)", head, call="fc", wrap="relu")
    assert "y = F.relu(self.fc(x))" in found
    assert "import torch.nn.functional as F" in found


def test_another_module_of_the_custom_name_is_seen(tmp_path):
    head = "import torch\nimport torchvision.transforms.functional as F\n"
    assert after(tmp_path, "y = self.fc(x)", head, call="fc", wrap="F.relu({})") == (
        "y = torch.nn.functional.relu(self.fc(x))"
    )


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("y = F.relu(self.fc1(x))", {"call": "fc1", "unwrap": "relu"}, "y = self.fc1(x)"),
        ("y = self.fc1(x).relu()", {"call": "fc1", "unwrap": "relu"}, "y = self.fc1(x)"),
        ("y = self.act(self.fc1(x))", {"call": "fc1", "unwrap": "act"}, "y = self.fc1(x)"),
        (
            "y = F.dropout(F.relu(self.fc1(x)), 0.1)",
            {"call": "fc1", "unwrap": "relu"},
            "y = F.dropout(self.fc1(x), 0.1)",
        ),
        ("y = F.dropout(F.relu(x), 0.1)", {"call": "relu", "unwrap": "dropout"}, "y = F.relu(x)"),
        ("y = x.relu()", {"unwrap": "relu"}, "y = x"),
        ("y = F.relu(x, inplace=True)", {"call": "relu", "unwrap": "relu"}, "y = x"),
        ("y = F.relu(a + b).mean(1)", {"unwrap": "relu"}, "y = (a + b).mean(1)"),
        ("y = F.relu(a + b) * c", {"unwrap": "relu"}, "y = (a + b) * c"),
        ("y = F.relu(a + b)", {"unwrap": "relu"}, "y = a + b"),
        ("y = F.relu(a if b else c)", {"unwrap": "relu"}, "y = a if b else c"),
        ("y = F.relu(\n    self.fc(x)\n)", {"unwrap": "relu", "call": "relu"}, None),
        ("y = self.relu(x)", {"unwrap": "relu"}, "y = x"),
        ("y = block.relu(x)", {"unwrap": "relu"}, "y = x"),
        ("y = F.relu(*x)", {"unwrap": "relu"}, "[the call has no operand that can be told]"),
        ("self.a = nn.ReLU()", {"unwrap": "ReLU"}, "[this line only makes the layer: it goes where it is called]"),
        ("y = a + b", {"unwrap": "add"}, "[of add, an operator, no operand can be left alone]"),
        ("y = x.relu()", {"unwrap": "relu", "wrap": "elu"}, "[relu cannot go and be changed]"),
        ("y = nn.ReLU()(self.fc(x))", {"unwrap": "ReLU"}, "y = self.fc(x)"),
        ("y = nn.ReLU()(self.fc(x))", {"call": "fc", "unwrap": "ReLU"}, "y = self.fc(x)"),
    ],
)
def test_what_is_around_a_call_goes(code, words, expected, tmp_path):
    if expected is None:
        place = at(tmp_path, f"{HEAD}{code}\n", "F.relu(")
        (new,) = patched([Mend(place, **words)]).values()
        assert new == f"{HEAD}y = self.fc(x)\n"
    else:
        assert after(tmp_path, code, **words) == expected


def test_what_spans_lines_keeps_parentheses_that_it_needs(tmp_path):
    code = f"{HEAD}y = F.relu(\n    x\n    .transpose(1, 2)\n)\n"
    (new,) = patched([Mend(at(tmp_path, code, "F.relu("), unwrap="relu")]).values()
    assert new == f"{HEAD}y = (x\n    .transpose(1, 2))\n"
    ast.parse(new)
    code = f"{HEAD}y = F.relu(  # why\n    x\n)\n"
    assert "a comment" in mended(Mend(at(tmp_path, code, "F.relu("), unwrap="relu")).reason


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("x = layers.Dense(3)(x)", {"call": "Dense", "wrap": "relu"}, "x = keras.ops.relu(layers.Dense(3)(x))"),
        (
            "x = layers.Concatenate()([a, b])",
            {"call": "Concatenate", "operands": (1, 0)},
            "x = layers.Concatenate()([b, a])",
        ),
        (
            "x = layers.Dense(3, activation='relu')(x)",
            {"call": "Dense", "keywords": {"activation": None}, "signature": ("units", "activation")},
            "x = layers.Dense(3, activation=None)(x)",
        ),
        ("x = layers.ReLU()(layers.Dense(3)(x))", {"call": "Dense", "unwrap": "ReLU"}, "x = layers.Dense(3)(x)"),
        ("x = layers.ReLU()(x)", {"replace": "ELU"}, "x = layers.ELU()(x)"),
        ("x = keras.activations.relu(x)", {"call": "relu", "replace": "elu"}, "x = keras.activations.elu(x)"),
    ],
)
def test_a_keras_layer_is_built_and_called_in_one_line(code, words, expected, tmp_path):
    assert after(tmp_path, code, KERAS, **words) == expected


# -- elements of a Sequential -----------------------------------------------------------------------

LINES = """\
from torch import nn
net = nn.Sequential(
    nn.Linear(2, 3),  # in
    nn.ReLU(),  # <-
    # the head
    nn.Linear(3, 4),
    nn.Tanh()
)
"""


@pytest.mark.parametrize(
    ("mark", "words", "old", "new"),
    [
        ("# <-", {"unwrap": "ReLU"}, "    nn.ReLU(),  # <-\n", ""),
        ("Tanh", {"unwrap": "Tanh"}, "    nn.Tanh()\n", ""),
        ("(3, 4)", {"wrap": "relu"}, "nn.Linear(3, 4),\n", "nn.Linear(3, 4),\n    nn.ReLU(),\n"),
        ("# in", {"wrap": "softmax(dim=1)"}, "# in\n", "# in\n    nn.Softmax(dim=1),\n"),
        ("Tanh", {"wrap": "relu"}, "nn.Tanh()\n", "nn.Tanh(),\n    nn.ReLU()\n"),
        ("Tanh", {"replace": "ReLU"}, "nn.Tanh()\n", "nn.ReLU()\n"),
    ],
)
def test_elements_on_lines_of_their_own_come_and_go_with_these(mark, words, old, new, tmp_path):
    assert LINES.count(old) == 1
    (text,) = patched([Mend(at(tmp_path, LINES, mark), **words)]).values()
    assert text == LINES.replace(old, new)
    ast.parse(text)


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("n = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Tanh())", {"unwrap": "ReLU"}, "nn.Linear(1, 2), nn.Tanh()"),
        ("n = nn.Sequential(nn.Linear(1, 2), nn.ReLU())", {"unwrap": "ReLU"}, "nn.Linear(1, 2)"),
        ("n = nn.Sequential(nn.Linear(1, 2), nn.ReLU(),)", {"unwrap": "ReLU"}, "nn.Linear(1, 2),"),
        ("n = nn.Sequential(nn.ReLU(), nn.Tanh())", {"unwrap": "ReLU"}, "nn.Tanh()"),
        ("n = nn.Sequential(nn.ReLU())", {"unwrap": "ReLU"}, ""),
        ("n = nn.Sequential(nn.Linear(1, 2))", {"call": "Linear", "wrap": "relu"}, "nn.Linear(1, 2), nn.ReLU()"),
        ("n = nn.Sequential(nn.Linear(1, 2))", {"call": "Linear", "wrap": "ReLU6"}, "nn.Linear(1, 2), nn.ReLU6()"),
        ("n = nn.Sequential(nn.Linear(1, 2))", {"call": "Linear", "wrap": "nn.Sequential({}, nn.ReLU())"}, None),
    ],
)
def test_elements_in_one_line(code, words, expected, tmp_path):
    inside = "nn.Sequential(nn.Linear(1, 2), nn.ReLU())" if expected is None else expected
    assert after(tmp_path, code, **words) == f"n = nn.Sequential({inside})"


def test_elements_of_several_in_a_line(tmp_path):
    code = "from torch import nn\nn = nn.Sequential(\n    nn.Linear(1, 2), nn.ReLU(),  # <-\n    nn.Linear(2, 3),\n)\n"
    (text,) = patched([Mend(at(tmp_path, code), unwrap="ReLU")]).values()
    assert text == code.replace(", nn.ReLU(),", ",")
    (text,) = patched([Mend(at(tmp_path, code), call="ReLU", wrap="tanh")]).values()
    assert text == code.replace("nn.ReLU(),", "nn.ReLU(), nn.Tanh(),")


def test_a_removed_element_is_told(tmp_path):
    assert line(Mend(at(tmp_path, LINES), unwrap="ReLU")) == "net.py:4  nn.ReLU()  →  removed"
    behind = mended(Mend(at(tmp_path, LINES, "(3, 4)"), wrap="relu"))
    assert (behind.before, behind.after) == ("nn.Linear(3, 4)", "nn.Linear(3, 4), nn.ReLU()")


def test_a_keras_sequential_has_a_list(tmp_path):
    code = "n = keras.Sequential([layers.Dense(3), layers.Dense(4), layers.ReLU()])"
    assert after(tmp_path, code, KERAS, unwrap="ReLU") == code.replace(", layers.ReLU()", "")
    assert "2 calls of Dense" in after(tmp_path, code, KERAS, call="Dense", wrap="relu")
    assert after(tmp_path, code, KERAS, call="ReLU", wrap="tanh") == code.replace(
        "ReLU()", 'ReLU(), layers.Activation("tanh")'
    )


def test_a_layer_that_is_called_elsewhere_is_wrapped_there(tmp_path):
    for wrap in ("relu", "F.relu({})"):
        assert "where it is called" in reason(tmp_path, "self.fc = nn.Linear(1, 2)", call="Linear", wrap=wrap)
    assert "where it is called" in reason(tmp_path, "n = nn.ModuleList([nn.Linear(1, 2)])", call="Linear", wrap="relu")


# -- order, and other functions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "call", "order", "expected"),
    [
        ("torch.cat([a, b], 1)", "cat", (1, 0), "torch.cat([b, a], 1)"),
        ("torch.cat((a,  b[0], c(1, 2)), dim=1)", "cat", (2, 0, 1), "torch.cat((c(1, 2),  a, b[0]), dim=1)"),
        ("torch.cat([(a), (b + c),])", "cat", (1, 0), "torch.cat([(b + c), (a),])"),
        ("torch.cat(tensors=[a, b])", "cat", (1, 0), "torch.cat(tensors=[b, a])"),
        ("torch.matmul(a + 1, b)", "matmul", (1, 0), "torch.matmul(b, a + 1)"),
        ("a.matmul(b + 1)", "matmul", (1, 0), "(b + 1).matmul(a)"),
        ("a - b", "sub", (1, 0), "b - a"),
        ("a + 1 - (b + 2)", "sub", (1, 0), "(b + 2) - (a + 1)"),
        ("(a) / b.c", "div", (1, 0), "b.c / (a)"),
        ("torch.cat([a, b], 1)", "cat", (0, 1), "[the line says so already]"),
        ("torch.cat([a, b, c], 1)", "cat", (1, 0), "[(1, 0) is no order of 3 operands]"),
        ("torch.cat([a, b], 1)", "cat", (1, 1), "[(1, 1) is no order of 2 operands]"),
        ("torch.cat([*a, b], 1)", "cat", (1, 0), "[the call has operands by *]"),
        ("torch.cat(parts, 1)", "cat", (1, 0, 2), "[(1, 0, 2) is no order of 2 operands]"),
    ],
)
def test_operands_change_their_places(code, call, order, expected, tmp_path):
    found = after(tmp_path, f"y = {code}", call=call, operands=order)
    assert found == (expected if expected.startswith("[") else f"y = {expected}")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("y = self.one(F.relu( self.zero(x)))", "y = self.two(F.relu( self.zero(x)))"),
        ("y = self.blocks.one (x)  + 1", "y = self.blocks.two (x)  + 1"),
        ("y = one(x)", "[what is called here is no attribute]"),
        ("y = self.one(self.one(x))", "[2 calls of one stand here]"),
        ("y = self.three(x)", "[no call of one stands on this line]"),
    ],
)
def test_another_attribute_is_called(code, expected, tmp_path):
    assert after(tmp_path, code, call="one", rename="two") == expected


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("y = F.relu(x)", {"call": "relu", "replace": "elu"}, "y = F.elu(x)"),
        ("y = F.relu(x, inplace=True)", {"call": "relu", "replace": "sigmoid"}, "y = F.sigmoid(x)"),
        ("y = torch.relu(x)", {"call": "relu", "replace": "tanh"}, "y = torch.tanh(x)"),
        ("y = torch.relu(x)", {"call": "relu", "replace": "elu"}, "y = F.elu(x)"),
        ("y = x.relu()", {"call": "relu", "replace": "elu"}, "y = F.elu(x)"),
        ("y = self.relu(x)", {"call": "relu", "replace": "elu"}, "y = F.elu(x)"),
        ("y = F.leaky_relu(x, 0.2)", {"call": "leaky_relu", "replace": "relu"}, "y = F.relu(x)"),
        (
            "y = F.relu(x)",
            {"call": "relu", "replace": "leaky_relu", "keywords": {"negative_slope": 0.3}},
            "y = F.leaky_relu(x, negative_slope=0.3)",
        ),
        ("self.a = nn.Tanh()", {"replace": "ReLU"}, "self.a = nn.ReLU()"),
        ("self.a = nn.LeakyReLU(0.2)", {"replace": "ReLU"}, "self.a = nn.ReLU()"),
        (
            "y = F.max_pool2d(x, 2, stride=1)",
            {"call": "max_pool2d", "replace": "avg_pool2d"},
            "y = F.avg_pool2d(x, 2, stride=1)",
        ),
        ("y = nn.MaxPool2d(2, 2, 1, 2)", {"replace": "AvgPool2d"}, "[it is not known which arguments"),
        ("y = nn.Linear(2, 3)", {"replace": "Conv1d"}, "[it is not known which arguments of Linear"),
        ("y = a + b", {"call": "add", "replace": "mul"}, "[an operator is no function that another could stand for]"),
    ],
)  # fmt: skip
def test_another_function_takes_the_place_of_one(code, words, expected, tmp_path):
    found = after(tmp_path, code, **words)
    assert found.startswith(expected) if expected.startswith("[") else found == expected


def test_a_class_that_was_imported_by_itself_gives_way_to_one_that_is_found(tmp_path):
    head = "from torch.nn import Tanh\n"
    assert after(tmp_path, "a = Tanh()", head, call="Tanh", replace="ReLU") == "from torch import nn\na = nn.ReLU()"
    head = "from torch.nn import Tanh, ReLU as R\n"
    assert after(tmp_path, "a = Tanh()", head, call="Tanh", replace="ReLU") == "a = R()"


def test_what_is_known_of_pytorch_is_so():
    import torch

    for home in ("torch", "torch.nn.functional"):
        assert [name for name in HOLDS[home] if not hasattr(importlib.import_module(home), name)] == []
    assert [name for name in ACTIVATIONS.values() if not hasattr(torch.nn, name)] == []
    assert [name for name in METHODS | PAIRED if not hasattr(torch.Tensor, name)] == []
    assert tuple(inspect.signature(torch.nn.BatchNorm1d).parameters)[: len(NORM)] == NORM


def test_what_is_known_of_keras_is_so():
    keras = pytest.importorskip("keras")
    assert [name for name in HOLDS["keras.activations"] if not hasattr(keras.activations, name)] == []
    assert [name for name in HOLDS["keras.ops"] if not hasattr(keras.ops, name)] == []


# -- several mends, and files ----------------------------------------------------------------------


def test_several_mends_in_one_expression(tmp_path):
    code = f"{HEAD}y = F.max_pool1d(F.relu(self.conv(x)), 2)  # <-\nbn = nn.BatchNorm1d(3)\n"
    place = at(tmp_path, code)
    norm = Place(place.file, place.line + 1)
    mends = [
        Mend(place, "relu", replace="elu"),
        Mend(place, "conv", wrap="transpose(1, 2)"),
        Mend(place, "max_pool1d", {"ceil_mode": True}, signature=("input", "kernel_size", "stride")),
        Mend(norm, "BatchNorm1d", {"eps": 1e-3}, signature=NORM),
        Mend(norm, "BatchNorm1d", {"momentum": 0.01}, signature=NORM),
        Mend(norm, "BatchNorm1d", {"eps": 1e-3}, signature=NORM),
    ]
    with pytest.raises(UsageError, match="takes no ceil_mode"):
        patched(mends)
    mends[2] = Mend(place, "max_pool1d", {"ceil_mode": True}, signature=("input", "kernel_size", "*", "ceil_mode"))
    expected = (
        f"{HEAD}y = F.max_pool1d(F.elu(self.conv(x).transpose(1, 2)), 2, ceil_mode=True)  # <-\n"
        "bn = nn.BatchNorm1d(3, eps=1e-3, momentum=0.01)\n"
    )
    for order in (mends, mends[::-1]):
        (text,) = patched(order).values()
        assert text in (expected, expected.replace("eps=1e-3, momentum=0.01", "momentum=0.01, eps=1e-3"))


def test_mends_that_contradict_each_other_are_refused(tmp_path):
    place = at(tmp_path, f"{HEAD}y = nn.BatchNorm1d(3), F.relu(x)  # <-\n")
    norm = [Mend(place, "BatchNorm1d", {"eps": value}, signature=NORM) for value in (1e-3, 1e-2)]
    with pytest.raises(UsageError, match=r"eps is to be 0\.001 and 0\.01"):
        patched(norm)
    with pytest.raises(UsageError, match="cannot be mended together"):
        patched([Mend(place, "relu", replace="elu"), Mend(place, "relu", replace="tanh")])


def test_files_that_are_not_as_they_were(tmp_path):
    place = at(tmp_path, f"{HEAD}bn = nn.BatchNorm1d(3)  # <-\n")
    mend, file = Mend(place, "BatchNorm1d", {"eps": 1e-3}, signature=NORM), Path(place.file)
    good = file.read_bytes()
    for data, expected in [
        (b"# one line more\n" + good, "has changed since"),
        (b"", "has changed since"),
        (good + b"\xff", "not UTF-8"),
        (b"# coding: latin-1\n" + good, "written in iso-8859-1"),
        (b"# coding: nonsense\n" + good, "not UTF-8"),
        (good + b"def\n", "not Python"),
        (good + b"\0", "not Python"),
        (good + b"a = 1\rb = 2\n", "carriage returns"),
    ]:
        file.write_bytes(data)
        assert expected in mended(mend).reason
    file.unlink()
    assert "cannot be read: No such file" in mended(mend).reason
    with pytest.raises(UsageError, match=r"net\.py:4: cannot be mended: the file cannot be read"):
        patched([mend])


def test_a_line_of_a_framework_is_nobody_s_to_change(tmp_path):
    import click

    for file in (ast.__file__, click.__file__, places.__file__):
        assert "not the user's own" in mended(Mend(Place(file, 1), "x", wrap="relu")).reason


def test_a_byte_order_mark_and_foreign_letters_stay(tmp_path):
    code = "\ufeff# größe\r\nfrom torch import nn\r\nü = 'ß' + str(nn.BatchNorm1d(3))  # <-\r\n"
    place = at(tmp_path, code.replace("# <-\r", "# <-"))
    (text,) = patched([Mend(place, "BatchNorm1d", {"eps": 1e-3}, signature=NORM)]).values()
    assert text == code.replace("# <-\r", "# <-").replace("(3)", "(3, eps=1e-3)")


# -- patches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tool", [["git", "apply", "-p1"], ["patch", "-p1", "--silent", "--binary"]], ids=["git", "patch"]
)
@pytest.mark.parametrize(
    ("name", "end"),
    [("net.py", "\n"), ("sub/my net.py", "\n"), ("größe.py", "\r\n"), ("net.py", ""), ("net.py", "\f\n")],
)
def test_the_patch_makes_the_files_that_are_told(tool, name, end, tmp_path):
    (tmp_path / "sub").mkdir()
    code = f"{HEAD}# one\n# two\n# three\n# four\n# five\nx = 'ü', nn.BatchNorm1d(3)"
    first = at(tmp_path, code + end, "Batch", name)
    second = at(tmp_path, f"{HEAD}y = F.relu(x)\n", "F.relu(", "other.py")
    mends = [Mend(first, "BatchNorm1d", {"eps": 1e-3}, signature=NORM), Mend(second, unwrap="relu")]
    texts = patched(mends)
    assert len(texts) == 2
    told = diff(mends, tmp_path)
    assert told.startswith("--- a/")
    try:
        subprocess.run(tool, input=told.encode(), cwd=tmp_path, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip(f"no {tool[0]} here")
    for file, text in texts.items():
        assert file.read_bytes().decode() == text


def test_a_patch_is_of_files_under_its_root(tmp_path):
    place = at(tmp_path, f"{HEAD}y = F.relu(x)  # <-\n")
    with pytest.raises(UsageError, match="is not under"):
        diff([Mend(place, unwrap="relu")], tmp_path / "elsewhere")
    assert (diff([], tmp_path), patched([])) == ("", {})


# -- laws ------------------------------------------------------------------------------------------


@given(st.floats() | st.integers() | st.booleans() | st.none() | st.text())
def test_what_is_written_is_read_back(value):
    back = eval(written(value))
    assert type(back) is type(value)
    assert back == value or value != value
    assert eval(written((value, [value]))) == (value, [value]) or value != value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1e-3, "1e-3"), (1e-5, "1e-5"), (0.01, "0.01"), (0.1, "0.1"), (1.0, "1.0"), (0.0, "0.0"), (0.99, "0.99"),
        (1.001e-5, "1.001e-5"), (1e16, "1e16"), (-1e-3, "-1e-3"), ((2,), "(2,)"), ([1, (2, "a")], '[1, (2, "a")]'),
        ("it's", '"it\'s"'), ("same", '"same"'), (True, "True"), (None, "None"), ({"a": 1}, '{"a": 1}'),
    ],
)  # fmt: skip
def test_how_values_are_written(value, expected):
    assert written(value) == expected


def test_a_number_of_numpy_is_a_number():
    numpy = importlib.import_module("numpy")
    assert (written(numpy.float64(1e-3)), written(numpy.bool_(True)), written(numpy.int64(3))) == ("1e-3", "True", "3")
    with pytest.raises(NoMend):
        written(numpy.zeros(2))


ATOMS = st.sampled_from(["x", "self.fc(x)", "(a + b)", "'ü'", "f(x, k=2)", "x.y[0]", "1", "[a, b]", "not_a(x)\n   "])
COMMENTS = st.sampled_from(["", "  # ü, (x", "  # nn.BatchNorm1d(1)"])


@st.composite
def modules(draw):
    """A module with a call of BatchNorm1d somewhere in an expression, and what stands before and behind the call."""
    before = "".join(f"v{n} = g({draw(ATOMS)}){draw(COMMENTS)}\n" for n in range(draw(st.integers(0, 3))))
    inside = ", ".join(
        draw(st.lists(ATOMS, min_size=1, max_size=1)) + draw(st.sampled_from([[], ["eps=1"], ["k=(2)"]]))
    )
    call = f"nn.BatchNorm1d({draw(st.sampled_from(['', ' ']))}{inside}{draw(st.sampled_from(['', ',', ' ', ' , ']))})"
    around = draw(st.sampled_from(["{}", "h({}, 2)", "('ß', {})", "{}.z", "a + {}", "-{} * b", "[{}, ]", "h(é)({})"]))
    left, right = around.split("{}")
    tail = f"{right}{draw(COMMENTS)}\n" + draw(st.sampled_from(["", "w = 1", "if a:\n\tpass\n"]))
    return f"{before}Ü = {left}", call, tail


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(module=modules(), what=st.sampled_from(["keywords", "wrap", "replace"]), windows=st.booleans())
def test_all_but_the_call_is_left_byte_for_byte(module, what, windows, tmp_path):
    head, call, tail = module
    text = "import torch\nfrom torch import nn\n" + head
    words = {
        "keywords": {"keywords": {"eps": 1e-3}, "signature": ("n", "eps", "*", "k")},
        "wrap": {"wrap": "nn.Sequential({}, nn.ReLU())"},
        "replace": {"keywords": {"k": 3}, "signature": ("n", "eps", "*", "k")},
    }[what]
    parts = [each.replace("\n", "\r\n") if windows else each for each in (text, call, tail)]
    file = tmp_path / "net.py"
    file.write_bytes("".join(parts).encode())
    mend = Mend(Place(str(file), text.count("\n") + 1), "BatchNorm1d", **words)
    result = mended(mend)
    assert isinstance(result, Mended)
    (new,) = patched([mend]).values()
    assert new.startswith(parts[0])
    assert new.endswith(parts[2])
    changed = ast.parse(new)
    now = [
        node
        for node in ast.walk(changed)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("BatchNorm1d")
    ]
    if what in ("keywords", "replace"):
        ((name, value),) = words["keywords"].items()
        assert {each.arg: ast.literal_eval(each.value) for each in now[0].keywords}[name] == value
    else:
        assert parts[1] in new
        assert any(ast.unparse(node).startswith("nn.Sequential(nn.BatchNorm1d") for node in ast.walk(changed))


@given(st.binary(max_size=40).map(lambda data: data.replace(b"\0", b"").replace(b"\r", b"")))
def test_no_edit_is_the_identity(data):
    try:
        source = Source(b"# " + data.replace(b"\n", b"\n# ") + b"\nx = 1")
    except NoMend:
        return
    assert source.edited([]).encode() == b"# " + data.replace(b"\n", b"\n# ") + b"\nx = 1"


@given(st.lists(st.tuples(st.integers(4, 20), st.integers(0, 4)), max_size=6))
def test_edits_are_made_in_their_places_or_refused(spans):
    source = Source(b"x = 0123456789abcdef".replace(b"0123456789abcdef", b"'0123456789abcd'"))
    edits = [Edit((start, min(start + size, 20)), ("<", (start, min(start + size, 20)), ">")) for start, size in spans]
    try:
        text = source.edited(edits)
    except NoMend:
        return
    assert text.replace("<", "").replace(">", "") == source.code
    assert text.count("<") == text.count(">") == len(edits)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("x", True), ("f(x)", True), ("a + b", False), ("(a + b)", True), ("(a) + (b)", False), ("-a", False),
     ("a.b[0]", True), ("a\n.b()", False), ("f(\na\n)", True), ("1", False), ("a if b else c", False)],
)  # fmt: skip
def test_what_a_dot_may_follow(code, expected):
    assert is_primary(code) is expected


# -- what a call takes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("y = self.conv(x)", {"call": "conv"}, "y = self.conv(F.pad(x, (0, 1)))"),
        ("y = self.conv((x))", {"call": "conv"}, "y = self.conv((F.pad(x, (0, 1))))"),
        ("y = self.conv(a + b, 2)", {"call": "conv"}, "y = self.conv(F.pad(a + b, (0, 1)), 2)"),
        ("y = F.conv1d(x, w, padding=1)", {"call": "conv1d"}, "y = F.conv1d(F.pad(x, (0, 1)), w, padding=1)"),
        (
            "y = F.conv1d(x, w, padding=1)",
            {"call": "conv1d", "keywords": {"padding": 0}, "signature": ("input", "weight")},
            "y = F.conv1d(F.pad(x, (0, 1)), w, padding=0)",
        ),
        (
            "self.conv = nn.Conv1d(3, 8, 3)",
            {},
            "[this line only makes the layer: what it takes is to be changed where it is called]",
        ),
        ("y = a @ b", {"call": "matmul"}, "[an operator has no operand that can be told]"),
        (
            "net = nn.Sequential(nn.ReLU(), nn.Conv1d(3, 8, 3))",
            {"call": "Conv1d"},
            "[among the elements of a Sequential only a layer can stand before it]",
        ),
    ],
)
def test_something_is_done_to_the_tensor_that_a_call_takes(code, words, expected, tmp_path):
    assert after(tmp_path, code, feed="F.pad({}, (0, 1))", **words) == expected


def test_a_layer_stands_before_an_element_of_a_sequential(tmp_path):
    words = {"call": "Conv1d", "feed": "nn.ZeroPad1d((0, 1))({})"}
    code = "net = nn.Sequential(nn.ReLU(), nn.Conv1d(3, 8, 3))"
    assert after(tmp_path, code, **words) == "net = nn.Sequential(nn.ReLU(), nn.ZeroPad1d((0, 1)), nn.Conv1d(3, 8, 3))"
    lines = "import torch.nn as nn\nnet = nn.Sequential(\n    nn.ReLU(),\n    nn.Conv1d(3, 8, 3),\n)\n"
    (new,) = patched([Mend(at(tmp_path, lines, "Conv1d"), **words)]).values()
    assert new == lines.replace("    nn.Conv1d", "    nn.ZeroPad1d((0, 1)),\n    nn.Conv1d")


def test_a_keras_layer_is_fed_where_it_is_built(tmp_path):
    words = {"call": "Conv1D", "feed": "keras.layers.ZeroPadding1D((0, 1))({})", "keywords": {"padding": "valid"}}
    code = 'y = layers.Conv1D(8, 3, padding="same")(x)'
    expected = 'y = layers.Conv1D(8, 3, padding="valid")(keras.layers.ZeroPadding1D((0, 1))(x))'
    assert after(tmp_path, code, head=KERAS, **words) == expected


def test_changes_that_go_together_are_told_and_made_together(tmp_path):
    code = f"{HEAD}self.conv = nn.Conv1d(3, 8, 3, padding=1)  # built\ny = self.conv(x)  # called\n"
    built = Mend(at(tmp_path, code, "# built"), "Conv1d", keywords={"padding": 0})
    place = at(tmp_path, code, "# called")
    both = Mend(place, "conv", feed="F.pad({}, (0, 1))", also=(Mend(built.place, "Conv1d", keywords={"padding": 0}),))
    told = line(both)
    assert told is not None
    assert [part.split("  →  ")[1] for part in told.split(", and ")] == [
        "self.conv(F.pad(x, (0, 1)))",
        "nn.Conv1d(3, 8, 3, padding=0)",
    ]
    (new,) = patched([both]).values()
    assert new == code.replace("padding=1", "padding=0").replace("conv(x)", "conv(F.pad(x, (0, 1)))")
    refused = Mend(place, "conv", feed="F.pad({}, (0, 1))", also=(Mend(place, "nowhere", keywords={"a": 1}),))
    assert isinstance(mended(refused), Unmendable)
