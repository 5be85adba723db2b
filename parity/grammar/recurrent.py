"""What the recurrent kinds have in common: the axes of their arrays, their spellings, their output.

An array with gates has them as an axis of its own, in PyTorch's order: `input gate unit`, `hidden gate unit`,
`gate unit`. A Keras layer holds its arrays in its cell, which may also be called alone, a step at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parity.axes import Axes, Axis, axis, text
from parity.nouns import Settings
from parity.rule import Call, Hold, Holds, Role, Spelling

LAYER = "input hidden w_ih w_hh b_ih=None b_hh=None batch_first=False"
"""The words of one level of a recurrent stack in one direction, as the PyTorch side calls it."""
CELL = "input hx w_ih w_hh b_ih=None b_hh=None"


def roles(gates: int, *, joins: bool) -> Mapping[str, Role]:
    """The arrays of a kind with so many gates; one gate has no axis. `joins`: both biases only ever add up."""
    gate = "gate " if gates > 1 else ""
    return {
        "kernel": Role(f"input {gate}unit"),
        "recurrent": Role(f"hidden {gate}unit"),
        "bias": Role(f"{gate}unit", neutral=0.0),
        "recurrent_bias": Role(f"{gate}unit", neutral=0.0, joins="bias" if joins else ""),
    }


def output(call: Call) -> Axes:
    """One vector of units for each step, or for the one step of a cell."""
    return (*call.inputs[0][:-1], axis("channel", call.shape[-1]))


def over(call: Call, time: int) -> Settings:
    """The name of the axis along which the steps of a layer stand."""
    return {"over": text((call.inputs[0][time],))}


def zeroing(call: Call) -> Settings:
    """Whether a Keras layer gives zeros at masked steps, as both directions of a pair do, and not what was last."""
    return {"zeroed": True} if len(call.inputs) > 1 and call.words.get("zero_output_for_mask") is True else {}


def reads(call: Call) -> Mapping[str, Axis]:
    """The kernel runs along the features of the data."""
    return {"input": call.inputs[0][-1]}


def keras_holds(gates: int, order: Sequence[int] = (), *, within: str = "", apart: bool = False) -> Holds:
    """Where a Keras layer (`within` its cell) or a cell keeps its arrays; `apart` for a bias of two rows."""
    unit, sizes = ("(gate unit)", {"gate": gates}) if gates > 1 else ("unit", {})
    native = {"gate": tuple(order)} if order else {}
    one = Hold(f"{within}bias", unit, sizes, order=native)
    rows = {
        role: Hold(f"{within}bias", unit, sizes, (row,), native) for row, role in enumerate(("bias", "recurrent_bias"))
    }
    return {
        "kernel": Hold(f"{within}kernel", f"input {unit}", sizes, order=native),
        "recurrent": Hold(f"{within}recurrent_kernel", f"hidden {unit}", sizes, order=native),
        **(rows if apart else {"bias": one}),
    }


def torch_holds(gates: int) -> Holds:
    """Where PyTorch's functions take theirs."""
    unit, sizes = ("(gate unit)", {"gate": gates}) if gates > 1 else ("unit", {})
    return {
        "kernel": Hold("w_ih", f"{unit} input", sizes),
        "recurrent": Hold("w_hh", f"{unit} hidden", sizes),
        "bias": Hold("b_ih", unit, sizes),
        "recurrent_bias": Hold("b_hh", unit, sizes),
    }


def torch_spellings(layer: str, cell: str, gates: int, settings: Settings) -> tuple[Spelling, Spelling]:
    """A level of a stack, and a cell."""
    words = LAYER if gates != 4 else LAYER.replace("hidden", "hidden state", 1)
    return (
        Spelling(
            (layer,),
            words,
            torch_holds(gates),
            settings=lambda call: {**settings, **over(call, 1 if call.words["batch_first"] else 0)},
            axes=output,
            reads=reads,
        ),
        Spelling(
            (cell,),
            CELL,
            torch_holds(gates),
            settings=lambda call: {**settings, "step": True},
            axes=output,
            reads=reads,
        ),
    )
