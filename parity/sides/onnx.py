"""The ONNX side: a file run by ONNX Runtime with graph optimisation off, so that it is a reference of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from parity.errors import NoTwin, OutlineError
from parity.nouns import Amendment, Array, Excerpt, Intake, Layer, Origin, Outline, Parameter, Probe, Trace, Weights

FRAMEWORK = "onnx"


class OnnxSide:
    """An ONNX file as a Side. Its weights are those it was exported with; they are read, never written."""

    def __init__(self, file: str | Path) -> None:
        self._model = onnx.load(str(file))
        onnx.checker.check_model(self._model)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def intakes(self) -> tuple[Intake, ...]:
        return ()  # asked of nobody: it runs on what the side took that it was exported from

    def outline(self, probe: Probe) -> Outline:
        graph = self._model.graph
        held = {array.name: array for array in graph.initializer}
        giver = {name: node.name or name for node in graph.node for name in node.output}
        giver |= {value.name: f"input:{value.name}" for value in graph.input}
        layers = tuple(
            Layer(
                name=giver[node.output[0]],
                kind=node.op_type,
                inputs=tuple(giver[name] for name in node.input if name in giver),
                shape=(),
                axes=(),
                parameters=tuple(_parameter(held[name]) for name in node.input if name in held),
                known=False,
            )
            for node in graph.node
        )
        return Outline(
            framework=FRAMEWORK,
            versions={"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
            inputs=tuple(value.name for value in graph.input),
            layers=layers,
            outputs={value.name: giver[value.name] for value in graph.output},
        )

    def part(self, layers: Mapping[str, int]) -> bool:
        return False

    def among(self, sides: int) -> None:
        """It runs by itself."""

    def weights(self) -> Weights:
        return {}

    def origins(self) -> Mapping[str, Mapping[str, Origin]]:
        return {}

    def again(self, thing: Any, probe: Probe) -> Weights:
        raise OutlineError("an ONNX file keeps the weights that it was exported with")

    def load(self, weights: Weights) -> None:
        if weights:
            raise OutlineError("an ONNX file keeps the weights that it was exported with; export it again")

    def calibrate(self, probe: Probe, seed: int) -> None:
        raise OutlineError("an ONNX file keeps the weights that it was exported with")

    def run(
        self,
        probe: Probe,
        *,
        double: bool = False,
        given: Mapping[str, Array] | None = None,
        amendments: Sequence[Amendment] = (),
    ) -> Trace:
        if double or given is not None or amendments:
            raise NoTwin("an ONNX file runs as it was exported")
        names = [value.name for value in self._session.get_inputs()]
        feeds: dict[str, Any] = dict(zip(names, map(np.asarray, probe.arrays.values()), strict=True))
        values = self._session.run(None, feeds)
        outputs = {value.name: array for value, array in zip(self._session.get_outputs(), values, strict=True)}
        return Trace(steps={}, outputs=outputs)

    def excerpt(
        self, layer: str, probe: Probe, *, role: str, given: Mapping[str, Array], double: bool = False
    ) -> Excerpt:
        raise OutlineError("an ONNX file is not taken apart: it is a third reference, and neither of two sides")

    def outputs(self, probe: Probe) -> Mapping[str, Array]:
        return self.run(probe).outputs

    def read(self, file: Path) -> None:
        raise OutlineError("an ONNX file keeps the weights that it was exported with")

    def save(self, file: Path) -> None:
        raise OutlineError("an ONNX file is its own weight file")

    def export(self, file: Path, probe: Probe) -> None:
        onnx.save(self._model, str(file))


def _parameter(array: Any) -> Parameter:
    return Parameter(role=array.name.rpartition("/")[2], name=array.name, shape=tuple(array.dims), portable=False)


SIDE = OnnxSide
