"""`python .../parity/worker/__main__.py FD [FRAMEWORK]`: the process of one side, in whichever interpreter runs it.

With the name of a framework it is a warm process instead, from which those of many sides are forked.

The interpreter may be another than parity's own and need not have parity installed, so the package is loaded
from where this file stands, and nothing else of that folder comes onto the path.
"""

import importlib.util
import sys
from pathlib import Path

if __name__ == "__main__":
    package = Path(__file__).resolve().parent.parent
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).resolve().parent)]
    spec = importlib.util.spec_from_file_location(
        "parity", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["parity"] = module
    spec.loader.exec_module(module)

    if sys.argv[2:]:
        from parity.worker.forks import forks

        forks(int(sys.argv[1]), sys.argv[2])
    else:
        from parity.worker.server import serve

        serve(int(sys.argv[1]))
