"""The curve of one neuron over its only input."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, POSITIVE, Figure, frame

Array = NDArray[Any]


def neuron_figure(
    x: Array, a: Array, sight: tuple[float, float], border: float | None, keep: str = ""
) -> Figure:
    """a = f(w·x + b) over `x` (n,), and the `border` where z = 0, if there is one to see.

    sight: answers that the axis always shows; it grows where the curve leaves them.
    """
    layout = frame("What the neuron answers", "input x", "output a", keep, height=340)
    low, high = min(float(a.min()), sight[0]), max(float(a.max()), sight[1])
    room = 0.06 * (high - low)
    layout["xaxis"] |= {"range": [float(x[0]), float(x[-1])]}
    layout["yaxis"] |= {"range": [low - room, high + room]}
    layout["showlegend"] = False
    curve = {
        "type": "scatter", "uid": "answer", "name": "a", "mode": "lines",
        "x": x.astype(np.float32), "y": a.astype(np.float32),
        "line": {"color": POSITIVE, "width": 3}, "hovertemplate": "x %{x:.4g}: a %{y:.6g}",
    }  # fmt: skip
    if border is not None and x[0] <= border <= x[-1]:
        layout["shapes"] = [
            {
                "type": "line", "x0": border, "x1": border, "y0": 0, "y1": 1, "yref": "paper",
                "line": {"color": MARK, "width": 2, "dash": "dot"},
            }
        ]  # fmt: skip
        layout["annotations"] = [
            {
                "x": border, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
                "text": f"z = 0 at x = {border:.4g}",
            }
        ]  # fmt: skip
    return {"data": [curve], "layout": layout}


def neuron_sentence(x: float, z: float, a: float, border: float | None) -> str:
    """Where the point is, and where the sum changes its sign."""
    where = "" if border is None else f" The sum z is 0 at x = {border:.4g}."
    return f"At x = {x:.4g} the neuron sums up z = {z:.6g} and answers a = {a:.6g}.{where}"
