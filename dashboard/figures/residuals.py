"""Predicted against true values of a regression, and how the differences are spread."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame, kept_rows

Array = NDArray[Any]

MOST = 2_000  # points


def predicted_against_true(truth: Array, predicted: Array, keep: str = "") -> Figure:
    """One point an example; on the dotted diagonal it would be right."""
    layout = frame("Predicted against true", "true value", "predicted value", keep, height=380)
    rows = kept_rows(len(truth), MOST)
    ends = np.array([truth.min(), truth.max()], np.float32)
    points = {
        "type": "scatter",
        "uid": "examples",
        "name": "examples",
        "x": truth[rows].astype(np.float32),
        "y": predicted[rows].astype(np.float32),
        "mode": "markers",
        "marker": {"size": 6, "color": POSITIVE, "opacity": 0.7},
        "hovertemplate": "true %{x:.3~g}, predicted %{y:.3~g}<extra></extra>",
    }
    ideal = {
        "type": "scatter",
        "uid": "ideal",
        "name": "predicted = true",
        "x": ends,
        "y": ends,
        "mode": "lines",
        "line": {"color": MARK, "dash": "dot", "width": 2},
        "hoverinfo": "skip",
    }
    return {"data": [points, ideal], "layout": layout}


def residual_histogram(edges: Array, counts: Array, keep: str = "") -> Figure:
    """How many examples (n_bins,) miss by how much; `edges`: (n_bins + 1,)."""
    layout = frame("By how much it misses", "predicted − true", "examples", keep, height=380)
    middle = (edges[1:] + edges[:-1]) / 2
    bars = {
        "type": "bar",
        "uid": "residuals",
        "name": "examples",
        "x": middle.astype(np.float32),
        "y": counts.astype(np.float32),
        "width": (0.96 * np.diff(edges)).astype(np.float32),
        "marker": {"color": NEGATIVE},
        "hovertemplate": "%{y} examples miss by about %{x:.3~g}<extra></extra>",
        "showlegend": False,
    }
    layout["shapes"] = [
        {
            "type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": MARK, "width": 2, "dash": "dot"},
        }
    ]  # fmt: skip
    return {"data": [bars], "layout": layout}


def residual_sentence(residual: Array) -> str:
    """In which direction the network errs, in one sentence."""
    mean, high = float(residual.mean()), float((residual > 0).mean())
    return (
        f"{high:.0%} of the predictions are too high; too high and too low taken together, the "
        f"mean error is {mean:+.3g}."
    )


def truth_sentence(r2: float) -> str:
    """How much of the spread the network explains, in one sentence."""
    if np.isnan(r2):
        return "All true values are equal, so there is no spread to explain."
    if r2 < 0:
        return f"R² is {r2:.3f}: it does worse than always saying the mean of the true values."
    return f"The network explains {r2:.1%} of how the true values vary (R² = {r2:.3f})."
