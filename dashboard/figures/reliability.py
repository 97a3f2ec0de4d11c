"""How often answers of each confidence are right, and what remains above a threshold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame

Array = NDArray[Any]


def reliability_bars(
    edges: Array, count: Array, confidence: Array, accuracy: Array, keep: str = ""
) -> Figure:
    """A bar for the share that is right in each bin of confidence, beside the ideal diagonal."""
    layout = frame("Sure of it, and right?", "confidence: how sure it is", "share right", keep, 360)
    layout["xaxis"] |= {"range": [0, 1.01], "tickformat": ".0%", "dtick": 0.2}
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"}
    filled = count > 0
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    bars = {
        "type": "bar",
        "uid": "right",
        "name": "share right",
        "x": middle[filled].astype(np.float32),
        "y": accuracy[filled].astype(np.float32),
        "width": (0.94 * width[filled]).astype(np.float32),
        "marker": {"color": POSITIVE},
        "text": [f"{n:,}" for n in count[filled].tolist()],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textfont": {"color": "#ffffff"},
        "hovertemplate": "%{text} answers, %{y:.1%} right<extra></extra>",
    }
    said = {
        "type": "scatter",
        "uid": "sure",
        "name": "how sure on average",
        "x": confidence[filled].astype(np.float32),
        "y": confidence[filled].astype(np.float32),
        "mode": "markers",
        "marker": {"symbol": "diamond", "size": 9, "color": NEGATIVE},
        "hovertemplate": "%{y:.1%} sure on average<extra></extra>",
    }
    ideal = {
        "type": "scatter",
        "uid": "ideal",
        "name": "as sure as right",
        "x": np.array([0, 1], np.float32),
        "y": np.array([0, 1], np.float32),
        "mode": "lines",
        "line": {"color": MARK, "dash": "dot", "width": 2},
        "hoverinfo": "skip",
    }
    return {"data": [bars, ideal, said], "layout": layout}


def reliability_sentence(error: float, confidence: float, accuracy: float) -> str:
    """Whether the network is too sure or not sure enough, in one sentence."""
    gap = confidence - accuracy
    verdict = "about as sure as it is right"
    if abs(gap) >= 0.01:
        verdict = "too sure of itself" if gap > 0 else "not sure enough of itself"
    return (
        f"On average it is {confidence:.1%} sure and {accuracy:.1%} right: {verdict}; expected "
        f"calibration error {error:.1%}."
    )


def doubt_curves(
    threshold: Array, coverage: Array, accuracy: Array, chosen: float, keep: str = ""
) -> Figure:
    """Share answered and share right of those, against the threshold; the chosen one is marked."""
    layout = frame('Accuracy with "I don\'t know"', "threshold", "share", keep, 360)
    layout["xaxis"] |= {"range": [0, 1.01], "tickformat": ".0%", "dtick": 0.2}
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"}
    layout["hovermode"] = "x unified"
    layout["shapes"] = [
        {
            "type": "line", "x0": chosen, "x1": chosen, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": MARK, "width": 2, "dash": "dot"},
        }
    ]  # fmt: skip
    defined = ~np.isnan(accuracy)
    lines = (
        ("coverage", "answered (coverage)", threshold, coverage, NEGATIVE, "dash"),
        (
            "accuracy", "right among the answered (accuracy)",
            threshold[defined], accuracy[defined], POSITIVE, "solid",
        ),
    )  # fmt: skip
    return {
        "data": [
            {
                "type": "scatter",
                "uid": uid,
                "name": name,
                "x": x.astype(np.float32),
                "y": y.astype(np.float32),
                "mode": "lines",
                "line": {"color": colour, "width": 2.5, "dash": dash},
                "hovertemplate": "%{y:.1%}",
            }
            for uid, name, x, y, colour, dash in lines
        ],
        "layout": layout,
    }


def doubt_sentence(threshold: float, coverage: float, accuracy: float, plain: float) -> str:
    """What a threshold costs and brings, in one sentence."""
    if coverage == 0:
        return f'With "I don\'t know" below {threshold:.0%} it answers nothing at all.'
    return (
        f'With "I don\'t know" below {threshold:.0%} it answers {coverage:.1%} of the examples; '
        f"{accuracy:.1%} of those are right, instead of {plain:.1%} of all."
    )
