"""One example's way through a network: numbers → what the forward pass component draws."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.names import Names
from playground.trace import Step

Array = NDArray[Any]

LISTED = 8  # inputs of each unit with the largest |x·w|


def passage(
    steps: Sequence[Step], given: Array, names: Names, activations: Sequence[str]
) -> dict[str, Any]:
    """Every number on the way: the inputs, and z, a and the strongest inputs of all units.

    given: the inputs as the data set has them, (n,); activations: what each layer's is called.
    """
    source = names.source
    what = "pixel" if source.shape else "number"
    what += "s" if len(given) > 1 else ""
    inputs = {
        "title": "Input",
        "note": f"{len(given):,} {what}, scaled for the network",
        "shape": source.shape or None,
        "names": None if source.shape else list(source.features),
        "a": _floats(steps[0].x),
        "largestA": _largest(steps[0].x),
        "most": 0,
    }
    columns = [inputs] + [
        _layer(step, i, names, name)
        for i, (step, name) in enumerate(zip(steps, activations, strict=True), start=1)
    ]
    return {"columns": columns, "given": _floats(given), "maximum": source.maximum}


def _layer(step: Step, i: int, names: Names, activation: str) -> dict[str, Any]:
    rows, _ = step.strongest(LISTED)
    is_output = i == names.n_layers
    return {
        "title": names.column(i),
        "note": f"{len(step.z):,} {'unit' if len(step.z) == 1 else 'units'}: "
        f"z = x·W + b, then a = {activation}(z)",
        "activation": activation,
        "names": [names.unit(i, j) for j in range(len(step.z))] if is_output else None,
        "z": _floats(step.z),
        "a": _floats(step.a),
        "bias": _floats(step.layer.bias),
        "largestZ": _largest(step.z),
        "largestA": 1.0 if is_output and names.source.classes else _largest(step.a),
        "most": len(rows),
        "rows": _bytes(rows.astype("<i4")),
        "weights": _floats(np.take_along_axis(step.layer.kernel, rows, axis=0)),
    }


def weights_into(step: Step, column: int, unit: int) -> dict[str, str]:
    """All weights of one unit, for the picture of its contributions."""
    return {"unit": f"{column}:{unit}", "weights": _floats(step.layer.kernel[:, unit])}


def _floats(values: Array) -> str:
    return _bytes(values.astype("<f4"))


def _bytes(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _largest(values: Array) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def passage_sentence(steps: Sequence[Step], said: str) -> str:
    """What comes out and how many numbers are computed for it, in words."""
    products = sum(step.layer.kernel.size for step in steps)
    units = sum(len(step.z) for step in steps)
    busy = sum(int((step.a > 0).sum()) for step in steps[:-1])
    hidden = units - len(steps[-1].z)
    active = f" {busy:,} of the {hidden:,} hidden units give out more than 0." if hidden else ""
    return (
        f"{said} On the way: {products:,} products x·w, {units:,} sums z and as many outputs a."
        f"{active}"
    )
