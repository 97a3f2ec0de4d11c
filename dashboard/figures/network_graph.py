"""Data of the network graph and of the forward pass: numbers → what their components draw."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import diverging_colors
from playground.analysis.inspection.forward_pass import Edges, LayerStep, largest
from playground.experiment.model_summary import UnitNames
from playground.nn.format import format_number

Array = NDArray[Any]


STRONGEST_WEIGHTS = 4  # strongest weights in and out in the card of a unit
ZERO_LEVEL, TOP_LEVEL = 127, 254  # of a color: orange 0, gray 127, blue 254


@dataclass(frozen=True)
class NodeColumn:
    """The inputs or one layer; arrays have one row per unit shown.

    thumbnails: (n, height, width), colored on the scale −largest … largest.
    x: output for the example shown; z: before the activation (None: inputs).
    """

    size: int  # units in the layer
    units: NDArray[np.int64]  # those shown
    what: str  # the content of the thumbnails
    thumbnails: Array
    largest: float
    x: Array
    z: Array | None = None
    bias: Array | None = None
    mean: Array | None = None
    spread: Array | None = None
    activation: str = ""
    kernel: Array | None = None  # whole, (n_in, size)
    most: Sequence[str] = ()  # per unit, the class with the largest mean output
    picture: bool = False  # drawn as one image, (1, height, width) of 0 … 1


def graph_data(
    columns: Sequence[NodeColumn], edges: Sequence[Edges], names: UnitNames
) -> dict[str, Any]:
    """Columns of units and the edges between them; numbers are float32, as base64."""
    drawn = [_column(columns, i, names) for i in range(len(columns))]
    lines = [_edges(columns[i], shown) for i, shown in enumerate(edges)]
    return {"columns": drawn, "edges": lines}


def color_levels() -> str:
    """The colors of the 255 levels, as bytes of red, green, blue, as base64."""
    shades = diverging_colors(np.arange(TOP_LEVEL + 1) / ZERO_LEVEL - 1, 1.0)
    return base64.b64encode(shades.tobytes()).decode()


def levels(values: Array, largest: float) -> str:
    """Values on the scale −largest … largest → bytes 0 … 254, as base64."""
    with np.errstate(invalid="ignore"):
        share = np.clip(np.nan_to_num(values / (largest or 1.0)), -1, 1)
    return base64.b64encode((ZERO_LEVEL * (1 + share)).round().astype(np.uint8).tobytes()).decode()


def _column(columns: Sequence[NodeColumn], i: int, names: UnitNames) -> dict[str, Any]:
    column = columns[i]
    following = columns[i + 1].kernel if i + 1 < len(columns) else None
    units = [] if column.picture else column.units.tolist()
    is_hidden = 0 < i < len(columns) - 1
    numbers = {} if column.picture else _numbers(column)
    return {
        "name": names.column(i),
        "note": _note(column),
        "activation": column.activation,
        "shape": column.thumbnails.shape[1:],
        "pixels": levels(column.thumbnails, column.largest),
        "picture": column.picture,
        "what": column.what,
        "largest": format_number(float(column.largest), 4),
        "units": units,
        "titles": [names.unit_in_layer(i, unit) for unit in units],
        # Of all, as the card of another unit may name them; hidden ones have numbers only.
        "names": None
        if is_hidden or column.picture
        else [names.unit(i, unit) for unit in range(column.size)],
        "labels": list(numbers),
        "numbers": _floats(np.array([*numbers.values()])),
        "most": list(column.most),
        "from": None if column.kernel is None else _strongest(column.kernel[:, units]),
        "to": None if following is None else _strongest(following[units].T),
    }


def _note(column: NodeColumn) -> str:
    shown = len(column.units)
    return f"{shown} of {column.size:,}" if shown < column.size else f"{shown:,}"


def _numbers(column: NodeColumn) -> dict[str, Array]:
    """What the card of a unit tells: of each number its label, and its values for all units."""
    if column.z is None or column.bias is None:
        return {"value of this example": column.x}
    numbers = {
        "bias b": column.bias,
        "z of this example": column.z,
        f"output a = {column.activation}(z)": column.x,
    }
    if column.mean is not None and column.spread is not None:
        numbers |= {"mean output": column.mean, "its standard deviation": column.spread}
    return numbers


def _strongest(weights: Array) -> dict[str, str]:
    """Of each unit (column) the largest weights, and the numbers of the units they join it to."""
    rows, values = largest(weights, STRONGEST_WEIGHTS)
    return {"units": _bytes(rows.T.astype("<i4")), "weights": _floats(values.T)}


def _edges(column: NodeColumn, shown: Edges) -> dict[str, Any]:
    """Both ends of each weight drawn, the weight, and weight · input of the example."""
    x = column.x[np.searchsorted(column.units, shown.source)]
    return {
        "from": shown.source.tolist(),
        "to": shown.target.tolist(),
        "weights": _floats(shown.weight),
        "products": _floats(shown.weight * x),
    }


def graph_sentence(
    columns: Sequence[NodeColumn], edges: Sequence[Edges], names: UnitNames, moment: str
) -> str:
    """How many weights are drawn, and the largest one."""
    total = sum(column.kernel.size for column in columns if column.kernel is not None)
    drawn = sum(len(shown.weight) for shown in edges)
    if drawn == total:
        text = f"All {total:,} weights {moment}."
    else:
        parts = [
            f"{len(column.units)} of {column.size:,} units of {names.column(i).lower()}"
            for i, column in enumerate(columns)
            if len(column.units) < column.size
        ]
        text = f"The {drawn} largest of {total:,} weights {moment}"
        text += f" between the units shown: {' and '.join(parts)}." if parts else "."
    i = max(range(len(edges)), key=lambda i: float(np.abs(edges[i].weight[:1]).sum()))
    a, b, w = int(edges[i].source[0]), int(edges[i].target[0]), float(edges[i].weight[0])
    ends = f"from {names.unit_in_layer(i, a)} to {names.unit_in_layer(i + 1, b)}"
    return f"{text} The largest, {format_number(float(w), 4)}, goes {ends}."


STRONGEST_INPUTS = 8  # inputs of each unit with the largest |x·w|


def forward_pass_data(
    steps: Sequence[LayerStep], given: Array, names: UnitNames, activations: Sequence[str]
) -> dict[str, Any]:
    """The inputs, and z, a and the strongest inputs of every unit.

    given: unscaled inputs (n,); activations: the name of each layer's activation.
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


def _layer(step: LayerStep, i: int, names: UnitNames, activation: str) -> dict[str, Any]:
    rows, _ = step.strongest(STRONGEST_INPUTS)
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


def weights_into(step: LayerStep, column: int, unit: int) -> dict[str, str]:
    """All weights of one unit, for the image of its contributions."""
    return {"unit": f"{column}:{unit}", "weights": _floats(step.layer.kernel[:, unit])}


def _floats(values: Array) -> str:
    return _bytes(values.astype("<f4"))


def _bytes(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _largest(values: Array) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def forward_pass_sentence(steps: Sequence[LayerStep], prediction: str) -> str:
    """The prediction, and how many numbers are computed for it."""
    products = sum(step.layer.kernel.size for step in steps)
    units = sum(len(step.z) for step in steps)
    active = sum(int((step.a > 0).sum()) for step in steps[:-1])
    hidden = units - len(steps[-1].z)
    note = f" {active:,} of the {hidden:,} hidden units have an output above 0." if hidden else ""
    return (
        f"{prediction} Computed: {products:,} products x·w, {units:,} pre-activations z and as "
        f"many outputs a.{note}"
    )
