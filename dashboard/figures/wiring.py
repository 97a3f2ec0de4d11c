"""A network as a drawing: numbers → what the network diagram's component draws."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import colour
from playground.diagram import Edges
from playground.names import Names

Array = NDArray[Any]

LISTED = 4  # strongest weights in and out in the card of a unit
ZERO_LEVEL, TOP_LEVEL = 127, 254  # of a colour: orange 0, grey 127, blue 254


@dataclass(frozen=True)
class Column:
    """What is drawn of the inputs or of one layer; arrays have one row for each unit shown.

    thumbnails: (n, height, width), coloured on the scale −largest … largest.
    x: what comes out of the unit for the example shown; z: before the activation (None: inputs).
    """

    size: int  # units there are
    units: NDArray[np.int64]  # those shown
    what: str  # the thumbnails show
    thumbnails: Array
    largest: float
    x: Array
    z: Array | None = None
    bias: Array | None = None
    mean: Array | None = None
    spread: Array | None = None
    activation: str = ""
    kernel: Array | None = None  # whole, (n_in, size)
    most: Sequence[str] = ()  # for each unit, the class it answers to most
    picture: bool = False  # drawn as one image, (1, height, width) of 0 … 1


def wiring(columns: Sequence[Column], edges: Sequence[Edges], names: Names) -> dict[str, Any]:
    """What is drawn, in short: the numbers of every unit are words already."""
    drawn = [_column(columns, i, names) for i in range(len(columns))]
    lines = [_edges(columns, i, shown) for i, shown in enumerate(edges)]
    return {"columns": drawn, "edges": lines}


def colours() -> str:
    """The colours of the 255 levels, as bytes of red, green, blue, in base 64."""
    shades = colour(np.arange(TOP_LEVEL + 1) / ZERO_LEVEL - 1, 1.0)
    return base64.b64encode(shades.tobytes()).decode()


def levels(values: Array, largest: float) -> str:
    """Values on the scale −largest … largest → bytes 0 … 254, in base 64."""
    with np.errstate(invalid="ignore"):
        share = np.clip(np.nan_to_num(values / (largest or 1.0)), -1, 1)
    return base64.b64encode((ZERO_LEVEL * (1 + share)).round().astype(np.uint8).tobytes()).decode()


def number(value: float) -> str:
    """Four digits, with a true minus sign."""
    if not np.isfinite(value):
        return "not finite"
    return f"{float(value):.4g}".replace("-", "−")


def _column(columns: Sequence[Column], i: int, names: Names) -> dict[str, Any]:
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
        "largest": number(column.largest),
        "units": []
        if column.picture
        else [
            {
                "id": int(unit),
                "name": names.unit(i, int(unit)),
                "title": names.whole(i, int(unit)),
                "bias": None if column.bias is None else float(column.bias[k] / largest_bias),
                "numbers": _numbers(column, k),
                "joined": [*_into(columns, i, k, names), *_out_of(columns, i, k, names)],
            }
            for k, unit in enumerate(column.units)
        ],
    }


def _note(column: Column) -> str:
    shown = len(column.units)
    return f"{shown} of {column.size:,}" if shown < column.size else f"{shown:,}"


def _numbers(column: Column, k: int) -> list[tuple[str, str]]:
    if column.z is None or column.bias is None:
        return [("value of this example", number(column.x[k]))]
    found = [
        ("bias b", number(column.bias[k])),
        ("this example: sum z", number(column.z[k])),
        (f"output a = {column.activation}(z)", number(column.x[k])),
    ]
    if column.mean is not None and column.spread is not None:
        found.append(("mean output", f"{number(column.mean[k])} ± {number(column.spread[k])}"))
    if column.most:
        found.append(("most for", column.most[k]))
    return found


def _into(columns: Sequence[Column], i: int, k: int, names: Names) -> list[tuple[str, str]]:
    kernel = columns[i].kernel
    if kernel is None:
        return []
    return _listed(kernel[:, columns[i].units[k]], "from {}", i - 1, names)


def _out_of(columns: Sequence[Column], i: int, k: int, names: Names) -> list[tuple[str, str]]:
    kernel = columns[i + 1].kernel if i + 1 < len(columns) else None
    if kernel is None:
        return []
    return _listed(kernel[columns[i].units[k]], "to {}", i + 1, names)


def _listed(weights: Array, words: str, column: int, names: Names) -> list[tuple[str, str]]:
    """The strongest weights of one unit, on its way in or out."""
    order = np.argsort(-np.abs(weights), kind="stable")[:LISTED]
    return [(words.format(names.unit(column, int(j))), number(weights[j])) for j in order]


def _edges(columns: Sequence[Column], i: int, shown: Edges) -> list[tuple[int, int, float, str]]:
    """(from, to, weight, weight times the value of the example) of each weight drawn."""
    of = {int(unit): float(x) for unit, x in zip(columns[i].units, columns[i].x, strict=True)}
    lines = zip(shown.source.tolist(), shown.target.tolist(), shown.weight.tolist(), strict=True)
    return [(a, b, float(f"{w:.5g}"), number(w * of[a])) for a, b, w in lines]


def wiring_sentence(
    columns: Sequence[Column], edges: Sequence[Edges], names: Names, moment: str
) -> str:
    """How much of the network is drawn, and its strongest weight, in words."""
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
        text = f"The {drawn} strongest of {total:,} weights {moment}"
        text += f" between the units shown: {' and '.join(parts)}." if parts else "."
    i = max(range(len(edges)), key=lambda i: float(np.abs(edges[i].weight[:1]).sum()))
    a, b, w = int(edges[i].source[0]), int(edges[i].target[0]), float(edges[i].weight[0])
    ends = f"from {names.whole(i, a)} to {names.whole(i + 1, b)}"
    return f"{text} The strongest, {number(w)}, goes {ends}."
