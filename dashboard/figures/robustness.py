"""A score against the strength of a distortion."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, VALIDATION, Figure, frame

Array = NDArray[Any]


def robustness_curve(
    strength: Array, score: Array, axis: str, is_share: bool, chosen: float, keep: str = ""
) -> Figure:
    """Accuracy (or mean absolute error) at each strength; the chosen one is marked."""
    y = "share right" if is_share else "mean absolute error"
    layout = frame("How it does when the examples get harder", axis, y, keep)
    layout["yaxis"] |= (
        {"range": [0, 1.02], "tickformat": ".0%"} if is_share else {"rangemode": "tozero"}
    )
    layout["shapes"] = [
        {
            "type": "line", "x0": chosen, "x1": chosen, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": MARK, "width": 2, "dash": "dot"},
        }
    ]  # fmt: skip
    curve = {
        "type": "scatter",
        "uid": "score",
        "name": y,
        "x": strength.astype(np.float32),
        "y": score.astype(np.float32),
        "mode": "lines+markers",
        "line": {"color": VALIDATION, "width": 2.5, "dash": "dash"},
        "marker": {"size": 7},
        "hovertemplate": "%{x:.3~g}: %{y:.1%}" if is_share else "%{x:.3~g}: %{y:.4g}",
        "showlegend": False,
    }
    return {"data": [curve], "layout": layout}


def robustness_sentence(strength: Array, score: Array, is_share: bool, what: str) -> str:
    """The score on what is there, and the worst one with its strength, in one sentence."""
    number = "{:.1%}".format if is_share else "{:.3g}".format
    plain = float(score[strength == 0][0])
    worst = int(score.argmin() if is_share else score.argmax())
    name = "Accuracy" if is_share else "The mean absolute error"
    return (
        f"{name} is {number(plain)} unchanged and {number(float(score[worst]))} at worst, at "
        f"{what.format(strength[worst])}."
    )
