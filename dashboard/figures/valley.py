"""Gradient descent on a curve: the steps down into a valley, and the loss of each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame
from playground.labs.curves import Curve
from playground.labs.descent import Descent

POINTS = 400
SMALLEST = 1e-13  # of a loss on a logarithmic axis: 0 is not on it


def valley_figure(curve: Curve, descent: Descent, step: int) -> Figure:
    """The curve with the first `step` updates on it, and the tangent where the weight is then."""
    w = np.linspace(*curve.w, POINTS)
    layout = frame("The loss, and the weight on its way down", "weight w", "loss", curve.label, 400)
    layout["xaxis"]["range"], layout["yaxis"]["range"] = list(curve.w), list(curve.loss)
    layout |= {"dragmode": False, "legend": {**layout["legend"], "itemclick": False}}
    visited = descent.w[: step + 1].astype(np.float64)
    tangent = _tangent(curve, float(visited[-1]))
    lines = [
        _line("loss", w, curve.f(w), {"color": MARK, "width": 3}),
        _line("tangent", *tangent, {"color": NEGATIVE, "width": 2, "dash": "dash"}),
        _path(curve, _shown(visited, curve)),
    ]
    return {"data": lines, "layout": layout}


def _shown(w: NDArray[np.float64], curve: Curve) -> NDArray[np.float64]:
    """Up to a chart's width outside of the chart: further ones would only make lines flicker."""
    width = curve.w[1] - curve.w[0]
    return np.clip(w, curve.w[0] - width, curve.w[1] + width)


def _line(name: str, x: Any, y: Any, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": name, "name": name, "mode": "lines", "line": line,
        "x": np.asarray(x, dtype=np.float32), "y": np.asarray(y, dtype=np.float32),
        "hoverinfo": "skip",
    }  # fmt: skip


def _tangent(curve: Curve, w: float) -> tuple[list[float], list[float]]:
    reach = 0.18 * (curve.w[1] - curve.w[0])
    at = float(np.clip(w, *curve.w))
    loss, slope = float(curve.f(at)), float(curve.df(at))
    return [at - reach, at + reach], [loss - reach * slope, loss + reach * slope]


def _path(curve: Curve, w: NDArray[np.float64]) -> dict[str, Any]:
    sizes = np.full(len(w), 7, dtype=np.uint8)
    sizes[-1] = 13
    return {
        "type": "scatter", "uid": "path", "name": "updates",
        "mode": "lines+markers",
        "x": w.astype(np.float32), "y": curve.f(w).astype(np.float32),
        "line": {"color": POSITIVE, "width": 1},
        "marker": {"color": POSITIVE, "size": sizes},
        "hovertemplate": "update %{pointNumber}: w %{x:.4f}, loss %{y:.4f}<extra></extra>",
    }  # fmt: skip


def loss_figure(curve: Curve, descent: Descent, step: int) -> Figure:
    """The loss before each update on a logarithmic scale, and where the weight is now."""
    layout = frame("Loss before each update", "epoch", "loss", f"{curve.label} losses", 400)
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    layout["showlegend"] = False
    layout["xaxis"]["range"] = [-0.5, max(descent.epochs - 0.5, 1)]
    at = min(step, descent.epochs - 1)
    loss = np.maximum(descent.loss.astype(np.float64), SMALLEST)
    x = np.arange(descent.epochs)
    line = _line("loss", x, loss, {"color": POSITIVE, "width": 2})
    line |= {
        "y": loss,
        "mode": "lines+markers",
        "marker": {"size": 5, "color": POSITIVE},
        "hoverinfo": "all",
        "hovertemplate": "epoch %{x}: %{y:.6g}<extra></extra>",
    }
    now = _line("now", x[at : at + 1], loss[at : at + 1], {})
    now |= {"y": loss[at : at + 1], "mode": "markers", "marker": {"size": 13, "color": POSITIVE}}
    return {"data": [line, now], "layout": layout}
