"""A map of numbers over an image: which pixels speak for an answer, and which against it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import NEGATIVE, POSITIVE, ZERO, Figure, frame

SMALLEST_SCALE = 0.02  # smaller values are all nearly grey


def heat(
    values: NDArray[Any], image: NDArray[Any], title: str, unit: str, keep: str = ""
) -> Figure:
    """`values` (height, width) on a symmetric scale, with the outline of `image` over them."""
    height, width = values.shape
    largest = max(float(np.abs(values).max()), SMALLEST_SCALE)
    layout = frame(title, "column", "row", keep, height=420)
    layout["xaxis"] |= {"range": [-0.5, width - 0.5], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {
        "range": [height - 0.5, -0.5], "showgrid": False, "scaleanchor": "x", "constrain": "domain",
    }  # fmt: skip
    colours = {
        "type": "heatmap", "uid": "heat", "z": values.astype(np.float32), "zmin": -largest,
        "zmax": largest, "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
        "colorbar": {"title": {"text": unit, "side": "right"}, "tickformat": "+.0%",
                     "thickness": 12},
        "hovertemplate": "row %{y}, column %{x}: %{z:+.1%}<extra></extra>",
    }  # fmt: skip
    outline = {
        "type": "contour", "uid": "outline", "z": image.astype(np.float32), "showscale": False,
        "contours": {"coloring": "none", "start": image.max() / 2, "end": image.max() / 2,
                     "size": 1},
        "line": {"color": "#30343a", "width": 1.5}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    return {"data": [colours, outline], "layout": layout}
