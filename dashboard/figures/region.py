"""What a network answers for every point of the plane, with the examples on top."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import NEGATIVE, POSITIVE, ZERO, Figure, colour, frame
from dashboard.figures.picture import address

Array = NDArray[Any]


def decision_region(
    values: Array,
    extent: tuple[float, float, float, float],
    points: dict[str, tuple[Array, Array]],
    axes: tuple[str, str],
    keep: str = "",
    title: str = "What the network answers everywhere",
) -> Figure:
    """A map of the network's answers with the examples drawn over it.

    values: (rows, columns) on −1 … 1, row 0 at the largest x₂ (as images have it).
    extent: smallest and largest x₁, smallest and largest x₂.
    points: name of a part → its examples (n, 2) and their values (n,) on −1 … 1; the part named
        first is drawn as circles, the next as diamonds.
    """
    left, right, bottom, top = extent
    layout = frame(title, axes[0], axes[1], keep, height=420)
    layout["xaxis"] |= {"range": [left, right], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {"range": [bottom, top], "showgrid": False}
    if axes == ("x₁", "x₂"):  # one unit on both axes: a circle looks like a circle
        layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
    layout["images"] = [
        {
            "source": address(colour(values, 1.0)), "xref": "x", "yref": "y", "layer": "below",
            "x": left, "y": top, "sizex": right - left, "sizey": top - bottom, "sizing": "stretch",
        }
    ]  # fmt: skip
    return {"data": examples(points), "layout": layout}


def examples(points: dict[str, tuple[Array, Array]]) -> list[dict[str, Any]]:
    """The examples of `decision_region`: the first part as circles, the next as diamonds."""
    return [_points(part, i, x, y) for i, (part, (x, y)) in enumerate(points.items())]


def _points(part: str, order: int, x: Array, y: Array) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": part,
        "name": part,
        "x": x[:, 0].astype(np.float32),
        "y": x[:, 1].astype(np.float32),
        "mode": "markers",
        "marker": {
            "symbol": "circle" if order == 0 else "diamond",
            "size": 7,
            "color": y.astype(np.float32),
            "cmin": -1,
            "cmax": 1,
            "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
            "line": {"color": "#ffffff" if order == 0 else "#30343a", "width": 1},
        },
        "hovertemplate": "%{x:.2f}, %{y:.2f}",
    }


def region_sentence(values: Array, names: tuple[str, str]) -> str:
    """Which share of the plane gets which answer, in one sentence."""
    share = f"{float((values > 0).mean()):.0%} of the plane leans to {names[1]}."
    if names == ("orange", "blue"):
        return f"Grey is undecided; {share}"
    return f"Blue is {names[1]}, orange is {names[0]}, grey is undecided; {share}"
