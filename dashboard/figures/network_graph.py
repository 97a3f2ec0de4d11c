"""Data of the network graph and of the forward pass: numbers → what their components draw."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    diverging_colors,
)
from playground.analysis.inspection.forward_pass import Edges, LayerStep
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
    """Columns of units and the edges between them; numbers are formatted here."""
    drawn = [_column(columns, i, names) for i in range(len(columns))]
    lines = [_edges(columns, i, shown) for i, shown in enumerate(edges)]
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
    largest_bias = 1.0
    if column.bias is not None and len(column.bias):
        largest_bias = float(np.abs(column.bias).max()) or 1.0
    return {
        "name": names.column(i),
        "note": _note(column),
        "activation": column.activation,
        "shape": column.thumbnails.shape[1:],
        "pixels": levels(column.thumbnails, column.largest),
        "picture": column.picture,
        "what": column.what,
        "largest": format_number(float(column.largest), 4),
        "units": []
        if column.picture
        else [
            {
                "id": int(unit),
                "name": names.unit(i, int(unit)),
                "title": names.unit_in_layer(i, int(unit)),
                "bias": None if column.bias is None else float(column.bias[k] / largest_bias),
                "numbers": _numbers(column, k),
                "joined": [*_incoming(columns, i, k, names), *_outgoing(columns, i, k, names)],
            }
            for k, unit in enumerate(column.units)
        ],
    }


def _note(column: NodeColumn) -> str:
    shown = len(column.units)
    return f"{shown} of {column.size:,}" if shown < column.size else f"{shown:,}"


def _numbers(column: NodeColumn, k: int) -> list[tuple[str, str]]:
    if column.z is None or column.bias is None:
        return [("value of this example", format_number(float(column.x[k]), 4))]
    lines = [
        ("bias b", format_number(float(column.bias[k]), 4)),
        ("this example: pre-activation z", format_number(float(column.z[k]), 4)),
        (f"output a = {column.activation}(z)", format_number(float(column.x[k]), 4)),
    ]
    if column.mean is not None and column.spread is not None:
        lines.append(
            (
                "mean output",
                f"{format_number(float(column.mean[k]), 4)} ± "
                f"{format_number(float(column.spread[k]), 4)}",
            )
        )
    if column.most:
        lines.append(("largest mean for", column.most[k]))
    return lines


def _incoming(
    columns: Sequence[NodeColumn], i: int, k: int, names: UnitNames
) -> list[tuple[str, str]]:
    kernel = columns[i].kernel
    if kernel is None:
        return []
    return _strongest(kernel[:, columns[i].units[k]], "from {}", i - 1, names)


def _outgoing(
    columns: Sequence[NodeColumn], i: int, k: int, names: UnitNames
) -> list[tuple[str, str]]:
    kernel = columns[i + 1].kernel if i + 1 < len(columns) else None
    if kernel is None:
        return []
    return _strongest(kernel[columns[i].units[k]], "to {}", i + 1, names)


def _strongest(
    weights: Array, template: str, column: int, names: UnitNames
) -> list[tuple[str, str]]:
    """The largest weights of one unit, incoming or outgoing."""
    order = np.argsort(-np.abs(weights), kind="stable")[:STRONGEST_WEIGHTS]
    return [
        (template.format(names.unit(column, int(j))), format_number(float(weights[j]), 4))
        for j in order
    ]


def _edges(
    columns: Sequence[NodeColumn], i: int, shown: Edges
) -> list[tuple[int, int, float, str]]:
    """(from, to, weight, weight · input of the example) of each weight drawn."""
    of = {int(unit): float(x) for unit, x in zip(columns[i].units, columns[i].x, strict=True)}
    lines = zip(shown.source.tolist(), shown.target.tolist(), shown.weight.tolist(), strict=True)
    return [(a, b, float(f"{w:.5g}"), format_number(float(w * of[a]), 4)) for a, b, w in lines]


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
