"""The map of capacity and data: validation accuracy by units and training examples."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import Figure, frame

COLOURS = ("#fdf3e7", "#7fb6d9", "#0877bd")  # pale is bad, deep blue is good

Values = NDArray[np.float64]  # (n_units, n_sizes); NaN where nothing is known yet


def capacity_map(
    values: Values, units: Sequence[int], sizes: Sequence[int], is_share: bool, keep: str = ""
) -> Figure:
    """A coloured cell with its number for each pair; empty where it has not been trained yet."""
    name = "validation accuracy" if is_share else "validation error"
    layout = frame(name.capitalize(), "training examples", "units", keep, height=420)
    layout["margin"]["t"] = 40
    layout["xaxis"] |= {"type": "category", "showgrid": False}
    layout["yaxis"] |= {"type": "category", "showgrid": False}
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    high = high if high > low else low + 1e-3
    cells = {
        "type": "heatmap", "uid": "capacity", "x": [f"{n:,}" for n in sizes],
        "y": [f"{n:,}" for n in units], "z": _shown(values), "zmin": low, "zmax": high,
        "colorscale": [[i / 2, c] for i, c in enumerate(COLOURS[:: 1 if is_share else -1])],
        "colorbar": {"thickness": 12, "tickformat": ".0%" if is_share else ".2g"},
        "xgap": 3, "ygap": 3, "texttemplate": "%{z:.0%}" if is_share else "%{z:.2g}",
        "hovertemplate": f"%{{y}} units, %{{x}} examples: %{{z:{'.1%' if is_share else '.3g'}}}"
        "<extra></extra>", "hoverongaps": False,
    }  # fmt: skip
    return {"data": [cells], "layout": layout | {"showlegend": False}}


def _shown(values: Values) -> list[list[float | None]]:
    # Not an array: Plotly would take the bytes of NaN for a number to be written in the cell.
    return [[float(v) if np.isfinite(v) else None for v in row] for row in values]


def capacity_sentence(
    values: Values, units: Sequence[int], sizes: Sequence[int], is_share: bool
) -> str:
    """Who wins where, in one or two sentences."""
    known = np.isfinite(values)
    if not known.any():
        return "No cell is trained yet."
    show = "{:.1%}" if is_share else "{:.3g}"
    order = values if is_share else -values
    row, column = divmod(int(np.nanargmax(order)), len(sizes))
    text = (
        f"Best so far: {show.format(values[row, column])} with {units[row]:,} units and "
        f"{sizes[column]:,} examples."
    )
    if not known.all():
        return f"{text} {int(known.sum())} of {values.size} cells are trained."
    winners = [units[int(i)] for i in np.argmax(order, axis=0)]
    text += f" With {sizes[0]:,} examples {winners[0]:,} units do best, "
    text += f"with {sizes[-1]:,} it is {winners[-1]:,}."
    data = float(np.abs(values[:, -1] - values[:, 0]).mean())
    size = float(np.abs(values[-1] - values[0]).mean())
    more, less = ("more examples", "more units") if data > size else ("more units", "more examples")
    number = "{:.1f} points" if is_share else "{:.2g}"
    data, size = (100 * data, 100 * size) if is_share else (data, size)
    change = (number.format(max(data, size)), number.format(min(data, size)))
    return f"{text} From one edge to the other {more} change {change[0]}, {less} {change[1]}."
