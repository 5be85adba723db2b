"""Who imports whom: no framework before it is needed or outside its room, and no circle inside the package."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import parity

PACKAGE = Path(parity.__file__).parent
FRAMEWORKS = {"torch", "keras", "tensorflow", "tf_keras", "onnx", "onnxruntime", "tf2onnx"}
MODULES = {
    ".".join(("parity", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def imported_by(program: str) -> set[str]:
    """The top-level modules that a fresh process holds when the program is done."""
    ending = "import sys; print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", f"{program}\n{ending}"], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("program", "banned"),
    [
        ("import parity", FRAMEWORKS | {"numpy", "scipy", "rich", "click"}),
        ("from parity.cli import main; main(['--help'], standalone_mode=False)", FRAMEWORKS | {"numpy", "scipy"}),
        ("from parity.cli import main; main(['check', '--help'], standalone_mode=False)", FRAMEWORKS | {"numpy"}),
        ("from parity.cli import main; main(['list'], standalone_mode=False)", FRAMEWORKS | {"scipy"}),
        ("import parity; parity.check, parity.Input, parity.Verdict, parity.NotParity", FRAMEWORKS),
    ],
    ids=["import", "help", "check-help", "list", "names"],
)
def test_a_fresh_process_imports_nothing_that_it_does_not_need(program, banned):
    assert not imported_by(program) & banned


def test_a_whole_check_brings_no_framework_into_the_process_of_the_command(tmp_path):
    """Nor may a version, a dtype or a shape that comes from a side be a framework's own object."""
    (tmp_path / "one.py").write_text(
        "import keras\ndef build():\n    x = keras.Input((5,))\n"
        "    return keras.Model(x, keras.layers.Dense(7, activation='tanh')(x))\n"
    )
    (tmp_path / "other.py").write_text(
        "from torch import nn\ndef build():\n    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Softshrink(0.0))\n"
    )
    (tmp_path / "case.toml").write_text(
        "title = 'A pair'\nreference = { framework = 'keras', build = 'one:build' }\n"
        "candidate = { framework = 'torch', build = 'other:build' }\n"
        "inputs = [{ name = 'x', shape = [5], axes = 'channel' }]\n"
    )
    program = f"""
from parity.cli import main
try:
    main(["check", {str(tmp_path)!r}, "--quiet"])
except SystemExit as ending:
    assert ending.code in (0, 1, 3), ending.code
"""
    assert not imported_by(program) & FRAMEWORKS


def test_only_the_sides_import_a_framework():
    """Plain statements at any depth, and names given to import_module; the one exception has its reason."""
    found = {
        (str(path.relative_to(PACKAGE)), top)
        for path in MODULES.values()
        for name in (*plainly(path), *by_name(path))
        if (top := name.partition(".")[0]) in FRAMEWORKS and path.parent.name != "sides"
    }
    # A CUDA build of torch must be in the process before TensorFlow, so the API of live objects brings it in first.
    assert found <= {("api.py", "torch")}


def test_each_side_imports_its_own_framework_only():
    families = [{"torch"}, {"keras", "tensorflow", "tf2onnx"}, {"onnx", "onnxruntime"}]
    for path in (PACKAGE / "sides").glob("*.py"):
        used = {name.partition(".")[0] for name in plainly(path)} & FRAMEWORKS
        assert any(used <= family for family in families), path.name


def test_imports_inside_the_package_form_no_circle():
    graph = {module: neighbours(module) for module in MODULES}
    assert graph["parity.cli"] and graph["parity.line"]
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle
    assert order.index("parity.nouns") < order.index("parity.line") < order.index("parity.commands.check")


@pytest.mark.parametrize("shelf", ["rules", "formats", "sides", "initialisers", "fresh.formats"])
def test_files_on_a_shelf_never_import_an_entry_beside_them_or_the_line_above_them(shelf):
    """A file whose name begins with `_` is no entry but a private part of its neighbours."""
    above = {"parity.cli", "parity.api", "parity.line", "parity.build", "parity.judge", "parity.verdict"}
    for module in MODULES:
        if module.startswith(f"parity.{shelf}."):
            used = neighbours(module)
            beside = {each for each in used if each.startswith(f"parity.{shelf}")}
            assert not {each for each in beside if not each.startswith(f"parity.{shelf}._")}, module
            assert not used & above, module
        else:
            assert not {each for each in neighbours(module) if each.startswith(f"parity.{shelf}._")}, module


def plainly(path: Path) -> Iterator[str]:
    """Every module that an import statement names at any level, those for the type checker aside."""
    for node in running(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def by_name(path: Path) -> Iterator[str]:
    """Every literal that is given to `import_module` or `__import__`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (each.value for each in node.args if isinstance(each, ast.Constant))


@cache
def neighbours(module: str) -> frozenset[str]:
    """The package's own modules that this one imports. Each needs the bare package, which needs none of them."""
    return frozenset(name for name in plainly(MODULES[module]) if name in MODULES) - {"parity", module}


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, without the bodies of `if TYPE_CHECKING:`."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    for child in ast.iter_child_nodes(node):
        yield from running(child)
