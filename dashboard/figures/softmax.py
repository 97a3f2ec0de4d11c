"""Softmax of a few numbers: the probabilities as bars."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import CLASS_COLOURS, MARK, Figure, frame

Array = NDArray[np.floating]


def softmax_figure(z: Array, p: Array, plain: Array) -> Figure:
    """The probabilities p (n,) of the scores z (n,); `plain` (n,) is what temperature 1 gives."""
    classes = [f"class {i + 1}" for i in range(len(z))]
    layout = frame("Softmax", "", "probability", "softmax", 340)
    layout["yaxis"] |= {"range": [0, 1.08], "tickformat": ".0%"}
    layout["barmode"] = "overlay"
    bars = {
        "type": "bar", "uid": "p", "name": "probability", "x": classes, "y": p,
        "marker": {"color": list(CLASS_COLOURS[: len(z)])}, "text": [f"{each:.1%}" for each in p],
        "textposition": "outside", "cliponaxis": False, "showlegend": False,
        "hovertemplate": "%{x}: %{y:.4f}<extra></extra>",
    }  # fmt: skip
    marks = {
        "type": "scatter", "uid": "plain", "name": "with temperature 1", "x": classes, "y": plain,
        "mode": "markers", "hovertemplate": "%{x}: %{y:.4f} with T = 1<extra></extra>",
        "marker": {"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": MARK}},
    }  # fmt: skip
    return {"data": [bars, marks], "layout": layout}


def softmax_sentence(z: Sequence[float], p: Array, temperature: float) -> str:
    """Which class is ahead, how sure softmax is of it, and how even the rest is."""
    first = int(p.argmax())
    used = p[p > 0]
    bits = max(float(-(used * np.log2(used)).sum()), 0.0)
    return (
        f"Class {first + 1} has the largest z ({z[first]:g}) and gets {p[first]:.1%} with "
        f"temperature {temperature:g}; all {len(p)} add up to 100%. "
        f"Uncertainty: {bits:.2f} of {np.log2(len(p)):.2f} bits."
    )
