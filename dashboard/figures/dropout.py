"""A small network with units switched off, and the mean over many masks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame
from dashboard.figures.lines import dots, line, upright

Array = NDArray[Any]


def drawing(
    title: str, kernels: Sequence[Array], outputs: Sequence[Array], kept: Sequence[Array], keep: str
) -> Figure:
    """Units as circles with their outputs; those switched off are crossed out, without lines.

    outputs: (n_units,) of each layer, inputs first; kept: 1 or 0 of each unit, like `outputs`.
    """
    layout = frame(title, "", "", keep, height=360)
    layout |= {"showlegend": False, "margin": {"l": 8, "r": 8, "t": 50, "b": 8}}
    for axis in ("xaxis", "yaxis"):
        layout[axis] |= {"visible": False, "fixedrange": True}
    last = len(outputs) - 1
    layout["xaxis"]["range"], layout["yaxis"]["range"] = [-0.35, last + 0.35], [-0.62, 0.62]
    places = [np.linspace(0.5, -0.5, len(each)) if len(each) > 1 else [0.0] for each in outputs]
    drawn = _edges(kernels, places, kept)
    for i, (a, on) in enumerate(zip(outputs, kept, strict=True)):
        drawn.append(_units(i, np.asarray(places[i]), a, on))
    return {"data": drawn, "layout": layout}


def _edges(
    kernels: Sequence[Array], places: Sequence[Any], kept: Sequence[Array]
) -> list[dict[str, Any]]:
    """Lines between units that are on: blue for positive weights, orange for negative ones."""
    found = []
    for colour, sign in ((POSITIVE, 1), (NEGATIVE, -1)):
        x, y = [], []
        for i, kernel in enumerate(kernels):
            joined = (kernel * sign > 0) & (kept[i][:, None] > 0) & (kept[i + 1] > 0)
            for source, target in np.argwhere(joined):
                x += [i, i + 1, np.nan]
                y += [places[i][source], places[i + 1][target], np.nan]
        found.append({
            "type": "scatter", "uid": f"edges {sign}", "mode": "lines", "hoverinfo": "skip",
            "x": np.array(x, dtype=np.float32), "y": np.array(y, dtype=np.float32),
            "line": {"color": colour, "width": 1.2}, "opacity": 0.7,
        })  # fmt: skip
    return found


def _units(layer: int, y: Array, a: Array, on: Array) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": f"units {layer}", "mode": "markers+text",
        "x": np.full(len(y), layer, dtype=np.float32), "y": y.astype(np.float32),
        "marker": {
            "size": 38,
            "symbol": ["circle" if each else "circle-x-open" for each in on],
            "color": ["#30343a" if each else MARK for each in on],
            "line": {"width": 2, "color": MARK},
        },
        "text": [f"{value:.2f}" if each else "" for value, each in zip(a, on, strict=True)],
        "textfont": {"color": "#ffffff", "size": 11},
        "hovertemplate": "output %{text}<extra></extra>",
    }  # fmt: skip


def drawing_sentence(training: bool, off: int, units: int, output: float) -> str:
    """How many units are off, and what comes out."""
    if training:
        return f"{off} of {units} hidden units are off; those left are scaled up: {output:.3f}."
    return f"All {units} hidden units are on, nothing is scaled: {output:.3f}."


def means(outputs: Array, mean: Array, prediction: float, at: int, keep: str) -> Figure:
    """The output with each mask, the mean of all so far, and the prediction: (n,) each."""
    layout = frame("The mean over many masks", "mask", "output", keep, height=340)
    layout["shapes"] = [upright(float(at))]
    x = np.arange(1, len(outputs) + 1)
    shown = slice(0, len(x), 3)
    hover = "mask %{x:.0f}: %{y:.3f}"
    drawn = [
        dots("with one mask", x[shown], outputs[shown], MARK, "circle", 4, True, hover),
        line("prediction, all units", x, np.full(len(x), prediction), NEGATIVE, "dash", hover, 3),
        line("mean so far", x, mean, POSITIVE, hover=hover, width=3),
    ]
    return {"data": drawn, "layout": layout}


def means_sentence(outputs: Array, mean: Array, prediction: float) -> str:
    """How near the mean of all masks is to the prediction."""
    return (
        f"With one mask the output spreads by ±{outputs.std():.3f}; the mean of {len(mean):,} "
        f"masks is {mean[-1]:.3f}, the prediction with all units {prediction:.3f}: "
        f"{abs(mean[-1] - prediction):.3f} apart."
    )
