"""The curve a network with one input and one output has learnt, beside its examples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame

Array = NDArray[Any]


def fitted_curve(
    x: Array, output: Array, points: dict[str, tuple[Array, Array]], name: str = "x", keep: str = ""
) -> Figure:
    """The network's output (n,) over its input `x` (n,); `points`: a part's name → its x and y."""
    layout = frame("The curve it has learnt", name, "y", keep, height=380)
    curve = {
        "type": "scatter",
        "uid": "network",
        "name": "network",
        "x": x.astype(np.float32),
        "y": output.astype(np.float32),
        "mode": "lines",
        "line": {"color": POSITIVE, "width": 3},
        "hovertemplate": "%{y:.3f}",
    }
    return {"data": [*examples(points), curve], "layout": layout}


def examples(points: dict[str, tuple[Array, Array]]) -> list[dict[str, Any]]:
    """The examples of each part: the first as circles, the next as diamonds."""
    return [
        {
            "type": "scatter",
            "uid": part,
            "name": part,
            "x": at.astype(np.float32),
            "y": y.astype(np.float32),
            "mode": "markers",
            "marker": {
                "color": MARK if i == 0 else NEGATIVE,
                "size": 6,
                "symbol": "circle" if i == 0 else "diamond-open",
            },
            "hovertemplate": "%{x:.2f}, %{y:.2f}",
        }
        for i, (part, (at, y)) in enumerate(points.items())
    ]


def fit_sentence(error: float, part: str) -> str:
    """How far the curve is from the examples, in one sentence."""
    return f"On average the curve is {error:.3g} away from the {part} examples."
