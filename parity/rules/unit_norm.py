"""Division by the Euclidean norm along some axes, which counts as epsilon where it is smaller: UnitNormalization."""

from parity.grammar.reductions import only_operand, over, positions
from parity.nouns import Settings
from parity.rule import Call, Example, Rule, Spelling


def _settings(call: Call, dim: object, order: float, epsilon: float) -> Settings:
    only_operand(call)
    return {**over(call, positions(dim, len(call.inputs[0]))), "order": float(order), "epsilon": epsilon}


def _keras_settings(call: Call) -> Settings:
    return _settings(call, call.words["axis"], 2, 1e-12)  # the layer has no other epsilon


def _torch_settings(call: Call) -> Settings:
    return _settings(call, call.words["dim"], call.words["p"], call.words["eps"])


RULE = Rule(
    kind="unit_norm",
    keras=(Spelling(("UnitNormalization",), settings=_keras_settings),),
    torch=(Spelling(("normalize",), "input p=2.0 dim=1 eps=1e-12 out=None", settings=_torch_settings),),
    examples=(
        Example("keras.layers.UnitNormalization()", "F.normalize", (7, 9, 5), "height width channel"),
        Example("keras.layers.UnitNormalization(axis=1)", "lambda x: F.normalize(x, dim=2)", (7, 5), "length channel"),
    ),
)
