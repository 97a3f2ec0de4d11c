"""Two features over each other, before or after they are scaled."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import NEGATIVE, POSITIVE, Figure, frame

Array = NDArray[Any]


def scaled_figure(
    x: Array,
    good: Array,
    axes: tuple[str, ...],
    ranges: tuple[tuple[float, float], tuple[float, float]] | None,
    keep: str = "",
) -> Figure:
    """Roasts `x` (n, 2), the good ones as blue diamonds; without `ranges` both axes −2 … 2."""
    layout = frame("200 roasts", axes[0], axes[1], keep, height=360)
    for name, limits in zip(("xaxis", "yaxis"), ranges or ((-2, 2), (-2, 2)), strict=True):
        layout[name] |= {"range": list(limits)}
    data = []
    for uid, name, rows, symbol, colour in (
        ("bad", "bad roast", good == 0, "circle", NEGATIVE),
        ("good", "good roast", good == 1, "diamond", POSITIVE),
    ):
        data.append(
            {
                "type": "scatter", "uid": uid, "name": name, "mode": "markers",
                "x": x[rows, 0].astype(np.float32), "y": x[rows, 1].astype(np.float32),
                "marker": {"symbol": symbol, "size": 8, "color": colour},
                "hovertemplate": "%{x:.4g}, %{y:.4g}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def scaled_sentence(x: Array) -> str:
    """How far the points reach, and their mean and standard deviation."""
    told = (
        f"{name} {column.min():.4g} to {column.max():.4g}, mean {column.mean() + 0.0:.3g}, "
        f"standard deviation {column.std():.3g}"
        for name, column in zip(("across", "up"), x.astype(np.float64).T, strict=True)
    )
    return "; ".join(told).capitalize() + "."
