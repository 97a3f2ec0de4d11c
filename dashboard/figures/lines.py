"""Parts of charts of the labs: a named line, a dot on it, a straight mark across."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, thin

Array = NDArray[Any]
Trace = dict[str, Any]


def line(
    name: str, x: Array, y: Array, colour: str, dash: str = "solid",
    hover: str = "%{x:.3g}: %{y:.4g}", width: float = 2.5,
) -> Trace:  # fmt: skip
    """A line through the points (x, y), both (n,); nan leaves a gap."""
    return {
        "type": "scatter", "uid": name, "name": name, "x": thin(x), "y": thin(y), "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": width}, "hovertemplate": hover,
    }  # fmt: skip


def dots(
    name: str, x: Any, y: Any, colour: str, symbol: str = "circle", size: float = 9,
    legend: bool = False, hover: str = "%{x:.3g}: %{y:.4g}",
) -> Trace:  # fmt: skip
    """Points (n,), or one point."""
    return {
        "type": "scatter", "uid": f"dots {name}", "name": name, "mode": "markers",
        "x": np.atleast_1d(x).astype(np.float32), "y": np.atleast_1d(y).astype(np.float32),
        "marker": {
            "color": colour, "symbol": symbol, "size": size,
            "line": {"color": "#ffffff", "width": 1 if size > 5 else 0},
        },
        "showlegend": legend, "hovertemplate": hover,
    }  # fmt: skip


def upright(x: float) -> dict[str, Any]:
    """A dotted line over the whole height of a chart at x."""
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": MARK, "width": 1, "dash": "dot"},
    }  # fmt: skip
