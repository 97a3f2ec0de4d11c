"""Gradient descent on (w + 1)² with several learning-rate schedules."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import CLASS_COLOURS, Figure, frame
from playground.labs.planned import Descent
from playground.schedules import SCHEDULES

Descents = Mapping[str, Descent]  # by the name of the schedule


def hue(name: str) -> str:
    """The colour of a schedule: the same in every chart, whatever else is drawn."""
    return CLASS_COLOURS[list(SCHEDULES).index(name) % len(CLASS_COLOURS)]


def rate_figure(descents: Descents) -> Figure:
    """The learning rate of each update."""
    layout = frame("Learning rate", "epoch", "learning rate η", "rates")
    layout["yaxis"] |= {"rangemode": "tozero"}
    return {"data": [_line(name, each.rate) for name, each in descents.items()], "layout": layout}


def loss_figure(descents: Descents) -> Figure:
    """The loss (w + 1)² before each update, on a logarithmic scale."""
    layout = frame("Loss (w + 1)²", "epoch", "loss", "losses")
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    lines = [_line(name, np.maximum(each.loss, 1e-16)) for name, each in descents.items()]
    return {"data": lines, "layout": layout}


def _line(name: str, y: NDArray[np.float64]) -> dict[str, object]:
    return {
        "type": "scatter",
        "uid": name,
        "name": SCHEDULES[name].label,
        "x": np.arange(len(y), dtype=np.float32),
        "y": y,
        "mode": "lines",
        "line": {"color": hue(name), "width": 2},
        "hovertemplate": "epoch %{x}: %{y:.4g}",
    }


def rate_sentence(descents: Descents) -> str:
    """Where each schedule begins and ends."""
    told = (
        f"{SCHEDULES[name].label} goes from {each.rate[0]:.3g} to {each.rate[-1]:.3g}"
        for name, each in descents.items()
    )
    return "; ".join(told) + "."


def loss_sentence(descents: Descents) -> str:
    """The loss each schedule ends with."""
    ends = {name: float(each.loss[-1]) for name, each in descents.items()}
    best = min(ends, key=ends.__getitem__)
    return f"The lowest loss at the end has {SCHEDULES[best].label}: {ends[best]:.3g}."
